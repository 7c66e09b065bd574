import type { Table } from './machine.ts';

declare const attemptId: unique symbol;

/** `at-` and a time-ordered id; also the PBX channel's id, so that a restarted daemon finds its own calls. */
export type AttemptId = string & { readonly [attemptId]: true };

/**
 * - `planned`: ALLOW verdict and attempt committed, originate not yet accepted. A crash leaves it here: the PBX is asked.
 * - `in-doubt`: the PBX did not say whether it took the originate; the number stays locked until known.
 * - `dialing`: accepted. `ringing`: the callee's side rings or sends early media.
 * - `answered`: picked up, waits for an agent for at most the abandonment limit.
 * - `bridging`: an agent is reserved. `talking`: callee and agent hear each other.
 * - `abandoning`: no agent within the limit; the message plays.
 * - `confirming`: the opt-out is committed; its confirmation plays.
 * - `ending`: hang-up asked for. `ended`: outcome known. `lost`: nobody can know; counts for every cap.
 */
export type AttemptState =
  | 'planned'
  | 'in-doubt'
  | 'dialing'
  | 'ringing'
  | 'answered'
  | 'bridging'
  | 'talking'
  | 'abandoning'
  | 'confirming'
  | 'ending'
  | 'ended'
  | 'lost';

export type AttemptEvent =
  | 'originated'
  | 'originate-refused'
  | 'originate-unclear'
  | 'rang'
  | 'answered'
  | 'agent-reserved'
  | 'bridged'
  | 'agent-failed'
  | 'agent-left'
  | 'waited-out'
  | 'message-played'
  | 'opted-out'
  | 'cancel'
  | 'hung-up'
  | 'vanished';

const over = { 'hung-up': 'ended', vanished: 'lost' } as const;

export const attemptTable = {
  planned: {
    ...over,
    originated: 'dialing',
    'originate-refused': 'ended',
    'originate-unclear': 'in-doubt',
    rang: 'ringing',
    answered: 'answered',
    cancel: 'ending',
  },
  'in-doubt': { ...over, originated: 'dialing', rang: 'ringing', answered: 'answered', cancel: 'ending' },
  dialing: { ...over, rang: 'ringing', answered: 'answered', cancel: 'ending' },
  ringing: { ...over, answered: 'answered', cancel: 'ending' },
  answered: {
    ...over,
    'agent-reserved': 'bridging',
    'waited-out': 'abandoning',
    'opted-out': 'confirming',
    cancel: 'ending',
  },
  bridging: { ...over, bridged: 'talking', 'agent-failed': 'answered', 'opted-out': 'confirming', cancel: 'ending' },
  talking: { ...over, 'agent-left': 'ending', 'opted-out': 'confirming', cancel: 'ending' },
  abandoning: { ...over, 'message-played': 'ending', 'opted-out': 'confirming', cancel: 'ending' },
  confirming: { ...over, 'message-played': 'ending', cancel: 'ending' },
  ending: { ...over },
  ended: {},
  lost: {},
} as const satisfies Table<AttemptState, AttemptEvent>;

/** States in which the callee may be rung or talking: the number is locked. */
export function isLive(state: AttemptState): boolean {
  return state !== 'ended' && state !== 'lost';
}
