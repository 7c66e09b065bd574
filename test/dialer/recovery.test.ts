import t from 'tap';
import { sleep } from '../../lib/clock.ts';
import type { AttemptRun } from '../../lib/dialer/floor.ts';
import type { AgentId, Pbx, PbxRecord } from '../../lib/dialer/pbx.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import { optOut } from '../../lib/dialer/opt-outs.ts';
import { reconcile } from '../../lib/dialer/recovery.ts';
import { PbxError } from '../../lib/dialer/pbx.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock, type VirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx, type SimulatedPbx } from '../../lib/sim/pbx.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
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

/** A rig over a PBX of which something is otherwise. */
function rigOver(change: (pbx: SimulatedPbx, clock: VirtualClock) => Partial<Pbx>, plan: CalleePlan) {
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({ clock, random: seededRandom(1), callees: () => plan });
  const rig = buildRig({ clock, pbx: { ...pbx, ...change(pbx, clock) }, agents: 1 });
  return { clock, pbx, rig };
}

async function begun({ clock, rig }: ReturnType<typeof rigOver>): Promise<AttemptRun> {
  await rig.engine.start();
  addLead(rig.store, rig.campaign.id, number('0001'), NOON);
  login(rig);
  await clock.until(rig.crewReady, 20_000);
  startCampaign(rig);
  await clock.until(() => rig.engine.floor.attempts.size > 0, 20_000);
  const [run] = rig.engine.floor.attempts.values();
  if (run === undefined) throw new Error('nobody was called');
  return run;
}

void t.test('a call that was heard of while the PBX was asked what is live is not taken for gone', async (t) => {
  // The originate is overtaken by the question, which comes of a connection that went for a moment.
  const lab = rigOver(
    (pbx, clock) => ({
      originate: async (permitted) => {
        await sleep(clock, 300);
        await pbx.originate(permitted);
      },
      recall: async (ids) => {
        await sleep(clock, 600);
        return pbx.recall(ids);
      },
    }),
    { kind: 'answer', ringMs: 3_000, talkMs: 5_000 },
  );
  const run = await begun(lab);
  lab.pbx.drop('a moment');
  lab.pbx.restore();
  await lab.clock.advance(1_000);
  t.equal(run.state, 'ringing');
  await lab.clock.until(() => lab.rig.engine.floor.attempts.size === 0, 30_000);
  t.strictSame(outcomes(lab.rig), ['0001 talked event']);
  await lab.rig.engine.stop();
});

void t.test('a hang-up that was lost on its way is asked for again until it is confirmed', async (t) => {
  let lost = 2;
  const lab = rigOver(
    (pbx) => ({
      hangUp: (id) => ((lost -= 1) >= 0 ? Promise.reject(new PbxError('unclear', 'timed out')) : pbx.hangUp(id)),
    }),
    { kind: 'ring' },
  );
  const run = await begun(lab);
  await lab.clock.until(() => run.state === 'ringing', 5_000);
  optOut(lab.rig.engine.floor, run.phone, { ...GLOBAL_OPT_OUT, source: 'cli', attempt: null });
  t.equal(run.state, 'ending');
  await lab.clock.advance(1_100);
  t.strictSame(outcomes(lab.rig), ['0001 cancelled event']);
  await lab.rig.engine.stop();
});

void t.test('an agent whose phone was picked up unheard is found by the audit', async (t) => {
  let lost = 1;
  const lab = rigOver(
    (pbx) => ({
      start: (listener) =>
        pbx.start((event) => {
          if (event.type !== 'agent.up' || (lost -= 1) < 0) listener(event);
        }),
    }),
    { kind: 'ring' },
  );
  await lab.rig.engine.start();
  login(lab.rig);
  await lab.clock.advance(1_000);
  t.strictSame(
    [...lab.rig.engine.floor.agents.values()].map(({ state }) => state),
    ['connecting'],
  );
  await lab.clock.until(lab.rig.crewReady, 6_000);
  await lab.rig.engine.stop();
});

