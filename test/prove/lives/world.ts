import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CampaignSpec } from '../../../lib/campaign-file.ts';
import { phoneFromInteger, phoneToInteger, type Phone } from '../../../lib/core/phone.ts';
import { moveAgent } from '../../../lib/dialer/agents.ts';
import { moveCampaign } from '../../../lib/dialer/campaign-run.ts';
import { mayDial } from '../../../lib/dialer/floor.ts';
import { optOut } from '../../../lib/dialer/opt-outs.ts';
import type { Pbx, PbxEvent } from '../../../lib/dialer/pbx.ts';
import type { EngineSettings } from '../../../lib/dialer/roster.ts';
import type { Callees } from '../../../lib/sim/callees.ts';
import { createVirtualClock } from '../../../lib/sim/clock.ts';
import { createSimulatedPbx, type SimulatedPbx } from '../../../lib/sim/pbx.ts';
import { seededRandom, type Random } from '../../../lib/sim/random.ts';
import { GLOBAL_OPT_OUT } from '../../../lib/store/opt-outs.ts';
import { createStore } from '../../../lib/store/store.ts';
import { ruDefault } from '../../helpers/policy.ts';
import { addLead, CALLER, NOON, phoneOf, registerCaller, serialIds, specWith } from '../../helpers/rig.ts';
import { steppedClock, type SteppedClock } from '../../helpers/watch-keeper.ts';
import { callsOf, type History, type LifeSpan } from './history.ts';
import type { Terms } from './invariants.ts';
import { createLife, type EffectFate, type Effect, type Life } from './life.ts';

/** What a world is made of. */
export interface WorldPlan {
  readonly seed: number;
  readonly agents: number;
  readonly leads: number;
  readonly callees: Callees;
  readonly spec?: Partial<CampaignSpec>;
  readonly trunk?: { readonly channels: number; readonly originatesPerSecond: number };
  /** Time between a daemon's death and the next one's start, as a supervisor has it, ms. */
  readonly restartMs?: number;
}

/** A PBX, people, a clock and a database that outlive daemons; and whoever starts the next one. */
export interface World {
  readonly clock: SteppedClock;
  readonly random: Random;
  readonly pbx: SimulatedPbx;
  readonly path: string;
  /** The daemon that lives; null: none does now. */
  readonly life: () => Life | null;
  /** Effects of all lives so far. */
  readonly effects: () => number;
  /** Set by whoever brings faults. */
  fateOf: (effect: Effect) => EffectFate;
  hear: (event: PbxEvent, deliver: (event: PbxEvent) => void) => void;
  /** Starts the first daemon, its agents and its campaign. */
  begin(): Promise<void>;
  /** Lets time pass; a daemon that has died or stopped itself is followed by the next. */
  pass(ms: number): Promise<void>;
  /** SIGKILL now. */
  kill(): Promise<void>;
  /** Somebody passes an opt-out on to the daemon; true: it was acknowledged. */
  optOut(phone: Phone): boolean;
  /** The connection goes, for so long. */
  lose(ms: number): void;
  /** The PBX dies and is there again. */
  restartPbx(): void;
  /** What was seen so far. */
  history(): History;
  terms(atRest: boolean): Terms;
  /** Ends the last daemon; the database stays for the check. */
  end(): Promise<void>;
  /** Removes all files. */
  remove(): void;
}

/** Fast files where there are some: a crash in this process loses nothing of them. */
export const FAST_FOLDER = '/dev/shm';
const RESTART_MS = 2_000;
const PER_DAY = 3;
const MIN_INTERVAL_MS = 300_000;

/** The number of a lead, from 0. */
export function phoneOfLead(n: number): Phone {
  return phoneOf(`+7916${String(1_000_000 + n)}`);
}

const templates = new Map<string, string>();

/** A database with the base of such a world, made once: each world begins with a copy. */
function template(folder: string, spec: CampaignSpec, leads: number): string {
  const key = JSON.stringify([spec, leads]);
  const made = templates.get(key);
  if (made !== undefined) return made;
  const path = join(folder, `base-${templates.size}.db`);
  const store = createStore(path, { threads: false });
  store.commit(() => {
    store.campaigns.insert(spec.name, JSON.stringify(spec), NOON);
    registerCaller(store, NOON);
    const campaign = store.campaigns.byName(spec.name)?.id ?? 0;
    for (let n = 0; n < leads; n += 1) addLead(store, campaign, phoneOfLead(n), NOON);
  });
  store.emptyLog();
  store.close();
  templates.set(key, path);
  return path;
}

let folderOfTemplates: string | undefined;

