import type { RunResult } from './run.ts';
import type { ShiftMinutes } from './shift-figures.ts';

/** A mean over seeds and its 95 % interval; with one seed there is none, and low and high are the mean. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Student's t at 97.5 % by degrees of freedom; beyond the list 1.96 and a little. */
const T975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;

/** Mean and interval of values, one from each seed. */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, count);
  if (count < 2) return { mean, low: mean, high: mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const t = T975[count - 2] ?? 1.96 + 2.4 / (count - 1);
  const half = t * Math.sqrt(variance / count);
  return { mean, low: mean - half, high: mean + half };
}

/** The same of shares: the interval stays within 0 and 1. */
export function shareEstimate(values: readonly number[]): Estimate {
  const { mean, low, high } = estimate(values);
  return { mean, low: Math.max(0, low), high: Math.min(1, high) };
}

/** What a method did over all seeds. */
export interface Summary {
  readonly talk: Estimate;
  readonly occupancy: Estimate;
  /** Its mean is pooled: all abandoned ÷ all answered. */
  readonly abandonment: Estimate;
  readonly worstDay: number;
  readonly worstHalfHour: number;
  readonly agentWaitS: Estimate;
  readonly connectsPerAgentHour: Estimate;
  /** Share of agents' time in which nobody could be called; no method fills it, and it is in no other share. */
  readonly noLeads: Estimate;
  readonly originates: Estimate;
  readonly answers: Estimate;
  /** People taken for machines and hung up on, of all seeds. */
  readonly silent: number;
  readonly base: BaseSummary | null;
}

/** How far a base was worked by the end of the run. */
export interface BaseSummary {
  readonly leads: number;
  /** Share of leads that are final. */
  readonly worked: Estimate;
  readonly talked: Estimate;
  readonly tried: Estimate;
  /** Share of seeds in which the base was done. */
  readonly seedsDone: number;
  /** The median over seeds; null when half of them are not done. */
  readonly doneAt: number | null;
  /** The share final and tried at the end of each day, over seeds that worked that day or were done before. */
  readonly days: readonly { readonly endAt: number; readonly worked: Estimate; readonly tried: Estimate }[];
}

/** Puts the runs of one method, one a seed, together. */
export function summarise(runs: readonly RunResult[]): Summary {
  const of = (value: (run: RunResult) => number): Estimate => estimate(runs.map(value));
  const shareOf = (value: (run: RunResult) => number): Estimate => shareEstimate(runs.map(value));
  const total = (value: (run: RunResult) => number): number => runs.reduce((sum, run) => sum + value(run), 0);
  const most = (value: (run: RunResult) => number): number => Math.max(0, ...runs.map(value));
  const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return {
    talk: shareOf((run) => run.talk),
    occupancy: shareOf((run) => run.occupancy),
    abandonment: {
      ...shareOf((run) => ratio(run.abandoned, run.answers)),
      mean: ratio(
        total((run) => run.abandoned),
        total((run) => run.answers),
      ),
    },
    worstDay: most((run) => run.worstDay),
    worstHalfHour: most((run) => run.worstHalfHour),
    agentWaitS: of((run) => run.agentWaitS),
    connectsPerAgentHour: of((run) => ratio(run.connects, run.agentHours)),
    noLeads: shareOf((run) => run.noLeads),
    originates: of((run) => run.originates),
    answers: of((run) => run.answers),
    silent: total((run) => run.silent),
    base: baseSummary(runs),
  };
}

function baseSummary(runs: readonly RunResult[]): BaseSummary | null {
  const bases = runs.flatMap(({ base }) => (base === null ? [] : [base]));
  const leads = bases[0]?.leads ?? 0;
  if (bases.length === 0) return null;
  const share = (value: (base: (typeof bases)[number]) => number): Estimate =>
    shareEstimate(bases.map((base) => (leads === 0 ? 1 : value(base) / leads)));
  const longest = bases.reduce((a, b) => (b.days.length > a.days.length ? b : a)).days;
  const done = bases.map(({ doneAt }) => doneAt ?? Infinity).sort((a, b) => a - b);
  const median = done[Math.floor((done.length - 1) / 2)] ?? Infinity;
  return {
    leads,
    worked: share(({ final }) => final),
    talked: share(({ talked }) => talked),
    tried: share(({ tried }) => tried),
    seedsDone: bases.filter(({ doneAt }) => doneAt !== null).length / bases.length,
    doneAt: median === Infinity ? null : median,
    days: longest.map(({ endAt }, index) => ({
      endAt: Math.max(endAt, ...bases.map(({ days }) => days[index]?.endAt ?? 0)),
      worked: share((base) => (base.days[index] ?? base.days.at(-1))?.final ?? 0),
      tried: share((base) => (base.days[index] ?? base.days.at(-1))?.tried ?? 0),
    })),
  };
}

/** A line of a plot over the minutes of a shift. */
export interface SeriesPoint extends Estimate {
  /** From the start of the shift. */
  readonly atS: number;
}

/** Sums over a window that slides by the minute; the first windows are shorter. */
export function rolling(column: readonly number[], minutes: number): number[] {
  let inside = 0;
  return column.map((value, index) => (inside += value - (column[index - minutes] ?? 0)));
}

/** Every `stepMin` minutes the mean over seeds of what `value` makes of a shift's minutes, each minute one value. */
export function seriesOf(
  runs: readonly RunResult[],
  value: (minutes: ShiftMinutes) => readonly number[],
  options: { readonly stepMin: number; readonly fromMin: number },
): SeriesPoint[] {
  const columns = runs.flatMap(({ minutes }) => (minutes === null ? [] : [value(minutes)]));
  const length = columns[0]?.length ?? 0;
  const points: SeriesPoint[] = [];
  for (let minute = options.fromMin; minute <= length; minute += options.stepMin) {
    const values = columns.map((column) => column[minute - 1] ?? 0);
    const { mean, low, high } = estimate(values);
    points.push({ atS: minute * 60, mean, low: Math.max(0, low), high });
  }
  return points;
}
