import t from 'tap';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { agree } from '../../lib/dialer/agree.ts';
import { erasePerson } from '../../lib/dialer/erasure.ts';
import type { AgentId, CallerId } from '../../lib/dialer/pbx.ts';
import { PbxError } from '../../lib/dialer/pbx.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { addLead, buildRig, login, NOON, phoneOf, startCampaign, type Rig } from '../helpers/rig.ts';

const MIN = 60_000;
const HIM = phoneOf('+79160000001');

/** A campaign whose line is called, on the simulated PBX; its agents are logged in, as many as wanted. */
async function lab(
  options: { agents?: number; ready?: readonly string[] } & Pick<Parameters<typeof buildRig>[0], 'spec'> = {},
) {
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(1),
    callees: () => ({ kind: 'answer', ringMs: 1_000, talkMs: 5_000 }),
  });
  const rig = buildRig({
    clock,
    pbx,
    agents: options.agents ?? 1,
    spec: { ends: 'base', wrapUpS: 30, optOutMessage: 'sound:beep', ...options.spec },
  });
  await rig.engine.start();
  login(rig, options.ready);
  await clock.advance(1_000);
  return { clock, pbx, rig, line: phoneOf(rig.campaign.spec.line) };
}

const agentOf = (rig: Rig, id = 'a1') => {
  const agent = rig.engine.floor.agents.get(id as AgentId);
  if (agent === undefined) throw new Error(`no agent ${id}`);
  return agent;
};
const leadOf = (rig: Rig, phone = HIM) => rig.store.leads.find(rig.campaign.id, phone);
const callOf = (rig: Rig, phone = HIM) => rig.store.inbound.ofPhone(phone, 1)[0];

void t.test('who calls back and finds an agent free talks to him; his lead is done, his callback kept', async (t) => {
  const { clock, pbx, rig, line } = await lab();
  addLead(rig.store, rig.campaign.id, HIM, NOON);
  const lead = leadOf(rig);
  if (lead === undefined) throw new Error('no lead');
  const promised = agree(rig.engine.floor, rig.campaign, lead, {
    kind: 'promised',
    dueAt: NOON + 60 * MIN,
    source: 'test',
  });
  startCampaign(rig);
  const caller = pbx.callIn(HIM, line);
  await clock.advance(1_000);
  t.equal(agentOf(rig).state, 'talking');
  t.equal(pbx.callers.get(caller), 'a1');
  t.match(callOf(rig), { state: 'talking', agent: 'a1', lead: lead.id });
  t.equal(leadOf(rig)?.state, 'done');
  t.equal(rig.store.callbacks.byId(promised)?.state, 'done');
  t.match(rig.store.journal.last('caller', line, 'arrived')?.data, /given to an agent/);

  pbx.hangUpCaller(caller);
  await clock.advance(1_000);
  t.equal(agentOf(rig).state, 'wrap-up');
  t.match(callOf(rig), { state: 'ended', opted_out_at: null });
  await clock.advance(MIN);
  t.equal(agentOf(rig).state, 'available', 'after the wrap-up of the campaign');
  t.equal(pbx.placed.length, 0, 'nobody was called');
  t.equal(rig.store.attempts.recent(null, null, 1).length, 0, 'and no attempt counts against any cap');
  t.strictSame([rig.engine.floor.callers.size, rig.engine.floor.oddities.size], [0, 0]);
  await rig.engine.stop();
});

for (const [keys, code, state] of [
  ['1', 'interested', 'done'],
  ['31', 'call-back-soon', 'promised'],
  ['6', 'cut-off', 'waiting'],
  ['4', 'machine', 'done'],
  ['99', 'do-not-call', 'opted-out'],
] as const) {
  void t.test(`the agent keys in ${code}, in the talk or in the wrap-up: the lead is ${state}`, async (t) => {
    for (const when of ['talking', 'wrap-up'] as const) {
      const { clock, pbx, rig, line } = await lab();
      addLead(rig.store, rig.campaign.id, HIM, NOON);
      const caller = pbx.callIn(HIM, line);
      await clock.advance(1_000);
      if (when === 'wrap-up') pbx.hangUpCaller(caller);
      await clock.advance(1_000);
      t.equal(agentOf(rig).state, when);
      pbx.pressAgent('a1' as AgentId, when === 'talking' ? `*${keys}` : keys);
      await clock.advance(1_000);
      t.match(rig.store.results.of(callOf(rig)?.id ?? ''), { code, agent: 'a1', source: 'digits' });
      t.match(leadOf(rig), { state, result: code, attempts: 0 });
      pbx.hangUpCaller(caller);
      await clock.advance(1_000);
      t.equal(leadOf(rig)?.state, state, 'the end of the talk takes nothing of it back');
      t.equal(rig.engine.floor.oddities.size, 0);
      await rig.engine.stop();
    }
  });
}

