import { optOutIn } from '../core/opt-out.ts';
import { askedFor, moveAgent } from './agents.ts';
import { answer, dropLeg, end, hangUp, moveAttempt } from './attempt-run.ts';
import { hearCaller } from './callers.ts';
import type { Floor } from './floor.ts';
import { hearKey } from './result-keys.ts';
import { optOut } from './opt-outs.ts';
import { GLOBAL_OPT_OUT } from '../store/opt-outs.ts';
import type { PbxEvent } from './pbx.ts';

/** Events of calls and agents' legs; those of the connection itself are the engine's. */
export type LegEvent = Extract<PbxEvent, { attempt: unknown } | { agent: unknown } | { caller: unknown }>;

/** What the dialer does on hearing of a call or a leg. Duplicates and late events move nothing. */
export function hear(floor: Floor, event: LegEvent): void {
  switch (event.type) {
    case 'agent.up': {
      const agent = floor.agents.get(event.agent);
      if (agent !== undefined && agent.state === 'connecting') moveAgent(floor, agent, 'leg-up');
      return;
    }
    case 'agent.down': {
      const agent = floor.agents.get(event.agent);
      if (agent === undefined || agent.state === 'offline') return;
      floor.log.info({ agent: agent.id, reason: event.reason }, 'agent leg down');
      if (agent.state !== 'leaving') agent.dropped = { at: event.at, onUp: askedFor(agent) };
      dropLeg(floor, agent);
      return;
    }
    case 'agent.digit': {
      const agent = floor.agents.get(event.agent);
      if (agent !== undefined) hearKey(floor, agent, event.digit);
      return;
    }
    case 'caller.arrived':
    case 'caller.digit':
    case 'caller.hung-up':
      hearCaller(floor, event);
      return;
    default:
      hearAttempt(floor, event);
  }
}

function hearAttempt(floor: Floor, event: Extract<PbxEvent, { attempt: unknown }>): void {
  const run = floor.attempts.get(event.attempt);
  if (run === undefined) return;
  // Asterisk made the channel after our hang-up had looked for it.
  if (run.state === 'ending' && (event.type === 'attempt.rang' || event.type === 'attempt.answered')) {
    hangUp(floor, run);
  }
  switch (event.type) {
    case 'attempt.rang':
      if (run.rangAt === null && run.answeredAt === null) {
        moveAttempt(floor, run, 'rang', {
          rang_at: event.at,
          ...(event.sipCallId === null ? {} : { sip_call_id: event.sipCallId }),
        });
      }
      return;
    case 'attempt.answered':
      if (run.answeredAt === null) answer(floor, run, event.at, event.sipCallId);
      return;
    case 'attempt.digit':
      if (optOutIn(event.digit, run.campaign.spec.optOutDigit) === 'opted-out' && run.optedOutAt === null) {
        optOut(floor, run.phone, { ...GLOBAL_OPT_OUT, source: 'dtmf', attempt: run.id }, run);
      }
      return;
    case 'attempt.message-played':
      if (run.state === 'abandoning' || run.state === 'confirming') moveAttempt(floor, run, 'message-played');
      return;
    case 'attempt.hung-up':
      end(floor, run, event, 'event', event.at);
      return;
  }
}
