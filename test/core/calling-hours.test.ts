import fc from 'fast-check';
import t from 'tap';
import { dayKind, type Calendar } from '../../lib/core/calendar.ts';
import { hoursAt, nextOpening, zoneEvidence, type HoursRule } from '../../lib/core/calling-hours.ts';
import { PURPOSES } from '../../lib/core/campaign.ts';
import { offsetMs } from '../../lib/core/zone-clock.ts';
import type { RangeFact } from '../../lib/core/facts.ts';
import { decide } from '../../lib/core/gate.ts';
import type { Phone } from '../../lib/core/phone.ts';
import { given, HOUR, moscow, policy, SECOND } from './given.ts';

const MOSCOW = ['Europe/Moscow'];
const rule = (change: Partial<HoursRule> = {}): HoursRule => ({
  zones: MOSCOW,
  region: null,
  windows: policy.windows.transactional,
  narrow: null,
  marginMin: 0,
  endGuardS: policy.endGuardS,
  calendars: policy.calendarOf,
  ...change,
});
const codeAt = (asked: HoursRule, at: number) => {
  const hours = hoursAt(asked, at);
  return hours.open ? 'open' : hours.code;
};
const utc = (text: string) => Date.parse(`${text}Z`);

const DATES = { work: '2026-11-24', off: '2026-11-28', holiday: '2026-11-04' } as const;
const EXPECTED = {
  advertising: { work: [9, 20], off: [10, 18], holiday: null },
  transactional: { work: [9, 21], off: [10, 20], holiday: [10, 20] },
  informational: { work: [9, 21], off: [10, 20], holiday: [10, 20] },
  collection: { work: [8, 22], off: [9, 20], holiday: [9, 20] },
  survey: { work: [9, 21], off: [10, 20], holiday: [10, 20] },
  callback: { work: [9, 21], off: [10, 20], holiday: [10, 20] },
} as const;

await t.test('both ends of every window of ru-default, to the second', async (t) => {
  for (const purpose of PURPOSES) {
    if (purpose === 'emergency_public') continue;
    for (const kind of ['work', 'off', 'holiday'] as const) {
      const asked = rule({ windows: policy.windows[purpose] });
      const midnight = moscow(`${DATES[kind]}T00:00:00`);
      const window = EXPECTED[purpose][kind];
      if (window === null) {
        for (const hour of [0, 9, 12, 15, 23]) t.equal(codeAt(asked, midnight + hour * HOUR), 'HOURS_HOLIDAY');
        continue;
      }
      const [opens, closes] = [midnight + window[0] * HOUR, midnight + window[1] * HOUR];
      t.equal(codeAt(asked, opens - 1), 'HOURS_CLOSED', `${purpose} ${kind}: 1 ms before opening`);
      t.equal(codeAt(asked, opens), 'open', `${purpose} ${kind}: at opening`);
      t.equal(codeAt(asked, closes - 121 * SECOND), 'open', `${purpose} ${kind}: 121 s before closing`);
      t.equal(codeAt(asked, closes - 120 * SECOND), 'HOURS_END_GUARD', `${purpose} ${kind}: 120 s before closing`);
      t.equal(codeAt(asked, closes - 1), 'HOURS_END_GUARD', `${purpose} ${kind}: 1 ms before closing`);
      t.equal(codeAt(asked, closes), 'HOURS_CLOSED', `${purpose} ${kind}: at closing`);
    }
  }
});

await t.test('a window of the whole day has no end to guard', async (t) => {
  const asked = rule({ windows: policy.windows.emergency_public });
  for (const time of ['00:00:00', '12:00:00', '23:59:59']) t.equal(codeAt(asked, moscow(`2026-11-04T${time}`)), 'open');
});

