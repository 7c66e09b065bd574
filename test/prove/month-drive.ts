import { pacingSettings } from '../../lib/campaign-file.ts';
import type { Config } from '../../lib/config.ts';
import type { PacingDecision } from '../../lib/core/pacing/contract.ts';
import { redialHandlers } from '../../lib/control/handlers/redials.ts';
import type { Daemon } from '../../lib/control/handlers/daemon.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { createEngine } from '../../lib/dialer/engine.ts';
import { mayDial, type CampaignRun } from '../../lib/dialer/floor.ts';
import type { Pacing } from '../../lib/dialer/pacing.ts';
import { createLog } from '../../lib/log.ts';
import { createStore } from '../../lib/store/store.ts';
import { ruDefault } from '../helpers/policy.ts';
import { serialIds } from '../helpers/rig.ts';
import { CALLBACK_AGENTS, DAY_MS, HOUR_MS, MONTH_BEGINS, monthSpec, writeBase, type MonthPlan } from './month-base.ts';
import { planChanges } from './month-changes.ts';
import { createMonthClock, type MonthClock } from './month-clock.ts';
import { createWorld, type Witnessed } from './month-world.ts';
import { createScheduler } from '../../lib/schedule/scheduler.ts';

/** The floor is looked at so often; a call meanwhile still has its own times. */
const LOOK_MS = 1_200_000;
/** Calls a day for each lead of the base: more than the rules let it place. */
const CALLS_A_LEAD_DAY = 1.5;
/** Hours of a day in which somewhere in the country it is lawful to call. */
const OPEN_HOURS = 21;

/** Where the daemon lives. */
const HOME = 'Europe/Moscow';
/** In the first morning at home: most of the country may be called. */
const STARTS_MS = 6 * HOUR_MS;
/** When passes over the base are prepared, in UTC. */
const NIGHT_MS = 20 * HOUR_MS;

/** A pass over the base as it was planned, kept before the first call of it. */
export interface Night {
  readonly redial: number;
  readonly at: number;
  /** The end of its date at home: the plan speaks of calls up to then. */
  readonly until: number;
  /** By lead: null: to be called; a code: not, and why; and the number it was planned for. */
  readonly planned: ReadonlyMap<number, { readonly code: string | null; readonly phone: number }>;
}

/** A month as it was driven; the rest is in the database. */
export interface Month {
  readonly plan: MonthPlan;
  /** The database file. */
  readonly path: string;
  readonly witness: readonly Witnessed[];
  /** Passes over the base, in order. */
  readonly nights: readonly Night[];
  readonly endedAt: number;
}

/**
 * Drives the dialer itself through a month: its engine, gate, settling and store, on a clock that jumps. Three things are
 * not its own: the PBX with the people behind it; pacing, for a crew that takes so many calls each twenty minutes; and
 * the calls of such twenty minutes end in one transaction, each at its own time.
 */
export async function driveMonth(plan: MonthPlan, path: string, say: (text: string) => void): Promise<Month> {
  const clock = createMonthClock(MONTH_BEGINS);
  const spec = monthSpec();
  const store = createStore(path, { newAttemptId: serialIds() });
  try {
    writeBase(store, plan, spec);
    const zones = new Map<number, string | null>();
    const world = createWorld(clock, plan.seed, (lead) => {
      if (!zones.has(lead)) zones.set(lead, store.leads.byId(lead)?.zone ?? null);
      return zones.get(lead) ?? null;
    });
    const engine = createEngine({
      // The driver looks at the floor itself.
      clock: { ...clock, every: () => () => undefined },
      log: createLog({ level: 'silent' }),
      store,
      pbx: world,
      settings: {
        trunks: { pstn: { channels: 100_000, originatesPerSecond: 100_000 } },
        agents: Object.fromEntries(
          Array.from({ length: CALLBACK_AGENTS }, (_, i) => [
            `a${i + 1}`,
            { name: `Agent ${i + 1}`, endpoint: `PJSIP/a${i + 1}` },
          ]),
        ),
      },
      campaigns: [{ spec, policy: ruDefault }],
      onFatal: (error) => {
        throw error;
      },
    });
    const { floor } = engine;
    world.live(floor);
    await engine.start();
    const settled = async (): Promise<void> => {
      clock.soon();
      await new Promise((resolve) => setImmediate(resolve));
    };
    while (!mayDial(floor)) await settled();
    const campaign = floor.campaigns.get(spec.name);
    if (campaign === undefined) throw new Error('the engine does not know the campaign');
    for (const agent of floor.agents.values()) {
      agent.onUp = 'available';
      moveAgent(floor, agent, 'login');
    }
    const allowance = { left: 0 };
    pace(campaign, clock, allowance);
    clock.at(MONTH_BEGINS + STARTS_MS, () => moveCampaign(floor, campaign, 'start'));
    planChanges(plan, clock, floor, campaign);
    const ends = MONTH_BEGINS + plan.days * DAY_MS;
    const each = (plan.leads * CALLS_A_LEAD_DAY * LOOK_MS) / (OPEN_HOURS * HOUR_MS);
    const daemon = daemonOf({ clock, store, engine });
    const nights: Night[] = [];
    let day = 0;
    while (clock.now() < ends) {
      const until = clock.now() + LOOK_MS;
      floor.act(() => clock.pass(until));
      // What is not used is not kept; parts of a call are.
      allowance.left = each + (allowance.left % 1);
      floor.wake();
      clock.soon();
      if (isNight(plan, clock.now())) {
        nights.push(await redial(daemon, spec.name));
        clock.soon();
      }
      if (clock.now() >= MONTH_BEGINS + (day + 1) * DAY_MS) {
        day += 1;
        say(`day ${day}: ${world.witness.length} calls`);
      }
    }
    floor.holds.set('draining', 'the month is over');
    while (floor.attempts.size > 0) {
      const until = clock.now() + LOOK_MS;
      floor.act(() => clock.pass(until));
      clock.soon();
    }
    await engine.stop();
    return { plan, path, witness: world.witness, nights, endedAt: clock.now() };
  } finally {
    store.close();
  }
}

