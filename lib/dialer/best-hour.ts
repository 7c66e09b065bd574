import { answeredBy, answerShares, preference, weekHour, type AnswerShares } from '../core/best-hour.ts';
import { zonesOfLead } from '../core/gate/question.ts';
import type { Disposition } from '../core/outcome.ts';
import { phoneFromInteger, phoneToInteger } from '../core/phone.ts';
import type { Candidate } from '../store/lead-sample.ts';
import type { AttemptRun, CampaignRun, Floor } from './floor.ts';

/** How old the shares may be that leads are ordered by. */
const SHARES_AGE_MS = 60_000;
/** Leads whose zones are remembered: a sample comes by again and again. */
const REMEMBERED = 4_096;

/** Counts an attempt for the hour of the week in which it was placed where the person is; within the outcome's transaction. */
export function countHour(floor: Floor, run: AttemptRun, disposition: Disposition): void {
  const answered = answeredBy(disposition);
  const lead = answered === null ? undefined : floor.store.leads.byId(run.lead);
  // An erased person has no number any more.
  if (answered === null || lead === undefined || lead.phone < 0) return;
  const hour = weekHour(zonesOf(floor, run.campaign, { ...lead, phone: phoneToInteger(run.phone) }), run.plannedAt);
  if (hour !== null) floor.store.answerHours.add(run.campaign.id, hour, answered);
}

function zonesOf(
  { store }: Floor,
  { policy }: Pick<CampaignRun, 'policy'>,
  lead: Pick<Candidate, 'phone' | 'zone' | 'region'>,
): readonly string[] {
  // The register is asked only where the base says nothing.
  const range = lead.zone === null ? store.ranges.factOf(lead.phone) : null;
  const number = { ok: true, phone: phoneFromInteger(lead.phone) } as const;
  return zonesOfLead({ lead: { number, zone: lead.zone, region: lead.region }, range }, policy);
}

/** How much a lead is preferred now, by the answers of the campaign's own calls so far. */
export function createPreference(floor: Floor, campaign: CampaignRun): (lead: Candidate, now: number) => number {
  const zones = new Map<string, readonly string[]>();
  let shares: AnswerShares = answerShares([]);
  let sharesAt = -Infinity;
  return (lead, now) => {
    if (Math.abs(now - sharesAt) >= SHARES_AGE_MS) {
      sharesAt = now;
      shares = answerShares(floor.store.answerHours.of(campaign.id));
      // The register of ranges, or the policy, may be another by now.
      zones.clear();
    }
    const key = `${lead.id} ${lead.phone}`;
    let known = zones.get(key);
    if (zones.size >= REMEMBERED) zones.clear();
    if (known === undefined) zones.set(key, (known = zonesOf(floor, campaign, lead)));
    return preference(shares, known, now);
  };
}
