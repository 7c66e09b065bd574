import { campaignHours } from '../campaign-file.ts';
import { campaignTable, type CampaignEvent, type CampaignState } from '../core/campaign.ts';
import type { CampaignStop } from '../core/campaign-wide.ts';
import { CLOCK_SETTLE_MS } from '../core/gate/system.ts';
import type { PacingDecision, PacingSnapshot } from '../core/pacing/contract.ts';
import type { Phone } from '../core/phone.ts';
import type { GateCampaign } from '../store/facts.ts';
import { dialCallbacks } from './callbacks.ts';
import { busyChannels, mayDial, type CampaignRun, type Floor, type Trunk } from './floor.ts';
import { move } from './move.ts';
import { closePacing, decide, openPacing, pacingOf } from './pacing.ts';
import { floorFor, tellPlaced } from './pacing-feed.ts';
import { adopt, originate } from './place.ts';
import { guardAllows, trunkFault, trustTrunk } from './trunk-watch.ts';

/** Leads looked at in one gate transaction: holds the event loop for a few milliseconds at most. */
const GATE_BUDGET = 64;

/** A pass goes on for callbacks due within this; a later one waits for the campaign's next start. */
const WAITS_FOR_CALLBACK_MS = 24 * 3_600_000;

/** Moves a campaign by its table; false when the event has no move in its state. */
export function moveCampaign(
  floor: Floor,
  campaign: CampaignRun,
  event: CampaignEvent,
  reason: string | null = null,
): boolean {
  return move<CampaignState, CampaignEvent>(floor, {
    subject: 'campaign',
    id: campaign.name,
    table: campaignTable,
    state: campaign.state,
    event,
    ...(reason === null ? {} : { data: { reason } }),
    store(to, now) {
      floor.store.campaigns.setState(campaign.id, to, reason, now);
      campaign.state = to;
      campaign.reason = reason;
      campaign.rest = null;
    },
    then(to) {
      if (to === 'running') trustTrunk(floor, campaign.spec.trunk);
      if (to === 'running') openPacing(floor, campaign);
      if (to === 'stopped') closePacing(floor, campaign);
      floor.wake();
    },
  });
}

/** What the gate needs to know of this campaign. */
export function gateCampaign(campaign: CampaignRun): GateCampaign {
  const { spec } = campaign;
  return {
    id: campaign.id,
    state: campaign.state,
    purpose: spec.purpose,
    mode: spec.mode,
    entity: spec.entity.inn,
    personalData: spec.personalData?.basis ?? null,
    caller: spec.line as Phone,
    maxAttemptsPerDay: spec.maxAttemptsPerDay,
    maxAttemptsPerWeek: spec.maxAttemptsPerWeek ?? null,
    maxAttemptsPerLead: spec.maxAttemptsPerLead,
    maxAttemptsPerNumber: spec.maxAttemptsPerNumber ?? null,
    minIntervalMs: spec.minIntervalMin * 60_000,
    hours: campaignHours(spec),
  };
}

/** One pacing tick of one campaign: how many now, by the gate's leave, and whether the base is done. */
export function tick(floor: Floor, campaign: CampaignRun): void {
  if (campaign.state === 'draining' && campaign.attempts.size === 0) moveCampaign(floor, campaign, 'drained');
  if (campaign.state !== 'running' || campaign.filing || !mayDial(floor)) return;
  const trunk = floor.trunks.get(campaign.spec.trunk);
  if (trunk === undefined) {
    moveCampaign(floor, campaign, 'halt', `trunk ${campaign.spec.trunk} is not in config`);
    return;
  }
  const now = floor.clock.now();
  const fault = trunkFault(trunk);
  if (fault !== null) {
    moveCampaign(floor, campaign, 'halt', fault);
    return;
  }
  if (restLimit(floor, campaign, 1) > 0) {
    const stop = dialCallbacks(floor, campaign, gateCampaign(campaign), trunk, roomOn(floor, trunk, now));
    if (stop !== null) obey(floor, campaign, stop);
    if (campaign.state !== 'running') return;
  }
  const pacing = pacingOf(floor, campaign, now);
  const snapshot = snapshotOf(floor, campaign, trunk, now);
  const decision = decide(campaign, pacing, snapshot);
  const covered = coveredBy(snapshot);
  const want = Math.min(decision.originate, restLimit(floor, campaign, covered));
  if (want > 0) dial(floor, campaign, trunk, decision, { want, covered }, now);
  if (campaign.attempts.size === 0) finishIfDone(floor, campaign, now);
}

function snapshotOf(floor: Floor, campaign: CampaignRun, trunk: Trunk, now: number): PacingSnapshot {
  return {
    now,
    ...floorFor(floor, campaign),
    ...roomOn(floor, trunk, now),
  };
}

/** How many calls the trunk takes now. */
function roomOn(floor: Floor, trunk: Trunk, now: number): Pick<PacingSnapshot, 'channelsFree' | 'rateAllows'> {
  return {
    channelsFree: trunk.up ? Math.max(0, trunk.channels - busyChannels(floor, trunk)) : 0,
    rateAllows: Math.min(refill(trunk, now), guardAllows(floor, trunk)),
  };
}

