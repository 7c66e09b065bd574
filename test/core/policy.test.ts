import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkCalendar } from '../../lib/core/calendar.ts';
import { checkPolicy, type PolicyPack } from '../../lib/core/policy.ts';
import { loadPolicy, shippedPolicies } from '../../lib/data/load.ts';
import { ObzvonError } from '../../lib/errors.ts';
import { validate } from './given.ts';

const data = new URL('../../lib/data/', import.meta.url);
const textOf = (name: string) => readFileSync(new URL(name, data), 'utf8');
const pack = JSON.parse(textOf('policies/ru-default.json')) as PolicyPack;
const opinion = { ref: 'ЗК-7', date: '2026-10-01', signatory: 'И. И. Иванова', sha256: 'a'.repeat(64) };

type Mutable<T> = { -readonly [K in keyof T]: Mutable<T[K]> };
const changed = (change: (copy: Mutable<PolicyPack>) => void): PolicyPack => {
  const copy = structuredClone(pack) as Mutable<PolicyPack>;
  change(copy);
  return copy;
};

await t.test('what ships passes its schema and its checks', async (t) => {
  for (const id of shippedPolicies()) {
    const shipped = JSON.parse(textOf(`policies/${id}.json`)) as PolicyPack;
    t.equal(shipped.id, id);
    t.same(validate('policy', shipped), []);
    t.same(checkPolicy(shipped, shipped), []);
    const loaded = loadPolicy({ id }, validate);
    for (let year = Number(loaded.validFrom.slice(0, 4)); year <= Number(loaded.validTo.slice(0, 4)); year += 1) {
      t.ok(loaded.calendarOf[year], `${id} has a calendar of ${year}`);
    }
  }
});

await t.test('the hash is the SHA-256 of what sha256sum prints of the files', async (t) => {
  const names = ['policies/ru-default.json', 'calendars/ru-2026.json', 'calendars/ru-2027.json', 'zones/ru.json'];
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const listing = names.map((name) => `${sha256(textOf(name))}  ${name.split('/')[1]}\n`).join('');
  t.equal(loadPolicy({ id: 'ru-default' }, validate).hash, sha256(listing));
});

await t.test('both days of validity belong to it, in UTC', async (t) => {
  const { validFromMs, validToMs } = loadPolicy({ id: 'ru-default' }, validate);
  t.equal(new Date(validFromMs).toISOString(), '2026-01-01T00:00:00.000Z');
  t.equal(new Date(validToMs).toISOString(), '2028-01-01T00:00:00.000Z');
});

await t.test('what a schema cannot see is told in a sentence', async (t) => {
  const table: readonly (readonly [string, PolicyPack, RegExp])[] = [
    ['dates reversed', changed((p) => (p.validTo = '2025-12-31')), /validTo: lies before/],
    ['a date that does not exist', changed((p) => (p.validTo = '2027-02-29')), /2027-02-29 is no date/],
    ['a window reversed', changed((p) => (p.hours.survey.work = ['21:00', '09:00'])), /hours\.survey\.work: must open/],
    ['a window empty', changed((p) => (p.hours.survey.work = ['09:00', '09:00'])), /hours\.survey\.work/],
    ['a window all guard', changed((p) => (p.hours.survey.work = ['09:00', '09:02'])), /hours\.survey\.work/],
    ['never open', changed((p) => (p.hours.survey = { work: null, off: null, holiday: null })), /closed on every day/],
    ['no hours', changed((p) => delete (p.hours as { survey?: unknown }).survey), /hours\.survey\.work: missing/],
    ['no row', changed((p) => delete (p.matrix as { survey?: unknown }).survey), /matrix\.survey\.manual: missing/],
    [
      'no cell',
      changed((p) => delete (p.matrix.survey as { robot?: unknown }).robot),
      /matrix\.survey\.robot: missing/,
    ],
    ['no limits', changed((p) => delete (p.freq as { survey?: unknown }).survey), /freq\.survey: missing/],
    ['caps reversed', changed((p) => (p.freq.collection.answered.week = 9)), /longer window/],
    ['target above max', changed((p) => (p.abandon.targets.survey = 0.04)), /target is above max/],
    ['label pattern broken', changed((p) => p.mav !== null && (p.mav.labelPattern = '[')), /not a regular/],
    [
      'overridden twice',
      changed((p) => {
        const override = { field: 'matrix.advertising.progressive', value: ['AD' as const], opinion };
        p.overrides = [override, override];
      }),
      /overrides\[1\]\.field: .* twice/,
    ],
    [
      'no such cell',
      changed((p) => (p.overrides = [{ field: 'matrix.advertising.telepathy', value: [], opinion }])),
      /no cell of the matrix/,
    ],
    [
      'an opinion without a hash',
      changed((p) => {
        p.overrides = [{ field: 'matrix.advertising.robot', value: [], opinion: { ...opinion, sha256: '' } }];
      }),
      /not a SHA-256/,
    ],
    [
      'an opinion nobody signed',
      changed((p) => {
        p.overrides = [{ field: 'matrix.advertising.robot', value: [], opinion: { ...opinion, signatory: ' ' } }];
      }),
      /needs a reference and a signatory/,
    ],
  ];
  for (const [title, broken, expected] of table) {
    const problems = checkPolicy(broken, pack);
    t.equal(problems.length > 0, true, title);
    t.match(problems.join('\n'), expected, title);
  }
  t.same(
    checkPolicy(
      changed((p) => (p.hours.survey.work = ['09:00', '09:03'])),
      pack,
    ),
    [],
    'a minute of window is left',
  );
});

