import type { Db } from './open.ts';

/** What a file written for people holds: rows of a table, rows put aside, or one person's whole story. */
export type WrittenKind = 'export' | 'rejects' | 'story';

export interface WrittenFile {
  /** Absolute. */
  readonly path: string;
  readonly kind: WrittenKind;
  readonly at: number;
}

/** Files with numbers that obzvon wrote: an erasure cleans them too. */
export function createWrittenFiles(db: Db) {
  const insert = db.prepare(
    `INSERT INTO written_files (path, kind, at) VALUES (?, ?, ?)
     ON CONFLICT (path) DO UPDATE SET kind = excluded.kind, at = excluded.at`,
  );
  const all = db.prepare<[], WrittenFile>('SELECT path, kind, at FROM written_files ORDER BY at, path');
  const forget = db.prepare('DELETE FROM written_files WHERE path = ?');
  return {
    /** Remembers a file just written; one written again is remembered once. */
    note: (path: string, kind: WrittenKind, at: number): void => void insert.run(path, kind, at),
    all: (): WrittenFile[] => all.all(),
    forget: (path: string): void => void forget.run(path),
  };
}
