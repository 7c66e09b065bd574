import fc from 'fast-check';
import t from 'tap';
import { isCampaignWide } from '../../lib/core/campaign-wide.ts';
import { campaignTable, DIAL_MODES, PURPOSES, type CampaignState } from '../../lib/core/campaign.ts';
import {
  CONSENT_CHANNELS,
  DEBTOR_FLAGS,
  type ConsentFact,
  type GateFacts,
  type OptOutFact,
  type RegistrationFact,
} from '../../lib/core/facts.ts';
import { CHECKS, decide, explain } from '../../lib/core/gate.ts';
import { parsePhone, type Phone } from '../../lib/core/phone.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { CODE_LIST, CODES, primaryOf, type Code } from '../../lib/core/verdict.ts';
import { deepFreeze } from '../../lib/validate.ts';
import {
  consent,
  DAY,
  ENTITY,
  facts,
  given,
  HOUR,
  moscow,
  NOON,
  OTHER_ENTITY,
  policy,
  registration,
  SECOND,
} from './given.ts';

/** One side of a boundary: the facts, and what else differs from the lawful call at noon. */
interface Side {
  readonly facts?: GateFacts;
  readonly now?: number;
  readonly policy?: Policy;
}

const codesOf = (side: Side) =>
  decide(side.facts ?? facts, side.policy ?? policy, side.now ?? NOON).findings.map(({ code }) => code);

const withConsent = (change: Partial<ConsentFact>): Side => ({
  facts: given({ rest: { consents: [{ ...consent, ...change }] } }),
});
/** A mobile range of this operator, somewhere in the country. */
const rangeOf = (operator: string | null): GateFacts['range'] =>
  operator === null ? null : { operator: { name: operator, inn: '' }, regions: [] };
const withLine = (change: Partial<RegistrationFact>, operator: string | null = null): Side => ({
  facts: given({ rest: { range: rangeOf(operator), registrations: [{ ...registration, ...change }] } }),
});
const withOptOut = (change: Partial<OptOutFact>): Side => ({
  facts: given({ rest: { optOuts: [{ scope: 'global', entity: null, purpose: null, at: NOON, ...change }] } }),
});
const withHistory = (history: Partial<GateFacts['history']>, campaign: Partial<GateFacts['campaign']> = {}): Side => ({
  facts: given({ history, campaign }),
});
const withPhone = (phone: string): Side => ({
  facts: given({ lead: { number: { ok: true, phone: phone as Phone } } }),
});
const withText = (text: string): Side => ({ facts: given({ lead: { number: parsePhone(text) } }) });
const withRefusal = (state: 'suspected' | 'confirmed' | 'lifted', allowEntities: string[] = []): Side => ({
  facts: given({ rest: { refusal: { state, since: NOON - DAY, allowEntities } } }),
});
const advertising = { purpose: 'advertising', mode: 'preview' } as const;
const collection = { purpose: 'collection' } as const;
const callback = { purpose: 'callback', mode: 'manual' } as const;
const withoutPurposeRow: Policy = { ...policy, freq: { ...policy.freq, transactional: undefined as never } };

