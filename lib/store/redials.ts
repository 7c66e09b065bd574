import type { LeadRow } from './leads.ts';
import type { Db } from './open.ts';

/** A pass over a base. */
export interface RedialRow {
  readonly id: number;
  readonly campaign: number;
  /** Local date. */
  readonly for_date: string;
  readonly at: number;
  readonly state: 'preparing' | 'begun' | 'dropped';
  /** By which rules leads were chosen, JSON. */
  readonly spec: string;
  /** What was foreseen, JSON; null until it is begun. */
  readonly plan: string;
}

/** What puts a lead back: which of its numbers is called first, where it belongs, and which of its numbers are open. */
export interface PutBack {
  readonly lead: number;
  readonly redial: number;
  readonly phone: number;
  readonly place: number;
  readonly segment: number;
  /** Places of numbers that are open again. */
  readonly opened: readonly number[];
}

/** What a plan said of a lead, and how the lead stands now. */
export interface PlannedLead extends Pick<LeadRow, 'state' | 'reason' | 'phone' | 'attempts'> {
  readonly lead: number;
  /** null: to be called. */
  readonly code: string | null;
}

/** Passes over bases: what was planned of each lead, and leads put back. */
export function createRedials(db: Db) {
  const columns = 'id, campaign, for_date, at, state, spec, plan';
  const byDate = db.prepare<[number, string], RedialRow>(
    `SELECT ${columns} FROM redials WHERE campaign = ? AND for_date = ?`,
  );
  const of = db.prepare<[number, number], RedialRow>(
    `SELECT ${columns} FROM redials WHERE campaign = ? ORDER BY for_date DESC LIMIT ?`,
  );
  const preparing = db.prepare<[], RedialRow>(`SELECT ${columns} FROM redials WHERE state = 'preparing'`);
  const insert = db.prepare<[number, string, number, string]>(
    `INSERT INTO redials (campaign, for_date, at, state, spec, plan) VALUES (?, ?, ?, 'preparing', ?, 'null')`,
  );
  const begin = db.prepare<[string, number]>(`UPDATE redials SET state = 'begun', plan = ? WHERE id = ?`);
  const drop = db.prepare<[number]>(`UPDATE redials SET state = 'dropped' WHERE id = ? AND state = 'preparing'`);
  const lastLead = db.prepare<[], number | null>('SELECT max(id) FROM leads').pluck();
  // Walked by the row's own order: a number called next may change under a walk by number.
  const leads = db.prepare<[number, number, number], LeadRow>(
    'SELECT * FROM leads WHERE id > ? AND id <= ? AND +campaign = ? ORDER BY id',
  );
  const lastNoted = db.prepare<[number], number | null>('SELECT max(lead) FROM redial_leads WHERE redial = ?').pluck();
  const note = db.prepare<[number, number, string | null]>(
    'INSERT INTO redial_leads (redial, lead, code) VALUES (?, ?, ?)',
  );
  // Attempts that never left our own side are no calls to the person.
  const calledAt = db
    .prepare<[number, number, number], number | null>(
      `SELECT max(a.planned_at) FROM lead_numbers AS n CROSS JOIN attempts AS a ON a.phone = n.phone AND a.planned_at > ?
       WHERE n.lead = ? AND +a.campaign = ? AND a.disposition IS NOT 'not-placed' AND a.disposition IS NOT 'trunk-failure'`,
    )
    .pluck();
  const journal = db.prepare(
    `INSERT INTO journal (at, subject, id_of, event, "from", "to", data)
     SELECT @now, 'lead', id, 'released', state, 'callable', json_object('redial', @redial, 'code', reason)
     FROM leads WHERE id = @lead AND pass <> @redial`,
  );
  const anew = db.prepare(
    `UPDATE leads SET state = 'callable', reason = NULL, next_at = NULL, attempts = 0, fired = '{}', phone = @number,
       place = @place, segment = @segment, pass = @redial, passes = passes + 1, updated_at = @now WHERE id = @lead AND pass <> @redial`,
  );
  const fresh = db.prepare<[number]>('UPDATE lead_numbers SET attempts = 0 WHERE lead = ? AND attempts > 0');
  const open = db.prepare<[number, number]>('UPDATE lead_numbers SET closed = NULL WHERE lead = ? AND place = ?');
  // Codes of the gate are the only reasons in capitals; an erased person has no phone any more.
  const openRefused = db.prepare<[number]>(
    `UPDATE lead_numbers SET closed = NULL WHERE lead = ? AND closed >= 'A' AND closed < '[' AND phone > 0`,
  );
  const asked = db.prepare(
    `UPDATE leads SET state = 'callable', reason = NULL, next_at = NULL, pass = @redial, updated_at = @now
     WHERE id = @lead AND pass <> @redial`,
  );
  const planned = db.prepare<[number, number, number], PlannedLead>(
    `SELECT r.lead, r.code, l.state, l.reason, l.phone, l.attempts
     FROM redial_leads AS r JOIN leads AS l ON l.id = r.lead WHERE r.redial = ? AND r.lead > ? ORDER BY r.lead LIMIT ?`,
  );
  const oldest = db.prepare<[number, number], { redial: number }>(
    `SELECT id AS redial FROM redials AS r WHERE campaign = ? AND state <> 'preparing' AND EXISTS
       (SELECT 1 FROM redial_leads WHERE redial = r.id) ORDER BY for_date DESC LIMIT -1 OFFSET ?`,
  );
  const forget = db.prepare<[number, number, number]>(
    `DELETE FROM redial_leads WHERE redial = ? AND lead IN
       (SELECT lead FROM redial_leads WHERE redial = ? ORDER BY lead LIMIT ?)`,
  );
  return {
    /** The pass of a campaign and date. */
    byDate: (campaign: number, date: string) => byDate.get(campaign, date),
    /** The last passes of a campaign, the latest date first. */
    of: (campaign: number, limit: number) => of.all(campaign, limit),
    /** Passes of all campaigns that were cut short. */
    preparing: () => preparing.all(),
    /** Begins to prepare a pass; answers its id. */
    insert: (campaign: number, date: string, now: number, spec: string) =>
      Number(insert.run(campaign, date, now, spec).lastInsertRowid),
    begin: (id: number, plan: string): void => void begin.run(plan, id),
    /** A pass whose date went by before it was prepared. */
    drop: (id: number): boolean => drop.run(id).changes === 1,
    /** The highest id of any lead; 0 without leads. */
    lastLead: () => lastLead.get() ?? 0,
    /** Leads of a campaign with ids past `after`, up to `to`. */
    leads: (campaign: number, after: number, to: number) => leads.all(after, to, campaign),
    /** The last lead the plan of a pass speaks of; 0: none yet. */
    lastNoted: (id: number) => lastNoted.get(id) ?? 0,
    note: (id: number, lead: number, code: string | null): void => void note.run(id, lead, code),
    /** When the campaign called a lead last, any of its numbers, after a moment; null: it did not. */
    calledAt: (campaign: number, lead: number, after: number) => calledAt.get(after, lead, campaign) ?? null,
    /** Puts a lead back with its attempts forgotten; false when this pass did before. Call inside a transaction. */
    putBack({ lead, redial, phone, place, segment, opened }: PutBack, now: number): boolean {
      journal.run({ lead, redial, now });
      if (anew.run({ lead, redial, number: phone, place, segment, now }).changes === 0) return false;
      fresh.run(lead);
      for (const number of opened) open.run(lead, number);
      return true;
    },
    /** Puts a lead the gate stopped before it again; false when this pass did before. Call inside a transaction. */
    askAgain(lead: number, redial: number, now: number): boolean {
      journal.run({ lead, redial, now });
      return asked.run({ lead, redial, now }).changes === 1;
    },
    /** Opens a lead's numbers again that the gate closed. */
    openRefused: (lead: number): void => void openRefused.run(lead),
    /** What the plan of a pass said of its leads, those after `lead`, and how they stand now. */
    planned: (id: number, lead: number, limit: number) => planned.all(id, lead, limit),
    /** Forgets some leads of the passes before the last `keep` of a campaign; true: more are left. */
    prune(campaign: number, keep: number, limit: number): boolean {
      const [first] = oldest.all(campaign, keep);
      if (first === undefined) return false;
      forget.run(first.redial, first.redial, limit);
      return true;
    },
  };
}
