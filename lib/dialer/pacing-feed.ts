import type { AgentEvent, AgentState } from '../core/agent.ts';
import type { AttemptEvent, AttemptState } from '../core/attempt.ts';
import { isCharged } from '../core/charges.ts';
import type { Disposition } from '../core/outcome.ts';
import type { PacedCallState, PacingEvent, PacingSnapshot } from '../core/pacing/contract.ts';
import { agentsOf, MISSES, type AgentRun, type AttemptRun, type CampaignRun, type Floor } from './floor.ts';
import { shareCrew, tell } from './pacing.ts';

/*
 * What pacing hears and sees of the floor. Every campaign hears of the calls on agents it may take itself; those of
 * other campaigns are foreign to it.
 */

/** How pacing sees a call in each state of its own; null: it needs no agent any more. */
const PACED: Readonly<Record<AttemptState, PacedCallState | null>> = {
  planned: 'dialing',
  'in-doubt': 'dialing',
  dialing: 'dialing',
  ringing: 'ringing',
  answered: 'waiting',
  bridging: 'talking',
  talking: 'talking',
  abandoning: null,
  confirming: null,
  ending: null,
  ended: null,
  lost: null,
};

type FailedReason = Extract<PacingEvent, { type: 'failed' }>['reason'];

/** What an end without an answer says of the list; of those not named, nothing. */
const OF_LIST: Readonly<Partial<Record<Disposition, FailedReason>>> = {
  busy: 'busy',
  'no-answer': 'no-answer',
  declined: 'refused',
  unwanted: 'refused',
  blocked: 'refused',
  unallocated: 'refused',
  unreachable: 'refused',
  'invalid-number': 'refused',
};

function failedAs(disposition: Disposition): FailedReason {
  return isCharged(disposition, 'trunk') ? 'trunk' : (OF_LIST[disposition] ?? 'cancelled');
}

/**
 * A callback's call has its agent from the start, so it competes for none, and whom it reaches says nothing of the list:
 * pacing sees it from its talk on.
 */
function isOutsidePacing({ callback }: AttemptRun, told: PacedCallState | PacingEvent['type']): boolean {
  return callback !== null && told !== 'talking' && told !== 'connected' && told !== 'abandoned';
}

/** Says that an attempt was placed. */
export function tellPlaced(floor: Floor, run: AttemptRun): void {
  tellSharers(floor, run, (foreign) => ({ type: 'originated', call: run.id, ...(foreign ? { foreign } : {}) }));
}

/** A move as it was made. */
interface Moved<S, E> {
  readonly from: S;
  readonly to: S;
  readonly event: E;
}
type AttemptMoved = Moved<AttemptState, AttemptEvent> & { readonly disposition: Disposition | undefined };
/** `call`: the one the agent was in. */
type AgentMoved = Moved<AgentState, AgentEvent> & { readonly call: string };

/** Says what a move of an attempt means to pacing, and asks for a new decision. */
export function tellAttempt(floor: Floor, run: AttemptRun, moved: AttemptMoved): void {
  const told = attemptTold(floor, run, moved);
  if (told !== null && !isOutsidePacing(run, told.type)) {
    // Where a call was placed before a restart, its pacer cannot know whose it was.
    const whose = told.type === 'connected' || told.type === 'abandoned';
    tellSharers(floor, run, (foreign) => (foreign && whose ? { ...told, foreign } : told));
  }
  floor.wake();
}

type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;

function attemptTold(
  floor: Floor,
  run: AttemptRun,
  { from, to, event, disposition }: AttemptMoved,
): Untimed<PacingEvent> | null {
  const call = run.id;
  const before = PACED[from];
  switch (to) {
    case 'ringing':
      return { type: 'ringing', call };
    case 'answered':
      // An agent whose leg failed gives the callee back: he was answered long ago.
      return event === 'answered' ? { type: 'answered', call } : null;
    case 'talking': {
      if (run.agent === null) return null;
      const waitedMs = floor.clock.now() - (run.answeredAt ?? floor.clock.now());
      const late = waitedMs > run.campaign.spec.answerLimitMs;
      return { type: 'connected', call, agent: run.agent.id, ...(late ? { late } : {}) };
    }
    case 'abandoning':
    case 'confirming':
    case 'ending':
    case 'ended':
    case 'lost': {
      if (from === 'talking' || before === null) return null;
      const answered = before === 'waiting' || before === 'talking' || disposition === 'abandoned';
      if (answered) return { type: 'abandoned', call };
      const placed = event !== 'originate-refused' && disposition !== undefined;
      return { type: 'failed', call, reason: placed ? failedAs(disposition) : 'cancelled' };
    }
    case 'planned':
    case 'in-doubt':
    case 'dialing':
    case 'bridging':
      return null;
  }
}