/** For each live code: where it fires, and the nearest case where it does not. */
const BOUNDARIES: Partial<Record<Code, readonly (readonly [fires: Side, passes: Side])[]>> = {
  GATE_POLICY_INVALID: [
    [{ policy: withoutPurposeRow }, { policy: withoutPurposeRow, facts: given({ campaign: { purpose: 'survey' } }) }],
    [{ policy: { ...policy, allZones: [] } }, { policy: { ...policy, allZones: ['Europe/Moscow'] } }],
  ],
  GATE_POLICY_EXPIRED: [
    [{ policy: { ...policy, validToMs: NOON } }, { policy: { ...policy, validToMs: NOON + 1 } }],
    [{ policy: { ...policy, validFromMs: NOON + 1 } }, { policy: { ...policy, validFromMs: NOON } }],
  ],
  CAMPAIGN_NOT_ACTIVE: (Object.keys(campaignTable) as CampaignState[])
    .filter((state) => state !== 'running')
    .map((state) => [{ facts: given({ campaign: { state } }) }, {}] as const),
  CAMPAIGN_PURPOSE_UNSET: [[{ facts: given({ campaign: { purpose: null } }) }, {}]],

  NUMBER_AMBIGUOUS: [[withText('+7 916 123-45-67, +7 916 123-45-68'), withText('+7 916 123-45-67')]],
  NUMBER_HAS_EXTENSION: [[withText('+7 916 123-45-67 доб. 3'), withText('+7 916 123-45-67')]],
  NUMBER_MALFORMED: [
    [withPhone('+7916123456'), withPhone('+79161234567')],
    [withPhone('79161234567'), withPhone('+79161234567')],
  ],
  NUMBER_EMERGENCY: [[withPhone('+7112'), withPhone('+79161234567')]],
  NUMBER_SHORT: [[withPhone('+7900'), withPhone('+79001234567')]],
  NUMBER_SERVICE_CODE: [[withPhone('+78081234567'), withPhone('+78111234567')]],
  NUMBER_PREMIUM: [[withPhone('+78091234567'), withPhone('+78101234567')]],
  NUMBER_UNASSIGNED: [[withPhone('+72991234567'), withPhone('+73011234567')]],
  NUMBER_FOREIGN_JURISDICTION: [
    [withPhone('+77991234567'), withPhone('+78121234567')],
    [withPhone('+79401234567'), withPhone('+79411234567')],
  ],

  OPT_OUT_GLOBAL: [[withOptOut({}), {}]],
  OPT_OUT_ENTITY: [
    [withOptOut({ scope: 'entity', entity: ENTITY }), withOptOut({ scope: 'entity', entity: OTHER_ENTITY })],
    [withOptOut({ scope: 'entity', entity: null }), {}],
  ],
  OPT_OUT_PURPOSE: [
    [withOptOut({ scope: 'purpose', purpose: 'transactional' }), withOptOut({ scope: 'purpose', purpose: 'survey' })],
    [
      withOptOut({ scope: 'purpose', purpose: 'transactional', entity: ENTITY }),
      withOptOut({ scope: 'purpose', purpose: 'transactional', entity: OTHER_ENTITY }),
    ],
    [withOptOut({ scope: 'purpose' }), {}],
  ],

  MODE_FORBIDDEN_FOR_PURPOSE: [
    ...(['progressive', 'predictive', 'robot'] as const).map(
      (mode) =>
        [
          { facts: given({ campaign: { purpose: 'advertising', mode } }) },
          { facts: given({ campaign: advertising }) },
        ] as const,
    ),
    [
      { facts: given({ campaign: { purpose: 'emergency_public' } }) },
      {
        facts: given({ campaign: { purpose: 'emergency_public' } }),
        policy: { ...policy, stateBodies: { ...policy.stateBodies, entities: [ENTITY] } },
      },
    ],
  ],

  CONSENT_MISSING: [
    [{ facts: given({ rest: { consents: [] } }) }, {}],
    [withConsent({ kinds: ['AD'] }), withConsent({ kinds: ['CALL'] })],
    [
      { facts: given({ campaign: advertising, rest: { consents: [{ ...consent, kinds: ['AD'] }] } }) },
      { facts: given({ campaign: advertising, rest: { consents: [{ ...consent, kinds: ['AD', 'CALL'] }] } }) },
    ],
  ],
  CONSENT_SCOPE_ENTITY: [
    [withConsent({ entities: [OTHER_ENTITY] }), withConsent({ entities: [OTHER_ENTITY, ENTITY] })],
    [withConsent({ entities: [] }), {}],
  ],
  CONSENT_SCOPE_PURPOSE: [
    [withConsent({ purposes: ['survey'] }), withConsent({ purposes: ['survey', 'transactional'] })],
  ],
  CONSENT_POSTDATED: [[withConsent({ givenAt: NOON + 1 }), withConsent({ givenAt: NOON })]],
  CONSENT_WITHDRAWN: [[withConsent({ withdrawnAt: NOON }), withConsent({ withdrawnAt: NOON + 1 })]],
  CONSENT_EXPIRED: [
    [withConsent({ expiresAt: NOON }), withConsent({ expiresAt: NOON + 1 })],
    [
      { facts: given({ campaign: callback, rest: { consents: [{ ...consent, givenAt: NOON - 30 * DAY }] } }) },
      { facts: given({ campaign: callback, rest: { consents: [{ ...consent, givenAt: NOON - 30 * DAY + 1 }] } }) },
    ],
  ],
  CONSENT_UNVERIFIED: [
    [
      { facts: given({ campaign: advertising, rest: { consents: [{ ...consent, verifiedBy: null }] } }) },
      withConsent({ verifiedBy: null }),
    ],
    [
      { facts: given({ campaign: advertising, rest: { consents: [{ ...consent, verifiedBy: '' }] } }) },
      { facts: given({ campaign: advertising }) },
    ],
  ],
  CONSENT_EVIDENCE_MISSING: [[withConsent({ evidence: null }), withConsent({ evidence: 'a' })]],

  CALLER_ID_HIDDEN: [[{ facts: given({ rest: { caller: null } }) }, {}]],
  MAV_CALLER_UNREGISTERED: [[{ facts: given({ rest: { registrations: [] } }) }, {}]],
  MAV_CALLER_NOT_YET_VALID: [[withLine({ validFrom: NOON + 1 }), withLine({ validFrom: NOON })]],
  MAV_CALLER_EXPIRED: [[withLine({ validTo: NOON }), withLine({ validTo: NOON + 1 })]],
  MAV_CALLER_SUSPENDED: [
    [withLine({ status: 'suspended' }), {}],
    [withLine({ status: 'revoked' }), {}],
  ],
  MAV_ENTITY_MISMATCH: [[withLine({ entity: OTHER_ENTITY }), {}]],
  MAV_PURPOSE_MISMATCH: [
    [withLine({ purposes: ['survey'] }), withLine({ purposes: ['survey', 'transactional'] })],
    [withLine({ purposes: [] }), {}],
  ],
  MAV_OPERATOR_NOT_COVERED: [
    [withLine({ operator: 'МТС' }, 'Билайн'), withLine({ operator: 'МТС' }, 'МТС')],
    [withLine({ operator: 'МТС' }, 'Билайн'), withLine({ operator: '*' }, 'Билайн')],
  ],
  MAV_OPERATOR_UNKNOWN: [[withLine({ operator: 'МТС' }), withLine({ operator: '*' })]],
  MAV_LABEL_INVALID: [
    [withLine({ label: 'Я'.repeat(33) }), withLine({ label: 'Я'.repeat(32) })],
    [withLine({ label: '' }), withLine({ label: 'Я' })],
    [withLine({ label: 'Банк!' }), withLine({ label: 'Банк 1' })],
    [withLine({ label: 'Банк  1' }), withLine({ label: 'Банк 1' })],
  ],
  MAV_SUBSCRIBER_REFUSED: [
    [withRefusal('confirmed'), withRefusal('lifted')],
    [withRefusal('confirmed', [OTHER_ENTITY]), withRefusal('confirmed', [ENTITY])],
  ],
  MAV_REFUSAL_SUSPECTED: [[withRefusal('suspected'), withRefusal('lifted')]],

  NUMBER_IN_FLIGHT: [[{ facts: given({ rest: { inFlight: true } }) }, {}]],
  FREQ_MIN_INTERVAL: [
    [withHistory({ lastAttemptAt: NOON - 300 * SECOND + 1 }), withHistory({ lastAttemptAt: NOON - 300 * SECOND })],
    [
      withHistory({ lastAttemptAt: NOON - HOUR + 1 }, { minIntervalMs: HOUR }),
      withHistory({ lastAttemptAt: NOON - HOUR }, { minIntervalMs: HOUR }),
    ],
    [
      withHistory({ lastAttemptAt: NOON - 299 * SECOND }, { minIntervalMs: 1 }),
      withHistory({ lastAttemptAt: NOON - 300 * SECOND }, { minIntervalMs: 1 }),
    ],
  ],
  FREQ_ATTEMPTS: [
    [withHistory({ attempts24h: 6 }), withHistory({ attempts24h: 5 })],
    [
      withHistory({ attempts24h: 2 }, { maxAttemptsPerDay: 2 }),
      withHistory({ attempts24h: 1 }, { maxAttemptsPerDay: 2 }),
    ],
    [
      withHistory({ attempts24h: 6 }, { maxAttemptsPerDay: 20 }),
      withHistory({ attempts24h: 5 }, { maxAttemptsPerDay: 20 }),
    ],
  ],
  FREQ_DAY: [[withHistory({ answered24h: 1 }, collection), withHistory({ answered24h: 0 }, collection)]],
  FREQ_WEEK: [[withHistory({ answered7d: 2 }, collection), withHistory({ answered7d: 1 }, collection)]],
  FREQ_MONTH: [[withHistory({ answered31d: 8 }, collection), withHistory({ answered31d: 7 }, collection)]],
  DROP_COOLDOWN: [
    [
      withHistory({ lastAbandonedAt: NOON - 72 * HOUR + 1 }, { mode: 'predictive' }),
      withHistory({ lastAbandonedAt: NOON - 72 * HOUR }, { mode: 'predictive' }),
    ],
    [withHistory({ lastAbandonedAt: NOON - 1 }, { mode: 'predictive' }), withHistory({ lastAbandonedAt: NOON - 1 })],
  ],

  HOURS_CLOSED: [
    [{ now: moscow('2026-11-24T08:59:59') }, { now: moscow('2026-11-24T09:00:00') }],
    [
      { facts: given({ campaign: { hours: { fromMin: 721, toMin: 900 } } }) },
      { facts: given({ campaign: { hours: { fromMin: 720, toMin: 900 } } }) },
    ],
  ],
  HOURS_END_GUARD: [[{ now: moscow('2026-11-24T20:58:00') }, { now: moscow('2026-11-24T20:57:59') }]],
  HOURS_HOLIDAY: [
    [
      { facts: given({ campaign: advertising }), now: moscow('2026-11-04T12:00:00') },
      { facts: given({ campaign: advertising }), now: moscow('2026-11-05T12:00:00') },
    ],
    [
      {
        facts: given({
          campaign: advertising,
          lead: { region: 'Башкирия' },
          rest: { consents: [{ ...consent, givenAt: 0 }] },
        }),
        now: moscow('2026-05-27T12:00:00'),
      },
      {
        facts: given({
          campaign: advertising,
          lead: { region: 'Татарстан' },
          rest: { consents: [{ ...consent, givenAt: 0 }] },
        }),
        now: moscow('2026-05-27T12:00:00'),
      },
    ],
  ],
  TZ_UNKNOWN_WINDOW: [
    [
      { facts: given({ lead: { zone: null } }), now: moscow('2026-11-24T09:59:59') },
      { facts: given({ lead: { zone: null } }), now: moscow('2026-11-24T10:00:00') },
    ],
    [
      { facts: given({ lead: { zone: null } }), now: moscow('2026-11-24T11:58:00') },
      { facts: given({ lead: { zone: null } }), now: moscow('2026-11-24T11:57:59') },
    ],
    [{ facts: given({ lead: { zone: 'Moscow' } }), now: moscow('2026-11-24T12:00:00') }, {}],
  ],
  CALENDAR_MISSING: [[{ policy: { ...policy, calendarOf: {} } }, {}]],
};

