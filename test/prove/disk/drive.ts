import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sleep, systemClock } from '../../../lib/clock.ts';
import { readAnchors } from '../../../lib/store/anchors.ts';
import { installationKey, keyedHash } from '../../../lib/store/keyed-hash.ts';
import { verifyLedger } from '../../../lib/store/ledger-verify.ts';
import { openForReading } from '../../../lib/store/open.ts';
import { messageOf } from '../../../lib/errors.ts';
import {
  allDayPack,
  campaignText,
  loginAll,
  prepareCampaign,
  simulatedConfig,
  startDaemon,
} from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';

export interface DiskResult {
  /** From the moment the room fell below the limit to the last call planned, ms; 0: none was. */
  readonly dialedOnMs: number;
  /** Calls that were live then, and how many of them talked to their end. */
  readonly live: number;
  readonly talkedOn: number;
  /** "Never again" taken after the last byte was written. */
  readonly optOutsTaken: number;
  readonly optOutsPerSecond: number;
  /** Rows another process had read as committed. */
  readonly rowsSeen: number;
  /** From the moment there was room again to the next call planned, ms; null: none. */
  readonly dialingAfterMs: number | null;
  /** Broken promises, in words; empty when all held. */
  readonly violations: readonly string[];
}

const MB = 1_048_576;
/** The disk, the room under which no calls are placed, and what is kept for the last writes. */
const DISK_MB = 256;
const MIN_FREE_MB = 110;
const BALLAST_MB = 64;
const STOPS_IN_MS = 1_000;
const AGENTS = 40;
const LEADS = 900;
const AT_ONCE = 25;
const LIVE_WAIT_MS = 120_000;

