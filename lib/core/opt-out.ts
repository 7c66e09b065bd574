import type { Purpose } from './campaign.ts';
import type { OptOutFact } from './facts.ts';
import type { CodeOf } from './verdict.ts';

/** What the digits a callee pressed so far mean; the opt-out counts wherever among them it was pressed. */
export function optOutIn(digits: string, optOutDigit: string): 'none' | 'opted-out' {
  return optOutDigit !== '' && digits.includes(optOutDigit) ? 'opted-out' : 'none';
}

/** The gate's code for each scope. */
export const OPT_OUT_CODE = {
  global: 'OPT_OUT_GLOBAL',
  entity: 'OPT_OUT_ENTITY',
  purpose: 'OPT_OUT_PURPOSE',
} as const satisfies Record<OptOutFact['scope'], CodeOf<'opt_out'>>;

/** Whether calls of this entity for this purpose are meant. What is not said counts as "any": never read narrowly. */
export function optOutReaches(
  optOut: Pick<OptOutFact, 'scope' | 'entity' | 'purpose'>,
  campaign: { readonly entity: string; readonly purpose: Purpose | null },
): boolean {
  const entity = optOut.entity === null || optOut.entity === campaign.entity;
  const purpose = optOut.purpose === null || campaign.purpose === null || optOut.purpose === campaign.purpose;
  switch (optOut.scope) {
    case 'global':
      return true;
    case 'entity':
      return entity;
    case 'purpose':
      return entity && purpose;
  }
}
