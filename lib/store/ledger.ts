import { hash } from 'node:crypto';
import type { KeyedHash } from './keyed-hash.ts';
import type { Db } from './open.ts';

/** The last row of the chain. */
export interface LedgerHead {
  readonly id: number;
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
}

/** What the chain begins with. */
export const GENESIS: LedgerHead = { id: 0, hash: Buffer.alloc(32) };

/** The hash of a row: of the hash before it, its id and its body. */
export function chained(before: Buffer, id: number, body: string): Buffer {
  return hash('sha256', `${before.toString('hex')}\n${id}\n${body}`, 'buffer');
}

/** What the head's signature covers. */
export function headText(head: LedgerHead): string {
  return `ledger head\n${head.id}\n${head.hash.toString('hex')}`;
}

/** Appends to the ledger inside the gate's transaction: one row, its hash, the signed head. */
export function createLedger(db: Db, keyed: KeyedHash) {
  const readHead = db.prepare<[], { id: number; hash: Buffer }>('SELECT id, hash FROM ledger_head WHERE one = 1');
  const insert = db.prepare('INSERT INTO verdicts (id, phone, body, hash) VALUES (?, ?, ?, ?)');
  const setHead = db.prepare(
    `INSERT INTO ledger_head (one, id, hash, mac) VALUES (1, ?, ?, ?)
     ON CONFLICT (one) DO UPDATE SET id = excluded.id, hash = excluded.hash, mac = excluded.mac`,
  );
  return {
    head: (): LedgerHead => readHead.get() ?? GENESIS,
    /** Call inside a transaction. Answers the new row's id. */
    append(phone: number, body: Readonly<Record<string, unknown>>): number {
      const before = readHead.get() ?? GENESIS;
      const id = before.id + 1;
      const text = JSON.stringify({ ...body, subject: keyed.subject(phone) });
      const next: LedgerHead = { id, hash: chained(before.hash, id, text) };
      insert.run(id, phone, text, next.hash);
      setHead.run(id, next.hash, keyed.mac(headText(next)));
      return id;
    },
  };
}
