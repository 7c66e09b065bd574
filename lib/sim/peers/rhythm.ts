import type { PacingDecision, PacingLimit, PacingSnapshot } from '../../core/pacing/contract.ts';

/** Tells whether a loop with a period of its own is due; it runs at once when first asked. */
export type Rhythm = { due(now: number): boolean; nextAt(): number };

/** A loop every `periodMs`. Late or after a leap of the clock it runs once and keeps its beat. */
export function every(periodMs: number): Rhythm {
  let next = -Infinity;
  return {
    due(now) {
      // A clock set back must not silence the loop.
      if (next - now > periodMs) next = now;
      if (now < next) return false;
      next = now - next < periodMs ? next + periodMs : now + periodMs;
      return true;
    },
    nextAt: () => next,
  };
}

/** What a peer wants, cut to whole calls, the channels and the rate. */
export function place(
  snapshot: PacingSnapshot,
  wanted: number,
  why: { readonly limit: PacingLimit; readonly sentence: string; readonly numbers: Readonly<Record<string, number>> },
  wakeAtMs?: number,
): PacingDecision {
  const { now, channelsFree, rateAllows } = snapshot;
  const whole = Math.max(0, Math.floor(wanted));
  const originate = Math.max(0, Math.min(whole, channelsFree, rateAllows));
  const limit = originate === whole ? why.limit : channelsFree <= rateAllows ? 'channels' : 'rate';
  return { at: now, originate, why: { ...why, limit }, ...(wakeAtMs === undefined ? {} : { wakeAtMs }) };
}

/** How many agents are in each state a peer tells apart, and how many calls. */
export interface Heads {
  readonly available: number;
  /** With a caller, or being given one. */
  readonly withCaller: number;
  readonly loggedIn: number;
  /** Dialing, ringing or in machine detection. */
  readonly unanswered: number;
  readonly waiting: number;
  readonly talking: number;
}

/** Counts heads. */
export function countHeads({ agents, calls }: PacingSnapshot): Heads {
  const heads = { available: 0, withCaller: 0, loggedIn: 0, unanswered: 0, waiting: 0, talking: 0 };
  for (const { state } of agents) {
    if (state === 'offline' || state === 'connecting') continue;
    heads.loggedIn += 1;
    if (state === 'available') heads.available += 1;
    else if (state !== 'paused' && state !== 'wrap-up') heads.withCaller += 1;
  }
  for (const { state } of calls) {
    if (state === 'waiting' || state === 'talking') heads[state] += 1;
    else heads.unanswered += 1;
  }
  return heads;
}
