import Database from 'better-sqlite3';
import { PbxError, type AgentId, type PbxEvent } from '../../../lib/dialer/pbx.ts';
import type { CalleePlan, Callees } from '../../../lib/sim/callees.ts';
import { seededRandom, type Random } from '../../../lib/sim/random.ts';
import { CALLER, NOON, phoneOf } from '../../helpers/rig.ts';
import { checkInvariants, type Breach } from './invariants.ts';
import type { EffectFate } from './life.ts';
import { createWorld, phoneOfLead, type World, type WorldPlan } from './world.ts';

/*
 * A short shift of a small crew in which anything may go wrong at any moment, all of it drawn from one seed: the people,
 * the campaigns, and what is done to the daemon, its database, its PBX, its connection, its clock and its agents. After
 * the faults it is left in peace, and must come to rest with everybody called.
 */

/** What came of one seed. */
export interface StormFound {
  readonly breaches: readonly Breach[];
  readonly lives: number;
  readonly placed: number;
  readonly effects: number;
  readonly faults: readonly string[];
  readonly virtualMs: number;
  /** Everything that happened, a line each; empty when not asked for. */
  readonly trace: readonly string[];
}

/** Faults come in this stretch, ms after the crew is at work. */
const STORM_MS = 25_000;
/** At rest after this at the latest, but for callbacks that are due later. */
const CALM_LIMIT_MS = 5 * 60_000;
/** Requests of the dead, quarantines and audits are over by then. */
const QUIET_MS = 25_000;
const LONGEST_CALL_S = 60;
const CONFIRMATION = 'sound:optout-confirmed';

/** Lives one seed through and holds what it left against the invariants. */
export async function runStorm(seed: number, { trace = false } = {}): Promise<StormFound> {
  const chance = chanceOf(seededRandom(seed * 2 + 1));
  const trunk = { mended: false };
  const { plan, slowestMs } = planOf(seed, chance, trunk);
  const world = createWorld({ ...plan, confirmation: CONFIRMATION, onItsWayMs: slowestMs });
  const lines: string[] = [];
  const say = (what: string): void => {
    if (trace) lines.push(`${String(world.clock.monotonic()).padStart(8)} ${what}`);
  };
  const faults: string[] = [];
  const fault = (what: string): void => {
    faults.push(what);
    say(`fault: ${what}`);
  };
  const found = (breaches: readonly Breach[]): StormFound => {
    const { calls, lives } = world.history();
    return {
      breaches,
      lives: lives.length,
      placed: calls.length,
      effects: world.effects(),
      faults,
      virtualMs: world.clock.monotonic(),
      trace: lines,
    };
  };
  try {
    disturbEffects(world, chance, fault, say);
    const lossy = disturbEvents(world, chance, fault, say);
    schedule(world, plan, chance, fault);
    await world.begin();
    await world.pass(STORM_MS);
    calm(world, say);
    trunk.mended = true;
    say('calm');
    await untilAtRest(world);
    await world.pass(QUIET_MS);
    // A campaign that goes on for later callbacks may be about another call.
    for (let s = 0; s < LONGEST_CALL_S && isBusy(world); s += 1) await world.pass(1_000);
    await world.end();
    // Of an answer that nobody told it a daemon knows nothing.
    const terms = { ...world.terms(true), ...(lossy ? { answerLimitMs: Infinity } : {}) };
    const breaches = checkInvariants(world.history(), world.path, terms);
    if (trace) lines.push(...world.pbx.wire.map((event) => wireLine(event)), ...journalOf(world.path));
    return found(breaches);
  } catch (error) {
    // What a timer throws would have ended the daemon.
    return found([{ law: 'soundness', what: String((error as Error).stack ?? error) }]);
  } finally {
    world.remove();
  }
}

/** Throws of one seed, in one order. */
interface Chance {
  /** True with this probability. */
  is(probability: number): boolean;
  /** A whole number from `from` to `to`, both included. */
  from(from: number, to: number): number;
  of<T>(list: readonly T[]): T;
}

function chanceOf(random: Random): Chance {
  const from = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  return {
    is: (probability) => random() < probability,
    from,
    of: <T>(list: readonly T[]) => list[from(0, list.length - 1)] as T,
  };
}

