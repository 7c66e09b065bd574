import type { KeyedHash } from './keyed-hash.ts';
import type { LeadState } from '../core/lead.ts';
import { DNC_LIST, type DncList, type DncListState } from './dnc.ts';
import type { Db } from './open.ts';
import type { OptOutAct } from './opt-outs.ts';

/** Numbers as `phoneToInteger` makes them, ascending, none twice. */
export type NumberSet = readonly number[];

export type SetLead = { readonly id: number; readonly campaign: number; readonly state: LeadState };

/** Whole sets of numbers at once: opt-outs and external do-not-call lists of millions. */
export function createNumberSets(db: Db, keyed: KeyedHash) {
  const anyErased = db.prepare('SELECT 1 FROM erasures LIMIT 1');
  const erasedAmong = db
    .prepare<[string], number>('SELECT e.pseudonym FROM json_each(?) AS n JOIN erasures AS e ON e.pseudonym = n.value')
    .pluck();
  const anyOptOut = db.prepare<[number, number]>('SELECT 1 FROM opt_outs WHERE phone BETWEEN ? AND ? LIMIT 1');
  const sameScope = (act: string): string =>
    `${act}.scope = @scope AND ${act}.entity IS @entity AND ${act}.purpose IS @purpose`;
  const notOptedOut = db
    .prepare<unknown[], number>(
      `SELECT n.value FROM json_each(@numbers) AS n WHERE NOT EXISTS (
         SELECT 1 FROM opt_outs AS o JOIN opt_out_acts AS said ON said.id = o.act
         WHERE o.phone = n.value AND said.kind = 'opt-out' AND ${sameScope('said')} AND NOT EXISTS (
           SELECT 1 FROM opt_outs AS later JOIN opt_out_acts AS lift ON lift.id = later.act
           WHERE later.phone = o.phone AND lift.kind = 'lift' AND lift.id > said.id AND ${sameScope('lift')}))`,
    )
    .pluck();
  const insertAct = db.prepare(
    `INSERT INTO opt_out_acts (at, kind, scope, entity, purpose, source, attempt, evidence, note)
     VALUES (@at, @kind, @scope, @entity, @purpose, @source, @attempt, @evidence, @note)`,
  );
  const insertOptOuts = db.prepare('INSERT INTO opt_outs (phone, act) SELECT value, ? FROM json_each(?)');

  const leadsBetween = db.prepare<[number, number, number], SetLead & { readonly phone: number }>(
    `SELECT l.id, l.campaign, l.state, n.phone FROM lead_numbers AS n JOIN leads AS l ON l.id = n.lead
     WHERE n.phone BETWEEN ? AND ? LIMIT ?`,
  );
  const leadsOf = db.prepare<[string], SetLead>(
    `SELECT l.id, l.campaign, l.state FROM json_each(?) AS n JOIN lead_numbers AS his ON his.phone = n.value
     JOIN leads AS l ON l.id = his.lead`,
  );

  const listIn = db.prepare<[string, DncListState], DncList>(
    `SELECT ${DNC_LIST} WHERE l.registry = ? AND l.state = ? ORDER BY l.id DESC`,
  );
  const insertList = db.prepare(
    `INSERT INTO dnc_lists (registry, taken_at, imported_at, state, sha256) VALUES (?, ?, ?, 'loading', ?)`,
  );
  const setListState = db.prepare('UPDATE dnc_lists SET state = ? WHERE id = ?');
  const activate = db.prepare(`UPDATE dnc_lists SET state = 'active', imported_at = ? WHERE id = ?`);
  const insertListed = db.prepare('INSERT OR IGNORE INTO dnc_numbers (phone, list) SELECT value, ? FROM json_each(?)');
  const count = db.prepare('UPDATE dnc_lists SET numbers = numbers + ? WHERE id = ?');
  const toClear = db
    .prepare<[], number>(`SELECT id FROM dnc_lists WHERE state = 'replaced' AND cleared_at IS NULL ORDER BY id LIMIT 1`)
    .pluck();
  const endOfStretch = db
    .prepare<
      [number, number],
      number | null
    >('SELECT max(phone) FROM (SELECT phone FROM dnc_numbers WHERE phone > ? ORDER BY phone LIMIT ?)')
    .pluck();
  const deleteStretch = db.prepare('DELETE FROM dnc_numbers WHERE phone > ? AND phone <= ? AND list = ?');
  const setCleared = db.prepare('UPDATE dnc_lists SET cleared_at = ? WHERE id = ?');

  /** An erased person's number must not come back in plain: the suppression list closes it already. */
  function withoutErased(numbers: NumberSet): NumberSet {
    if (anyErased.get() === undefined) return numbers;
    const pseudonyms = numbers.map((number) => keyed.pseudonym(number));
    const erased = new Set(erasedAmong.all(JSON.stringify(pseudonyms)));
    return erased.size === 0 ? numbers : numbers.filter((_, i) => !erased.has(pseudonyms[i] ?? 0));
  }

  return {
    /** Those of the set for whom this scope does not hold yet. */
    notOptedOut(numbers: NumberSet, { scope, entity, purpose }: OptOutAct): NumberSet {
      const open = withoutErased(numbers);
      const first = open[0];
      const last = open.at(-1);
      if (first === undefined || last === undefined || anyOptOut.get(first, last) === undefined) return open;
      return notOptedOut.all({ numbers: JSON.stringify(open), scope, entity, purpose });
    },
    /** Records an act; its numbers follow by `addOptOuts` in the same transaction. */
    beginAct: (at: number, act: OptOutAct): number => Number(insertAct.run({ ...act, at }).lastInsertRowid),
    addOptOuts: (act: number, numbers: NumberSet): void => void insertOptOuts.run(act, JSON.stringify(numbers)),
    /** Leads that have one of the numbers, in whatever state; who has two of them comes twice. */
    leadsOf(numbers: NumberSet): SetLead[] {
      const first = numbers[0];
      const last = numbers.at(-1);
      if (first === undefined || last === undefined) return [];
      // A dense set among few leads is one walk; a sparse one among many is asked number by number.
      const between = leadsBetween.all(first, last, numbers.length + 1);
      if (between.length > numbers.length) return leadsOf.all(JSON.stringify(numbers));
      if (between.length === 0) return [];
      const wanted = new Set(numbers);
      return between.filter(({ phone }) => wanted.has(phone));
    },

    /** The registry's list in this state; the newest when several are loading. */
    dncList: (registry: string, state: DncListState) => listIn.get(registry, state),
    /** A list to be loaded beside the one in force; one half loaded before is given up. */
    beginDncList(registry: string, takenAt: number, sha256: string, now: number): number {
      for (const { id } of listIn.all(registry, 'loading')) setListState.run('replaced', id);
      return Number(insertList.run(registry, takenAt, now, sha256).lastInsertRowid);
    },
    /** Returns how many were new to the list. */
    addListed(list: number, numbers: NumberSet): number {
      const added = insertListed.run(list, JSON.stringify(withoutErased(numbers))).changes;
      count.run(added, list);
      return added;
    },
    /** The loaded list takes the place of the one in force. */
    activateDncList(registry: string, list: number, now: number): void {
      for (const { id } of listIn.all(registry, 'active')) setListState.run('replaced', id);
      activate.run(now, list);
    },
    /** A replaced list whose numbers are still there. */
    dncListToClear: () => toClear.get(),
    /** Deletes a list's numbers above `after`, looking at no more than `stretch` rows; where to go on, null at the end. */
    clearDncList(list: number, after: number, stretch: number, now: number): number | null {
      const end = endOfStretch.get(after, stretch) ?? null;
      if (end === null) setCleared.run(now, list);
      else deleteStretch.run(after, end, list);
      return end;
    },
  };
}
