import t from 'tap';
import { NOTHING_MORE, withdrawalAlone, withdrawFrom, type ConsentRow } from '../../lib/core/register/consent.ts';
import { dueAt } from '../../lib/core/register/demand.ts';
import type { Layout } from '../../lib/core/register/field.ts';
import { LAYOUTS } from '../../lib/core/register/layouts.ts';
import { readRow, writeRow, type Texts } from '../../lib/core/register/read.ts';
import { ruDefault } from '../helpers/policy.ts';
import { phoneOf } from '../helpers/rig.ts';

const GIVEN = { now: Date.parse('2026-11-25T09:00:00Z'), source: 'test' };
const HASH = 'ab'.repeat(32);
const INN = '7701234567';

/** A row of each register with every column filled, as an export writes it. */
const FULL: Readonly<Record<keyof typeof LAYOUTS, Texts>> = {
  lead: {
    phone: '+79160000001',
    name: 'Анна',
    person: 'd-17',
    zone: 'Asia/Omsk',
    region: 'Омская область',
    priority: '5',
  },
  consent: {
    phone: '+79160000001',
    kinds: 'AD CALL',
    purposes: 'advertising survey',
    entities: `${INN} 770123456789`,
    channels: 'call robot',
    given_at: '2026-05-31T12:30:15.250Z',
    expires_at: '2027-05-31T00:00:00.000Z',
    withdrawn_at: '2026-06-01T00:00:00.000Z',
    given_by: 'sms-code',
    document_kind: 'separate',
    text_version: '3',
    text_sha256: HASH,
    verified_by: 'sms',
    evidence: '/proofs/1.pdf',
    evidence_sha256: HASH,
    source: 'site',
    note: 'of May',
  },
  optout: {
    phone: '+79160000001',
    scope: 'entity',
    entity: INN,
    purpose: 'survey',
    source: 'court',
    evidence: 'order 5',
    note: '',
  },
  line: {
    phone: '+74951234567',
    operator: 'МТС',
    entity: INN,
    purposes: 'informational survey',
    label: 'Клиника',
    category: 'Медицина',
    contract: 'No. 7',
    valid_from: '2026-01-01T00:00:00.000Z',
    valid_to: '2027-01-01T00:00:00.000Z',
    status: 'suspended',
    verified_at: '2026-11-01T00:00:00.000Z',
    evidence_sha256: HASH,
    source: 'carrier',
    note: 'x',
  },
  refusal: {
    phone: '+79160000001',
    state: 'lifted',
    since: '2026-11-01T00:00:00.000Z',
    allow_entities: INN,
    evidence: 'feed 3',
    source: 'operator',
    note: 'x',
  },
  debtor: {
    phone: '+79160000001',
    flag: 'disabled-1',
    entity: '*',
    state: 'cleared',
    since: '2026-11-01T00:00:00.000Z',
    evidence: 'order',
    source: 'court',
    note: 'x',
  },
  demand: {
    phone: '+79160000001',
    kind: 'erase',
    received_at: '2026-11-01T00:00:00.000Z',
    due_at: '2026-12-01T00:00:00.000Z',
    state: 'done',
    evidence: 'letter',
    source: 'mail',
    note: 'x',
  },
  reassignment: {
    phone: '+79160000001',
    at: '2026-11-01T00:00:00.000Z',
    state: 'mistaken',
    source: 'operator',
    note: 'x',
  },
};

void t.test('a row of any register, written and read again, is the same row', (t) => {
  for (const [name, texts] of Object.entries(FULL)) {
    const layout: Layout = LAYOUTS[name as keyof typeof LAYOUTS];
    t.strictSame(
      Object.keys(texts),
      ['phone', ...layout.columns.map((column) => column.name)],
      `${name}: every column`,
    );
    const read = readRow(LAYOUTS[name as 'lead'], texts, GIVEN);
    t.strictSame(read.ok ? writeRow(layout, read.record) : read.fault, texts, name);
  }
  t.end();
});

