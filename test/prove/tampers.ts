import { anchorLine } from '../../lib/store/anchors.ts';
import { chained, type LedgerHead } from '../../lib/store/ledger.ts';
import type { Db } from '../../lib/store/open.ts';
import { KEYED } from '../helpers/keyed.ts';

/** Chance, the same for the same seed: a whole number below `n`. */
export type Dice = (n: number) => number;

/** What a tamper works on. */
export interface Ledger {
  readonly db: Db;
  readonly dice: Dice;
  /** Rows 1…last. */
  readonly last: number;
  /** Genuine heads of earlier moments, with their signatures, as a thief of old backups has them. */
  readonly oldHeads: readonly (LedgerHead & { readonly mac: Buffer })[];
  /** Lines of the anchors file; a tamper may change them. */
  anchors: string[];
}

interface Row {
  readonly id: number;
  readonly phone: number;
  readonly body: string;
  readonly hash: Buffer;
}

/** Everything somebody who can write the database, but has not the key, may try; each leaves the ledger changed. */
export const TAMPERS: Readonly<Record<string, (ledger: Ledger) => void>> = {
  'one byte of a body': (ledger) => {
    const row = anyRow(ledger);
    for (let taken = false; !taken; ) {
      const body = otherByte(row.body, ledger.dice);
      // The columns read from it take no more JSON than they need, and no less.
      taken =
        isJson(body) && ledger.db.prepare(`${UPDATE_OR_IGNORE} body = ? WHERE id = ?`).run(body, row.id).changes === 1;
    }
  },
  'a value of a body': (ledger) => {
    const row = anyRow(ledger);
    setBody(ledger, row, edited(row, ledger.dice));
  },
  'a number': (ledger) => {
    const row = anyRow(ledger);
    set(ledger.db, row.id, 'phone', row.phone + 1 + ledger.dice(1_000));
  },
  'the number of another row': (ledger) => {
    const [a, b] = twoRows(ledger, (x, y) => x.phone !== y.phone);
    set(ledger.db, a.id, 'phone', b.phone);
  },
  'a number replaced as if erased': (ledger) => {
    const row = anyRow(ledger, ({ phone }) => phone > 0);
    set(ledger.db, row.id, 'phone', KEYED.pseudonym(row.phone));
  },
  'one byte of a hash': (ledger) => {
    const row = anyRow(ledger);
    set(ledger.db, row.id, 'hash', otherBytes(row.hash, ledger.dice));
  },
  'an id': (ledger) => {
    const row = anyRow(ledger);
    ledger.db.prepare('UPDATE verdicts SET id = ? WHERE id = ?').run(ledger.last + 1 + ledger.dice(9), row.id);
  },
  'a row deleted': ({ db, dice, last }) => void db.prepare('DELETE FROM verdicts WHERE id = ?').run(1 + dice(last)),
  'some rows deleted': ({ db, dice, last }) => {
    const from = 1 + dice(last);
    db.prepare('DELETE FROM verdicts WHERE id BETWEEN ? AND ?').run(from, from + dice(20));
  },
  'all rows deleted': ({ db }) => void db.exec('DELETE FROM verdicts'),
  'all rows, attempts and the head deleted': ({ db }) =>
    void db.exec('DELETE FROM attempts; DELETE FROM verdicts; DELETE FROM ledger_head'),
  'all deleted, an old head put back': (ledger) => {
    ledger.db.exec('DELETE FROM attempts; DELETE FROM verdicts');
    putHead(ledger.db, ledger.oldHeads[0] as (typeof ledger.oldHeads)[0]);
  },
  'a row put in at the end': (ledger) => void append(ledger),
  'a row put in at the end, the head with it': (ledger) => setHead(ledger, append(ledger)),
  'a row put in between': (ledger) => {
    const at = 2 + ledger.dice(ledger.last - 1);
    shift(ledger, at, 1);
    insert(ledger.db, { ...rowAt(ledger.db, at - 1), id: at });
  },
  'a row put in between, the chain made anew': (ledger) => {
    const at = 2 + ledger.dice(ledger.last - 1);
    shift(ledger, at, 1);
    insert(ledger.db, { ...rowAt(ledger.db, at - 1), id: at });
    setHead(ledger, rechain(ledger, at));
  },
  'a row repeated': (ledger) => insert(ledger.db, { ...anyRow(ledger), id: ledger.last + 1 }),
  'two rows swapped': (ledger) => {
    const [a, b] = twoRows(ledger);
    replace(ledger.db, { ...a, id: b.id });
    replace(ledger.db, { ...b, id: a.id });
  },
  'two bodies swapped': (ledger) => {
    const [a, b] = twoRows(ledger);
    set(ledger.db, a.id, 'body', b.body);
    set(ledger.db, b.id, 'body', a.body);
  },
  'a row moved': (ledger) => {
    const row = anyRow(ledger, ({ id }) => id < ledger.last);
    ledger.db.prepare('DELETE FROM verdicts WHERE id = ?').run(row.id);
    shift(ledger, row.id + 1, -1);
    insert(ledger.db, { ...row, id: ledger.last });
  },
  'the end cut off': (ledger) => void cut(ledger, 1 + ledger.dice(ledger.last - 1)),
  'the end cut off, attempts with it': (ledger) => void cut(ledger, 1 + ledger.dice(ledger.last - 1), true),
  'the end cut off, the head set back': (ledger) =>
    setHead(ledger, cut(ledger, 1 + ledger.dice(ledger.last - 1), true)),
  'the end cut off, an old head put back': (ledger) => {
    const head = one(ledger.oldHeads.slice(1, -1), ledger.dice);
    cut(ledger, head.id, true);
    putHead(ledger.db, head);
  },
  'a body edited, the chain made anew': (ledger) => {
    const row = anyRow(ledger);
    setBody(ledger, row, edited(row, ledger.dice));
    rechain(ledger, row.id);
  },
  'a body edited, the chain made anew, the head with it': (ledger) => {
    const row = anyRow(ledger);
    setBody(ledger, row, edited(row, ledger.dice));
    setHead(ledger, rechain(ledger, row.id));
  },
  'the end cut off and written anew': (ledger) => {
    const head = one(ledger.oldHeads.slice(1, -1), ledger.dice);
    cut(ledger, head.id, true);
    setHead(ledger, append({ ...ledger, last: head.id }));
  },
  'the head’s row': ({ db, last, dice }) =>
    void db.prepare('UPDATE ledger_head SET id = ?').run(last + (dice(2) === 0 ? -1 : 1) * (1 + dice(5))),
  'the head’s hash': ({ db, dice }) => void db.prepare('UPDATE ledger_head SET hash = ?').run(bytes(dice)),
  'the head’s signature': ({ db, dice }) => void db.prepare('UPDATE ledger_head SET mac = ?').run(bytes(dice)),
  'the head deleted': ({ db }) => void db.exec('DELETE FROM ledger_head'),
  'the head set back': (ledger) => putHead(ledger.db, one(ledger.oldHeads.slice(0, -1), ledger.dice)),
  'an attempt’s verdict': (ledger) => {
    const allowed = new Set(attempts(ledger.db).map(({ verdict }) => verdict));
    const other = anyRow(ledger, ({ id }) => !allowed.has(id));
    ledger.db.prepare('UPDATE attempts SET verdict = ? WHERE id = ?').run(other.id, anyAttempt(ledger));
  },
  'an attempt’s number': (ledger) => setAttempt(ledger, 'phone = phone + 1'),
  'an attempt’s lead': (ledger) => setAttempt(ledger, 'lead = lead + 1'),
  'an attempt’s campaign': (ledger) => setAttempt(ledger, 'campaign = campaign + 1'),
  'an attempt’s caller number': (ledger) => setAttempt(ledger, 'caller = caller + 1'),
  'an attempt without a verdict': (ledger) => setAttempt(ledger, `verdict = verdict + ${ledger.last}`),
  'an attempt deleted': (ledger) => void ledger.db.prepare('DELETE FROM attempts WHERE id = ?').run(anyAttempt(ledger)),
  'an act of erasure edited': ({ db }) => void db.exec(`UPDATE erasures SET act = json_set(act, '$.by', 'nobody')`),
  'an act of erasure deleted': ({ db, dice }) => {
    const all = db.prepare<[], number>('SELECT pseudonym FROM erasures').pluck().all();
    db.prepare('DELETE FROM erasures WHERE pseudonym = ?').run(one(all, dice));
  },
  'a policy edited': ({ db }) =>
    void db.exec(`UPDATE policies SET body = json_set(body, '$.files[0].text', body ->> '$.files[0].text' || ' ')`),
  'an anchor edited': (ledger) => {
    const at = ledger.dice(ledger.anchors.length);
    const line = ledger.anchors[at] ?? '';
    ledger.anchors[at] = line.slice(0, 30) + otherByte(line.slice(30), ledger.dice);
  },
};

