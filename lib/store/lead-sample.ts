import type { LeadRow } from './leads.ts';
import type { Db } from './open.ts';

/** What an order of calls may look at in a lead. */
export type Candidate = Pick<LeadRow, 'id' | 'priority' | 'phone' | 'zone' | 'region'>;

/** Places of the base looked at, of each kind of lead, and leads at each: 256 in all. */
const PLACES = 8;
const AT_PLACE = 16;

/** Steps of the golden ratio leave no part of the base out for long. */
const STEP = 0.618033988749895;

/**
 * Samples of those that may be called: a base is often sorted by region, so its first leads alone would be of one zone, and
 * whoever is left for later would stand before all others. Each sample looks at other places, the same for the same number.
 */
export function createSample(db: Db) {
  const columns = 'id, priority, phone, zone, region';
  const firstDue = db
    .prepare<
      [number, number, number],
      number | null
    >(`SELECT min(next_at) FROM leads WHERE campaign = ? AND segment = ? AND state = 'waiting' AND next_at <= ?`)
    .pluck();
  const due = db.prepare<[number, number, number, number, number], Candidate>(
    `SELECT ${columns} FROM leads WHERE campaign = ? AND segment = ? AND state = 'waiting' AND next_at >= ?
       AND next_at <= ? ORDER BY next_at LIMIT ?`,
  );
  const top = db.prepare<[number, number], { id: number; priority: number }>(
    `SELECT id, priority FROM leads WHERE campaign = ? AND segment = ? AND state = 'callable'
     ORDER BY priority DESC, id LIMIT 1`,
  );
  const last = db
    .prepare<
      [number, number, number],
      number | null
    >(`SELECT max(id) FROM leads WHERE campaign = ? AND segment = ? AND state = 'callable' AND priority = ?`)
    .pluck();
  const callable = db.prepare<[number, number, number, number, number], Candidate>(
    `SELECT ${columns} FROM leads WHERE campaign = ? AND segment = ? AND state = 'callable' AND priority = ? AND id >= ?
     ORDER BY id LIMIT ?`,
  );

  /** Places between two ends, the first of them a fraction of a step behind the one end. */
  function placesOf(from: number, to: number, number: number): number[] {
    const shift = (number * STEP) % 1;
    return Array.from({ length: PLACES }, (_, i) => Math.floor(from + ((to - from) * (i + shift)) / PLACES));
  }

  return function sample(campaign: number, segment: number, now: number, number: number): Candidate[] {
    const from = firstDue.get(campaign, segment, now) ?? null;
    const again =
      from === null ? [] : placesOf(from, now, number).flatMap((at) => due.all(campaign, segment, at, now, AT_PLACE));
    const first = top.get(campaign, segment);
    if (first === undefined) return again;
    const end = last.get(campaign, segment, first.priority) ?? first.id;
    const fresh = placesOf(first.id, end + 1, number).flatMap((id) =>
      callable.all(campaign, segment, first.priority, id, AT_PLACE),
    );
    return again.concat(fresh);
  };
}
