import type { Clock } from '../clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
  cancelled: boolean;
}

/** A clock that moves only when told: timers fire in order of time, then of setting. */
export interface VirtualClock extends Clock {
  /** Runs everything due within `ms`, letting promises settle between timers. */
  advance(ms: number): Promise<void>;
  /** Advances in steps until `done()`; rejects when `limitMs` of virtual time went by without it. */
  until(done: () => boolean, limitMs: number): Promise<void>;
}

/** Lets every settled promise run its continuations. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A virtual clock that starts at `startAt`, epoch ms. */
export function createVirtualClock(startAt: number): VirtualClock {
  let now = startAt;
  let order = 0;
  const timers: Timer[] = [];

  function set(ms: number, fn: () => void): Timer {
    // Whole milliseconds, as a system's timers: `now()` is stored as an integer.
    const timer: Timer = { at: now + Math.max(0, Math.trunc(ms)), order: (order += 1), fn, cancelled: false };
    let index = timers.length;
    while (index > 0 && timers[index - 1] !== undefined && isAfter(timers[index - 1] as Timer, timer)) index -= 1;
    timers.splice(index, 0, timer);
    return timer;
  }

  const clock: VirtualClock = {
    now: () => now,
    monotonic: () => now - startAt,
    after(ms, fn) {
      const timer = set(ms, fn);
      return () => {
        timer.cancelled = true;
      };
    },
    every(ms, fn) {
      let stopped = false;
      let timer: Timer;
      const arm = (): void => {
        timer = set(ms, () => {
          if (stopped) return;
          arm();
          fn();
        });
      };
      arm();
      return () => {
        stopped = true;
        timer.cancelled = true;
      };
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let next = timers[0]; next !== undefined && next.at <= end; next = timers[0]) {
        timers.shift();
        if (next.cancelled) continue;
        now = Math.max(now, next.at);
        next.fn();
        await settle();
      }
      now = end;
    },
    async until(done, limitMs) {
      const end = now + limitMs;
      await settle();
      while (!done()) {
        if (now >= end) throw new Error(`not so after ${limitMs} ms of virtual time`);
        const next = timers.find((timer) => !timer.cancelled);
        await clock.advance(Math.min(end, next?.at ?? end) - now);
      }
    },
  };
  return clock;
}

function isAfter(a: Timer, b: Timer): boolean {
  return a.at > b.at || (a.at === b.at && a.order > b.order);
}
