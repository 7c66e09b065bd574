import { campaignTable, type CampaignState } from '../../lib/core/campaign.ts';
import type { ConsentFact, DebtorFlag, GateFacts, OptOutFact, RegistrationFact } from '../../lib/core/facts.ts';
import type { Ceiling } from '../../lib/core/guard/ceilings.ts';
import { decide, storeUnavailable } from '../../lib/core/gate.ts';
import { parsePhone, type Phone } from '../../lib/core/phone.ts';
import type { Policy } from '../../lib/core/policy.ts';
import type { Code, Verdict } from '../../lib/core/verdict.ts';
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
export interface Side {
  readonly facts?: GateFacts;
  readonly now?: number;
  readonly policy?: Policy;
  /** Why the store gave no facts. */
  readonly store?: string;
}

/** The gate's answer to one side. */
export function verdictOf(side: Side): Verdict {
  const [rules, now] = [side.policy ?? policy, side.now ?? NOON];
  return side.store === undefined ? decide(side.facts ?? facts, rules, now) : storeUnavailable(rules, now, side.store);
}

export const codesOf = (side: Side): readonly Code[] => verdictOf(side).findings.map(({ code }) => code);

const withConsent = (change: Partial<ConsentFact>): Side => ({
  facts: given({ rest: { consents: [{ ...consent, ...change }] } }),
});
/** A mobile range of this operator, somewhere in the country. */
export const rangeOf = (operator: string | null): GateFacts['range'] =>
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
const advertising = { purpose: 'advertising', mode: 'preview', personalData: 'consent' } as const;
const collection = { purpose: 'collection' } as const;
const manualCollection = { purpose: 'collection', mode: 'manual' } as const;
const callback = { purpose: 'callback', mode: 'manual' } as const;
const withFacts = (rest: Partial<Omit<GateFacts, 'campaign' | 'lead' | 'history'>>): Side => ({
  facts: given({ rest }),
});
const withRules = (allow: string[], deny: string[]): Side => withFacts({ dial: { allow, deny } });
const withUsed = (ceiling: Partial<Ceiling>, attempts: number, minutes = 0): Side => {
  const open = { of: 'trunk', name: 'pstn', attemptsPerDay: null, spendPerDay: null, price: null } as const;
  return withFacts({ ceilings: [{ ceiling: { ...open, ...ceiling }, attempts, minutes, freesAt: NOON + HOUR }] });
};
const withClock = (clock: Partial<GateFacts['clock']>): Side =>
  withFacts({ clock: { lastRecordedAt: null, jumpedAt: null, ...clock } });
/** The same law with a register to scrub against. */
const scrubbed: Policy = { ...policy, dnc: { registry: 'TPS', maxAgeDays: 28 } };
const withDnc = (listed: boolean, takenAt: number, registry = 'TPS', rules: Policy = scrubbed): Side => ({
  ...withFacts({ dncLists: [{ registry, listed, takenAt }] }),
  policy: rules,
});
const withAbandoned = (
  abandoned: number,
  answered: number,
  campaign: Partial<GateFacts['campaign']> = { mode: 'predictive' },
): Side => ({ facts: given({ campaign: { ...campaign, abandonment: { answered, abandoned } } }) });
const withFlag = (
  flag: DebtorFlag,
  entity: string = ENTITY,
  campaign: Partial<GateFacts['campaign']> = collection,
  consents: readonly ConsentFact[] = [consent],
): Side => ({
  facts: given({ campaign, rest: { consents, debtorFlags: [{ flag, entity, since: NOON - DAY }] } }),
});
const withBlock = (block: GateFacts['lineBlock']): Side => withFacts({ lineBlock: block, range: rangeOf('МТС') });
const onConsent = (consents: readonly ConsentFact[]): Side => ({
  facts: given({ campaign: { personalData: 'consent' }, rest: { consents } }),
});
const ALL_DAY = { fromMin: 0, toMin: 1_440 };
const ALWAYS = { work: ALL_DAY, off: ALL_DAY, holiday: ALL_DAY };
const withoutPurposeRow: Policy = { ...policy, freq: { ...policy.freq, transactional: undefined as never } };

