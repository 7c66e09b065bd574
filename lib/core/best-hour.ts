import type { Disposition } from './outcome.ts';
import { offsetMs } from './zone-clock.ts';

/** Hours of a week, Monday's first: 0 is Monday 00:00–01:00, 167 Sunday 23:00–24:00. */
export const WEEK_HOURS = 168;

const HOUR_MS = 3_600_000;
/** 1970-01-01 was a Thursday. */
const FIRST_HOUR = 3 * 24;

/** Attempts in one hour of the week and how many of them a person answered. */
export interface HourCount {
  /** 0 to 167. */
  readonly hour: number;
  readonly attempts: number;
  readonly answered: number;
}

/** Outcomes that say whether a person was there to answer; the others say something of lines and networks. */
const ANSWERED: ReadonlySet<Disposition> = new Set(['talked', 'abandoned', 'opted-out']);
const UNANSWERED: ReadonlySet<Disposition> = new Set(['no-answer', 'machine', 'unreachable']);

/** Whether a person answered; null: the outcome says nothing of it. */
export function answeredBy(disposition: Disposition): boolean | null {
  if (ANSWERED.has(disposition)) return true;
  return UNANSWERED.has(disposition) ? false : null;
}

/** The hour of the week where the person is; null when the zones he may be in do not agree on it. */
export function weekHour(zones: readonly string[], at: number): number | null {
  let found: number | null = null;
  for (const zone of zones) {
    const hours = Math.floor((at + offsetMs(zone, at)) / HOUR_MS) + FIRST_HOUR;
    const hour = ((hours % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS;
    if (found !== null && found !== hour) return null;
    found = hour;
  }
  return found;
}

/** The share of attempts a person answers: in each hour of the week, and over all of the base's calls. */
export interface AnswerShares {
  readonly hours: Float64Array;
  readonly mean: number;
}

/** As many attempts as a margin's own prior counts for, and a cell's: below them the wider figure weighs more. */
const MARGIN_PRIOR = 50;
const CELL_PRIOR = 100;

/**
 * The share of attempts a person answers in each hour of the week, shrunk so that few calls move little. Three levels of
 * beta-binomial means, each the prior of the next (a beta prior of mean m and weight k has a = k·m, b = k·(1 − m)):
 *
 *     mean      m    = answered ÷ attempts
 *     margins   h(j) = (answered in hour j    + 50·m) ÷ (attempts in hour j    + 50),   d(i) of weekday i likewise
 *     cells     p(i,j) = (answered in the cell + 100·p0) ÷ (attempts in the cell + 100),   p0 = min(1, h(j)·d(i) ÷ m)
 *
 * Without any answer all hours are alike.
 */
export function answerShares(counts: readonly HourCount[]): AnswerShares {
  const attempts = new Float64Array(WEEK_HOURS);
  const answered = new Float64Array(WEEK_HOURS);
  for (const count of counts) {
    attempts[count.hour] = (attempts[count.hour] ?? 0) + count.attempts;
    answered[count.hour] = (answered[count.hour] ?? 0) + count.answered;
  }
  const all = sum(attempts, () => true);
  const mean = all === 0 ? 0 : sum(answered, () => true) / all;
  if (mean === 0) return { mean, hours: new Float64Array(WEEK_HOURS) };
  const margin = (holds: (cell: number) => boolean): number =>
    (sum(answered, holds) + MARGIN_PRIOR * mean) / (sum(attempts, holds) + MARGIN_PRIOR);
  const byHour = Array.from({ length: 24 }, (_, hour) => margin((cell) => cell % 24 === hour));
  const byDay = Array.from({ length: 7 }, (_, day) => margin((cell) => Math.floor(cell / 24) === day));
  const hours = attempts.map((tried, cell) => {
    const prior = Math.min(1, ((byHour[cell % 24] ?? mean) * (byDay[Math.floor(cell / 24)] ?? mean)) / mean);
    return ((answered[cell] ?? 0) + CELL_PRIOR * prior) / (tried + CELL_PRIOR);
  });
  return { mean, hours };
}

function sum(cells: Float64Array, holds: (cell: number) => boolean): number {
  return cells.reduce((so, value, cell) => (holds(cell) ? so + value : so), 0);
}

/** How much a lead is preferred at a moment: the share of its hour; the base's own where nobody knows the hour. */
export function preference({ hours, mean }: AnswerShares, zones: readonly string[], at: number): number {
  const hour = weekHour(zones, at);
  return hour === null ? mean : (hours[hour] ?? mean);
}
