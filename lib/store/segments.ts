import type { Db } from './open.ts';

/** A segment of a campaign as it is stored; its filter and share are in the campaign file. */
export interface SegmentRow {
  readonly id: number;
  readonly name: string;
  /** null: its leads are called. */
  readonly paused_at: number | null;
}

/** A lead as the counts by segment need it. */
export interface SegmentedLead {
  readonly phone: number;
  readonly segment: number;
  readonly state: string;
  readonly last_disposition: string | null;
  readonly result: string | null;
}

/** The parts of the campaigns' bases, and how far leads are put into them after a change. */
export function createSegments(db: Db) {
  const of = db.prepare<[number], SegmentRow>('SELECT id, name, paused_at FROM segments WHERE campaign = ?');
  const add = db.prepare<[number, number, string]>('INSERT INTO segments (campaign, id, name) VALUES (?, ?, ?)');
  const drop = db.prepare<[number, string]>('DELETE FROM segments WHERE campaign = ? AND name = ?');
  const pause = db.prepare<[number | null, number, number]>(
    'UPDATE segments SET paused_at = ? WHERE campaign = ? AND id = ?',
  );
  const filedTo = db.prepare<[number], number | null>('SELECT filed_to FROM campaigns WHERE id = ?').pluck();
  const setFiledTo = db.prepare<[number | null, number]>('UPDATE campaigns SET filed_to = ? WHERE id = ?');
  const file = db.prepare<[number, number]>('UPDATE leads SET segment = ? WHERE id = ?');
  const page = db.prepare<[number, number, number], SegmentedLead>(
    `SELECT phone, segment, state, last_disposition, result FROM leads WHERE campaign = ? AND phone > ?
     ORDER BY phone LIMIT ?`,
  );
  return {
    of: (campaign: number) => of.all(campaign),
    /** Makes the campaign's segments those of these names; one that stays keeps its id and its pause. */
    sync(campaign: number, names: readonly string[]): void {
      const known = of.all(campaign);
      for (const { name } of known) if (!names.includes(name)) drop.run(campaign, name);
      let id = Math.max(0, ...known.map((row) => row.id));
      for (const name of names) {
        if (!known.some((row) => row.name === name)) add.run(campaign, (id += 1), name);
      }
    },
    /** Since when it is not called; null: it is. */
    setPaused: (campaign: number, id: number, at: number | null): void => void pause.run(at, campaign, id),
    /** Up to which number the leads stand in their segments; null: all do. */
    filedTo: (campaign: number) => filedTo.get(campaign) ?? null,
    setFiledTo: (campaign: number, phone: number | null): void => void setFiledTo.run(phone, campaign),
    /** Puts a lead into a segment. */
    file: (lead: number, segment: number): void => void file.run(segment, lead),
    /** Leads of any state by their number, those after `phone`. */
    page: (campaign: number, phone: number, limit: number) => page.all(campaign, phone, limit),
  };
}
