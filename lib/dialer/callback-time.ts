import { callbackTime, type CallbackTime, type Wish } from '../core/callback-time.ts';
import { callbackPurpose } from '../core/gate/callback.ts';
import type { GateFacts } from '../core/facts.ts';
import { question } from '../core/gate/question.ts';
import type { GateCampaign, GateLead } from '../store/facts.ts';
import { withAgentReserved } from './callbacks.ts';
import { gateCampaign } from './campaign-run.ts';
import type { CampaignRun, Floor } from './floor.ts';

/** Whether the person may be called back at a time he wishes, as the gate would say; nothing is written. */
export function mayCallBack(floor: Floor, campaign: CampaignRun, lead: GateLead, wish: Wish): CallbackTime {
  const now = floor.clock.now();
  const facts = callbackFacts(floor, campaign, lead, now);
  const atThat = wish.at === null ? facts : callbackFacts(floor, campaign, lead, wish.at);
  return callbackTime(now, facts, { ...atThat, campaign: facts.campaign }, campaign.policy, wish);
}

/** The zones the person may be in, by all evidence there is. */
export function zonesOf(floor: Floor, campaign: CampaignRun, lead: GateLead): readonly string[] {
  const now = floor.clock.now();
  return question(callbackFacts(floor, campaign, lead, now), campaign.policy, now).zone.zones;
}

/** The facts of a call that keeps a callback: a running campaign, an agent reserved, no call going on. */
function callbackFacts(floor: Floor, campaign: CampaignRun, lead: GateLead, now: number): GateFacts {
  const asked: GateCampaign = { ...withAgentReserved(gateCampaign(campaign)), state: 'running' };
  const { facts } = floor.store.gate.rehearse(asked, lead, campaign.policy, now);
  const purpose = callbackPurpose(facts, campaign.policy, floor.clock.now());
  const clock = { lastRecordedAt: null, jumpedAt: null };
  return { ...facts, clock, inFlight: false, campaign: { ...facts.campaign, purpose } };
}
