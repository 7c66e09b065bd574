import type { LeadEvent } from './lead.ts';
import type { Disposition } from './outcome.ts';

/** Minutes until the next attempt after each disposition, or `never`. Dispositions not named here end the lead. */
export type RetryRules = Readonly<Partial<Record<Disposition, { readonly afterMin: number } | 'never'>>>;

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
