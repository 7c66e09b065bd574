import { mixOf, taken, turnOf, type Mix, type Part } from '../core/mix.ts';
import { createSample, type Candidate } from './lead-sample.ts';
import type { LeadRow } from './leads.ts';
import type { Db } from './open.ts';

/** From which parts of a base calls are taken, and how far their mix has come: every allowed call moves it on. */
export interface LeadQueue {
  readonly parts: readonly Part[];
  mix: Mix;
  /** Absent: leads go as the base stands; else those first for whom this is highest, among a sample of the base. */
  readonly preference?: (lead: Candidate, now: number) => number;
  /** Samples taken so far: each looks at other places of the base. */
  samples: number;
}

/** The queue of a campaign without segments. */
export function plainQueue(): LeadQueue {
  const parts = [{ segment: 0, share: 1 }];
  return { parts, mix: mixOf(parts), samples: 0 };
}

/** A call of this segment was allowed. Rolled back it costs the segment a turn, and no more. */
export function moveOn(queue: LeadQueue, segment: number): void {
  const part = queue.parts.find((one) => one.segment === segment);
  if (part !== undefined) queue.mix = taken(queue.mix, part);
}

/** Due leads of one part looked at for those of the highest priority. */
const DUE_WINDOW = 128;
/** A preference is asked when no more leads are wanted than this: more are a census, not calls. */
const MOST_PREFERRED = 256;

/** Which leads are called next. */
export function createLeadQueue(db: Db, byId: (id: number) => LeadRow | undefined) {
  // Two walks of two partial indexes: leads due again come before those never tried.
  const due = db.prepare<[number, number, number, number], { id: number; priority: number }>(
    `SELECT id, priority FROM leads WHERE campaign = ? AND segment = ? AND state = 'waiting' AND next_at <= ?
     ORDER BY next_at LIMIT ?`,
  );
  const callable = db
    .prepare<
      [number, number, number],
      number
    >(`SELECT id FROM leads WHERE campaign = ? AND segment = ? AND state = 'callable' ORDER BY priority DESC, id LIMIT ?`)
    .pluck();
  const nextDue = db
    .prepare<
      [number, number],
      number | null
    >(`SELECT min(next_at) FROM leads WHERE campaign = ? AND segment = ? AND state = 'waiting'`)
    .pluck();
  const sample = createSample(db);

  /** Up to `limit` leads of a part in the order they are called: due ones first, higher priority before lower. */
  function headOf(campaign: number, segment: number, now: number, limit: number): number[] {
    const again = due.all(campaign, segment, now, Math.max(limit, DUE_WINDOW));
    const first = again.sort((a, b) => b.priority - a.priority).map(({ id }) => id);
    return first.length >= limit
      ? first.slice(0, limit)
      : first.concat(callable.all(campaign, segment, limit - first.length));
  }

  /** As `headOf`, of equal priority those preferred first, among a sample of the part. */
  function preferredOf(campaign: number, segment: number, now: number, limit: number, queue: LeadQueue): number[] {
    const { preference } = queue;
    const head = headOf(campaign, segment, now, limit);
    // Fewer than are wanted: all of them are called.
    if (preference === undefined || limit > MOST_PREFERRED || head.length < limit) return head;
    // The map keeps each once and the head first, so that of equals who is first in the base goes first.
    const looked = new Map<number, Candidate>(head.flatMap((id) => byId(id) ?? []).map((lead) => [lead.id, lead]));
    for (const lead of sample(campaign, segment, now, queue.samples)) looked.set(lead.id, looked.get(lead.id) ?? lead);
    return [...looked.values()]
      .map((lead) => ({ id: lead.id, priority: lead.priority, liked: preference(lead, now) }))
      .sort((a, b) => b.priority - a.priority || b.liked - a.liked)
      .slice(0, limit)
      .map(({ id }) => id);
  }

  return {
    /** Up to `limit` leads to ask the gate about now, the parts of the queue mixed by their shares. */
    ready(campaign: number, now: number, limit: number, queue: LeadQueue): LeadRow[] {
      queue.samples += 1;
      let open = queue.parts
        .map((part) => ({ ...part, taken: 0, head: preferredOf(campaign, part.segment, now, limit, queue) }))
        .filter(({ head }) => head.length > 0);
      const ids: number[] = [];
      let { mix } = queue;
      for (let part = turnOf(mix, open); part !== null && ids.length < limit; part = turnOf(mix, open)) {
        ids.push(part.head[part.taken] as number);
        part.taken += 1;
        if (part.taken === part.head.length) open = open.filter((one) => one !== part);
        mix = taken(mix, part);
      }
      return ids.flatMap((id) => byId(id) ?? []);
    },
    /** When the next waiting lead of these segments is due; null when none waits. */
    nextDueAt(campaign: number, segments: readonly number[]): number | null {
      const times = segments.flatMap((segment) => nextDue.get(campaign, segment) ?? []);
      return times.length === 0 ? null : Math.min(...times);
    },
  };
}
