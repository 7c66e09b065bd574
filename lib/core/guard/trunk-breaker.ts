/*
 * A trunk that is down fails every call in milliseconds: without a breaker the base is burnt through it at full speed. Few
 * calls wait for a sign of life while none has come lately; several failures in a row rest the trunk, and single calls try
 * it, ever more rarely, until one gets through or a person must look. Times are of a clock that never jumps, ms.
 */

/** What is known of a trunk's failures. */
export interface TrunkBreaker {
  /** The last calls that said anything: true where the trunk failed them. */
  recent: boolean[];
  /** Failures since the last sign of life. */
  inARow: number;
  /** When a call last reached the network; null: none has yet. */
  aliveAt: number | null;
  /** Set while the trunk rests: when one call may try it. */
  tryAt: number | null;
  /** Tries that failed. */
  tries: number;
}

const LOOKED_AT = 8;
const TRIPS_AT = 5;
const FIRST_TRY_MS = 15_000;
/** Each try waits twice as long as the one before, so these reach over almost eight minutes. */
const MOST_TRIES = 5;
/** So many calls at once may wait for their first sign where none came lately. */
const UNPROVEN_AT_ONCE = 4;
const ALIVE_FOR_MS = 10_000;

/** A failure of the network in less than this is the trunk's, not the callee's operator's. */
export const FAST_FAILURE_MS = 2_000;

/** A trunk nobody has called through yet. */
export function createTrunkBreaker(): TrunkBreaker {
  return { recent: [], inARow: 0, aliveAt: null, tryAt: null, tries: 0 };
}

/** A call placed at `placedAt` reached the network: it rang, was answered or refused by the far side. */
export function noteAlive(breaker: TrunkBreaker, placedAt: number, now: number): void {
  // What was placed before the trunk rested says nothing of it now.
  if (breaker.tryAt !== null && placedAt < breaker.tryAt) return;
  if (breaker.tryAt !== null) breaker.recent = [];
  Object.assign(breaker, { inARow: 0, aliveAt: now, tryAt: null, tries: 0 });
  push(breaker.recent, false);
}

/** A call placed at `placedAt` failed on the trunk. */
export function noteFailed(breaker: TrunkBreaker, placedAt: number, now: number): void {
  if (breaker.tryAt !== null) {
    if (placedAt < breaker.tryAt) return;
    breaker.tries += 1;
    breaker.inARow += 1;
    breaker.tryAt = now + FIRST_TRY_MS * 2 ** breaker.tries;
    return;
  }
  breaker.inARow += 1;
  push(breaker.recent, true);
  if (breaker.recent.filter((failed) => failed).length >= TRIPS_AT) breaker.tryAt = now + FIRST_TRY_MS;
}

/** The PBX says that the trunk is there again: it is tried at once. */
export function noteBack(breaker: TrunkBreaker, now: number): void {
  if (breaker.tryAt !== null) breaker.tryAt = Math.min(breaker.tryAt, now);
}

/** How many calls more the trunk may get now, while `waiting` wait for their first sign. */
export function callsAllowed(breaker: TrunkBreaker, waiting: number, now: number): number {
  const { tryAt, inARow, aliveAt } = breaker;
  if (isGivenUp(breaker)) return 0;
  if (tryAt !== null) return waiting === 0 && now >= tryAt ? 1 : 0;
  if (inARow < 2 && aliveAt !== null && now - aliveAt < ALIVE_FOR_MS) return Infinity;
  return Math.max(0, Math.min(UNPROVEN_AT_ONCE, TRIPS_AT - inARow) - waiting);
}

/** Whether every try failed, so that a person must look. */
export function isGivenUp({ tries }: TrunkBreaker): boolean {
  return tries >= MOST_TRIES;
}

function push(recent: boolean[], failed: boolean): void {
  recent.push(failed);
  if (recent.length > LOOKED_AT) recent.shift();
}
