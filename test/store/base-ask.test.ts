import fc from 'fast-check';
import t from 'tap';
import { USUAL_PREFIXES } from '../../lib/core/guard/prefixes.ts';
import { DIAL_MODES, PURPOSES } from '../../lib/core/campaign.ts';
import { CONSENT_CHANNELS, DEBTOR_FLAGS, PERSONAL_DATA_BASES } from '../../lib/core/facts.ts';
import { numberRefusal } from '../../lib/core/gate/of-number.ts';
import { DISPOSITIONS } from '../../lib/core/outcome.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import { CONSENT_KINDS } from '../../lib/core/register/consent.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { backOn, inTurn, openPlaces } from '../../lib/core/retry.ts';
import { CODES, type Verdict } from '../../lib/core/verdict.ts';
import { openNumbers } from '../../lib/control/handlers/redial-choice.ts';
import { askBase } from '../../lib/store/base/ask.ts';
import { WHOLE } from '../../lib/store/base/columns.ts';
import type { Whom } from '../../lib/store/base/leads.ts';
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

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const some = <T>(of: fc.Arbitrary<T>, maxLength = 6) => fc.array(of, { maxLength });
const phone = fc.constantFrom(...NUMBERS);
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

/** Why a number is not called: never, by a rule, by the gate, by an erasure. */
const CLOSED = [null, null, null, 'no-answer', 'busy', 'CONSENT_MISSING', 'NUMBER_UNASSIGNED', 'OPT_OUT_ERASED'];
const lead = fc.record({
  person: maybe(fc.constantFrom('p1', 'p2')),
  zone: maybe(fc.constantFrom('Europe/Moscow', 'Asia/Kamchatka', 'Nowhere')),
  region: maybe(fc.constantFrom('Башкортостан', 'Татарстан', 'Москва', '?')),
  state: fc.constantFrom('callable', 'waiting', 'held', 'spent'),
  place: fc.integer({ min: 1, max: 3 }),
  numbers: fc.array(fc.record({ attempts: fc.nat(2), closed: fc.constantFrom(...CLOSED) }), {
    minLength: 1,
    maxLength: 3,
  }),
});

/** Gives each lead as many of the numbers as it has room for. */
function dealt<N extends object, L extends { readonly numbers: readonly N[] }>(
  phones: readonly number[],
  leads: readonly (L & { readonly numbers: readonly N[] })[],
) {
  let given = 0;
  return leads.flatMap((one) => {
    const numbers = one.numbers.flatMap((number) => {
      const of = phones[given++];
      return of === undefined ? [] : [{ ...number, phone: of }];
    });
    return numbers.length === 0 ? [] : [{ ...(one as Omit<L, 'numbers'>), numbers }];
  });
}

