import type { CallbackFallback, CallbackKind, CallbackState, CallbackTerms } from '../core/callback.ts';
import type { Db } from './open.ts';

export interface CallbackRow extends CallbackTerms {
  readonly id: number;
  readonly campaign: number;
  readonly lead: number;
  /** On which of the lead's numbers. */
  readonly place: number;
  /** 1: he asked to be called on this very number, and on no other. */
  readonly named: 0 | 1;
  readonly state: CallbackState;
  readonly source: string;
  readonly note: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

export interface NewCallback {
  readonly campaign: number;
  readonly lead: number;
  readonly place: number;
  readonly named: boolean;
  readonly kind: CallbackKind;
  readonly agent: string | null;
  readonly dueAt: number;
  readonly until: number;
  readonly fallback: CallbackFallback;
  readonly source: string;
  readonly note: string | null;
}

/** What a move may change besides the state. */
export type CallbackPatch = Partial<
  Pick<CallbackRow, 'kind' | 'dueAt' | 'until' | 'tries' | 'agent' | 'note' | 'place' | 'named'>
>;

export interface CallbackCounts {
  /** Waiting or being dialed. */
  readonly open: number;
  /** Due now and not dialed yet. */
  readonly due: number;
  /** When the next is due; null: none waits. */
  readonly nextAt: number | null;
}

const COLUMNS = `id, campaign, lead, place, named, kind, state, agent, due_at AS dueAt, until, fallback, tries, source, note,
  created_at AS createdAt, ended_at AS endedAt`;

/** Calls agreed with people, asked for by them or owed to them; one open a lead. */
export function createCallbacks(db: Db) {
  const byId = db.prepare<[number], CallbackRow>(`SELECT ${COLUMNS} FROM callbacks WHERE id = ?`);
  const openOf = db.prepare<[number], CallbackRow>(
    `SELECT ${COLUMNS} FROM callbacks WHERE lead = ? AND state IN ('waiting', 'dialing')`,
  );
  const due = db.prepare<[number, number, number], CallbackRow>(
    `SELECT ${COLUMNS} FROM callbacks WHERE campaign = ? AND state = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?`,
  );
  const nextAt = db
    .prepare<[number], number | null>(`SELECT min(due_at) FROM callbacks WHERE campaign = ? AND state = 'waiting'`)
    .pluck();
  const dueCount = db
    .prepare<
      [number, number],
      number
    >(`SELECT count(*) FROM callbacks WHERE campaign = ? AND state = 'waiting' AND due_at <= ?`)
    .pluck();
  const open = db
    .prepare<[number], number>(`SELECT count(*) FROM callbacks WHERE campaign = ? AND state IN ('waiting', 'dialing')`)
    .pluck();
  const listed = (which: string) =>
    db.prepare<[number, number], CallbackRow>(`SELECT ${COLUMNS} FROM callbacks WHERE campaign = ? ${which} LIMIT ?`);
  const listOpen = listed(`AND state IN ('waiting', 'dialing') ORDER BY due_at, id`);
  const listAll = listed('ORDER BY id DESC');
  const insert = db.prepare(
    `INSERT INTO callbacks (campaign, lead, place, named, kind, state, agent, due_at, until, fallback, source, note, created_at)
     VALUES (@campaign, @lead, @place, @named, @kind, 'waiting', @agent, @dueAt, @until, @fallback, @source, @note, @now)`,
  );
  const move = db.prepare(
    `UPDATE callbacks SET state = @state, kind = coalesce(@kind, kind), due_at = coalesce(@dueAt, due_at), until = coalesce(@until, until),
       tries = coalesce(@tries, tries), agent = CASE WHEN @newAgent THEN @agent ELSE agent END,
       note = coalesce(@note, note), place = coalesce(@place, place), named = coalesce(@named, named), ended_at = CASE WHEN @state IN ('waiting', 'dialing') THEN NULL ELSE @now END
     WHERE id = @id`,
  );
  return {
    byId: (id: number) => byId.get(id),
    /** The lead's one open callback. */
    openOf: (lead: number) => openOf.get(lead),
    /** Those due now, the oldest first. */
    due: (campaign: number, now: number, limit: number) => due.all(campaign, now, limit),
    /** When the next is due; null: none waits. */
    nextAt: (campaign: number) => nextAt.get(campaign) ?? null,
    counts(campaign: number, now: number): CallbackCounts {
      return {
        open: open.get(campaign) ?? 0,
        due: dueCount.get(campaign, now) ?? 0,
        nextAt: nextAt.get(campaign) ?? null,
      };
    },
    /** Open ones by their time, or all, the newest first. */
    list: (campaign: number, which: 'open' | 'all', limit: number) =>
      (which === 'open' ? listOpen : listAll).all(campaign, limit),
    /** Its id; a lead with an open one already is refused by the database. */
    insert(callback: NewCallback, now: number): number {
      return Number(insert.run({ ...callback, named: callback.named ? 1 : 0, now }).lastInsertRowid);
    },
    setState(id: number, state: CallbackState, patch: CallbackPatch, now: number): void {
      move.run({
        id,
        state,
        kind: patch.kind ?? null,
        dueAt: patch.dueAt ?? null,
        until: patch.until ?? null,
        tries: patch.tries ?? null,
        newAgent: patch.agent === undefined ? 0 : 1,
        agent: patch.agent ?? null,
        note: patch.note ?? null,
        place: patch.place ?? null,
        named: patch.named ?? null,
        now,
      });
    },
  };
}