await t.test('the lawful call passes every check', async (t) => {
  const verdict = decide(facts, policy, NOON);
  t.same(verdict, {
    verdict: 'ALLOW',
    primary: null,
    findings: [],
    notBefore: null,
    evidence: {
      consentId: consent.id,
      consentIds: [consent.id],
      registrationId: registration.id,
      label: registration.label,
      zone: { zones: ['Europe/Moscow'], source: 'lead-zone' },
      opinion: null,
      policy: { id: 'ru-default', version: policy.version, hash: policy.hash },
    },
  });
});

await t.test('each code fires, and does not fire next to its boundary', async (t) => {
  for (const [code, pairs] of Object.entries(BOUNDARIES) as [Code, readonly (readonly [Side, Side])[]][]) {
    for (const [index, [fires, passes]] of pairs.entries()) {
      t.ok(codesOf(fires).includes(code), `${code} ${index + 1} fires`);
      t.notOk(codesOf(passes).includes(code), `${code} ${index + 1} does not fire next to it`);
    }
  }
});

await t.test('every code a check can answer with has its boundary tested, and belongs to one check', async (t) => {
  const live = CHECKS.flatMap((check) => check.codes);
  t.equal(new Set(live).size, live.length);
  t.same([...live].sort(), Object.keys(BOUNDARIES).sort());
});

