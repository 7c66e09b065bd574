import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sleep, systemClock } from '../../lib/clock.ts';
import { call } from '../../lib/control/client.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { campaignText, simulatedConfig } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Lag } from './lag-probe.ts';

/*
 * npm run bench:import: so many opt-outs through the real command into a real daemon, beside the sqlite3 shell's staged
 * .import of the same file into an equal table. `-- --rows N`, 10 million if not said; `--leads N` leads go in row by
 * row before, for the event loop's lag alone.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What an import of opt-outs cost. */
export interface ImportFigures {
  readonly rows: number;
  readonly accepted: number;
  readonly seconds: number;
  /** The sqlite3 shell's, for the same file into an equal table. */
  readonly shellSeconds: number;
  readonly ratio: number;
  readonly bytesPerRow: number;
  /** Of the same daemon with nothing to do: what the machine itself costs. */
  readonly idleLag: Lag;
  readonly lag: Lag;
  /** The same file once more: every row is known. */
  readonly again: { readonly seconds: number; readonly lag: Lag };
}

/** What an import of leads row by row cost. */
export interface RowFigures {
  readonly rows: number;
  readonly seconds: number;
  readonly lag: Lag;
}

const IDLE_MS = 3_000;

/** Goals of the issue. */
export const GOALS = { ratio: 0.7, bytesPerRow: 25, lagP99Ms: 20 } as const;

/** Measures an import of `rows` opt-outs in a folder of its own, which is removed; throws when a count is wrong. */
export async function measureImport(
  rows: number,
  say: (line: string) => void = () => undefined,
): Promise<ImportFigures> {
  const sqlite = sqliteShell();
  return inFolder(async (dir, start) => {
    const file = join(dir, 'opt-outs.csv');
    say(`writing ${rows} numbers in seven spellings`);
    await writeNumbers(file, rows);

    say('importing them into the daemon');
    const daemon = await start();
    const database = join(dir, 'obzvon.db');
    const emptyBytes = statSync(database).size;
    daemon.send('reset');
    await sleep(systemClock, IDLE_MS);
    const idleLag = await readLag(daemon);
    const first = await timed(daemon, dir, ['optout', 'import', file]);
    say(`${first.accepted} accepted in ${first.seconds.toFixed(1)} s; importing them again`);
    const again = await timed(daemon, dir, ['optout', 'import', file]);
    if (first.accepted + first.duplicate !== rows || again.accepted !== 0 || again.duplicate !== rows) {
      throw new Error(`rows were lost: ${JSON.stringify({ first, again })}`);
    }
    const gone = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await gone;
    const bytesPerRow = (statSync(database).size - emptyBytes) / first.accepted;

    say('importing them with the sqlite3 shell');
    const shellSeconds = shellImport(sqlite, dir, file, first.accepted);
    return {
      rows,
      accepted: first.accepted,
      seconds: first.seconds,
      shellSeconds,
      ratio: first.seconds / shellSeconds,
      bytesPerRow,
      idleLag,
      lag: first.lag,
      again,
    };
  });
}

/** Measures an import of leads, each a row with a name and a variable; throws when a count is wrong. */
export async function measureRows(rows: number): Promise<RowFigures> {
  return inFolder(async (dir, start) => {
    const file = join(dir, 'leads.csv');
    const lines = Array.from({ length: rows }, (_, i) => `+7916${String(i).padStart(7, '0')};Имя ${i};${i % 97}`);
    writeFileSync(file, `Телефон;ФИО;Долг\n${lines.join('\n')}\n`);
    const daemon = await start();
    await call(join(dir, 'control.sock'), 'campaign.apply', {
      text: campaignText().replace(/^policy:.*$/m, 'policy: ru-default'),
      file: 'test.yaml',
    });
    const { seconds, lag, accepted } = await timed(daemon, dir, ['lead', 'import', file, '--campaign', 'test']);
    if (accepted !== rows) throw new Error(`${accepted} of ${rows} leads came in`);
    return { rows, seconds, lag };
  });
}