/** Says what a move of an agent means to pacing, and asks for a new decision. */
export function tellAgent(floor: Floor, agent: AgentRun, moved: AgentMoved): void {
  const crew = [...floor.campaigns.values()].filter((campaign) => hasAgent(campaign, agent));
  for (const told of agentTold(agent, moved)) {
    const timed = { ...told, at: floor.clock.now() } as PacingEvent;
    for (const campaign of crew) tell(campaign, timed);
  }
  floor.wake();
}

/** Says that an agent talks to somebody who was not called: such a talk is on nobody's balance. */
export function tellTaken(floor: Floor, agent: AgentRun, call: string): void {
  const told = { type: 'connected', call, agent: agent.id, foreign: true, at: floor.clock.now() } as const;
  for (const campaign of floor.campaigns.values()) if (hasAgent(campaign, agent)) tell(campaign, told);
  floor.wake();
}

const IN_CALL: ReadonlySet<AgentState> = new Set(['talking', 'finishing', 'leaving']);

function agentTold({ id: agent }: AgentRun, { from, to, event, call }: AgentMoved): Untimed<PacingEvent>[] {
  if (IN_CALL.has(from) && IN_CALL.has(to)) {
    const request = to === 'finishing' ? 'pause' : to === 'leaving' ? 'logout' : 'ready';
    return [{ type: 'agent-request', agent, request }];
  }
  // Told by `connected`.
  if (to === 'talking') return [];
  if (event === 'wrapped-up') return [{ type: 'wrap-up-ended', agent }];
  const moved = { type: 'agent', agent, state: to } as const;
  if (event === 'call-ended' && IN_CALL.has(from)) {
    return [{ type: 'talk-ended', call, agent }, ...(to === 'wrap-up' ? [] : [moved])];
  }
  return [moved];
}

function tellSharers(floor: Floor, run: AttemptRun, event: (foreign: boolean) => Untimed<PacingEvent>): void {
  const at = floor.clock.now();
  for (const campaign of floor.campaigns.values()) {
    if (campaign.pacing === null) continue;
    const foreign = campaign !== run.campaign;
    if (foreign && !shareCrew(campaign.spec, run.campaign.spec)) continue;
    tell(campaign, { ...event(foreign), at });
  }
}

function hasAgent({ spec }: CampaignRun, agent: AgentRun): boolean {
  return spec.agents === 'all' || spec.agents.includes(agent.id);
}

/** Agents and calls as the campaign's pacing sees them. */
export function floorFor(floor: Floor, campaign: CampaignRun): Pick<PacingSnapshot, 'agents' | 'calls'> {
  const shared = new Map<CampaignRun, boolean>();
  const calls: PacingSnapshot['calls'][number][] = [];
  for (const run of floor.attempts.values()) {
    const state = PACED[run.state];
    if (state === null || isOutsidePacing(run, state)) continue;
    // No survey found it: its number stays locked until that is certain, but no agent is kept waiting for it so long.
    if (run.state === 'in-doubt' && run.missed >= MISSES) continue;
    const foreign = run.campaign !== campaign;
    if (foreign) {
      const known = shared.get(run.campaign) ?? shareCrew(campaign.spec, run.campaign.spec);
      shared.set(run.campaign, known);
      if (!known) continue;
    }
    const since = (state === 'ringing' ? run.rangAt : state === 'waiting' ? run.answeredAt : null) ?? run.plannedAt;
    calls.push({ id: run.id, state, since, ...(foreign ? { foreign } : {}) });
  }
  const agents = agentsOf(floor, campaign).filter(({ state }) => state !== 'offline');
  return { agents: agents.map(({ id, state, since }) => ({ id, state, since })), calls };
}
