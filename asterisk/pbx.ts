import type { Phone } from '../lib/core/phone.ts';
import type { AttemptId } from '../lib/core/attempt.ts';
import { PbxError, type AgentId, type Pbx, type PbxEvent, type PbxSurvey } from '../lib/dialer/pbx.ts';
import type { Cancel, Clock } from '../lib/clock.ts';
import { messageOf, ObzvonError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { bridgeOf, createAgentLegs } from './agents.ts';
import { createAmiLink, type AmiAccount, type AmiEvent, type AmiLink } from './ami.ts';
import type { AriEvent } from './ari-events.ts';
import { AriHttpError, createAriHttp, type AriAccount } from './ari-http.ts';
import { createAriLink } from './ari-link.ts';
import type { Ari, AriBridge, AriChannel } from './ari.ts';
import { createBoot } from './boot.ts';
import { createCallers } from './callers.ts';
import { recallFromCel } from './cel.ts';
import { inspectAsterisk } from './inspect.ts';
import { placeCall, type Trunk } from './originate.ts';
import { calleesIn } from './survey.ts';
import { TIMINGS, type Timings } from './timings.ts';
import { attemptIn, createTranslator, numberIn, objectIn } from './translate.ts';
import { createTurns } from './turns.ts';

export type { Trunk } from './originate.ts';

/** Where Asterisk is and how calls go through it. */
export interface AsteriskConfig {
  readonly ari: AriAccount & { readonly app: string };
  /** The second witness; null: ARI is believed alone. */
  readonly ami: AmiAccount | null;
  /** Asterisk's channel event log as JSON lines; null: what happens while the daemon is away stays unknown. */
  readonly celFile: string | null;
  /** Dialplan context an answered callee lands in, extension `answered`. */
  readonly context: string;
  readonly trunks: Readonly<Record<string, Trunk>>;
  /** Why a number may not be dialed, looked at once more before it goes on the wire; null: it may. */
  readonly barred?: (phone: Phone) => string | null;
  /** The longest talk: the dead-man's switch of a bridged call. */
  readonly maxTalkMs: number;
  /** The longest time an agent's leg stays up. */
  readonly agentShiftMs: number;
}

export interface AsteriskDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly timings?: Partial<Timings>;
  /** In [0, 1), for the waits between two connections; tests hand in their own. */
  readonly random?: () => number;
}

/** So that each finds a free socket at once (half of `MAX_SOCKETS` of ari-http.ts), and a hang-up never waits behind them. */
const ORIGINATES_AT_ONCE = 8;

