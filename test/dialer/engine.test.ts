import t from 'tap';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { optOut } from '../../lib/dialer/opt-outs.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import { addLead, buildRig, login, NOON, phoneOf, startCampaign, type Rig } from '../helpers/rig.ts';

/** A rig on the simulated PBX whose callees follow the given plans, by the last digits of their number. */
function simulated(plans: Record<string, CalleePlan>, options: Partial<Parameters<typeof buildRig>[0]> = {}) {
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(1),
    callees: (phone) => plans[phone.slice(-4)] ?? { kind: 'answer', ringMs: 1_000, talkMs: 5_000 },
  });
  const rig = buildRig({ clock, pbx, ...options });
  return { clock, pbx, rig };
}

const number = (tail: string) => phoneOf(`+7916000${tail}`);

function leads(rig: Rig, tails: readonly string[]): void {
  const id = rig.store.campaigns.byName('test')?.id ?? 0;
  for (const tail of tails) addLead(rig.store, id, number(tail), NOON);
}

function outcomes(rig: Rig): string[] {
  return rig.store.attempts
    .recent(null, null, 100)
    .map((row) => `${String(row.phone).slice(-4)} ${row.disposition ?? 'live'}`)
    .sort();
}

void t.test('a campaign dials its base, one originate per free agent, and stops when the pass is done', async (t) => {
  const { clock, pbx, rig } = simulated(
    {
      '0002': { kind: 'refuse', afterMs: 500, rings: false, cause: 17, sipCode: 486 },
      '0003': { kind: 'ring' },
      '0004': { kind: 'refuse', afterMs: 500, rings: false, cause: 127, sipCode: 608 },
    },
    { spec: { ends: 'pass' } },
  );
  await rig.engine.start();
  leads(rig, ['0001', '0002', '0003', '0004', '0005']);
  login(rig);
  await clock.advance(1_000);
  t.equal(pbx.placed.length, 0, 'nothing before the start');
  startCampaign(rig);
  await clock.advance(100);
  t.equal(pbx.placed.length, 2, 'two agents, two originates');
  await clock.until(() => rig.campaign.state === 'stopped', 120_000);
  t.strictSame(outcomes(rig), ['0001 talked', '0002 busy', '0003 no-answer', '0004 blocked', '0005 talked']);
  t.equal(pbx.mostPerNumber(), 1);
  t.strictSame(rig.engine.floor.oddities.size, 0);
  t.strictSame(rig.fatal, []);
  for (const check of rig.store.checks.of(
    rig.campaign.id,
    rig.campaign.spec.entity.inn,
    rig.campaign.spec.purpose,
    2_000,
  )) {
    t.ok(check.ok, `${check.law}: ${check.found}`);
  }
  await rig.engine.stop();
});

void t.test(
  'an answer with no agent left within the limit is abandoned, with the message, and booked so',
  async (t) => {
    const { clock, rig } = simulated({ '0001': { kind: 'answer', ringMs: 3_000, talkMs: null } }, { agents: 1 });
    await rig.engine.start();
    leads(rig, ['0001']);
    login(rig);
    await clock.advance(1_000);
    startCampaign(rig);
    await clock.advance(500);
    const agent = rig.engine.floor.agents.get('a1' as AgentId);
    t.ok(agent !== undefined && moveAgent(rig.engine.floor, agent, 'pause'), 'the agent pauses while it rings');
    await clock.until(() => rig.campaign.attempts.size === 0, 60_000);
    t.strictSame(outcomes(rig), ['0001 abandoned']);
    const [row] = rig.store.attempts.recent(null, null, 1);
    t.equal((row?.ended_at ?? 0) - (row?.answered_at ?? 0) >= 2_000, true, 'the message came after the limit');
    await rig.engine.stop();
  },
);