function planOf(seed: number, chance: Chance, trunk: Trunk): { plan: WorldPlan; slowestMs: number } {
  const broken = BROKEN[chance.from(0, 19)];
  // Enough of them to see that such a trunk is left alone.
  const leads = broken === undefined ? chance.of([2, 4, 6]) : 14;
  const slowestMs = chance.of([3, 3, 3, 40, 300, 900]);
  const jitter = seededRandom(seed * 2 + 2);
  const method = chance.of(['progressive', 'progressive', 'predictive', 'ratio'] as const);
  const spec: WorldPlan['spec'] = {
    mode: method === 'progressive' ? 'progressive' : 'predictive',
    pacing: {
      method: method === 'ratio' ? 'ratio' : 'predictive',
      target: 0.03,
      limit: 0.1,
      ratio: chance.from(1, 4),
      maxRatio: 20,
      expectedTalkS: 8,
    },
    ends: 'pass',
    maxAttemptsPerLead: chance.from(1, 2),
    maxAttemptsPerDay: chance.from(1, 3),
    minIntervalMin: chance.of([0, 0, 1, 5]),
    ringTimeoutS: chance.from(6, 15),
    wrapUpS: chance.from(0, 3),
    answerLimitMs: chance.of([500, 2_000]),
    optOutMessage: CONFIRMATION,
  };
  const others = Array.from({ length: chance.of([0, 0, 0, 1, 1, 2]) }, (_, i) => ({
    spec: { ...spec, name: `other-${i + 1}` },
    first: i,
    leads: 3,
  }));
  const originatesPerSecond = chance.of([1, 2, 5, 50]);
  const plan: WorldPlan = {
    seed,
    agents: chance.from(1, 3),
    leads,
    callees: peopleOf(chance, broken, trunk),
    spec,
    others,
    trunk: { channels: chance.of([1, 2, 4, 30]), originatesPerSecond },
    latencyMs: slowestMs === 3 ? 3 : () => 1 + Math.floor(jitter() * slowestMs),
    // Shortly before the hours of Moscow end, now and then.
    startAt: chance.is(0.1) ? NOON + 9 * 3_600_000 - chance.from(5_000, 30_000) : NOON,
    restartMs: chance.of([10, 500, 2_000, 2_000, 6_000]),
  };
  return { plan, slowestMs };
}

/** A trunk that is dead, or answers everything, until somebody mends it. */
interface Trunk {
  mended: boolean;
}

/** The people of a world: of every kind, or all alike, as behind a trunk that is dead or answers everything. */
function peopleOf(chance: Chance, broken: CalleePlan | undefined, trunk: Trunk): Callees {
  if (broken !== undefined) return () => (trunk.mended ? { kind: 'answer', ringMs: 900, talkMs: 3_000 } : broken);
  const talkers = chance.from(0, 3);
  return (_phone, random) => {
    const kind = KINDS[Math.floor(random() * (KINDS.length + talkers))] ?? talks;
    return kind(random);
  };
}

const between = (random: Random, from: number, to: number): number => Math.round(from + random() * (to - from));
const talks = (random: Random): CalleePlan => ({
  kind: 'answer',
  ringMs: between(random, 200, 5_000),
  talkMs: between(random, 500, 12_000),
});
const KINDS: readonly ((random: Random) => CalleePlan)[] = [
  talks,
  (random) => ({ kind: 'answer', ringMs: between(random, 200, 3_000), talkMs: between(random, 20, 2_500) }),
  (random) => ({
    kind: 'answer',
    ringMs: between(random, 500, 3_000),
    talkMs: 9_000,
    digit: { afterMs: between(random, 0, 4_000), digit: '9' },
  }),
  () => ({ kind: 'ring' }),
  () => ({ kind: 'refuse', afterMs: 900, rings: true, cause: 17, sipCode: 486 }),
  () => ({ kind: 'refuse', afterMs: 200, rings: false, cause: 17, sipCode: 486 }),
  () => ({ kind: 'refuse', afterMs: 200, rings: false, cause: 1, sipCode: 404 }),
  () => ({ kind: 'refuse', afterMs: 60, rings: false, cause: 34, sipCode: 503 }),
  () => ({ kind: 'silence' }),
];

