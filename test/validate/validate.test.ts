import t from 'tap';
import { DIAL_MODES, PURPOSES } from '../../lib/core/campaign.ts';
import { attemptTable } from '../../lib/core/attempt.ts';
import { DISPOSITIONS } from '../../lib/core/outcome.ts';
import { nearest } from '../../lib/nearest.ts';
import { formatProblem } from '../../lib/problems.ts';
import { parseYaml, readSchema, validated, validateValue } from '../../lib/validate.ts';
import type { CampaignSpec } from '../../lib/campaign-file.ts';

const CAMPAIGN = `name: survey-1
purpose: survey
entity: { inn: '7707083893', name: X }
personalData: { basis: contract, document: 'contract with each patient' }
line: '+74950000001'
trunk: pstn
`;

await t.test('all mistakes of a file are told at once, in the order of its lines', async (t) => {
  const checked = parseYaml('name: Осень\npurpose: survay\nringTimeoutS: 1\n', 'c.yaml', 'campaign');
  if (checked.ok) {
    t.fail('accepted');
    return;
  }
  t.same(
    checked.problems.map(({ line, path }) => [line, path]),
    [
      [1, ''],
      [1, ''],
      [1, ''],
      [1, 'name'],
      [2, 'purpose'],
      [3, 'ringTimeoutS'],
    ],
  );
});

await t.test('an accepted file comes with the defaults filled in and frozen to its depth', async (t) => {
  const checked = parseYaml<CampaignSpec>(CAMPAIGN, 'c.yaml', 'campaign');
  if (!checked.ok) {
    t.fail(checked.problems.map(formatProblem).join('\n'));
    return;
  }
  t.match(checked.value, { mode: 'progressive', agents: 'all', retry: { busy: { afterMin: 15 }, declined: 'never' } });
  t.throws(() => Object.assign(checked.value.retry.busy as object, { afterMin: 0 }), TypeError);
});

await t.test('defaults never leak from one file into another', async (t) => {
  const one = parseYaml<CampaignSpec>(`${CAMPAIGN}retry: { busy: never }\n`, 'a.yaml', 'campaign');
  const two = parseYaml<CampaignSpec>(CAMPAIGN, 'b.yaml', 'campaign');
  t.same(one.ok && one.value.retry.busy, 'never');
  t.same(two.ok && two.value.retry.busy, { afterMin: 15 });
});

await t.test('checking a value leaves it as it was', async (t) => {
  const value = { id: 'anna' };
  t.same(validateValue('control#/$defs/agent.login', value), []);
  t.same(validated('control#/$defs/agent.login', value), { ok: true, value: { id: 'anna', ready: false } });
  t.same(value, { id: 'anna' });
});

await t.test('a mistake in a value from no file has a path and no line', async (t) => {
  const problems = validateValue('control#/$defs/import.rows', {
    import: 'i',
    rows: [{ row: 0, values: {}, vars: {} }],
  });
  t.match(problems, [{ file: null, line: null, path: 'rows[0].row', message: 'must be at least 1, not 0' }]);
});

await t.test('keys that look like prototype members are unknown properties, not members', async (t) => {
  const checked = parseYaml(`${CAMPAIGN}__proto__: { mode: robot }\n`, 'c.yaml', 'campaign');
  t.equal(checked.ok, false);
  t.equal(({} as { mode?: string }).mode, undefined);
});

await t.test('closed lists in the schemas are those of the core', async (t) => {
  const campaign = readSchema('campaign')['properties'] as Record<
    string,
    { enum?: string[]; properties?: Record<string, unknown> }
  >;
  t.same(campaign['purpose']!.enum, PURPOSES);
  t.same(campaign['mode']!.enum, DIAL_MODES);
  const fixed = ['talked', 'opted-out', 'unwanted', 'not-placed', 'unknown'];
  t.same(
    Object.keys(campaign['retry']!.properties!).sort(),
    DISPOSITIONS.filter((disposition) => !fixed.includes(disposition)).sort(),
  );
  const control = readSchema('control')['$defs'] as Record<
    string,
    { properties: Record<string, { enum?: string[]; items?: { enum?: string[] } }> }
  >;
  t.same(control['line.add']!.properties['purposes']!.items!.enum, PURPOSES);
  t.same(control['call.list']!.properties['state']!.enum, Object.keys(attemptTable));
});

await t.test('every property of the config and campaign schemas is described', async (t) => {
  const walk = (schema: Record<string, unknown>, path: string): void => {
    for (const [name, property] of Object.entries((schema['properties'] ?? {}) as Record<string, object>)) {
      const at = `${path}.${name}`;
      t.ok('description' in property || '$ref' in property, at);
      walk(property as Record<string, unknown>, at);
    }
    if (typeof schema['additionalProperties'] === 'object') {
      walk(schema['additionalProperties'] as Record<string, unknown>, `${path}.*`);
    }
  };
  for (const name of ['config', 'campaign'] as const) walk(readSchema(name), name);
});

await t.test('a suggestion is made only for a word near enough to be meant', async (t) => {
  const words = ['channels', 'endpoint', 'dial'];
  for (const [word, meant] of [
    ['chanels', 'channels'],
    ['endpiont', 'endpoint'],
    ['DIAL', 'dial'],
    ['originates', null],
    ['x', null],
  ] as const) {
    t.equal(nearest(word, words), meant, word);
  }
});

await t.test('a property named like a method of every object is refused, not called', async (t) => {
  for (const name of ['toString', 'valueOf']) {
    const item = { name: 'x', where: { [name]: 1 } };
    const checked = validated<CampaignSpec>('campaign', {
      name: 'a',
      agents: [{ [name]: 1 }, {}],
      segments: [item, item],
    });
    t.equal(checked.ok, false, name);
  }
  const [first, last] = [
    { act: 'a', about: 'b', sure: true },
    { act: 'c', about: 'd', sure: true, toString: 1 } as object,
  ];
  const told = validateValue('policy', { legalRefs: [first, last] }).map(({ path }) => path);
  t.ok(told.includes('legalRefs[1].toString'), 'with its place');
});

await t.test('a file nested without end, or holding itself, is refused with a remedy', async (t) => {
  for (const text of [
    "results: &r [{ digit: '1', title: x, of: *r }]\n",
    '&a [*a]\n',
    '['.repeat(20_000) + ']'.repeat(20_000),
    '{a: '.repeat(20_000) + '1' + '}'.repeat(20_000),
  ]) {
    const checked = parseYaml(text, 'c.yaml', 'campaign');
    t.match(checked, { ok: false, problems: [{ file: 'c.yaml', message: /nested too deep, or holds itself/ }] });
  }
});
