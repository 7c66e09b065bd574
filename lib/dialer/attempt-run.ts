import { attemptTable, isLive, type AttemptEvent, type AttemptState } from '../core/attempt.ts';
import { dispositionOf, type Disposition, type Mark } from '../core/outcome.ts';
import { begunMinutes } from '../core/price.ts';
import { messageOf } from '../errors.ts';
import type { AttemptPatch, Witness } from '../store/attempts.ts';
import { longestWaiting, moveAgent } from './agents.ts';
import { countHour } from './best-hour.ts';
import { loseCallersAgent } from './caller-run.ts';
import { clearTimer, setTimer, type AgentRun, type AttemptRun, type Floor } from './floor.ts';
import { settleLead } from './lead-moves.ts';
import { move } from './move.ts';
import { learn } from './network-lessons.ts';
import { tellAttempt } from './pacing-feed.ts';
import { PbxError, type HangUp } from './pbx.ts';
import { refile } from './segments.ts';
import { heedTrunk } from './trunk-watch.ts';

/** A message that never reports its end does not hold the line longer than this. */
const MESSAGE_LIMIT_MS = 30_000;

/** Moves an attempt by its table. */
export function moveAttempt(floor: Floor, run: AttemptRun, event: AttemptEvent, patch: AttemptPatch = {}): boolean {
  return move<AttemptState, AttemptEvent>(floor, {
    subject: 'attempt',
    id: run.id,
    table: attemptTable,
    state: run.state,
    event,
    data: { campaign: run.campaign.name, lead: run.lead, ...outcomeIn(patch) },
    store(to) {
      floor.store.attempts.setState(run.id, to, patch);
      run.state = to;
      run.rangAt = patch.rang_at ?? run.rangAt;
      run.answeredAt = patch.answered_at ?? run.answeredAt;
      run.bridgedAt = patch.bridged_at ?? run.bridgedAt;
      run.optedOutAt = patch.opted_out_at ?? run.optedOutAt;
      run.cancelledAt = patch.cancelled_at ?? run.cancelledAt;
      run.originatedAt = patch.originated_at ?? run.originatedAt;
      clearTimer(run);
    },
    then(to, from) {
      heedTrunk(floor, run, { from, to, event }, patch.disposition ?? undefined);
      tellAttempt(floor, run, { from, to, event, disposition: patch.disposition ?? undefined });
      if (run.state === to) entered[to](floor, run);
    },
  });
}

function outcomeIn({ disposition, cause, sip_code, agent }: AttemptPatch): Record<string, unknown> {
  return {
    ...(agent == null ? {} : { agent }),
    ...(disposition === undefined ? {} : { disposition, cause: cause ?? null, sipCode: sip_code ?? null }),
  };
}

/** What each attempt state asks for once it is committed. */
const entered: Record<AttemptState, (floor: Floor, run: AttemptRun) => void> = {
  planned: () => {},
  'in-doubt': () => {},
  dialing: () => {},
  ringing: () => {},
  answered(floor, run) {
    const waited = floor.clock.now() - (run.answeredAt ?? floor.clock.now());
    setTimer(floor, run, run.campaign.spec.answerLimitMs - waited, () => moveAttempt(floor, run, 'waited-out'));
  },
  bridging: bridge,
  talking: () => {},
  abandoning: (floor, run) => playThen(floor, run, run.campaign.spec.abandonMessage),
  confirming: (floor, run) => playThen(floor, run, run.campaign.spec.optOutMessage ?? null),
  ending: hangUp,
  ended: forget,
  lost: forget,
};

/** A hang-up the PBX did not confirm is asked for again after this. */
const HANG_UP_AGAIN_MS = 500;

/** Asks the PBX to end the call; again until it is confirmed, and when it shows signs of life after that. */
export function hangUp(floor: Floor, run: AttemptRun): void {
  floor.pbx.hangUp(run.id).catch((error: unknown) => {
    floor.log.warn({ attempt: run.id, reason: messageOf(error) }, 'hang-up not confirmed');
    if (run.state === 'ending') setTimer(floor, run, HANG_UP_AGAIN_MS, () => hangUp(floor, run));
  });
}