/** The port to a real Asterisk: ARI acts and tells, AMI is the second witness, CEL remembers. */
export function createAsteriskPbx(config: AsteriskConfig, deps: AsteriskDeps): Pbx {
  const { clock, log, random = Math.random } = deps;
  const timings = { ...TIMINGS, ...deps.timings };
  const { app } = config.ari;
  const endpoints = new Map(Object.entries(config.trunks).map(([name, trunk]) => [trunk.endpoint, name]));
  const trunksUp = new Map<string, boolean>();
  /** Until then, by the clock that never jumps, a trunk that worked before Asterisk's restart is not called down. */
  let trustedUntil = -Infinity;
  const timers = new Set<Cancel>();
  let listener: (event: PbxEvent) => void = () => undefined;
  /** Callees in agents' bridges, as far as we put them there or a survey found them. */
  const bridged = new Map<AttemptId, AgentId>();
  const emit = (event: PbxEvent): void => {
    if (event.type === 'attempt.hung-up') bridged.delete(event.attempt);
    listener(event);
  };

  const translator = createTranslator(app);
  const callers = createCallers({ app, maxTalkMs: config.maxTalkMs, ari: operations, emit, clock, log });
  const legs = createAgentLegs({ app, shiftMs: config.agentShiftMs, ari: operations, emit, clock, log });

  let starting = true;
  let amiAlarmed = false;
  const boot = createBoot({ ami: () => ami, later, limitMs: timings.bootedMs, log });
  const ami: AmiLink | null =
    config.ami === null
      ? null
      : createAmiLink({
          account: config.ami,
          timings,
          clock,
          random,
          log,
          onEvent: hearAmi,
          isFatal: (error) => starting && error instanceof ObzvonError,
          onDown(why) {
            boot.amiDown();
            if (!(why instanceof ObzvonError) || amiAlarmed) return;
            amiAlarmed = true;
            emit({ type: 'pbx.alarm', at: clock.now(), reason: `${why.message}: ${why.hint}` });
          },
        });

  const turns = createTurns<AttemptId>(ORIGINATES_AT_ONCE);
  const http = createAriHttp(config.ari, clock, timings.deadlineMs);
  const link = createAriLink({
    http,
    app,
    eventSources: [...endpoints.keys()].map((endpoint) => `endpoint:${endpoint}`),
    timings,
    clock,
    random,
    log,
    booted: (restarted) => boot.wait(restarted),
    inspect: (ari) => inspectAsterisk(ari, config),
    onEvent: hearAri,
    prepare: async () => void (await survey({ eventsLost: true })),
    onUp(restarted) {
      boot.ariUp();
      emit({ type: 'pbx.up', at: clock.now(), restarted });
      if (restarted) {
        trustedUntil = clock.monotonic() + timings.unaskedMs;
        later(timings.unaskedMs, () => {
          for (const endpoint of endpoints.keys()) void tellTrunk(endpoint);
        });
      }
      for (const endpoint of endpoints.keys()) void tellTrunk(endpoint);
    },
    onLost(reason) {
      boot.ariLost();
      emit({ type: 'pbx.lost', at: clock.now(), reason });
    },
    onAlarm: (reason) => emit({ type: 'pbx.alarm', at: clock.now(), reason }),
  });

  function operations(): Ari {
    const ari = link.current();
    if (ari === null) throw new PbxError('refused', 'the PBX is not connected');
    return ari;
  }

  function later(ms: number, run: () => void): void {
    const cancel = clock.after(ms, () => {
      timers.delete(cancel);
      run();
    });
    timers.add(cancel);
  }

  function hearAri(event: AriEvent): void {
    if (event.type === 'ContactStatusChange' || event.type === 'PeerStatusChange') {
      const { technology, resource } = objectIn(event['endpoint']);
      if (typeof technology === 'string' && typeof resource === 'string') void tellTrunk(`${technology}/${resource}`);
      return;
    }
    for (const translated of translator.translate(event, clock.now())) emit(translated);
    legs.hear(event);
    callers.hear(event);
  }

  function hearAmi(event: AmiEvent): void {
    switch (event['event']) {
      case 'FullyBooted':
        boot.fullyBooted();
        break;
      case 'ContactStatus':
        void tellTrunk(`PJSIP/${event['endpointname']}`);
        break;
      case 'Hangup': {
        const attempt = attemptIn(event['uniqueid']);
        if (attempt === null) break;
        const ending = {
          cause: numberIn(event['cause']),
          sipCode: numberIn(event['techcause']),
          wasUp: event['channelstatedesc'] === 'Up',
        };
        later(timings.witnessMs, () => {
          for (const missed of translator.witness(attempt, ending, clock.now())) {
            log.warn({ attempt }, 'ARI missed a hang-up that AMI saw');
            emit(missed);
          }
        });
        break;
      }
      case undefined:
    }
  }

  /** Whatever changed about a trunk, Asterisk's sum of it is asked for; told on change only. */
  async function tellTrunk(endpoint: string): Promise<void> {
    const trunk = endpoints.get(endpoint);
    if (trunk === undefined || link.current() === null) return;
    const state = await trunkState(trunk);
    if (state === 'unknown' || trunksUp.get(trunk) === (state === 'up')) return;
    trunksUp.set(trunk, state === 'up');
    emit({ type: 'trunk.state', at: clock.now(), trunk, up: state === 'up' });
  }

  async function trunkState(name: string): Promise<'up' | 'down' | 'unknown'> {
    const trunk = config.trunks[name];
    if (trunk === undefined) return 'unknown';
    try {
      const state = await operations().endpointState(trunk.endpoint);
      if (state === 'online') return 'up';
      if (state !== null && state !== 'offline') return 'unknown';
      // Of a trunk that worked it is not believed before the new PBX may have asked after it.
      return trunksUp.get(name) === true && clock.monotonic() < trustedUntil ? 'unknown' : 'down';
    } catch {
      return 'unknown';
    }
  }

  async function survey({ eventsLost }: { eventsLost: boolean }): Promise<PbxSurvey> {
    const ari = operations();
    let channels: readonly AriChannel[];
    let bridges: readonly AriBridge[];
    try {
      [channels, bridges] = await Promise.all([ari.channels(), ari.bridges()]);
    } catch (error) {
      throw asPbxError(error);
    }
    const attempts = calleesIn(channels, bridges);
    if (eventsLost) {
      translator.keepOnly(attempts);
      bridged.clear();
      legs.forget(channels);
    }
    for (const [attempt, { agent }] of attempts) if (agent !== null) bridged.set(attempt, agent);
    return { attempts, callers: callers.adopt(channels, bridges), agents: legs.adopt(channels, bridges) };
  }

  async function stop(): Promise<void> {
    for (const cancel of timers) cancel();
    timers.clear();
    boot.stop();
    await Promise.all([link.stop(), ami?.stop()]);
  }

  async function extend(attempt: AttemptId, ms: number): Promise<void> {
    await operations()
      .setVariable(attempt, 'TIMEOUT(absolute)', String(Math.ceil(ms / 1_000)))
      .catch(rethrow);
  }

  return {
    async start(hear) {
      listener = hear;
      // An AMI that is away does not hold calls up; one that refuses the password is a mistake to mend now.
      const amiRefused = new Promise<never>((_, reject) => {
        ami?.start().catch(reject);
      });
      try {
        await Promise.race([link.start(), amiRefused]);
      } catch (error) {
        await stop();
        throw error;
      } finally {
        starting = false;
      }
    },
    stop,

    async originate(permitted) {
      const { attempt } = permitted.permit;
      const release = await turns.take(attempt);
      if (release === null) throw new PbxError('refused', 'called off before it was sent');
      try {
        // Not a moment before it can be sent: a permit does not wait in a queue.
        const permit = permitted.redeem(clock);
        await placeCall(operations(), config, permit, { http, clock });
      } finally {
        release();
      }
    },
    async bridge(attempt, agent) {
      if (!legs.isUp(agent)) throw new PbxError('gone', `agent ${agent} has no leg`);
      const ari = operations();
      bridged.set(attempt, agent);
      await ari.addToBridge(bridgeOf(agent), attempt).catch((error: unknown) => {
        const failure = asPbxError(error);
        if (failure.kind !== 'unclear') bridged.delete(attempt);
        throw failure;
      });
      extend(attempt, config.maxTalkMs).catch((error: unknown) => {
        log.warn({ attempt, text: messageOf(error) }, 'the talk could not be given its full length');
      });
    },
    async play(attempt, message) {
      const ari = operations();
      const agent = bridged.get(attempt);
      if (agent !== undefined) {
        await ari.removeFromBridge(bridgeOf(agent), attempt).catch(rethrow);
        bridged.delete(attempt);
      }
      await ari.play(attempt, `pb-${attempt}`, message).catch(rethrow);
    },
    async bridgeCaller(caller, agent) {
      if (!legs.isUp(agent)) throw new PbxError('gone', `agent ${agent} has no leg`);
      await callers.bridge(caller, agent).catch(rethrow);
    },
    dismiss: (caller, message) => callers.dismiss(caller, message).catch(rethrow),
    async hangUp(attempt) {
      if (turns.withdraw(attempt)) return;
      http.callOff(`/ari/channels/${attempt}`);
      const ari = operations();
      translator.hangingUp(attempt);
      await ari.hangUp(attempt).catch(rethrow);
    },
    extend,
    connectAgent: (agent, endpoint) => legs.connect(agent, endpoint),
    disconnectAgent: (agent) => legs.disconnect(agent),
    announce: (agent, sound) => legs.announce(agent, sound).catch(rethrow),
    survey: () => survey({ eventsLost: false }),
    async recall(attempts) {
      if (config.celFile === null) throw new PbxError('unclear', 'no event log of the PBX is configured (celFile)');
      return recallFromCel(config.celFile, attempts);
    },
    trunkState,
  };
}

/** Of a command to an existing channel: 400, 404, 409 and 422 all say that it is no longer there for us. */
function asPbxError(error: unknown): PbxError {
  if (error instanceof PbxError) return error;
  if (!(error instanceof AriHttpError)) return new PbxError('unclear', messageOf(error), { cause: error });
  const kind = [400, 404, 409, 412, 422].includes(error.status) ? 'gone' : error.sent ? 'unclear' : 'refused';
  return new PbxError(kind, error.message, { cause: error });
}

function rethrow(error: unknown): never {
  throw asPbxError(error);
}
