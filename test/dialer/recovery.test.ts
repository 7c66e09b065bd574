import t from 'tap';
import type { AgentId, PbxRecord } from '../../lib/dialer/pbx.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import { PbxError } from '../../lib/dialer/pbx.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { addLead, buildRig, login, NOON, phoneOf, startCampaign, type Rig } from '../helpers/rig.ts';

const number = (tail: string) => phoneOf(`+7916000${tail}`);

/** A PBX that outlives daemons, and a way to kill one daemon and start the next on the same store. */
function laboratory(plans: Record<string, CalleePlan>, agents = 2) {
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(1),
    callees: (phone) => plans[phone.slice(-4)] ?? { kind: 'answer', ringMs: 1_000, talkMs: 5_000 },
  });
  const first = buildRig({ clock, pbx, agents });
  return {
    clock,
    pbx,
    first,
    /** As SIGKILL: no goodbye, the store as committed, timers of the dead never fire into the new one. */
    async kill(rig: Rig): Promise<void> {
      await rig.engine.stop();
    },
    next: (rig: Rig) => buildRig({ clock, pbx, store: rig.store }),
  };
}

async function dialing(lab: ReturnType<typeof laboratory>, tails: readonly string[], state: string): Promise<Rig> {
  const { clock, first } = lab;
  await first.engine.start();
  for (const tail of tails) addLead(first.store, first.campaign.id, number(tail), NOON);
  login(first);
  await clock.advance(1_000);
  startCampaign(first);
  await clock.until(() => [...first.engine.floor.attempts.values()].some((run) => run.state === state), 20_000);
  return first;
}

const outcomes = (rig: Rig) =>
  rig.store.attempts
    .recent(null, null, 100)
    .map((row) => `${String(row.phone).slice(-4)} ${row.disposition ?? 'live'} ${row.witness ?? ''}`.trim())
    .sort();

void t.test('a talk goes on over a daemon restart: adopted, not dialed again, ended by its own hang-up', async (t) => {
  const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 20_000 } });
  const first = await dialing(lab, ['0001'], 'talking');
  await lab.kill(first);
  const second = lab.next(first);
  await second.engine.start();
  await lab.clock.advance(3_000);
  const [run] = second.engine.floor.attempts.values();
  t.equal(run?.state, 'talking');
  t.equal(run?.agent?.state, 'talking', 'the agent is the same one, talking');
  await lab.clock.until(() => second.engine.floor.attempts.size === 0, 60_000);
  t.strictSame(outcomes(second), ['0001 talked event']);
  t.equal(lab.pbx.placed.length, 1);
  await second.engine.stop();
});

void t.test('a call that ended while nobody listened gets the outcome the PBX recorded', async (t) => {
  const lab = laboratory({ '0001': { kind: 'refuse', afterMs: 4_000, rings: true, cause: 17, sipCode: 486 } });
  const first = await dialing(lab, ['0001'], 'ringing');
  await lab.kill(first);
  await lab.clock.advance(10_000);
  const second = lab.next(first);
  await second.engine.start();
  await lab.clock.advance(3_000);
  t.strictSame(outcomes(second), ['0001 busy record']);
  t.equal(lab.pbx.placed.length, 1);
  await second.engine.stop();
});

void t.test('nobody is dialed before the reconcile is done', async (t) => {
  const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 60_000 } });
  const first = await dialing(lab, ['0001', '0002', '0003', '0004'], 'talking');
  await lab.kill(first);
  const placed = lab.pbx.placed.length;
  const second = lab.next(first);
  await second.engine.start();
  await lab.clock.advance(1_000);
  t.equal(lab.pbx.placed.length, placed, 'still settling');
  await lab.clock.until(() => lab.pbx.placed.length === 4, 120_000);
  t.equal(lab.pbx.mostPerNumber(), 1);
  await second.engine.stop();
});

void t.test(
  'an originate nobody knows of is quarantined, then not placed: the lead is free, the number was never rung',
  async (t) => {
    const lab = laboratory({});
    const { first, clock } = lab;
    const originate = lab.pbx.originate.bind(lab.pbx);
    lab.pbx.originate = () => Promise.reject(new PbxError('unclear', 'cut off in mid-request'));
    const rig = await dialing(lab, ['0001'], 'in-doubt');
    await clock.advance(20_000);
    t.strictSame(outcomes(rig), ['0001 live'], 'locked while it may still be on its way');
    await lab.kill(first);
    lab.pbx.originate = originate;
    const second = lab.next(first);
    await second.engine.start();
    await clock.until(() => second.store.leads.byPhone(number('0001'))[0]?.state !== 'dialing', 60_000);
    t.match(outcomes(second), ['0001 not-placed record']);
    await second.engine.stop();
  },
);