const BROKEN: readonly CalleePlan[] = [
  { kind: 'refuse', afterMs: 60, rings: false, cause: 34, sipCode: 503 },
  { kind: 'answer', ringMs: 150, talkMs: 15_000 },
  { kind: 'silence' },
];

type Say = (what: string) => void;

const ENDS = ['die-before', 'die-after', 'fail-before', 'fail-after'] as const;
const FAILURES = ['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE'] as const;

/** Some effects are the last of their daemon, or are told to have failed, truly or not. */
function disturbEffects(world: World, chance: Chance, fault: Say, say: Say): void {
  const ends = new Map(
    Array.from({ length: chance.of([0, 0, 1, 1, 2, 3]) }, () => [chance.from(3, 90), chance.of(ENDS)] as const),
  );
  const lossy = chance.is(0.2) ? chance.of([0.02, 0.1]) : 0;
  const badDisk = chance.is(0.15) ? chance.of([0.01, 0.05]) : 0;
  const lots = seededRandom(chance.from(1, 1_000_000));
  world.fateOf = ({ nth, kind, name }): EffectFate => {
    say(`effect ${nth}: ${name}`);
    const unlucky = lots() < (kind === 'request' ? lossy : badDisk);
    const end = ends.get(nth) ?? (unlucky ? (lots() < 0.5 ? 'fail-before' : 'fail-after') : null);
    if (end === null) return 'done';
    fault(`${end} effect ${nth}, ${name}`);
    if (end === 'die-before' || end === 'die-after') return end;
    if (kind === 'request') {
      return {
        fail: new PbxError('unclear', 'the connection went before the reply'),
        when: end === 'fail-before' ? 'before' : 'after',
      };
    }
    // A disk that says no has written nothing; one that cannot say whether it has may have.
    const code = end === 'fail-after' ? 'SQLITE_IOERR_FSYNC' : (FAILURES[nth % FAILURES.length] as string);
    return { fail: new Database.SqliteError(code, code), when: end === 'fail-before' ? 'before' : 'after' };
  };
}

/** True when answers may come late or never. Some events of calls and legs come late, twice, in another order, or never; those of the connection itself do not. */
function disturbEvents(world: World, chance: Chance, fault: Say, say: Say): boolean {
  const rough = chance.is(0.35);
  const [lost, twice, late] = rough
    ? [chance.of([0, 0, 0.02]), chance.of([0, 0.1, 0.5]), chance.of([0, 0.2, 0.6])]
    : [0, 0, 0];
  const slowestMs = chance.of([5, 200, 900]);
  const lots = seededRandom(chance.from(1, 1_000_000));
  let connection = 0;
  world.hear = (event, deliver) => {
    say(`event: ${eventLine(event)}`);
    if (event.type === 'pbx.up' || event.type === 'pbx.lost') connection += 1;
    if (!rough || !('attempt' in event || 'agent' in event)) {
      deliver(event);
      return;
    }
    const own = connection;
    if (lots() < lost) {
      fault(`lost: ${eventLine(event)}`);
      return;
    }
    const send = (): void => {
      // What a connection had not brought when it went, nobody brings.
      if (own === connection) deliver(event);
    };
    if (lots() < late) world.clock.after(1 + lots() * slowestMs, send);
    else send();
    if (lots() < twice) world.clock.after(1 + lots() * slowestMs, send);
  };
  return lost > 0 || late > 0;
}

