import { codesMendedBy, type Register } from '../core/mended-by.ts';
import type { Phone } from '../core/phone.ts';
import type { Floor } from './floor.ts';

/** Leads put back in one transaction: some milliseconds of work. */
const SLICE = 1_000;
const BETWEEN_SLICES_MS = 5;

/** A row of a register about one phone may mend what stopped its leads: they go before the gate again. */
export function mendedFor(floor: Floor, register: Register, phone: Phone): void {
  const released = floor.act(() => floor.store.leads.releaseFor(phone, codesMendedBy(register), floor.clock.now()));
  if (released > 0) floor.then(() => floor.wake());
}

/**
 * A change that concerns every call (a caller number, a list): after the commit all leads it may mend go before the gate
 * again, in slices, so that dialing is never held up. What a stop of the daemon cuts short the next change or start mends.
 */
export function mendedForAll(floor: Floor, register: Register): void {
  const codes = codesMendedBy(register);
  const next = (): void => {
    if (floor.holds.has('draining')) return;
    const released = floor.act(() => floor.store.leads.releaseSome(codes, SLICE, floor.clock.now()));
    if (released === 0) return;
    floor.wake();
    if (released >= SLICE) floor.clock.after(BETWEEN_SLICES_MS, next);
  };
  floor.then(next);
}
