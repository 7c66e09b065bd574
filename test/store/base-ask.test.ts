import fc from 'fast-check';
import t from 'tap';
import { DIAL_MODES, PURPOSES } from '../../lib/core/campaign.ts';
import { CONSENT_CHANNELS, DEBTOR_FLAGS, PERSONAL_DATA_BASES } from '../../lib/core/facts.ts';
import { campaignStop } from '../../lib/core/campaign-wide.ts';
import { numberRefusal } from '../../lib/core/gate/of-number.ts';
import { DISPOSITIONS } from '../../lib/core/outcome.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import { CONSENT_KINDS } from '../../lib/core/register/consent.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { askBase } from '../../lib/store/base/ask.ts';
import { WHOLE } from '../../lib/store/base/columns.ts';
import type { Verdict } from '../../lib/core/verdict.ts';
import type { GateCampaign } from '../../lib/store/facts.ts';
import type { LeadRow } from '../../lib/store/leads.ts';
import { KEYED } from '../helpers/keyed.ts';
import { ruDefault } from '../helpers/policy.ts';
import { CALLER, ENTITY, NOON, phoneOf, specWith } from '../helpers/rig.ts';
import { createRooms } from '../helpers/rooms.ts';

const DAY_MS = 86_400_000;
const OTHER = '7700000002';
const rooms = createRooms();
const { db } = rooms;
for (const [name, inn] of [
  ['own', ENTITY],
  ['other', OTHER],
] as const) {
  const spec = specWith({ name });
  rooms.campaigns.insert(name, JSON.stringify({ ...spec, entity: { ...spec.entity, inn } }), NOON);
}
const [OWN, THEIRS] = [rooms.campaigns.byName('own')?.id ?? 0, rooms.campaigns.byName('other')?.id ?? 0];

/** Mobile and fixed numbers with and without a range, service and premium codes, Kazakhstan, Abkhazia, Germany. */
const NUMBERS = [
  ...[79160000001, 79160000002, 79160009999, 79160020000, 74950000001, 78430000001, 79990000001],
  ...[78090000001, 78000000001, 77010000001, 79400000001, 4930123456, 70000000001],
];

/** Second numbers of leads, in the same order. */
const SECOND = NUMBERS.map((number) => (number === 79990000001 ? 79160000777 : number + 100));

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const some = <T>(of: fc.Arbitrary<T>, maxLength = 6) => fc.array(of, { maxLength });
const phone = fc.constantFrom(...NUMBERS, ...NUMBERS, ...SECOND);
const entity = fc.constantFrom(ENTITY, OTHER);
const json = <T>(of: fc.Arbitrary<readonly T[]>) => of.map((list) => JSON.stringify(list));
/** Moments where rules turn, and any other. */
const instant = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(0, 900_000, 3_600_000, DAY_MS, 3 * DAY_MS, 7 * DAY_MS, 31 * DAY_MS),
      fc.integer({ min: -1, max: 1 }),
    )
    .map(([ago, off]) => NOON - ago + off),
  fc.integer({ min: NOON - 40 * DAY_MS, max: NOON + 2 * DAY_MS }),
);
const past = instant.map((at) => Math.min(at, NOON - 1));

