import type { KeyedHash } from './keyed-hash.ts';
import type { Ledger } from './ledger.ts';
import type { Db } from './open.ts';

/** A command that changes something, as the ledger keeps it. */
export interface AuditEntry {
  readonly at: number;
  /** By which door it came: a role's socket, or the daemon's own `schedule`, `webhook`, `daemon`. */
  readonly role: string;
  /** The user its sender says he is: claimed, not proven. */
  readonly claims: string | null;
  readonly command: string;
  /** Without personal data in clear. */
  readonly args: unknown;
  /** `ok`, `began`, or the code of the error. */
  readonly result: string;
  /** The row that tells its beginning; null when there is none. */
  readonly begun: number | null;
}

export interface AuditRow extends AuditEntry {
  readonly id: number;
}

/** How a ledger's row that is no verdict begins. */
export const AUDIT_BODY = '{"audit":1,';

/** The record of changing commands. */
export function createAudit(db: Db, ledger: Ledger, keyed: KeyedHash) {
  const since = db.prepare<[number, number], { id: number; body: string }>(
    'SELECT id, body FROM audit WHERE at >= ? ORDER BY at DESC, id DESC LIMIT ?',
  );
  return {
    /** Call inside a transaction. Answers the row's id. */
    write: (entry: AuditEntry): number => ledger.note({ audit: 1, ...entry }),
    /** The newest first. */
    since: (at: number, limit: number): AuditRow[] =>
      since.all(at, limit).map(({ id, body }) => {
        const { at, role, claims, command, args, result, begun } = JSON.parse(body) as AuditEntry;
        return { id, at, role, claims, command, args, result, begun };
      }),
    /** Names a person as verdicts do. */
    subject: (phone: number): string => keyed.subject(phone),
    /** Tells whether two texts are one, to who has the key, and nothing else. */
    digest: (text: string): string => keyed.mac(`audit ${text}`).toString('hex', 0, 8),
  };
}
