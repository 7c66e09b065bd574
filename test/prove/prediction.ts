import { createPacer } from '../../lib/core/pacing/pacer.ts';
import { simulateShift, type ShiftResult } from '../../lib/sim/shift.ts';
import { scenarioOf, SETTINGS, type BedTimes, type Plan } from './plan.ts';

/** A figure over simulated shifts. */
export interface Predicted {
  readonly mean: number;
  /** Standard deviation of a single shift. */
  readonly sd: number;
  /** The 2.5th and the 97.5th percentile of single shifts. */
  readonly low: number;
  readonly high: number;
  readonly least: number;
  readonly most: number;
}

/** What the simulator expects of a plan. */
export interface Prediction {
  readonly shifts: number;
  readonly talk: Predicted;
  readonly abandonment: Predicted;
  readonly placed: Predicted;
  readonly answers: Predicted;
}

/** Simulates the plan from a cold start with so many seeds. */
export function predict(plan: Plan, times: BedTimes, shifts: number): Prediction {
  const scenario = scenarioOf(plan, times);
  const runs = Array.from({ length: shifts }, (_, seed) =>
    simulateShift({ scenario, seed: seed + 1, pacer: () => createPacer(SETTINGS) }),
  );
  const over = (figure: (run: ShiftResult) => number): Predicted => predicted(runs.map(figure));
  return {
    shifts,
    talk: over(({ talkUtilisation }) => talkUtilisation),
    abandonment: over(({ abandonment }) => abandonment),
    placed: over(({ originates }) => originates),
    answers: over(({ answers }) => answers),
  };
}

function predicted(values: readonly number[]): Predicted {
  const sorted = [...values].sort((a, b) => a - b);
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1);
  return {
    mean,
    sd: Math.sqrt(variance),
    low: percentile(sorted, 0.025),
    high: percentile(sorted, 0.975),
    least: percentile(sorted, 0),
    most: percentile(sorted, 1),
  };
}

function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}
