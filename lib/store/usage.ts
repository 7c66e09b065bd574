import type { Ceiling, CeilingFact } from '../core/guard/ceilings.ts';
import type { Db } from './open.ts';

const HOUR_MS = 3_600_000;
/** The hour that goes on and the 24 before it: never less than a day. */
const HOURS = 24;
const KEPT_HOURS = 48;

interface Used {
  readonly attempts: number;
  readonly minutes: number;
}

/** What was used of trunks, by hours; written in the transactions of the attempts themselves. */
export function createUsage(db: Db) {
  const add = db.prepare(
    `INSERT INTO usage (hour, trunk, campaign, attempts, minutes) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET attempts = attempts + excluded.attempts, minutes = minutes + excluded.minutes`,
  );
  const sum = 'SELECT coalesce(sum(attempts), 0) AS attempts, coalesce(sum(minutes), 0) AS minutes FROM usage';
  const used = {
    trunk: db.prepare<[number, string | number], Used>(`${sum} WHERE hour >= ? AND trunk = ?`),
    campaign: db.prepare<[number, string | number], Used>(`${sum} WHERE hour >= ? AND campaign = ?`),
  };
  const prune = db.prepare('DELETE FROM usage WHERE hour < ?');
  const hourOf = (at: number): number => Math.floor(at / HOUR_MS);
  return {
    addAttempt: (plannedAt: number, trunk: string, campaign: number): void =>
      void add.run(hourOf(plannedAt), trunk, campaign, 1, 0),
    addMinutes: (plannedAt: number, trunk: string, campaign: number, minutes: number): void =>
      void add.run(hourOf(plannedAt), trunk, campaign, 0, minutes),
    /** What was used of each ceiling in the last 24 hours and a begun one. */
    of: (ceilings: readonly Ceiling[], campaign: number, now: number): CeilingFact[] =>
      ceilings.map((ceiling) => ({
        ceiling,
        ...(used[ceiling.of].get(hourOf(now) - HOURS, ceiling.of === 'trunk' ? ceiling.name : campaign) ?? {
          attempts: 0,
          minutes: 0,
        }),
        freesAt: (hourOf(now) + 1) * HOUR_MS,
      })),
    /** Forgets what no ceiling counts any more. */
    prune: (now: number): void => void prune.run(hourOf(now) - KEPT_HOURS),
  };
}
