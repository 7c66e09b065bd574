import type { AttemptId, AttemptState } from '../core/attempt.ts';
import type { Disposition } from '../core/outcome.ts';
import { phoneFromInteger, type Phone } from '../core/phone.ts';
import { messageOf } from '../errors.ts';
import type { AttemptRow } from '../store/attempts.ts';
import { askedFor, moveAgent } from './agents.ts';
import { assign, bridge, close, dropLeg, end, hangUp, holdAgent, loseAgent, moveAttempt } from './attempt-run.ts';
import { adoptCaller, missCallers, recallCaller } from './caller-recovery.ts';
import { MISSES, type AgentRun, type AttemptRun, type CampaignRun, type Floor } from './floor.ts';
import type { PbxRecord, PbxSurvey } from './pbx.ts';

/** An originate may still be on its way to the PBX this long after it was planned, besides its ring time-out. */
const IN_FLIGHT_MS = 5_000;

/** A call that ended in less than this was refused, not left ringing: used where the PBX's record alone is left. */
const RANG_AFTER_MS = 3_000;

/** After a restart of the PBX its phones are called for this long. */
const CALL_AGAIN_FOR_MS = 120_000;

/** An Asterisk asked to stop hangs up its channels first; so long before its end at most. */
const STOPPING_MS = 10_000;

/** Puts the unresolved attempts of the last run into memory, before any event can arrive. */
export function recallUnresolved(floor: Floor): void {
  const campaigns = new Map([...floor.campaigns.values()].map((campaign) => [campaign.id, campaign]));
  for (const row of floor.store.attempts.unresolved()) {
    const campaign = campaigns.get(row.campaign);
    if (campaign === undefined) throw new Error(`attempt ${row.id} belongs to no campaign`);
    const run = toRun(row, campaign, floor);
    floor.attempts.set(run.id, run);
    campaign.attempts.add(run);
  }
  for (const row of floor.store.inbound.live()) {
    const campaign = campaigns.get(row.campaign);
    if (campaign === undefined) throw new Error(`call ${row.id} belongs to no campaign`);
    const run = recallCaller(row, campaign, floor);
    floor.callers.set(run.channel, run);
  }
}

/** The number of nobody, for a call to a person erased while it was live. */
const ERASED = '+0' as Phone;

function toRun(row: AttemptRow, campaign: CampaignRun, floor: Floor): AttemptRun {
  const agent = [...floor.agents.values()].find(({ id }) => id === row.agent) ?? null;
  const run: AttemptRun = {
    id: row.id,
    campaign,
    lead: row.lead,
    callback: row.callback,
    phone: row.phone < 0 ? ERASED : phoneFromInteger(row.phone),
    plannedAt: row.planned_at,
    ringLimitMs: row.ring_limit_ms,
    state: row.state,
    agent: WITH_AGENT.has(row.state) ? agent : null,
    rangAt: row.rang_at,
    answeredAt: row.answered_at,
    bridgedAt: row.bridged_at,
    optedOutAt: row.opted_out_at,
    cancelledAt: row.cancelled_at,
    originatedAt: row.originated_at,
    mark: row.mark,
    failedAgents: new Set(),
    missed: MISSES,
    timer: null,
  };
  if (run.agent !== null) {
    run.agent.attempt = run;
    run.agent.wrapUpMs = campaign.spec.wrapUpS * 1000;
  }
  return run;
}

const WITH_AGENT: ReadonlySet<AttemptState> = new Set(['bridging', 'talking']);

/**
 * Compares what is stored with what is live, at start and after each reconnect, before anything is dialed: live calls
 * and agents are kept, ended ones get the outcome the PBX recorded, those nobody can know become `unknown`.
 */
export async function reconcile(floor: Floor, pbxRestarted: boolean): Promise<void> {
  const agents = statesOf(floor.agents);
  const calls = statesOf(floor.attempts);
  const callers = [...floor.callers.values()];
  const survey = await floor.pbx.survey();
  // Who moved since the question was asked is newer than the answer.
  const still = [...floor.attempts.values()].filter((run) => run.state === calls.get(run.id));
  floor.act(() => {
    for (const agent of floor.agents.values()) {
      if (agent.state === agents.get(agent.id)) reconcileAgent(floor, agent, survey, pbxRestarted);
    }
    for (const run of still) adoptLive(floor, run, survey);
    for (const run of callers) adoptCaller(floor, run, survey);
  });
  for (const run of floor.attempts.values()) run.missed = 0;
  for (const run of still) if (!survey.attempts.has(run.id)) run.missed = MISSES;
  await settleMissing(floor, survey);
}

