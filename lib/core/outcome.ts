import { refusedUnrung, USUAL_REFUSAL, type RefusalRules } from './blocked.ts';

/**
 * How an attempt ended, in the closed list that retry rules, reports and statistics read.
 *
 * - `talked`: bridged to an agent.
 * - `abandoned`: answered by a person, no agent within the limit (or the person gave up first).
 * - `opted-out`: the person asked never to be called again.
 * - `machine`: an answering machine, by the agent's mark.
 * - `busy`, `no-answer`, `unallocated`, `declined` (403/603 after ringing, or late), `unwanted` (607: somebody said so),
 *   `blocked` (the network refused before the phone could ring; 608, which is the network's own word, at any time),
 *   `unreachable` (480 from the network), `invalid-number` (484/410 and kin), `congestion` (network overload).
 * - `trunk-failure`: our own side; the callee was never reached and is not charged.
 * - `cancelled`: we hung up before the answer.
 * - `not-placed`: the PBX never took the originate. `unknown`: nobody can know; counts for every cap.
 */
export const DISPOSITIONS = [
  'talked',
  'abandoned',
  'opted-out',
  'machine',
  'busy',
  'no-answer',
  'unallocated',
  'declined',
  'unwanted',
  'blocked',
  'unreachable',
  'invalid-number',
  'congestion',
  'trunk-failure',
  'cancelled',
  'not-placed',
  'unknown',
] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** What is known of an attempt when its channel is gone. */
export interface Ending {
  /** Q.850 cause; null when the PBX gave none. */
  readonly cause: number | null;
  /** Final SIP code (`tech_cause`); null when the PBX gave none. */
  readonly sipCode: number | null;
  /** Ringing or early media was seen. */
  readonly rang: boolean;
  readonly answered: boolean;
  readonly bridged: boolean;
  /** The far side ended it (a hang-up request was seen), as opposed to our own time-out or hang-up. */
  readonly byFarSide: boolean;
  /** We asked for the hang-up before any answer. */
  readonly cancelled: boolean;
  readonly optedOut: boolean;
  /** What the agent heard; null: a person, or nobody said. */
  readonly mark: Mark | null;
  /** From the originate to the end, ms; null: nobody heard the end as it came, so its time says nothing. */
  readonly afterMs: number | null;
}

/** What an agent may mark a talk as, before its end. */
export type Mark = 'machine';

/** SIP code first: Asterisk folds 403, 603 into cause 21 and 607, 608 into 127 (measured on 22.10). */
const BY_SIP: Readonly<Record<number, Disposition>> = {
  401: 'trunk-failure',
  403: 'declined',
  404: 'unallocated',
  407: 'trunk-failure',
  408: 'trunk-failure',
  410: 'invalid-number',
  480: 'unreachable',
  484: 'invalid-number',
  486: 'busy',
  500: 'congestion',
  502: 'congestion',
  503: 'congestion',
  504: 'congestion',
  600: 'busy',
  603: 'declined',
  604: 'unallocated',
  607: 'unwanted',
  608: 'blocked',
};

/** Q.850 cause, for a PBX that gives no SIP code. */
const BY_CAUSE: Readonly<Record<number, Disposition>> = {
  1: 'unallocated',
  17: 'busy',
  18: 'no-answer',
  19: 'no-answer',
  20: 'unreachable',
  21: 'declined',
  22: 'invalid-number',
  27: 'congestion',
  28: 'invalid-number',
  34: 'congestion',
  38: 'congestion',
  41: 'congestion',
  42: 'congestion',
  102: 'congestion',
  // Asterisk's number for 607, 608 and whatever else it has none for: not a reason to try again.
  127: 'declined',
};

/** What our own ring time-out, or a trunk that never replies, looks like in numbers. */
const MAYBE_OURS: ReadonlySet<Disposition | undefined> = new Set([
  undefined,
  'no-answer',
  'unreachable',
  'trunk-failure',
]);

/**
 * Decides the disposition. Our own ring time-out and a network's 480 carry the same numbers (19/480); only the far
 * side's hang-up request tells them apart, and "no answer" needs ringing seen: without it the trunk never replied.
 * Other numbers are the far side's whether its request was heard or fell into a gap. Who refused, the network or the
 * person, is told by the time and by ringing.
 */
export function dispositionOf(ending: Ending, rules: RefusalRules = USUAL_REFUSAL): Disposition {
  if (ending.optedOut) return 'opted-out';
  if (ending.mark !== null) return ending.mark;
  if (ending.bridged) return 'talked';
  if (ending.answered) return 'abandoned';
  if (ending.cancelled) return 'cancelled';
  const bySip = ending.sipCode === null ? undefined : BY_SIP[ending.sipCode];
  const byCause = ending.cause === null ? undefined : BY_CAUSE[ending.cause];
  const byNumbers = bySip ?? byCause;
  if (byNumbers === 'declined') return refusalOf(ending, rules);
  const silence = ending.rang ? 'no-answer' : 'trunk-failure';
  if (!ending.byFarSide && MAYBE_OURS.has(byNumbers)) return silence;
  return byNumbers === undefined || byNumbers === 'no-answer' ? silence : byNumbers;
}

function refusalOf({ rang, ...ending }: Ending, rules: RefusalRules): Disposition {
  const unrung = rang ? null : refusedUnrung(ending, rules);
  if (unrung === 'own-trunk') return 'trunk-failure';
  return unrung === null ? 'declined' : 'blocked';
}