const base = fc.record({
  leads: fc.uniqueArray(
    fc.record({
      phone: fc.constantFrom(...NUMBERS),
      /** Why its second number is closed, '' when it is not; null: it has none. */
      second: fc.constantFrom(null, null, '', '', 'CONSENT_MISSING', 'unallocated'),
      person: maybe(fc.constantFrom('p1', 'p2')),
      zone: maybe(fc.constantFrom('Europe/Moscow', 'Asia/Kamchatka', 'Nowhere')),
      region: maybe(fc.constantFrom('Башкортостан', 'Татарстан', 'Москва', '?')),
    }),
    { selector: (lead) => lead.phone, minLength: 1, maxLength: NUMBERS.length },
  ),
  consents: some(
    fc.record({
      phone,
      kinds: json(fc.subarray([...CONSENT_KINDS], { minLength: 1 })),
      purposes: json(fc.subarray([...PURPOSES], { maxLength: 2 })),
      channels: json(fc.subarray([...CONSENT_CHANNELS], { maxLength: 2 })),
      entities: json(fc.subarray([ENTITY, OTHER])),
      given_at: instant,
      expires_at: maybe(instant),
      withdrawn_at: maybe(instant),
      verified_by: maybe(fc.constantFrom('', 'sms')),
      evidence: maybe(fc.constant('file')),
      replaces: maybe(fc.integer({ min: 1, max: 4 })),
    }),
    12,
  ),
  acts: some(
    fc.record({
      phones: fc.uniqueArray(phone, { maxLength: 3 }),
      kind: fc.constantFrom('opt-out', 'lift'),
      scope: fc.constantFrom('global', 'entity', 'purpose'),
      entity,
      purpose: fc.constantFrom(...PURPOSES),
    }),
  ),
  listed: some(fc.record({ phone, list: fc.constantFrom(1, 2, 3) })),
  demands: some(
    fc.record({
      phone,
      kind: fc.constantFrom('stop', 'erase', 'access'),
      state: fc.constantFrom('open', 'done', 'withdrawn'),
    }),
  ),
  refusals: some(
    fc.record({
      phone,
      state: fc.constantFrom('suspected', 'confirmed', 'lifted'),
      allow_entities: json(fc.subarray([ENTITY, OTHER])),
    }),
  ),
  flags: some(
    fc.record({
      phone,
      entity: fc.constantFrom('*', ENTITY, OTHER),
      flag: fc.constantFrom(...DEBTOR_FLAGS),
      state: fc.constantFrom('set', 'cleared'),
    }),
  ),
  reassignments: some(fc.record({ phone, at: instant, state: fc.constantFrom('passed', 'mistaken') })),
  ranges: fc.boolean(),
  blocks: some(
    fc.record({
      operator: fc.constantFrom('?', '7700000011', 'Билайн'),
      state: fc.constantFrom('suspended', 'resumed'),
    }),
    3,
  ),
  lines: some(
    fc.record({
      operator: fc.constantFrom('*', '7700000011', 'Билайн'),
      entity: fc.constantFrom(ENTITY, ENTITY, OTHER),
      purposes: fc.constantFrom(PURPOSES, PURPOSES.slice(0, 3)),
    }),
    3,
  ),
  erased: fc.uniqueArray(phone, { maxLength: 1 }),
  attempts: some(
    fc.record({
      phone,
      person: maybe(fc.constantFrom('p1', 'p2')),
      campaign: fc.constantFrom(OWN, THEIRS),
      planned_at: past,
      ring: maybe(fc.integer({ min: 0, max: 3_600_000 })),
      disposition: fc.constantFrom(...DISPOSITIONS),
    }),
    25,
  ),
  live: fc.uniqueArray(
    fc.record({ phone, person: maybe(fc.constantFrom('p1', 'p2')), campaign: fc.constantFrom(OWN, THEIRS) }),
    {
      selector: (one) => one.phone,
      maxLength: 2,
    },
  ),
});

const campaign: fc.Arbitrary<GateCampaign> = fc.record({
  id: fc.constant(OWN),
  state: fc.constant('running' as const),
  purpose: maybe(fc.constantFrom(...PURPOSES, 'collection' as const, 'informational' as const)),
  mode: fc.constantFrom(...DIAL_MODES),
  entity: fc.constant(ENTITY),
  personalData: maybe(fc.constantFrom(...PERSONAL_DATA_BASES)),
  caller: fc.constantFrom(phoneOf(CALLER), phoneOf(CALLER), null),
  maxAttemptsPerDay: maybe(fc.constantFrom(1, 2)),
  maxAttemptsPerWeek: maybe(fc.constantFrom(1, 3)),
  maxAttemptsPerNumber: fc.constant(null),
  minIntervalMs: maybe(fc.constantFrom(900_000, 3_600_000)),
  hours: maybe(fc.constant({ fromMin: 600, toMin: 1_200 })),
});

type Given = typeof base extends fc.Arbitrary<infer B> ? B : never;

