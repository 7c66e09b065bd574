/*
 * The share of originates our own trunk loses. Believed slowly, forgotten fast: while a trunk is dead there is little to
 * gain by dialing more, and when it comes back all that was dialed into it rings at once.
 */

/** What is known of the trunk. */
export interface TrunkHealth {
  fastLost: number;
  fastAll: number;
  slowLost: number;
  slowAll: number;
}

const FAST_CALLS = 25;
const SLOW_CALLS = 250;
/** Never taken for wholly dead. */
const MOST_LOST = 0.9;

/** A trunk taken for sound. */
export function createTrunkHealth(): TrunkHealth {
  return { fastLost: 0, fastAll: 5, slowLost: 0, slowAll: 50 };
}

/** One originate reached the network, or was lost on our side. */
export function notePlaced(health: TrunkHealth, lost: boolean): void {
  health.fastLost += (lost ? 1 : 0) - health.fastLost / FAST_CALLS;
  health.fastAll += 1 - health.fastAll / FAST_CALLS;
  health.slowLost += (lost ? 1 : 0) - health.slowLost / SLOW_CALLS;
  health.slowAll += 1 - health.slowAll / SLOW_CALLS;
}

/** The share of originates to be taken for lost. */
export function lostShare(health: TrunkHealth): number {
  return Math.min(MOST_LOST, health.fastLost / health.fastAll, health.slowLost / health.slowAll);
}
