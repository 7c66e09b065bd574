import type { Policy } from '../core/policy.ts';
import type { Db } from './open.ts';

/** Calls that people answered, and those among them that found no agent in time. */
export interface Abandonment {
  readonly answered: number;
  readonly abandoned: number;
}

interface Hour extends Abandonment {
  readonly hour: number;
}

interface Settled {
  readonly limitMs: number;
  /** Hours of the epoch that are counted: those before this one. */
  until: number;
  hours: Hour[];
}

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** Whether an answer found its agent in time is known seconds later, so an older hour is counted once and remembered. */
const SETTLED_HOURS = 1;

/**
 * Counts a campaign's answered and abandoned calls over the policy's window, by whole hours. A month of answers is too
 * much to count at each call.
 */
export function createAbandonment(db: Db) {
  // As pacing counts them: connected later than the limit is abandoned, a call still waiting is not yet.
  const count = db.prepare<{ campaign: number; limitMs: number; from: number; to: number }, Hour>(
    `SELECT answered_at / ${HOUR_MS} AS hour, count(*) AS answered,
       count(*) FILTER (WHERE bridged_at - answered_at > @limitMs OR (bridged_at IS NULL AND disposition IS NOT NULL))
         AS abandoned
     FROM attempts INDEXED BY attempts_answered
     WHERE campaign = @campaign AND answered_at >= @from * ${HOUR_MS} AND answered_at < @to * ${HOUR_MS} GROUP BY hour`,
  );
  const known = new Map<number, Settled>();

  function settled(campaign: number, limitMs: number, from: number, until: number): readonly Hour[] {
    const remembered = known.get(campaign);
    // A clock that went back, or another limit: count anew.
    const fits = remembered !== undefined && remembered.limitMs === limitMs && remembered.until <= until;
    const kept = fits ? remembered : { limitMs, until: from, hours: [] };
    if (kept.until < until) kept.hours.push(...count.all({ campaign, limitMs, from: kept.until, to: until }));
    kept.until = until;
    kept.hours = kept.hours.filter(({ hour }) => hour >= from);
    known.set(campaign, kept);
    return kept.hours;
  }

  return function abandonmentOf(campaign: number, { abandon }: Policy, now: number): Abandonment {
    const hour = Math.floor(now / HOUR_MS);
    const from = hour - abandon.windowDays * DAY_HOURS;
    const until = hour - SETTLED_HOURS;
    const limitMs = abandon.messageWithinS * 1000;
    const hours = [
      ...settled(campaign, limitMs, from, until),
      ...count.all({ campaign, limitMs, from: until, to: hour + 1 }),
    ];
    return hours.reduce<Abandonment>(
      (sum, { answered, abandoned }) => ({
        answered: sum.answered + answered,
        abandoned: sum.abandoned + abandoned,
      }),
      { answered: 0, abandoned: 0 },
    );
  };
}