/** The callee picked up: an agent is reserved in the same transaction, or the answer limit starts to run. */
export function answer(floor: Floor, run: AttemptRun, at: number, sipCallId: string | null): void {
  floor.act(() => {
    const patch = { answered_at: at, ...(sipCallId === null ? {} : { sip_call_id: sipCallId }) };
    if (moveAttempt(floor, run, 'answered', patch)) assign(floor, run);
  });
}

/** Gives an answered callee to his reserved agent, or to the one who waited longest; false when none is free. */
export function assign(floor: Floor, run: AttemptRun): boolean {
  const reserved = run.agent;
  if (reserved !== null) return moveAttempt(floor, run, 'agent-reserved', { agent: reserved.id });
  const agent = longestWaiting(floor, run.campaign, run.failedAgents);
  if (agent === undefined) return false;
  floor.act(() => {
    if (reserveFor(floor, run, agent)) moveAttempt(floor, run, 'agent-reserved', { agent: agent.id });
  });
  return true;
}

function reserveFor(floor: Floor, run: AttemptRun, agent: AgentRun): boolean {
  if (!moveAgent(floor, agent, 'reserve')) return false;
  holdFor(run, agent);
  return true;
}

/** Makes a reserved agent the call's own. */
export function holdFor(run: AttemptRun, agent: AgentRun): void {
  agent.attempt = run;
  agent.wrapUpMs = run.campaign.spec.wrapUpS * 1000;
  run.agent = agent;
}

/** Reserves another agent for a callback's call that lost its own before the answer, or calls it off. */
export function holdAgent(floor: Floor, run: AttemptRun): void {
  const agent = longestWaiting(floor, run.campaign, run.failedAgents);
  if (agent === undefined || !reserveFor(floor, run, agent)) cancel(floor, run);
}

/** Puts the callee into the bridge of his reserved agent; asked twice, it is done once. */
export function bridge(floor: Floor, run: AttemptRun): void {
  const agent = run.agent;
  if (agent === null) return;
  floor.pbx.bridge(run.id, agent.id).then(
    () => {
      if (run.state !== 'bridging' || run.agent !== agent) return;
      floor.act(() => {
        moveAttempt(floor, run, 'bridged', { bridged_at: floor.clock.now() });
        moveAgent(floor, agent, 'bridged');
      });
    },
    (error: unknown) => {
      floor.log.warn({ attempt: run.id, agent: agent.id, reason: messageOf(error) }, 'bridging failed');
      if (run.state !== 'bridging' || run.agent !== agent) return;
      if (error instanceof PbxError && error.kind === 'unclear') cancel(floor, run);
      else loseAgent(floor, run);
      checkLeg(floor, agent);
    },
  );
}

/** After a failed bridging: an agent whose leg is gone unheard must not be offered the next callee. */
function checkLeg(floor: Floor, agent: AgentRun): void {
  floor.pbx.survey().then(
    (survey) => {
      if (survey.agents.has(agent.id) || agent.state === 'offline' || agent.state === 'connecting') return;
      dropLeg(floor, agent);
    },
    (error: unknown) => floor.log.warn({ agent: agent.id, reason: messageOf(error) }, 'agent leg not checked'),
  );
}

/** The agent's leg is gone, and with it his part in the call he had. */
export function dropLeg(floor: Floor, agent: AgentRun): void {
  const { attempt, caller } = agent;
  floor.act(() => {
    moveAgent(floor, agent, 'leg-down');
    if (attempt !== null) loseAgent(floor, attempt);
    if (caller !== null) loseCallersAgent(floor, caller);
  });
}

/** The reserved or talking agent is gone: an unbridged callee goes to another agent, a talk ends. */
export function loseAgent(floor: Floor, run: AttemptRun): void {
  const agent = run.agent;
  if (agent === null) return;
  floor.act(() => {
    run.agent = null;
    agent.attempt = null;
    run.failedAgents.add(agent.id);
    if (agent.state === 'reserved') moveAgent(floor, agent, 'released');
    if (run.state === 'bridging') {
      moveAttempt(floor, run, 'agent-failed');
      assign(floor, run);
    } else if (UNANSWERED.has(run.state)) {
      holdAgent(floor, run);
    } else if (run.state !== 'ending') {
      moveAttempt(floor, run, 'agent-left');
    }
  });
}