void t.test('each wrong value is named by its column, what was written and what is wanted', (t) => {
  const cases: readonly (readonly [keyof typeof LAYOUTS, Texts, code: string, reason: RegExp])[] = [
    ['lead', { phone: '112' }, 'NUMBER_EMERGENCY', /emergency/],
    ['lead', { zone: 'Omsk' }, 'ZONE_UNKNOWN', /zone “Omsk” is not an IANA/],
    ['lead', { person: 'x'.repeat(256) }, 'PERSON_INVALID', /at most 255 characters/],
    ['consent', { kinds: 'CALL FAX' }, 'KINDS_INVALID', /“FAX” is not some of AD, CALL/],
    ['consent', { channels: 'pigeon' }, 'CHANNELS_INVALID', /“pigeon” is not some of call, robot/],
    ['consent', { given_by: 'rumour' }, 'GIVEN_BY_INVALID', /“rumour” is not one of web, paper/],
    ['consent', { document_kind: 'napkin' }, 'DOCUMENT_KIND_INVALID', /separate, clause/],
    ['consent', { text_sha256: 'abc' }, 'TEXT_SHA256_INVALID', /64 hex digits/],
    ['consent', { evidence_sha256: `${HASH}0` }, 'EVIDENCE_SHA256_INVALID', /64 hex digits/],
    ['consent', { withdrawn_at: '2026-05-30' }, 'WITHDRAWN_AT_INVALID', /before given_at/],
    ['consent', { expires_at: '2026-05-31T12:30:15.250Z' }, 'EXPIRES_AT_INVALID', /not after given_at/],
    ['optout', { scope: 'global' }, 'SCOPE_INVALID', /an entity or a purpose is named/],
    ['optout', { entity: '' }, 'ENTITY_INVALID', /missing/],
    ['line', { label: 'а'.repeat(33) }, 'LABEL_INVALID', /at most 32 characters/],
    ['line', { label: '' }, 'LABEL_INVALID', /missing/],
    ['line', { purposes: '' }, 'PURPOSES_INVALID', /missing/],
    ['line', { status: 'asleep' }, 'STATUS_INVALID', /active, suspended, revoked/],
    ['line', { valid_to: '2025-12-31' }, 'VALID_TO_INVALID', /ends before it begins/],
    ['refusal', { state: 'maybe' }, 'STATE_INVALID', /suspected, confirmed, lifted/],
    ['refusal', { allow_entities: '12' }, 'ALLOW_ENTITIES_INVALID', /10 or 12 digits/],
    ['refusal', { evidence: '' }, 'EVIDENCE_INVALID', /lifted only with it/],
    ['debtor', { flag: 'poor' }, 'FLAG_INVALID', /refused-contact/],
    ['debtor', { entity: '?' }, 'ENTITY_INVALID', /or \* for all/],
    ['debtor', { evidence: '' }, 'EVIDENCE_INVALID', /cleared only with it/],
    ['demand', { kind: 'forget' }, 'KIND_INVALID', /stop, erase, access, correct/],
    ['demand', { due_at: '2026-10-31' }, 'DUE_AT_INVALID', /not after received_at/],
    ['demand', { state: 'withdrawn', evidence: '' }, 'EVIDENCE_INVALID', /withdrawn only with it/],
    ['reassignment', { at: 'yesterday' }, 'AT_INVALID', /“yesterday” is not a date/],
  ];
  for (const [name, change, code, reason] of cases) {
    const read = readRow(LAYOUTS[name as 'lead'], { ...FULL[name], ...change }, GIVEN);
    t.match(read, { ok: false, fault: { code, reason } }, `${name} ${JSON.stringify(change)}`);
  }
  t.end();
});

void t.test('a label of 32 characters passes, counted as a person counts them', (t) => {
  t.equal(readRow(LAYOUTS.line, { ...FULL.line, label: 'а'.repeat(32) }, GIVEN).ok, true);
  t.end();
});

void t.test('what a row leaves out is what the register says it is', (t) => {
  const phone = '8 916 000-00-01';
  const now = GIVEN.now;
  const cases = [
    [LAYOUTS.refusal, {}, { state: 'confirmed', since: now, allowEntities: [], source: 'test' }],
    [LAYOUTS.debtor, { flag: 'minor' }, { entity: '*', state: 'set', since: now }],
    [LAYOUTS.demand, { kind: 'stop' }, { receivedAt: now, dueAt: null, state: 'open' }],
    [LAYOUTS.reassignment, {}, { at: now, state: 'passed' }],
    [LAYOUTS.optout, {}, { scope: 'global', entity: null, source: 'import test' }],
  ] as const;
  for (const [register, texts, wanted] of cases) {
    const read = readRow(register as typeof LAYOUTS.refusal, { phone, ...texts }, GIVEN);
    t.match(read, { ok: true, record: { phone: '+79160000001', ...wanted } }, register.name);
  }
  t.end();
});