/** For each code: where it fires, and the nearest case where it does not. */
export const BOUNDARIES: Readonly<Record<Code, readonly (readonly [fires: Side, passes: Side])[]>> = {
  GATE_STORE_UNAVAILABLE: [[{ store: 'disk I/O error' }, {}]],
  GATE_POLICY_INVALID: [
    [{ policy: withoutPurposeRow }, { policy: withoutPurposeRow, facts: given({ campaign: { purpose: 'survey' } }) }],
    [{ policy: { ...policy, allZones: [] } }, { policy: { ...policy, allZones: ['Europe/Moscow'] } }],
  ],
  GATE_POLICY_EXPIRED: [
    [{ policy: { ...policy, validToMs: NOON } }, { policy: { ...policy, validToMs: NOON + 1 } }],
    [{ policy: { ...policy, validFromMs: NOON + 1 } }, { policy: { ...policy, validFromMs: NOON } }],
  ],
  GATE_CLOCK_SKEW: [
    [withClock({ lastRecordedAt: NOON + 2 * SECOND + 1 }), withClock({ lastRecordedAt: NOON + 2 * SECOND })],
    [withClock({ jumpedAt: NOON - 60 * SECOND + 1 }), withClock({ jumpedAt: NOON - 60 * SECOND })],
    [withClock({ jumpedAt: NOON }), withClock({ jumpedAt: null })],
  ],
  CAMPAIGN_NOT_ACTIVE: (Object.keys(campaignTable) as CampaignState[])
    .filter((state) => state !== 'running')
    .map((state) => [{ facts: given({ campaign: { state } }) }, {}] as const),
  CAMPAIGN_PURPOSE_UNSET: [[{ facts: given({ campaign: { purpose: null } }) }, {}]],
  CEILING_ATTEMPTS: [
    [withUsed({ attemptsPerDay: 100 }, 100), withUsed({ attemptsPerDay: 100 }, 99)],
    [withUsed({ attemptsPerDay: 100 }, 101), withUsed({ attemptsPerDay: null }, 101)],
  ],
  CEILING_SPEND: [
    [
      withUsed({ spendPerDay: 10, price: { attempt: 0.1 } }, 100),
      withUsed({ spendPerDay: 10, price: { attempt: 0.1 } }, 99),
    ],
    [
      withUsed({ spendPerDay: 10, price: { attempt: 1, minute: 2 } }, 1, 5),
      withUsed({ spendPerDay: 10, price: { attempt: 1, minute: 2 } }, 1, 4),
    ],
    [withUsed({ spendPerDay: 10, price: null }, 0), withUsed({ spendPerDay: 10, price: { attempt: 1 } }, 0)],
  ],

  NUMBER_NOT_ALLOWED: [
    [withRules([], []), withRules(['+79'], [])],
    [withRules(['+79'], ['+7916']), withRules(['+79'], ['+7915'])],
    [withRules(['+7916'], ['+7916']), withRules(['+79161'], ['+7916'])],
  ],
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

  NUMBER_UNALLOCATED: [
    [withFacts({ range: 'unallocated' }), withFacts({ range: null })],
    [withFacts({ range: 'unallocated' }), withFacts({ range: rangeOf('МТС') })],
    [
      withFacts({ range: 'unallocated' }),
      {
        facts: given({
          lead: { number: { ok: true, phone: '+78081234567' as Phone } },
          rest: { range: 'unallocated' },
        }),
      },
    ],
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

  OPT_OUT_ERASED: [[withFacts({ erasedAt: NOON - 1 }), withFacts({ erasedAt: null })]],
  DNC_EXTERNAL: [
    [withDnc(true, NOON), withDnc(false, NOON)],
    [withDnc(true, NOON, 'own list', policy), withDnc(false, NOON, 'own list', policy)],
  ],
  DNC_LIST_STALE: [
    [withDnc(false, NOON - 28 * DAY - 1), withDnc(false, NOON - 28 * DAY)],
    [withDnc(false, NOON, 'own list'), withDnc(false, NOON, 'TPS')],
    [{ policy: scrubbed }, { policy }],
  ],
  PD_BASIS_MISSING: [
    [{ facts: given({ campaign: { personalData: null } }) }, { facts: given({ campaign: { personalData: 'law' } }) }],
    [
      { facts: given({ campaign: { ...advertising, personalData: 'contract' } }) },
      { facts: given({ campaign: advertising }) },
    ],
    [onConsent([{ ...consent, kinds: ['CALL'] }]), onConsent([{ ...consent, kinds: ['CALL', 'PD'] }])],
    [onConsent([{ ...consent, expiresAt: NOON }]), onConsent([{ ...consent, expiresAt: NOON + 1 }])],
    [
      { facts: given({ campaign: { personalData: null } }) },
      { facts: given({ campaign: { personalData: null } }), policy: { ...policy, personalData: null } },
    ],
  ],
  PD_ERASED: [[withFacts({ stopDemandedAt: NOON }), withFacts({ stopDemandedAt: null })]],

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

  ABANDON_RATE_EXCEEDED: [
    [withAbandoned(4, 100), withAbandoned(3, 100)],
    [withAbandoned(99, 100), withAbandoned(99, 99)],
    [withAbandoned(4, 100, { mode: 'progressive' }), withAbandoned(4, 100, { mode: 'preview' })],
    [withAbandoned(4, 100), withAbandoned(4, 100, { mode: 'predictive', covered: true })],
    [withAbandoned(4, 133), withAbandoned(4, 134)],
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
  CONSENT_SCOPE_CHANNEL: [
    [withConsent({ channels: ['sms', 'robot'] }), withConsent({ channels: ['sms', 'call'] })],
    [withConsent({ channels: ['sms'] }), withConsent({ channels: [] })],
    [
      { facts: given({ campaign: { mode: 'robot' }, rest: { consents: [{ ...consent, channels: ['call'] }] } }) },
      { facts: given({ campaign: { mode: 'robot' }, rest: { consents: [{ ...consent, channels: ['robot'] }] } }) },
    ],
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
  CONSENT_SUBSCRIBER_CHANGED: [
    [withFacts({ reassignedAt: consent.givenAt + 1 }), withFacts({ reassignedAt: consent.givenAt })],
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
    [withBlock({ since: NOON - DAY, blocked: 31, calls: 100 }), withBlock(null)],
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
  MAV_STATE_STALE: [
    [withLine({ verifiedAt: NOON - 30 * DAY - 1 }), withLine({ verifiedAt: NOON - 30 * DAY })],
    [withLine({ verifiedAt: null }), withLine({ verifiedAt: NOON })],
  ],
  MAV_SUBSCRIBER_REFUSED: [
    [withRefusal('confirmed'), withRefusal('lifted')],
    [withRefusal('confirmed', [OTHER_ENTITY]), withRefusal('confirmed', [ENTITY])],
  ],
  MAV_REFUSAL_SUSPECTED: [[withRefusal('suspected'), withRefusal('lifted')]],

  DEBT_REFUSED_CONTACT: [
    [withFlag('refused-contact'), withFlag('refused-contact', OTHER_ENTITY)],
    [withFlag('refused-contact', '*'), withFlag('refused-contact', '*', {})],
  ],
  DEBT_REPRESENTATIVE_ONLY: [[withFlag('representative-only'), withFlag('representative-only', OTHER_ENTITY)]],
  DEBT_PROTECTED_PERSON: (['bankrupt', 'incapacitated', 'hospital', 'disabled-1', 'minor'] as const).map(
    (flag) => [withFlag(flag, '*'), withFlag(flag, OTHER_ENTITY)] as const,
  ),
  DEBT_THIRD_PARTY_NO_CONSENT: [
    [withFlag('third-party', '*', manualCollection, []), withFlag('third-party', '*', manualCollection)],
    [
      withFlag('third-party', '*', manualCollection, [{ ...consent, entities: [OTHER_ENTITY] }]),
      withFlag('third-party', '*', manualCollection, [{ ...consent, entities: [OTHER_ENTITY, ENTITY] }]),
    ],
    [
      withFlag('third-party', '*', manualCollection, [{ ...consent, expiresAt: NOON }]),
      withFlag('third-party', '*', manualCollection, [{ ...consent, expiresAt: NOON + 1 }]),
    ],
    [withFlag('third-party', '*', manualCollection, []), withFlag('third-party', OTHER_ENTITY, manualCollection, [])],
  ],

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
    [
      withHistory({ attempts7d: 4 }, { maxAttemptsPerWeek: 4 }),
      withHistory({ attempts7d: 3 }, { maxAttemptsPerWeek: 4 }),
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
          lead: { region: 'Самарская область' },
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
  CALENDAR_MISSING: [
    [{ policy: { ...policy, calendarOf: {} } }, {}],
    [
      { policy: { ...policy, calendarOf: {} } },
      { policy: { ...policy, calendarOf: {}, windows: { ...policy.windows, transactional: ALWAYS } } },
    ],
  ],
};
