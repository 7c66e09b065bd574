import t from 'tap';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { trunkRest } from '../../lib/dialer/trunk-watch.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { addLead, buildRig, login, NOON, phoneOf, startCampaign } from '../helpers/rig.ts';

const DOWN: CalleePlan = { kind: 'refuse', afterMs: 60, rings: false, cause: 34, sipCode: 503 };
const SILENT: CalleePlan = { kind: 'silence' };
const GOOD: CalleePlan = { kind: 'answer', ringMs: 3_000, talkMs: 30_000 };
const AT_ONCE: CalleePlan = { kind: 'answer', ringMs: 20, talkMs: null };
const BRIEF: CalleePlan = { kind: 'answer', ringMs: 2_000, talkMs: 1_000 };

const METHODS: readonly [name: string, spec: Partial<CampaignSpec>][] = [
  ['progressive', {}],
  ['predictive', { mode: 'predictive' }],
];

/** Twenty agents on a trunk whose answer the test sets. */
async function crew(spec: Partial<CampaignSpec>, first: CalleePlan) {
  const clock = createVirtualClock(NOON);
  const trunk = { plan: first };
  const pbx = createSimulatedPbx({ clock, random: seededRandom(1), callees: () => trunk.plan });
  const rig = buildRig({ clock, pbx, agents: 20, spec, trunk: { channels: 100, originatesPerSecond: 10 } });
  await rig.engine.start();
  for (let i = 0; i < 900; i += 1) {
    addLead(rig.store, rig.campaign.id, phoneOf(`+7916${String(1_000_000 + i)}`), NOON);
  }
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  const wastedFrom = (placed: number) => pbx.placed.length - placed;
  const charged = () => rig.store.leads.counts(rig.campaign.id);
  return { clock, pbx, rig, trunk, wastedFrom, charged };
}

const CASES: readonly [name: string, plan: CalleePlan][] = [
  ['refuses every call at once', DOWN],
  ['says nothing', SILENT],
];
for (const [method, spec] of METHODS) {
  for (const [what, plan] of CASES) {
    void t.test(`a trunk that ${what} gets ten calls at most, ${method}, then the campaign halts`, async (t) => {
      const { clock, pbx, rig } = await crew(spec, plan);
      await clock.until(() => rig.campaign.state === 'halted', 3_600_000);
      t.ok(pbx.placed.length <= 10, `${pbx.placed.length} calls`);
      t.match(rig.campaign.reason, /^trunk pstn: \d+ calls in a row got no reply/);
      const charged = pbx.placed.filter(({ phone }) => rig.store.leads.byPhone(phone)[0]?.attempts !== 0);
      t.strictSame(charged, [], 'no lead is charged');
      moveCampaign(rig.engine.floor, rig.campaign, 'resume');
      await clock.advance(5_000);
      t.equal(rig.campaign.state, 'running', 'resumed, it is tried anew');
      t.ok(pbx.placed.length > 10 - 5);
      await rig.engine.stop();
    });
  }

  void t.test(
    `a trunk that dies in the middle is tried by single calls, ${method}, and one success opens it`,
    async (t) => {
      const { clock, pbx, rig, trunk, wastedFrom } = await crew(spec, GOOD);
      await clock.advance(60_000);
      t.equal(rig.campaign.state, 'running');
      trunk.plan = DOWN;
      const before = pbx.placed.length;
      const pstn = rig.engine.floor.trunks.get('pstn');
      if (pstn === undefined) throw new Error('no trunk');
      await clock.until(() => trunkRest(rig.engine.floor, pstn) !== null, 60_000);
      const atRest = wastedFrom(before);
      await clock.advance(14_000);
      t.equal(wastedFrom(before), atRest, 'nobody is called while it rests');
      await clock.advance(200_000);
      t.ok(wastedFrom(before) <= atRest + 4, 'then one call at a time, ever more rarely');
      t.equal(rig.campaign.state, 'running');
      t.comment(`${atRest} calls until it rests, ${wastedFrom(before)} within 3.5 min`);
      t.ok(wastedFrom(before) <= 10 + 4, 'those under way when it died come on top');
      trunk.plan = GOOD;
      const back = pbx.placed.length;
      await clock.advance(180_000);
      t.ok(pbx.placed.length > back + 10, 'it dials as before');
      t.equal(trunkRest(rig.engine.floor, pstn), null);
      await rig.engine.stop();
    },
  );

  for (const [what, plan, says] of [
    ['before any phone could ring', AT_ONCE, /(?:8|9|10) of the last \d+ answers came within 300 ms/],
    ['and nobody stays', BRIEF, /all of the last 20 calls were answered/],
  ] as const) {
    void t.test(`a trunk that answers everything ${what} halts the campaign, ${method}`, async (t) => {
      const { clock, pbx, rig } = await crew(spec, plan);
      await clock.until(() => rig.campaign.state === 'halted', 600_000);
      t.match(rig.campaign.reason, says);
      t.comment(`${pbx.placed.length} calls`);
      if (plan === AT_ONCE) t.ok(pbx.placed.length <= 20, `${pbx.placed.length} calls`);
      await rig.engine.stop();
    });
  }
}

void t.test('answers that are to be believed halt nothing: some are missed, or talks last', async (t) => {
  const { clock, rig, trunk } = await crew({}, { kind: 'answer', ringMs: 400, talkMs: 4_000 });
  await clock.advance(120_000);
  trunk.plan = BRIEF;
  await clock.advance(2_000);
  trunk.plan = GOOD;
  await clock.advance(120_000);
  t.equal(rig.campaign.state, 'running', rig.campaign.reason ?? '');
  await rig.engine.stop();
});

void t.test('a PBX that restarts puts its trunk to the test at once, however it failed before', async (t) => {
  const { clock, pbx, rig, trunk } = await crew({}, GOOD);
  await clock.advance(60_000);
  trunk.plan = DOWN;
  const pstn = rig.engine.floor.trunks.get('pstn');
  if (pstn === undefined) throw new Error('no trunk');
  await clock.until(() => trunkRest(rig.engine.floor, pstn) !== null, 60_000);
  trunk.plan = { kind: 'answer', ringMs: 600, talkMs: 30_000 };
  const before = pbx.placed.length;
  pbx.restart();
  await clock.until(() => pbx.placed.length > before, 5_000);
  await clock.until(() => trunkRest(rig.engine.floor, pstn) === null, 5_000);
  t.equal(rig.campaign.state, 'running');
  await rig.engine.stop();
});
