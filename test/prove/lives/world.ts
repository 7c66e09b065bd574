import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CampaignSpec } from '../../../lib/campaign-file.ts';
import type { CampaignState } from '../../../lib/core/campaign.ts';
import { phoneFromInteger, phoneToInteger, type Phone } from '../../../lib/core/phone.ts';
import { moveAgent } from '../../../lib/dialer/agents.ts';
import { moveCampaign } from '../../../lib/dialer/campaign-run.ts';
import type { Hold } from '../../../lib/dialer/floor.ts';
import { optOut } from '../../../lib/dialer/opt-outs.ts';
import type { AgentId, Pbx, PbxEvent } from '../../../lib/dialer/pbx.ts';
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
import { freeReserved } from '../../../lib/dialer/attempt-run.ts';
import { CLOCK_TOLERANCE_MS } from '../../../lib/core/gate/system.ts';
import { callsOf, type History, type LifeSpan } from './history.ts';
import type { Terms } from './invariants.ts';
import { createLife, isBrought, unhandled, type EffectFate, type Effect, type Life } from './life.ts';

/** What a world is made of. */
export interface WorldPlan {
  readonly seed: number;
  readonly agents: number;
  readonly leads: number;
  readonly callees: Callees;
  readonly spec?: Partial<CampaignSpec>;
  /** More campaigns of the same crew; `first`: the first of their leads, whose numbers may be another campaign's too. */
  readonly others?: readonly { readonly spec: Partial<CampaignSpec>; readonly first: number; readonly leads: number }[];
  /** How long a request takes to the PBX, ms; asked for each when it is a function. */
  readonly latencyMs?: number | (() => number);
  readonly trunk?: { readonly channels: number; readonly originatesPerSecond: number };
  /** Epoch ms; noon in Moscow when not given. */
  readonly startAt?: number;
  /** What a person hears whose opt-out was taken: its beginning is the acknowledgement. */
  readonly confirmation?: string;
  /** Requests made before something was known may arrive this much later, ms. */
  readonly onItsWayMs?: number;
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
  /** SIGKILL now, from within a timer; the next daemon follows. */
  die(): void;
  /** SIGTERM, without waiting for calls; the next daemon follows. */
  stop(): Promise<void>;
  /** The daemons' wall clock is set. */
  step(byMs: number): void;
  /** An agent takes a break, on the line or off it, for so long. */
  rest(agent: AgentId, how: 'pause' | 'logout', ms: number): void;
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

const PLAIN = specWith({ maxAttemptsPerLead: 3 });

/** Fast files where there are some: a crash in this process loses nothing of them. */
export const FAST_FOLDER = '/dev/shm';
const RESTART_MS = 2_000;
/** Requests that were on their way when something became known. */
const ON_ITS_WAY_MS = 100;

/** The number of a lead, from 0. */
export function phoneOfLead(n: number): Phone {
  return phoneOf(`+7916${String(1_000_000 + n)}`);
}

const templates = new Map<string, string>();

const ZONES = [
  { name: 'Europe/Moscow', offsetMs: 3 * 3_600_000 },
  { name: 'Europe/Kaliningrad', offsetMs: 2 * 3_600_000 },
] as const;
/** Every third lives where it is an hour earlier. */
const zoneOfLead = (n: number) => ZONES[n % 3 === 2 ? 1 : 0];

/** A campaign of a world with its leads. */
interface Base {
  readonly spec: CampaignSpec;
  readonly first: number;
  readonly leads: number;
}

/** What the database keeps of a campaign's file beside its name is its entity: one base does for all of a world's plans. */
function layoutOf(bases: readonly Base[]): string {
  return JSON.stringify(bases.map(({ spec: { name, entity }, first, leads }) => ({ name, entity, first, leads })));
}

/** A database with the base of such a world, made once: each world begins with a copy. */
function template(folder: string, bases: readonly Base[]): string {
  const key = layoutOf(bases);
  const made = templates.get(key);
  if (made !== undefined) return made;
  const path = join(folder, `base-${templates.size}.db`);
  const store = createStore(path, { threads: false });
  store.commit(() => {
    registerCaller(store, NOON);
    const consented = new Set<number>();
    for (const { spec, first, leads } of bases) {
      store.campaigns.insert(spec.name, JSON.stringify(spec), NOON);
      const campaign = store.campaigns.byName(spec.name)?.id ?? 0;
      for (let n = first; n < first + leads; n += 1) {
        addLead(store, campaign, phoneOfLead(n), NOON, { consent: !consented.has(n), zone: zoneOfLead(n).name });
        consented.add(n);
      }
    }
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
  /** Never set: what the witness goes by. */
  const time = createVirtualClock(plan.startAt ?? NOON);
  const clock = steppedClock(time);
  const { callees, latencyMs = 3 } = plan;
  const pbx = createSimulatedPbx({ clock, random, callees, latencyMs, wireNow: () => time.now() });
  const specs: readonly Base[] = [
    { spec: { ...PLAIN, ...plan.spec }, first: 0, leads: plan.leads },
    ...(plan.others ?? []).map((other, i) => ({
      ...other,
      spec: { ...PLAIN, name: `other-${i + 1}`, ...other.spec },
    })),
  ];
  const first = (specs[0] as Base).spec;
  const home = templateHome();
  const dir = mkdtempSync(join(home, 'world-'));
  const path = join(dir, 'obzvon.db');
  const base = template(home, specs);
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
  const jumps: { from: number; to: number; why: string }[] = [];
  const steps: { at: number; byMs: number }[] = [];
  const bugs: string[] = [];
  const unhandledBefore = unhandled.length;
  /** Agents on a break, and when it is over. */
  const breaks = new Map<AgentId, number>();
  let life: Life | null = null;
  let restartAt: number | null = null;
  let atWork = false;

  /** The PBX tells when it was asked what is live, and had answered. */
  const surveyed: Pbx = {
    ...pbx,
    survey: async () => {
      const answer = await pbx.survey();
      const span = spans.at(-1);
      if (span !== undefined) span.reconciledAt ??= time.now();
      for (const silence of silences) if (silence.to === Infinity) silence.to = time.now();
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
    die() {
      if (life === null) return;
      life.die();
      closeSpan();
    },
    async stop() {
      if (life === null || life.dead() || life.fatal() !== undefined) return;
      const stopping = life;
      await stopping.stop();
      closeSpan();
      life = null;
      restartAt = clock.monotonic() + (plan.restartMs ?? RESTART_MS);
    },
    step(byMs) {
      const at = time.now();
      clock.step(byMs);
      steps.push({ at, byMs });
      const watched = life !== null && !life.dead() && life.fatal() === undefined;
      // A look sees what both came to.
      const last = jumps.at(-1);
      if (last !== undefined && at - last.from < UNSEEN_MS) last.to = last.from;
      else if (watched && Math.abs(byMs) > CLOCK_TOLERANCE_MS) {
        jumps.push({ from: at, to: at + KEPT_STILL_MS, why: 'the clock had jumped' });
      }
    },
    rest(agent, how, ms) {
      ask(({ floor }) => {
        const run = floor.agents.get(agent);
        if (run === undefined) return;
        // Whatever he is told, he comes back from it.
        breaks.set(agent, clock.monotonic() + ms);
        run.callAgainUntil = 0;
        freeReserved(floor, run);
        moveAgent(floor, run, how);
      });
    },
    optOut(phone) {
      const taken = ask(({ floor }) => void optOut(floor, phone, { ...GLOBAL_OPT_OUT, source: 'cli', attempt: null }));
      if (taken) said.push({ phone: phoneToInteger(phone), at: time.now() });
      return taken;
    },
    lose(ms) {
      pbx.drop('the cable');
      silences.push({ from: time.now(), to: Infinity, why: 'events may have been missed' });
      clock.after(ms, () => {
        if (life !== null && !life.dead()) pbx.restore();
      });
    },
    restartPbx() {
      silences.push({ from: time.now(), to: Infinity, why: 'the PBX is another' });
      pbx.restart();
    },
    history: () => ({
      calls: callsOf(pbx.wire),
      optOuts: [...said, ...confirmed()],
      // The next daemon does not know of a jump forward.
      silences: [...silences, ...jumps].map((silence) => ({ ...silence })),
      lives: spans.map((span) => ({ ...span })),
      steps: [...steps],
      bugs: [...bugs, ...unhandled.slice(unhandledBefore).map(told)],
      endedAt: time.now(),
    }),
    terms: (atRest) => ({
      caller: phoneToInteger(phoneOf(CALLER)),
      trunks: { pstn: trunk },
      perDay: first.maxAttemptsPerDay,
      minIntervalMs: first.minIntervalMin * 60_000,
      perLead: first.maxAttemptsPerLead,
      onItsWayMs: (plan.onItsWayMs ?? 0) + ON_ITS_WAY_MS,
      answerLimitMs: first.answerLimitMs,
      open: (phone, at) => {
        const { offsetMs } = zoneOfLead(phone - phoneToInteger(phoneOfLead(0)));
        const minute = ((at + offsetMs) / 60_000) % 1_440 | 0;
        return minute >= 9 * 60 && minute < 21 * 60;
      },
      mayDial: (phone) => phoneFromInteger(phone).startsWith('+7916'),
      atRest,
      toTheEnd: atRest,
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
    spans.push({ startedAt: time.now(), reconciledAt: null, endedAt: null });
    life = createLife({
      clock,
      pbx: surveyed,
      path,
      settings,
      campaigns: specs.map(({ spec }) => ({ spec, policy: ruDefault })),
      newAttemptId,
      fateOf: (effect) => world.fateOf(effect),
      count,
      hear: (event, deliver) => world.hear(event, deliver),
    });
    try {
      await life.engine.start();
    } catch (error) {
      if (!isBrought(error)) throw error;
      life.die();
    }
  }

  /** Somebody asks something of the daemon; true: it was done. What failed for a fault brought in is asked again later. */
  function ask(act: (life: Life) => void): boolean {
    if (life === null || life.dead() || life.fatal() !== undefined) return false;
    try {
      act(life);
    } catch (error) {
      if (!isBrought(error) && life.fatal() === undefined) throw error;
      return false;
    }
    return !life.dead();
  }

  /** What people at work do until it is done: agents log in and are ready, their lead starts the campaigns. */
  function work({ floor }: Life): void {
    if (NOT_AT_WORK.some((hold) => floor.holds.has(hold))) return;
    const now = clock.monotonic();
    for (const agent of floor.agents.values()) {
      const until = breaks.get(agent.id);
      if (until !== undefined && now < until) continue;
      if (agent.state === 'offline') {
        agent.onUp = 'available';
        moveAgent(floor, agent, 'login');
      } else if (until !== undefined && (agent.state === 'paused' || agent.state === 'finishing')) {
        moveAgent(floor, agent, 'ready');
      } else if (agent.state !== 'connecting') breaks.delete(agent.id);
    }
    for (const campaign of floor.campaigns.values()) {
      if (TO_BE_STARTED.has(campaign.state)) moveCampaign(floor, campaign, 'start');
    }
  }

  /** Opt-outs people made by a key and heard confirmed. */
  function confirmed(): { phone: number; at: number }[] {
    const phones = new Map(pbx.placed.map(({ attempt, phone }) => [attempt, phone]));
    return pbx.wire.flatMap((event) => {
      const phone = phones.get(event.attempt);
      if (event.what !== 'told' || event.message !== plan.confirmation || phone === undefined) return [];
      return [{ phone: phoneToInteger(phone), at: event.at }];
    });
  }

  function closeSpan(): void {
    const span = spans.at(-1);
    if (span !== undefined) span.endedAt ??= time.now();
    for (const jump of jumps) jump.to = Math.min(jump.to, time.now());
  }

  async function bury(): Promise<void> {
    if (life === null) return;
    closeSpan();
    const fatal = life.fatal();
    if (fatal !== undefined && !isBrought(fatal)) bugs.push(told(fatal));
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
    if (atWork) ask(work);
  }

  return world;
}

const told = (error: unknown): string => String((error as Error).stack ?? error);

/** What keeps people from working; they mind no other reason why nobody is called. */
const NOT_AT_WORK: readonly Hold[] = ['starting', 'pbx-lost', 'reconciling', 'store-failed'];
const TO_BE_STARTED: ReadonlySet<string> = new Set<CampaignState>(['draft', 'paused', 'halted']);
/** After a jump of the clock nothing is placed for a minute, by whichever clock; a witness leaves some of it. */
const KEPT_STILL_MS = 50_000;
/** Two jumps this close may be seen as one, or as none. */
const UNSEEN_MS = 1_500;

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
