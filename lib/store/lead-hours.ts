import type { HoursRule } from '../core/calling-hours.ts';
import { callingHours } from '../core/gate/question.ts';
import { phoneFromInteger } from '../core/phone.ts';
import type { Policy } from '../core/policy.ts';
import type { GateCampaign } from './facts.ts';
import type { LeadRow } from './leads.ts';
import type { Db } from './open.ts';
import { createRangeReader } from './ranges.ts';

/** Reads where a lead may be on one of its numbers, and when it may be called there: as the gate will. */
export function createLeadHours(db: Db) {
  const ranges = createRangeReader(db);
  return function hoursFor(
    campaign: Pick<GateCampaign, 'purpose' | 'hours'>,
    lead: Pick<LeadRow, 'zone' | 'region'>,
    phone: number,
    policy: Policy,
  ): HoursRule | null {
    const { zone, region } = lead;
    const number = { ok: true, phone: phoneFromInteger(phone) } as const;
    const person = { lead: { number, zone, region }, range: ranges.factOf(phone) };
    return callingHours(person, campaign.hours, policy, campaign.purpose).hoursRule;
  };
}