await t.test('every zone of the table is known to Intl, with the offset the regions keep', async (t) => {
  const hours: Readonly<Record<string, number>> = {
    'Europe/Kaliningrad': 2,
    ...Object.fromEntries(['Moscow', 'Simferopol', 'Kirov', 'Volgograd'].map((city) => [`Europe/${city}`, 3])),
    ...Object.fromEntries(['Samara', 'Astrakhan', 'Saratov', 'Ulyanovsk'].map((city) => [`Europe/${city}`, 4])),
    'Asia/Yekaterinburg': 5,
    'Asia/Omsk': 6,
    ...Object.fromEntries(
      ['Barnaul', 'Novosibirsk', 'Tomsk', 'Novokuznetsk', 'Krasnoyarsk'].map((city) => [`Asia/${city}`, 7]),
    ),
    'Asia/Irkutsk': 8,
    ...Object.fromEntries(['Chita', 'Yakutsk', 'Khandyga'].map((city) => [`Asia/${city}`, 9])),
    ...Object.fromEntries(['Vladivostok', 'Ust-Nera'].map((city) => [`Asia/${city}`, 10])),
    ...Object.fromEntries(['Magadan', 'Sakhalin', 'Srednekolymsk'].map((city) => [`Asia/${city}`, 11])),
    ...Object.fromEntries(['Kamchatka', 'Anadyr'].map((city) => [`Asia/${city}`, 12])),
  };
  t.same([...policy.allZones].sort(), Object.keys(hours).sort());
  for (const at of [utc('2026-01-15T00:00'), utc('2026-07-15T00:00')]) {
    for (const zone of policy.allZones) t.equal(offsetMs(zone, at) / HOUR, hours[zone], zone);
  }
  t.equal(new Set(Object.values(policy.regions)).size, 89);
});

await t.test('each region opens and closes by its own clock', async (t) => {
  for (const region of new Set(Object.values(policy.regions))) {
    const { zones, source, region: name } = zoneEvidence({ zone: null, region: region.name }, policy.regions, []);
    t.equal(source, 'lead-region');
    t.equal(name, region.name);
    const asked = rule({ zones });
    const offsets = zones.map((zone) => offsetMs(zone, utc('2026-11-24T00:00')));
    const opens = utc('2026-11-24T09:00') - Math.min(...offsets);
    const closes = utc('2026-11-24T21:00') - Math.max(...offsets);
    t.equal(codeAt(asked, opens - 1) === 'open', false, `${region.name} before opening`);
    t.equal(codeAt(asked, opens), 'open', `${region.name} at opening`);
    t.equal(codeAt(asked, closes - 121 * SECOND), 'open', `${region.name} before closing`);
    t.equal(codeAt(asked, closes) === 'open', false, `${region.name} at closing`);
  }
});

await t.test('zone evidence: zone of the lead, then its region, then none', async (t) => {
  const evidence = (zone: string | null, region: string | null) =>
    zoneEvidence({ zone, region }, policy.regions, policy.allZones);
  t.same(evidence('Asia/Omsk', 'Москва'), { zones: ['Asia/Omsk'], source: 'lead-zone', region: 'Москва' });
  t.match(evidence('Mars/Olympus', 'Камчатский край'), { zones: ['Asia/Kamchatka'], source: 'lead-region' });
  t.equal(evidence(null, 'Саха (Якутия)').zones.length, 5);
  t.match(evidence('', 'Атлантида'), { source: 'none', region: null });
  t.equal(evidence(null, null).zones.length, policy.allZones.length);
});

await t.test(
  'zone evidence by range: behind the lead’s own, fixed before mobile by its source, unknown names say none',
  async (t) => {
    const evidence = (lead: { zone?: string; region?: string }, source: 'abc' | 'def', ...of: readonly string[]) =>
      zoneEvidence({ zone: null, region: null, ...lead }, policy.regions, policy.allZones, { source, regions: of });
    const omsk = { zones: ['Asia/Omsk'], source: 'abc', region: 'Омская область' };
    t.same(evidence({}, 'abc', 'Омская область'), omsk);
    t.same(evidence({}, 'def', 'Омская область'), { ...omsk, source: 'def' });
    t.match(evidence({ zone: 'Asia/Tomsk' }, 'abc', 'Омская область'), { zones: ['Asia/Tomsk'], source: 'lead-zone' });
    t.match(evidence({ region: 'Томск обл' }, 'abc', 'Омская область'), omsk, 'a region nobody knows gives way');
    t.match(evidence({ region: 'Томская обл' }, 'abc', 'Омская область'), {
      zones: ['Asia/Tomsk'],
      source: 'lead-region',
    });
    t.match(evidence({ zone: 'Mars/Olympus' }, 'def', 'Омская область'), { source: 'def' }, 'so does a zone');
    t.same(evidence({}, 'def', 'Москва', 'Московская область'), { zones: MOSCOW, source: 'def', region: null });
    t.same(evidence({}, 'abc', 'Москва', 'Омская область').zones, ['Europe/Moscow', 'Asia/Omsk'], 'both must be open');
    for (const named of [[], ['Атлантида'], ['Москва', 'Атлантида']]) {
      t.same(evidence({}, 'abc', ...named), { zones: policy.allZones, source: 'none', region: null }, named.join());
    }
  },
);