await t.test('the vocabulary is closed and ordered', async (t) => {
  t.equal(CODE_LIST.length, 65);
  const groups = CODE_LIST.map((code) => CODES[code].group);
  t.same(
    groups.filter((group, index) => group !== groups[index - 1]),
    ['system', 'number', 'opt_out', 'mode', 'consent', 'mav', 'debt', 'frequency', 'hours'],
  );
  for (const code of CODE_LIST) {
    t.match(CODES[code].title, /^[A-Z].*\.$/, code);
    t.not(CODES[code].law, '', code);
  }
  const live = new Set<Code>(CHECKS.flatMap((check) => check.codes));
  t.same(
    CODE_LIST.filter((code) => !live.has(code)),
    [
      'GATE_STORE_UNAVAILABLE',
      'GATE_CLOCK_SKEW',
      'NUMBER_UNALLOCATED',
      'OPT_OUT_ERASED',
      'DNC_EXTERNAL',
      'DNC_LIST_STALE',
      'PD_BASIS_MISSING',
      'PD_ERASED',
      'ABANDON_RATE_EXCEEDED',
      'CONSENT_SCOPE_CHANNEL',
      'CONSENT_SUBSCRIBER_CHANGED',
      'MAV_STATE_STALE',
      'DEBT_REFUSED_CONTACT',
      'DEBT_REPRESENTATIVE_ONLY',
      'DEBT_PROTECTED_PERSON',
      'DEBT_THIRD_PARTY_NO_CONSENT',
    ],
    'codes no check answers with yet',
  );
});