void t.test('an agent who frees within the limit takes the waiting callee', async (t) => {
  const { clock, rig } = simulated({ '0001': { kind: 'answer', ringMs: 3_000, talkMs: 4_000 } }, { agents: 1 });
  await rig.engine.start();
  leads(rig, ['0001']);
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  await clock.advance(500);
  const agent = rig.engine.floor.agents.get('a1' as AgentId);
  if (agent === undefined) throw new Error('no agent');
  moveAgent(rig.engine.floor, agent, 'pause');
  await clock.until(() => [...rig.engine.floor.attempts.values()][0]?.state === 'answered', 10_000);
  await clock.advance(1_000);
  moveAgent(rig.engine.floor, agent, 'ready');
  await clock.until(() => rig.campaign.attempts.size === 0, 60_000);
  t.strictSame(outcomes(rig), ['0001 talked']);
  await rig.engine.stop();
});

void t.test(
  'the opt-out digit is committed before it is confirmed, ends the call and closes the lead for ever',
  async (t) => {
    const { clock, rig } = simulated({
      '0001': { kind: 'answer', ringMs: 1_000, talkMs: 30_000, digit: { afterMs: 2_000, digit: '9' } },
    });
    await rig.engine.start();
    leads(rig, ['0001']);
    login(rig);
    await clock.advance(1_000);
    startCampaign(rig);
    await clock.until(() => rig.store.optOuts.of(number('0001')).length > 0, 20_000);
    await clock.until(() => rig.campaign.attempts.size === 0, 20_000);
    t.strictSame(outcomes(rig), ['0001 opted-out']);
    t.equal(rig.store.leads.byPhone(number('0001'))[0]?.state, 'opted-out');
    await rig.engine.stop();
  },
);

void t.test('an opt-out told elsewhere hangs a ringing call up within a second and bridges no answer', async (t) => {
  const { clock, rig } = simulated({ '0001': { kind: 'ring' }, '0002': { kind: 'ring' } });
  await rig.engine.start();
  leads(rig, ['0001', '0002']);
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  await clock.advance(2_000);
  optOut(rig.engine.floor, number('0001'), { ...GLOBAL_OPT_OUT, source: 'cli' });
  await clock.advance(1_000);
  t.strictSame(outcomes(rig), ['0001 cancelled', '0002 live']);
  t.equal(rig.store.leads.byPhone(number('0001'))[0]?.state, 'opted-out');
  await rig.engine.stop();
});

void t.test(
  'two answers for one agent: the second waits, is abandoned at the limit, and the lead is tried again',
  async (t) => {
    const { clock, rig } = simulated({}, { agents: 2 });
    await rig.engine.start();
    leads(rig, ['0001', '0002']);
    login(rig);
    await clock.advance(1_000);
    startCampaign(rig);
    await clock.advance(500);
    const agent = rig.engine.floor.agents.get('a2' as AgentId);
    if (agent === undefined) throw new Error('no agent');
    moveAgent(rig.engine.floor, agent, 'logout');
    await clock.until(() => rig.campaign.attempts.size === 0, 60_000);
    t.strictSame(outcomes(rig), ['0001 talked', '0002 abandoned']);
    const lead = rig.store.leads.byPhone(number('0002'))[0];
    t.equal(lead?.state, 'promised', 'with an agent reserved');
    t.match(rig.store.callbacks.openOf(lead?.id ?? 0), { kind: 'abandoned', place: 1 });
    await rig.engine.stop();
  },
);

void t.test(
  'the agent’s phone hangs up in mid-talk: the callee is let go, the agent is offline, the call was talked',
  async (t) => {
    const { clock, pbx, rig } = simulated({ '0001': { kind: 'answer', ringMs: 500, talkMs: null } }, { agents: 1 });
    await rig.engine.start();
    leads(rig, ['0001']);
    login(rig);
    await clock.advance(1_000);
    startCampaign(rig);
    await clock.until(() => [...rig.engine.floor.attempts.values()][0]?.state === 'talking', 10_000);
    pbx.hangUpAgent('a1' as AgentId);
    await clock.until(() => rig.campaign.attempts.size === 0, 10_000);
    t.strictSame(outcomes(rig), ['0001 talked']);
    t.equal(rig.engine.floor.agents.get('a1' as AgentId)?.state, 'offline');
    await rig.engine.stop();
  },
);

