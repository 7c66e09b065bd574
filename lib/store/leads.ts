import type { LeadState } from '../core/lead.ts';
import { phoneToInteger, type Phone } from '../core/phone.ts';
import type { Facets } from '../core/segment.ts';
import type { Fired } from '../core/retry.ts';
import { createLeadQueue } from './lead-queue.ts';
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
  /** Of the campaign's; 0: of none; -1: not of its `where`. */
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
  /** The re-dial that put it back last; 0: none yet. */
  readonly pass: number;
  /** How many re-dials did. */
  readonly passes: number;
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
  /** Absent: of none. */
  readonly segment?: number;
}

/** A number of a lead and another campaign that has it; null: none has. */
export interface NumberElsewhere {
  /** The lead's place in the base, by its next number. */
  readonly at: number;
  readonly lead: number;
  readonly phone: number;
  readonly other: number | null;
}

/** What a filter looks at in a lead. */
export function facetsOf(row: LeadRow): Facets {
  let vars: Facets['vars'] | undefined;
  return {
    list: row.list,
    disposition: row.last_disposition,
    result: row.result,
    region: row.region,
    zone: row.zone,
    priority: row.priority,
    attempts: row.attempts,
    // Read only when a filter asks for a column.
    get vars() {
      return (vars ??= JSON.parse(row.vars) as Record<string, string>);
    },
  };
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
  const lastPlace = db.prepare<[number], number>('SELECT max(place) FROM lead_numbers WHERE lead = ?').pluck();
  const insert = db.prepare(
    `INSERT INTO leads (campaign, phone, person, name, zone, region, priority, vars, list, list_row, segment,
       created_at, updated_at)
     VALUES (@campaign, @phone, @person, @name, @zone, @region, @priority, @vars, @list, @listRow, @segment, @now, @now)`,
  );
  const page = db.prepare<[number, number, number], LeadRow>(
    'SELECT * FROM leads WHERE campaign = ? AND phone > ? ORDER BY phone LIMIT ?',
  );
  const alsoIn = db.prepare<{ campaign: number; after: number; limit: number }, NumberElsewhere>(
    `SELECT l.phone AS at, n.lead, n.phone, o.campaign AS other FROM (
         SELECT id, phone FROM leads WHERE campaign = @campaign AND phone > @after ORDER BY phone LIMIT @limit) AS l
       JOIN lead_numbers AS n ON n.lead = l.id
       LEFT JOIN lead_numbers AS o ON o.phone = n.phone AND o.campaign <> @campaign
     ORDER BY l.phone, n.place`,
  );
  const lastPage = db.prepare<[number, number], LeadRow>(
    'SELECT * FROM leads WHERE campaign = ? ORDER BY phone DESC LIMIT ?',
  );
  const any = db.prepare<[number], LeadRow>('SELECT * FROM leads WHERE campaign = ? LIMIT 1');
  const counts = db.prepare<[number], { state: LeadState; reason: string | null; n: number }>(
    'SELECT state, reason, count(*) AS n FROM leads WHERE campaign = ? GROUP BY state, reason ORDER BY n DESC',
  );
  const move = db.prepare(
    `UPDATE leads SET state = @state, reason = @reason, next_at = @nextAt, attempts = attempts + @charged,
       last_disposition = coalesce(@disposition, last_disposition), tried = coalesce(@tried, tried),
       fired = coalesce(@fired, fired), updated_at = @now WHERE id = @id`,
  );
  const setResult = db.prepare('UPDATE leads SET result = ?, updated_at = ? WHERE id = ?');
  const openNumber = db.prepare('UPDATE lead_numbers SET closed = NULL WHERE lead = ? AND place = ? AND closed = ?');
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
      const row = { segment: 0, ...lead, phone: phones[0], vars: JSON.stringify(lead.vars), now };
      const { lastInsertRowid } = insert.run(row);
      for (const [i, phone] of phones.entries()) insertNumber.run(lastInsertRowid, i + 1, lead.campaign, phone);
      return true;
    },
    /** Adds those of these numbers to a lead's end that its campaign does not have, while it has fewer than `most`. */
    addNumbers(
      { id, campaign }: LeadRow,
      numbers: readonly Phone[],
      most: number,
    ): { readonly added: number; readonly leftOut: number } {
      const fresh = [...new Set(numbers)]
        .map(phoneToInteger)
        .filter((phone) => find.get(campaign, phone) === undefined);
      const last = lastPlace.get(id) ?? 0;
      const added = fresh.slice(0, Math.max(0, most - last));
      for (const [i, phone] of added.entries()) insertNumber.run(id, last + i + 1, campaign, phone);
      return { added: added.length, leftOut: fresh.length - added.length };
    },
    ...createLeadQueue(db, (id) => byId.get(id)),
    /** Leads of any state by their number, those after `phone`. */
    page: (campaign: number, phone: number, limit: number) => page.all(campaign, phone, limit),
    /** Up to so many leads of either end of the base. */
    sample(campaign: number, limit: number): LeadRow[] {
      const first = page.all(campaign, 0, limit);
      const known = new Set(first.map(({ id }) => id));
      return first.concat(lastPage.all(campaign, limit).filter(({ id }) => !known.has(id)));
    },
    /** Numbers of leads behind one, each with a campaign that has it too; null: none other has. */
    alsoIn: (campaign: number, after: number, limit: number) => alsoIn.all({ campaign, after, limit }),
    /** Some lead of the campaign; undefined when it has none. */
    any: (campaign: number) => any.get(campaign),
    counts: (campaign: number) => counts.all(campaign),
    /** Leaves the lead's number to be called next for the one at `place`; closed for a reason, or open when it is null. */
    turnTo({ id, place: left }: Pick<LeadRow, 'id' | 'place'>, place: number, why: string | null): void {
      if (why !== null) closeNumber.run(why, id, left);
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
    /** The last result an agent gave. */
    setResult: (id: number, code: string, now: number) => void setResult.run(code, now, id),
    /** Opens the lead's number at this place again if it was closed for this. */
    openNumber: (id: number, place: number, why: string) => void openNumber.run(id, place, why),
    /** Where the person says he is. */
    setZone: (id: number, zone: string, now: number) => void setZone.run(zone, now, id),
    ...createLeadReleases(db),
  };
}
