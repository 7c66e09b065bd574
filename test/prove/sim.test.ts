import t from 'tap';
import { runStorm } from './lives/storm.ts';

/** The whole is `npm run prove:sim -- --seeds 100000`. */
const SEEDS = 120;
const from = 1;

void t.test('whatever goes wrong, and whenever, no invariant is broken', async (t) => {
  let calls = 0;
  let daemons = 0;
  let faults = 0;
  for (let seed = from; seed < from + SEEDS; seed += 1) {
    const found = await runStorm(seed);
    t.strictSame(found.breaches, [], `seed ${seed}: npm run prove:sim -- --seed ${seed} --trace`);
    calls += found.placed;
    daemons += found.lives;
    faults += found.faults.length;
  }
  t.ok(calls > SEEDS && daemons > SEEDS && faults > SEEDS, `${calls} calls, ${daemons} daemons, ${faults} faults`);
});

void t.test('a seed is the same shift each time it is run, to the last event', async (t) => {
  for (const seed of [7, 11, 420]) {
    const first = await runStorm(seed, { trace: true });
    const second = await runStorm(seed, { trace: true });
    t.ok(first.trace.length > 20);
    t.strictSame(second.trace, first.trace, `seed ${seed}`);
  }
});
