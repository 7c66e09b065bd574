import type { Db } from './open.ts';

/** An import as far as it has come. */
export interface ImportRecord {
  readonly id: string;
  readonly kind: string;
  readonly list: string;
  readonly target: string;
  readonly sha256: string;
  readonly done: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly rejectsBytes: number;
  /** JSON: rows rejected since the rejects file had that many bytes. */
  readonly unwritten: string;
  /** JSON: of leads, what their import came to besides. */
  readonly brought: string;
  readonly begunAt: number;
  readonly endedAt: number | null;
}

export type NewImport = Pick<ImportRecord, 'id' | 'kind' | 'list' | 'target' | 'sha256'>;

/** How far an import is after a slice. */
export type ImportProgress = Pick<
  ImportRecord,
  'done' | 'accepted' | 'duplicate' | 'rejected' | 'rejectsBytes' | 'unwritten' | 'brought'
>;

/** Imports begun; each slice of rows moves its import on in its own transaction. */
export function createImports(db: Db) {
  const columns =
    'id, kind, list, target, sha256, done, accepted, duplicate, rejected, rejects_bytes AS rejectsBytes, unwritten, brought, begun_at AS begunAt, ended_at AS endedAt';
  const byId = db.prepare<[string], ImportRecord>(`SELECT ${columns} FROM imports WHERE id = ?`);
  const unfinished = db.prepare<[string, string], ImportRecord>(
    `SELECT ${columns} FROM imports WHERE kind = ? AND sha256 = ? AND ended_at IS NULL`,
  );
  const insert = db.prepare(
    `INSERT INTO imports (id, kind, list, target, sha256, begun_at)
     VALUES (@id, @kind, @list, @target, @sha256, @now)`,
  );
  const advance = db.prepare(
    `UPDATE imports SET done = @done, accepted = @accepted, duplicate = @duplicate, rejected = @rejected,
       rejects_bytes = @rejectsBytes, unwritten = @unwritten,
       brought = @brought WHERE id = @id`,
  );
  const end = db.prepare('UPDATE imports SET ended_at = ? WHERE id = ? AND ended_at IS NULL');
  return {
    byId: (id: string) => byId.get(id),
    /** The import of this very content into this very place that never ended. */
    unfinished: (kind: string, sha256: string) => unfinished.get(kind, sha256),
    begin: (row: NewImport, now: number): void => void insert.run({ ...row, now }),
    advance: (id: string, progress: ImportProgress): void => void advance.run({ ...progress, id }),
    end: (id: string, now: number): void => void end.run(now, id),
  };
}