await t.test(
  'every finding is reported; the hardest names the verdict, then the order of the vocabulary',
  async (t) => {
    const bad = given({
      campaign: { mode: 'predictive' },
      history: { lastAbandonedAt: NOON },
      rest: {
        inFlight: true,
        refusal: { state: 'suspected', since: 0, allowEntities: [] },
        consents: [],
        optOuts: [{ scope: 'global', entity: null, purpose: null, at: NOON }],
      },
    });
    const all: Code[] = [
      'OPT_OUT_GLOBAL',
      'CONSENT_MISSING',
      'MAV_REFUSAL_SUSPECTED',
      'NUMBER_IN_FLIGHT',
      'DROP_COOLDOWN',
    ];
    t.match(decide(bad, policy, NOON), { verdict: 'DENY', primary: 'OPT_OUT_GLOBAL', notBefore: null });
    t.same(codesOf({ facts: bad }), all);
    const held = { ...bad, consents: [consent], optOuts: [] };
    t.match(decide(held, policy, NOON), { verdict: 'HOLD', primary: 'MAV_REFUSAL_SUSPECTED', notBefore: null });
    const deferred = { ...held, refusal: null };
    t.match(decide(deferred, policy, NOON), {
      verdict: 'DEFER',
      primary: 'NUMBER_IN_FLIGHT',
      notBefore: NOON + 72 * HOUR,
    });
    t.equal(primaryOf([]), null);
  },
);