await t.test('a range over two zones: the hours of both at once', async (t) => {
  const { zones } = zoneEvidence({ zone: null, region: null }, policy.regions, policy.allZones, {
    source: 'abc',
    regions: ['Москва', 'Омская область'],
  });
  const asked = rule({ zones });
  const [opens, closes] = [utc('2026-11-24T06:00'), utc('2026-11-24T15:00')];
  t.equal(codeAt(asked, opens - 1), 'HOURS_CLOSED', 'before 09:00 in Moscow');
  t.equal(codeAt(asked, opens), 'open');
  t.equal(codeAt(asked, closes - 120 * SECOND - 1), 'open');
  t.equal(codeAt(asked, closes - 120 * SECOND), 'HOURS_END_GUARD', 'before 21:00 in Omsk');
});

await t.test('the gate takes each step of the evidence, at both ends of its hours', async (t) => {
  const { windows, zones } = policy;
  t.same(zones, { table: 'ru', weakMarginMin: 60, weakIsUnknownFor: ['collection'] });
  const omsk: RangeFact = { operator: { name: 'X', inn: '' }, regions: ['Омская область'] };
  const numberOf = (phone: string) => ({ ok: true, phone: phone as Phone }) as const;
  const [fixed, mobile] = [numberOf('+73812123456'), numberOf('+79161234567')] as const;
  const nowhere = { zone: null, region: null };
  const table: readonly (readonly [
    what: string,
    purpose: 'transactional' | 'collection',
    change: Parameters<typeof given>[0],
    opens: string,
    closes: string,
    code: string,
  ])[] = [
    ['lead zone', 'transactional', { lead: { zone: 'Asia/Omsk', region: 'Москва' } }, '03:00', '15:00', 'HOURS_CLOSED'],
    ['lead region', 'transactional', { lead: { zone: null, region: 'Омская обл' } }, '03:00', '15:00', 'HOURS_CLOSED'],
    [
      'lead region before its range',
      'transactional',
      { lead: { zone: null, region: 'Москва', number: fixed } },
      '06:00',
      '18:00',
      'HOURS_CLOSED',
    ],
    ['fixed range', 'transactional', { lead: { ...nowhere, number: fixed } }, '03:00', '15:00', 'HOURS_CLOSED'],
    [
      'fixed range, collection',
      'collection',
      { lead: { ...nowhere, number: fixed } },
      '02:00',
      '16:00',
      'HOURS_CLOSED',
    ],
    [
      'mobile range, an hour off both ends',
      'transactional',
      { lead: { ...nowhere, number: mobile } },
      '04:00',
      '14:00',
      'HOURS_CLOSED',
    ],
    [
      'mobile range is no evidence for collection',
      'collection',
      { lead: { ...nowhere, number: mobile } },
      '06:00',
      '10:00',
      'TZ_UNKNOWN_WINDOW',
    ],
    [
      'no range',
      'transactional',
      { lead: { ...nowhere, number: mobile }, rest: { range: null } },
      '07:00',
      '09:00',
      'TZ_UNKNOWN_WINDOW',
    ],
  ];
  t.ok(windows.transactional.work !== null);
  for (const [what, purpose, change, opens, closes, code] of table) {
    const asked = given({
      ...change,
      campaign: { purpose },
      rest: { range: omsk, ...change.rest },
    });
    const primaryAt = (at: number) => decide(asked, policy, at).primary;
    const [from, to] = [utc(`2026-11-24T${opens}`), utc(`2026-11-24T${closes}`) - 120 * SECOND];
    t.equal(primaryAt(from - 1), code, `${what}: before`);
    t.equal(primaryAt(from), null, `${what}: at opening`);
    t.equal(primaryAt(to - 1), null, `${what}: before the end`);
    t.not(primaryAt(to), null, `${what}: at the end`);
  }
});