void t.test('a stranger talks to an agent too, and so does who hides his number or opted out', async (t) => {
  const { clock, pbx, rig, line } = await lab({ agents: 2, spec: { wrapUpS: 0 } });
  const stranger = pbx.callIn(phoneOf('+79160000007'), line);
  const hidden = pbx.callIn(null, line);
  await clock.advance(1_000);
  t.strictSame([pbx.callers.get(stranger), pbx.callers.get(hidden)].sort(), ['a1', 'a2']);
  t.match(leadOf(rig, phoneOf('+79160000007')), { list: 'callback', state: 'done' });
  const third = pbx.callIn(null, line);
  await clock.advance(500);
  t.match(rig.store.journal.last('caller', line, 'arrived')?.data, /withheld/, 'no agent is left for a third');
  await clock.until(() => !pbx.callers.has(third), MIN);
  pbx.hangUpCaller(hidden);
  pbx.hangUpCaller(stranger);
  await clock.until(rig.crewReady, MIN);
  await rig.engine.stop();
});

void t.test('the opt-out digit in the talk, or under the message, holds at once and is confirmed', async (t) => {
  for (const ready of [['a1'], []]) {
    const { clock, pbx, rig, line } = await lab({ ready });
    const caller = pbx.callIn(HIM, line);
    await clock.advance(1_000);
    const digit = rig.campaign.spec.optOutDigit ?? '';
    pbx.pressCaller(caller, digit);
    t.ok(rig.store.optOuts.of(HIM).length > 0, 'written before anything else happens');
    t.equal(leadOf(rig)?.state, 'opted-out');
    pbx.pressCaller(caller, digit);
    await clock.until(() => pbx.callers.size === 0, MIN);
    t.match(callOf(rig), { state: 'ended' });
    t.not(callOf(rig)?.opted_out_at, null);
    t.equal(rig.store.callbacks.counts(rig.campaign.id, clock.now()).open, 0, 'nobody calls him back');
    if (ready.length > 0) t.equal(agentOf(rig).state, 'wrap-up');
    await rig.engine.stop();
  }
});

void t.test('nobody dials a person who is on the line with us, whatever his lead is', async (t) => {
  const { clock, pbx, rig, line } = await lab({ agents: 2 });
  addLead(rig.store, rig.campaign.id, HIM, NOON);
  const caller = pbx.callIn(HIM, line);
  await clock.advance(1_000);
  const lead = leadOf(rig);
  if (lead === undefined) throw new Error('no lead');
  addLead(rig.store, rig.campaign.id, phoneOf('+79160000002'), NOON);
  agree(rig.engine.floor, rig.campaign, lead, { kind: 'requested', dueAt: clock.now(), source: 'test' });
  startCampaign(rig);
  await clock.advance(10_000);
  t.strictSame(
    pbx.placed.map(({ phone }) => phone.slice(-4)),
    ['0002'],
  );
  t.match(rig.store.journal.last('callback', '1', 'deferred')?.data, /NUMBER_IN_FLIGHT/);
  pbx.hangUpCaller(caller);
  await rig.engine.stop();
});

void t.test('bridging fails: another agent has him, or he is owed a call', async (t) => {
  for (const agents of [2, 1]) {
    const { clock, pbx, rig, line } = await lab({ agents });
    const bridge = pbx.bridgeCaller.bind(pbx);
    let failures = 1;
    pbx.bridgeCaller = (caller, agent) =>
      (failures -= 1) >= 0 ? Promise.reject(new PbxError('gone', 'no leg')) : bridge(caller, agent);
    pbx.callIn(HIM, line);
    await clock.advance(1_000);
    t.equal(callOf(rig)?.state, agents === 2 ? 'talking' : 'leaving');
    t.equal(leadOf(rig)?.state, agents === 2 ? 'done' : 'promised');
    t.equal(agentOf(rig).state, 'available', 'the first agent is free again');
    await rig.engine.stop();
  }
});

