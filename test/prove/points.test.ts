import t from 'tap';
import { ENDS, runPoint } from './lives/points.ts';

/** The whole is `npm run prove:points`; each test run takes other effects of the same list. */
const EVERY = 24;

void t.test('killed before or after an effect, or told that it failed, a daemon breaks no invariant', async (t) => {
  const plain = await runPoint(null);
  t.strictSame(plain.breaches, [], 'undisturbed');
  t.ok(plain.effects > 300 && plain.placed > 30, `${plain.effects} effects, ${plain.placed} calls`);
  for (let effect = 3; effect < plain.effects; effect += EVERY) {
    const end = ENDS[((effect / EVERY) | 0) % ENDS.length] ?? 'die-before';
    const found = await runPoint({ effect, end });
    t.strictSame(found.breaches, [], `effect ${effect}, ${found.name ?? 'never reached'}, ${end}`);
    t.ok(found.lives > 1 && found.name !== null, `effect ${effect} was reached`);
  }
});

void t.test(
  'an agent whose phone was being called when the daemon died is called again, and ready as he asked',
  async (t) => {
    let effect = 0;
    while ((await runPoint({ effect, end: 'die-before' })).name !== 'connectAgent') effect += 1;
    for (const end of ['die-before', 'die-after'] as const) {
      const found = await runPoint({ effect, end });
      t.equal(found.name, 'connectAgent');
      t.strictSame(found.breaches, [], end);
    }
  },
);
