import { parseArgs } from 'node:util';
import { createPacer } from '../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING } from '../../lib/core/pacing/settings.ts';
import { markovScenario, MARKOV_FLOORS } from '../../lib/sim/optimum/floor.ts';
import { optimum } from '../../lib/sim/optimum/optimum.ts';
import { simulateShift } from '../../lib/sim/shift.ts';

/*
 * npm run bench:optimum: the pacer against the best that any pacing can do, on floors where that can be computed.
 *
 * The optimum knows every rate in advance and has been at work for ever; the pacer starts cold each day. "Share" is the
 * pacer's talk ÷ the optimum's at the abandonment the pacer came out with, so that neither thrift nor overspending
 * flatters it; "of target" is its talk ÷ the optimum's at the full target.
 */
const GOAL = 0.98;

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: '3' },
    seeds: { type: 'string', default: '16' },
    hours: { type: 'string', default: '8' },
    from: { type: 'string', default: '1' },
  },
});
const [target, seeds, hours, from] = [
  Number(values.target) / 100,
  Number(values.seeds),
  Number(values.hours),
  Number(values.from),
];

console.log(
  `Target ${values.target} % abandoned; ${seeds} seeds from ${from}, ${hours} h each from a cold start; ± 95 %.\n`,
);
console.log(
  'floor               optimum %  price s    pacer talk %  abandoned %   optimum there %   share %  of target %',
);

let [least, most] = [Infinity, 0];
for (const { name, floor } of MARKOV_FLOORS) {
  const scenario = markovScenario(floor, hours * 3600);
  const settings = {
    ...DEFAULT_PACING,
    target,
    limit: Math.max(target, DEFAULT_PACING.limit),
    graceMs: 0,
    ringTimeoutMs: 12 * floor.ringMs,
  };
  const talks: number[] = [];
  let [answers, abandoned] = [0, 0];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const shift = simulateShift({ scenario, seed, pacer: () => createPacer(settings) });
    talks.push(shift.talkUtilisation);
    answers += shift.answers;
    abandoned += shift.abandoned;
  }
  const talk = talks.reduce((sum, one) => sum + one, 0) / seeds;
  const spread = Math.sqrt(talks.reduce((sum, one) => sum + (one - talk) ** 2, 0) / Math.max(1, seeds - 1));
  const rate = abandoned / answers;
  const best = optimum(floor, target);
  const there = optimum(floor, Math.max(rate, 1e-4));
  const share = talk / there.talkShare;
  least = Math.min(least, share);
  most = Math.max(most, rate);
  console.log(
    name.padEnd(20),
    percent(best.talkShare).padStart(8),
    (best.priceMs / 1000).toFixed(0).padStart(8),
    `${percent(talk)} ±${percent((1.96 * spread) / Math.sqrt(seeds))}`.padStart(15),
    percent(rate).padStart(12),
    percent(there.talkShare).padStart(17),
    percent(share).padStart(9),
    percent(talk / best.talkShare).padStart(12),
  );
}
const reached = least >= GOAL && most <= target;
console.log(
  `\nLeast share ${percent(least)} %, most abandoned ${percent(most)} %: the goal (${100 * GOAL} %, within the target) is ${reached ? 'reached' : 'missed'}.`,
);
if (!reached) process.exitCode = 1;

function percent(share: number): string {
  return (100 * share).toFixed(2);
}
