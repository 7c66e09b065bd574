import type { Cell, Plan } from './simulate-plan.ts';
import type { RunResult } from '../sim/run.ts';
import type { ShiftMinutes } from '../sim/shift-figures.ts';
import { rolling, seriesOf, summarise, type SeriesPoint, type Summary } from '../sim/summary.ts';

/** What one number of agents reached with one method. */
export interface CellResult extends Cell {
  readonly summary: Summary;
  /** Figures of each seed, in the seeds' order. */
  readonly runs: readonly Omit<RunResult, 'minutes'>[];
  /** Over the shift; null of a run over days. */
  readonly series: Readonly<Record<SeriesName, readonly SeriesPoint[]>> | null;
}

/** What is plotted over a shift. Shares are 0–1. */
export const SERIES = {
  talk: 'talk with people, share of agents’ time, 30 min',
  occupancy: 'talk and wrap-up, share of agents’ time, 30 min',
  abandonment: 'abandoned share of answers, 30 min',
  waiting: 'agents waiting, mean of 5 min',
  originates: 'originates a minute, mean of 5 min',
} as const;
export type SeriesName = keyof typeof SERIES;

/** A simulation, whole: the plan and what came of it. */
export interface Simulation {
  readonly plan: Plan;
  readonly cells: readonly CellResult[];
  readonly conclusion: string;
}

const STEP_MIN = 5;
const WINDOW_MIN = 30;

const VALUES: Readonly<Record<SeriesName, (minutes: ShiftMinutes) => readonly number[]>> = {
  talk: ({ talkS, machineS, wrapUpS, waitS }) => ratio([talkS], [talkS, machineS, wrapUpS, waitS]),
  occupancy: ({ talkS, machineS, wrapUpS, waitS }) =>
    ratio([talkS, machineS, wrapUpS], [talkS, machineS, wrapUpS, waitS]),
  abandonment: ({ answers, abandoned }) => ratio([abandoned], [answers]),
  waiting: ({ waitS }) => rolling(waitS, STEP_MIN).map((seconds) => seconds / (60 * STEP_MIN)),
  originates: ({ originates }) => rolling(originates, STEP_MIN).map((count) => count / STEP_MIN),
};

/** A rolling share: sums of some columns ÷ sums of others. */
function ratio(parts: readonly (readonly number[])[], wholes: readonly (readonly number[])[]): number[] {
  const add = (columns: readonly (readonly number[])[]): number[] =>
    rolling(
      (columns[0] ?? []).map((_, minute) => columns.reduce((sum, column) => sum + (column[minute] ?? 0), 0)),
      WINDOW_MIN,
    );
  const whole = add(wholes);
  return add(parts).map((part, minute) => ((whole[minute] ?? 0) === 0 ? 0 : part / (whole[minute] ?? 1)));
}

/** Puts a cell's runs together. */
export function cellResult(cell: Cell, runs: readonly RunResult[]): CellResult {
  const shift = runs.every(({ minutes }) => minutes !== null);
  const series = (name: SeriesName): SeriesPoint[] =>
    seriesOf(runs, VALUES[name], {
      stepMin: STEP_MIN,
      // Half an hour's share begins when there is half an hour.
      fromMin: name === 'waiting' || name === 'originates' ? STEP_MIN : WINDOW_MIN,
    });
  return {
    ...cell,
    summary: summarise(runs),
    runs: runs.map(({ minutes: _, ...run }) => run),
    series: shift
      ? (Object.fromEntries((Object.keys(SERIES) as SeriesName[]).map((name) => [name, series(name)])) as Record<
          SeriesName,
          SeriesPoint[]
        >)
      : null,
  };
}
