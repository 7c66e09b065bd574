import t from 'tap';
import type { GateFacts } from '../../lib/core/facts.ts';
import { decide, explain } from '../../lib/core/gate.ts';
import type { Phone } from '../../lib/core/phone.ts';
import type { Code } from '../../lib/core/verdict.ts';
import { given, policy } from './given.ts';

const DEF = '+79141234567' as Phone;
const ABC = '+74231234567' as Phone;
const regions = (...names: string[]): GateFacts['range'] => ({ operator: { name: 'X', inn: '' }, regions: names });

/** A person known by the register of ranges alone. */
const ranged = (phone: Phone, range: GateFacts['range'], campaign: Partial<GateFacts['campaign']> = {}): GateFacts =>
  given({ campaign, lead: { number: { ok: true, phone }, zone: null, region: null }, rest: { range } });

const at = (facts: GateFacts, time: string): Code | null =>
  decide(facts, policy, Date.parse(`2026-11-24T${time}Z`)).primary;

void t.test('a fixed range tells the zone, a mobile one narrows the hours by an hour at both ends', async (t) => {
  const table: readonly (readonly [Phone, string, Code | null])[] = [
    [ABC, '22:59:59', 'HOURS_CLOSED'],
    [ABC, '23:00:00', null],
    [ABC, '10:57:59', null],
    [ABC, '10:58:00', 'HOURS_END_GUARD'],
    [DEF, '23:59:59', 'HOURS_CLOSED'],
    [DEF, '00:00:00', null],
    [DEF, '09:57:59', null],
    [DEF, '09:58:00', 'HOURS_END_GUARD'],
    [DEF, '10:00:00', 'HOURS_CLOSED'],
  ];
  const range = regions('Приморский край');
  for (const [phone, time, expected] of table) t.equal(at(ranged(phone, range), time), expected, `${phone} ${time}`);
  t.match(decide(ranged(DEF, range), policy, Date.parse('2026-11-24T05:00:00Z')).evidence.zone, {
    zones: ['Asia/Vladivostok'],
    source: 'def',
  });
});

void t.test('a range over several regions is open when all of them are', async (t) => {
  const both = ranged(ABC, regions('Москва', 'Приморский край'));
  for (const [time, expected] of [
    ['05:59:59', 'HOURS_CLOSED'],
    ['06:00:00', null],
    ['10:57:59', null],
    ['10:58:00', 'HOURS_END_GUARD'],
  ] as const) {
    t.equal(at(both, time), expected, time);
  }
});

void t.test('about a debt a mobile range tells nothing: every zone of the country must be open', async (t) => {
  const collection = { purpose: 'collection' } as const;
  const mobile = ranged(DEF, regions('Москва'), collection);
  for (const [time, expected] of [
    ['05:59:59', 'TZ_UNKNOWN_WINDOW'],
    ['06:00:00', null],
    ['09:57:59', null],
    ['09:58:00', 'TZ_UNKNOWN_WINDOW'],
  ] as const) {
    t.equal(at(mobile, time), expected, time);
  }
  t.equal(at(ranged(ABC, regions('Москва'), collection), '05:00:00'), null, 'a fixed one does');
  const told = explain(mobile, policy, Date.parse('2026-11-24T12:00:00Z')).checks.at(-1);
  t.match(told?.evidence, /every zone of the country \(def alone is too weak\)/);
});

void t.test('what the base says of the person is stronger than any range', async (t) => {
  const facts = ranged(DEF, regions('Приморский край'));
  const known = { ...facts, lead: { ...facts.lead, region: 'Москва' } };
  t.match(decide(known, policy, Date.parse('2026-11-24T09:00:00Z')), {
    verdict: 'ALLOW',
    evidence: { zone: { zones: ['Europe/Moscow'], source: 'lead-region' } },
  });
  const whole = ranged(DEF, regions());
  t.equal(decide(whole, policy, Date.parse('2026-11-24T09:00:00Z')).evidence.zone.source, 'none', 'the whole country');
});
