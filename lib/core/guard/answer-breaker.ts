/*
 * A trunk that answers everything (false supervision, a carrier's own machine) bills each call, abandons people who are
 * none, and lets agents listen to silence. No base is answered so fast, or so completely and so briefly.
 */

/** What is known of a trunk's answers. */
export interface AnswerBreaker {
  /** From the originate to the answer, ms, of the last answers. */
  delays: number[];
  /** The last calls that ended: how long they lasted from the answer on, ms; null: nobody answered. */
  ends: (number | null)[];
}

/** No phone is found, rung and picked up faster. */
export const INSTANT_MS = 300;
const ANSWERS = 10;
const INSTANT_ANSWERS = 8;
const CALLS = 20;
/** Nobody is told anything in less. */
const BRIEF_MS = 3_000;
const BRIEF_CALLS = 15;

/** Nothing known yet. */
export function createAnswerBreaker(): AnswerBreaker {
  return { delays: [], ends: [] };
}

/** A call was answered so long after it was asked for. */
export function noteAnswer({ delays }: AnswerBreaker, delayMs: number): void {
  delays.push(delayMs);
  if (delays.length > ANSWERS) delays.shift();
}

/** A call ended; `lastedMs` from its answer on, null: nobody answered. Calls we called off ourselves are not told. */
export function noteEnd({ ends }: AnswerBreaker, lastedMs: number | null): void {
  ends.push(lastedMs);
  if (ends.length > CALLS) ends.shift();
}

/** What is not to be believed about the answers, as a sentence; null: nothing. */
export function implausible({ delays, ends }: AnswerBreaker): string | null {
  const instant = delays.filter((delay) => delay < INSTANT_MS).length;
  if (instant >= INSTANT_ANSWERS) {
    return `${instant} of the last ${delays.length} answers came within ${INSTANT_MS} ms, before any phone could ring`;
  }
  const answered = ends.filter((lasted) => lasted !== null);
  const brief = answered.filter((lasted) => lasted < BRIEF_MS).length;
  if (answered.length === CALLS && brief >= BRIEF_CALLS) {
    return `all of the last ${CALLS} calls were answered, and ${brief} of them lasted less than ${BRIEF_MS / 1_000} s`;
  }
  return null;
}
