import t from 'tap';
import type { Config } from '../../lib/config.ts';
import { resumeRedials } from '../../lib/control/handlers/redials.ts';
import type { LeadState } from '../../lib/core/lead.ts';
import { ERRORS } from '../../lib/errors.ts';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, memoryLog, NOON, specWith } from '../helpers/rig.ts';

/** How a lead of the base under test stands before a pass; its number ends in its place here, from 0001. */
interface Given {
  readonly state: LeadState;
  readonly disposition?: string;
  readonly consent?: boolean;
}

const SETTINGS = { ...specWith().redial, again: ['no-answer' as const, 'busy' as const], results: ['not-now'] };

async function base(leads: readonly Given[], changes = {}): Promise<Desk> {
  const it = await desk({}, { spec: { redial: { ...SETTINGS, ...changes }, mode: 'progressive' } });
  const { store, campaign } = it.rig;
  for (const [i, lead] of leads.entries()) {
    const phone = number(String(i + 1).padStart(4, '0'));
    addLead(store, campaign.id, phone, NOON, { consent: lead.consent ?? true });
    if (lead.state !== 'callable') {
      store.leads.setState(
        i + 1,
        lead.state,
        {
          charged: { place: 1 },
          ...(lead.disposition === undefined ? {} : { disposition: lead.disposition }),
          nextAt: lead.state === 'waiting' ? NOON + 3_600_000 : null,
          reason: lead.state === 'blocked' ? 'CONSENT_MISSING' : null,
        },
        NOON,
      );
    }
  }
  return it;
}

const stateOf = (it: Desk, lead: number) => it.rig.store.leads.byId(lead);

void t.test('a pass puts back who ended as its rules say, asks anew about the refused, leaves the rest', async (t) => {
  const it = await base([
    { state: 'spent', disposition: 'no-answer' },
    { state: 'done', disposition: 'talked' },
    { state: 'waiting', disposition: 'busy' },
    { state: 'blocked', consent: true },
    { state: 'opted-out' },
    { state: 'promised' },
    { state: 'callable' },
  ]);
  const made = await it.ask('redial.run', { campaign: 'test' });
  t.match(made, { already: false, for: '2026-11-25', leads: 7, called: 3, waiting: 1, state: 'running' });
  t.strictSame(
    made.notCalled.map(({ code, leads }) => [code, leads]),
    [
      ['REDIAL_OUTCOME', 1],
      ['REDIAL_OPTED_OUT', 1],
      ['REDIAL_PROMISED', 1],
    ],
  );
  t.match(made.notCalled[0]?.first, [{ lead: 2, phone: '+7916***0002' }], 'named, and masked');
  t.match(stateOf(it, 1), { state: 'callable', attempts: 0, pass: 1, passes: 1, last_disposition: 'no-answer' });
  t.match(stateOf(it, 2), { state: 'done', attempts: 1, pass: 0 });
  t.match(stateOf(it, 3), { state: 'waiting', attempts: 1, pass: 0 });
  t.match(stateOf(it, 4), { state: 'callable', attempts: 1, pass: 1, passes: 0 });
  t.match(it.rig.store.journal.last('lead', '1', 'released'), { from: 'spent', to: 'callable' });
});

