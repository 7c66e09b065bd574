import t from 'tap';
import { DAY_KINDS, dayKind, type DayKind } from '../../lib/core/calendar.ts';
import { hoursAt, type HoursRule, type Window } from '../../lib/core/calling-hours.ts';
import { PURPOSES, type Purpose } from '../../lib/core/campaign.ts';
import type { ConsentFact, GateFacts } from '../../lib/core/facts.ts';
import { decide } from '../../lib/core/gate.ts';
import type { Phone } from '../../lib/core/phone.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { instantOf } from '../../lib/core/zone-clock.ts';
import { loadPolicy, shippedPolicies } from '../../lib/data/load.ts';
import { consent, DAY, given, HOUR, NOON, policy, SECOND, validate } from './given.ts';

const packs = shippedPolicies().map((id) => loadPolicy({ id }, validate));
const packOf = (id: string): Policy => packs.find((pack) => pack.id === id) ?? policy;
const [us, uk] = [packOf('us-tsr'), packOf('uk-ofcom')];
const MINUTE = 60_000;
const FIRST_OF_MARCH = Date.parse('2026-03-01T00:00:00Z') / DAY;

/** The first day of this kind since March, counted from 1970-01-01. */
function someDay(pack: Policy, wanted: DayKind): number {
  for (let day = FIRST_OF_MARCH; ; day += 1) if (dayKind(pack.calendarOf, null, day) === wanted) return day;
}

const codeAt = (rule: HoursRule, at: number) => {
  const hours = hoursAt(rule, at);
  return hours.open ? 'open' : hours.code;
};

await t.test('both ends of every window, for every purpose and kind of day, in every zone of every pack', async (t) => {
  for (const pack of packs) {
    for (const zone of pack.allZones) {
      const wrong: string[] = [];
      for (const purpose of PURPOSES) {
        for (const kind of DAY_KINDS) wrong.push(...wrongEnds(pack, zone, purpose, kind));
      }
      t.same(wrong, [], `${pack.id} ${zone}`);
    }
  }
});

function wrongEnds(pack: Policy, zone: string, purpose: Purpose, kind: DayKind): string[] {
  const rule: HoursRule = {
    zones: [zone],
    region: null,
    windows: pack.windows[purpose],
    narrow: null,
    marginMin: 0,
    endGuardS: pack.endGuardS,
    calendars: pack.calendarOf,
  };
  const day = someDay(pack, kind);
  const at = (minute: number) => instantOf(zone, day * DAY + minute * MINUTE);
  const expected = expectedAround(pack.windows[purpose][kind], kind, at, pack.endGuardS * SECOND);
  return expected.flatMap(([instant, code]) =>
    codeAt(rule, instant) === code ? [] : [`${purpose} ${kind} ${new Date(instant).toISOString()}: not ${code}`],
  );
}

function expectedAround(
  window: Window | null,
  kind: DayKind,
  at: (minute: number) => number,
  guardMs: number,
): (readonly [at: number, code: string])[] {
  if (window === null) {
    return [0, 540, 720, 1_200, 1_439].map((minute) => [
      at(minute),
      kind === 'holiday' ? 'HOURS_HOLIDAY' : 'HOURS_CLOSED',
    ]);
  }
  const [opens, closes] = [at(window.fromMin), at(window.toMin)];
  if (window.fromMin === 0 && window.toMin === 1_440) {
    return [
      [opens, 'open'],
      [closes - 1, 'open'],
    ];
  }
  return [
    [opens - 1, 'HOURS_CLOSED'],
    [opens, 'open'],
    [closes - guardMs - 1, 'open'],
    [closes - guardMs, 'HOURS_END_GUARD'],
    [closes - 1, 'HOURS_END_GUARD'],
    [closes, 'HOURS_CLOSED'],
  ];
}

await t.test('every region of every pack has zones that Intl knows, and packs say what they are not', async (t) => {
  for (const pack of packs) {
    for (const { name, zones } of new Set(Object.values(pack.regions))) t.not(zones.length, 0, `${pack.id} ${name}`);
    t.match(pack.notice, /not legal advice/, pack.id);
    t.not(pack.unsure.length, 0, `${pack.id} names what it is unsure of`);
    t.match(
      pack.unsure.map(({ field }) => field.split('.')[0]),
      pack.unsure.map(({ field }) => field.split('.')[0]).filter((field = '') => field in pack),
      `${pack.id}: unsure fields exist`,
    );
  }
  t.equal(new Set(Object.values(us.regions)).size, 51);
  t.equal(new Set(Object.values(uk.regions)).size, 4);
});

/** A person in New York, who agreed to calls of an organisation that brought the list of the register. */
function abroad(pack: Policy, phone: string, change: Parameters<typeof given>[0] = {}): GateFacts {
  const dncLists = pack.dnc === null ? [] : [{ registry: pack.dnc.registry, listed: false, takenAt: NOON - DAY }];
  return given({
    ...change,
    lead: { number: { ok: true, phone: phone as Phone }, zone: null, region: null, ...change.lead },
    rest: { dncLists, registrations: [], ...change.rest },
  });
}

const NEW_YORK = '+12125550123';
const LONDON = '+442079460123';
const agreed: readonly ConsentFact[] = [{ ...consent, kinds: ['CALL'] }];