void t.test(
  'a trunk that never replies rests, is tried five times, then halts the campaign; no lead is charged',
  async (t) => {
    const tails = Array.from({ length: 20 }, (_, i) => String(i + 1).padStart(4, '0'));
    const { clock, pbx, rig } = simulated(
      Object.fromEntries(tails.map((tail) => [tail, { kind: 'silence' as const }])),
      {
        agents: 1,
      },
    );
    await rig.engine.start();
    leads(rig, tails);
    login(rig);
    await clock.advance(1_000);
    startCampaign(rig);
    await clock.until(() => rig.campaign.state === 'halted', 1_200_000);
    t.equal(pbx.placed.length, 10);
    t.match(rig.campaign.reason, /trunk pstn/);
    t.ok(tails.every((tail) => (rig.store.leads.byPhone(number(tail))[0]?.attempts ?? 0) === 0));
    await rig.engine.stop();
  },
);

void t.test('the gate refuses by code: no consent, opted out, closed hours; none of them is dialed', async (t) => {
  const { clock, pbx, rig } = simulated({}, { spec: { ends: 'pass' } });
  await rig.engine.start();
  const id = rig.campaign.id;
  addLead(rig.store, id, number('0001'), NOON, { consent: false });
  addLead(rig.store, id, number('0002'), NOON);
  rig.store.optOuts.insert(number('0002'), NOON, { ...GLOBAL_OPT_OUT, source: 'cli' });
  addLead(rig.store, id, number('0003'), NOON, { zone: 'Asia/Kamchatka' });
  addLead(rig.store, id, number('0004'), NOON);
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  await clock.until(() => rig.campaign.state === 'stopped', 60_000);
  t.strictSame(
    pbx.placed.map((permit) => permit.phone),
    [number('0004')],
  );
  const state = (tail: string) => {
    const lead = rig.store.leads.byPhone(number(tail))[0];
    return `${lead?.state} ${lead?.reason}`;
  };
  t.equal(state('0001'), 'blocked CONSENT_MISSING');
  t.equal(state('0002'), 'blocked OPT_OUT_GLOBAL');
  t.equal(state('0003'), 'waiting HOURS_CLOSED');
  await rig.engine.stop();
});

void t.test('a caller number without МАВ registration halts the campaign and leaves every lead callable', async (t) => {
  const { clock, pbx, rig } = simulated({}, { spec: { line: '+74997654321' } });
  await rig.engine.start();
  leads(rig, ['0001']);
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  await clock.until(() => rig.campaign.state === 'halted', 10_000);
  t.equal(rig.campaign.reason, 'MAV_CALLER_UNREGISTERED');
  t.equal(pbx.placed.length, 0);
  t.equal(rig.store.leads.byPhone(number('0001'))[0]?.state, 'callable');
  await rig.engine.stop();
});

void t.test('pause lets live calls finish and places none; resume goes on', async (t) => {
  const { clock, pbx, rig } = simulated({}, { agents: 1 });
  await rig.engine.start();
  leads(rig, ['0001', '0002', '0003']);
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  await clock.advance(500);
  moveCampaign(rig.engine.floor, rig.campaign, 'pause');
  await clock.advance(60_000);
  t.strictSame(outcomes(rig), ['0001 talked']);
  moveCampaign(rig.engine.floor, rig.campaign, 'resume');
  await clock.until(() => pbx.placed.length === 3, 60_000);
  t.pass('dialed on');
  await rig.engine.stop();
});

void t.test('a failed commit stops the daemon: no further originate', async (t) => {
  const { clock, pbx, rig } = simulated({}, { agents: 2 });
  await rig.engine.start();
  leads(rig, ['0001', '0002', '0003', '0004']);
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  await clock.advance(500);
  const before = pbx.placed.length;
  rig.store.close();
  await clock.advance(60_000);
  t.equal(pbx.placed.length, before);
  t.equal(rig.fatal.length, 1, 'and it says so once');
});