await t.test('the matrix opens only by an override that names a legal opinion', async (t) => {
  const wider = /matrix\.\w+\.\w+: wider than ru-default/;
  t.match(
    checkPolicy(
      changed((p) => (p.matrix.advertising.progressive = ['AD', 'CALL'])),
      pack,
    ).join(),
    wider,
  );
  t.match(
    checkPolicy(
      changed((p) => (p.matrix.advertising.preview = ['AD'])),
      pack,
    ).join(),
    wider,
    'a kind left out',
  );
  t.same(
    checkPolicy(
      changed((p) => (p.matrix.advertising.preview = 'closed')),
      pack,
    ),
    [],
    'closing is free',
  );
  t.same(
    checkPolicy(
      changed((p) => (p.matrix.survey.manual = ['CALL'])),
      pack,
    ),
    [],
    'asking for more is free',
  );
  const opened = changed((p) => {
    p.overrides = [{ field: 'matrix.advertising.progressive', value: ['AD', 'CALL'], opinion }];
  });
  t.same([...validate('policy', opened), ...checkPolicy(opened, pack)], []);
});

await t.test('an operator’s own pack is loaded from its path, measured against the shipped one', async (t) => {
  const dir = t.testdir({ 'own-2026.json': textOf('calendars/ru-2026.json'), 'torn.json': '{' });
  const write = (own: unknown) => {
    const path = join(dir, 'own.json');
    writeFileSync(path, JSON.stringify(own));
    return () => loadPolicy({ path }, validate);
  };
  const refused = (load: () => unknown, code: string, message: RegExp, title: string) => {
    try {
      load();
      t.fail(title);
    } catch (error) {
      if (!(error instanceof ObzvonError)) throw error;
      t.equal(error.code, code, title);
      t.match([error.message, ...error.details].join('\n'), message, title);
    }
  };
  const own = changed((p) => {
    p.id = 'own';
    p.calendars = ['./own-2026.json'];
  });
  const loaded = write(own)();
  t.equal(loaded.id, 'own');
  t.same(Object.keys(loaded.calendarOf), ['2026']);
  const wider = changed((p) => (p.matrix.advertising.robot = []));
  refused(write(wider), 'POLICY_INVALID', /^own\.json .*\nmatrix\.advertising\.robot: wider/, 'wider than shipped');
  const abroad = changed((p) => (p.country = 'XX'));
  refused(write(abroad), 'POLICY_INVALID', /no pack for XX/, 'a country without a shipped pack');
  refused(write({ id: 'own' }), 'POLICY_INVALID', /missing/, 'a pack without its fields');
  const lost = changed((p) => (p.calendars = ['ru-1999']));
  refused(write(lost), 'CONFIG_UNREADABLE', /ru-1999/, 'a calendar that is not there');
  refused(() => loadPolicy({ path: join(dir, 'torn.json') }, validate), 'POLICY_INVALID', /is not JSON/, 'no JSON');
  refused(() => loadPolicy({ id: '../x' }, validate), 'POLICY_INVALID', /no policy pack/, 'an unknown id');
});

await t.test('the schema refuses what has no meaning', async (t) => {
  const table: readonly (readonly [string, unknown])[] = [
    ['a field of its own', { ...pack, extra: 1 }],
    ['an unknown purpose', { ...pack, matrix: { ...pack.matrix, spam: pack.matrix.survey } }],
    [
      'an unknown kind of consent',
      { ...pack, matrix: { ...pack.matrix, survey: { ...pack.matrix.survey, robot: ['X'] } } },
    ],
    ['25 o’clock', changed((p) => (p.hours.survey.work = ['09:00', '25:00']))],
    ['one end of a window', { ...pack, hours: { ...pack.hours, survey: { ...pack.hours.survey, work: ['09:00'] } } }],
    ['a negative guard', { ...pack, endGuardS: -1 }],
    ['no jurisdictions', { ...pack, jurisdictions: [] }],
  ];
  for (const [title, value] of table) t.not(validate('policy', value).length, 0, title);
});

await t.test('every property of the schemas says what it is for', async (t) => {
  const missing = (node: unknown, path: string): string[] => {
    if (typeof node !== 'object' || node === null) return [];
    return Object.entries(node).flatMap(([key, value]) => {
      const lacks =
        path.endsWith('/properties') && typeof (value as { description?: unknown }).description !== 'string';
      return [...(lacks ? [`${path}/${key}`] : []), ...missing(value, `${path}/${key}`)];
    });
  };
  for (const name of ['policy', 'calendar']) {
    const schema: unknown = JSON.parse(readFileSync(new URL(`../../schemas/${name}.json`, import.meta.url), 'utf8'));
    t.same(missing(schema, ''), [], name);
  }
});

await t.test('a calendar names days that exist, of its own year', async (t) => {
  const day = { kind: 'off', name: 'x' } as const;
  const calendar = (days: Record<string, typeof day>, regional: Record<string, typeof day> = {}) =>
    checkCalendar({ country: 'RU', year: 2026, source: 'x', days, regions: { A: regional } });
  t.same(calendar({ '2026-02-28': day }), []);
  t.same(calendar({ '2026-02-29': day }), ['days: 2026-02-29 is no date']);
  t.same(calendar({ '2027-01-01': day }), ['days: 2027-01-01 is not in 2026']);
  t.same(calendar({}, { '2025-12-31': day }), ['regions.A: 2025-12-31 is not in 2026']);
});