/** Lines of an anchors file for these heads. */
export function anchorLines(heads: readonly LedgerHead[], at: number): string[] {
  return heads.map((head, i) => anchorLine(KEYED, { at: at + i, id: head.id, hash: head.hash }));
}

function rowAt(db: Db, id: number): Row {
  const row = db.prepare<[number], Row>('SELECT id, phone, body, hash FROM verdicts WHERE id = ?').get(id);
  if (row === undefined) throw new Error(`no row ${id}`);
  return row;
}

function anyRow({ db, dice, last }: Ledger, fits: (row: Row) => boolean = () => true): Row {
  for (;;) {
    const row = rowAt(db, 1 + dice(last));
    if (fits(row)) return row;
  }
}

function twoRows(ledger: Ledger, fit: (a: Row, b: Row) => boolean = () => true): [Row, Row] {
  for (;;) {
    const [a, b] = [anyRow(ledger), anyRow(ledger)];
    if (a.id !== b.id && fit(a, b)) return [a, b];
  }
}

function one<T>(list: readonly T[], dice: Dice): T {
  return list[dice(list.length)] as T;
}

function attempts(db: Db): { id: string; verdict: number }[] {
  return db.prepare<[], { id: string; verdict: number }>('SELECT id, verdict FROM attempts').all();
}

