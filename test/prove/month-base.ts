import { parseCampaign, type CampaignSpec } from '../../lib/campaign-file.ts';
import { phoneFromInteger, type Phone } from '../../lib/core/phone.ts';
import { streamOf } from '../../lib/sim/model.ts';
import type { Store } from '../../lib/store/store.ts';
import { CALLER, ENTITY, phoneOf } from '../helpers/rig.ts';

/** What a month is made of; the same plan is the same month. */
export interface MonthPlan {
  readonly leads: number;
  readonly days: number;
  readonly seed: number;
}

/** Monday 19 October 2026, 00:00 UTC: the month after it has four weekends and a public holiday. */
export const MONTH_BEGINS = Date.parse('2026-10-19T00:00:00Z');
export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const NUMBERS_A_LEAD = 2;

/** The eleven local times of the country, Moscow's by far the most people. */
const ZONES: readonly (readonly [zone: string, share: number])[] = [
  ['Europe/Kaliningrad', 0.03],
  ['Europe/Moscow', 0.45],
  ['Europe/Samara', 0.08],
  ['Asia/Yekaterinburg', 0.14],
  ['Asia/Omsk', 0.05],
  ['Asia/Novosibirsk', 0.08],
  ['Asia/Irkutsk', 0.06],
  ['Asia/Yakutsk', 0.04],
  ['Asia/Vladivostok', 0.04],
  ['Asia/Magadan', 0.02],
  ['Asia/Kamchatka', 0.01],
];
/** Leads whose base does not say where they are: they may be called only when it is lawful in the whole country. */
const NO_ZONE = 0.02;
const NO_CONSENT = 0.03;

const FIRST_PHONE = 79_160_000_000;

/** What a draw is for; each has random streams of its own. */
export const DRAW = { lead: 1, number: 2, call: 3, change: 4, talk: 5 } as const;

/** The `place`th number (from 1) of the `i`th lead (from 0). */
export function numberOf(i: number, place: number): Phone {
  return phoneFromInteger(FIRST_PHONE + i * NUMBERS_A_LEAD + place - 1);
}

/** Which number of the base this is, from 0. */
export function indexOf(phone: Phone): number {
  return Number(phone.slice(1)) - FIRST_PHONE;
}

/** Those who keep callbacks. */
export const CALLBACK_AGENTS = 12;

/** The campaign that is proved: all limits of its own are set, so that each is met. */
export function monthSpec(): CampaignSpec {
  const checked = parseCampaign(
    `{name: month, purpose: survey, mode: predictive, entity: {inn: "${ENTITY}", name: Test}, personalData: {basis: contract},
      line: "${CALLER}", trunk: pstn, agents: all, policy: ru-default, ringTimeoutS: 30, wrapUpS: 10, ends: base,
      maxAttemptsPerLead: 4, maxAttemptsPerDay: 2, maxAttemptsPerWeek: 4, maxAttemptsPerNumber: 3, minIntervalMin: 60,
      hours: {from: "09:30", to: "20:30"}, redial: {notWithinH: 24, maxPasses: 1}}`,
    'month.yaml',
  );
  if (!checked.ok) throw new Error(checked.problems.map((problem) => problem.message).join('; '));
  return checked.value;
}

/** Whether the `i`th lead consented before the month begins. */
export function consentedAtFirst({ seed }: MonthPlan, i: number): boolean {
  const random = streamOf(seed, DRAW.lead, i);
  random();
  return random() >= NO_CONSENT;
}

/** Writes the campaign, its caller number and its leads, two numbers each. */
export function writeBase(store: Store, plan: MonthPlan, spec: CampaignSpec): void {
  const now = MONTH_BEGINS - DAY_MS;
  store.commit(() => {
    store.campaigns.insert(spec.name, JSON.stringify(spec), now);
    registerLine(store, now);
  });
  const campaign = store.campaigns.byName(spec.name)?.id ?? 0;
  const batch = 5_000;
  for (let from = 0; from < plan.leads; from += batch) {
    store.commit(() => {
      for (let i = from; i < Math.min(plan.leads, from + batch); i += 1) writeLead(store, plan, campaign, i, now);
    });
  }
}

/** The caller number's registration, checked with its operator now. */
export function registerLine(store: Pick<Store, 'registrations'>, now: number): void {
  store.registrations.insert(
    {
      caller: phoneOf(CALLER),
      operator: '*',
      entity: ENTITY,
      purposes: ['survey'],
      label: 'Test',
      category: 'Услуги связи',
      contract: null,
      validFrom: MONTH_BEGINS - 30 * DAY_MS,
      validTo: null,
      status: 'active',
      verifiedAt: now,
    },
    now,
  );
}

function writeLead(store: Store, plan: MonthPlan, campaign: number, i: number, now: number): void {
  const random = streamOf(plan.seed, DRAW.lead, i);
  const phones = Array.from({ length: NUMBERS_A_LEAD }, (_, place) => numberOf(i, place + 1));
  const [phone, ...others] = phones as [Phone, ...Phone[]];
  const zone = zoneFor(random());
  store.leads.insert(
    {
      campaign,
      phone,
      others,
      person: null,
      name: `Person ${i}`,
      zone,
      region: null,
      priority: i % 10 === 0 ? 1 : 0,
      vars: { plan: i % 3 === 0 ? 'gold' : 'plain' },
      list: i % 2 === 0 ? 'even.csv' : 'odd.csv',
      listRow: i + 2,
    },
    now,
  );
  if (consentedAtFirst(plan, i)) for (const one of phones) giveConsent(store, one, now);
}

function zoneFor(draw: number): string | null {
  if (draw < NO_ZONE) return null;
  let left = (draw - NO_ZONE) / (1 - NO_ZONE);
  for (const [zone, share] of ZONES) {
    if (left < share) return zone;
    left -= share;
  }
  return 'Europe/Moscow';
}

/** The person agrees to be called on this number. */
export function giveConsent(store: Pick<Store, 'consents'>, phone: Phone, givenAt: number): void {
  store.consents.insert(
    {
      phone,
      kinds: ['CALL'],
      purposes: [],
      entities: [ENTITY],
      givenAt,
      expiresAt: null,
      verifiedBy: 'sms',
      evidence: 'test',
      source: 'test',
    },
    givenAt,
  );
}
