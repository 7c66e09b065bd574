import type { Clock } from './clock.ts';

/** How long a slice of long work may hold the event loop, its commit included, ms. */
export const SLICE_MS = 5;
/** Less work a slice would leave a slow disk nothing but commits. */
const LEAST_WORK_MS = 1;

/**
 * Bounds the slices of one long work by time: `work` goes on while `hasTime()`, inside `commit`. What the commit took of
 * a slice is left to it in the next one.
 */
export function createSlices(clock: Pick<Clock, 'monotonic'>) {
  let workMs = SLICE_MS / 2;
  return <T>(commit: (work: () => T) => T, work: (hasTime: () => boolean) => T): T => {
    const from = clock.monotonic();
    let worked = 0;
    const result = commit(() => {
      const done = work(() => clock.monotonic() - from < workMs);
      worked = clock.monotonic() - from;
      return done;
    });
    const whole = clock.monotonic() - from;
    if (whole > 0) workMs = Math.max(LEAST_WORK_MS, (SLICE_MS * worked) / whole);
    return result;
  };
}

export type Slices = ReturnType<typeof createSlices>;
