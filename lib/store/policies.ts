import type { Policy } from '../core/policy.ts';
import { hashOfSources, sha256Of } from '../data/load.ts';
import type { Db } from './open.ts';

/** Files of a policy as its hash was made of them. */
export type StoredPolicy = { readonly files: Policy['sources'] };

/** Policies as they were when a verdict first rested on them: the texts of pack, calendars and zones. */
export function createPolicies(db: Db) {
  const insert = db.prepare(
    'INSERT INTO policies (hash, id, version, body, used_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const stored = db.prepare<[string], number>('SELECT 1 FROM policies WHERE hash = ?').pluck();
  const kept = new Set<string>();
  return {
    /** Call in the transaction of the verdict, and `committed` after it: once a process is enough. */
    keep({ hash, id, version, sources }: Policy, now: number): void {
      if (!kept.has(hash))
        insert.run(hash, id, version, JSON.stringify({ files: sources } satisfies StoredPolicy), now);
    },
    committed({ hash }: Policy): void {
      // Nobody may have been ready to be asked about, or the transaction was rolled back: then it is not there.
      if (!kept.has(hash) && stored.get(hash) !== undefined) kept.add(hash);
    },
  };
}

/** SHA-256 over the listing `sha256sum` prints of the files, in hex; null when a text does not have its own hash. */
export function policyHash(body: string): string | null {
  const { files } = JSON.parse(body) as StoredPolicy;
  if (files.some(({ text, sha256 }) => sha256Of(text) !== sha256)) return null;
  return hashOfSources(files);
}
