import t, { type Test } from 'tap';
import type { RedialReport } from '../../lib/control/commands/redials.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, NOON, specWith } from '../helpers/rig.ts';

const PRICE = { attempt: 2, minute: 3, agentHour: 600, currency: 'RUB' };
const NIGHT = {
  ends: 'pass' as const,
  price: PRICE,
  redial: { ...specWith().redial, again: ['busy' as const, 'no-answer' as const] },
};

const CALLEES = {
  '0001': { kind: 'answer', ringMs: 1_000, talkMs: 61_000 },
  '0002': { kind: 'refuse', afterMs: 500, rings: false, cause: 17, sipCode: 486 },
  '0003': { kind: 'ring' },
  '0004': { kind: 'answer', ringMs: 2_000, talkMs: 5_000 },
} as const satisfies Record<string, CalleePlan>;

async function night(): Promise<Desk> {
  const it = await desk(CALLEES, { agents: 2, spec: NIGHT });
  const { store, campaign } = it.rig;
  for (const tail of ['0001', '0002', '0003', '0004', '0005', '0006']) addLead(store, campaign.id, number(tail), NOON);
  // The first four were silent yesterday; the fifth declined; the sixth is blocked.
  for (const lead of [1, 2, 3, 4])
    store.leads.setState(lead, 'spent', { disposition: 'no-answer', charged: { place: 1 } }, NOON);
  store.leads.setState(5, 'done', { disposition: 'declined' }, NOON);
  await it.ask('agent.login', { id: 'a1', ready: true });
  await it.ask('agent.login', { id: 'a2', ready: true });
  await it.clock.until(it.rig.crewReady, 10_000);
  return it;
}

const ended = (it: Desk) => it.clock.until(() => it.rig.campaign.state === 'stopped', 3_600_000);

function addsUp(t: Test, { figures, leads, missed, unplanned }: RedialReport): void {
  const outcomes = Object.values(figures.byDisposition).reduce((sum, n) => sum + n, 0);
  t.equal(outcomes + figures.live, figures.attempts, 'outcomes and live calls are all attempts');
  const count = (reasons: readonly { leads: number }[]) => reasons.reduce((sum, reason) => sum + reason.leads, 0);
  t.equal(leads.calledAsPlanned + count(missed), leads.planned, 'who was planned was called or is explained');
  t.equal(leads.calledAsPlanned + count(unplanned), leads.called, 'who was called was planned or is explained');
}

void t.test('a pass that went as planned adds up, with its money', async (t) => {
  const it = await night();
  await it.ask('redial.run', { campaign: 'test' });
  await ended(it);
  const report = await it.ask('redial.report', { campaign: 'test' });
  addsUp(t, report);
  t.match(report, {
    for: '2026-11-25',
    until: null,
    state: 'stopped',
    remembered: true,
    plan: { leads: 6, called: 5, waiting: 0, notCalled: 1 },
    leads: { planned: 5, called: 5, calledAsPlanned: 5, talked: 3 },
    missed: [],
    unplanned: [],
    before: null,
  });
  const { figures, agents, money } = report;
  t.equal(figures.talks, 3);
  t.equal(figures.byDisposition.busy, 1);
  // Two begun minutes of the long talk, one of each short one.
  t.equal(figures.minutes, 4);
  t.equal(agents.count, 2);
  t.equal(money?.cost, Math.round((figures.attempts * 2 + 4 * 3 + (agents.loggedInMs / 3_600_000) * 600) * 100) / 100);
  t.strictSame(
    report.abandonment.map(({ window, answers, abandoned }) => [window, answers, abandoned]),
    [
      ['pass', 3, 0],
      ['24 hours', 3, 0],
      ['30 days', 3, 0],
    ],
  );
});

void t.test('each difference between plan and deed has its code', async (t) => {
  const it = await night();
  const { store, campaign } = it.rig;
  await it.ask('agent.pause', { id: 'a1' });
  await it.ask('agent.pause', { id: 'a2' });
  await it.ask('redial.run', { campaign: 'test' });
  // After the plan: one asks never to be called, one is imported, one that was left out is released.
  await it.ask('optout.add', { phone: number('0001'), source: 'agent' });
  addLead(store, campaign.id, number('0007'), it.clock.now());
  store.leads.setState(5, 'callable', {}, it.clock.now());
  await it.ask('agent.ready', { id: 'a1' });
  await it.ask('agent.ready', { id: 'a2' });
  await ended(it);
  const report = await it.ask('redial.report', { campaign: 'test' });
  addsUp(t, report);
  t.strictSame(
    report.missed.map(({ code, leads, first }) => [code, leads, first]),
    [['REDIAL_OPTED_OUT', 1, [{ lead: 1, phone: '+7916***0001' }]]],
  );
  t.strictSame(
    report.unplanned.map(({ code, planned, first }) => [code, planned, first[0]?.lead]),
    [
      ['REDIAL_MENDED', 'REDIAL_OUTCOME', 5],
      ['REDIAL_NEW', null, 7],
    ],
  );
});

void t.test(
  'a pass cut off by its agents names whose turn has not come, and the next tells the difference',
  async (t) => {
    const it = await night();
    await it.ask('agent.pause', { id: 'a1' });
    await it.ask('agent.pause', { id: 'a2' });
    await it.ask('redial.run', { campaign: 'test' });
    await it.ask('campaign.stop', { name: 'test' });
    await ended(it);
    const report = await it.ask('redial.report', { campaign: 'test' });
    addsUp(t, report);
    t.match(report, { figures: { attempts: 0 }, missed: [{ code: 'REDIAL_NO_TURN', leads: 5 }] });
    await it.ask('agent.ready', { id: 'a1' });
    await it.ask('redial.run', { campaign: 'test', for: '2026-11-26' });
    await ended(it);
    const next = await it.ask('redial.report', { campaign: 'test' });
    addsUp(t, next);
    t.match(next, { for: '2026-11-26', before: { for: '2026-11-25', attempts: 0 }, leads: { called: 5 } });
    const first = await it.ask('redial.report', { campaign: 'test', for: '2026-11-25' });
    addsUp(t, first);
    t.match(first, { figures: { attempts: 0 }, missed: [{ code: 'REDIAL_NO_TURN', leads: 5 }] });
    t.equal(first.until, next.from);
  },
);

void t.test('a date without a pass has no report', async (t) => {
  const it = await night();
  t.match(await rejection(it.ask('redial.report', { campaign: 'test' })), { code: 'NOT_FOUND' });
});
