import fc from 'fast-check';
import t from 'tap';
import { DIAL_MODES, PURPOSES } from '../../lib/core/campaign.ts';
import { CONSENT_CHANNELS, DEBTOR_FLAGS, type GateFacts, type OptOutFact } from '../../lib/core/facts.ts';
import { decide } from '../../lib/core/gate.ts';
import { parsePhone, type Phone } from '../../lib/core/phone.ts';
import { CODE_LIST, CODES, type Verdict } from '../../lib/core/verdict.ts';
import { deepFreeze } from '../../lib/validate.ts';
import { rangeOf } from './boundaries.ts';
import { DAY, ENTITY, NOON, OTHER_ENTITY, policy } from './given.ts';

const entity = fc.constantFrom(ENTITY, OTHER_ENTITY);
const instant = fc.integer({ min: NOON - 40 * DAY, max: NOON + 40 * DAY });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const purposeOf = fc.constantFrom(...PURPOSES);
const optOut: fc.Arbitrary<OptOutFact> = fc.record({
  scope: fc.constantFrom('global', 'entity', 'purpose'),
  entity: maybe(entity),
  purpose: maybe(purposeOf),
  at: instant,
});
const anyFacts: fc.Arbitrary<GateFacts> = fc.record({
  campaign: fc.record({
    state: fc.constantFrom('running', 'paused'),
    purpose: maybe(purposeOf),
    mode: fc.constantFrom(...DIAL_MODES),
    entity,
    personalData: maybe(fc.constantFrom('consent', 'contract', 'law')),
    maxAttemptsPerDay: maybe(fc.nat(5)),
    maxAttemptsPerWeek: maybe(fc.nat(9)),
    minIntervalMs: maybe(fc.nat(DAY)),
    hours: maybe(fc.constant({ fromMin: 600, toMin: 1_200 })),
    abandonment: fc.record({ answered: fc.nat(500), abandoned: fc.nat(30) }),
    covered: fc.boolean(),
  }),
  lead: fc.record({
    number: fc
      .constantFrom('+79161234567', '+77011234567', '+78091234567', '112', '8 916 123-45-67 доб. 3')
      .map(parsePhone),
    zone: maybe(fc.constantFrom('Europe/Moscow', 'Asia/Kamchatka', 'Nowhere')),
    region: maybe(fc.constantFrom('Якутия', 'Башкортостан', '?')),
  }),
  caller: maybe(fc.constant('+74951234567' as Phone)),
  dial: fc.constantFrom({ allow: ['+'], deny: [] }, { allow: ['+79'], deny: ['+7916'] }, { allow: [], deny: [] }),
  ceilings: fc.array(
    fc.record({
      ceiling: fc.record({
        of: fc.constantFrom('trunk', 'campaign'),
        name: fc.constant('pstn'),
        attemptsPerDay: maybe(fc.nat(5)),
        spendPerDay: maybe(fc.nat(5)),
        price: maybe(fc.constant({ attempt: 1 })),
      }),
      attempts: fc.nat(6),
      minutes: fc.nat(6),
      freesAt: instant,
    }),
    { maxLength: 2 },
  ),
  clock: fc.record({ lastRecordedAt: maybe(instant), jumpedAt: maybe(instant) }),
  range: fc.oneof(fc.constant('unallocated' as const), maybe(fc.constantFrom('МТС', 'Билайн')).map(rangeOf)),
  inFlight: fc.boolean(),
  optOuts: fc.array(optOut, { maxLength: 2 }),
  erasedAt: maybe(instant),
  dncLists: fc.array(fc.record({ registry: fc.constantFrom('TPS', 'own'), listed: fc.boolean(), takenAt: instant }), {
    maxLength: 2,
  }),
  stopDemandedAt: maybe(instant),
  reassignedAt: maybe(instant),
  lineBlock: maybe(fc.record({ since: instant, blocked: fc.nat(100), calls: fc.constant(100) })),
  debtorFlags: fc.array(
    fc.record({
      flag: fc.constantFrom(...DEBTOR_FLAGS),
      entity: fc.constantFrom('*', ENTITY, OTHER_ENTITY),
      since: instant,
    }),
    { maxLength: 2 },
  ),
  consents: fc.array(
    fc.record({
      id: fc.nat(99),
      kinds: fc.subarray(['AD', 'CALL', 'PD', 'REQ', 'RECORDING'] as const),
      purposes: fc.subarray([...PURPOSES]),
      channels: fc.subarray([...CONSENT_CHANNELS]),
      entities: fc.array(entity, { maxLength: 2 }),
      givenAt: instant,
      expiresAt: maybe(instant),
      withdrawnAt: maybe(instant),
      verifiedBy: maybe(fc.constant('sms')),
      evidence: maybe(fc.constant('file')),
    }),
    { maxLength: 3 },
  ),
  registrations: fc.array(
    fc.record({
      id: fc.nat(99),
      operator: fc.constantFrom('*', 'МТС'),
      entity,
      purposes: fc.subarray([...PURPOSES]),
      label: fc.constantFrom('Банк', ''),
      category: fc.constant('Банк'),
      validFrom: instant,
      validTo: maybe(instant),
      status: fc.constantFrom('active', 'suspended', 'revoked'),
      verifiedAt: maybe(instant),
    }),
    { maxLength: 3 },
  ),
  refusal: maybe(
    fc.record({
      state: fc.constantFrom('suspected', 'confirmed', 'lifted'),
      since: instant,
      allowEntities: fc.array(entity, { maxLength: 1 }),
    }),
  ),
  history: fc.record({
    lastAttemptAt: maybe(instant),
    attempts24h: fc.nat(9),
    oldestAttempt24hAt: maybe(instant),
    attempts7d: fc.nat(12),
    oldestAttempt7dAt: maybe(instant),
    answered24h: fc.nat(3),
    answered7d: fc.nat(4),
    answered31d: fc.nat(9),
    oldestAnswered24hAt: maybe(instant),
    oldestAnswered7dAt: maybe(instant),
    oldestAnswered31dAt: maybe(instant),
    lastAbandonedAt: maybe(instant),
  }),
});

