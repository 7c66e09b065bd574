import type { CampaignRun } from '../../lib/dialer/floor.ts';
import { mayDial } from '../../lib/dialer/floor.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { createStore } from '../../lib/store/store.ts';
import { ruDefault } from '../helpers/policy.ts';
import { buildRig, login, phoneOf, serialIds, startCampaign } from '../helpers/rig.ts';
import { DAY_MS, HOUR_MS, indexOf, MONTH_BEGINS, monthSpec, writeBase, type MonthPlan } from './month-base.ts';
import { planChanges } from './month-changes.ts';
import { daemonOf, isNight, redial, type Month, type Night } from './month-drive.ts';
import { fateOf, localHourAt, type Fate } from './month-people.ts';

const AGENTS = 6;
/** It begins when Moscow may be called, so that a part of a day is enough to see much. */
const BEGINS = MONTH_BEGINS + 7 * HOUR_MS;

/**
 * The same month through the whole engine: its own pacing, ticks, agents and every event of a call, on the simulated PBX
 * and a virtual clock. Slower by far, so for a small base: it shows that what `driveMonth` leaves out changes nothing that
 * the laws are about.
 */
export async function driveWhole(plan: MonthPlan, path: string): Promise<Month> {
  const clock = createVirtualClock(BEGINS);
  const spec = monthSpec();
  const store = createStore(path, { newAttemptId: serialIds() });
  try {
    writeBase(store, plan, spec);
    const calls = new Map<number, number>();
    const pbx = createSimulatedPbx({
      clock,
      random: seededRandom(plan.seed),
      callees(text) {
        const phone = phoneOf(text);
        const number = indexOf(phone);
        const nth = calls.get(number) ?? 0;
        calls.set(number, nth + 1);
        return asPlan(fateOf(plan.seed, number, nth, localHourAt(null, clock.now())));
      },
    });
    const rig = buildRig({ clock, pbx, store, agents: AGENTS, spec, policy: ruDefault });
    const { engine } = rig;
    const { floor } = engine;
    await engine.start();
    await clock.until(() => mayDial(floor), HOUR_MS);
    login(rig);
    startCampaign(rig);
    const campaign: CampaignRun = rig.campaign;
    planChanges(
      plan,
      { now: () => clock.now(), at: (at, act) => void clock.after(at - clock.now(), act) },
      floor,
      campaign,
    );
    const nights: Night[] = [];
    const daemon = daemonOf({ clock, store, engine });
    for (let hour = 1; hour <= plan.days * 24; hour += 1) {
      await clock.advance(HOUR_MS);
      if (isNight(plan, clock.now())) nights.push(await redial(daemon, spec.name, () => clock.advance(1)));
    }
    const drained = engine.drain();
    await clock.until(() => floor.attempts.size === 0, DAY_MS);
    await clock.advance(1_000);
    await drained;
    const [fatal] = rig.fatal;
    if (fatal !== undefined) throw fatal as Error;
    await engine.stop();
    const witness = pbx.placed.map(({ attempt, phone, allowedAt }) => ({
      attempt,
      phone: phoneToInteger(phone),
      at: allowedAt,
    }));
    return { plan, path, witness, nights, endedAt: clock.now() };
  } finally {
    store.close();
  }
}

/** As the simulated PBX is told it. */
function asPlan({ kind, ringMs, answerMs, endMs, hangUp }: Fate): CalleePlan {
  const { cause, sipCode, byFarSide } = hangUp;
  if (answerMs !== null) {
    const talkMs = endMs - answerMs;
    if (kind === 'opt-out')
      return { kind: 'answer', ringMs: answerMs, talkMs, digit: { afterMs: talkMs - 3_000, digit: '9' } };
    return { kind: 'answer', ringMs: answerMs, talkMs };
  }
  if (byFarSide)
    return { kind: 'refuse', afterMs: endMs, cause: cause ?? 16, sipCode: sipCode ?? 480, rings: ringMs !== null };
  return ringMs === null ? { kind: 'silence' } : { kind: 'ring' };
}