function refill(trunk: Trunk, now: number): number {
  const earned = (Math.max(0, now - trunk.refilledAt) * trunk.originatesPerSecond) / 1000;
  trunk.tokens = Math.min(Math.max(1, trunk.originatesPerSecond), trunk.tokens + earned);
  trunk.refilledAt = now;
  return Math.floor(trunk.tokens);
}

/** Free agents that no call of theirs is on its way to: so many calls more can hardly find none. */
function coveredBy({ agents, calls }: PacingSnapshot): number {
  const free = agents.filter(({ state }) => state === 'available').length;
  return Math.max(0, free - calls.filter(({ state }) => state !== 'talking').length);
}

/** How many calls the campaign's rest leaves; a rest that is over is forgotten. */
function restLimit(floor: Floor, campaign: CampaignRun, covered: number): number {
  if (campaign.rest !== null && floor.clock.monotonic() >= campaign.rest.overAt) campaign.rest = null;
  if (campaign.rest === null) return Infinity;
  return campaign.rest.kind === 'rest' ? 0 : covered;
}

function dial(
  floor: Floor,
  campaign: CampaignRun,
  trunk: Trunk,
  decision: PacingDecision,
  { want, covered }: { want: number; covered: number },
  now: number,
): void {
  // Nothing was acted upon yet, so this is no `act`: a database that cannot be used now is asked again, not fatal.
  const answer = floor.store.gate.ask({
    campaign: gateCampaign(campaign),
    queue: campaign.queue,
    trunk: trunk.name,
    ringTimeoutMs: campaign.spec.ringTimeoutS * 1000,
    policy: campaign.policy,
    now,
    monotonic: floor.clock.monotonic(),
    want,
    covered,
    clockJumpedAt: floor.clockJumpedAt,
    budget: Math.max(GATE_BUDGET, want),
    alongside: (placed) => floor.store.pacing.journal(campaign.id, decision, placed),
  });
  for (const { lead, verdict } of answer.refused) {
    floor.log.info(
      { campaign: campaign.name, lead: lead.id, verdict: verdict.verdict, code: verdict.primary },
      'gate refused',
    );
  }
  for (const { lead, permitted } of answer.allowed) {
    trunk.tokens -= 1;
    const run = adopt(floor, campaign, lead, permitted);
    tellPlaced(floor, run);
    originate(floor, run, permitted);
  }
  if (answer.stop !== null) {
    obey(floor, campaign, answer.stop);
  } else if (!answer.baseExhausted && answer.allowed.length < want) {
    floor.wake();
  }
}

/** Halts the campaign or lets it rest; its leads stay as they are. */
function obey(floor: Floor, campaign: CampaignRun, stop: CampaignStop): void {
  const { kind, code, detail, until } = stop;
  if (kind === 'halt' || until === null) {
    moveCampaign(floor, campaign, 'halt', code);
    return;
  }
  const now = floor.clock.now();
  // Found in the ledger: the clock jumped while nobody watched, and every campaign rests for it.
  const watched = floor.clockJumpedAt !== null && now - floor.clockJumpedAt < CLOCK_SETTLE_MS;
  if (code === 'GATE_CLOCK_SKEW' && !watched) floor.clockJumpedAt = now;
  campaign.rest = { kind, code, detail, until, overAt: floor.clock.monotonic() + (until - now) };
  floor.log.warn({ campaign: campaign.name, code, detail, until }, 'campaign rests');
  // Free agents go on being called for.
  if (kind === 'covered-only') floor.wake();
}

function finishIfDone(floor: Floor, campaign: CampaignRun, now: number): void {
  const { leads, callbacks } = floor.store;
  const { id, queue, segments, spec } = campaign;
  // The result of its last talk may want a lead called again.
  for (const caller of floor.callers.values()) if (caller.campaign === campaign) return;
  for (const { state, lastCall } of floor.agents.values()) {
    if (state === 'wrap-up' && lastCall?.campaign === campaign) return;
  }
  if (campaign.state !== 'running' || leads.ready(id, now, 1, queue).length > 0) return;
  const nextCallbackAt = callbacks.nextAt(id);
  if (nextCallbackAt !== null && (spec.ends === 'base' || nextCallbackAt < now + WAITS_FOR_CALLBACK_MS)) return;
  const called = queue.parts.map(({ segment }) => segment);
  // Who paused a segment means to resume it: its leads are not final yet.
  const paused = segments.filter(({ share, pausedAt }) => share > 0 && pausedAt !== null);
  const left =
    leads.nextDueAt(id, called) !== null ||
    leads.ready(id, Infinity, 1, { ...queue, parts: paused.map(({ id, share }) => ({ segment: id, share })) }).length >
      0;
  if (spec.ends === 'pass' || !left) moveCampaign(floor, campaign, 'exhausted');
}