const base = fc.record({
  leads: fc
    .tuple(fc.shuffledSubarray(NUMBERS, { minLength: 1 }), fc.array(lead, { minLength: 13, maxLength: 13 }))
    .map(([phones, those]) => dealt(phones, those)),
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
  maxAttemptsPerLead: fc.constantFrom(1, 4, 9),
  maxAttemptsPerNumber: maybe(fc.constantFrom(1, 2)),
  minIntervalMs: maybe(fc.constantFrom(900_000, 3_600_000)),
  hours: maybe(fc.constant({ fromMin: 600, toMin: 1_200 })),
  dial: fc.constantFrom(USUAL_PREFIXES, USUAL_PREFIXES, { allow: ['+7', '+4'], deny: ['+79160', '+7495'] }),
  ceilings: fc.constant([]),
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
    leads: given.leads.flatMap((one) => {
      const numbers = one.numbers.filter((number) => NUMBERS.indexOf(number.phone) < 7);
      return numbers.length === 0 ? [] : [{ ...one, numbers }];
    }),
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
  for (const [i, { numbers, place, state, ...one }] of given.leads.entries()) {
    const row = { id: i + 1, campaign: OWN, list: 'l', list_row: i, created_at: NOON, updated_at: NOON };
    const own = Math.min(place, numbers.length);
    const phoneAt = (at: number): number => numbers[at - 1]?.phone ?? 0;
    const ended = state === 'spent' ? { last_disposition: 'no-answer' } : {};
    const attempts = numbers.reduce((sum, number) => sum + number.attempts, 0);
    const due = state === 'waiting' ? { next_at: NOON - 5 * DAY_MS } : {};
    insert('leads', { ...row, ...one, attempts, state, place: own, phone: phoneAt(own), ...ended, ...due });
    for (const [n, number] of numbers.entries()) {
      const at = n + 1;
      // Whose number was erased has none any more there.
      const erased = number.closed === 'OPT_OUT_ERASED' && at !== own;
      insert('lead_numbers', {
        ...number,
        lead: i + 1,
        place: at,
        campaign: OWN,
        phone: erased ? -number.phone : number.phone,
      });
    }
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

const rules = { again: ['no-answer' as const], results: [], notWithinH: 0, maxPasses: 9 };
const pass = {
  kind: 'pass',
  rules,
  where: undefined,
  parting: { where: undefined, segments: [] },
  bars: {},
  before: null,
} as const;
const start = { kind: 'start', bars: {} } as const;
const whoms: readonly Whom[] = [{ ...start, releases: true }, { ...start, releases: false }, pass];

/** Why a lead is not asked about, or its numbers in the order the gate turns to them. */
function numbersFor(
  row: LeadRow,
  whom: Whom,
  { maxAttemptsPerLead: perLead, maxAttemptsPerNumber: perNumber }: GateCampaign,
): string | number[] {
  const numbers = rooms.leads.numbersOf(row.id);
  if (row.state === 'spent') {
    if (whom.kind === 'start') return 'final';
    const open = openNumbers({ spec: { redial: rules } }, numbers);
    return open.length === 0 ? 'REDIAL_NUMBERS' : open.map((number) => number.phone);
  }
  const frees = whom.kind === 'pass' || whom.releases;
  if (row.state === 'held' && !frees) return 'held';
  const opened = numbers.map((number) => {
    const ofGate = number.phone > 0 && number.closed !== null && number.closed in CODES;
    return frees && ofGate ? { ...number, closed: null } : number;
  });
  // Who was never called has reached no cap, wherever it stands.
  const first = row.attempts === 0 ? row.place : backOn({ ...row, numbers: opened }, { perLead, perNumber });
  if (first === null) return whom.kind === 'pass' ? 'REDIAL_SPENT' : 'final';
  const turns = inTurn(openPlaces(opened, perNumber), first).filter((place) => place !== first);
  return [first, ...turns].map((place) => numbers.find((number) => number.place === place)?.phone ?? 0);
}

/** As the gate goes on to a lead's next number when it refuses one for a reason of that number alone. */
function verdictOn([phone, ...others]: readonly number[], rehearse: (phone: number) => Verdict): Verdict {
  const verdict = rehearse(phone ?? 0);
  return others.length === 0 || numberRefusal(verdict) === null ? verdict : verdictOn(others, rehearse);
}

void t.test('a whole base asked at once: each lead gets the answer it gets alone', async (t) => {
  db.pragma('foreign_keys = OFF');
  const seen = new Map<string, number>();
  let turned = 0;
  const asked = fc.property(
    base,
    campaign,
    fc.constantFrom(...policies),
    fc.constantFrom(NOON, NOON - 12 * 3_600_000, NOON + 5 * DAY_MS),
    fc.boolean(),
    fc.boolean(),
    fc.constantFrom(...whoms),
    (any, somehow, policy, at, halves, calls, whom) => {
      // A pass looks back at calls: none of them is still to come.
      const now = whom.kind === 'pass' ? Math.max(at, NOON) : at;
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
            const its = numbersFor(lead, whom, of);
            const verdict =
              typeof its === 'string'
                ? { primary: its, verdict: 'DENY', notBefore: null }
                : verdictOn(its, (phone) => rooms.gate.rehearse(of, { ...lead, phone }, policy, now).verdict);
            if (typeof its !== 'string' && its.length > 1 && answers.phones[slot] !== its[0]) turned += 1;
            const from = answers.from[slot] as number;
            const found = [answers.codes[answers.code[slot] as number] || null, Number.isNaN(from) ? null : from];
            const alone = [verdict.primary, verdict.verdict === 'ALLOW' ? now : verdict.notBefore];
            count += 1;
            seen.set(verdict.primary ?? 'ALLOW', (seen.get(verdict.primary ?? 'ALLOW') ?? 0) + 1);
            if (JSON.stringify(found) !== JSON.stringify(alone)) {
              throw new Error(`lead ${id} (${lead.phone}): ${found.join()} at once, ${alone.join()} alone`);
            }
          }
        }
        return count === given.leads.length;
      } finally {
        db.exec('ROLLBACK');
      }
    },
  );
  fc.assert(asked, { numRuns: Number(process.env['RUNS'] ?? 100) });
  t.ok(turned > 0, `${turned} leads asked about on another number than their first`);
  t.pass([...seen].map(([code, n]) => `${code} ${n}`).join(', '));
});