/** Whether there is something to compare: calls, callers, phones of agents that ring, or trunks that are down. */
export function mayAudit({ holds, attempts, callers, agents, trunks }: Floor): boolean {
  if (holds.has('pbx-lost') || holds.has('reconciling')) return false;
  if (attempts.size > 0 || callers.size > 0 || [...trunks.values()].some(({ up }) => !up)) return true;
  return [...agents.values()].some(({ state }) => state === 'connecting');
}

/** The periodic comparison: finds calls whose end was never heard, and agents whose phone was picked up unheard. */
export async function audit(floor: Floor): Promise<void> {
  const before = statesOf(floor.attempts);
  const survey = await floor.pbx.survey();
  for (const run of floor.attempts.values()) {
    const live = survey.attempts.has(run.id);
    run.missed = live || run.state !== before.get(run.id) ? 0 : run.missed + 1;
    if (live && run.state === 'in-doubt') moveAttempt(floor, run, 'originated');
  }
  for (const agent of floor.agents.values()) {
    if (agent.state === 'connecting' && survey.agents.has(agent.id)) moveAgent(floor, agent, 'leg-up');
  }
  missCallers(floor, survey, MISSES);
  await settleMissing(floor, survey);
}

/** The PBX is gone: whose leg went a moment before did not hang up himself. */
export function noteStopping(floor: Floor, lostAt: number): void {
  for (const agent of floor.agents.values()) {
    if (agent.dropped !== null && agent.dropped.at < lostAt - STOPPING_MS) agent.dropped = null;
  }
}

function reconcileAgent(floor: Floor, agent: AgentRun, survey: PbxSurvey, pbxRestarted: boolean): void {
  if (survey.agents.has(agent.id)) {
    if (agent.state === 'connecting') moveAgent(floor, agent, 'leg-up');
    else if (agent.state === 'paused' && agent.onUp === 'available') {
      agent.onUp = 'paused';
      moveAgent(floor, agent, 'ready');
    } else if (agent.state === 'offline') floor.then(() => void floor.pbx.disconnectAgent(agent.id).catch(() => {}));
    else if (agent.state === 'wrap-up') moveAgent(floor, agent, 'wrapped-up');
    else if (
      agent.attempt === null &&
      agent.caller === null &&
      agent.state !== 'available' &&
      agent.state !== 'paused'
    ) {
      moveAgent(floor, agent, 'call-ended');
    }
    return;
  }
  if (agent.state === 'offline') {
    if (pbxRestarted && agent.dropped !== null) {
      agent.onUp = agent.dropped.onUp;
      agent.callAgainUntil = floor.clock.now() + CALL_AGAIN_FOR_MS;
      agent.dropped = null;
    }
    if (floor.clock.now() < agent.callAgainUntil) moveAgent(floor, agent, 'login');
    return;
  }
  if (agent.state === 'connecting') {
    // His phone may be ringing, or was never called: it is let go and called again.
    agent.callAgainUntil = floor.clock.now() + CALL_AGAIN_FOR_MS;
    moveAgent(floor, agent, 'leg-down');
    return;
  }
  const onUp = askedFor(agent);
  const wasLeaving = agent.state === 'leaving';
  dropLeg(floor, agent);
  if (pbxRestarted && !wasLeaving) {
    // The PBX dropped the legs, not the agents: their phones are called again.
    agent.onUp = onUp;
    agent.callAgainUntil = floor.clock.now() + CALL_AGAIN_FOR_MS;
    moveAgent(floor, agent, 'login');
  }
}

