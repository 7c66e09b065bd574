import type { AttemptId } from './attempt.ts';
import type { Table } from './machine.ts';

declare const inboundId: unique symbol;

/** `in-` and what an attempt's id has behind its `at-`: a call of a person who called us. */
export type InboundId = string & { readonly [inboundId]: true };

/** A call that may be a talk, whoever called whom. */
export type TalkId = AttemptId | InboundId;

/** Whether he called us. */
export function isInbound(id: TalkId): id is InboundId {
  return id.startsWith('in-');
}

/**
 * - `arrived`: he waits, for no longer than it takes to see who is free. After a crash he is seen to first.
 * - `bridging`: an agent is reserved for him. `talking`: he and the agent hear each other; the talk outlives a crash.
 * - `leaving`: he hears a message, or nothing, and is hung up. `ended`: he is gone.
 */
export type CallerState = 'arrived' | 'bridging' | 'talking' | 'leaving' | 'ended';

export type CallerEvent = 'agent-reserved' | 'bridged' | 'agent-failed' | 'dismissed' | 'hung-up';

export const callerTable = {
  arrived: { 'agent-reserved': 'bridging', dismissed: 'leaving', 'hung-up': 'ended' },
  bridging: { bridged: 'talking', 'agent-failed': 'arrived', dismissed: 'leaving', 'hung-up': 'ended' },
  talking: { dismissed: 'leaving', 'hung-up': 'ended' },
  leaving: { dismissed: 'leaving', 'hung-up': 'ended' },
  ended: {},
} as const satisfies Table<CallerState, CallerEvent>;
