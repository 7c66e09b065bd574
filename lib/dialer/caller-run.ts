import { callerTable, type CallerEvent, type CallerState } from '../core/caller.ts';
import type { CallbackKind } from '../core/callback.ts';
import type { LeadState } from '../core/lead.ts';
import { phoneToInteger } from '../core/phone.ts';
import { messageOf } from '../errors.ts';
import type { InboundPatch } from '../store/inbound.ts';
import { agree } from './agree.ts';
import { longestWaiting, moveAgent } from './agents.ts';
import { moveCallback } from './callback-moves.ts';
import { mayDial, type CallerRun, type Floor } from './floor.ts';
import { moveLead, standingOptOut } from './lead-moves.ts';
import { move } from './move.ts';
import { tellTaken } from './pacing-feed.ts';
import { PbxError } from './pbx.ts';
import { talkIn } from './result-moves.ts';

/** So long the message takes at most: who still listens to it would be busy for his callback. */
const MESSAGE_MS = 15_000;
const MISSED: CallbackKind = 'missed';
/** Who has just talked to us need not be called any more; a call to him under way has its own end. */
const NEED_NO_CALL: ReadonlySet<LeadState> = new Set(['callable', 'waiting', 'promised']);

/** What became of a person who called one of our numbers. */
export type Became =
  | 'given to an agent'
  | 'owed a callback'
  | 'withheld number'
  | 'opted out'
  | 'no campaign of this line';

/** Moves a caller's call by its table. */
function moveCaller(floor: Floor, run: CallerRun, event: CallerEvent, patch: InboundPatch = {}): boolean {
  return move<CallerState, CallerEvent>(floor, {
    subject: 'caller',
    id: run.id,
    table: callerTable,
    state: run.state,
    event,
    data: { campaign: run.campaign.name, lead: run.lead, ...(run.agent === null ? {} : { agent: run.agent.id }) },
    store(to) {
      floor.store.inbound.setState(run.id, to, patch);
      run.state = to;
      run.bridgedAt = patch.bridged_at ?? run.bridgedAt;
      run.optedOutAt = patch.opted_out_at ?? run.optedOutAt;
    },
    then() {
      if (run.state === 'bridging') bridge(floor, run);
      if (run.state !== 'ended') return;
      floor.callers.delete(run.channel);
      floor.wake();
    },
  });
}

/** Gives who waits to the agent who waited longest; where none is free he is owed a call, and let go with a message. */
export function offer(floor: Floor, run: CallerRun): Became {
  return floor.act(() => {
    const agent = mayDial(floor) ? longestWaiting(floor, run.campaign, run.failedAgents) : undefined;
    if (agent === undefined || !moveAgent(floor, agent, 'reserve')) return sendAway(floor, run);
    run.agent = agent;
    agent.caller = run;
    agent.wrapUpMs = run.campaign.spec.wrapUpS * 1000;
    moveCaller(floor, run, 'agent-reserved', { agent: agent.id });
    return 'given to an agent';
  });
}

function bridge(floor: Floor, run: CallerRun): void {
  const { agent } = run;
  if (agent === null) return;
  floor.pbx.bridgeCaller(run.channel, agent.id).then(
    () => {
      if (run.state === 'bridging' && run.agent === agent) connected(floor, run);
    },
    (error: unknown) => {
      floor.log.warn({ caller: run.id, agent: agent.id, reason: messageOf(error) }, 'bridging a caller failed');
      if (run.state !== 'bridging' || run.agent !== agent) return;
      if (error instanceof PbxError && error.kind === 'unclear') sendAway(floor, run);
      else loseCallersAgent(floor, run);
    },
  );
}

/** They hear each other: whatever call the person was owed or due is made by this one. */
export function connected(floor: Floor, run: CallerRun): void {
  const { agent, lead: id } = run;
  if (agent === null) return;
  floor.act(() => {
    const { leads, callbacks } = floor.store;
    if (!moveCaller(floor, run, 'bridged', { bridged_at: floor.clock.now() })) return;
    moveAgent(floor, agent, 'bridged');
    floor.then(() => tellTaken(floor, agent, run.id));
    const lead = id === null ? undefined : leads.byId(id);
    if (lead === undefined || !NEED_NO_CALL.has(lead.state)) return;
    const open = callbacks.openOf(lead.id);
    if (open !== undefined) moveCallback(floor, open, 'talked', {}, { call: run.id });
    moveLead(floor, lead.id, lead.state, 'resolved', {});
  });
}

/** His agent is gone: who was not bridged yet is offered to another, a talk ends. */
export function loseCallersAgent(floor: Floor, run: CallerRun): void {
  const { agent } = run;
  if (agent === null) return;
  floor.act(() => {
    run.agent = null;
    agent.caller = null;
    run.failedAgents.add(agent.id);
    if (agent.state === 'reserved') moveAgent(floor, agent, 'released');
    if (run.state !== 'bridging') letGo(floor, run, null);
    else if (moveCaller(floor, run, 'agent-failed')) offer(floor, run);
  });
}

/** No agent for him: he is owed a call, written down before he hears so. */
function sendAway(floor: Floor, run: CallerRun): Became {
  return floor.act(() => {
    const became = owe(floor, run);
    letGo(floor, run, run.campaign.spec.callbacks.message);
    return became;
  });
}

/** Who hides his number cannot be called, and who opted out is not: calling us takes no opt-out back. */
function owe(floor: Floor, { campaign, lead: leadId, phone, line }: CallerRun): Became {
  const lead = leadId === null ? undefined : floor.store.leads.byId(leadId);
  if (lead === undefined || phone === null) return 'withheld number';
  const numbers = floor.store.leads.numbersOf(lead.id);
  if (standingOptOut(floor, numbers, campaign) !== undefined) return 'opted out';
  const place = numbers.find((number) => number.phone === phoneToInteger(phone))?.place ?? lead.place;
  const dueAt = floor.clock.now() + MESSAGE_MS;
  agree(floor, campaign, lead, { kind: MISSED, dueAt, place, source: `line ${line}` });
  return 'owed a callback';
}

/** Ends his call after a message; at once when there is none. */
export function letGo(floor: Floor, run: CallerRun, message: string | null, patch: InboundPatch = {}): void {
  floor.act(() => {
    if (!moveCaller(floor, run, 'dismissed', patch)) return;
    floor.then(() => dismiss(floor, run, message));
  });
}

function dismiss(floor: Floor, run: CallerRun, message: string | null): void {
  floor.pbx.dismiss(run.channel, message).catch((error: unknown) => {
    floor.log.warn({ caller: run.id, reason: messageOf(error) }, 'the caller was not dismissed');
    if (message !== null && run.state === 'leaving') dismiss(floor, run, null);
  });
}

/** He is gone: his agent's wrap-up begins; who never had one, and was told nothing yet, is owed a call. */
export function endCaller(floor: Floor, run: CallerRun, at: number): void {
  floor.act(() => {
    const { agent, state } = run;
    if (!moveCaller(floor, run, 'hung-up', { ended_at: Math.max(at, run.bridgedAt ?? 0) })) return;
    if (state === 'arrived' || state === 'bridging') owe(floor, run);
    if (agent === null) return;
    run.agent = null;
    moveAgent(floor, agent, 'call-ended');
    agent.caller = null;
    agent.lastCall = talkIn(run);
  });
}
