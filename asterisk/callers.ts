import { parsePhone, type Phone } from '../lib/core/phone.ts';
import type { CallerId, PbxEvent } from '../lib/dialer/pbx.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { AriEvent } from './ari-events.ts';
import type { Ari } from './ari.ts';

export interface Callers {
  /** Takes events of callers' channels; others are ignored. */
  hear(event: AriEvent): void;
  /** Plays the message, then hangs up; at once without one. */
  dismiss(caller: CallerId, message: string | null): Promise<void>;
}

export interface CallersOptions {
  readonly app: string;
  /** The link's operations; throws PbxError when it is down. */
  readonly ari: () => Ari;
  readonly emit: (event: PbxEvent) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Ends that went unheard must not fill the memory. */
const REMEMBERED = 5_000;

/**
 * People who called one of our numbers: the dialplan's `obzvon-incoming` answers and hands them over with the number they
 * dialed. Their channels have ids of Asterisk's own.
 */
export function createCallers({ app, ari, emit, clock, log }: CallersOptions): Callers {
  const here = new Set<string>();

  function end(caller: string): void {
    ari()
      .hangUp(caller)
      .catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'a caller was not hung up'));
  }

  return {
    hear(event) {
      if (event.type === 'PlaybackFinished') {
        const id = (event['playback'] as { id?: unknown } | undefined)?.id;
        const caller = typeof id === 'string' && id.startsWith('pc-') ? id.slice(3) : null;
        if (caller !== null && here.has(caller)) end(caller);
        return;
      }
      const channel = event['channel'] as { id?: unknown; caller?: { number?: unknown } } | undefined;
      if (typeof channel?.id !== 'string') return;
      if (event.type === 'ChannelDestroyed') here.delete(channel.id);
      if (event.type !== 'StasisStart' || event['application'] !== app) return;
      const [role, dialed] = Array.isArray(event['args']) ? (event['args'] as unknown[]) : [];
      if (role !== 'caller' || here.has(channel.id)) return;
      here.add(channel.id);
      const [oldest] = here;
      if (oldest !== undefined && here.size > REMEMBERED) here.delete(oldest);
      emit({
        type: 'caller.arrived',
        at: clock.now(),
        caller: channel.id as CallerId,
        phone: phoneIn(channel.caller?.number),
        line: phoneIn(dialed),
      });
    },
    async dismiss(caller, message) {
      if (message === null) await ari().hangUp(caller);
      else await ari().play(caller, `pc-${caller}`, message);
    },
  };
}

/** A number as the network gave it; null when it is withheld, or none. */
function phoneIn(text: unknown): Phone | null {
  const parsed = parsePhone(typeof text === 'string' ? text : '');
  return parsed.ok ? parsed.phone : null;
}