/** A crew that takes as many calls as it is allowed. */
function pace(campaign: CampaignRun, clock: MonthClock, allowance: { left: number }): void {
  const decide = (at: number): PacingDecision => {
    const originate = Math.max(0, Math.floor(allowance.left));
    return { at, originate, why: { limit: 'agents', sentence: 'as many as the crew takes', numbers: {} } };
  };
  const pacing: Pacing = {
    settings: pacingSettings(campaign.spec),
    pacer: {
      observe({ type }) {
        if (type === 'originated') allowance.left -= 1;
      },
      decide: ({ now }) => decide(now),
      estimates: () => null,
    },
    recorder: { made: () => undefined, heard: () => undefined, asked: () => undefined, take: () => '' },
    get session() {
      return clock.now();
    },
    parts: 0,
    last: null,
    get busyAt() {
      return clock.now();
    },
    set busyAt(_at: number) {
      // Never idle.
    },
    savedAt: MONTH_BEGINS,
  };
  campaign.pacing = pacing;
}

/** What commands need of a daemon, around this engine. */
export function daemonOf(parts: Pick<Daemon, 'clock' | 'store' | 'engine'>): Daemon {
  const log = createLog({ level: 'silent' });
  return {
    ...parts,
    log,
    version: 'test',
    startedAt: MONTH_BEGINS,
    config: () => ({ pbx: { kind: 'simulated' }, zone: HOME }) as Config,
    policies: () => new Map([[ruDefault.id, ruDefault]]),
    reload: () => ({ changed: [], needRestart: [] }),
    // Passes are begun by the driver, not by the clock.
    schedules: createScheduler({ ...parts, log, run: async () => '' }),
  };
}

/** Four passes a month: every so many days, in the evening at home. */
export function isNight({ days }: MonthPlan, now: number): boolean {
  const every = Math.max(2, Math.round(days / 5));
  const day = Math.floor((now - MONTH_BEGINS) / DAY_MS);
  return day > 0 && day % every === 0 && (now - MONTH_BEGINS) % DAY_MS === NIGHT_MS;
}

/** Runs `redial run` for the next day, as a schedule does; `meanwhile` lets time pass where the pass waits for it. */
export async function redial(daemon: Daemon, campaign: string, meanwhile?: () => Promise<void>): Promise<Night> {
  const { store, clock } = daemon;
  const { signal } = new AbortController();
  const at = clock.now();
  const date = new Date(at + DAY_MS).toISOString().slice(0, 10);
  let done = false;
  const run = (async () =>
    redialHandlers(daemon)['redial.run'](
      { campaign, for: date },
      { by: { role: 'schedule', claims: null }, signal, progress: () => undefined },
    ))().finally(() => (done = true));
  run.catch(() => undefined);
  while (meanwhile !== undefined && !done) await meanwhile();
  await run;
  const row = store.redials.byDate(store.campaigns.byName(campaign)?.id ?? 0, date);
  if (row === undefined) throw new Error(`the pass for ${date} is not there`);
  const planned = new Map(
    store.redials.planned(row.id, 0, Number.MAX_SAFE_INTEGER).map(({ lead, code, phone }) => [lead, { code, phone }]),
  );
  return { redial: row.id, at, until: Date.parse(`${date}T00:00:00+03:00`) + DAY_MS, planned };
}
