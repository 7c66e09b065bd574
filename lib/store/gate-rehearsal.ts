import { decide, explain, explainUnavailable, type Explanation } from '../core/gate.ts';
import type { GateFacts } from '../core/facts.ts';
import type { LeadState } from '../core/lead.ts';
import { phoneToInteger, type ParsedPhone } from '../core/phone.ts';
import type { Policy } from '../core/policy.ts';
import type { Verdict } from '../core/verdict.ts';
import { messageOf } from '../errors.ts';
import type { createAbandonment } from './abandonment.ts';
import { withinCaps } from './caps.ts';
import type { createFactReader, GateCampaign, GateLead, GateMoment } from './facts.ts';
import type { LeadQueue } from './lead-queue.ts';
import type { createLeads } from './leads.ts';
import { isUnavailable } from './open.ts';

/** The integer of nobody's number: no country has one of seven digits that begins so. */
const NOBODY = 1_000_000;

const NOT_COUNTED: GateMoment['abandonment'] = { answered: 0, abandoned: 0 };
const NOTHING_AGAINST_CLOCK: GateFacts['clock'] = { lastRecordedAt: null, jumpedAt: null };

/** The gate asked without dialing: the same facts and checks, and nothing is written. */
export function createRehearsal(rooms: {
  factsFor: ReturnType<typeof createFactReader>;
  leads: ReturnType<typeof createLeads>;
  abandonmentOf: ReturnType<typeof createAbandonment>;
}) {
  const { factsFor, leads, abandonmentOf } = rooms;

  return {
    /** What the gate would say of one call, and the facts it rests on; nothing is written. */
    rehearse(
      campaign: GateCampaign,
      lead: GateLead,
      policy: Policy,
      now: number,
    ): { facts: GateFacts; verdict: Verdict } {
      const facts = factsFor(campaign, lead, dryMoment(policy, campaign, now, abandonmentOf(campaign.id, policy, now)));
      return { facts, verdict: decide(facts, policy, now) };
    },

    /**
     * What the gate would say of one call, check by check, and the lead's state; nothing is written. `watch` says what is
     * known against the clock; null when another time than now is asked about.
     */
    explain(
      campaign: GateCampaign,
      number: ParsedPhone,
      policy: Policy,
      now: number,
      watch: Pick<GateMoment, 'clockJumpedAt'> | null,
    ): Explanation & { readonly lead: LeadState | null } {
      try {
        const lead = number.ok ? leads.find(campaign.id, number.phone) : undefined;
        const phone = number.ok ? phoneToInteger(number.phone) : NOBODY;
        const stranger = { id: null, phone, zone: null, region: null, person: null };
        const moment = {
          ...dryMoment(policy, campaign, now, abandonmentOf(campaign.id, policy, now)),
          clockJumpedAt: watch?.clockJumpedAt ?? null,
        };
        const facts = factsFor(campaign, lead === undefined ? stranger : { ...lead, phone }, moment);
        const asked = {
          ...facts,
          ...(watch === null ? { clock: NOTHING_AGAINST_CLOCK } : {}),
          ...(number.ok ? {} : { range: null, lead: { ...facts.lead, number } }),
        };
        return { ...explain(asked, policy, now), lead: lead?.state ?? null };
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        return { ...explainUnavailable(policy, now, messageOf(error)), lead: null };
      }
    },

    /** What the gate would say of the leads ready now, counted by code, and those of which it is not asked any more; nothing is written. */
    census(
      campaign: GateCampaign,
      queue: LeadQueue,
      policy: Policy,
      now: number,
      limit: number,
    ): { looked: number; allowed: number; spent: number; byCode: Record<string, number> } {
      const byCode: Record<string, number> = {};
      let allowed = 0;
      let spent = 0;
      const moment = dryMoment(policy, campaign, now, abandonmentOf(campaign.id, policy, now));
      const ready = leads.ready(campaign.id, now, limit, queue);
      for (const lead of ready) {
        const open = withinCaps(lead, campaign, leads.numbersOf);
        if (open === null) {
          spent += 1;
          continue;
        }
        const verdict = decide(factsFor(campaign, open, moment), policy, now);
        if (verdict.primary === null) allowed += 1;
        else byCode[verdict.primary] = (byCode[verdict.primary] ?? 0) + 1;
      }
      return { looked: ready.length, allowed, spent, byCode };
    },
  };
}

/** A question asked outside dialing: as if an agent were free for the call, so that nobody asks how many were abandoned. */
export function dryMoment(policy: Policy, campaign: GateCampaign, now: number, abandonment = NOT_COUNTED): GateMoment {
  return { now, clockJumpedAt: null, covered: true, abandonment, byDebtor: byDebtor(policy, campaign) };
}

/** Whether the policy counts calls of this purpose by debtor, over all his numbers. */
export function byDebtor(policy: Policy, { purpose }: Pick<GateCampaign, 'purpose'>): boolean {
  return purpose !== null && policy.freq[purpose].key === 'creditor-debtor';
}
