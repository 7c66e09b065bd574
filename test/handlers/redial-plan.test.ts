import t from 'tap';
import { chooser, openNumbers, storedFacts } from '../../lib/control/handlers/redial-choice.ts';
import { gateCampaign } from '../../lib/dialer/campaign-run.ts';
import type { LeadState } from '../../lib/core/lead.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, NOON, specWith } from '../helpers/rig.ts';

const DAY_MS = 86_400_000;
const AGAIN = { ...specWith().redial, again: ['no-answer' as const, 'busy' as const], results: ['not-now'] };

const put = (
  it: Desk,
  tail: string,
  state: LeadState,
  {
    disposition = 'no-answer',
    nextAt = null as number | null,
    ...more
  }: Record<string, unknown> & { nextAt?: number | null } = {},
): void => {
  const { store, campaign } = it.rig;
  addLead(store, campaign.id, number(tail), NOON, more);
  const lead = store.leads.find(campaign.id, number(tail))?.id ?? 0;
  if (state !== 'callable')
    store.leads.setState(lead, state, { disposition: String(disposition), nextAt, charged: { place: 1 } }, NOON);
};

void t.test('a plan names whom the day calls, from when, and whom not; nothing is written', async (t) => {
  const it = await desk({}, { spec: { redial: AGAIN } });
  const { store, campaign } = it.rig;
  put(it, '0001', 'callable');
  put(it, '0002', 'callable', { priority: 5 });
  put(it, '0003', 'spent');
  put(it, '0004', 'done', { disposition: 'talked' });
  put(it, '0005', 'callable', { consent: false });
  put(it, '0006', 'waiting', { nextAt: NOON + 3_600_000 });
  put(it, '0007', 'waiting', { nextAt: NOON + 3 * DAY_MS });
  put(it, '0008', 'callable', { zone: 'Asia/Kamchatka' });
  const before = JSON.stringify([store.leads.counts(campaign.id), store.redials.of(campaign.id, 9)]);
  const { plan, until } = await it.ask('redial.plan', { campaign: 'test' });
  t.equal(until, Date.parse('2026-11-25T21:00:00Z'), 'the day is over at midnight of the zone of config');
  t.match(plan, { for: '2026-11-25', leads: 8, called: 3, waiting: 1, startsAt: plan.at, sinceLast: null });
  t.strictSame(
    plan.notCalled.map(({ code, leads, first }) => [code, leads, first.map(({ lead }) => lead)]).sort(),
    [
      ['CONSENT_MISSING', 1, [5]],
      ['HOURS_CLOSED', 1, [8]],
      ['REDIAL_LATER', 1, [7]],
      ['REDIAL_OUTCOME', 1, [4]],
    ],
    'Kamchatka wakes at midnight of Moscow: that is tomorrow',
  );
  t.strictSame(
    plan.order.map(({ lead }) => lead),
    [2, 1, 3, 6],
    'by priority, who is due later comes later',
  );
  t.match(plan.order[0]?.phone, /\*/, 'phones are masked');
  t.equal(JSON.stringify([store.leads.counts(campaign.id), store.redials.of(campaign.id, 9)]), before);

  const next = await it.ask('redial.plan', { campaign: 'test', for: '2026-11-26' });
  t.match(
    next.plan,
    { at: until, called: 1, waiting: 4 },
    'asked as of its midnight: Kamchatka at once, Moscow at nine',
  );
  t.equal(next.plan.startsAt, until);
});

void t.test('a plan is held against the last pass, lead by lead', async (t) => {
  const it = await desk({}, { spec: { redial: AGAIN } });
  put(it, '0001', 'callable');
  put(it, '0002', 'callable', { consent: false });
  put(it, '0003', 'callable');
  await it.ask('redial.run', { campaign: 'test' });
  it.rig.store.leads.setState(3, 'done', { disposition: 'talked' }, NOON);
  put(it, '0004', 'callable');
  const { plan } = await it.ask('redial.plan', { campaign: 'test' });
  t.match(plan.sinceLast, { for: '2026-11-25', joined: 0, left: 1, added: 1 });
  t.strictSame(plan.sinceLast?.codes, [{ code: 'REDIAL_OUTCOME', then: 0, now: 1 }]);
});