void t.test('originates no survey found keep their numbers locked, but no agent waiting for them', async (t) => {
  const lab = laboratory({});
  const originate = lab.pbx.originate.bind(lab.pbx);
  lab.pbx.originate = () => Promise.reject(new PbxError('unclear', 'cut off in mid-request'));
  const doubtful = ['0001', '0002'];
  const rig = await dialing(lab, doubtful, 'in-doubt');
  t.equal(rig.engine.floor.agents.size, doubtful.length);
  await lab.clock.until(() => rig.engine.floor.attempts.size === doubtful.length, 5_000);
  lab.pbx.originate = originate;
  addLead(rig.store, rig.campaign.id, number('0009'), NOON);
  await lab.clock.advance(1_000);
  t.equal(lab.pbx.placed.length, 0, 'they may be ringing: each agent is meant for one of them');
  lab.pbx.drop('network');
  lab.pbx.restore();
  await lab.clock.until(() => lab.pbx.placed.length === 1, 5_000);
  t.strictSame(
    outcomes(rig).slice(0, doubtful.length),
    doubtful.map((tail) => `${tail} live`),
  );
  await rig.engine.stop();
});

void t.test(
  'without the PBX’s record an outcome nobody can know is unknown, final, and the lead is not called again',
  async (t) => {
    const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 1_000 } });
    lab.pbx.recall = (_ids: readonly AttemptId[]): Promise<ReadonlyMap<AttemptId, PbxRecord>> =>
      Promise.reject(new PbxError('unclear', 'no record'));
    const first = await dialing(lab, ['0001'], 'talking');
    await lab.kill(first);
    await lab.clock.advance(10_000);
    const second = lab.next(first);
    await second.engine.start();
    await lab.clock.advance(60_000);
    t.strictSame(outcomes(second), ['0001 unknown survey']);
    t.equal(second.store.leads.byPhone(number('0001'))[0]?.state, 'done');
    t.equal(lab.pbx.placed.length, 1);
    await second.engine.stop();
  },
);

void t.test(
  'the PBX restarts: its calls are unknown, the agents’ phones are called again, dialing goes on',
  async (t) => {
    const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 600_000 } });
    const first = await dialing(lab, ['0001'], 'talking');
    for (const tail of ['0002', '0003']) addLead(first.store, first.campaign.id, number(tail), NOON);
    lab.pbx.restart();
    await lab.clock.until(() => first.store.attempts.recent(null, null, 10).length === 3, 30_000);
    await lab.clock.until(() => first.engine.floor.attempts.size === 0, 60_000);
    t.strictSame(outcomes(first), ['0001 unknown survey', '0002 talked event', '0003 talked event']);
    t.equal(first.engine.floor.agents.get('a1' as AgentId)?.state === 'offline', false);
    await first.engine.stop();
  },
);

void t.test(
  'a PBX that stops hangs up first: who lost his leg in that moment is called again, who hung up before is not',
  async (t) => {
    const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 600_000 } }, 3);
    const rig = await dialing(lab, ['0001'], 'talking');
    const stateOf = (id: string) => rig.engine.floor.agents.get(id as AgentId)?.state;
    lab.pbx.hangUpAgent('a1' as AgentId);
    await lab.clock.advance(11_000);
    lab.pbx.hangUpAgent('a2' as AgentId);
    lab.pbx.hangUpAgent('a3' as AgentId);
    t.strictSame(['a1', 'a2', 'a3'].map(stateOf), ['offline', 'offline', 'offline']);
    await lab.clock.advance(900);
    lab.pbx.restart();
    await lab.clock.advance(10_000);
    t.strictSame(['a1', 'a2', 'a3'].map(stateOf), ['offline', 'available', 'available']);
    await rig.engine.stop();
  },
);

void t.test('after a PBX restart a phone that is not registered yet is called again until it answers', async (t) => {
  const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 600_000 } });
  const first = await dialing(lab, ['0001'], 'talking');
  const connect = lab.pbx.connectAgent.bind(lab.pbx);
  let refusals = 5;
  lab.pbx.connectAgent = (agent, endpoint) =>
    (refusals -= 1) >= 0 ? Promise.reject(new PbxError('refused', 'not registered')) : connect(agent, endpoint);
  lab.pbx.restart();
  await lab.clock.until(() => first.crewReady(), 60_000);
  t.equal(refusals < 0, true, 'after five refusals');
  await first.engine.stop();
});

void t.test('the connection drops and comes back: no originate in between, the missed end is found', async (t) => {
  const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 3_000 } });
  const first = await dialing(lab, ['0001'], 'talking');
  addLead(first.store, first.campaign.id, number('0002'), NOON);
  lab.pbx.drop('network');
  await lab.clock.advance(10_000);
  t.equal(lab.pbx.placed.length, 1, 'nothing is dialed while deaf');
  lab.pbx.restore();
  await lab.clock.until(() => lab.pbx.placed.length === 2, 10_000);
  t.match(outcomes(first)[0], '0001 talked record');
  await first.engine.stop();
});

void t.test('a hang-up whose event was lost is found by the audit', async (t) => {
  const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: null } });
  const first = await dialing(lab, ['0001'], 'talking');
  const [run] = first.engine.floor.attempts.values();
  const survey = lab.pbx.survey.bind(lab.pbx);
  lab.pbx.survey = async () => {
    const seen = await survey();
    return { ...seen, attempts: new Map([...seen.attempts].filter(([id]) => id !== run?.id)) };
  };
  await lab.clock.until(() => first.engine.floor.attempts.size === 0, 60_000);
  t.match(outcomes(first), ['0001 unknown survey']);
  await first.engine.stop();
});
