/*
 * The share of originates our own trunk loses. Believed slowly, forgotten fast: while a trunk loses calls there is little
 * to gain by dialing more, and when it recovers all that was dialed into it rings at once.
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
const MOST_LOST = 0.9;
/** Lost in good times. */
const USUAL_SHARE = 0.05;
/** Of the last calls; some 75 in a row after good times. */
const DEAD_SHARE = 0.96;

/** A trunk taken for sound. */
export function createTrunkHealth(): TrunkHealth {
  return { fastLost: 0, fastAll: 5, slowLost: 0, slowAll: 50 };
}

/** One originate reached the network, or was lost on our side. */
export function notePlaced(health: TrunkHealth, lost: boolean): void {
  const miss = lost ? 1 : 0;
  health.fastLost += miss - health.fastLost / FAST_CALLS;
  health.fastAll += 1 - health.fastAll / FAST_CALLS;
  if (isDead(health)) {
    // What a dead trunk loses says nothing of what it will lose once it lets calls through again.
    health.slowLost = Math.min(health.slowLost, USUAL_SHARE * health.slowAll);
    return;
  }
  health.slowLost += miss - health.slowLost / SLOW_CALLS;
  health.slowAll += 1 - health.slowAll / SLOW_CALLS;
}

/** Next to nothing gets through: a call now and then tries it, no more. */
export function isDead({ fastLost, fastAll }: TrunkHealth): boolean {
  return fastLost > DEAD_SHARE * fastAll;
}

/** The share of originates to be taken for lost. */
export function lostShare({ fastLost, fastAll, slowLost, slowAll }: TrunkHealth): number {
  return Math.min(MOST_LOST, fastLost / fastAll, slowLost / slowAll);
}