void t.test('a date that is over, or too far to know, has no plan', async (t) => {
  const it = await desk({}, {});
  for (const date of ['2026-11-24', '2027-03-01']) {
    t.match(await rejection(it.ask('redial.plan', { campaign: 'test', for: date })), {
      code: 'USAGE',
      message: /no plan is made/,
    });
  }
});

void t.test('whom a pass calls asked at once, and asked lead by lead, are the same', async (t) => {
  const segments = [
    { name: 'far', where: { zone: 'Asia/Kamchatka' }, share: 2 },
    { name: 'never', where: { priority: { min: 4 }, attempts: { max: 0 } }, share: 0 },
  ];
  const spec = {
    redial: { ...AGAIN, where: { list: 'test', priority: { max: 3 } }, maxPasses: 1, notWithinH: 2 },
    segments,
  };
  const it = await desk({}, { spec });
  const { store, campaign } = it.rig;
  const random = seededRandom(11);
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const states = ['callable', 'done', 'spent', 'waiting', 'blocked', 'held', 'promised', 'opted-out'] as const;
  for (let i = 1; i <= 400; i += 1) {
    const state = one(states);
    put(it, String(i).padStart(4, '0'), state, {
      disposition: one(['no-answer', 'busy', 'talked', 'unallocated']),
      nextAt: state === 'waiting' ? NOON + Math.floor(random() * 2 * DAY_MS) : null,
      consent: random() < 0.8,
      zone: one(['Europe/Moscow', 'Asia/Kamchatka', null]),
      priority: Math.floor(random() * 6),
    });
  }
  const { plan } = await it.ask('redial.plan', { campaign: 'test' });
  const now = plan.at;
  const choose = chooser(campaign, storedFacts(store, campaign), now);
  const asked = { ...gateCampaign(it.rig.engine.floor, campaign), state: 'running' as const };
  const endOfDay = Date.parse('2026-11-25T21:00:00Z');
  const counts = new Map<string, number>();
  for (const lead of store.redials.leads(campaign.id, 0, 1_000)) {
    const choice = choose(lead);
    let code: string | null = choice.again ? null : choice.code;
    if (choice.again) {
      const first = choice.how === 'anew' ? openNumbers(campaign, store.leads.numbersOf(lead.id))[0] : undefined;
      const { verdict } = store.gate.rehearse(
        asked,
        { ...lead, phone: first?.phone ?? lead.phone },
        campaign.policy,
        now,
      );
      const due = choice.how === 'as-due' ? (lead.next_at ?? now) : now;
      const at = Math.max(due, verdict.notBefore ?? now);
      if (verdict.verdict !== 'ALLOW' && verdict.verdict !== 'DEFER') code = verdict.primary;
      else if (at >= endOfDay) code = verdict.primary ?? 'REDIAL_LATER';
    }
    counts.set(code ?? 'called', (counts.get(code ?? 'called') ?? 0) + 1);
  }
  const found = new Map(plan.notCalled.map(({ code, leads }) => [code, leads]));
  // Who is due at night is put off to the morning, beyond the day: the row alone does not show it.
  const [called, wanted] = [plan.called + plan.waiting, counts.get('called') ?? 0];
  counts.delete('called');
  t.equal(
    [...found.values()].reduce((sum, n) => sum + n, called),
    400,
  );
  for (const [code, n] of counts) {
    if (code !== 'REDIAL_LATER') t.equal(found.get(code), n, code);
  }
  t.equal((found.get('REDIAL_LATER') ?? 0) + called, (counts.get('REDIAL_LATER') ?? 0) + wanted);
});
