import type { LeadEvent } from './lead.ts';
import type { Disposition } from './outcome.ts';

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

/** What follows for the lead: its event, when it is due again, and whether the attempt is charged to it. */
export interface NextStep {
  readonly event: Extract<LeadEvent, 'resolved' | 'retry' | 'exhausted' | 'voided' | 'opted-out'>;
  readonly nextAt: number | null;
  readonly charged: boolean;
}

/** Attempts that never reached the callee's side do not count against the lead. */
export const UNCHARGED: ReadonlySet<Disposition> = new Set(['trunk-failure', 'congestion', 'cancelled', 'not-placed']);

/**
 * Decides what follows an attempt. `charged` is the number of attempts charged before this one. `unknown` ends the
 * lead: the person may have been talked to, and nobody is called twice because of a crash.
 */
export function afterAttempt(
  disposition: Disposition,
  rules: RetryRules,
  chargedBefore: number,
  maxAttempts: number,
  now: number,
): NextStep {
  const charged = !UNCHARGED.has(disposition);
  if (disposition === 'opted-out') return { event: 'opted-out', nextAt: null, charged };
  if (disposition === 'not-placed') return { event: 'voided', nextAt: null, charged };
  const rule = rules[disposition];
  if (rule === undefined || rule === 'never' || disposition === 'talked' || disposition === 'unknown') {
    return { event: 'resolved', nextAt: null, charged };
  }
  if (charged && chargedBefore + 1 >= maxAttempts) return { event: 'exhausted', nextAt: null, charged };
  return { event: 'retry', nextAt: now + rule.afterMin * 60_000, charged };
}