function adoptLive(floor: Floor, run: AttemptRun, survey: PbxSurvey): void {
  const live = survey.attempts.get(run.id);
  if (live === undefined) return;
  if (live.state !== 'up') {
    const rings = live.state === 'ringing';
    if (run.state === 'planned' || run.state === 'in-doubt') moveAttempt(floor, run, 'originated');
    if (rings && run.state === 'dialing') moveAttempt(floor, run, 'rang', { rang_at: floor.clock.now() });
    if (run.callback !== null && run.agent === null) holdAgent(floor, run);
    return;
  }
  switch (run.state) {
    case 'planned':
    case 'in-doubt':
    case 'dialing':
    case 'ringing':
      // Answered while nobody listened: the dialplan is apologising to the callee. It is abandoned, and booked so.
      moveAttempt(floor, run, 'answered', { answered_at: floor.clock.now() });
      moveAttempt(floor, run, 'waited-out');
      return;
    case 'answered':
      if (!assign(floor, run)) moveAttempt(floor, run, 'waited-out');
      return;
    case 'bridging':
      if (live.agent !== null && live.agent === run.agent?.id) {
        moveAttempt(floor, run, 'bridged', { bridged_at: floor.clock.now() });
        moveAgent(floor, run.agent, 'bridged');
        // The request of the last run may still be on its way: the same one again does no harm, another agent's would.
      } else if (live.agent === null && run.agent !== null) floor.then(() => bridge(floor, run));
      else loseAgent(floor, run);
      return;
    case 'talking':
      if (live.agent === null || live.agent !== run.agent?.id) moveAttempt(floor, run, 'agent-left');
      return;
    case 'abandoning':
    case 'confirming':
      moveAttempt(floor, run, 'message-played');
      return;
    case 'ending':
      floor.then(() => void floor.pbx.hangUp(run.id).catch(() => {}));
      return;
    case 'ended':
    case 'lost':
      return;
  }
}

async function settleMissing(floor: Floor, survey: PbxSurvey): Promise<void> {
  const missing = [...floor.attempts.values()].filter((run) => run.missed >= MISSES && !survey.attempts.has(run.id));
  if (missing.length === 0) return;
  const before = statesOf(floor.attempts);
  const records = await recall(
    floor,
    missing.map(({ id }) => id),
  );
  for (const run of missing) {
    // One that was heard of meanwhile is live after all.
    if (floor.attempts.get(run.id) === run && run.state === before.get(run.id)) settle(floor, run, records);
  }
}

/** Null when the PBX's record cannot be read: then absence proves nothing. */
async function recall(floor: Floor, ids: AttemptId[]): Promise<ReadonlyMap<AttemptId, PbxRecord> | null> {
  try {
    return await floor.pbx.recall(ids);
  } catch (error) {
    floor.log.warn({ reason: messageOf(error) }, 'call record not readable');
    return null;
  }
}

function statesOf<I, S>(things: ReadonlyMap<I, { readonly state: S }>): ReadonlyMap<I, S> {
  return new Map([...things].map(([id, { state }]) => [id, state]));
}

function settle(floor: Floor, run: AttemptRun, records: ReadonlyMap<AttemptId, PbxRecord> | null): void {
  const record = records?.get(run.id);
  if (record !== undefined && record.endedAt !== null) {
    const rang = record.endedAt - record.startedAt > RANG_AFTER_MS;
    end(
      floor,
      run,
      {
        cause: record.cause,
        sipCode: record.sipCode,
        byFarSide: record.endedAt - record.startedAt < run.ringLimitMs,
        rangAt: rang ? record.startedAt : null,
        answeredAt: record.answeredAt,
      },
      'record',
      record.endedAt,
    );
    return;
  }
  const doubtful = mayBeOnItsWay(run);
  if (record !== undefined && doubtful) {
    // The PBX took it after it was asked what is live: the next survey tells what became of it.
    run.missed = 0;
    if (run.state === 'ending') hangUp(floor, run);
    else moveAttempt(floor, run, 'originated');
    return;
  }
  if (!doubtful) {
    close(floor, run, 'vanished', lostAs(run), { witness: 'survey' });
    return;
  }
  const quarantinedUntil = run.plannedAt + run.ringLimitMs + IN_FLIGHT_MS;
  if (floor.clock.now() < quarantinedUntil) {
    if (run.state === 'planned') moveAttempt(floor, run, 'originate-unclear');
    return;
  }
  // The record is complete and has no trace: the PBX never took it, and the lead is free. Without a record: unknown.
  if (records !== null) close(floor, run, 'vanished', 'not-placed', { witness: 'record' });
  else close(floor, run, 'vanished', 'unknown', { witness: 'survey' });
}

/** Nothing says that the PBX has had its originate: it may come yet. */
function mayBeOnItsWay({ state, originatedAt, rangAt, answeredAt }: AttemptRun): boolean {
  if (state === 'planned' || state === 'in-doubt') return true;
  return state === 'ending' && originatedAt === null && rangAt === null && answeredAt === null;
}

/** What nobody heard the end of is unknown, unless the person or the agent said before it what decides whatever the end. */
function lostAs({ optedOutAt, mark }: AttemptRun): Disposition {
  return optedOutAt !== null ? 'opted-out' : (mark ?? 'unknown');
}