await t.test('a defer ends when the last obstacle is gone and the hours are open then', async (t) => {
  const evening = moscow('2026-11-24T20:30:00');
  const nextMorning = moscow('2026-11-25T09:00:00');
  const table: readonly (readonly [string, GateFacts, number, number])[] = [
    ['hours alone', facts, moscow('2026-11-24T23:00:00'), nextMorning],
    ['end guard', facts, moscow('2026-11-24T20:59:00'), nextMorning],
    ['interval inside the hours', given({ history: { lastAttemptAt: NOON - SECOND } }), NOON, NOON + 299 * SECOND],
    [
      'interval that ends after the hours',
      given({ history: { lastAttemptAt: evening }, campaign: { minIntervalMs: HOUR } }),
      evening,
      nextMorning,
    ],
    [
      'oldest attempt leaves the 24 h at 14:00',
      given({ history: { attempts24h: 6, oldestAttempt24hAt: moscow('2026-11-23T14:00:00') } }),
      NOON,
      moscow('2026-11-24T14:00:00'),
    ],
    [
      'hours closed now, and a cap that lasts beyond their opening',
      given({ history: { attempts24h: 6, oldestAttempt24hAt: moscow('2026-11-24T12:00:00') } }),
      moscow('2026-11-24T22:00:00'),
      moscow('2026-11-25T12:00:00'),
    ],
    [
      'a week’s talks that leave on a Sunday evening',
      given({ campaign: collection, history: { answered7d: 2, oldestAnswered7dAt: moscow('2026-11-22T21:00:00') } }),
      NOON,
      moscow('2026-11-30T08:00:00'),
    ],
    [
      'registration that begins at night',
      given({ rest: { registrations: [{ ...registration, validFrom: moscow('2026-12-01T00:00:00') }] } }),
      NOON,
      moscow('2026-12-01T09:00:00'),
    ],
    ['zone unknown', given({ lead: { zone: null } }), NOON, moscow('2026-11-25T10:00:00')],
  ];
  for (const [title, asked, now, expected] of table) {
    const verdict = decide(asked, policy, now);
    t.equal(verdict.verdict, 'DEFER', title);
    t.equal(new Date(verdict.notBefore ?? 0).toISOString(), new Date(expected).toISOString(), title);
  }
});

await t.test('the matrix of ru-default, cell by cell', async (t) => {
  const C = 'closed';
  const matrix: Readonly<Record<string, readonly string[]>> = {
    advertising: ['AD', 'AD+CALL', C, C, C],
    transactional: ['', 'CALL', 'CALL', 'CALL', 'CALL'],
    informational: ['', 'CALL', 'CALL', 'CALL', 'CALL'],
    collection: ['', 'CALL', 'CALL', 'CALL', 'CALL'],
    survey: ['', 'CALL', 'CALL', 'CALL', 'CALL'],
    callback: ['REQ', 'REQ', 'REQ', 'REQ+CALL', 'REQ+CALL'],
    emergency_public: [C, C, C, C, C],
  };
  for (const purpose of PURPOSES) {
    for (const [column, mode] of DIAL_MODES.entries()) {
      const cell = matrix[purpose]?.[column] ?? '';
      const kinds = cell === '' || cell === C ? [] : (cell.split('+') as ('AD' | 'CALL' | 'REQ')[]);
      const ask = (consents: ConsentFact[]) =>
        decide(given({ campaign: { purpose, mode }, rest: { consents } }), policy, NOON);
      const name = `${purpose} × ${mode}`;
      t.equal(ask([{ ...consent, kinds }]).primary, cell === C ? 'MODE_FORBIDDEN_FOR_PURPOSE' : null, name);
      for (const kind of kinds) {
        const short = ask([{ ...consent, kinds: kinds.filter((other) => other !== kind) }]);
        t.equal(short.primary, 'CONSENT_MISSING', `${name} without ${kind}`);
      }
    }
  }
});

await t.test('consents of several kinds may be on several papers', async (t) => {
  const papers = [
    { ...consent, id: 1, kinds: ['AD'] as const },
    { ...consent, id: 2, kinds: ['CALL'] as const },
  ];
  const verdict = decide(given({ campaign: advertising, rest: { consents: papers } }), policy, NOON);
  t.equal(verdict.verdict, 'ALLOW');
  t.same(verdict.evidence.consentIds, [1, 2]);
});