void t.test(
  'a call answered while the survey was on its way keeps its talk: what was heard later is newer than the answer',
  async (t) => {
    const lab = laboratory({ '0001': { kind: 'answer', ringMs: 4_000, talkMs: 20_000 } });
    const first = await dialing(lab, ['0001'], 'ringing');
    const survey = lab.pbx.survey.bind(lab.pbx);
    lab.pbx.drop('network');
    lab.pbx.survey = async () => {
      const [run] = first.engine.floor.attempts.values();
      const stale = await survey();
      // Seen up and with no agent; bridged before the answer arrives.
      await lab.clock.until(() => run?.state === 'talking', 20_000);
      return { ...stale, attempts: new Map([...stale.attempts].map(([id, live]) => [id, { ...live, state: 'up' }])) };
    };
    lab.pbx.restore();
    await lab.clock.until(() => first.engine.floor.attempts.size === 0, 60_000);
    const [row] = first.store.attempts.recent(null, null, 1);
    t.match(row, { disposition: 'talked', witness: 'event' });
    t.equal((row?.ended_at ?? 0) - (row?.bridged_at ?? 0) > 15_000, true, 'the talk had its length');
    await first.engine.stop();
  },
);

void t.test('a call that rings up while its record is read is not closed', async (t) => {
  const lab = laboratory({ '0001': { kind: 'answer', ringMs: 1_000, talkMs: 5_000 } });
  const originate = lab.pbx.originate.bind(lab.pbx);
  let late: (() => void) | undefined;
  // The request hangs on the wire: the daemon hears nothing, the PBX takes it in a moment.
  lab.pbx.originate = (permitted) => {
    const placed = originate(permitted);
    late = () => void placed;
    return Promise.reject(new PbxError('unclear', 'cut off in mid-request'));
  };
  const survey = lab.pbx.survey.bind(lab.pbx);
  let blind = true;
  lab.pbx.survey = async () => (blind ? { ...(await survey()), attempts: new Map() } : survey());
  const recall = lab.pbx.recall.bind(lab.pbx);
  lab.pbx.recall = async (ids) => {
    const records = await recall(ids);
    return new Map([...records].map(([id, record]) => [id, { ...record, endedAt: null }]));
  };
  const first = await dialing(lab, ['0001'], 'in-doubt');
  t.ok(late !== undefined);
  blind = false;
  await lab.clock.until(() => first.engine.floor.attempts.size === 0, 60_000);
  t.match(first.store.attempts.recent(null, null, 1), [{ disposition: 'talked', witness: 'event' }]);
  t.equal(lab.pbx.mostPerNumber(), 1);
  await first.engine.stop();
});

void t.test(
  'an opt-out before the PBX said a word keeps the number locked while the call may still arrive',
  async (t) => {
    const lab = laboratory({ '0001': { kind: 'ring' } });
    const { clock, first } = lab;
    const originate = lab.pbx.originate.bind(lab.pbx);
    let arrive = (): void => undefined;
    lab.pbx.originate = (permitted) => {
      arrive = () => void originate(permitted).catch(() => undefined);
      return new Promise(() => undefined);
    };
    const rig = await dialing(lab, ['0001'], 'planned');
    optOut(rig.engine.floor, number('0001'), { ...GLOBAL_OPT_OUT, source: 'cli' });
    t.equal([...rig.engine.floor.attempts.values()][0]?.state, 'ending');
    await lab.kill(first);
    const second = lab.next(first);
    await second.engine.start();
    await clock.advance(5_000);
    t.strictSame(outcomes(second), ['0001 live'], 'it may still be on its way');
    await clock.advance(30_000);
    t.strictSame(outcomes(second), ['0001 not-placed record']);
    t.equal(second.store.leads.byPhone(number('0001'))[0]?.state, 'opted-out');
    arrive();
    await clock.advance(1_000);
    t.equal(lab.pbx.placed.length, 0, 'by then its permit is void');
    await second.engine.stop();
  },
);

void t.test(
  'what ended before the reconcile is over: its event is heard, and nobody is called for it twice',
  async (t) => {
    const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 6_000 } });
    const first = await dialing(lab, ['0001', '0002'], 'talking');
    await lab.kill(first);
    const survey = lab.pbx.survey.bind(lab.pbx);
    const second = lab.next(first);
    // The survey hangs until the talks have ended by their own events.
    lab.pbx.survey = async () => {
      await lab.clock.until(() => second.engine.floor.attempts.size === 0, 30_000);
      return survey();
    };
    await second.engine.start();
    await lab.clock.advance(30_000);
    t.strictSame(outcomes(second), ['0001 talked event', '0002 talked event']);
    t.equal(lab.pbx.placed.length, 2);
    t.equal(lab.pbx.mostPerNumber(), 1);
    await second.engine.stop();
  },
);

void t.test('a trunk that came back while nobody listened is dialed again', async (t) => {
  const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 3_000 } });
  const first = await dialing(lab, ['0001'], 'talking');
  lab.pbx.setTrunk('pstn', false);
  addLead(first.store, first.campaign.id, number('0002'), NOON);
  await lab.clock.advance(5_000);
  t.equal(lab.pbx.placed.length, 1, 'not while it is down');
  lab.pbx.drop('network');
  lab.pbx.setTrunk('pstn', true);
  lab.pbx.restore();
  await lab.clock.until(() => lab.pbx.placed.length === 2, 10_000);
  await first.engine.stop();
});

