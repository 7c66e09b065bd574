import { PbxError } from '../lib/dialer/pbx.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { PERMIT_MS, type Permit } from '../lib/store/permits.ts';
import { AriHttpError, type AriHttp } from './ari-http.ts';
import type { Ari } from './ari.ts';

/** One way out of the PBX. */
export interface Trunk {
  /** Dial string with `{number}`, as `PJSIP/{number}@pstn`. */
  readonly dial: string;
  /** The endpoint whose events are followed, as `PJSIP/pstn`. */
  readonly endpoint: string;
  /** Numbers, called and calling, go out as `+7916…` (true) or `7916…`. */
  readonly plus: boolean;
}

/** After the ring time-out: time for the answer to reach us and for `bridge` to move the dead-man's switch on. */
const SWITCH_AFTER_RING_S = 15;

/**
 * Asks Asterisk for the call and finds out whether it took it; PbxError says refused or unclear. A call that cannot go on
 * the wire while its permit is good is not asked for any more: that is an Error of another kind, for the gate to ask again.
 */
export async function placeCall(
  ari: Ari,
  config: {
    readonly ari: { readonly app: string };
    readonly context: string;
    readonly trunks: Readonly<Record<string, Trunk>>;
  },
  permit: Permit,
  { http, clock }: { readonly http: AriHttp; readonly clock: Clock },
): Promise<void> {
  const { attempt } = permit;
  const trunk = Object.hasOwn(config.trunks, permit.trunk) ? config.trunks[permit.trunk] : undefined;
  if (trunk === undefined) throw new PbxError('refused', `no trunk named ${JSON.stringify(permit.trunk)} in config`);
  if (!/^at-[\w-]{1,140}$/.test(attempt)) throw new PbxError('refused', 'not an attempt id');
  const timeoutS = Math.max(1, Math.ceil(permit.ringTimeoutMs / 1_000));
  const endpoint = trunk.dial.replace('{number}', wireNumber(permit.phone, trunk));
  const callerId = wireNumber(permit.caller, trunk);
  let late = false;
  const cancel = clock.after(permit.allowedAt + PERMIT_MS - clock.now(), () => {
    late = true;
    http.callOff(`/ari/channels/${attempt}`);
  });
  try {
    await ari.originate(attempt, {
      endpoint,
      callerId,
      timeoutS,
      variables: {
        OBZ_APP: config.ari.app,
        OBZ_ATTEMPT: attempt,
        'TIMEOUT(absolute)': String(timeoutS + SWITCH_AFTER_RING_S),
      },
      to: { context: config.context, extension: 'answered' },
    });
  } catch (error) {
    if (!(error instanceof AriHttpError)) throw new PbxError('unclear', messageOf(error), { cause: error });
    if (late && !error.sent) throw new Error('the permit ran out before the call was on the wire', { cause: error });
    if (error.status === 0) throw new PbxError(error.sent ? 'unclear' : 'refused', error.message, { cause: error });
    // Asterisk's 409 sticks to a connection after one true duplicate, and 500 says little: only the channel tells.
    if (error.status !== 409 && error.status < 500) throw new PbxError('refused', error.message, { cause: error });
    if (!(await isLive(ari, attempt))) throw new PbxError('refused', error.message, { cause: error });
  } finally {
    cancel();
  }
}

async function isLive(ari: Ari, attempt: string): Promise<boolean> {
  try {
    return (await ari.channel(attempt)) !== null;
  } catch (error) {
    throw new PbxError('unclear', messageOf(error), { cause: error });
  }
}

/** The last look at a number before it goes into a dial string, where `&`, a comma or a line end would be obeyed. */
function wireNumber(phone: string, trunk: Trunk): string {
  if (!/^\+[0-9]{7,15}$/.test(phone)) throw new PbxError('refused', 'not a phone number in E.164');
  return trunk.plus ? phone : phone.slice(1);
}
