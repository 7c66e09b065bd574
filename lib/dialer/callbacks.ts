import { afterLapse, isOver, pairUp, type AfterLapse } from '../core/callback.ts';
import type { CampaignStop } from '../core/campaign-wide.ts';
import { callbackPurpose } from '../core/gate/callback.ts';
import type { PacingSnapshot } from '../core/pacing/contract.ts';
import { backOn } from '../core/retry.ts';
import type { CallbackRow } from '../store/callbacks.ts';
import type { GateCampaign } from '../store/facts.ts';
import type { LeadRow } from '../store/leads.ts';
import { moveAgent } from './agents.ts';
import { holdFor } from './attempt-run.ts';
import { moveCallback } from './callback-moves.ts';
import { agentsOf, type AgentRun, type CampaignRun, type Floor, type Trunk } from './floor.ts';
import { moveLead } from './lead-moves.ts';
import { adopt, originate } from './place.ts';

/** Callbacks due that one tick looks at; more than any crew can call in a window. */
const LOOK_AT = 500;
/** Takes a waiting callback back; the lead goes to the queue again. False when it does not wait any more. */
export function cancelCallback(floor: Floor, campaign: CampaignRun, callback: CallbackRow, source: string): boolean {
  return floor.act(() => {
    if (!moveCallback(floor, callback, 'cancelled', {}, { source })) return false;
    giveBack(floor, campaign, callback, 'retry');
    return true;
  });
}

/**
 * The callbacks due now, each with an agent reserved before its call is placed, before pacing sees who is free. Answers
 * what the campaign must do when the gate refused for a reason of its own; null: go on.
 */
export function dialCallbacks(
  floor: Floor,
  campaign: CampaignRun,
  asked: GateCampaign,
  trunk: Trunk,
  { channelsFree, rateAllows }: Pick<PacingSnapshot, 'channelsFree' | 'rateAllows'>,
): CampaignStop | null {
  const now = floor.clock.now();
  const due = floor.store.callbacks.due(campaign.id, now, LOOK_AT);
  if (due.length === 0) return null;
  for (const callback of due.filter((one) => isOver(one, now))) lapse(floor, campaign, callback);
  const free = agentsOf(floor, campaign)
    .filter(({ state }) => state === 'available')
    .sort((a, b) => a.since - b.since);
  const pairs = pairUp(
    due.filter((one) => !isOver(one, now)),
    free.map(({ id }) => id),
    now,
  );
  let room = Math.min(channelsFree, rateAllows);
  for (const { callback, agent } of pairs) {
    if (room < 1) return null;
    const reserved = free.find(({ id }) => id === agent);
    const lead = reserved === undefined ? undefined : leadOf(floor, callback);
    if (reserved === undefined || lead === undefined) continue;
    const done = keep(floor, campaign, asked, trunk, { callback, lead, agent: reserved });
    if (done !== 'placed' && done !== 'refused') return done;
    if (done === 'placed') room -= 1;
  }
  return null;
}

/** The lead, on the number that is to be called back; undefined while a call to it is not over yet. */
function leadOf(floor: Floor, { lead: id, place }: CallbackRow): LeadRow | undefined {
  const lead = floor.store.leads.byId(id);
  if (lead?.state !== 'promised') return undefined;
  if (lead.place === place) return lead;
  const number = floor.store.leads.numbersOf(id).find((one) => one.place === place);
  return number === undefined ? lead : { ...lead, phone: number.phone, place };
}

function lapse(floor: Floor, campaign: CampaignRun, callback: CallbackRow): void {
  floor.act(() => {
    if (moveCallback(floor, callback, 'lapsed', {}, { reason: 'its window is over' })) {
      giveBack(floor, campaign, callback, callback.fallback);
    }
  });
}

function giveBack(
  floor: Floor,
  campaign: CampaignRun,
  { lead: id }: CallbackRow,
  fallback: CallbackRow['fallback'],
): void {
  const lead = floor.store.leads.byId(id);
  if (lead?.state !== 'promised') return;
  const { event, ...patch } = lapseOf(floor, campaign, lead, fallback);
  moveLead(floor, id, lead.state, event, patch);
  floor.then(() => floor.wake());
}

/** Tries of a callback count like any call: the number it was kept on may have had its last. */
function lapseOf(floor: Floor, { spec }: CampaignRun, lead: LeadRow, fallback: CallbackRow['fallback']): AfterLapse {
  const numbers = floor.store.leads.numbersOf(lead.id);
  const limits = { perLead: spec.maxAttemptsPerLead, perNumber: spec.maxAttemptsPerNumber ?? null };
  return afterLapse(fallback, backOn({ ...lead, numbers }, limits));
}

/** One callback: agent reserved, gate asked, call placed; or the agent is free again and the callback where the gate wants it. */
function keep(
  floor: Floor,
  campaign: CampaignRun,
  asked: GateCampaign,
  trunk: Trunk,
  { callback, lead, agent }: { callback: CallbackRow; lead: LeadRow; agent: AgentRun },
): 'placed' | 'refused' | CampaignStop {
  const { store, clock } = floor;
  const now = clock.now();
  const { policy, spec } = campaign;
  const reserved = withAgentReserved(asked);
  const purpose = callbackPurpose(store.gate.rehearse(reserved, lead, policy, now).facts, policy, now);
  if (!moveAgent(floor, agent, 'reserve')) return 'refused';
  const answer = store.gate.ask({
    campaign: { ...reserved, purpose },
    trunk: trunk.name,
    ringTimeoutMs: spec.ringTimeoutS * 1000,
    policy,
    now,
    monotonic: clock.monotonic(),
    want: 1,
    covered: 1,
    clockJumpedAt: floor.clockJumpedAt,
    queue: campaign.queue,
    budget: 1,
    promised: { callback, lead, lapse: lapseOf(floor, campaign, lead, callback.fallback) },
  });
  const [allowed] = answer.allowed;
  if (allowed === undefined) {
    moveAgent(floor, agent, 'released');
    const verdict = answer.refused[0]?.verdict;
    if (verdict === undefined) return answer.stop ?? 'refused';
    const { verdict: what, primary: code } = verdict;
    floor.log.info(
      { campaign: campaign.name, callback: callback.id, lead: lead.id, verdict: what, code },
      'gate refused',
    );
    return 'refused';
  }
  trunk.tokens -= 1;
  const run = adopt(floor, campaign, lead, allowed.permitted, callback.id);
  holdFor(run, agent);
  originate(floor, run, allowed.permitted);
  return 'placed';
}

/**
 * How the gate is asked for a callback. With an agent reserved nobody is called before somebody can talk to him, whatever
 * the campaign's own mode; and its own interval between two calls does not outlast what was agreed.
 */
export function withAgentReserved(campaign: GateCampaign): GateCampaign {
  return { ...campaign, mode: 'progressive', minIntervalMs: null };
}
