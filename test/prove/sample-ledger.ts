import { seededRandom } from '../../lib/sim/random.ts';
import { parseAnchors } from '../../lib/store/anchors.ts';
import type { LedgerHead } from '../../lib/store/ledger.ts';
import { verifyLedger, type LedgerProof } from '../../lib/store/ledger-verify.ts';
import { KEYED } from '../helpers/keyed.ts';
import { fillLedger } from '../helpers/ledger.ts';
import { NOON } from '../helpers/rig.ts';
import { createRooms } from '../helpers/rooms.ts';
import { anchorLines, type Dice, type Ledger } from './tampers.ts';

const ERASED = 3;

/** A ledger to tamper with, and the verification of `obzvon ledger verify` over it. */
export interface SampleLedger extends Ledger {
  readonly verify: () => LedgerProof;
}

/** A ledger with anchors, some erased persons, and what a thief of backups may know. */
export function sampleLedger(rows: number, dice: Dice, first = 0): SampleLedger {
  const rooms = createRooms();
  const { db } = rooms;
  const oldHeads: (LedgerHead & { mac: Buffer })[] = [];
  const note = (): void => {
    const { mac } = db.prepare<[], { mac: Buffer }>('SELECT mac FROM ledger_head').get() ?? { mac: Buffer.alloc(0) };
    oldHeads.push({ ...rooms.ledger.head(), mac });
  };
  note();
  for (const part of [rows / 4, rows / 2, rows]) {
    fillLedger(rooms, part, first + part);
    note();
  }
  const phones = db.prepare<[], number>('SELECT DISTINCT phone FROM verdicts ORDER BY phone').pluck().all();
  for (let i = 0; i < ERASED; i += 1) {
    db.prepare(`UPDATE leads SET state = 'opted-out', next_at = NULL WHERE phone = ?`).run(phones[i * 7]);
    rooms.erasures.erase(phones[i * 7] ?? 0, { at: NOON, by: 'check', reason: 'demand', callsHungUp: 0, files: [] });
  }
  // A tamperer is not held by what the program asks of SQLite.
  db.pragma('foreign_keys = OFF');
  db.pragma('ignore_check_constraints = ON');
  const ledger = { db, dice, last: rooms.ledger.head().id, oldHeads, anchors: anchorLines(oldHeads, NOON) };
  return {
    ...ledger,
    verify() {
      return verifyLedger(db, KEYED, parseAnchors(this.anchors.join('\n'), KEYED));
    },
  };
}

/** The same throws for the same seed. */
export function diceOf(seed: number): Dice {
  const random = seededRandom(seed);
  return (n) => Math.floor(random() * n);
}