void t.test('he hangs up before he is bridged: the agent is free, and he is owed a call', async (t) => {
  const { clock, pbx, rig, line } = await lab();
  pbx.bridgeCaller = () => new Promise(() => undefined);
  const caller = pbx.callIn(HIM, line);
  await clock.advance(100);
  t.equal(agentOf(rig).state, 'reserved');
  pbx.hangUpCaller(caller);
  await clock.advance(100);
  t.equal(agentOf(rig).state, 'available');
  t.match(rig.store.callbacks.list(rig.campaign.id, 'open', 9), [{ kind: 'missed' }]);
  await rig.engine.stop();
});

void t.test(
  'the agent’s leg is lost in the talk, or he leaves after it: the caller is let go, the agent’s wish kept',
  async (t) => {
    const { clock, pbx, rig, line } = await lab();
    pbx.callIn(HIM, line);
    await clock.advance(1_000);
    pbx.hangUpAgent('a1' as AgentId);
    await clock.advance(1_000);
    t.strictSame([pbx.callers.size, agentOf(rig).state, callOf(rig)?.state], [0, 'offline', 'ended']);
    login(rig);
    await clock.advance(1_000);
    const again = pbx.callIn(HIM, line);
    await clock.advance(1_000);
    moveAgent(rig.engine.floor, agentOf(rig), 'pause');
    t.equal(agentOf(rig).state, 'finishing');
    pbx.hangUpCaller(again);
    await clock.advance(100);
    t.equal(agentOf(rig).state, 'paused');
    await rig.engine.stop();
  },
);

void t.test('the daemon dies in the talk: the talk goes on, its agent stays busy, and it ends as any', async (t) => {
  for (const ending of ['his event', 'while nobody listened', 'unheard']) {
    const { clock, pbx, rig: first, line } = await lab();
    const caller = pbx.callIn(HIM, line);
    await clock.advance(1_000);
    await first.engine.stop();
    if (ending === 'while nobody listened') pbx.hangUpCaller(caller);
    const second = buildRig({ clock, pbx, agents: 1, store: first.store });
    await second.engine.start();
    await clock.until(() => second.engine.floor.holds.size === 0, MIN);
    if (ending !== 'while nobody listened') {
      t.strictSame([agentOf(second).state, callOf(second)?.state], ['talking', 'talking']);
      t.equal(second.engine.floor.callers.get(caller)?.agent, agentOf(second));
      if (ending === 'his event') pbx.hangUpCaller(caller);
      else (pbx.callers as Map<CallerId, AgentId | null>).delete(caller);
    }
    await clock.until(() => callOf(second)?.state === 'ended', 30_000);
    t.not(agentOf(second).state, 'talking', ending);
    await clock.until(() => agentOf(second).state === 'available', MIN);
    t.strictSame([second.engine.floor.callers.size, leadOf(second)?.state], [0, 'done']);
    await second.engine.stop();
  }
});

void t.test(
  'the daemon dies while he is being bridged, or told goodbye: nobody stays on the line, his call is owed',
  async (t) => {
    for (const ready of [['a1'], []]) {
      const { clock, pbx, rig: first, line } = await lab({ ready });
      pbx.bridgeCaller = () => new Promise(() => undefined);
      pbx.callIn(HIM, line);
      await clock.advance(10);
      t.equal(callOf(first)?.state, ready.length > 0 ? 'bridging' : 'leaving');
      await first.engine.stop();
      const second = buildRig({ clock, pbx, agents: 1, store: first.store });
      await second.engine.start();
      await clock.until(() => callOf(second)?.state === 'ended', MIN);
      t.equal(pbx.callers.size, 0);
      t.equal(leadOf(second)?.state, 'promised');
      await second.engine.stop();
    }
  },
);

void t.test('a drain waits for his talk, an erasure ends it and leaves his number nowhere', async (t) => {
  const { clock, pbx, rig, line } = await lab();
  pbx.callIn(HIM, line);
  await clock.advance(1_000);
  let drained = false;
  const draining = rig.engine.drain().then(() => (drained = true));
  await clock.advance(5_000);
  t.notOk(drained);
  const act = erasePerson(rig.engine.floor, HIM, { by: 'test', reason: 'his demand' });
  t.match(act, { callsHungUp: 1, rows: { inbound_calls: 1 } });
  await clock.until(() => drained, MIN);
  await draining;
  t.strictSame(rig.store.inbound.ofPhone(HIM, 9), []);
  t.equal(pbx.callers.size, 0);
  await rig.engine.stop();
});
