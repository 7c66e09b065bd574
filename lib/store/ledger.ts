import { hash } from 'node:crypto';
import { ObzvonError } from '../errors.ts';
import { appendAnchor, type Anchor } from './anchors.ts';
import type { KeyedHash } from './keyed-hash.ts';
import type { Db } from './open.ts';

/** The last row of the chain. */
export interface LedgerHead {
  readonly id: number;
  /** SHA-256, 64 hexadecimal digits. */
  readonly hash: string;
}

/** What the chain begins with. */
export const GENESIS: LedgerHead = { id: 0, hash: '0'.repeat(64) };

/** The hash of a row, in hex: SHA-256 of the hash before it, its id and its body, a line each. */
export function chained(before: string, id: number, body: string): string {
  return hash('sha256', `${before}\n${id}\n${body}`, 'hex');
}

/** What the head's signature covers. */
export function headText(head: LedgerHead): string {
  return `ledger head\n${head.id}\n${head.hash}`;
}

/** The signed head as stored; `signed` is false when somebody without the key wrote it. */
export function readHead(db: Db, keyed: KeyedHash): () => (LedgerHead & { readonly signed: boolean }) | undefined {
  const stored = db.prepare<[], { id: number; hash: Buffer; mac: Buffer }>(
    'SELECT id, hash, mac FROM ledger_head WHERE one = 1',
  );
  return () => {
    const row = stored.get();
    if (row === undefined) return undefined;
    const head = { id: row.id, hash: row.hash.toString('hex') };
    return { ...head, signed: keyed.mac(headText(head)).equals(row.mac) };
  };
}

/** Appends to the ledger inside the gate's transaction: one row, its hash, the signed head. */
export function createLedger(db: Db, keyed: KeyedHash) {
  const stored = readHead(db, keyed);
  const insert = db.prepare('INSERT INTO verdicts (id, phone, body, hash) VALUES (?, ?, ?, ?)');
  const setHead = db.prepare('UPDATE ledger_head SET id = ?, hash = ?, mac = ? WHERE one = 1');
  /** A head somebody else wrote is not built upon: signing the next one would make his chain ours. */
  const head = (): LedgerHead => {
    const found = stored();
    if (found?.signed === true) return found;
    throw new ObzvonError(
      'STORE_FAILED',
      'the head of the ledger is missing or not signed with this installation’s key',
      {
        hint: 'somebody has changed the database: see obzvon ledger verify, and restore a backup that verifies',
      },
    );
  };
  return {
    head,
    /** Writes the head, as committed, to the anchors file. */
    anchor(path: string, at: number): Anchor {
      const { id, hash } = head();
      const anchor = { at, id, hash };
      appendAnchor(path, keyed, anchor);
      return anchor;
    },
    /** What is wrong with the signed head or the chain's last rows; null: nothing. */
    tailFault: (rows: number): string | null => tailFault(db, stored(), rows),
    /** Call inside a transaction. Answers the new row's id. */
    append(phone: number, body: Readonly<Record<string, unknown>>): number {
      const before = head();
      const id = before.id + 1;
      const text = JSON.stringify({ ...body, subject: keyed.subject(phone) });
      const next: LedgerHead = { id, hash: chained(before.hash, id, text) };
      const bytes = Buffer.from(next.hash, 'hex');
      insert.run(id, phone, text, bytes);
      setHead.run(id, bytes, keyed.mac(headText(next)));
      return id;
    },
  };
}

function tailFault(db: Db, head: (LedgerHead & { readonly signed: boolean }) | undefined, rows: number): string | null {
  if (head?.signed !== true) return 'the head of the ledger is missing or not signed with this installation’s key';
  const first = Math.max(0, head.id - rows);
  const tail = db
    .prepare<
      [number],
      LedgerHead & { readonly body: string }
    >('SELECT id, body, lower(hex(hash)) AS hash FROM verdicts WHERE id >= ? ORDER BY id')
    .all(first);
  let before = first === 0 ? GENESIS : tail.shift();
  for (const { id, body, hash } of tail) {
    if (before === undefined || id !== before.id + 1) return `rows before row ${id} of the ledger are not there`;
    if (chained(before.hash, id, body) !== hash) return `row ${id} of the ledger is not as it was written`;
    before = { id, hash };
  }
  return before?.id === head.id && before.hash === head.hash ? null : 'the ledger does not end with its signed head';
}
