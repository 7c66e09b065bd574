import { join } from 'node:path';
import type { Test } from 'tap';
import { sleep } from '../../lib/clock.ts';
import type { Config } from '../../lib/config.ts';
import { createActions } from '../../lib/control/actions.ts';
import { createHandlers } from '../../lib/control/handlers/all.ts';
import type { Daemon } from '../../lib/control/handlers/daemon.ts';
import { localMs, slotAt } from '../../lib/core/slots.ts';
import { createScheduler, type Scheduler } from '../../lib/schedule/scheduler.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { createStore } from '../../lib/store/store.ts';
import { openAllHours } from './policy.ts';
import { addLead, buildRig, login, memoryLog, phoneOf, specWith, type Rig } from './rig.ts';
import { shortDir } from './short-dir.ts';
import { mortal, nightly, steppedClock, story } from './watch-keeper.ts';

const S = 1_000;
const MIN = 60 * S;
const HOUR = 60 * MIN;

/** Who is in the base: three who never talk, and one who does on the first night and is not called again. */
const BASE: Readonly<Record<string, CalleePlan>> = {
  '0001': { kind: 'ring' },
  '0002': { kind: 'refuse', afterMs: 2 * S, rings: true, cause: 17, sipCode: 486 },
  '0003': { kind: 'ring' },
  '0004': { kind: 'answer', ringMs: 2 * S, talkMs: 20 * S },
};
const TAILS = Object.keys(BASE);

/** One life of the daemon: engine, handlers and schedules over the store of a file. */
interface Life {
  readonly rig: Rig;
  readonly scheduler: Scheduler;
  readonly kill: () => Promise<void>;
}

/** A PBX and a clock that outlive daemons, and a base that is re-dialed by its schedule. */
function theNights(t: Test, startAt: number) {
  const clock = steppedClock(createVirtualClock(startAt));
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(1),
    callees: (phone) => BASE[phone.slice(-4)] ?? { kind: 'ring' },
  });
  const path = join(shortDir(t), 'obzvon.db');

  async function live(): Promise<Life> {
    const { clock: mine, kill } = mortal(clock);
    const store = createStore(path);
    const { redial } = specWith();
    const rig = buildRig({
      clock: mine,
      pbx,
      store,
      policy: openAllHours,
      agents: 1,
      spec: {
        maxAttemptsPerLead: 1,
        redial: { ...redial, again: ['no-answer', 'busy'], notWithinH: 0, maxPasses: 10 },
      },
    });
    const { log } = memoryLog();
    const { engine } = rig;
    const scheduler = createScheduler({
      clock: mine,
      store,
      log,
      // Time on both sides of the deed, to die in.
      async run(action, context) {
        await sleep(mine, 20 * S);
        const said = await act(action, context);
        await sleep(mine, 20 * S);
        return said;
      },
    });
    const daemon: Daemon = {
      clock: mine,
      log,
      store,
      engine,
      schedules: scheduler,
      version: 'test',
      startedAt: mine.now(),
      config: () => ({ pbx: { kind: 'simulated' }, zone: 'Europe/Moscow' }) as Config,
      policies: () => new Map([[openAllHours.id, openAllHours]]),
      reload: () => ({ changed: [], needRestart: [] }),
    };
    const act = createActions(daemon, createHandlers(daemon), () => Promise.reject(new Error('no processes')));
    await engine.start();
    scheduler.start();
    await clock.advance(3 * S);
    if (!rig.crewReady()) login(rig);
    return {
      rig,
      scheduler,
      async kill() {
        kill();
        await engine.stop();
        store.close();
      },
    };
  }

  return { clock, pbx, live };
}

/**
 * Three nights of a base re-dialed by its schedule, the second the one of `change`; the daemon is killed in the midst of
 * the first two, the clock is set back after the second and forward over the third.
 */
