import type { Purpose } from './campaign.ts';
import type { OptOutFact } from './facts.ts';

/** What the digits a callee pressed so far mean; the opt-out counts wherever among them it was pressed. */
export function optOutIn(digits: string, optOutDigit: string): 'none' | 'opted-out' {
  return optOutDigit !== '' && digits.includes(optOutDigit) ? 'opted-out' : 'none';
}

/** Whether an opt-out bars calls for this entity and purpose; what is not said counts as "any": never read narrowly. */
export function optOutReaches(
  said: Pick<OptOutFact, 'scope' | 'entity' | 'purpose'>,
  campaign: { readonly entity: string | null; readonly purpose: Purpose | null },
): boolean {
  const entity = said.entity === null || said.entity === campaign.entity;
  const purpose = said.purpose === null || campaign.purpose === null || said.purpose === campaign.purpose;
  switch (said.scope) {
    case 'global':
      return true;
    case 'entity':
      return entity;
    case 'purpose':
      return entity && purpose;
  }
}
