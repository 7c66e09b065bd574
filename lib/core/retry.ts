import { isCharged } from './charges.ts';
import type { HoursRule } from './calling-hours.ts';
import type { LeadEvent } from './lead.ts';
import { DISPOSITIONS, type Disposition } from './outcome.ts';
import { otherHours, partAt } from './week-parts.ts';

/** What follows a disposition: when, on which number, how often, and whether an agent is reserved first. */
export interface RetryRule {
  /** The least time until the next attempt, minutes. */
  readonly afterMin: number;
  /** The next attempt waits for a part of the week the lead was not called in yet. Absent: false. */
  readonly otherHours?: boolean;
  /** `next`: the lead's next number, when it has another. Absent: `same`. */
  readonly number?: 'same' | 'next';
  /** How often the rule applies to a lead in one pass. Absent: as long as the caps allow. */
  readonly times?: number;
  /** `reserved`: only with an agent reserved before the call is placed. Absent: `any`. */
  readonly agent?: 'any' | 'reserved';
}

/** The rule of each disposition; `never`: not on this number. Dispositions not named here end the lead. */
export type RetryRules = Readonly<Partial<Record<Disposition, RetryRule | 'never'>>>;

/** What the rules may not exceed in one pass over the base. */
export interface RetryLimits {
  readonly rules: RetryRules;
  /** Attempts charged to a lead. */
  readonly perLead: number;
  /** Attempts charged to one of its numbers; null: as many as the lead may have. */
  readonly perNumber: number | null;
}

/** One number of a lead, as far as the rules look at it. */
export interface NumberPast {
  /** Its place among the lead's numbers, from 1. */
  readonly place: number;
  /** Charged to it in this pass. */
  readonly attempts: number;
  /** Why the lead is not called on it; null: it may be. */
  readonly closed: string | null;
}

/** How often each rule applied to a lead in this pass. */
export type Fired = Readonly<Partial<Record<Disposition, number>>>;

/** A lead as it stood while the attempt was made. */
export interface LeadPast {
  readonly id: number;
  /** Of the number called. */
  readonly place: number;
  /** Charged before this attempt. */
  readonly attempts: number;
  /** Parts of the week it was called in, bits of `partAt`. */
  readonly tried: number;
  readonly fired: Fired;
  /** By place. */
  readonly numbers: readonly NumberPast[];
}

/** How and when the attempt ended. */
export interface EndedAttempt {
  readonly disposition: Disposition;
  readonly placedAt: number;
  readonly now: number;
}

/** What follows for the lead. */
export interface NextStep {
  readonly event: Extract<LeadEvent, 'resolved' | 'retry' | 'exhausted' | 'voided' | 'promised' | 'opted-out'>;
  /** When it is due again; of `promised`, when its callback is. */
  readonly nextAt: number | null;
  /** The number to be called next. */
  readonly place: number;
  /** The attempt counts for the lead and the number called. */
  readonly charged: boolean;
  readonly tried: number;
  readonly fired: Fired;
  /** Why the number called is not called any more; null: it may be. */
  readonly closes: Disposition | null;
}

/** Attempts that never reached the callee's side do not count against the lead. */
export const UNCHARGED: ReadonlySet<Disposition> = new Set(DISPOSITIONS.filter((one) => !isCharged(one, 'lead')));

/** Whatever a campaign's rules say: a talk was the aim, and who may have been talked to is not called twice. */
const ENDS_LEAD: ReadonlySet<Disposition> = new Set(['talked', 'unknown']);

/**
 * Decides what follows an attempt. `hoursOf` tells the calling hours on the lead's number at a place; null: nobody knows
 * them, and a rule's `otherHours` is passed over.
 */
export function afterAttempt(
  { disposition, placedAt, now }: EndedAttempt,
  lead: LeadPast,
  { rules, perLead, perNumber }: RetryLimits,
  hoursOf: (place: number) => HoursRule | null,
): NextStep {
  const charged = isCharged(disposition, 'lead');
  const hours = charged ? hoursOf(lead.place) : null;
  const last = hours === null ? 0 : partAt(hours, placedAt);
  const { place, fired } = lead;
  const stays = { nextAt: null, place, charged, tried: lead.tried | last, fired, closes: null };
  if (disposition === 'opted-out') return { ...stays, event: 'opted-out' };
  if (disposition === 'not-placed') {
    const back = backOn(lead, { perLead, perNumber });
    return back === null ? { ...stays, event: 'exhausted' } : { ...stays, event: 'voided', place: back };
  }
  const rule = rules[disposition];
  if (rule === undefined || ENDS_LEAD.has(disposition)) return { ...stays, event: 'resolved' };

  const times = fired[disposition] ?? 0;
  const inVain = rule === 'never' || times >= (rule.times ?? Infinity);
  const closes = inVain ? disposition : null;
  const open = openPlaces(
    lead.numbers.map((number) =>
      number.place === place ? { ...number, attempts: number.attempts + (charged ? 1 : 0), closed: closes } : number,
    ),
    perNumber,
  );
  // Promises are kept past the cap: a call that is not charged may find it reached.
  const spent = lead.attempts + (charged ? 1 : 0) >= perLead;
  const [next] = rule !== 'never' && rule.number !== 'next' && open.includes(place) ? [place] : inTurn(open, place);
  if (next === undefined) return { ...stays, closes, event: rule === 'never' ? 'resolved' : 'exhausted' };
  if (spent) return { ...stays, closes, event: 'exhausted' };
  if (inVain) return { ...stays, closes, place: next, event: 'retry', nextAt: now };

  const from = now + rule.afterMin * MINUTE_MS;
  const step = {
    ...stays,
    place: next,
    fired: { ...fired, [disposition]: times + 1 },
    event: rule.agent === 'reserved' ? 'promised' : 'retry',
    nextAt: from,
  } as const;
  const nextHours = rule.otherHours === true ? hoursOf(next) : null;
  if (nextHours === null) return step;
  const { at, tried } = otherHours(nextHours, step.tried, last, from, shareOf(lead.id));
  return { ...step, nextAt: at, tried };
}

const MINUTE_MS = 60_000;

/** Places of the numbers the lead may still be called on in this pass. */
export function openPlaces(numbers: readonly NumberPast[], perNumber: number | null): readonly number[] {
  return numbers
    .filter(({ attempts, closed }) => closed === null && attempts < (perNumber ?? Infinity))
    .map(({ place }) => place);
}

/**
 * The place of the number a lead is called on that goes back to the queue: its own while that is open, else the next in
 * turn; null: nothing is left of it in this pass.
 */
export function backOn(
  { attempts, place, numbers }: Pick<LeadPast, 'attempts' | 'place' | 'numbers'>,
  { perLead, perNumber }: Pick<RetryLimits, 'perLead' | 'perNumber'>,
): number | null {
  if (attempts >= perLead) return null;
  const open = openPlaces(numbers, perNumber);
  return (open.includes(place) ? place : inTurn(open, place)[0]) ?? null;
}

/** The places that follow this one, those before it after the last, itself at the end. */
export function inTurn(places: readonly number[], place: number): readonly number[] {
  return [...places.filter((one) => one > place), ...places.filter((one) => one <= place)];
}

/** A share of 0 to 1 that is a lead's own: consecutive ids lie far apart. */
function shareOf(lead: number): number {
  return (Math.imul(lead, 0x9e3779b1) >>> 0) / 2 ** 32;
}