await t.test('us-tsr: a service call to New York at noon there, and what is next to it', async (t) => {
  const noon = Date.parse('2026-11-24T17:00:00Z');
  const ask = (change: Parameters<typeof given>[0] = {}, phone = NEW_YORK, now = noon) =>
    decide(abroad(us, phone, { lead: { region: 'New York' }, ...change }), us, now);
  t.match(ask(), { verdict: 'ALLOW', evidence: { label: null, zone: { zones: ['America/New_York'] } } });
  t.equal(ask({ rest: { consents: [] } }).primary, 'CONSENT_MISSING', 'an autodialer needs consent');
  t.equal(ask({ rest: { consents: [] }, campaign: { mode: 'manual' } }).verdict, 'ALLOW');
  t.equal(ask({ campaign: { personalData: null } }).verdict, 'ALLOW', 'no basis is asked for');
  t.equal(ask({ rest: { dncLists: [] } }).primary, 'DNC_LIST_STALE');
  t.equal(ask({}, '+17875550123').primary, 'NUMBER_FOREIGN_JURISDICTION', 'Puerto Rico');
  t.equal(ask({}, '+74951234567').primary, 'NUMBER_FOREIGN_JURISDICTION');
  const crowded = { mode: 'predictive', abandonment: { answered: 1_000, abandoned: 31 } } as const;
  t.equal(ask({ campaign: crowded }).primary, 'ABANDON_RATE_EXCEEDED');
  const advertising = { purpose: 'advertising', mode: 'manual' } as const;
  t.equal(ask({ campaign: advertising }, NEW_YORK, Date.parse('2026-11-26T17:00:00Z')).primary, 'HOURS_HOLIDAY');
});

await t.test('us-tsr: zones of a state, and of a person nobody knows the place of', async (t) => {
  const since1970 = [{ ...consent, givenAt: 0 }];
  const ask = (region: string | null, at: string) =>
    decide(abroad(us, NEW_YORK, { lead: { region }, rest: { consents: since1970 } }), us, Date.parse(at)).primary;
  const table: readonly (readonly [string | null, string, string | null])[] = [
    ['Texas', '2026-11-24T14:59:59Z', 'HOURS_CLOSED'],
    ['TX', '2026-11-24T15:00:00Z', null],
    ['Texas', '2026-11-25T02:57:59Z', null],
    ['Texas', '2026-11-25T02:58:00Z', 'HOURS_END_GUARD'],
    ['Arizona', '2026-07-14T14:59:59Z', 'HOURS_CLOSED'],
    ['Arizona', '2026-07-14T15:00:00Z', null],
    ['US-HI', '2026-11-24T18:00:00Z', null],
    [null, '2026-11-24T17:59:59Z', 'TZ_UNKNOWN_WINDOW'],
    [null, '2026-11-24T18:00:00Z', null],
    [null, '2026-11-25T01:57:59Z', null],
    [null, '2026-11-25T01:58:00Z', 'TZ_UNKNOWN_WINDOW'],
  ];
  for (const [region, at, expected] of table) t.equal(ask(region, at), expected, `${region ?? 'unknown'} at ${at}`);
});

await t.test('uk-ofcom: what sets it apart', async (t) => {
  const noon = Date.parse('2026-11-24T12:00:00Z');
  const ask = (change: Parameters<typeof given>[0] = {}, now = noon) =>
    decide(abroad(uk, LONDON, { lead: { region: 'England' }, ...change }), uk, now);
  t.equal(ask({ rest: { consents: [] } }).verdict, 'ALLOW', 'a live service call needs no consent');
  t.equal(ask({ rest: { consents: [] }, campaign: { mode: 'robot' } }).primary, 'CONSENT_MISSING');
  t.equal(ask({ rest: { consents: agreed }, campaign: { mode: 'robot' } }).verdict, 'ALLOW');
  const listed = [{ registry: 'tps', listed: true, takenAt: NOON - DAY }];
  t.equal(ask({ rest: { dncLists: listed } }).primary, 'DNC_EXTERNAL');
  const old = (ms: number) => [{ registry: 'tps', listed: false, takenAt: noon - ms }];
  t.equal(ask({ rest: { dncLists: old(28 * DAY) } }).verdict, 'ALLOW');
  t.equal(ask({ rest: { dncLists: old(28 * DAY + 1) } }).primary, 'DNC_LIST_STALE');
  const dropped = { lastAbandonedAt: noon - 72 * HOUR + 1 };
  t.equal(ask({ campaign: { mode: 'predictive' }, history: dropped }).primary, 'DROP_COOLDOWN');
  const advertising = { purpose: 'advertising', personalData: 'consent' } as const;
  const saintAndrew = Date.parse('2026-11-30T12:00:00Z');
  t.equal(ask({ campaign: advertising }, saintAndrew).verdict, 'ALLOW');
  t.equal(ask({ campaign: advertising, lead: { region: 'Scotland' } }, saintAndrew).primary, 'HOURS_HOLIDAY');
});

await t.test('a pack that has expired holds, and so does a year without a calendar', async (t) => {
  for (const pack of packs) {
    const facts = pack.country === 'RU' ? given({}) : abroad(pack, pack.country === 'US' ? NEW_YORK : LONDON);
    const at = (now: number, rules = pack) => decide(facts, rules, now).findings.map(({ code }) => code);
    t.notOk(at(pack.validToMs - 1).includes('GATE_POLICY_EXPIRED'), pack.id);
    t.ok(at(pack.validToMs).includes('GATE_POLICY_EXPIRED'), pack.id);
    const renewed = { ...pack, validToMs: Infinity };
    t.ok(at(Date.parse('2028-06-01T12:00:00Z'), renewed).includes('CALENDAR_MISSING'), pack.id);
  }
});
