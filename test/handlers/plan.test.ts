import t from 'tap';
import { NOON, addLead } from '../helpers/rig.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';

const HOUR_MS = 3_600_000;

void t.test('the plan counts each lead once: callable, waiting, live, final, or refused by its code', async (t) => {
  const { ask, rig } = await desk();
  const { store, campaign } = rig;
  const lead = (tail: string, more: Parameters<typeof addLead>[4] = {}) => {
    addLead(store, campaign.id, number(tail), NOON, more);
    return store.leads.find(campaign.id, number(tail))?.id ?? 0;
  };
  lead('0001');
  lead('0002', { consent: false });
  lead('0003', { zone: 'Asia/Kamchatka' });
  const set = (
    tail: string,
    ...patch: Parameters<typeof store.leads.setState> extends [number, ...infer R] ? R : never
  ) => store.leads.setState(lead(tail), ...patch);
  set('0004', 'waiting', { nextAt: NOON + 2 * HOUR_MS + 1 }, NOON);
  set('0005', 'waiting', { nextAt: NOON - 1 }, NOON);
  set('0006', 'done', {}, NOON);
  set('0007', 'opted-out', { reason: 'OPT_OUT_GLOBAL' }, NOON);
  set('0008', 'blocked', { reason: 'CONSENT_MISSING' }, NOON);
  const before = JSON.stringify(store.leads.counts(campaign.id));
  const plan = await ask('campaign.plan', { name: 'test', at: NOON });
  t.match(plan, { name: 'test', state: 'draft', at: NOON, leads: 8, callable: 3, waiting: 1, live: 0, final: 2 });
  t.strictSame(plan.refused, [
    { code: 'CONSENT_MISSING', verdict: 'DENY', leads: 1 },
    { code: 'HOURS_CLOSED', verdict: 'DEFER', leads: 1 },
  ]);
  const opens = Date.parse('2026-11-25T21:00:00Z');
  t.strictSame(
    plan.due,
    [
      { hour: NOON + 2 * HOUR_MS, leads: 1 },
      { hour: opens, leads: 1 },
    ],
    'the retry in two hours, Kamchatka when it is nine there',
  );
  t.equal(JSON.stringify(store.leads.counts(campaign.id)), before, 'nothing is written');
  t.equal(store.verdicts.byId(1), undefined);
  store.campaigns.setState(campaign.id, 'running', null, NOON);
  campaign.state = 'running';
  const running = await ask('campaign.plan', { name: 'test', at: NOON });
  t.match(running, { callable: 2, refused: [{ code: 'CONSENT_MISSING', leads: 2 }, {}] }, 'who is blocked stays so');
  t.match(await rejection(ask('campaign.plan', { name: 'nope' })), { code: 'NOT_FOUND' });
});

void t.test(
  'the plan tries the other numbers of a lead whose first the gate refuses, as the dialer does',
  async (t) => {
    const { ask, rig } = await desk();
    const { store, campaign } = rig;
    store.campaigns.insert('other', JSON.stringify(campaign.spec), NOON);
    addLead(store, campaign.id, number('0001'), NOON, { consent: false, others: [number('0002')] });
    addLead(store, campaign.id, number('0003'), NOON, { consent: false });
    // Only his second number has a consent, from a list of another campaign.
    const other = store.campaigns.byName('other')?.id ?? 0;
    addLead(store, other, number('0002'), NOON);
    t.match(await ask('campaign.plan', { name: 'test', at: NOON }), {
      leads: 2,
      callable: 1,
      refused: [{ code: 'CONSENT_MISSING', leads: 1 }],
    });
  },
);