function anyAttempt({ db, dice }: Ledger): string {
  return one(attempts(db), dice).id;
}

function setAttempt(ledger: Ledger, what: string): void {
  ledger.db.prepare(`UPDATE attempts SET ${what} WHERE id = ?`).run(anyAttempt(ledger));
}

function set(db: Db, id: number, column: 'phone' | 'body' | 'hash', value: number | string | Buffer): void {
  db.prepare(`UPDATE verdicts SET ${column} = ? WHERE id = ?`).run(value, id);
}

function setBody({ db }: Ledger, { id }: Row, body: string): void {
  set(db, id, 'body', body);
}

function insert(db: Db, { id, phone, body, hash }: Row): void {
  db.prepare('INSERT INTO verdicts (id, phone, body, hash) VALUES (?, ?, ?, ?)').run(id, phone, body, hash);
}

function replace(db: Db, { id, phone, body, hash }: Row): void {
  db.prepare('UPDATE verdicts SET phone = ?, body = ?, hash = ? WHERE id = ?').run(phone, body, hash, id);
}

/** Moves the rows from `id` on by one place. */
function shift({ db, last }: Ledger, id: number, by: 1 | -1): void {
  const move = db.prepare('UPDATE verdicts SET id = ? WHERE id = ?');
  const ids = Array.from({ length: last - id + 1 }, (_, i) => id + i);
  for (const one of by === 1 ? ids.reverse() : ids) move.run(one + by, one);
}