/** Works in a folder of its own, with a daemon when it is started; both are gone afterwards, whatever happens. */
async function inFolder<T>(work: (dir: string, start: () => Promise<ChildProcess>) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'obz-import-'));
  let daemon: ChildProcess | null = null;
  const clean = (): void => {
    daemon?.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', clean);
  try {
    return await work(dir, async () => (daemon = await startDaemon(dir)));
  } finally {
    process.off('exit', clean);
    clean();
  }
}

const SPELLINGS: readonly ((n: string) => string)[] = [
  (n) => `+7${n}`,
  (n) => `8${n}`,
  (n) => `7${n}`,
  (n) => n,
  (n) => `8 (${n.slice(0, 3)}) ${n.slice(3, 6)}-${n.slice(6, 8)}-${n.slice(8)}`,
  (n) => `+7 ${n.slice(0, 3)} ${n.slice(3, 6)}-${n.slice(6, 8)}-${n.slice(8)}`,
  (n) => `8-${n.slice(0, 3)}-${n.slice(3, 6)}-${n.slice(6)}`,
];

/** Mobile numbers at random, in file order; a few come twice, as in any real list. */
async function writeNumbers(path: string, rows: number): Promise<void> {
  const random = seededRandom(7);
  const out = createWriteStream(path);
  out.write('phone\n');
  for (let i = 0; i < rows; ) {
    let lines = '';
    for (const end = Math.min(rows, i + 50_000); i < end; i++) {
      // 9 31… to 9 99…: below, some numbers are given to nobody.
      const national = String(9_310_000_000 + Math.floor(random() * 690_000_000));
      lines += `${SPELLINGS[Math.floor(random() * SPELLINGS.length)]!(national)}\n`;
    }
    if (!out.write(lines)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

async function startDaemon(dir: string): Promise<ChildProcess> {
  writeFileSync(join(dir, 'config.yaml'), simulatedConfig().replace(/^policies:.*$/m, ''));
  const probe = new URL('./lag-probe.ts', import.meta.url).href;
  const child = spawn(
    process.execPath,
    ['--import', probe, join(ROOT, 'bin/obzvond.mjs'), '--config', join(dir, 'config.yaml')],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  await eventually('the daemon answers', async () => {
    if (child.exitCode !== null) throw new Error(`obzvond ended with ${child.exitCode}`);
    return (await call(join(dir, 'control.sock'), 'status', {}).catch(() => null)) !== null;
  });
  return child;
}

async function timed(
  daemon: ChildProcess,
  dir: string,
  argv: readonly string[],
): Promise<{ seconds: number; lag: Lag; accepted: number; duplicate: number }> {
  daemon.send('reset');
  const startedMs = performance.now();
  const args = ['--socket', join(dir, 'control.sock'), '--json', ...argv];
  const cli = spawn(process.execPath, [join(ROOT, 'bin/obzvon.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  cli.stdout.on('data', (text: Buffer) => (out += text.toString()));
  const [code] = (await once(cli, 'close')) as [number];
  const seconds = (performance.now() - startedMs) / 1_000;
  if (code !== 0) throw new Error(`obzvon ended with ${code}: ${out}`);
  const lag = await readLag(daemon);
  const { accepted, duplicate } = JSON.parse(out) as { accepted: number; duplicate: number };
  return { seconds, lag, accepted, duplicate };
}

async function readLag(daemon: ChildProcess): Promise<Lag> {
  const told = once(daemon, 'message') as Promise<[Lag]>;
  daemon.send('read');
  const [lag] = await told;
  return lag;
}

/** Stages the file as text, strips the signs, turns 8 into 7 and fills an equal table under the daemon's settings. */
function shellImport(sqlite: string, dir: string, file: string, expected: number): number {
  const script = `PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON;
PRAGMA temp_store = MEMORY;
CREATE TABLE opt_out_acts (id INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
INSERT INTO opt_out_acts VALUES (1, 1);
CREATE TABLE opt_outs (
  phone INTEGER NOT NULL, act INTEGER NOT NULL REFERENCES opt_out_acts (id), PRIMARY KEY (phone, act)
) STRICT, WITHOUT ROWID;
CREATE TABLE staged (phone TEXT);
.mode csv
.import --skip 1 ${file} staged
INSERT OR IGNORE INTO opt_outs
  SELECT CASE WHEN length(digits) = 10 THEN 70000000000 + digits ELSE 70000000000 + substr(digits, 2) END AS phone, 1
  FROM (SELECT replace(replace(replace(replace(replace(phone, '+', ''), ' ', ''), '-', ''), '(', ''), ')', '') AS digits
        FROM staged)
  ORDER BY phone;
SELECT 'numbers', count(*) FROM opt_outs;
`;
  const startedMs = performance.now();
  const ran = spawnSync(sqlite, [join(dir, 'shell.db')], { input: script, encoding: 'utf8' });
  const seconds = (performance.now() - startedMs) / 1_000;
  if (ran.status !== 0 || !ran.stdout.includes(`numbers,${expected}`)) {
    throw new Error(`the sqlite3 shell came to something else: ${ran.stdout}${ran.stderr}`);
  }
  return seconds;
}

/** The host's sqlite3, or Debian's package unpacked into a folder of its own. */
function sqliteShell(): string {
  const runs = (path: string): boolean => spawnSync(path, ['--version']).status === 0;
  if (runs('sqlite3')) return 'sqlite3';
  const dir = join(tmpdir(), 'obzvon-sqlite3');
  const unpacked = join(dir, 'usr/bin/sqlite3');
  if (!existsSync(unpacked)) {
    spawnSync('sh', ['-c', `mkdir -p ${dir} && cd ${dir} && apt-get download sqlite3 && dpkg-deb -x sqlite3_*.deb .`]);
  }
  if (runs(unpacked)) return unpacked;
  throw new Error('no sqlite3 shell to compare with: apt-get install sqlite3');
}

function report(figures: ImportFigures, leads: RowFigures): boolean {
  const { rows, accepted, seconds, shellSeconds, ratio, bytesPerRow, idleLag, lag, again } = figures;
  const line = (ok: boolean, text: string): boolean => {
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${text}`);
    return ok;
  };
  console.log(`${rows.toLocaleString('en')} rows, ${accepted.toLocaleString('en')} different numbers`);
  const results = [
    line(
      ratio <= GOALS.ratio,
      `import ${seconds.toFixed(1)} s, sqlite3 shell ${shellSeconds.toFixed(1)} s: ${ratio.toFixed(2)} × (goal ${GOALS.ratio} ×)`,
    ),
    line(bytesPerRow <= GOALS.bytesPerRow, `${bytesPerRow.toFixed(1)} bytes a row (goal ${GOALS.bytesPerRow})`),
    ...(
      [
        ['import', lag],
        ['import again', again.lag],
        [`import of ${leads.rows} leads`, leads.lag],
      ] as const
    ).map(([what, { p50Ms, p99Ms, maxMs, rssMb }]) =>
      line(
        p99Ms <= GOALS.lagP99Ms,
        `event-loop lag during ${what}: p50 ${p50Ms} ms, p99 ${p99Ms} ms (goal ${GOALS.lagP99Ms}), max ${maxMs} ms; ${rssMb} MB`,
      ),
    ),
  ];
  console.log(`       the daemon's lag with nothing to do: p99 ${idleLag.p99Ms} ms, max ${idleLag.maxMs} ms`);
  console.log(`       leads: ${Math.round(leads.rows / leads.seconds)} rows/s`);
  console.log(`       again, all known: ${again.seconds.toFixed(1)} s`);
  return results.every(Boolean);
}

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const { values } = parseArgs({
    options: { rows: { type: 'string', default: '10000000' }, leads: { type: 'string', default: '100000' } },
  });
  const leads = await measureRows(Number(values.leads));
  const figures = await measureImport(Number(values.rows), (text) => console.log(`… ${text}`));
  if (!report(figures, leads)) process.exitCode = 1;
}
