import { backOn } from '../core/retry.ts';
import type { GateCampaign } from './facts.ts';
import type { LeadNumber, LeadRow } from './leads.ts';

/** What a campaign allows in one pass over its base. */
export type Caps = Pick<GateCampaign, 'maxAttemptsPerLead' | 'maxAttemptsPerNumber'>;

/**
 * The lead on the number it is called on when it is asked about now; null: its caps leave none, and it is spent. Looked
 * at whenever it is asked about, as whatever released it looked at what stopped it and not at how often it was called.
 */
export function withinCaps<L extends Pick<LeadRow, 'id' | 'state' | 'attempts' | 'place' | 'phone'>>(
  lead: L,
  { maxAttemptsPerLead, maxAttemptsPerNumber }: Caps,
  numbersOf: (lead: number) => readonly LeadNumber[],
): L | null {
  // Most of a base was not called yet: no cap is reached then. A promise is kept past them.
  if (lead.attempts === 0 || lead.state === 'promised') return lead;
  const numbers = numbersOf(lead.id);
  const place = backOn({ ...lead, numbers }, { perLead: maxAttemptsPerLead, perNumber: maxAttemptsPerNumber });
  if (place === lead.place) return lead;
  const number = numbers.find((one) => one.place === place);
  return number === undefined ? null : { ...lead, place: number.place, phone: number.phone };
}
