import Database from 'better-sqlite3';
import type { CalleePlan, Callees } from '../../../lib/sim/callees.ts';
import { PbxError } from '../../../lib/dialer/pbx.ts';
import type { EffectFate } from './life.ts';
import { checkInvariants, type Breach } from './invariants.ts';
import { createWorld, phoneOfLead, type World } from './world.ts';

/*
 * One scenario, in which everything happens once: talks, people who never answer, opt-outs by digit and by command, a
 * lost connection, a restart of the PBX, a death. It is run again for each of its effects, with a daemon that dies before
 * or after that one, or is told that it failed.
 */

/** What is done to one effect of the scenario. */
export const ENDS = ['die-before', 'die-after', 'fail-before', 'fail-after'] as const;
export type End = (typeof ENDS)[number];

export interface Point {
  readonly effect: number;
  readonly end: End;
}

export interface PointFound {
  /** What the effect was; null: the scenario had no such effect. */
  readonly name: string | null;
  readonly effects: number;
  readonly lives: number;
  readonly placed: number;
  readonly breaches: readonly (Breach | { readonly law: 'liveness'; readonly what: string })[];
}

const AGENTS = 3;
const LEADS = 50;
/** What people do, in turn. */
const PEOPLE: readonly CalleePlan[] = [
  { kind: 'answer', ringMs: 2_000, talkMs: 15_000 },
  { kind: 'refuse', afterMs: 1_000, rings: false, cause: 17, sipCode: 486 },
  { kind: 'answer', ringMs: 4_000, talkMs: 25_000 },
  { kind: 'ring' },
  { kind: 'answer', ringMs: 1_500, talkMs: 9_000, digit: { afterMs: 3_000, digit: '9' } },
  { kind: 'refuse', afterMs: 300, rings: false, cause: 1, sipCode: 404 },
  { kind: 'answer', ringMs: 3_000, talkMs: 40_000 },
];
const people: Callees = (phone) => PEOPLE[Number(phone.slice(-4)) % PEOPLE.length] ?? { kind: 'ring' };

/** At rest after this at the latest, whatever died. */
const LIMIT_MS = 1_800_000;
/** Requests of the dead, quarantines and audits are over by then. */
const QUIET_MS = 60_000;

/** Runs the scenario; null: as it goes when nothing is done to it. */
export async function runPoint(point: Point | null): Promise<PointFound> {
  const world = createWorld({
    seed: 1,
    agents: AGENTS,
    leads: LEADS,
    callees: people,
    spec: { maxAttemptsPerLead: 1 },
  });
  try {
    let name: string | null = null;
    world.fateOf = ({ nth, kind, name: called }) => {
      if (nth !== point?.effect) return 'done';
      name = called;
      return fateOf(point.end, kind);
    };
    await world.begin();
    await happenings(world);
    const ended = await untilStopped(world);
    await world.pass(QUIET_MS);
    await world.end();
    const history = world.history();
    const breaches = checkInvariants(history, world.path, world.terms(true));
    return {
      name,
      effects: world.effects(),
      lives: history.lives.length,
      placed: history.calls.length,
      breaches: ended
        ? breaches
        : [...breaches, { law: 'liveness', what: `the campaign is not over after ${LIMIT_MS / 60_000} minutes` }],
    };
  } finally {
    world.remove();
  }
}

/** What happens beside the calls, at its time. */
async function happenings(world: World): Promise<void> {
  await world.pass(10_000);
  world.optOut(phoneOfLead(7));
  await world.pass(5_000);
  world.optOut(phoneOfLead(48));
  world.lose(4_000);
  await world.pass(15_000);
  world.optOut(phoneOfLead(12));
  await world.kill();
  await world.pass(20_000);
  world.restartPbx();
  await world.pass(10_000);
  world.optOut(phoneOfLead(49));
  world.optOut(phoneOfLead(20));
}

async function untilStopped(world: World): Promise<boolean> {
  const end = world.clock.monotonic() + LIMIT_MS;
  while (world.clock.monotonic() < end) {
    await world.pass(5_000);
    const campaign = world.life()?.floor.campaigns.get('test');
    if (campaign?.state === 'stopped' && campaign.attempts.size === 0) return true;
  }
  return false;
}

function fateOf(end: End, kind: 'write' | 'request'): EffectFate {
  if (end === 'die-before' || end === 'die-after') return end;
  return { fail: failureOf(kind), when: end === 'fail-before' ? 'before' : 'after' };
}

/** A disk that cannot say whether it has written; a PBX that does not say whether it has done it. */
function failureOf(kind: 'write' | 'request'): Error {
  return kind === 'write'
    ? new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC')
    : new PbxError('unclear', 'the connection went before the reply');
}
