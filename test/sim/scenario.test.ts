import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { ObzvonError } from '../../lib/errors.ts';
import { drawMs, type Duration } from '../../lib/sim/model-duration.ts';
import { shareAt } from '../../lib/sim/model.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { loadScenario, REFERENCE_CAMPAIGN, referenceScenario, shippedScenarios } from '../../lib/sim/scenario.ts';
import { createShiftQueue } from '../../lib/sim/shift-queue.ts';
import { readSchema } from '../../lib/validate.ts';

void t.test('every shipped scenario is accepted and bears its file’s name', async (t) => {
  t.ok(shippedScenarios().length >= 16);
  for (const name of shippedScenarios()) t.equal(loadScenario({ name }).name, name);
});

void t.test('what a scenario file leaves out is the reference model', async (t) => {
  const shipped = loadScenario({ name: 'reference-n20' });
  const { name, description } = shipped;
  t.strictSame(JSON.parse(JSON.stringify(shipped)), { ...referenceScenario(20), name, description });
  t.strictSame(shipped.campaigns, [REFERENCE_CAMPAIGN]);
});

const crews = [{ count: 3 }];
const REFUSED: readonly [string, unknown, RegExp][] = [
  ['a probability over 1', { name: 'x', crews, campaigns: [{ answers: 1.2 }] }, /answers/],
  [
    'a negative time',
    { name: 'x', crews, campaigns: [{ talk: { kind: 'fixed', valueS: -3 } }] },
    /campaigns\[0\]\.talk\.valueS: must be at least 0, not -3/,
  ],
  [
    'a log-normal time with both median and mean',
    { name: 'x', crews, campaigns: [{ talk: { kind: 'lognormal', medianS: 3, meanS: 4, sigma: 1 } }] },
    /campaigns\[0\]\.talk: .*either medianS or meanS/,
  ],
  [
    'measured times that go down',
    { name: 'x', crews, campaigns: [{ talk: { kind: 'quantiles', valuesS: [3, 2] } }] },
    /the values of talk must go up/,
  ],
  [
    'a base with a probability for a likeness of nothing',
    { name: 'x', crews, campaigns: [{ base: { groups: [{ count: 5 }], likeness: 0 } }] },
    /base\.likeness: must be at least/,
  ],
  [
    'a zone nobody knows',
    { name: 'x', crews, campaigns: [{ base: { groups: [{ count: 5, zones: ['Europe/Nowhere'] }] } }] },
    /there is no zone Europe\/Nowhere/,
  ],
  [
    'hours that end before they begin',
    {
      name: 'x',
      crews,
      campaigns: [{ base: { groups: [{ count: 5 }], hours: { work: { from: '18:00', to: '09:00' } } } }],
    },
    /base\.hours\.work end before they begin/,
  ],
  ['a kind of time that does not exist', { name: 'x', crews, campaigns: [{ talk: { kind: 'gamma' } }] }, /talk/],
  ['no agents', { name: 'x', crews: [] }, /crews/],
  ['a property nobody knows', { name: 'x', crews, agents: 3 }, /agents/],
  [
    'a share of failures over 1',
    { name: 'x', crews, trunk: { failures: [{ fromS: 0, untilS: 9, share: 2 }] } },
    /share/,
  ],
  ['shares that add up to more than 1', { name: 'x', crews, campaigns: [{ answers: 0.95 }] }, /add up to more than 1/],
  [
    'a crew that ends before it starts',
    { name: 'x', crews: [{ count: 1, fromS: 60, untilS: 30 }] },
    /ends before it starts/,
  ],
  ['two campaigns of one name', { name: 'x', crews, campaigns: [{}, {}] }, /two campaigns are called reference/],
  [
    'points that go back in time',
    {
      name: 'x',
      crews,
      campaigns: [
        {
          answers: {
            between: 'line',
            points: [
              { atS: 9, share: 0.1 },
              { atS: 5, share: 0.2 },
            ],
          },
        },
      ],
    },
    /forward in time/,
  ],
];

for (const [defect, scenario, sentence] of REFUSED) {
  void t.test(`${defect}: refused, and the sentence says where`, async (t) => {
    const path = join(t.testdir(), 'scenario.json');
    writeFileSync(path, JSON.stringify(scenario));
    try {
      loadScenario({ path });
      t.fail('it was accepted');
    } catch (error) {
      if (!(error instanceof ObzvonError)) throw error;
      t.equal(error.code, 'CONFIG_INVALID');
      t.match(error.details.join('\n'), sentence);
    }
  });
}

const SHARES = ['answers', 'busyShare', 'trunkFailureShare', 'refusedShare', 'machineShare'];
const TIMES = ['setup', 'pickUp', 'giveUp', 'busy', 'refused', 'trunkFailure', 'talk', 'wrapUp', 'machineTalk'];