void t.test('whom a pass asks again at his cap, the plan leaves out by its code and the deed spends', async (t) => {
  const it = await desk({}, { spec: { redial: SETTINGS, maxAttemptsPerLead: 2, maxAttemptsPerNumber: 1 } });
  const { store, campaign } = it.rig;
  const charged = [
    { numbers: 1, charges: [1, 1] },
    { numbers: 2, charges: [1, 2] },
    { numbers: 2, charges: [1] },
    { numbers: 1, charges: [1] },
    { numbers: 2, charges: [] },
  ];
  for (const [i, { numbers, charges }] of charged.entries()) {
    const others = numbers === 2 ? [number(`100${i}`)] : [];
    addLead(store, campaign.id, number(`000${i}`), NOON, { others });
    for (const place of charges)
      store.leads.setState(i + 1, 'callable', { charged: { place }, disposition: 'busy' }, NOON);
    store.leads.setState(i + 1, 'blocked', { reason: 'CONSENT_WITHDRAWN' }, NOON);
  }
  const plan = await it.ask('redial.run', { campaign: 'test' });
  t.match(plan, { called: 2, waiting: 0 });
  t.strictSame(
    plan.notCalled.map(({ code, leads, first }) => [code, leads, first.map(({ lead }) => lead)]),
    [['REDIAL_SPENT', 3, [1, 2, 4]]],
  );
  t.strictSame(
    plan.order.map(({ lead, phone }) => [lead, phone]),
    [
      [3, '+7916***1002'],
      [5, '+7916***0004'],
    ],
    'a number at its cap gives way in the plan too',
  );
  it.lead('a1', ['login', 'leg-up', 'ready']);
  it.rig.engine.floor.wake();
  await it.clock.until(() => [1, 2, 4].every((lead) => stateOf(it, lead)?.state === 'spent'), 600_000);
  await it.clock.until(() => [3, 5].every((lead) => stateOf(it, lead)?.state === 'done'), 600_000);
  const called = ['0000', '0001', '1001', '0002', '1002', '0003', '0004', '1004'].filter(
    (tail) => store.attempts.ofPhone(number(tail), 10).length > 0,
  );
  t.strictSame(called, ['1002', '0004']);
});

void t.test('the second run of a date changes nothing and says so', async (t) => {
  const it = await base([{ state: 'spent', disposition: 'busy' }]);
  const first = await it.ask('redial.run', { campaign: 'test' });
  it.rig.store.leads.setState(1, 'spent', { disposition: 'busy' }, NOON);
  await it.ask('campaign.stop', { name: 'test' });
  await it.clock.until(() => it.rig.campaign.state === 'stopped', 10_000);
  const second = await it.ask('redial.run', { campaign: 'test' });
  t.match(second, { already: true, called: first.called, at: first.at, state: 'stopped' });
  t.equal(stateOf(it, 1)?.state, 'spent');
});

void t.test('two calls for one date at once are one pass', async (t) => {
  const it = await base([{ state: 'spent', disposition: 'busy' }]);
  const [a, b] = await Promise.all([
    it.ask('redial.run', { campaign: 'test' }),
    it.ask('redial.run', { campaign: 'test' }),
  ]);
  t.strictSame([a.already, b.already], [false, true]);
  t.equal(stateOf(it, 1)?.passes, 1);
});

void t.test('the next date is a pass of its own', async (t) => {
  const it = await base([{ state: 'spent', disposition: 'busy' }], { notWithinH: 0, maxPasses: 1 });
  await it.ask('redial.run', { campaign: 'test' });
  it.rig.store.leads.setState(1, 'spent', { disposition: 'busy' }, NOON);
  const next = await it.ask('redial.run', { campaign: 'test', for: '2026-11-26' });
  t.match(next, { already: false, notCalled: [{ code: 'REDIAL_PASSES', leads: 1 }] });
  t.strictSame(
    (await it.ask('redial.list', { campaign: 'test' })).passes.map((pass) => [pass.for, pass.called, pass.notCalled]),
    [
      ['2026-11-26', 0, 1],
      ['2026-11-25', 1, 0],
    ],
  );
});

void t.test('a date is today or tomorrow; the evening before until noon', async (t) => {
  const it = await base([]);
  for (const [date, taken] of [
    ['2026-11-23', false],
    ['2026-11-24', false],
    ['2026-11-27', false],
    ['2026-11-26', true],
  ] as const) {
    const run = it.ask('redial.run', { campaign: 'test', for: date });
    if (taken) t.match(await run, { for: date }, date);
    else t.match(await rejection(run), { code: 'USAGE' }, date);
  }
  t.equal(ERRORS.USAGE.exit, 2);
});

void t.test('a refused preflight leaves nothing half-applied', async (t) => {
  const it = await base([{ state: 'spent', disposition: 'busy' }]);
  it.rig.campaign.spec = { ...it.rig.campaign.spec, trunk: 'gone' };
  t.match(await rejection(it.ask('redial.run', { campaign: 'test' })), { code: 'PREFLIGHT_FAILED' });
  t.match(stateOf(it, 1), { state: 'spent', pass: 0 });
  t.strictSame((await it.ask('redial.list', { campaign: 'test' })).passes, []);
});

