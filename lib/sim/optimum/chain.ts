/**
 * A floor where every duration is exponential, so that its optimum can be computed: an originate ends after a mean of
 * `ringMs`, answered or not; a person who answers takes an idle agent at once or is abandoned at once.
 */
export interface MarkovFloor {
  readonly agents: number;
  /** Probability that an originate is answered by a person. */
  readonly answerRate: number;
  readonly ringMs: number;
  readonly talkMs: number;
  /** 0: the agent is idle as soon as the talk ends. */
  readonly wrapUpMs: number;
}

/** Up to how many calls shall ring with so many agents talking and in wrap-up and `ringing` calls under way. */
export type RingUpTo = (talking: number, wrappingUp: number, ringing: number) => number;

/** What a policy brings in the long run, exactly. */
export interface LongRun {
  /** Talking agents ÷ agents. */
  readonly talkShare: number;
  readonly occupancy: number;
  readonly abandonRate: number;
  /** Answers and abandonments per ms. */
  readonly answersPerMs: number;
  readonly abandonsPerMs: number;
}

/**
 * The floor's Markov chain, uniformised and cut off at `maxRinging` calls. A crew is a pair (talking, wrapping up);
 * state number = crew × (maxRinging + 1) + ringing.
 */
export interface Chain {
  readonly floor: MarkovFloor;
  readonly maxRinging: number;
  readonly crews: readonly Crew[];
  readonly crewAt: (talking: number, wrappingUp: number) => number;
  /** Steps of the uniformised chain per ms. */
  readonly stepsPerMs: number;
}

interface Crew {
  readonly talking: number;
  readonly wrappingUp: number;
  /** Chances per step, and the crews after them. */
  readonly talkEnds: number;
  readonly afterTalk: number;
  readonly wrapUpEnds: number;
  readonly afterWrapUp: number;
  /** The crew after an answer; itself when nobody is idle, and then the answer is abandoned. */
  readonly afterAnswer: number;
}

/** Builds the chain of a floor. */
export function buildChain(floor: MarkovFloor, maxRinging: number): Chain {
  const { agents, ringMs, talkMs, wrapUpMs } = floor;
  const width = wrapUpMs > 0 ? agents + 1 : 1;
  const pairs: [number, number][] = [];
  const numbers = new Map<number, number>();
  for (let talking = 0; talking <= agents; talking += 1) {
    for (let wrappingUp = 0; wrappingUp < width && talking + wrappingUp <= agents; wrappingUp += 1) {
      numbers.set(talking * width + wrappingUp, pairs.length);
      pairs.push([talking, wrappingUp]);
    }
  }
  const crewAt = (talking: number, wrappingUp: number): number => {
    const number = numbers.get(talking * width + wrappingUp);
    if (number === undefined) throw new RangeError(`no crew with ${talking} talking and ${wrappingUp} wrapping up`);
    return number;
  };
  const fastest = wrapUpMs > 0 ? Math.min(talkMs, wrapUpMs) : talkMs;
  const stepsPerMs = maxRinging / ringMs + agents / fastest;
  const crews = pairs.map(([talking, wrappingUp], own) => ({
    talking,
    wrappingUp,
    talkEnds: talking / talkMs / stepsPerMs,
    afterTalk: talking === 0 ? own : crewAt(talking - 1, wrapUpMs > 0 ? wrappingUp + 1 : 0),
    wrapUpEnds: wrappingUp === 0 ? 0 : wrappingUp / wrapUpMs / stepsPerMs,
    afterWrapUp: wrappingUp === 0 ? own : crewAt(talking, wrappingUp - 1),
    afterAnswer: talking + wrappingUp === agents ? own : crewAt(talking + 1, wrappingUp),
  }));
  return { floor, maxRinging, crews, crewAt, stepsPerMs };
}

/** A policy as a table over the chain's states: up to how many calls shall ring. */
export function tabulate(chain: Chain, ringUpTo: RingUpTo): Int32Array {
  const width = chain.maxRinging + 1;
  const table = new Int32Array(chain.crews.length * width);
  chain.crews.forEach(({ talking, wrappingUp }, crew) => {
    for (let ringing = 0; ringing < width; ringing += 1) {
      const upTo = ringUpTo(talking, wrappingUp, ringing);
      table[crew * width + ringing] = Math.max(ringing, Math.min(chain.maxRinging, upTo));
    }
  });
  return table;
}

/** A hundred times what the floors of the tests take. */
const MOST_STEPS = 2_000_000;

/** The long run of a policy, from its stationary distribution; `tolerance` is of probability per mean talk time. */
export function longRun(chain: Chain, policy: Int32Array, tolerance = 1e-9): LongRun {
  const { floor, crews, maxRinging, stepsPerMs } = chain;
  const width = maxRinging + 1;
  const ringEnds = 1 / floor.ringMs / stepsPerMs;
  let now = new Float64Array(crews.length * width);
  let next = new Float64Array(now.length);
  now[policy[chain.crewAt(0, 0) * width] ?? 0] = 1;
  const stepsPerCheck = Math.ceil(floor.talkMs * stepsPerMs);
  for (let step = 1; step <= MOST_STEPS; step += 1) {
    next.fill(0);
    crews.forEach((crew, number) => {
      for (let ringing = 0; ringing < width; ringing += 1) {
        const weight = now[number * width + ringing] as number;
        if (weight === 0) continue;
        const ends = ringing * ringEnds;
        const give = (to: number, left: number, chance: number): void => {
          const at = to * width + left;
          const after = to * width + (policy[at] as number);
          next[after] = (next[after] as number) + weight * chance;
        };
        if (crew.talkEnds > 0) give(crew.afterTalk, ringing, crew.talkEnds);
        if (crew.wrapUpEnds > 0) give(crew.afterWrapUp, ringing, crew.wrapUpEnds);
        if (ends > 0) {
          give(crew.afterAnswer, ringing - 1, ends * floor.answerRate);
          give(number, ringing - 1, ends * (1 - floor.answerRate));
        }
        give(number, ringing, 1 - crew.talkEnds - crew.wrapUpEnds - ends);
      }
    });
    const done = step % stepsPerCheck === 0 && distance(now, next) * stepsPerCheck < tolerance;
    [now, next] = [next, now];
    if (done) return measure(chain, now);
  }
  throw new RangeError(`the chain of ${floor.agents} agents did not settle in ${MOST_STEPS} steps: shorten its times`);
}

function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += Math.abs((a[at] as number) - (b[at] as number));
  return sum;
}

function measure(chain: Chain, distribution: Float64Array): LongRun {
  const { floor, crews, maxRinging } = chain;
  let [talking, busy, answers, abandons] = [0, 0, 0, 0];
  crews.forEach((crew, number) => {
    for (let ringing = 0; ringing <= maxRinging; ringing += 1) {
      const weight = distribution[number * (maxRinging + 1) + ringing] as number;
      const answered = (weight * ringing * floor.answerRate) / floor.ringMs;
      talking += weight * crew.talking;
      busy += weight * (crew.talking + crew.wrappingUp);
      answers += answered;
      if (crew.afterAnswer === number) abandons += answered;
    }
  });
  return {
    talkShare: talking / floor.agents,
    occupancy: busy / floor.agents,
    abandonRate: answers > 0 ? abandons / answers : 0,
    answersPerMs: answers,
    abandonsPerMs: abandons,
  };
}