/** A base that registers and rules let through, so that only consents, past calls and hours stand against a call. */
function lawful(given: Given): Given {
  const consent = {
    purposes: '[]',
    channels: '[]',
    entities: `["${ENTITY}"]`,
    verified_by: 'sms',
    evidence: 'file',
  } as const;
  const times = { given_at: NOON - 20 * DAY_MS, expires_at: null, withdrawn_at: null, replaces: null };
  return {
    ...given,
    leads: given.leads.filter((lead) => NUMBERS.indexOf(lead.phone) < 7),
    consents: [
      ...NUMBERS.slice(0, 6).map((of) => ({ phone: of, kinds: JSON.stringify(CONSENT_KINDS), ...consent, ...times })),
      ...given.consents.filter(({ withdrawn_at }) => withdrawn_at === null),
    ],
    acts: [],
    listed: [],
    demands: [],
    refusals: [],
    flags: given.flags.filter(({ flag }) => flag === 'third-party'),
    blocks: [],
    lines: [{ operator: '*', entity: ENTITY, purposes: PURPOSES }],
    erased: [],
  };
}

const insert = (table: string, row: Readonly<Record<string, unknown>>): void => {
  const names = Object.keys(row);
  db.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${names.map((name) => `@${name}`).join()})`).run(row);
};

function fill(given: Given): void {
  const stamp = { source: 'test', created_at: NOON };
  for (const [i, { second, ...lead }] of given.leads.entries()) {
    const row = { id: i + 1, campaign: OWN, list: 'l', list_row: i, created_at: NOON, updated_at: NOON };
    insert('leads', { ...row, ...lead });
    insert('lead_numbers', { lead: i + 1, place: 1, campaign: OWN, phone: lead.phone });
    const other = SECOND[NUMBERS.indexOf(lead.phone)] ?? 0;
    const closed = second === '' ? null : second;
    if (second !== null) insert('lead_numbers', { lead: i + 1, place: 2, campaign: OWN, phone: other, closed });
  }
  for (const [i, { replaces, ...row }] of given.consents.entries()) {
    insert('consents', { id: i + 1, ...row, replaces: replaces !== null && replaces <= i ? replaces : null, ...stamp });
  }
  for (const [i, { phones, kind, scope, entity: inn, purpose }] of given.acts.entries()) {
    const evidence = kind === 'lift' ? 'letter' : null;
    const of = { entity: scope === 'global' ? null : inn, purpose: scope === 'purpose' ? purpose : null };
    insert('opt_out_acts', { id: i + 1, at: NOON - 1, kind, scope, ...of, source: 'test', evidence });
    for (const one of phones) insert('opt_outs', { phone: one, act: i + 1 });
  }
  for (const [i, state] of ['active', 'active', 'replaced'].entries()) {
    insert('dnc_lists', { id: i + 1, registry: `r${i + 1}`, taken_at: NOON - DAY_MS, imported_at: NOON, state });
  }
  for (const row of given.listed)
    db.prepare('INSERT OR IGNORE INTO dnc_numbers (phone, list) VALUES (@phone, @list)').run(row);
  for (const row of given.demands) insert('demands', { ...row, received_at: NOON, due_at: NOON, ...stamp });
  for (const row of given.refusals) insert('refusals', { ...row, since: NOON, ...stamp });
  for (const row of given.flags) insert('debtor_flags', { ...row, since: NOON, ...stamp });
  for (const row of given.reassignments) insert('reassignments', { ...row, ...stamp });
  if (given.ranges) {
    insert('range_registers', { id: 1, state: 'active', imported_at: NOON, files: '[]' });
    insert('range_operators', { id: 1, name: 'МТС', inn: '7700000011' });
    insert('range_operators', { id: 2, name: 'Билайн', inn: '' });
    for (const [i, regions] of [['Москва'], ['Башкортостан', 'Татарстан'], []].entries()) {
      insert('range_places', { id: i + 1, text: String(i), regions: JSON.stringify(regions) });
    }
    for (const [first, last, operator, place] of [
      [79160000000, 79160009998, 1, 1],
      [79160020000, 79160020000, 2, 2],
      [74950000000, 74950009999, 2, 3],
      [78430000000, 78430009999, 1, 2],
    ]) {
      insert('ranges', { register: 1, first, last, operator, place });
    }
  }
  const caller = phoneToInteger(phoneOf(CALLER));
  for (const row of given.blocks) insert('line_blocks', { caller, at: NOON, blocked: 9, calls: 10, ...row });
  for (const { operator, entity: inn, purposes } of given.lines) {
    rooms.registrations.insert(
      {
        ...{
          caller: phoneOf(CALLER),
          operator,
          entity: inn,
          purposes,
          label: 'Test',
          category: 'Банк',
          contract: null,
        },
        ...{ validFrom: NOON - DAY_MS, validTo: null, status: 'active' as const, verifiedAt: NOON },
      },
      NOON,
    );
  }
  for (const one of given.erased) {
    const row = { pseudonym: KEYED.pseudonym(one), subject: KEYED.subject(one), at: NOON, act: '{}' };
    insert('erasures', { ...row, mac: Buffer.alloc(32) });
  }
  const call = { lead: 1, verdict: 1, caller, trunk: 'pstn', ring_limit_ms: 20_000 };
  for (const [i, { ring, disposition, ...row }] of given.attempts.entries()) {
    const ended = { state: 'ended', disposition, ended_at: NOON };
    insert('attempts', {
      id: `at-${i}`,
      ...call,
      ...row,
      ...ended,
      answered_at: ring === null ? null : row.planned_at + ring,
    });
  }
  for (const [i, row] of given.live.entries()) {
    insert('attempts', { id: `at-live${i}`, ...call, ...row, state: 'ringing', planned_at: NOON - 5_000 });
  }
}

const policies: readonly Policy[] = [
  ruDefault,
  {
    ...ruDefault,
    dnc: { registry: 'r1', maxAgeDays: 5 },
    zones: { ...ruDefault.zones, weakIsUnknownFor: ['advertising'] },
  },
];

/** As the dialer asks: on the next number once one is refused for its own sake. */
function alone(of: GateCampaign, lead: LeadRow, policy: Policy, now: number): Verdict {
  const { verdict } = rooms.gate.rehearse(of, lead, policy, now);
  if (numberRefusal(verdict) === null || campaignStop(verdict, now) !== null || lead.place === 2) return verdict;
  const second = rooms.leads.numbersOf(lead.id)[1];
  if (second === undefined || second.closed === 'unallocated') return verdict;
  return alone(of, { ...lead, place: 2, phone: second.phone }, policy, now);
}

const whom = { kind: 'start', releases: true } as const;

void t.test('a whole base asked at once: each lead gets the answer it gets alone', async (t) => {
  db.pragma('foreign_keys = OFF');
  const seen = new Map<string, number>();
  const asked = fc.property(
    base,
    campaign,
    fc.constantFrom(...policies),
    fc.constantFrom(NOON, NOON - 12 * 3_600_000, NOON + 5 * DAY_MS),
    fc.boolean(),
    fc.boolean(),
    (any, somehow, policy, now, halves, calls) => {
      const given = calls ? lawful(any) : any;
      const of: GateCampaign = calls
        ? { ...somehow, purpose: somehow.purpose ?? 'collection', personalData: 'contract', caller: phoneOf(CALLER) }
        : somehow;
      db.exec('BEGIN');
      try {
        fill(given);
        const parts = halves ? [0, 1].map((number) => ({ of: 2, number })) : [WHOLE];
        let count = 0;
        for (const part of parts) {
          const answers = askBase(db, KEYED, { campaign: of, policy, now, whom }, part);
          for (const [slot, id] of answers.ids.entries()) {
            const lead = rooms.leads.byId(id);
            if (lead === undefined) throw new Error('no such lead');
            const verdict = alone(of, lead, policy, now);
            const from = answers.from[slot] as number;
            const found = [answers.codes[answers.code[slot] as number] || null, Number.isNaN(from) ? null : from];
            const wanted = [verdict.primary, verdict.verdict === 'ALLOW' ? now : verdict.notBefore];
            count += 1;
            seen.set(verdict.primary ?? 'ALLOW', (seen.get(verdict.primary ?? 'ALLOW') ?? 0) + 1);
            if (JSON.stringify(found) !== JSON.stringify(wanted)) {
              throw new Error(`lead ${id} (${lead.phone}): ${found.join()} at once, ${wanted.join()} alone`);
            }
          }
        }
        return count === given.leads.length;
      } finally {
        db.exec('ROLLBACK');
      }
    },
  );
  fc.assert(asked, { numRuns: Number(process.env['RUNS'] ?? 150) });
  t.pass([...seen].map(([code, n]) => `${code} ${n}`).join(', '));
});