void t.test('a campaign a person paused is not taken up by a pass', async (t) => {
  const it = await base([{ state: 'spent', disposition: 'busy' }, { state: 'callable' }]);
  await it.ask('campaign.start', { name: 'test' });
  await it.ask('campaign.pause', { name: 'test' });
  t.match(await rejection(it.ask('redial.run', { campaign: 'test' })), { code: 'MOVE_REFUSED', message: /paused/ });
  t.match(stateOf(it, 1), { state: 'spent', pass: 0 });
});

void t.test('a pass cut short goes on where it stood, and puts nobody back twice', async (t) => {
  const it = await base(Array.from({ length: 300 }, () => ({ state: 'spent', disposition: 'busy' }) as const));
  const { store, campaign } = it.rig;
  // As a crash leaves it: the first leads put back, one of them called meanwhile and spent again.
  const at = it.clock.now();
  const id = store.redials.insert(campaign.id, '2026-11-25', at, '{}');
  for (let lead = 1; lead <= 120; lead += 1) {
    store.redials.note(id, lead, null);
    store.redials.putBack({ lead, redial: id, phone: stateOf(it, lead)!.phone, place: 1, segment: 0, opened: [] }, at);
  }
  store.leads.setState(5, 'spent', { disposition: 'busy' }, at);
  await it.ask('redial.run', { campaign: 'test' });
  const rows = Array.from({ length: 300 }, (_, i) => stateOf(it, i + 1));
  t.ok(rows.every((row) => row?.passes === 1 && row.pass === id));
  t.equal(stateOf(it, 5)?.state, 'spent');
  t.equal(store.redials.byDate(campaign.id, '2026-11-25')?.state, 'begun');
});

void t.test('at a start of the daemon a pass of today goes on; one whose date went by is dropped', async (t) => {
  const it = await base([{ state: 'spent', disposition: 'busy' }]);
  const { store, campaign, engine } = it.rig;
  store.redials.insert(campaign.id, '2026-11-20', NOON, '{}');
  store.redials.insert(campaign.id, '2026-11-25', NOON, '{}');
  const { log } = memoryLog();
  const config = () => ({ zone: 'Europe/Moscow' }) as Config;
  await resumeRedials({ store, engine, clock: it.clock, log, config }, (pass) => it.ask('redial.run', pass));
  t.equal(store.redials.byDate(campaign.id, '2026-11-20')?.state, 'dropped');
  t.equal(store.redials.byDate(campaign.id, '2026-11-25')?.state, 'begun');
  t.equal(stateOf(it, 1)?.passes, 1);
  t.match(store.journal.last('campaign', 'test', 'redial-dropped'), { data: '{"for":"2026-11-20"}' });
});

void t.test('a later pass takes the place of one cut short before', async (t) => {
  const it = await base([{ state: 'spent', disposition: 'busy' }]);
  const { store, campaign } = it.rig;
  store.redials.insert(campaign.id, '2026-11-25', NOON, '{}');
  await it.ask('redial.run', { campaign: 'test', for: '2026-11-26' });
  t.equal(store.redials.byDate(campaign.id, '2026-11-25')?.state, 'dropped');
  t.match(await rejection(it.ask('redial.run', { campaign: 'test' })), { code: 'MOVE_REFUSED' });
});

void t.test('leads of the last two passes alone are remembered one by one', async (t) => {
  const it = await base([{ state: 'callable' }]);
  const { store, campaign } = it.rig;
  for (const date of ['2026-11-20', '2026-11-21', '2026-11-22']) {
    const id = store.redials.insert(campaign.id, date, NOON, '{}');
    store.redials.note(id, 1, null);
    store.redials.begin(id, 'null');
  }
  await it.ask('redial.run', { campaign: 'test' });
  t.strictSame(
    [1, 2, 3, 4].map((id) => store.redials.planned(id, 0, 10).length),
    [0, 0, 1, 1],
  );
});
