import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { call } from '../../lib/control/client.ts';
import type { CommandName, Commands } from '../../lib/control/commands.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { fillDatabase } from '../bench/daemon.ts';
import { runClosing } from '../helpers/closing.ts';
import { eventually } from '../helpers/eventually.ts';
import { startFakeAmi } from '../helpers/fake-ami.ts';
import { FAKE_SECRET } from '../helpers/fake-ari.ts';
import { specWith } from '../helpers/rig.ts';
import { openAri, type Moment } from './exchange/ari-door.ts';
import { createSwitch } from './exchange/switch.ts';
import { writeConfig } from './exchange/world.ts';

/*
 * npm run prove:restart: SIGKILL of the daemon as it ships in the middle of talks, with millions of opt-outs in its
 * database, again and again: how long until the next one dials, from the start of its process, and whether every talk is
 * kept. Agents who are free go on being called for, so that there is something to dial at once.
 */
const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    talks: { type: 'string', default: '200' },
    'opt-outs': { type: 'string', default: '10000000' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FREE_AGENTS = 10;
const LEADS = 6_000;
const GOAL_MS = 2_000;
const RAISED_MS = 180_000;
/** A life after its first call, ms. */
const LIFE_MS = 400;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

interface Restart {
  readonly reconciledMs: number;
  readonly placedMs: number;
  /** Of all its threads, until it may dial. */
  readonly cpuMs: number;
}

await runClosing(async (closers) => {
  const [kills, talks, optOuts] = [Number(options.kills), Number(options.talks), Number(options['opt-outs'])];
  const dir = mkdtempSync(join(options.dir, 'obz-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const spec = specWith({ policy: 'all-day', wrapUpS: 0, ringTimeoutS: 5, mode: 'progressive' });
  const numberOf = (n: number): string => `+79161${String(n).padStart(6, '0')}`;
  fillDatabase(join(dir, 'obzvon.db'), [{ spec, numbers: Array.from({ length: LEADS }, (_, n) => numberOf(n)) }]);
  fillOptOuts(join(dir, 'obzvon.db'), optOuts);
  say(`${optOuts} opt-outs are in the database`);

  let onMoment: (moment: Moment) => void = () => undefined;
  const ami = await startFakeAmi({ secret: FAKE_SECRET });
  closers.push(() => ami.stop());
  const door = await openAri({ exchange: () => exchange, moment: (moment) => onMoment(moment), late: () => 0 });
  closers.push(() => door.stop());
  const exchange = createSwitch({
    celFile: join(dir, 'cel.jsonl'),
    random: seededRandom(1),
    // The first talk as long as the proof takes; the others are busy, so that there is always somebody to call.
    people: (phone) =>
      phone % 1_000_000 < talks
        ? { kind: 'answers', ringMs: 200, staysMs: 2 ** 30, optsOutAfterMs: null }
        : { kind: 'refuses', afterMs: 300, cause: 17, sipCode: 486 },
    legLastsMs: null,
    optOutMessage: '',
    tell: door.tell,
    tellAmi: (event) => ami.send(event),
    listening: door.listening,
    onConfirmed: () => undefined,
  });
  closers.push(() => exchange.stop());
  const trunk = { channels: talks + 50, originatesPerSecond: 100 };
  writeConfig(dir, { url: door.url, amiPort: ami.port, agents: talks + FREE_AGENTS, trunk });

  const ask = <C extends CommandName>(command: C, args: Commands[C]['args']): Promise<Commands[C]['result']> =>
    call(join(dir, 'control.sock'), command, args, { timeoutMs: 60_000 });
  const talking = (): number => exchange.live().filter(({ bridges }) => bridges.length > 0).length;

  let first = true;
  const restarts: Restart[] = [];
  for (let life = 0; life <= kills; life += 1) {
    const begun = performance.now();
    const child = spawn(process.execPath, [join(ROOT, 'bin/obzvond.mjs'), '--config', join(dir, 'config.yaml')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '', XDG_CACHE_HOME: join(dir, 'cache') },
    });
    const exit = once(child, 'exit');
    const placed = new Promise<number>((resolve) => {
      onMoment = (moment) => {
        if (moment === 'originate') resolve(performance.now() - begun);
      };
    });
    const reconciled = new Promise<number>((resolve) => {
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-2_000);
        if (output.includes('reconciled; dialing may go on')) resolve(performance.now() - begun);
      });
    });
    const reconciledMs = await Promise.race([reconciled, exit.then(() => Promise.reject(new Error('obzvond ended')))]);
    const cpuMs = cpuOf(child.pid ?? 0);
    if (first) {
      for (const { id } of (await ask('agent.list', {})).agents) await ask('agent.login', { id, ready: true });
      await ask('campaign.start', { name: spec.name });
      await eventually(`${talks} talks`, () => talking() === talks, RAISED_MS);
      say(`${talks} people talk`);
      first = false;
    } else restarts.push({ reconciledMs, cpuMs, placedMs: await placed });
    await new Promise((resolve) => setTimeout(resolve, LIFE_MS));
    if (life === kills) {
      const { calls } = await ask('status', {});
      say(`the last daemon knows of ${calls['talking'] ?? 0} talks`);
      if (calls['talking'] !== talks) throw new Error(`${calls['talking']} talks are known, there are ${talks}`);
    }
    child.kill('SIGKILL');
    await exit;
  }

  const kept = exchange.calls.filter(({ bridges, endedAt }) => bridges.length > 0 && endedAt === null).length;
  const lost = exchange.calls.filter(({ bridges, endedAt }) => bridges.length > 0 && endedAt !== null).length;
  const twice = exchange.calls.filter(({ bridges }) => bridges.length > 1).length;
  const p = (of: (restart: Restart) => number, share: number): string => {
    const sorted = restarts.map(of).sort((a, b) => a - b);
    return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(0);
  };
  const line = (of: (restart: Restart) => number): string => `p50 ${p(of, 0.5)} ms, p99 ${p(of, 0.99)} ms`;
  console.log(`${restarts.length} kills with ${talks} talks and ${optOuts} opt-outs:`);
  console.log(`  from the start of the process until it may dial   ${line((restart) => restart.reconciledMs)}`);
  console.log(`  and until its first call is on the wire           ${line((restart) => restart.placedMs)}`);
  console.log(`  of which its own processor time                   ${line((restart) => restart.cpuMs)}`);
  console.log(`  talks kept ${kept}, cut off ${lost}, bridged anew ${twice}; goal p99 ≤ ${GOAL_MS} ms`);
  return lost === 0 && kept === talks && Number(p((restart) => restart.placedMs, 0.99)) <= GOAL_MS ? 0 : 1;
});

/** One act that covers so many numbers, none of them of the campaign. */
function fillOptOuts(path: string, count: number): void {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = OFF');
  const { lastInsertRowid } = db
    .prepare(`INSERT INTO opt_out_acts (at, kind, scope, source) VALUES (?, 'opt-out', 'global', 'import')`)
    .run(Date.now());
  db.prepare(
    `WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
     INSERT INTO opt_outs (phone, act) SELECT 79200000000 + i * 7, ? FROM n`,
  ).run(count, lastInsertRowid);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

/** Processor time of a process so far, ms; Linux counts it in hundredths of a second. */
function cpuOf(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = rest.split(' ').slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}
