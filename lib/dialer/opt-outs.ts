import { isLive } from '../core/attempt.ts';
import type { LeadState } from '../core/lead.ts';
import { OPT_OUT_CODE, optOutReaches } from '../core/opt-out.ts';
import type { Phone } from '../core/phone.ts';
import type { OptOutAct } from '../store/opt-outs.ts';
import { cancel, moveAttempt } from './attempt-run.ts';
import type { AttemptRun, CampaignRun, Floor } from './floor.ts';
import { moveLead, standingOptOut } from './lead-moves.ts';

/** Leads that were over before the opt-out stay closed when it is lifted. */
const OVER: ReadonlySet<string> = new Set<LeadState>(['done', 'spent']);

/**
 * Records "do not call me" durably, and only then acts on it: leads of the campaigns it reaches close, ringing calls and
 * those not yet bridged end, a talk goes on. The call in which the callee pressed the digit, `confirmTo`, hears the
 * confirmation. Answers false when it was recorded before; leads and calls are seen to all the same. If the commit fails
 * nothing is confirmed and the daemon stops.
 */
export function optOut(floor: Floor, phone: Phone, act: OptOutAct, confirmTo?: AttemptRun): boolean {
  return floor.act(() => {
    const now = floor.clock.now();
    const recorded = floor.store.optOuts.insert(phone, now, act);
    if (recorded) note(floor, phone, act, 'recorded', now);
    heed(floor, phone, act, confirmTo);
    return recorded;
  });
}

/** Closes leads and ends calls as this opt-out of the number asks, recorded in the same transaction. */
function heed(floor: Floor, phone: Phone, act: OptOutAct, confirmTo?: AttemptRun): void {
  const campaigns = new Map([...floor.campaigns.values()].map((campaign) => [campaign.id, campaign]));
  const leads = floor.store.leads.byPhone(phone);
  for (const lead of leads) {
    const campaign = campaigns.get(lead.campaign);
    if (act.scope !== 'global' && (campaign === undefined || !reaches(act, campaign))) continue;
    if (lead.state !== 'opted-out' && lead.state !== 'dialing') {
      moveLead(floor, lead.id, lead.state, 'opted-out', { reason: OPT_OUT_CODE[act.scope] });
    }
  }
  for (const run of floor.attempts.values()) {
    // His other numbers too.
    if (!isLive(run.state) || (run.phone !== phone && !leads.some(({ id }) => id === run.lead))) continue;
    if (run === confirmTo) moveAttempt(floor, run, 'opted-out', { opted_out_at: floor.clock.now() });
    else if (reaches(act, run.campaign) && !LEFT_ALONE.has(run.state)) cancel(floor, run);
  }
}

/** Calls an opt-out leaves alone, for they end by themselves: talks, a confirmation, a hang-up under way. */
export const LEFT_ALONE: ReadonlySet<AttemptRun['state']> = new Set(['talking', 'confirming', 'ending']);

/**
 * Records that the person took an opt-out of this very scope back, on the evidence given. Leads closed for it go before the
 * gate again, unless another opt-out still reaches them or they were over before. Answers null when none of that scope
 * stands, else how many leads were released.
 */
export function liftOptOut(floor: Floor, phone: Phone, act: OptOutAct): number | null {
  return floor.act(() => {
    const now = floor.clock.now();
    if (!floor.store.optOuts.insert(phone, now, act)) return null;
    note(floor, phone, act, 'lifted', now);
    let released = 0;
    for (const campaign of floor.campaigns.values()) {
      const lead = floor.store.leads.find(campaign.id, phone);
      if (lead === undefined || !closedByOptOut(lead.state, lead.reason)) continue;
      if (standingOptOut(floor, floor.store.leads.numbersOf(lead.id), campaign) !== undefined) continue;
      const before = floor.store.journal.last('lead', String(lead.id), 'opted-out')?.from ?? '';
      if (lead.state === 'opted-out' && OVER.has(before)) continue;
      moveLead(floor, lead.id, lead.state, 'released', {});
      released += 1;
    }
    floor.then(() => floor.wake());
    return released;
  });
}

function closedByOptOut(state: LeadState, reason: string | null): boolean {
  const codes: readonly string[] = Object.values(OPT_OUT_CODE);
  return state === 'opted-out' || (state === 'blocked' && reason !== null && codes.includes(reason));
}

/** Whether calls of this campaign are meant. */
export function reaches(act: Pick<OptOutAct, 'scope' | 'entity' | 'purpose'>, { spec }: CampaignRun): boolean {
  return optOutReaches(act, { entity: spec.entity.inn, purpose: spec.purpose });
}

function note(floor: Floor, phone: Phone, act: OptOutAct, event: 'recorded' | 'lifted', now: number): void {
  const { source, scope, entity, purpose, attempt } = act;
  floor.store.journal.write({
    at: now,
    subject: 'opt-out',
    id: attempt ?? source,
    event,
    data: { source, scope, entity, purpose },
  });
  floor.then(() => floor.log.info({ phone, source, scope, attempt }, `opt-out ${event}`));
}
