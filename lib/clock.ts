import { performance } from 'node:perf_hooks';

/** Stops a timer; stopping twice is fine. */
export type Cancel = () => void;

/** The one reader of time and owner of timers; tests and the simulator hand in their own. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds that never step back; only differences mean anything. */
  monotonic(): number;
  /** Runs `fn` once after `ms`; returns its cancel. */
  after(ms: number, fn: () => void): Cancel;
  /** Runs `fn` each `ms`; returns its cancel. */
  every(ms: number, fn: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
  every(ms, fn) {
    const timer = setInterval(fn, ms);
    return () => clearInterval(timer);
  },
};

/** A promise that settles after `ms` of the given clock. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
