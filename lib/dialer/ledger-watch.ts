import { clearHold, setHold, type Floor } from './floor.ts';

/** Rows of the chain looked at before the first call of a start: some 20 ms. */
const TAIL_ROWS = 5_000;

/** At the start: a head nobody signed, or a chain broken near its end, places no calls. */
export function checkLedgerTail(floor: Floor): void {
  heedLedger(floor, floor.store.ledger.tailFault(TAIL_ROWS));
}

/** What a verification found: a broken chain rests dialing until one finds it whole. */
export function heedLedger(floor: Floor, fault: string | null): void {
  if (fault === null) clearHold(floor, 'ledger-broken');
  else setHold(floor, 'ledger-broken', `${fault}: see obzvon ledger verify, and restore a backup that verifies`);
}