await t.test('the nearest miss tells what is lacking, whole', async (t) => {
  const ask = (...consents: ConsentFact[]) => codesOf({ facts: given({ rest: { consents } }) });
  const foreign = { ...consent, id: 1, entities: [OTHER_ENTITY] };
  const expired = { ...consent, id: 2, expiresAt: NOON };
  const worse = { ...consent, id: 3, expiresAt: NOON, evidence: null };
  t.same(ask(foreign, worse), ['CONSENT_SCOPE_ENTITY'], 'one defect is nearer than two');
  t.same(ask(worse), ['CONSENT_EXPIRED', 'CONSENT_EVIDENCE_MISSING']);
  t.same(ask(foreign, expired), ['CONSENT_EXPIRED'], 'among equals the newest row');
  t.same(ask(foreign, expired, consent), []);
});

await t.test('who withdraws consent withdraws every older row of that kind for that caller', async (t) => {
  const older = { ...consent, id: 1 };
  const withdrawn = { ...consent, id: 2, givenAt: NOON - 5 * DAY, withdrawnAt: NOON - DAY };
  const ask = (...consents: ConsentFact[]) => codesOf({ facts: given({ rest: { consents } }) });
  t.same(ask(older, withdrawn), ['CONSENT_WITHDRAWN']);
  t.same(ask(older, { ...withdrawn, entities: [OTHER_ENTITY] }), [], 'from another organisation');
  t.same(ask(older, { ...withdrawn, purposes: ['survey'] }), [], 'for another purpose');
  t.same(ask(older, { ...withdrawn, kinds: ['AD'] }), [], 'of another kind');
  t.same(ask({ ...older, givenAt: NOON - DAY }, withdrawn), ['CONSENT_WITHDRAWN'], 'given at that very moment');
  t.same(ask({ ...older, givenAt: NOON - DAY + 1 }, withdrawn), [], 'given anew afterwards');
});

await t.test('a line registered twice is called under the registration that fits', async (t) => {
  const ask = (operator: string | null, ...registrations: RegistrationFact[]) =>
    decide(given({ rest: { range: rangeOf(operator), registrations } }), policy, NOON);
  const all = { ...registration, id: 1 };
  const one = { ...registration, id: 2, operator: 'МТС', label: 'Доставка МТС' };
  const suspended = { ...registration, id: 3, status: 'suspended' as const };
  t.match(ask('МТС', all, one, suspended), { verdict: 'ALLOW', evidence: { registrationId: 2, label: one.label } });
  t.match(ask('Билайн', one, all, suspended), { verdict: 'ALLOW', evidence: { registrationId: 1 } });
  const soon = { ...registration, id: 4, validFrom: NOON + HOUR };
  t.match(ask(null, suspended, soon), { primary: 'MAV_CALLER_NOT_YET_VALID', notBefore: NOON + HOUR }, 'the mildest');
});

await t.test('an opinion that opens a cell is copied into the verdict it lets through', async (t) => {
  const opinion = { ref: 'ЗК-7', date: '2026-10-01', signatory: 'И. И. Иванова', sha256: 'a'.repeat(64) };
  const opened: Policy = {
    ...policy,
    overrides: [{ field: 'matrix.advertising.progressive', value: ['AD', 'CALL'], opinion }],
  };
  const ask = (mode: 'progressive' | 'predictive') =>
    decide(given({ campaign: { purpose: 'advertising', mode } }), opened, NOON);
  t.match(ask('progressive'), { verdict: 'ALLOW', evidence: { opinion } });
  t.match(ask('predictive'), { primary: 'MODE_FORBIDDEN_FOR_PURPOSE', evidence: { opinion: null } });
});

