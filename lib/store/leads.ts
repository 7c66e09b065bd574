import type { LeadState } from '../core/lead.ts';
import { phoneToInteger, type Phone } from '../core/phone.ts';
import type { Fired } from '../core/retry.ts';
import { createLeadReleases } from './lead-releases.ts';
import type { Db } from './open.ts';

export interface LeadRow {
  readonly id: number;
  readonly campaign: number;
  /** The number to be called next. */
  readonly phone: number;
  /** Its place among the lead's numbers, from 1. */
  readonly place: number;
  /** The base's own key of the person; a debtor has several numbers. */
  readonly person: string | null;
  readonly name: string | null;
  readonly zone: string | null;
  readonly region: string | null;
  readonly priority: number;
  readonly vars: string;
  readonly list: string;
  readonly list_row: number;
  /** Of the campaign's; 0: of none. */
  readonly segment: number;
  readonly state: LeadState;
  readonly reason: string | null;
  readonly next_at: number | null;
  readonly attempts: number;
  readonly last_disposition: string | null;
  /** The last result an agent gave, by its code. */
  readonly result: string | null;
  /** Parts of the week it was called in, a bit each. */
  readonly tried: number;
  /** How often each retry rule applied in this pass, JSON by disposition. */
  readonly fired: string;
  /** The re-dial that put it back; 0: none yet. */
  readonly pass: number;
}

/** One number of a lead. */
export interface LeadNumber {
  readonly place: number;
  readonly phone: number;
  /** Charged to it in this pass over the base. */
  readonly attempts: number;
  /** Why the lead is not called on it; null: it may be. */
  readonly closed: string | null;
}

export interface NewLead {
  readonly campaign: number;
  /** The first to be called. */
  readonly phone: Phone;
  /** Its other numbers, in the order they are called. */
  readonly others?: readonly Phone[];
  readonly person: string | null;
  readonly name: string | null;
  readonly zone: string | null;
  readonly region: string | null;
  readonly priority: number;
  readonly vars: Readonly<Record<string, string>>;
  readonly list: string;
  readonly listRow: number;
}

/** What a lead's move may change besides its state. */
export interface LeadPatch {
  readonly reason?: string | null;
  readonly nextAt?: number | null;
  readonly disposition?: string;
  /** The number to be called next, by its place; absent: the same. */
  readonly place?: number;
  readonly tried?: number;
  readonly fired?: Fired;
  /** The attempt counts for the lead, and for its number at this place. */
  readonly charged?: { readonly place: number } | null;
  /** The lead is not called on its number at this place any more, and why. */
  readonly closes?: { readonly place: number; readonly why: string } | null;
}