/** Mounts a small tmpfs there; returns how to unmount it, or why it cannot be mounted. */
export function mountSmall(dir: string): (() => void) | string {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=700`, 'tmpfs', dir], { stdio: 'pipe' });
  } catch (error) {
    return messageOf(error).trim().split('\n').at(-1) ?? 'mount failed';
  }
  return () => void execFileSync('umount', ['-l', dir]);
}

/** Fills the disk under a dialing daemon to the last byte, tells it of opt-outs, makes room again. */
export async function runDisk({
  dir,
  closing,
  optOuts,
  say,
}: {
  /** On a file system of its own. */
  readonly dir: string;
  readonly closing: { teardown: (fn: () => void | Promise<void>) => void };
  readonly optOuts: number;
  readonly say: (line: string) => void;
}): Promise<DiskResult> {
  const violations: string[] = [];
  const files = {
    'config.yaml': simulatedConfig({ agents: AGENTS }).replace(
      'safety: { ballastMb: 0 }',
      `safety: { ballastMb: ${BALLAST_MB}, minFreeMb: ${MIN_FREE_MB} }`,
    ),
    'policy.json': allDayPack(),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content, { mode: 0o600 });
  const daemon = startDaemon({ teardown: (fn) => closing.teardown(fn) }, dir);
  const { ask } = daemon;
  await daemon.dialing();
  await prepareCampaign(ask, numbers(79_160_000_000, LEADS), campaignText({ more: 'mode: progressive' }));
  await eventually('the ballast lies there', () => freeMb(dir) < DISK_MB - BALLAST_MB);
  await loginAll(ask);
  await ask('campaign.start', { name: 'test' });

  const path = join(dir, 'obzvon.db');
  const reader = new Database(path, { readonly: true });
  closing.teardown(() => void reader.close());
  const witness = createWitness(reader);
  await eventually('calls of all kinds are live', async () => {
    const { calls } = await ask('status', {});
    return (calls.talking ?? 0) >= 3 && (calls.ringing ?? 0) >= 3;
  });
  const filler = join(dir, 'filler');
  const limitAt = await fill(dir, filler, MIN_FREE_MB - 2);
  const live = reader.prepare<[], string>('SELECT id FROM attempts WHERE disposition IS NULL').pluck().all();
  say(`${live.length} calls live, less than ${MIN_FREE_MB} MB free`);
  await eventually('status says why', async () =>
    (await ask('status', {})).dialing.reasons.some(({ hold }) => hold === 'disk-low'),
  );
  witness.look();
  await fill(dir, filler, 0);
  say(`the disk is full: ${freeMb(dir)} MB free`);

  const startedAt = systemClock.monotonic();
  const taken: string[] = [];
  const gone = numbers(79_170_000_000, optOuts);
  for (let from = 0; from < gone.length; from += AT_ONCE) {
    const replies = await Promise.allSettled(
      gone.slice(from, from + AT_ONCE).map((phone) => ask('optout.add', { phone, source: 'person' })),
    );
    for (const reply of replies) {
      if (reply.status === 'fulfilled') taken.push(reply.value.phone);
      else if (violations.length < 5) violations.push(`an opt-out was not taken: ${messageOf(reply.reason)}`);
    }
    if (violations.length > 0) break;
    if (from % 2_000 === 0) witness.look();
  }
  const tookMs = systemClock.monotonic() - startedAt;
  say(`${taken.length} opt-outs taken in ${(tookMs / 1_000).toFixed(0)} s, ${freeMb(dir)} MB free`);
  say('the live calls go on');
  await eventually('the live calls have ended', () => witness.liveOf(live) === 0, LIVE_WAIT_MS).catch(
    (error: unknown) => {
      violations.push(messageOf(error));
    },
  );
  witness.look();
  const dialed = witness.plannedAfter(limitAt);
  const dialedOnMs = dialed.length === 0 ? 0 : Math.max(...dialed) - limitAt;
  if (dialedOnMs > STOPS_IN_MS) violations.push(`a call was planned ${dialedOnMs} ms after the room was short`);

  const roomAt = systemClock.now();
  rmSync(filler);
  const again = await eventually('dialing goes on by itself', () => witness.plannedAfter(roomAt)[0]).catch(() => null);
  if (again === null) violations.push('dialing did not go on when there was room again');
  await sleep(systemClock, 1_000);
  witness.look();
  // Asked twice it leaves its calls, which are those of the last second, to the PBX.
  daemon.kill('SIGTERM');
  await daemon.logged('draining: no new calls, live ones finish');
  daemon.kill('SIGTERM');
  const { code } = await daemon.exited();
  if (code !== 0) violations.push(`the daemon ended with ${code}: ${daemon.err()}`);

  const dispositions = witness.dispositionsOf(live);
  for (const [id, disposition] of dispositions) {
    if (CUT_SHORT.has(disposition ?? 'none'))
      violations.push(`${id}, live when the room was short, is ${disposition ?? 'open'}`);
  }
  violations.push(...witness.lost(), ...missing(reader, taken), ...broken(path));
  return {
    dialedOnMs,
    live: live.length,
    talkedOn: [...dispositions.values()].filter((one) => one === 'talked').length,
    optOutsTaken: taken.length,
    optOutsPerSecond: Math.round((taken.length * 1_000) / tookMs),
    rowsSeen: witness.seen(),
    dialingAfterMs: again === null ? null : again - roomAt,
    violations,
  };
}

/** What a call may not be that nobody wanted to end. */
const CUT_SHORT = new Set(['unknown', 'cancelled', 'none']);

/** Reads what is committed, as another process, and holds later states against it. */
function createWitness(db: Database.Database) {
  const KEYS = { attempts: 'id', verdicts: 'id', opt_outs: 'phone', journal: 'id' } as const;
  const tables = Object.keys(KEYS) as (keyof typeof KEYS)[];
  const rows = new Map(tables.map((name) => [name, new Set<number | string>()]));
  const keysOf = (table: keyof typeof KEYS): (number | string)[] =>
    db.prepare<[], number | string>(`SELECT ${KEYS[table]} FROM ${table}`).pluck().all();
  const stateOf = db.prepare<[string], string | null>('SELECT disposition FROM attempts WHERE id = ?').pluck();
  return {
    look(): void {
      for (const [table, seen] of rows) for (const id of keysOf(table)) seen.add(id);
    },
    seen: () => [...rows.values()].reduce((sum, { size }) => sum + size, 0),
    lost: () =>
      [...rows].flatMap(([table, seen]) => {
        const left = new Set(keysOf(table));
        const gone = [...seen].filter((id) => !left.has(id));
        return gone.length === 0 ? [] : [`${gone.length} committed rows of ${table} are gone`];
      }),
    plannedAfter: (at: number) =>
      db
        .prepare<[number], number>('SELECT planned_at FROM attempts WHERE planned_at > ? ORDER BY planned_at')
        .pluck()
        .all(at),
    liveOf: (ids: readonly string[]) => ids.filter((id) => stateOf.get(id) === null).length,
    dispositionsOf: (ids: readonly string[]) => new Map(ids.map((id) => [id, stateOf.get(id) ?? null])),
  };
}

function missing(db: Database.Database, taken: readonly string[]): string[] {
  const stored = new Set(db.prepare<[], number>('SELECT phone FROM opt_outs').pluck().all());
  const gone = taken.filter((phone) => !stored.has(Number(phone.slice(1))));
  return gone.length === 0 ? [] : [`${gone.length} acknowledged opt-outs are not in the database`];
}

function broken(path: string): string[] {
  const keyed = keyedHash(installationKey(`${path}.key`, () => false));
  const db = openForReading(path, keyed);
  try {
    const checked = db.pragma('integrity_check', { simple: true });
    const { faults } = verifyLedger(db, keyed, readAnchors(`${path}.anchors`, keyed));
    return [
      ...(checked === 'ok' ? [] : [`integrity check: ${String(checked)}`]),
      ...faults.map(({ where, found }) => `ledger, ${where}: ${found}`),
    ];
  } finally {
    db.close();
  }
}

/** Writes until no more than so much is free, with 0 until nothing is; returns when the room fell below that. */
async function fill(dir: string, file: string, leaveMb: number): Promise<number> {
  const fd = openSync(file, 'a');
  const chunk = Buffer.alloc(MB, 1);
  try {
    while (freeMb(dir) > Math.max(leaveMb, LAST_MB)) {
      writeSync(fd, chunk);
      // As fast as a disk is filled, not faster: others write meanwhile.
      await sleep(systemClock, 2);
    }
    // The last of it at once: what eats a disk would eat the ballast, too, if it were let go meanwhile.
    while (leaveMb === 0) writeSync(fd, Buffer.alloc(LAST_MB * MB, 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(fd);
  }
  return systemClock.now();
}

/** More than the room in which the daemon lets its ballast go. */
const LAST_MB = 32;

function freeMb(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return (bavail * bsize) / MB;
}

function numbers(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `+${from + i}`);
}