void t.test('no header means two columns of one register', (t) => {
  for (const [name, { phoneHeaders, columns }] of Object.entries<Layout>(LAYOUTS)) {
    const all = columns.flatMap((column) => [column.name, ...column.field.headers]);
    const headers = ['phone', ...phoneHeaders, ...all];
    t.strictSame(
      headers.filter((header, i) => headers.indexOf(header) !== i),
      [],
      name,
    );
    t.strictSame(
      headers.filter((header) => header !== header.toLowerCase().replaceAll('.', ' ').trim()),
      [],
      `${name}: as headers are compared`,
    );
  }
  t.end();
});

void t.test('an apostrophe that keeps a text from being a formula is no part of it', (t) => {
  for (const [cell, note] of [
    ["'=1+1", '=1+1'],
    ["''=1+1", "'=1+1"],
    ["'tis", "'tis"],
    ['=1+1', '=1+1'],
  ] as const) {
    t.match(readRow(LAYOUTS.refusal, { phone: "'+79160000001", note: cell }, GIVEN), { record: { note } }, cell);
  }
  t.end();
});

const CONSENT: ConsentRow = {
  ...NOTHING_MORE,
  phone: phoneOf('+79160000001'),
  kinds: ['AD', 'CALL', 'PD'],
  purposes: [],
  entities: ['7701234567', '7707654321'],
  givenAt: GIVEN.now - 1_000,
  source: 'site',
};

void t.test('a withdrawal takes what was named and leaves the rest; nothing named takes all', (t) => {
  const parts = (kinds: readonly ('AD' | 'CALL')[] | null, entities: readonly string[] | null) =>
    withdrawFrom(CONSENT, { kinds, entities, at: GIVEN.now, source: 'sms', note: null }).map(
      (row) => `${row.kinds.join()} ${row.entities.join()} ${row.withdrawnAt === null ? 'stays' : 'withdrawn'}`,
    );
  t.strictSame(parts(null, null), ['AD,CALL,PD 7701234567,7707654321 withdrawn']);
  t.strictSame(parts(['AD'], null), ['AD 7701234567,7707654321 withdrawn', 'CALL,PD 7701234567,7707654321 stays']);
  t.strictSame(parts(['AD'], ['7701234567']), [
    'AD 7701234567 withdrawn',
    'CALL,PD 7701234567,7707654321 stays',
    'AD 7707654321 stays',
  ]);
  t.strictSame(parts(null, ['7700000000']), [], 'another entity’s');
  const late = { kinds: null, entities: null, at: GIVEN.now - 2_000, source: 'sms', note: null };
  t.strictSame(withdrawFrom(CONSENT, late), [], 'given after the withdrawal');
  t.strictSame(
    withdrawFrom({ ...CONSENT, withdrawnAt: GIVEN.now }, { ...late, at: GIVEN.now }),
    [],
    'withdrawn before',
  );
  t.equal(withdrawalAlone(CONSENT.phone, late), null, 'nobody named: nothing to keep');
  t.match(withdrawalAlone(CONSENT.phone, { ...late, entities: ['7701234567'] }), {
    kinds: ['AD', 'CALL', 'PD', 'REQ', 'RECORDING'],
    withdrawnAt: late.at,
  });
  t.end();
});

void t.test('a demand to stop is due in 10 working days, the rest in 30 calendar days, to the midnight', (t) => {
  const calendars = ruDefault.calendarOf;
  const due = (kind: 'stop' | 'erase', at: string) => new Date(dueAt(kind, Date.parse(at), calendars)).toISOString();
  t.equal(due('stop', '2026-11-25T09:00:00Z'), '2026-12-09T21:00:00.000Z', 'two weeks without holidays');
  t.equal(due('stop', '2026-11-25T20:59:59Z'), '2026-12-09T21:00:00.000Z', 'the last second of a Moscow day');
  t.equal(due('stop', '2026-11-25T21:00:00Z'), '2026-12-10T21:00:00.000Z', 'the first of the next');
  t.equal(due('stop', '2026-04-28T09:00:00Z'), '2026-05-14T21:00:00.000Z', 'the May holidays do not count');
  t.equal(due('erase', '2026-11-25T09:00:00Z'), '2026-12-25T21:00:00.000Z');
  t.equal(
    dueAt('stop', Date.parse('2031-05-05T09:00:00Z'), {}),
    Date.parse('2031-05-19T21:00:00Z'),
    'a year without a calendar: weekdays alone',
  );
  t.end();
});