await t.test('a region is found by the ways people write it', async (t) => {
  const table = [
    ['г. Москва', 'Москва'],
    ['Московская обл.', 'Московская область'],
    ['татарстан респ', 'Республика Татарстан'],
    ['ЯКУТИЯ', 'Республика Саха (Якутия)'],
    ['ХМАО - Югра', 'Ханты-Мансийский автономный округ — Югра'],
    ['Чукотский АО', 'Чукотский автономный округ'],
    ['RU-KAM', 'Камчатский край'],
  ] as const;
  for (const [written, name] of table) {
    t.equal(zoneEvidence({ zone: null, region: written }, policy.regions, []).region, name, written);
  }
});

await t.test('unknown zone: only the hours open from Kaliningrad to Kamchatka', async (t) => {
  const table = [
    ['advertising', '07:00', '08:00'],
    ['transactional', '07:00', '09:00'],
    ['collection', '06:00', '10:00'],
  ] as const;
  for (const [purpose, opens, closes] of table) {
    const asked = rule({ zones: policy.allZones, windows: policy.windows[purpose] });
    const [from, to] = [utc(`2026-11-24T${opens}`), utc(`2026-11-24T${closes}`) - 120 * SECOND];
    t.equal(codeAt(asked, from - 1), 'HOURS_CLOSED', `${purpose} before`);
    t.equal(codeAt(asked, from), 'open', `${purpose} at opening`);
    t.equal(codeAt(asked, to - 1), 'open', `${purpose} before the end`);
    t.equal(codeAt(asked, to), 'HOURS_END_GUARD', `${purpose} at the end`);
    t.equal(nextOpening(asked, to), from + 24 * HOUR, `${purpose} again the next day`);
  }
});

await t.test('calendar of 2026: holidays, transfers and regional days', async (t) => {
  const kind = (date: string, region: string | null = null) =>
    dayKind(policy.calendarOf, region, utc(`${date}T00:00`) / (24 * HOUR));
  const table = {
    holiday: ['01-01', '01-05', '01-07', '01-08', '02-23', '03-08', '05-01', '05-09', '06-12', '11-04'],
    off: ['01-09', '01-10', '03-09', '05-11', '12-31', '11-22', '11-28'],
    work: ['01-12', '02-24', '03-10', '05-08', '05-12', '06-11', '11-05', '11-03', '12-30', '03-20', '10-12'],
  } as const;
  for (const [expected, dates] of Object.entries(table)) {
    for (const date of dates) t.equal(kind(`2026-${date}`), expected, date);
  }
  t.equal(kind('2026-03-20', 'Республика Башкортостан'), 'holiday');
  t.equal(kind('2026-10-12', 'Республика Башкортостан'), 'off');
  t.equal(kind('2026-10-12', 'Республика Татарстан'), 'work');
  t.equal(kind('2025-12-31'), null);
  t.equal(kind('2028-01-01'), null);
});

await t.test('calendar of 2027: statutory days are sure, expected transfers are marked', async (t) => {
  const days = policy.calendarOf[2027]?.days ?? {};
  for (const date of ['01-01', '01-08', '02-23', '03-08', '05-01', '05-09', '06-12', '11-04']) {
    t.same([days[`2027-${date}`]?.kind, days[`2027-${date}`]?.unsure], ['holiday', undefined], date);
  }
  const unsure = Object.keys(days).filter((date) => days[date]?.unsure === true);
  t.same(unsure, ['2027-02-22', '2027-11-05', '2027-12-31']);
  t.ok(unsure.every((date) => days[date]?.kind === 'off'));
});