/** What is done at its moment, to the millisecond. */
function schedule(world: World, plan: WorldPlan, chance: Chance, fault: Say): void {
  const anyone = (): number => chance.from(0, plan.leads - 1);
  const agent = (): AgentId => `a${chance.from(1, plan.agents)}` as AgentId;
  const kinds: readonly (() => readonly [what: string, act: () => void])[] = [
    () => ['SIGKILL', () => world.die()],
    () => ['SIGKILL', () => world.die()],
    () => ['SIGTERM', () => void world.stop()],
    () => {
      const ms = chance.of([10, 700, 4_000, 9_000]);
      return [`the connection goes for ${ms} ms`, () => world.lose(ms)];
    },
    () => ['the PBX restarts', () => world.restartPbx()],
    () => {
      const who = anyone();
      return [`lead ${who} opts out`, () => void world.optOut(phoneOfLead(who))];
    },
    () => {
      const who = anyone();
      return [`lead ${who} opts out`, () => void world.optOut(phoneOfLead(who))];
    },
    () => {
      const id = agent();
      return [`${id} hangs up`, () => world.pbx.hangUpAgent(id)];
    },
    () => {
      const [id, how, ms] = [agent(), chance.of(['pause', 'logout'] as const), chance.from(100, 9_000)];
      return [`${id}: ${how}, ${ms} ms`, () => world.rest(id, how, ms)];
    },
    () => {
      const ms = chance.from(500, 9_000);
      const down = (): void => {
        world.pbx.setTrunk('pstn', false);
        world.clock.after(ms, () => world.pbx.setTrunk('pstn', true));
      };
      return [`the trunk is down for ${ms} ms`, down];
    },
    () => {
      const ms = chance.of([-600_000, -30_000, -3_000, -1_000, 1_000, 3_000, 30_000, 600_000]);
      return [`the clock is set by ${ms} ms`, () => world.step(ms)];
    },
    () => {
      const [who, ms, digit] = [anyone(), chance.from(100, 12_000), chance.is(0.3)];
      const call = (): void => {
        const caller = world.pbx.callIn(phoneOfLead(who), phoneOf(CALLER));
        if (digit) world.clock.after(ms / 2, () => world.pbx.pressCaller(caller, '9'));
        world.clock.after(ms, () => world.pbx.hangUpCaller(caller));
      };
      return [`lead ${who} calls us for ${ms} ms`, call];
    },
    () => {
      const [id, keys] = [agent(), chance.of(['1', '2', '3', '9', '*1', '22', '7'])];
      return [`${id} presses ${keys}`, () => world.pbx.pressAgent(id, keys)];
    },
  ];
  const many = chance.of([0, 1, 2, 3, 4, 6, 8]);
  for (let i = 0; i < many; i += 1) {
    const atMs = chance.from(500, STORM_MS - 1);
    const [what, act] = chance.of(kinds)();
    world.clock.after(atMs, () => {
      fault(what);
      act();
    });
  }
}

function calm(world: World, say: Say): void {
  world.fateOf = ({ nth, name }) => {
    say(`effect ${nth}: ${name}`);
    return 'done';
  };
  world.hear = (event, deliver) => {
    say(`event: ${eventLine(event)}`);
    deliver(event);
  };
  world.pbx.setTrunk('pstn', true);
}

async function untilAtRest(world: World): Promise<void> {
  // A clock that was set back is waited for.
  const behindMs = world.history().steps.reduce((sum, { byMs }) => sum + Math.max(0, -byMs), 0);
  const end = world.clock.monotonic() + CALM_LIMIT_MS + behindMs;
  while (world.clock.monotonic() < end) {
    await world.pass(4_000);
    const floor = world.life()?.floor;
    if (floor === undefined || floor.attempts.size > 0) continue;
    if ([...floor.campaigns.values()].every(({ state }) => state === 'stopped')) return;
  }
}

function isBusy(world: World): boolean {
  const floor = world.life()?.floor;
  return (
    floor === undefined ||
    floor.attempts.size > 0 ||
    [...floor.agents.values()].some(({ state }) => state === 'wrap-up')
  );
}

function eventLine(event: PbxEvent): string {
  const of = 'attempt' in event ? event.attempt : 'agent' in event ? event.agent : '';
  return `${event.type} ${of}`.trim();
}

function wireLine(event: World['pbx']['wire'][number]): string {
  return `wire ${event.at} ${event.what} ${event.attempt} ${event.what === 'placed' ? event.permit.phone : ''}`.trim();
}

function journalOf(path: string): string[] {
  const db = new Database(path, { readonly: true });
  try {
    return db
      .prepare<
        [],
        string
      >(`SELECT concat_ws(' ', 'journal', at, subject, id_of, event, "from", "to", data) FROM journal ORDER BY id`)
      .pluck()
      .all();
  } finally {
    db.close();
  }
}
