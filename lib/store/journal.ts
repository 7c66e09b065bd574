import type { Db } from './open.ts';

export type Subject =
  | 'campaign'
  | 'lead'
  | 'attempt'
  | 'agent'
  | 'callback'
  | 'caller'
  | 'opt-out'
  | 'import'
  | 'ranges'
  | 'erasure'
  | 'ledger'
  | 'schedule'
  | 'pbx'
  | 'daemon'
  // Rows of registers.
  | 'consent'
  | 'line'
  | 'refusal'
  | 'debtor'
  | 'demand'
  | 'reassignment';

export interface JournalEntry {
  readonly at: number;
  readonly subject: Subject;
  readonly id: string;
  readonly event: string;
  readonly from?: string | null;
  readonly to?: string | null;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface JournalRow {
  readonly id: number;
  readonly at: number;
  readonly subject: Subject;
  readonly id_of: string;
  readonly event: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly data: string;
}

/** The append-only record of moves: rows are written in the transaction of the move they record. */
export function createJournal(db: Db) {
  const insert = db.prepare(
    'INSERT INTO journal (at, subject, id_of, event, "from", "to", data) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const bySubject = db.prepare<[string, string, number], JournalRow>(
    'SELECT * FROM journal WHERE subject = ? AND id_of = ? ORDER BY id LIMIT ?',
  );
  const last = db.prepare<[string, string, string], JournalRow>(
    'SELECT * FROM journal WHERE subject = ? AND id_of = ? AND event = ? ORDER BY id DESC LIMIT 1',
  );
  return {
    /** The latest such event of one thing. */
    last: (subject: Subject, id: string, event: string) => last.get(subject, id, event),
    write(entry: JournalEntry): void {
      insert.run(
        entry.at,
        entry.subject,
        entry.id,
        entry.event,
        entry.from ?? null,
        entry.to ?? null,
        JSON.stringify(entry.data ?? {}),
      );
    },
    of(subject: Subject, id: string, limit = 200): JournalRow[] {
      return bySubject.all(subject, id, limit);
    },
  };
}
