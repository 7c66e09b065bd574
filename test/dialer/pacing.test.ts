import t from 'tap';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import { createPlayer, type RecordedLine, type Replayed } from '../../lib/core/pacing/recording.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { newCampaign } from '../../lib/dialer/engine.ts';
import { openPacing, savePacing } from '../../lib/dialer/pacing.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import type { Callees } from '../../lib/sim/callees.ts';
import { createVirtualClock, type VirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { logNormal, seededRandom } from '../../lib/sim/random.ts';
import { createStore, type Store } from '../../lib/store/store.ts';
import { openAllHours } from '../helpers/policy.ts';
import {
  addLead,
  buildRig,
  login,
  NOON,
  phoneOf,
  serialIds,
  specWith,
  startCampaign,
  type Rig,
} from '../helpers/rig.ts';

/** 35 % answer after some 6 s, talk 30 s; 5 % are lost at the trunk, the rest ring on. */
const people: Callees = (_phone, random) => {
  const lot = random();
  if (lot < 0.35) {
    return {
      kind: 'answer',
      ringMs: Math.min(18_000, logNormal(random, 6_000, 0.5)),
      talkMs: logNormal(random, 25_000, 0.6),
    };
  }
  if (lot < 0.4) return { kind: 'refuse', afterMs: 500, rings: false, cause: 34, sipCode: 503 };
  return { kind: 'ring' };
};

function floorOf(
  mode: CampaignSpec['mode'],
  more: {
    agents?: number;
    leads?: number;
    store?: Store;
    clock?: VirtualClock;
    callees?: Callees;
    pacing?: Partial<CampaignSpec['pacing']>;
  } = {},
) {
  const clock = more.clock ?? createVirtualClock(NOON);
  const pbx = createSimulatedPbx({ clock, random: seededRandom(7), callees: more.callees ?? people });
  const spec = specWith();
  const rig = buildRig({
    clock,
    pbx,
    agents: more.agents ?? 10,
    policy: openAllHours,
    trunk: { channels: 200, originatesPerSecond: 50 },
    spec: { mode, wrapUpS: 5, maxAttemptsPerDay: 20, pacing: { ...spec.pacing, target: 0.03, ...more.pacing } },
    ...(more.store === undefined ? {} : { store: more.store }),
  });
  if (more.store === undefined) leads(rig, 'test', more.leads ?? 4_000);
  return { clock, pbx, rig };
}

function leads(rig: Rig, campaign: string, count: number, from = 0): void {
  const id = rig.store.campaigns.byName(campaign)?.id ?? 0;
  rig.store.commit(() => {
    for (let index = 0; index < count; index += 1) {
      addLead(rig.store, id, phoneOf(`+7916${String(1_000_000 + from + index)}`), NOON);
    }
  });
}

async function work(floor: ReturnType<typeof floorOf>, ms: number): Promise<void> {
  await floor.rig.engine.start();
  login(floor.rig);
  await floor.clock.until(floor.rig.crewReady, 10_000);
  startCampaign(floor.rig);
  await floor.clock.advance(ms);
}

function replay(store: Store, campaign: number): Replayed[] {
  return store.pacing.sessions(campaign).flatMap(({ session, parts }) => {
    const player = createPlayer();
    return Array.from({ length: parts }, (_, part) => store.pacing.logPart(campaign, session, part) ?? '')
      .join('')
      .trimEnd()
      .split('\n')
      .flatMap((line) => player.line(JSON.parse(line) as RecordedLine) ?? []);
  });
}

const HOUR = 3_600_000;

void t.test(
  'through the whole dialer: predictive talks much more than progressive, and abandons within the target',
  async (t) => {
    const shares: Record<string, number> = {};
    for (const mode of ['progressive', 'predictive'] as const) {
      const floor = floorOf(mode);
      await work(floor, HOUR);
      const { store, campaign, engine, fatal } = floor.rig;
      const figures = store.reports.figures(campaign.id, 2_000);
      shares[mode] = figures.talkMs / (10 * HOUR);
      const abandoned = figures.abandoned + figures.connectedLate;
      if (mode === 'progressive') t.equal(abandoned, 0, 'progressive abandons nobody');
      else t.ok(abandoned / figures.answered <= 0.035, `${abandoned} of ${figures.answered} abandoned`);
      t.strictSame(fatal, []);
      t.strictSame([...engine.floor.oddities], [], 'no event without a move');
      t.equal(campaign.pacing?.last?.why.numbers['oddities'] ?? 0, 0, 'nor one that pacing did not expect');
      const again = replay(store, campaign.id);
      t.ok(again.length > 3_000, `${again.length} decisions are recorded`);
      t.equal(again.filter(({ same }) => !same).length, 0, 'and replay bit for bit');
      await engine.stop();
      store.close();
    }
    const { progressive = 0, predictive = 0 } = shares;
    t.ok(predictive > 1.3 * progressive, `talk ${progressive.toFixed(3)} → ${predictive.toFixed(3)}`);
  },
);

void t.test('each attempt knows the decision it was placed by, and the decision its why', async (t) => {
  const floor = floorOf('predictive', { leads: 200 });
  await work(floor, 120_000);
  const { store, campaign } = floor.rig;
  for (const { id } of store.attempts.recent(null, null, 1_000)) {
    const decision = store.pacing.decisionOf(id);
    t.match(decision, { campaign: campaign.id, bound_by: /./, sentence: /./ });
    t.ok(Number((JSON.parse(decision?.numbers ?? '{}') as Record<string, number>)['agentsWorking']) > 0);
  }
  await floor.rig.engine.stop();
});

void t.test('a crash forgets neither what was learned nor what is owed', async (t) => {
  const store = createStore(':memory:', { newAttemptId: serialIds() });
  const clock = createVirtualClock(NOON);
  const first = floorOf('predictive', { store, clock });
  leads(first.rig, 'test', 4_000);
  await work(first, HOUR / 2);
  const { campaign } = first.rig;
  const before = store.reports.figures(campaign.id, 2_000);
  // No stop: the process is gone, and its timers with it.
  for (const run of first.rig.engine.floor.attempts.values()) run.timer?.();
  await first.pbx.stop();

  const second = floorOf('predictive', { store, clock });
  await second.rig.engine.start();
  const pacing = openPacing(second.rig.engine.floor, second.rig.campaign);
  const { numbers } = pacing.pacer.decide({
    now: clock.now(),
    agents: [{ id: 'a1', state: 'available', since: clock.now() }],
    calls: [],
    channelsFree: Infinity,
    rateAllows: Infinity,
  }).why;
  t.equal(numbers['answersDay'], before.answered, 'every live answer is on the new balance');
  t.ok(Math.abs((numbers['answerRate'] ?? 0) - 0.35) < 0.08, `the answer rate is known: ${numbers['answerRate']}`);
});

void t.test('what the gate refuses or the PBX will not place says nothing of the list or the trunk', async (t) => {
  const floor = floorOf('predictive', { leads: 0 });
  const id = floor.rig.store.campaigns.byName('test')?.id ?? 0;
  for (let index = 0; index < 100; index += 1) {
    addLead(floor.rig.store, id, phoneOf(`+7916${String(2_000_000 + index)}`), NOON, { consent: index % 2 === 0 });
  }
  await work(floor, 60_000);
  const { store, campaign } = floor.rig;
  const text = Array.from({ length: campaign.pacing?.parts ?? 0 }, (_, part) =>
    store.pacing.logPart(campaign.id, campaign.pacing?.session ?? 0, part),
  ).join('');
  const placed = text.match(/"originated"/g)?.length ?? 0;
  t.equal(placed, floor.pbx.placed.length, 'pacing hears of calls that were placed, and of no others');
  t.ok(store.leads.counts(campaign.id).some(({ state }) => state === 'blocked'));
  await floor.rig.engine.stop();
});

void t.test('an operator’s limits win over any method', async (t) => {
  for (const pacing of [{ maxUnanswered: 3 }, { method: 'ratio' as const, ratio: 20, maxUnanswered: 3 }]) {
    const floor = floorOf('predictive', { pacing });
    let most = 0;
    await work(floor, 1_000);
    for (let second = 0; second < 300; second += 1) {
      await floor.clock.advance(1_000);
      const unanswered = [...floor.rig.engine.floor.attempts.values()].filter(({ answeredAt }) => answeredAt === null);
      most = Math.max(most, unanswered.length);
    }
    t.equal(most, 3);
    await floor.rig.engine.stop();
  }
});

void t.test('a changed campaign file changes the pacer of a running campaign, which keeps what it knows', async (t) => {
  const floor = floorOf('predictive', { leads: 2_000 });
  await work(floor, HOUR / 4);
  const { campaign, engine } = floor.rig;
  const seen = campaign.pacing?.last?.why.numbers['answersDay'] ?? 0;
  campaign.spec = { ...campaign.spec, pacing: { ...campaign.spec.pacing, target: 0.01 } };
  openPacing(engine.floor, campaign);
  await floor.clock.advance(1_000);
  t.equal(campaign.pacing?.settings.target, 0.01);
  t.ok(
    (campaign.pacing?.last?.why.numbers['answersDay'] ?? 0) >= seen && seen > 50,
    `${seen} answers are not forgotten`,
  );
  t.equal(floor.rig.store.pacing.sessions(campaign.id).length, 1, 'the first recording is closed');
  savePacing(engine.floor);
  t.equal(floor.rig.store.pacing.sessions(campaign.id).length, 2, 'and another begun');
  await engine.stop();
});

void t.test(
  'two campaigns on one crew: each hears the other’s calls as foreign, and both stay within the target',
  async (t) => {
    const floor = floorOf('predictive');
    const { rig, clock } = floor;
    const spec = { ...rig.store.campaigns.byName('test') };
    const other = { ...(JSON.parse(spec.spec ?? '{}') as CampaignSpec), name: 'other' };
    const id = rig.store.campaigns.insert('other', JSON.stringify(other), NOON);
    await rig.engine.start();
    rig.engine.floor.campaigns.set('other', newCampaign(id, other, openAllHours, 'draft', null));
    leads(rig, 'other', 3_000, 10_000);
    login(rig);
    await clock.until(rig.crewReady, 10_000);
    startCampaign(rig);
    const second = rig.engine.floor.campaigns.get('other');
    if (second === undefined) throw new Error('no other');
    moveCampaign(rig.engine.floor, second, 'start');
    await clock.advance(HOUR / 2);
    for (const run of [rig.campaign, second]) {
      const figures = rig.store.reports.figures(run.id, 2_000);
      t.ok(figures.connected > 50, `${run.name}: ${figures.connected} connected`);
      t.ok(figures.abandoned <= 0.03 * figures.answered + 3, `${figures.abandoned} of ${figures.answered} abandoned`);
      t.equal(replay(rig.store, run.id).filter(({ same }) => !same).length, 0);
    }
    const text = rig.store.pacing.logPart(id, second.pacing?.session ?? 0, 0) ?? '';
    t.match(text, /"foreign":true/);
    await rig.engine.stop();
  },
);

void t.test('a pause asked for in mid-call, a logout and a new login reach pacing as they happen', async (t) => {
  const floor = floorOf('predictive', { agents: 3 });
  await work(floor, 60_000);
  const { engine, store, campaign } = floor.rig;
  const agent = engine.floor.agents.get('a1' as AgentId);
  if (agent === undefined) throw new Error('no a1');
  await floor.clock.until(() => agent.state === 'talking', 120_000);
  moveAgent(engine.floor, agent, 'pause');
  await floor.clock.until(() => agent.state === 'paused', 300_000);
  moveAgent(engine.floor, agent, 'logout');
  savePacing(engine.floor);
  const session = campaign.pacing?.session ?? 0;
  const text = Array.from({ length: campaign.pacing?.parts ?? 0 }, (_, n) =>
    store.pacing.logPart(campaign.id, session, n),
  ).join('');
  t.match(text, /"type":"agent-request","agent":"a1","request":"pause"[^]*"type":"talk-ended"[^]*"state":"offline"/);
  t.equal(campaign.pacing?.last?.why.numbers['oddities'], 0);
  await engine.stop();
});