export async function threeNights(t: Test, zone: string, cron: string, change: string): Promise<void> {
  const slots = [-1, 0, 1].map((days) => slotAt(zone, localMs(change) + days * 24 * HOUR)!);
  const [first, second, third] = slots as [(typeof slots)[0], (typeof slots)[0], (typeof slots)[0]];
  const { clock, pbx, live } = theNights(t, first.dueAt - 10 * MIN);
  const called = (from: number): string[] =>
    pbx.placed
      .slice(from)
      .map(({ phone }) => phone.slice(-4))
      .sort();
  const begun = (life: Life, slot: string) => life.rig.store.schedules.slot('night', slot) !== undefined;
  const idle = (life: Life) => life.rig.campaign.state === 'stopped' && life.rig.engine.floor.attempts.size === 0;

  let life = await live();
  for (const tail of TAILS) addLead(life.rig.store, life.rig.campaign.id, phoneOf(`+7916000${tail}`), clock.now());
  life.scheduler.add(nightly('night', zone, { cron, action: { do: 'redial', campaign: 'test' } }));

  // Killed before the pass has begun, and again while its calls ring.
  await clock.until(() => begun(life, first.local), HOUR);
  await clock.advance(10 * S);
  await life.kill();
  await clock.advance(3 * MIN);
  life = await live();
  await clock.until(() => pbx.placed.length === 2, 10 * MIN);
  await life.kill();
  await clock.advance(MIN);
  life = await live();
  await clock.until(() => idle(life), 30 * MIN);
  await clock.advance(5 * MIN);
  t.strictSame(called(0), TAILS, 'the first night');
  await life.kill();

  // Killed after the pass has begun and before that is noted; then the clock is set back over the slot.
  await clock.advance(second.dueAt - clock.now() - 5 * MIN);
  let from = pbx.placed.length;
  life = await live();
  await clock.until(() => begun(life, second.local), HOUR);
  await clock.advance(30 * S);
  await life.kill();
  await clock.advance(2 * MIN);
  life = await live();
  await clock.until(() => idle(life), 30 * MIN);
  await clock.advance(5 * MIN);
  clock.step(-20 * MIN);
  // Through the slot's minute again, and through the hour that clocks show twice.
  await clock.advance(second.shown === 'twice' ? 85 * MIN : 25 * MIN);
  t.strictSame(called(from), TAILS.slice(0, 3), 'the second night');
  await life.kill();
  clock.step(20 * MIN);

  // The clock is set forward over the slot.
  await clock.advance(third.dueAt - clock.now() - 30 * MIN);
  from = pbx.placed.length;
  life = await live();
  clock.step(2 * HOUR);
  await clock.until(() => called(from).length === 3 && idle(life), 2 * HOUR);
  await clock.advance(5 * MIN);
  t.strictSame(called(from), TAILS.slice(0, 3), 'the third night');

  const odd =
    second.shown === 'never'
      ? ` (clocks skip ${second.local.slice(11)} on that date: it runs when the gap ends)`
      : second.shown === 'twice'
        ? ` (clocks show ${second.local.slice(11)} twice on that date: it runs the first time alone)`
        : '';
  t.equal(second.shown === 'once', zone === 'Europe/Moscow', 'the second night is the one that changes');
  t.strictSame(
    story(life.rig.store, 'night').map((line) => line.replace(/set-back \S+ .*(slots that ran)/, 'set-back $1')),
    [
      'added',
      `begun ${first.local}`,
      `begun-again ${first.local} (the daemon stopped in the midst of it)`,
      `done ${first.local}`,
      `begun ${second.local}${odd}`,
      `begun-again ${second.local} (the daemon stopped in the midst of it)`,
      `done ${second.local}`,
      'set-back slots that ran do not run again)',
      `begun ${third.local} (late by 90 min: the clock was set forward by 2 h, or the machine slept)`,
      `done ${third.local}`,
    ],
  );
  t.match(
    life.rig.store.schedules.last('night', 9).map(({ slot, outcome }) => `${slot} ${outcome}`),
    [third, second, first].map(({ local }) => `${local} done`),
  );
  await life.kill();
}