/** Lets an agent go who is reserved for a call that nobody answered yet; another is found for it, or it is called off. */
export function freeReserved(floor: Floor, agent: AgentRun): void {
  const run = agent.attempt;
  if (agent.state === 'reserved' && run !== null && UNANSWERED.has(run.state)) loseAgent(floor, run);
}

const UNANSWERED: ReadonlySet<AttemptState> = new Set(['planned', 'in-doubt', 'dialing', 'ringing']);

/** Hangs up a call we no longer want; before an answer the attempt ends `cancelled`. */
export function cancel(floor: Floor, run: AttemptRun): void {
  moveAttempt(floor, run, 'cancel', run.answeredAt === null ? { cancelled_at: floor.clock.now() } : {});
}

/** Keeps what the agent says he hears, null: a person; a call that is over keeps its outcome. Answers false then. */
export function markAttempt(floor: Floor, run: AttemptRun, heard: Mark | null): boolean {
  if (run.bridgedAt === null || !isLive(run.state)) return false;
  floor.act(() => {
    floor.store.attempts.mark(run.id, heard);
    run.mark = heard;
  });
  return true;
}

function playThen(floor: Floor, run: AttemptRun, message: string | null): void {
  if (message === null) {
    moveAttempt(floor, run, 'message-played');
    return;
  }
  const { state } = run;
  setTimer(floor, run, MESSAGE_LIMIT_MS, () => moveAttempt(floor, run, 'message-played'));
  floor.pbx.play(run.id, message).catch((error: unknown) => {
    floor.log.warn({ attempt: run.id, reason: messageOf(error) }, 'message not played');
    if (run.state === state) moveAttempt(floor, run, 'message-played');
  });
}

/** The channel is gone: the one outcome, the lead's next step and the agent's, in one transaction. */
export function end(floor: Floor, run: AttemptRun, hangUp: HangUp, witness: Witness, at: number): void {
  const answeredAt = run.answeredAt ?? hangUp.answeredAt;
  const disposition = dispositionOf(
    {
      cause: hangUp.cause,
      sipCode: hangUp.sipCode,
      rang: run.rangAt !== null || hangUp.rangAt !== null,
      answered: answeredAt !== null,
      bridged: run.bridgedAt !== null,
      byFarSide: hangUp.byFarSide,
      cancelled: run.cancelledAt !== null,
      optedOut: run.optedOutAt !== null,
      mark: run.mark,
      afterMs: witness === 'event' ? at - (run.originatedAt ?? run.plannedAt) : null,
    },
    run.campaign.policy.mav?.blocked,
  );
  close(floor, run, 'hung-up', disposition, {
    cause: hangUp.cause,
    sip_code: hangUp.sipCode,
    ...(run.rangAt === null && hangUp.rangAt !== null ? { rang_at: hangUp.rangAt } : {}),
    ...(run.answeredAt === null && answeredAt !== null ? { answered_at: answeredAt } : {}),
    ended_at: Math.max(at, run.bridgedAt ?? 0, answeredAt ?? 0),
    witness,
  });
}

/** Gives the attempt its outcome by `event`; used directly where no hang-up was heard. */
export function close(
  floor: Floor,
  run: AttemptRun,
  event: 'hung-up' | 'vanished' | 'originate-refused',
  disposition: Disposition,
  patch: AttemptPatch,
): void {
  floor.act(() => {
    if (!moveAttempt(floor, run, event, { ended_at: floor.clock.now(), ...patch, disposition })) return;
    settleLead(floor, run, disposition);
    refile(floor, run.campaign, run.lead);
    countHour(floor, run, disposition);
    learn(floor, run);
    if (run.answeredAt !== null) {
      const minutes = begunMinutes(run.answeredAt, patch.ended_at ?? floor.clock.now());
      floor.store.usage.addMinutes(run.plannedAt, run.campaign.spec.trunk, run.campaign.id, minutes);
    }
    const agent = run.agent;
    if (agent !== null) {
      run.agent = null;
      moveAgent(floor, agent, 'call-ended');
      agent.attempt = null;
      agent.lastCall = run.bridgedAt === null ? null : run;
    }
  });
}

function forget(floor: Floor, run: AttemptRun): void {
  clearTimer(run);
  floor.attempts.delete(run.id);
  run.campaign.attempts.delete(run);
  floor.wake();
}
