import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyLedger } from '../../lib/store/ledger-verify.ts';
import { openForReading, openStore } from '../../lib/store/open.ts';
import { KEYED } from '../helpers/keyed.ts';
import { fillLedger } from '../helpers/ledger.ts';
import { createRooms } from '../helpers/rooms.ts';
import { diceOf, sampleLedger } from './sample-ledger.ts';
import { TAMPERS } from './tampers.ts';

/*
 * Ledgers of real verdicts, each written by the gate's own transaction, tampered with in every way of tampers.ts, each
 * tamper undone before the next; the verification is the one of `obzvon ledger verify`, whole each time. Then its speed.
 */

const TAMPERED = 10_000;
const LEDGERS = 80;
const ROWS = 256;
const SPEED_ROWS = 300_000;
const ENOUGH_ROWS_A_SECOND = 150_000;
const SEED = Number(process.argv[2] ?? 1);

/** By kind: how many were tried, and how many of them found. */
function tamper(): {
  readonly tried: Map<string, number>;
  readonly missed: Map<string, number>;
  readonly rows: number;
} {
  const tried = new Map<string, number>();
  const missed = new Map<string, number>();
  const kinds = Object.entries(TAMPERS);
  let done = 0;
  let rows = 0;
  for (let n = 0; n < LEDGERS; n += 1) {
    const ledger = sampleLedger(ROWS, diceOf(SEED * 1_000 + n), n * 4 * ROWS);
    if (!ledger.verify().ok) throw new Error(`ledger ${n} is not whole before any tamper`);
    rows += ledger.last;
    for (; done < (TAMPERED / LEDGERS) * (n + 1); done += 1) {
      const [kind, act] = kinds[done % kinds.length] as (typeof kinds)[0];
      const anchors = [...ledger.anchors];
      ledger.db.exec('SAVEPOINT tamper');
      act(ledger);
      tried.set(kind, (tried.get(kind) ?? 0) + 1);
      if (ledger.verify().ok) missed.set(kind, (missed.get(kind) ?? 0) + 1);
      ledger.db.exec('ROLLBACK TO tamper; RELEASE tamper');
      ledger.anchors = anchors;
    }
    if (!ledger.verify().ok) throw new Error(`ledger ${n} is not whole after its tampers were undone`);
    ledger.db.close();
  }
  return { tried, missed, rows };
}

/** Rows a second of a verification from a file, as the command reads it; the better of two runs. */
function speed(): { readonly rows: number; readonly rate: number } {
  const folder = mkdtempSync(join(tmpdir(), 'obzvon-ledger-'));
  try {
    const path = join(folder, 'obzvon.db');
    const written = openStore(path, KEYED);
    // The ledger is thrown away: what a power cut would do to it is of no interest here.
    written.pragma('synchronous = OFF');
    fillLedger(createRooms(written), SPEED_ROWS);
    written.close();
    const db = openForReading(path, KEYED);
    let best = { rows: 0, rate: 0 };
    for (let i = 0; i < 2; i += 1) {
      const began = performance.now();
      const { ok, rows } = verifyLedger(db, KEYED, []);
      if (!ok) throw new Error('the ledger for the speed is not whole');
      const rate = Math.round((rows * 1_000) / (performance.now() - began));
      if (rate > best.rate) best = { rows, rate };
    }
    db.close();
    return best;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const number = (n: number): string => n.toLocaleString('en-US');
const { tried, missed, rows } = tamper();
const found = TAMPERED - [...missed.values()].reduce((sum, n) => sum + n, 0);
for (const [kind, n] of tried) {
  console.log(`${String(n - (missed.get(kind) ?? 0)).padStart(5)} of ${String(n).padStart(4)}  ${kind}`);
}
console.log(`${number(LEDGERS)} ledgers, ${number(rows)} verdicts of the gate, seed ${SEED}`);
console.log(`${number(TAMPERED)} tampers, ${number(found)} found`);
const { rows: read, rate } = speed();
console.log(`verify: ${number(rate)} rows/s over ${number(read)} rows`);
if (rate < ENOUGH_ROWS_A_SECOND)
  console.log(`slower than ${number(ENOUGH_ROWS_A_SECOND)} rows/s: is the machine busy?`);
process.exitCode = found === TAMPERED && rate >= ENOUGH_ROWS_A_SECOND ? 0 : 1;