await t.test('a state body warning the public skips consent, refusal and hours, never an opt-out', async (t) => {
  const state: Policy = { ...policy, stateBodies: { purposes: ['emergency_public'], entities: [ENTITY] } };
  const asked = given({
    campaign: { purpose: 'emergency_public', mode: 'robot' },
    lead: { zone: null },
    rest: { consents: [], refusal: { state: 'confirmed', since: 0, allowEntities: [] } },
  });
  t.equal(decide(asked, state, moscow('2026-11-04T03:00:00')).verdict, 'ALLOW');
  const optedOut = { ...asked, optOuts: [{ scope: 'global', entity: null, purpose: null, at: 0 } as const] };
  t.equal(decide(optedOut, state, NOON).primary, 'OPT_OUT_GLOBAL');
});

await t.test(
  'a country without a register of mass callers asks for no registration, yet for a caller number',
  async (t) => {
    const elsewhere: Policy = { ...policy, mav: null, label: null };
    const bare = given({ rest: { registrations: [], refusal: { state: 'confirmed', since: 0, allowEntities: [] } } });
    t.match(decide(bare, elsewhere, NOON), { verdict: 'ALLOW', evidence: { registrationId: null, label: null } });
    t.equal(decide({ ...bare, caller: null }, elsewhere, NOON).primary, 'CALLER_ID_HIDDEN');
  },
);

await t.test('codes about the campaign are told from codes about one person', async (t) => {
  for (const code of ['CAMPAIGN_NOT_ACTIVE', 'MODE_FORBIDDEN_FOR_PURPOSE', 'MAV_CALLER_EXPIRED'] as const) {
    t.ok(isCampaignWide(code), code);
  }
  for (const code of CODE_LIST) {
    if (/^(NUMBER|CONSENT|FREQ|OPT_OUT|HOURS|TZ|DEBT)/.test(code)) t.notOk(isCampaignWide(code), code);
  }
  t.notOk(isCampaignWide('MAV_SUBSCRIBER_REFUSED'));
  t.notOk(isCampaignWide('MAV_OPERATOR_UNKNOWN'));
});

await t.test('explain tells every check, its evidence and law, and decides the same', async (t) => {
  for (const pairs of Object.values(BOUNDARIES)) {
    for (const side of pairs.flat()) {
      const asked = side.facts ?? facts;
      const told = explain(asked, side.policy ?? policy, side.now ?? NOON);
      t.same(told.verdict, decide(asked, side.policy ?? policy, side.now ?? NOON));
      t.equal(told.checks.length, CHECKS.length);
      const incomplete = told.checks.filter(({ evidence, law }) => evidence === '' || law.length === 0);
      t.same(incomplete, []);
      t.same(
        told.checks.flatMap(({ findings }) => findings),
        told.verdict.findings,
      );
      t.notMatch(JSON.stringify(told), /\d{10}67/, 'no number is told');
    }
  }
});

await t.test('every DEFER finding says when it would be gone, no other does', async (t) => {
  for (const pairs of Object.values(BOUNDARIES)) {
    for (const { facts: asked = facts, policy: rules = policy, now = NOON } of pairs.flat()) {
      for (const { code, severity, notBefore } of decide(asked, rules, now).findings) {
        if (severity === 'DEFER') t.ok(notBefore !== null && notBefore > now, code);
        else t.equal(notBefore, null, code);
      }
    }
  }
});

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
    answered24h: fc.nat(3),
    answered7d: fc.nat(4),
    answered31d: fc.nat(9),
    oldestAnswered24hAt: maybe(instant),
    oldestAnswered7dAt: maybe(instant),
    oldestAnswered31dAt: maybe(instant),
    lastAbandonedAt: maybe(instant),
  }),
});

await t.test('property: an opt-out never makes a verdict milder, and hides no finding', async () => {
  const HARDNESS = { ALLOW: 0, DEFER: 1, HOLD: 2, DENY: 3 };
  fc.assert(
    fc.property(anyFacts, optOut, instant, (asked, added, now) => {
      const before = decide(asked, policy, now);
      const after = decide({ ...asked, optOuts: [...asked.optOuts, added] }, policy, now);
      const codes = after.findings.map(({ code }) => code);
      return (
        HARDNESS[after.verdict] >= HARDNESS[before.verdict] && before.findings.every(({ code }) => codes.includes(code))
      );
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
