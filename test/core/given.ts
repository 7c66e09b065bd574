import { NO_HISTORY, type ConsentFact, type GateFacts, type RegistrationFact } from '../../lib/core/facts.ts';
import type { Phone } from '../../lib/core/phone.ts';
import { loadPolicy } from '../../lib/data/load.ts';
import { formatProblem } from '../../lib/problems.ts';
import { validateValue } from '../../lib/validate.ts';

export const validate = (schema: 'policy' | 'calendar', value: unknown) =>
  validateValue(schema, value).map(formatProblem);

export const policy = loadPolicy({ id: 'ru-default' }, validate);

/** Tuesday 24 November 2026, 12:00 in Moscow: every kind of call is open there. */
export const NOON = Date.parse('2026-11-24T09:00:00Z');
export const SECOND = 1_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const ENTITY = '7700000001';
export const OTHER_ENTITY = '7700000002';

/** An instant by its Moscow clock, which is UTC+3 all year. */
export const moscow = (local: string) => Date.parse(`${local}+03:00`);

export const consent: ConsentFact = {
  id: 11,
  kinds: ['AD', 'CALL', 'PD', 'REQ'],
  purposes: [],
  channels: [],
  entities: [ENTITY],
  givenAt: NOON - 10 * DAY,
  expiresAt: null,
  withdrawnAt: null,
  verifiedBy: 'signature',
  evidence: 'consents/11.pdf',
};

export const registration: RegistrationFact = {
  id: 21,
  operator: '*',
  entity: ENTITY,
  purposes: ['advertising', 'transactional', 'informational', 'collection', 'survey', 'callback', 'emergency_public'],
  label: 'Доставка 24',
  category: 'Доставка',
  validFrom: NOON - 100 * DAY,
  validTo: null,
  status: 'active',
  verifiedAt: NOON - 10 * DAY,
};

/** A lawful service call, dialed progressively to a person in Moscow. */
export const facts: GateFacts = {
  campaign: {
    state: 'running',
    purpose: 'transactional',
    mode: 'progressive',
    entity: ENTITY,
    personalData: 'contract',
    maxAttemptsPerDay: null,
    maxAttemptsPerWeek: null,
    minIntervalMs: null,
    hours: null,
    abandonment: { answered: 0, abandoned: 0 },
    covered: false,
  },
  lead: { number: { ok: true, phone: '+79161234567' as Phone }, zone: 'Europe/Moscow', region: null },
  caller: '+74951234567' as Phone,
  dial: { allow: ['+'], deny: [] },
  ceilings: [],
  clock: { lastRecordedAt: null, jumpedAt: null },
  range: null,
  inFlight: false,
  optOuts: [],
  erasedAt: null,
  dncLists: [],
  stopDemandedAt: null,
  consents: [consent],
  reassignedAt: null,
  registrations: [registration],
  lineBlock: null,
  refusal: null,
  debtorFlags: [],
  history: NO_HISTORY,
};

/** The lawful call, changed in the rooms named. */
export function given(change: {
  readonly campaign?: Partial<GateFacts['campaign']>;
  readonly lead?: Partial<GateFacts['lead']>;
  readonly history?: Partial<GateFacts['history']>;
  readonly rest?: Partial<Omit<GateFacts, 'campaign' | 'lead' | 'history'>>;
}): GateFacts {
  return {
    ...facts,
    ...change.rest,
    campaign: { ...facts.campaign, ...change.campaign },
    lead: { ...facts.lead, ...change.lead },
    history: { ...facts.history, ...change.history },
  };
}
