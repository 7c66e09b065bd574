import { parseArgs } from 'node:util';
import { seededRandom } from '../../lib/sim/random.ts';
import { wrongWith } from './judge.ts';
import { nextSample } from './spellings.ts';

/*
 * npm run fuzz: generated inputs against an oracle written from the number plan. `-- --count N --seed S`; the same seed
 * gives the same inputs.
 */

const { values } = parseArgs({
  options: { count: { type: 'string', default: '10000000' }, seed: { type: 'string', default: '1' } },
});
const count = Number(values.count);
const random = seededRandom(Number(values.seed));
const startedMs = performance.now();
const byKind = new Map<string, { tried: number; wrong: number }>();
let shown = 0;
for (let i = 0; i < count; i++) {
  const sample = nextSample(random);
  const tally = byKind.get(sample.kind) ?? { tried: 0, wrong: 0 };
  byKind.set(sample.kind, tally);
  tally.tried += 1;
  const wrong = wrongWith(sample);
  if (wrong === null) continue;
  tally.wrong += 1;
  if ((shown += 1) <= 20) console.log(`input ${i}, ${sample.kind}: ${JSON.stringify(sample.text)} ${wrong}`);
}
for (const [kind, { tried, wrong }] of byKind) {
  console.log(`${String(tried).padStart(10)}  ${kind}${wrong === 0 ? '' : `: ${wrong} wrong`}`);
}
const wrong = [...byKind.values()].reduce((sum, tally) => sum + tally.wrong, 0);
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
console.log(
  `${count.toLocaleString('en')} inputs, ${wrong.toLocaleString('en')} accepted wrongly or judged wrongly, ${seconds} s, seed ${values.seed}`,
);
if (wrong > 0) process.exitCode = 1;
