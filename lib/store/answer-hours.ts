import type { HourCount } from '../core/best-hour.ts';
import type { Db } from './open.ts';

/** Answers of each campaign's own calls by the callees' hour of the week. */
export function createAnswerHours(db: Db) {
  const of = db.prepare<[number], HourCount>(
    'SELECT 24 * weekday + hour AS hour, attempts, answered FROM answer_hours WHERE campaign = ?',
  );
  const add = db.prepare<[number, number, number, number]>(
    `INSERT INTO answer_hours (campaign, weekday, hour, attempts, answered) VALUES (?, ?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET attempts = attempts + 1, answered = answered + excluded.answered`,
  );
  return {
    of: (campaign: number) => of.all(campaign),
    /** One attempt in this hour of the week, 0 to 167. */
    add(campaign: number, hour: number, answered: boolean): void {
      add.run(campaign, Math.floor(hour / 24), hour % 24, answered ? 1 : 0);
    },
  };
}
