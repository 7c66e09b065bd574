import { DISPOSITIONS, type Disposition } from './outcome.ts';

/**
 * What an attempt may be charged to.
 *
 * - `lead`: the attempts a lead, and each of its numbers, may have in one pass.
 * - `frequency`: how often a number is called, over all campaigns, as the gate counts.
 * - `answered`: besides, an answer of the person: talks in 24 hours, 7 and 31 days.
 * - `abandonment`: answered without ever being connected, it counts as abandoned; so does any talk connected too late.
 * - `trunk`: the health of our trunk, by which dialing slows down.
 */
export const CHARGES = ['lead', 'frequency', 'answered', 'abandonment', 'trunk'] as const;
export type Charge = (typeof CHARGES)[number];

const reached = ['lead', 'frequency'] as const;

/** What each outcome is charged to. A call that may have been a talk counts as one; a call nobody made counts for nothing. */
export const CHARGED: Readonly<Record<Disposition, readonly Charge[]>> = {
  talked: ['lead', 'frequency', 'answered'],
  abandoned: ['lead', 'frequency', 'answered', 'abandonment'],
  'opted-out': ['lead', 'frequency', 'answered', 'abandonment'],
  machine: ['lead', 'frequency', 'answered'],
  busy: reached,
  'no-answer': reached,
  unallocated: reached,
  declined: reached,
  unwanted: reached,
  blocked: reached,
  unreachable: reached,
  'invalid-number': reached,
  congestion: ['frequency', 'trunk'],
  'trunk-failure': ['trunk'],
  cancelled: ['frequency'],
  'not-placed': [],
  unknown: ['lead', 'frequency', 'answered', 'abandonment'],
};

/** Whether an outcome is charged to this. */
export function isCharged(disposition: Disposition, to: Charge): boolean {
  return CHARGED[disposition].includes(to);
}

/** The outcomes charged to this, or those that are not, as a list in a query: `'busy', 'no-answer'`. */
export function listed(to: Charge, charged: boolean): string {
  return DISPOSITIONS.filter((disposition) => isCharged(disposition, to) === charged)
    .map((disposition) => `'${disposition}'`)
    .join(', ');
}