/** A fresh world; nothing in it moves before `begin`. */
export function createWorld(plan: WorldPlan): World {
  const random = seededRandom(plan.seed);
  const clock = steppedClock(createVirtualClock(NOON));
  const pbx = createSimulatedPbx({ clock, random, callees: plan.callees });
  const spec = specWith({ maxAttemptsPerLead: 3, ...plan.spec });
  const home = templateHome();
  const dir = mkdtempSync(join(home, 'world-'));
  const path = join(dir, 'obzvon.db');
  const base = template(home, spec, plan.leads);
  for (const more of ['', '.key']) copyFileSync(`${base}${more}`, `${path}${more}`);
  const trunk = plan.trunk ?? { channels: 30, originatesPerSecond: 50 };
  const settings: EngineSettings = {
    trunks: { pstn: trunk },
    agents: Object.fromEntries(
      Array.from({ length: plan.agents }, (_, i) => [
        `a${i + 1}`,
        { name: `Agent ${i + 1}`, endpoint: `PJSIP/agent${i + 1}` },
      ]),
    ),
  };
  const newAttemptId = serialIds();
  const count = { next: 0 };
  const spans: { -readonly [K in keyof LifeSpan]: LifeSpan[K] }[] = [];
  const said: { phone: number; at: number }[] = [];
  const silences: { from: number; to: number; why: string }[] = [];
  let life: Life | null = null;
  let restartAt: number | null = null;
  let atWork = false;

  /** The PBX tells when it was asked what is live, and had answered. */
  const surveyed: Pbx = {
    ...pbx,
    survey: async () => {
      const answer = await pbx.survey();
      const span = spans.at(-1);
      if (span !== undefined) span.reconciledAt ??= clock.now();
      for (const silence of silences) if (silence.to === Infinity) silence.to = clock.now();
      return answer;
    },
  };

  const world: World = {
    clock,
    random,
    pbx,
    path,
    life: () => life,
    effects: () => count.next,
    fateOf: () => 'done',
    hear: (event, deliver) => deliver(event),
    async begin() {
      await start();
      await world.pass(2_000);
      atWork = true;
    },
    async pass(ms) {
      const end = clock.monotonic() + ms;
      while (clock.monotonic() < end) {
        await clock.advance(Math.min(STEP_MS, end - clock.monotonic()));
        await supervise();
      }
    },
    async kill() {
      await bury();
    },
    optOut(phone) {
      if (life === null || life.dead()) return false;
      try {
        optOut(life.floor, phone, { ...GLOBAL_OPT_OUT, source: 'cli', attempt: null });
      } catch {
        return false;
      }
      if (life.dead()) return false;
      said.push({ phone: phoneToInteger(phone), at: clock.now() });
      return true;
    },
    lose(ms) {
      pbx.drop('the cable');
      silences.push({ from: clock.now(), to: Infinity, why: 'events may have been missed' });
      clock.after(ms, () => {
        if (life !== null && !life.dead()) pbx.restore();
      });
    },
    restartPbx() {
      silences.push({ from: clock.now(), to: Infinity, why: 'the PBX is another' });
      pbx.restart();
    },
    history: () => ({
      calls: callsOf(pbx.wire),
      optOuts: [...said],
      silences: [...silences],
      lives: spans.map((span) => ({ ...span })),
      endedAt: clock.now(),
    }),
    terms: (atRest) => ({
      caller: phoneToInteger(phoneOf(CALLER)),
      trunks: { pstn: trunk },
      perDay: PER_DAY,
      minIntervalMs: MIN_INTERVAL_MS,
      open: (_phone, at) => {
        const minute = ((at + 3 * 3_600_000) / 60_000) % 1_440 | 0;
        return minute >= 9 * 60 && minute < 21 * 60;
      },
      mayDial: (phone) => phoneFromInteger(phone).startsWith('+7916'),
      atRest,
    }),
    async end() {
      if (life === null) return;
      await life.stop();
      closeSpan();
      life = null;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };

  async function start(): Promise<void> {
    spans.push({ startedAt: clock.now(), reconciledAt: null, endedAt: null });
    life = createLife({
      clock,
      pbx: surveyed,
      path,
      settings,
      campaigns: [{ spec, policy: ruDefault }],
      newAttemptId,
      fateOf: (effect) => world.fateOf(effect),
      count,
      hear: (event, deliver) => world.hear(event, deliver),
    });
    try {
      await life.engine.start();
    } catch (error) {
      if (!life.dead()) throw error;
    }
  }

  /** What people at work do until it is done: agents log in, their lead starts the campaign. */
  function work({ floor, dead }: Life): void {
    const campaign = floor.campaigns.get(spec.name);
    if (dead() || campaign === undefined || !mayDial(floor)) return;
    try {
      for (const agent of floor.agents.values()) {
        if (agent.state !== 'offline') continue;
        agent.onUp = 'available';
        moveAgent(floor, agent, 'login');
      }
      if (campaign.state !== 'running' && campaign.state !== 'stopped') moveCampaign(floor, campaign, 'start');
    } catch {
      // It died over it; the next daemon is asked again.
    }
  }

  function closeSpan(): void {
    const span = spans.at(-1);
    if (span !== undefined) span.endedAt ??= clock.now();
  }

  async function bury(): Promise<void> {
    if (life === null) return;
    closeSpan();
    await life.kill();
    life = null;
    restartAt = clock.monotonic() + (plan.restartMs ?? RESTART_MS);
  }

  /** As systemd: a daemon that died or stopped itself is followed by the next. */
  async function supervise(): Promise<void> {
    if (life !== null && (life.dead() || life.fatal() !== undefined)) await bury();
    if (life === null && restartAt !== null && clock.monotonic() >= restartAt) {
      restartAt = null;
      await start();
    }
    if (life !== null && atWork) work(life);
  }

  return world;
}

/** How soon a death is seen, ms. */
const STEP_MS = 250;

function templateHome(): string {
  if (folderOfTemplates === undefined) {
    const folder = mkdtempSync(join(isThere(FAST_FOLDER) ? FAST_FOLDER : tmpdir(), 'obzvon-lives-'));
    folderOfTemplates = folder;
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return folderOfTemplates;
}

function isThere(folder: string): boolean {
  try {
    rmSync(mkdtempSync(join(folder, 'obzvon-try-')), { recursive: true });
    return true;
  } catch {
    return false;
  }
}