await t.test('a regional holiday never opens a day the country closes', async (t) => {
  const day = { kind: 'work', name: 'x' } as const;
  const calendar: Calendar = {
    country: 'RU',
    year: 2026,
    source: 'test',
    days: { '2026-06-12': { kind: 'holiday', name: 'y' } },
    regions: { A: { '2026-06-12': day, '2026-06-13': day } },
  };
  const at = (date: string) => dayKind({ 2026: calendar }, 'A', utc(`${date}T00:00`) / (24 * HOUR));
  t.equal(at('2026-06-12'), 'holiday');
  t.equal(at('2026-06-13'), 'off');
});

await t.test('a year without a calendar holds, and the search stops at its first local second', async (t) => {
  const lastEvening = moscow('2027-12-31T20:00:00');
  t.equal(codeAt(rule(), moscow('2028-01-01T00:00:00')), 'CALENDAR_MISSING');
  t.equal(codeAt(rule(), moscow('2028-01-01T00:00:00') - 1), 'HOURS_CLOSED');
  t.equal(nextOpening(rule(), lastEvening), moscow('2028-01-01T00:00:00'));
});

await t.test('advertising waits over the whole New Year holiday', async (t) => {
  const asked = rule({ windows: policy.windows.advertising });
  t.equal(nextOpening(asked, moscow('2026-01-01T12:00:00')), moscow('2026-01-09T10:00:00'));
});

await t.test('the campaign’s own hours only narrow', async (t) => {
  const narrow = rule({ narrow: { fromMin: 600, toMin: 1_380 } });
  t.equal(codeAt(narrow, moscow('2026-11-24T09:59:59')), 'HOURS_CLOSED');
  t.equal(codeAt(narrow, moscow('2026-11-24T10:00:00')), 'open');
  t.equal(codeAt(narrow, moscow('2026-11-24T20:57:59')), 'open');
  t.equal(codeAt(narrow, moscow('2026-11-24T21:00:00')), 'HOURS_CLOSED');
  const never = rule({ narrow: { fromMin: 1_320, toMin: 1_380 } });
  const now = moscow('2026-11-24T12:00:00');
  t.equal(nextOpening(never, now), now + 31 * 24 * HOUR, 'hours that never meet are asked again in a month');
});

await t.test('weak evidence takes its margin off both ends', async (t) => {
  const weak = rule({ marginMin: 60 });
  t.equal(codeAt(weak, moscow('2026-11-24T09:59:59')), 'HOURS_CLOSED');
  t.equal(codeAt(weak, moscow('2026-11-24T10:00:00')), 'open');
  t.equal(codeAt(weak, moscow('2026-11-24T19:57:59')), 'open');
  t.equal(codeAt(weak, moscow('2026-11-24T19:58:00')), 'HOURS_END_GUARD');
});

await t.test('zones with summer time open by the clock on the wall on the days it changes', async (t) => {
  const asked = rule({ zones: ['Europe/Berlin'], windows: policy.windows.transactional });
  t.equal(nextOpening(asked, utc('2026-03-28T20:00')), utc('2026-03-29T08:00'), '10:00 is UTC+2 after the jump ahead');
  t.equal(nextOpening(asked, utc('2026-10-24T20:00')), utc('2026-10-25T09:00'), '10:00 is UTC+1 after the jump back');
});

await t.test('property: the next opening is open, and nothing before it is', async () => {
  const zones = ['Europe/Moscow', 'Asia/Kamchatka', 'Europe/Kaliningrad', 'America/New_York', 'Europe/Berlin'];
  fc.assert(
    fc.property(
      fc.subarray(zones, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...PURPOSES),
      fc.integer({ min: utc('2026-01-02T00:00'), max: utc('2027-11-20T00:00') }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (zones, purpose, from, share) => {
        const asked = rule({ zones, windows: policy.windows[purpose] });
        const at = nextOpening(asked, from);
        if (at === from + 31 * 24 * HOUR) return zones.length > 1;
        if (at === from) return hoursAt(asked, at).open;
        const between = from + Math.floor((at - 1 - from) * share);
        return hoursAt(asked, at).open && !hoursAt(asked, at - 1).open && !hoursAt(asked, between).open;
      },
    ),
    { numRuns: 2_000 },
  );
});
