import { buildChain, longRun, type Chain, type LongRun, type MarkovFloor, type RingUpTo } from './chain.ts';

/** The best any pacing can do on a Markov floor at a given abandon rate. */
export interface Optimum {
  readonly floor: MarkovFloor;
  readonly target: number;
  /** Of the mixture of `within` and `over` that meets the target exactly. */
  readonly talkShare: number;
  readonly occupancy: number;
  /** How much talk one abandonment more would buy, ms. */
  readonly priceMs: number;
  /** The two optimal policies at that price: just within the target, and just over it. */
  readonly within: OptimalPolicy;
  readonly over: OptimalPolicy;
}

export interface OptimalPolicy {
  readonly ringUpTo: RingUpTo;
  readonly longRun: LongRun;
}

interface Solved extends OptimalPolicy {
  /** Abandonments beyond the target, per ms. */
  readonly excess: number;
  readonly talking: number;
}

/** Bounds, so that a floor out of the ordinary ends in an error and not in an endless search. */
const MOST_TIMES = 16;
const MOST_MULTIPLIER = 1e6;
const MOST_TURNS = 200;
const MOST_SWEEPS = 2_000_000;

/**
 * The exact optimum: the most talk whose abandonments are at most `target` of the answers. Reward is talk less a
 * multiplier times the abandonments beyond the target; each multiplier's best policy is a straight line in the
 * multiplier, and the optimum is where the best line within the target meets the best line over it.
 */
export function optimum(floor: MarkovFloor, target: number): Optimum {
  if (!(target > 0 && target < 1)) throw new RangeError(`target is ${target}, must lie between 0 and 1`);
  const first = Math.ceil(floor.agents / floor.answerRate) + 5;
  for (let maxRinging = first; maxRinging <= MOST_TIMES * first; maxRinging *= 2) {
    const chain = buildChain(floor, maxRinging);
    const found = search(chain, target);
    // A policy that would go beyond the cut-off is not the optimum of the floor itself.
    if (found.over.ringUpTo(0, 0, 0) < maxRinging) return found;
  }
  throw new RangeError(
    `no bounded policy abandons ${target} of the answers of ${floor.agents} agents: lower the target`,
  );
}

function search(chain: Chain, target: number): Optimum {
  const { floor } = chain;
  const values = new Float64Array(chain.crews.length * (chain.maxRinging + 1));
  const at = (multiplier: number): Solved => solve(chain, target, multiplier, values);
  let multiplier = floor.talkMs;
  let within = at(multiplier);
  while (within.excess > 0 && multiplier < MOST_MULTIPLIER * floor.talkMs) within = at((multiplier *= 2));
  let over = at((multiplier /= 2));
  while (over.excess <= 0 && multiplier > floor.talkMs / MOST_MULTIPLIER) {
    within = over;
    over = at((multiplier /= 2));
  }
  if (within.excess > 0 || over.excess <= 0) {
    throw new RangeError(`no policy of up to ${chain.maxRinging} calls meets the target ${target} exactly`);
  }
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    multiplier = (over.talking - within.talking) / (over.excess - within.excess);
    const best = at(multiplier);
    const gain = best.talking - multiplier * best.excess - (within.talking - multiplier * within.excess);
    // Rounding may hide that the line is one we know.
    const known = best.excess <= within.excess || best.excess >= over.excess;
    if (known || gain < floor.agents * 1e-7) break;
    if (best.excess > 0) over = best;
    else within = best;
  }
  const shareWithin = over.excess / (over.excess - within.excess);
  const mix = (of: (run: LongRun) => number): number =>
    shareWithin * of(within.longRun) + (1 - shareWithin) * of(over.longRun);
  return {
    floor,
    target,
    talkShare: mix((run) => run.talkShare),
    occupancy: mix((run) => run.occupancy),
    // From "beyond the target" to plain abandonments: each connection's credit is talk too.
    priceMs: (multiplier * (1 - target)) / (1 + (multiplier * target) / floor.talkMs),
    within,
    over,
  };
}

/** The best policy at a multiplier, by relative value iteration; `values` carries over to the next multiplier. */
function solve(chain: Chain, target: number, multiplier: number, values: Float64Array): Solved {
  const { floor, crews, maxRinging, stepsPerMs } = chain;
  const width = maxRinging + 1;
  const ringEnds = 1 / floor.ringMs / stepsPerMs;
  const best = new Float64Array(values.length);
  const policy = new Int32Array(values.length);
  for (let sweep = 0; ; sweep += 1) {
    if (sweep === MOST_SWEEPS) {
      throw new RangeError(`the optimum of ${floor.agents} agents was not found in ${MOST_SWEEPS} sweeps`);
    }
    // Dialing is free and at once: from any number ringing, the best number at or above it.
    for (let crew = 0; crew < crews.length; crew += 1) {
      let [top, value] = [maxRinging, values[crew * width + maxRinging] as number];
      for (let ringing = maxRinging; ringing >= 0; ringing -= 1) {
        const stay = values[crew * width + ringing] as number;
        if (stay >= value - 1e-12) [top, value] = [ringing, stay];
        best[crew * width + ringing] = value;
        policy[crew * width + ringing] = top;
      }
    }
    let [least, most] = [Infinity, -Infinity];
    const origin = best[0] as number;
    for (let number = 0; number < crews.length; number += 1) {
      const crew = crews[number] as Chain['crews'][number];
      const full = crew.afterAnswer === number;
      const answerReward = -multiplier * ((full ? 1 : 0) - target);
      for (let ringing = 0; ringing < width; ringing += 1) {
        const state = number * width + ringing;
        const ends = ringing * ringEnds;
        const left = Math.max(0, ringing - 1);
        const answered = answerReward + (best[crew.afterAnswer * width + left] as number);
        const missed = best[number * width + left] as number;
        const value =
          crew.talking / stepsPerMs +
          crew.talkEnds * (best[crew.afterTalk * width + ringing] as number) +
          crew.wrapUpEnds * (best[crew.afterWrapUp * width + ringing] as number) +
          ends * (floor.answerRate * answered + (1 - floor.answerRate) * missed) +
          (1 - crew.talkEnds - crew.wrapUpEnds - ends) * (best[state] as number);
        const change = value - (values[state] as number);
        least = Math.min(least, change);
        most = Math.max(most, change);
        values[state] = value - origin;
      }
    }
    if ((most - least) * stepsPerMs < floor.agents * 1e-8) break;
  }
  const run = longRun(chain, policy);
  return {
    longRun: run,
    excess: run.abandonsPerMs - target * run.answersPerMs,
    talking: run.talkShare * floor.agents,
    ringUpTo: (talking, wrappingUp, ringing) => {
      if (ringing >= maxRinging) return ringing;
      return policy[chain.crewAt(talking, wrappingUp) * width + ringing] as number;
    },
  };
}
