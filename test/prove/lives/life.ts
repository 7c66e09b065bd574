import type { Clock } from '../../../lib/clock.ts';
import type { AttemptId } from '../../../lib/core/attempt.ts';
import { createEngine, type Engine } from '../../../lib/dialer/engine.ts';
import type { Floor } from '../../../lib/dialer/floor.ts';
import type { Pbx, PbxEvent } from '../../../lib/dialer/pbx.ts';
import type { EngineSettings } from '../../../lib/dialer/roster.ts';
import type { CampaignSpec } from '../../../lib/campaign-file.ts';
import type { Policy } from '../../../lib/core/policy.ts';
import { createLog } from '../../../lib/log.ts';
import { createStore, type Store } from '../../../lib/store/store.ts';
import { mortal } from '../../helpers/watch-keeper.ts';

/*
 * A daemon that can die at any of its effects. The production engine and store run in this process; the PBX, the clock and
 * the database outlive them. A dead daemon writes nothing, asks for nothing and hears nothing: what it had asked of the
 * PBX before its death still arrives there.
 */

/** One thing a daemon does to the world: a transaction that writes, or a request to the PBX. */
export interface Effect {
  /** Counted from 0 over all lives. */
  readonly nth: number;
  readonly kind: 'write' | 'request';
  /** The port's method; `commit` for a write. */
  readonly name: string;
}

/**
 * What becomes of an effect. `die-before`: it is not done; `die-after`: it is, and nobody hears of it; `fail-before` and
 * `fail-after`: the daemon lives and is told that it failed, truly or wrongly.
 */
export type EffectFate =
  | 'done'
  | 'die-before'
  | 'die-after'
  | { readonly fail: Error; readonly when: 'before' | 'after' };

export interface LifeParts {
  readonly clock: Clock;
  readonly pbx: Pbx;
  /** The database file; it is made when there is none. */
  readonly path: string;
  readonly settings: EngineSettings;
  /** Campaigns as files; new ones are put into the store. */
  readonly campaigns: readonly { readonly spec: CampaignSpec; readonly policy: Policy }[];
  readonly newAttemptId: (now: number) => AttemptId;
  /** Asked at each effect of a living daemon. */
  readonly fateOf: (effect: Effect) => EffectFate;
  /** Numbers effects; shared by all lives of a world. */
  readonly count: { next: number };
  /** What becomes of an event on its way to a living daemon; it is delivered at once when not given. */
  readonly hear?: (event: PbxEvent, deliver: (event: PbxEvent) => void) => void;
}

/** A daemon from its start to its death or end. */
export interface Life {
  readonly engine: Engine;
  readonly floor: Floor;
  readonly store: Store;
  readonly dead: () => boolean;
  /** Why it stopped itself; undefined: it did not. */
  readonly fatal: () => unknown;
  /** As SIGKILL, at once, at whatever moment it is called; to be followed by `kill`. */
  die(): void;
  /** As SIGKILL, at once; the database can be opened again when it resolves. */
  kill(): Promise<void>;
  /** As SIGTERM, without waiting for calls. */
  stop(): Promise<void>;
}

/** Thrown into what a daemon was doing when it died. */
class Died extends Error {}

/** Failures that were brought in; what they leave unhandled in a dying daemon would end its process, which is ours. */
const brought = new WeakSet<object>();
process.on('unhandledRejection', (error) => {
  if (!isBrought(error)) unhandled.push(error);
});

/** Failures that nobody handled and nobody brought in, of all lives of this process so far: each would have ended a daemon. */
export const unhandled: unknown[] = [];

/** Whether this failure, or what caused it, was brought in. */
export function isBrought(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return error instanceof Died || brought.has(error) || isBrought((error as { cause?: unknown }).cause);
}

const now = (event: PbxEvent, deliver: (event: PbxEvent) => void): void => deliver(event);

const NEVER = new Promise<never>(() => undefined);