/** A row like another, chained to the last as the gate would. */
function append(ledger: Ledger): LedgerHead {
  const { db, last } = ledger;
  const like = anyRow(ledger);
  const head = { id: last + 1, hash: chained(rowAt(db, last).hash.toString('hex'), last + 1, like.body) };
  insert(db, { ...like, id: head.id, hash: Buffer.from(head.hash, 'hex') });
  return head;
}

/** Hashes made anew from row `id` on: anybody can, without the key. */
function rechain({ db }: Ledger, id: number): LedgerHead {
  let before = rowAt(db, id - 1 || 1).hash.toString('hex');
  if (id === 1) before = '0'.repeat(64);
  let head: LedgerHead = { id: id - 1, hash: before };
  const rows = db
    .prepare<[number], Row>('SELECT id, phone, body, hash FROM verdicts WHERE id >= ? ORDER BY id')
    .all(id);
  for (const row of rows) {
    before = chained(before, row.id, row.body);
    set(db, row.id, 'hash', Buffer.from(before, 'hex'));
    head = { id: row.id, hash: before };
  }
  return head;
}

/** Leaves rows 1…id. */
function cut({ db }: Ledger, id: number, withAttempts = false): LedgerHead {
  db.prepare('DELETE FROM verdicts WHERE id > ?').run(id);
  if (withAttempts) db.prepare('DELETE FROM attempts WHERE verdict > ?').run(id);
  return { id, hash: rowAt(db, id).hash.toString('hex') };
}

/** Sets the head as one without the key can: the signature stays what it was. */
function setHead({ db }: Ledger, { id, hash }: LedgerHead): void {
  db.prepare('UPDATE ledger_head SET id = ?, hash = ?').run(id, Buffer.from(hash, 'hex'));
}

function putHead(db: Db, { id, hash, mac }: LedgerHead & { readonly mac: Buffer }): void {
  db.prepare('UPDATE ledger_head SET id = ?, hash = ?, mac = ?').run(id, Buffer.from(hash, 'hex'), mac);
}

const UPDATE_OR_IGNORE = 'UPDATE OR IGNORE verdicts SET';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const PRINTABLE = '0123456789abcdefghijklmnopqrstuvwxyz ';

function otherByte(text: string, dice: Dice): string {
  const at = dice(text.length);
  const sign = PRINTABLE[dice(PRINTABLE.length)] ?? ' ';
  return sign === text[at] ? otherByte(text, dice) : text.slice(0, at) + sign + text.slice(at + 1);
}

function otherBytes(content: Buffer, dice: Dice): Buffer {
  const copy = Buffer.from(content);
  const at = dice(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 + dice(255));
  return copy;
}

function bytes(dice: Dice): Buffer {
  return Buffer.from(Array.from({ length: 32 }, () => dice(256)));
}

/** A body that says something else of the call: what a guilty operator would want. */
function edited({ body }: Row, dice: Dice): string {
  const value = JSON.parse(body) as Record<string, unknown>;
  const lies: readonly (() => void)[] = [
    () => (value['verdict'] = value['verdict'] === 'ALLOW' ? 'DENY' : 'ALLOW'),
    () => (value['codes'] = [...(value['codes'] as string[]), 'OPT_OUT_GLOBAL']),
    () => (value['at'] = Number(value['at']) + 1 + dice(86_400_000)),
    () => (value['consents'] = [1_000_000 + dice(1_000)]),
    () => (value['registration'] = 1_000_000 + dice(1_000)),
    () => (value['label'] = `${String(value['label'])}!`),
    () => (value['lead'] = Number(value['lead']) + 1),
    () => (value['subject'] = KEYED.subject(dice(1_000_000))),
    () => (value['policy'] = { ...(value['policy'] as object), version: 'other' }),
    () => (value['notBefore'] = 1),
  ];
  one(lies, dice)();
  return JSON.stringify(value);
}
