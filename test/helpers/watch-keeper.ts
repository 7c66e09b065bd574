import type { Cancel, Clock } from '../../lib/clock.ts';
import type { Action, ScheduleSpec } from '../../lib/core/schedule.ts';
import { createScheduler, type RunContext, type Scheduler } from '../../lib/schedule/scheduler.ts';
import type { VirtualClock } from '../../lib/sim/clock.ts';
import { createStore, type Store } from '../../lib/store/store.ts';
import { memoryLog } from './rig.ts';

/** A wall clock that can be set while time goes on as before. */
export interface SteppedClock extends VirtualClock {
  /** Sets the wall clock forward, or back. */
  readonly step: (ms: number) => void;
}

/** A virtual clock whose wall can be set: timers go by time that passes, as a system's do. */
export function steppedClock(clock: VirtualClock): SteppedClock {
  let stepped = 0;
  return { ...clock, now: () => clock.now() + stepped, step: (ms) => void (stepped += ms) };
}

/** A clock that can be killed: timers of the dead never fire. */
export function mortal(clock: Clock): { readonly clock: Clock; readonly kill: () => void } {
  const cancels: Cancel[] = [];
  let dead = false;
  const kept = (set: () => Cancel): Cancel => {
    if (dead) return () => undefined;
    const cancel = set();
    cancels.push(cancel);
    return cancel;
  };
  return {
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (ms, fn) => kept(() => clock.after(ms, fn)),
      every: (ms, fn) => kept(() => clock.every(ms, fn)),
    },
    kill() {
      dead = true;
      for (const cancel of cancels) cancel();
    },
  };
}

/** A scheduler of one daemon's life, over a store on disk. */
export interface Keeper {
  readonly scheduler: Scheduler;
  readonly store: Store;
  readonly lines: readonly Record<string, unknown>[];
  /** As SIGKILL: nothing is said, nothing is finished; the store stays as committed. */
  readonly kill: () => void;
}

/** Starts the scheduler on the store of this path. */
export function keep(
  time: Clock,
  path: string,
  run: (action: Action, context: RunContext, clock: Clock) => Promise<string>,
): Keeper {
  const { clock, kill } = mortal(time);
  const store = createStore(path);
  const { log, lines } = memoryLog();
  let dead = false;
  const scheduler = createScheduler({
    clock,
    store,
    log,
    // What the dead were doing never ends.
    run: (action, context) =>
      new Promise((resolve, reject) => {
        run(action, context, clock).then(
          (result) => void (dead ? null : resolve(result)),
          (error: Error) => void (dead ? null : reject(error)),
        );
      }),
  });
  scheduler.start();
  return {
    scheduler,
    store,
    lines,
    kill() {
      dead = true;
      kill();
      store.close();
    },
  };
}

/** A nightly re-dial at two. */
export function nightly(name: string, zone: string, changes: Partial<ScheduleSpec> = {}): ScheduleSpec {
  return { name, cron: '0 2 * * *', zone, lateMin: 240, action: { do: 'redial', campaign: name }, ...changes };
}

/** The journal of a schedule: event, slot and why. */
export function story(store: Store, name: string): string[] {
  return store.journal.of('schedule', name, 10_000).map(({ event, data }) => {
    const { slot, first, last, handledTo, why } = JSON.parse(data) as Record<string, string>;
    const when = slot ?? (first === undefined ? handledTo : first === last ? first : `${first}…${last}`);
    return [event, when, why === undefined ? undefined : `(${why})`].filter((part) => part !== undefined).join(' ');
  });
}