/** Starts a daemon on the database; it is not connected before its engine is started. */
export function createLife(parts: LifeParts): Life {
  let dead = false;
  let fatal: unknown;
  const { clock: own, kill: stopTimers } = mortal(parts.clock);

  /** What a timer throws ends a process. */
  const ending = (fn: () => void) => (): void => {
    try {
      fn();
    } catch (error) {
      if (!isBrought(error)) throw error;
      fatal ??= error;
    }
  };
  const clock: Clock = {
    ...own,
    after: (ms, fn) => own.after(ms, ending(fn)),
    every: (ms, fn) => own.every(ms, ending(fn)),
  };

  function die(): void {
    dead = true;
    stopTimers();
    void parts.pbx.stop();
  }

  function fateOf(kind: Effect['kind'], name: string): EffectFate {
    const fate = parts.fateOf({ nth: parts.count.next++, kind, name });
    if (typeof fate === 'object') brought.add(fate.fail);
    return fate;
  }

  function writing<T>(write: () => T): T {
    if (dead) throw new Died('a dead daemon writes nothing');
    const fate = fateOf('write', 'commit');
    if (fate === 'done') return write();
    if (fate === 'die-before' || (typeof fate === 'object' && fate.when === 'before')) {
      if (fate === 'die-before') die();
      throw fate === 'die-before' ? new Died('died before the commit') : fate.fail;
    }
    write();
    if (fate === 'die-after') die();
    throw fate === 'die-after' ? new Died('died after the commit') : fate.fail;
  }

  /** A request as the living make it; its reply reaches the living alone. */
  function request<T>(name: string, send: () => Promise<T>): Promise<T> {
    if (dead) return NEVER;
    const fate = fateOf('request', name);
    if (fate === 'die-before') {
      die();
      return NEVER;
    }
    if (typeof fate === 'object' && fate.when === 'before') return Promise.reject(fate.fail);
    const sent = send();
    if (fate === 'die-after') {
      sent.catch(() => undefined);
      die();
      return NEVER;
    }
    return new Promise((resolve, reject) => {
      sent.then(
        (reply) => {
          if (dead) return;
          if (fate === 'done') resolve(reply);
          else reject(fate.fail);
        },
        (error: Error) => {
          if (!dead) reject(error);
        },
      );
    });
  }

  const { pbx } = parts;
  const port: Pbx = {
    start: (listener) => {
      const deliver = (event: PbxEvent): void => {
        if (!dead) listener(event);
      };
      return pbx.start((event) => (parts.hear ?? now)(event, deliver));
    },
    stop: () => (dead ? Promise.resolve() : pbx.stop()),
    originate: (permitted) => request('originate', () => pbx.originate(permitted)),
    bridge: (attempt, agent) => request('bridge', () => pbx.bridge(attempt, agent)),
    bridgeCaller: (caller, agent) => request('bridgeCaller', () => pbx.bridgeCaller(caller, agent)),
    play: (attempt, message) => request('play', () => pbx.play(attempt, message)),
    dismiss: (caller, message) => request('dismiss', () => pbx.dismiss(caller, message)),
    hangUp: (attempt) => request('hangUp', () => pbx.hangUp(attempt)),
    extend: (attempt, ms) => request('extend', () => pbx.extend(attempt, ms)),
    connectAgent: (agent, endpoint) => request('connectAgent', () => pbx.connectAgent(agent, endpoint)),
    disconnectAgent: (agent) => request('disconnectAgent', () => pbx.disconnectAgent(agent)),
    announce: (agent, sound) => request('announce', () => pbx.announce(agent, sound)),
    survey: () => request('survey', () => pbx.survey()),
    recall: (attempts) => request('recall', () => pbx.recall(attempts)),
    trunkState: (trunk) => request('trunkState', () => pbx.trunkState(trunk)),
  };

  const store: Store = {
    ...createStore(parts.path, { newAttemptId: parts.newAttemptId, threads: false, writing }),
    // The room on this machine is no part of the world.
    disk: null,
  };
  for (const { spec } of parts.campaigns) {
    if (store.campaigns.byName(spec.name) === undefined) {
      store.commit(() => store.campaigns.insert(spec.name, JSON.stringify(spec), clock.now()));
    }
  }
  const engine = createEngine({
    clock,
    log: createLog({ level: 'silent' }),
    store,
    pbx: port,
    settings: parts.settings,
    campaigns: parts.campaigns,
    onFatal: (error) => {
      fatal ??= error;
    },
  });
  return {
    engine,
    floor: engine.floor,
    store,
    dead: () => dead,
    fatal: () => fatal,
    die,
    async kill() {
      if (!dead) die();
      // What was under way in this turn runs into its death before the database is let go.
      await new Promise((resolve) => setImmediate(resolve));
      store.close();
    },
    async stop() {
      try {
        await engine.stop();
      } catch (error) {
        // It died, or its last words could not be written.
        if (!isBrought(error)) throw error;
      }
      die();
      store.close();
    },
  };
}
