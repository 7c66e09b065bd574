import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { createClockWatch } from '../../lib/dialer/clock-watch.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock, type VirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { ruDefault } from '../helpers/policy.ts';
import { addLead, buildRig, login, NOON, phoneOf, specWith, startCampaign, type Rig } from '../helpers/rig.ts';

/** A virtual clock whose wall can be set, as an operator or NTP sets it; timers and the monotonic clock do not see it. */
function settable(): VirtualClock & { set: (byMs: number) => void } {
  const clock = createVirtualClock(NOON);
  let shiftMs = 0;
  return { ...clock, now: () => clock.now() + shiftMs, set: (byMs) => void (shiftMs += byMs) };
}

const number = (n: number) => phoneOf(`+7916000${String(n).padStart(4, '0')}`);

async function dialing(
  plan: CalleePlan,
  options: Partial<Parameters<typeof buildRig>[0]> & { leads: number },
): Promise<{ clock: ReturnType<typeof settable>; rig: Rig; placed: () => number }> {
  const clock = settable();
  const pbx = createSimulatedPbx({ clock, random: seededRandom(1), callees: () => plan });
  const rig = buildRig({ clock, pbx, ...options });
  await rig.engine.start();
  for (let n = 1; n <= options.leads; n += 1) addLead(rig.store, rig.campaign.id, number(n), NOON);
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  return { clock, rig, placed: () => pbx.placed.length };
}

const TALK: CalleePlan = { kind: 'answer', ringMs: 1_000, talkMs: 2_000 };

void t.test('the watch sees a step of more than two seconds, either way, and no drift', async (t) => {
  const clock = settable();
  const watch = createClockWatch(clock);
  for (const [stepMs, seen] of [
    [2_000, 0],
    [2_001, 2_001],
    [-2_000, 0],
    [-3_600_000, -3_600_000],
    [0, 0],
  ] as const) {
    await clock.advance(1_000);
    clock.set(stepMs);
    t.equal(watch.look(), seen, `${stepMs} ms`);
  }
});

for (const [title, stepMs] of [
  ['forwards by ten minutes', 600_000],
  ['back by ten minutes', -600_000],
] as const) {
  void t.test(`a clock set ${title} rests dialing for a minute, says why, and charges no lead`, async (t) => {
    const { clock, rig, placed } = await dialing(TALK, { leads: 40, agents: 1 });
    await clock.advance(10_000);
    const before = placed();
    t.ok(before > 0, 'it dials');
    clock.set(stepMs);
    await clock.advance(59_000);
    t.ok(placed() <= before + 1, 'nothing is placed once the jump is seen');
    t.equal(rig.campaign.state, 'running', 'it is not halted');
    t.match(rig.engine.floor.holds.get('clock-jumped'), /by 6\d\d\.\d s (?:forwards|back)/);
    t.strictSame(
      rig.store.leads.counts(rig.campaign.id).filter(({ reason }) => reason === 'GATE_CLOCK_SKEW'),
      [],
    );
    t.match(rig.store.journal.of('daemon', 'clock'), [{ event: 'jumped', data: JSON.stringify({ byMs: stepMs }) }]);
    // Set back, the ledger's newest row is yet to come when it is asked again: one more minute.
    await clock.advance(stepMs < 0 ? 130_000 : 70_000);
    t.ok(placed() > before + 2, 'then it goes on by the new clock');
    t.strictSame([...rig.engine.floor.holds], []);
    t.strictSame(rig.fatal, []);
    await rig.engine.stop();
  });
}

void t.test(
  'a daemon that starts behind its own ledger rests every campaign, and goes on after a minute',
  async (t) => {
    const path = join(t.testdir({}), 'behind.db');
    const first = await dialing(TALK, { leads: 30, agents: 1, path });
    await first.clock.until(() => first.placed() > 0 && first.rig.campaign.attempts.size === 0, 60_000);
    await first.rig.engine.stop();
    first.rig.store.close();
    const clock = settable();
    clock.set(-3_600_000);
    const pbx = createSimulatedPbx({ clock, random: seededRandom(1), callees: () => TALK });
    const rig = buildRig({ clock, pbx, agents: 1, path });
    await rig.engine.start();
    await clock.advance(3_000);
    login(rig);
    await clock.advance(10_000);
    t.equal(pbx.placed.length, 0);
    t.match(rig.campaign.rest, { kind: 'rest', code: 'GATE_CLOCK_SKEW', detail: /the ledger was last written/ });
    t.not(rig.engine.floor.clockJumpedAt, null, 'every other campaign rests with it');
    await clock.until(() => pbx.placed.length > 0, 120_000);
    t.pass('it is not halted for ever');
    await rig.engine.stop();
  },
);

void t.test('too many abandoned calls leave one call for each free agent, and the leads uncharged', async (t) => {
  const policy = { ...ruDefault, abandon: { ...ruDefault.abandon, minAnswered: 5, max: 0 } };
  const { clock, rig, placed } = await dialing(
    { kind: 'answer', ringMs: 2_000, talkMs: 20_000 },
    {
      leads: 200,
      agents: 2,
      policy,
      spec: {
        mode: 'predictive',
        pacing: { ...specWith().pacing, method: 'ratio', ratio: 4, target: 0.1, limit: 1 },
        wrapUpS: 1,
      },
    },
  );
  const overfull = () => rig.campaign.rest?.kind === 'covered-only';
  await clock.until(overfull, 300_000);
  t.match(rig.campaign.rest, { code: 'ABANDON_RATE_EXCEEDED' });
  await clock.advance(30_000);
  t.ok(overfull(), 'the share stays what it is');
  const before = placed();
  let most = 0;
  for (let second = 0; second < 120; second += 1) {
    await clock.advance(1_000);
    const waiting = [...rig.campaign.attempts].filter(({ agent, state }) => agent === null && state !== 'ending');
    most = Math.max(most, waiting.length);
  }
  t.ok(placed() > before, 'it goes on with covered calls');
  t.ok(most <= 2, `${most} calls on their way for two agents`);
  t.equal(rig.campaign.state, 'running');
  t.strictSame(
    rig.store.leads.counts(rig.campaign.id).filter(({ reason }) => reason === 'ABANDON_RATE_EXCEEDED'),
    [],
  );
  await rig.engine.stop();
});

void t.test('a database busy at the moment of the question lets the campaign rest; the daemon lives', async (t) => {
  const path = join(t.testdir({}), 'busy.db');
  const { clock, rig, placed } = await dialing(TALK, { leads: 0, agents: 1, path });
  const asleep = phoneOf('+79160009999');
  addLead(rig.store, rig.campaign.id, asleep, NOON, { zone: 'Asia/Kamchatka' });
  await clock.until(() => rig.store.leads.byPhone(asleep)[0]?.state === 'waiting', 10_000);
  addLead(rig.store, rig.campaign.id, number(1), NOON);
  const other = new Database(path);
  t.teardown(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  rig.engine.floor.wake();
  await clock.advance(0);
  other.exec('ROLLBACK');
  t.match(rig.campaign.rest, { kind: 'rest', code: 'GATE_STORE_UNAVAILABLE', detail: /locked/ });
  t.equal(placed(), 0);
  await clock.advance(9_000);
  t.equal(placed(), 0, 'it rests');
  await clock.advance(2_000);
  t.equal(placed(), 1);
  t.equal(rig.store.leads.byPhone(number(1))[0]?.state, 'dialing');
  t.strictSame(rig.fatal, []);
  await rig.engine.stop();
});