const HARDNESS = { ALLOW: 0, DEFER: 1, HOLD: 2, DENY: 3 } as const;

/** Whether the second verdict is as hard as the first and hides none of its codes. */
function noMilder(before: Verdict, after: Verdict): boolean {
  const codes = new Set(after.findings.map(({ code }) => code));
  return HARDNESS[after.verdict] >= HARDNESS[before.verdict] && before.findings.every(({ code }) => codes.has(code));
}

await t.test('property: an opt-out never makes a verdict milder, and hides no finding', async () => {
  fc.assert(
    fc.property(anyFacts, optOut, instant, (asked, added, now) =>
      noMilder(decide(asked, policy, now), decide({ ...asked, optOuts: [...asked.optOuts, added] }, policy, now)),
    ),
    { numRuns: 3_000 },
  );
});

await t.test('property: nor does an erasure, a demand, a listing, a debtor’s flag or an operator’s block', async () => {
  const bar = fc.constantFrom<(asked: GateFacts) => GateFacts>(
    (asked) => ({ ...asked, erasedAt: NOON }),
    (asked) => ({ ...asked, stopDemandedAt: NOON }),
    (asked) => ({ ...asked, dncLists: [...asked.dncLists, { registry: 'more', listed: true, takenAt: NOON }] }),
    ...DEBTOR_FLAGS.map((flag) => (asked: GateFacts) => ({
      ...asked,
      debtorFlags: [...asked.debtorFlags, { flag, entity: '*', since: NOON }],
    })),
    (asked) => ({ ...asked, lineBlock: { since: NOON, blocked: 50, calls: 100 } }),
    (asked) => ({ ...asked, inFlight: true }),
  );
  fc.assert(
    fc.property(anyFacts, bar, instant, (asked, barred, now) =>
      noMilder(decide(asked, policy, now), decide(barred(asked), policy, now)),
    ),
    { numRuns: 3_000 },
  );
});

await t.test('property: the primary is the first of the vocabulary among the hardest', async () => {
  fc.assert(
    fc.property(anyFacts, instant, (asked, now) => {
      const { verdict, primary, findings } = decide(asked, policy, now);
      const places = findings.map(({ code }) => CODE_LIST.indexOf(code));
      const inOrder = places.every((place, index) => index === 0 || place > (places[index - 1] ?? -1));
      const hardest = Math.max(0, ...findings.map(({ severity }) => HARDNESS[severity]));
      const first = findings.find(({ severity }) => HARDNESS[severity] === hardest);
      return inOrder && HARDNESS[verdict] === hardest && primary === (first?.code ?? null);
    }),
    { numRuns: 3_000 },
  );
});

await t.test('property: a verdict depends on facts, policy and now alone, and changes none of them', async () => {
  deepFreeze(policy);
  const other = structuredClone({ ...policy, label: null });
  const twin = deepFreeze({ ...other, label: new RegExp(policy.mav?.labelPattern ?? '', 'u') });
  fc.assert(
    fc.property(anyFacts, instant, instant, (asked, now, elsewhen) => {
      const first = JSON.stringify(decide(deepFreeze(asked), policy, now));
      decide(asked, policy, elsewhen);
      return first === JSON.stringify(decide(structuredClone(asked), twin, now));
    }),
    { numRuns: 3_000 },
  );
});

await t.test('property: a deferred call meets no finding of time at its notBefore', async () => {
  fc.assert(
    fc.property(anyFacts, instant, (asked, now) => {
      const { verdict, notBefore } = decide(asked, policy, now);
      if (verdict !== 'DEFER' || notBefore === null) return true;
      if (notBefore <= now) return false;
      // In-flight and expiry aside, which time alone does not settle.
      const later = decide({ ...asked, inFlight: false }, policy, notBefore);
      const timed = later.findings.filter(({ code }) => CODES[code].group === 'hours' || /^FREQ_MIN|^DROP/.test(code));
      return timed.length === 0;
    }),
    { numRuns: 3_000 },
  );
});