/** A number in its field of a duration of some kind. */
const badTime = fc
  .tuple(fc.constantFrom(...TIMES), fc.double({ min: -1e6, max: -1e-6, noNaN: true }), fc.nat(5))
  .map(([field, bad, kind]): readonly [string, unknown, string] => {
    const [duration, at] = (
      [
        [{ kind: 'fixed', valueS: bad }, 'valueS'],
        [{ kind: 'uniform', fromS: 1, toS: bad }, 'toS'],
        [{ kind: 'exponential', meanS: bad }, 'meanS'],
        [{ kind: 'lognormal', medianS: bad, sigma: 0.5 }, 'medianS'],
        [{ kind: 'pareto', minS: bad, shape: 2 }, 'minS'],
        [{ kind: 'quantiles', valuesS: [bad, 4] }, 'valuesS[0]'],
      ] as const
    )[kind] ?? [{}, ''];
    return [field, duration, `${field}.${at}`];
  });
const badShare = fc
  .tuple(
    fc.constantFrom(...SHARES),
    fc.oneof(fc.double({ min: 1.001, max: 1e9, noNaN: true }), fc.double({ min: -1e9, max: -1e-9, noNaN: true })),
  )
  .map(([field, bad]): readonly [string, unknown, string] => [field, bad, field]);

void t.test('any share outside 0–1 and any negative time is refused by its name', async (t) => {
  const path = join(t.testdir(), 'scenario.json');
  fc.assert(
    fc.property(fc.oneof(badTime, badShare), ([field, value, named]) => {
      writeFileSync(path, JSON.stringify({ name: 'x', crews: [{ count: 1 }], campaigns: [{ [field]: value }] }));
      try {
        loadScenario({ path });
      } catch (error) {
        if (!(error instanceof ObzvonError) || error.code !== 'CONFIG_INVALID') throw error;
        return error.details.some((detail) => detail.includes(`campaigns[0].${named}`));
      }
      return false;
    }),
    { numRuns: 200 },
  );
});

void t.test('every property of the schema is described', async (t) => {
  const bare: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const properties = (node as { properties?: Record<string, { description?: string }> }).properties ?? {};
    for (const [name, property] of Object.entries(properties)) {
      if (typeof property.description !== 'string') bare.push(`${path}/${name}`);
    }
    for (const [name, child] of Object.entries(node)) if (name !== 'default') visit(child, `${path}/${name}`);
  };
  visit(readSchema('scenario'), '');
  t.strictSame(bare, []);
});

const MEANS: readonly [Duration, number][] = [
  [{ kind: 'fixed', valueS: 7 }, 7],
  [{ kind: 'uniform', fromS: 2, toS: 6 }, 4],
  [{ kind: 'exponential', meanS: 20 }, 20],
  [{ kind: 'lognormal', meanS: 60, sigma: 0.7 }, 60],
  [{ kind: 'lognormal', medianS: 8, sigma: 0.55 }, 8 * Math.exp(0.55 ** 2 / 2)],
  [{ kind: 'pareto', minS: 20, shape: 3 }, 30],
];

for (const [duration, meanS] of MEANS) {
  void t.test(`${JSON.stringify(duration)} has a mean of ${meanS.toFixed(1)} s`, async (t) => {
    const random = seededRandom(9);
    let total = 0;
    for (let draw = 0; draw < 50_000; draw += 1) total += drawMs(random, duration);
    t.ok(Math.abs(total / 50_000_000 / meanS - 1) < 0.03);
  });
}

void t.test('a share that changes: by steps and by a line', async (t) => {
  const points = [
    { atS: 100, share: 0.2 },
    { atS: 200, share: 0.4 },
  ];
  const at = (between: 'steps' | 'line') =>
    [0, 100, 150, 200, 999].map((s) => Number(shareAt({ between, points }, s).toFixed(6)));
  t.strictSame(at('steps'), [0.2, 0.2, 0.2, 0.4, 0.4]);
  t.strictSame(at('line'), [0.2, 0.2, 0.3, 0.4, 0.4]);
});

void t.test('the queue gives back what is due first, and what is due together in the order it came', async (t) => {
  const queue = createShiftQueue();
  const random = seededRandom(4);
  const expected = Array.from({ length: 3000 }, (_, subject) => ({ at: Math.floor(random() * 200), subject }));
  for (const { at, subject } of expected) queue.push(at, 1, subject, 2);
  expected.sort((a, b) => a.at - b.at || a.subject - b.subject);
  const got = expected.map(() => {
    const at = queue.nextAt();
    queue.pop();
    return { at, subject: queue.subject };
  });
  t.strictSame(got, expected);
  t.equal(queue.nextAt(), Infinity);
});