/** The lead bases. */
export function createLeads(db: Db) {
  const byId = db.prepare<[number], LeadRow>('SELECT * FROM leads WHERE id = ?');
  const byPhone = db.prepare<[number], LeadRow>(
    'SELECT l.* FROM lead_numbers AS n JOIN leads AS l ON l.id = n.lead WHERE n.phone = ?',
  );
  const find = db.prepare<[number, number], LeadRow>(
    'SELECT l.* FROM lead_numbers AS n JOIN leads AS l ON l.id = n.lead WHERE n.campaign = ? AND n.phone = ?',
  );
  const numbersOf = db.prepare<[number], LeadNumber>(
    'SELECT place, phone, attempts, closed FROM lead_numbers WHERE lead = ? ORDER BY place',
  );
  const insertNumber = db.prepare('INSERT INTO lead_numbers (lead, place, campaign, phone) VALUES (?, ?, ?, ?)');
  const insert = db.prepare(
    `INSERT INTO leads (campaign, phone, person, name, zone, region, priority, vars, list, list_row, created_at, updated_at)
     VALUES (@campaign, @phone, @person, @name, @zone, @region, @priority, @vars, @list, @listRow, @now, @now)`,
  );
  // Two walks of two partial indexes: leads due again come before those never tried.
  const due = db.prepare<[number, number, number], LeadRow>(
    `SELECT * FROM leads WHERE campaign = ? AND state = 'waiting' AND next_at <= ? ORDER BY next_at LIMIT ?`,
  );
  const callable = db.prepare<[number, number], LeadRow>(
    `SELECT * FROM leads WHERE campaign = ? AND state = 'callable' ORDER BY priority DESC, id LIMIT ?`,
  );
  const page = db.prepare<[number, number, number], LeadRow>(
    'SELECT * FROM leads WHERE campaign = ? AND phone > ? ORDER BY phone LIMIT ?',
  );
  const any = db.prepare<[number], LeadRow>('SELECT * FROM leads WHERE campaign = ? LIMIT 1');
  const nextDue = db
    .prepare<[number], number | null>(`SELECT min(next_at) FROM leads WHERE campaign = ? AND state = 'waiting'`)
    .pluck();
  const counts = db.prepare<[number], { state: LeadState; reason: string | null; n: number }>(
    'SELECT state, reason, count(*) AS n FROM leads WHERE campaign = ? GROUP BY state, reason ORDER BY n DESC',
  );
  const move = db.prepare(
    `UPDATE leads SET state = @state, reason = @reason, next_at = @nextAt, attempts = attempts + @charged,
       last_disposition = coalesce(@disposition, last_disposition), tried = coalesce(@tried, tried),
       fired = coalesce(@fired, fired), updated_at = @now WHERE id = @id`,
  );
  const setZone = db.prepare<[string, number, number]>('UPDATE leads SET zone = ?, updated_at = ? WHERE id = ?');
  const turnTo = db.prepare<{ id: number; place: number }>(
    `UPDATE leads SET (place, phone) = (SELECT place, phone FROM lead_numbers WHERE lead = @id AND place = @place)
     WHERE id = @id AND place <> @place`,
  );
  const chargeNumber = db.prepare('UPDATE lead_numbers SET attempts = attempts + 1 WHERE lead = ? AND place = ?');
  const closeNumber = db.prepare('UPDATE lead_numbers SET closed = ? WHERE lead = ? AND place = ?');
  return {
    byId: (id: number) => byId.get(id),
    byPhone: (phone: Phone) => byPhone.all(phoneToInteger(phone)),
    find: (campaign: number, phone: Phone) => find.get(campaign, phoneToInteger(phone)),
    /** All numbers of a lead, in the order they are called. */
    numbersOf: (lead: number) => numbersOf.all(lead),
    /** True when the lead is new; false when the campaign has one of its numbers already, and then nothing changes. */
    insert({ others = [], ...lead }: NewLead, now: number): boolean {
      const phones = [...new Set([lead.phone, ...others])].map(phoneToInteger);
      if (phones.some((phone) => find.get(lead.campaign, phone) !== undefined)) return false;
      const row = { ...lead, phone: phones[0], vars: JSON.stringify(lead.vars), now };
      const { lastInsertRowid } = insert.run(row);
      for (const [i, phone] of phones.entries()) insertNumber.run(lastInsertRowid, i + 1, lead.campaign, phone);
      return true;
    },
    /** Up to `limit` leads to ask the gate about now, due ones first. */
    ready(campaign: number, now: number, limit: number): LeadRow[] {
      const first = due.all(campaign, now, limit);
      return first.length === limit ? first : first.concat(callable.all(campaign, limit - first.length));
    },
    /** Leads of any state by their number, those after `phone`. */
    page: (campaign: number, phone: number, limit: number) => page.all(campaign, phone, limit),
    /** Some lead of the campaign; undefined when it has none. */
    any: (campaign: number) => any.get(campaign),
    /** When the next waiting lead is due; null when none waits. */
    nextDueAt: (campaign: number) => nextDue.get(campaign) ?? null,
    counts: (campaign: number) => counts.all(campaign),
    /** Leaves the lead's number to be called next, closed for this reason, for the one at `place`. */
    turnTo({ id, place: left }: Pick<LeadRow, 'id' | 'place'>, place: number, why: string): void {
      closeNumber.run(why, id, left);
      turnTo.run({ id, place });
    },
    /** Moves a lead; call inside a transaction. */
    setState(id: number, state: LeadState, patch: LeadPatch, now: number): void {
      move.run({
        id,
        state,
        reason: patch.reason ?? null,
        nextAt: patch.nextAt ?? null,
        charged: patch.charged == null ? 0 : 1,
        disposition: patch.disposition ?? null,
        tried: patch.tried ?? null,
        fired: patch.fired === undefined ? null : JSON.stringify(patch.fired),
        now,
      });
      if (patch.charged != null) chargeNumber.run(id, patch.charged.place);
      if (patch.closes != null) closeNumber.run(patch.closes.why, id, patch.closes.place);
      if (patch.place !== undefined) turnTo.run({ id, place: patch.place });
    },
    /** Where the person says he is. */
    setZone: (id: number, zone: string, now: number) => void setZone.run(zone, now, id),
    ...createLeadReleases(db),
  };
}