void t.test('an agent the PBX is about to bridge is not given another callee by a survey of before', async (t) => {
  const lab = rigOver(
    (pbx, clock) => ({
      bridge: async (attempt, agent) => {
        await sleep(clock, 400);
        await pbx.bridge(attempt, agent);
      },
    }),
    { kind: 'answer', ringMs: 500, talkMs: 5_000 },
  );
  const run = await begun(lab);
  await lab.clock.until(() => run.state === 'bridging', 5_000);
  // A reconcile in the midst of it: the callee is up, and in nobody's bridge yet.
  const compared = reconcile(lab.rig.engine.floor, false);
  await lab.clock.advance(50);
  await compared;
  t.equal(run.state, 'bridging');
  await lab.clock.until(() => lab.rig.engine.floor.attempts.size === 0, 30_000);
  t.strictSame(outcomes(lab.rig), ['0001 talked event']);
  t.strictSame([...new Set(lab.pbx.wire.flatMap((event) => (event.what === 'bridged' ? event.agent : [])))], ['a1']);
  await lab.rig.engine.stop();
});

void t.test(
  'a bridging whose request may still be on its way is asked for again, with the same agent: no other joins the callee',
  async (t) => {
    const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 20_000 } });
    const bridge = lab.pbx.bridge.bind(lab.pbx);
    lab.pbx.bridge = () => new Promise(() => undefined);
    const first = await dialing(lab, ['0001'], 'bridging');
    const agent = [...first.engine.floor.attempts.values()][0]?.agent?.id;
    await lab.kill(first);
    lab.pbx.bridge = bridge;
    const second = lab.next(first);
    await second.engine.start();
    await lab.clock.advance(200);
    const [run] = second.engine.floor.attempts.values();
    t.equal(run?.state, 'talking');
    t.equal(run?.agent?.id, agent);
    t.strictSame(
      lab.pbx.wire.flatMap((event) => (event.what === 'bridged' ? event.agent : [])),
      [agent],
    );
    await second.engine.stop();
  },
);

/** The first daemon dies with its originate on the way; `arrive` brings it to the PBX. */
async function originateOnItsWay(lab: ReturnType<typeof laboratory>): Promise<() => Promise<void>> {
  const originate = lab.pbx.originate.bind(lab.pbx);
  let arrive = (): Promise<void> => Promise.reject(new Error('nothing was sent'));
  lab.pbx.originate = (permitted) => {
    arrive = () => originate(permitted);
    return new Promise(() => undefined);
  };
  await dialing(lab, ['0001'], 'planned');
  lab.pbx.originate = originate;
  return () => arrive();
}

void t.test('an originate that arrives between the survey and the record is a live call, not a lost one', async (t) => {
  const lab = laboratory({ '0001': { kind: 'answer', ringMs: 500, talkMs: 2_000 } });
  const arrive = await originateOnItsWay(lab);
  await lab.kill(lab.first);
  const recall = lab.pbx.recall.bind(lab.pbx);
  lab.pbx.recall = async (ids) => {
    lab.pbx.recall = recall;
    await arrive();
    return recall(ids);
  };
  const second = lab.next(lab.first);
  await second.engine.start();
  await lab.clock.advance(100);
  t.equal([...second.engine.floor.attempts.values()][0]?.state, 'ringing');
  await lab.clock.until(() => second.engine.floor.attempts.size === 0, 60_000);
  t.strictSame(outcomes(second), ['0001 talked event']);
  await second.engine.stop();
});

void t.test(
  'a call that an opt-out called off before the PBX had it, and a crash: its number stays locked, and it is ended when it comes',
  async (t) => {
    const lab = laboratory({ '0001': { kind: 'answer', ringMs: 5_000, talkMs: 2_000 } });
    const arrive = await originateOnItsWay(lab);
    optOut(lab.first.engine.floor, number('0001'), { ...GLOBAL_OPT_OUT, source: 'cli', attempt: null });
    await lab.kill(lab.first);
    const second = lab.next(lab.first);
    await second.engine.start();
    await lab.clock.advance(100);
    t.equal([...second.engine.floor.attempts.values()][0]?.state, 'ending');
    const arrived = arrive();
    await lab.clock.advance(200);
    await arrived;
    t.strictSame(outcomes(second), ['0001 cancelled event']);
    await second.engine.stop();
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
