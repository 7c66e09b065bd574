import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { phoneFromInteger, type Phone } from '../../lib/core/phone.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { createStore, type Store } from '../../lib/store/store.ts';
import { runClosing } from '../helpers/closing.ts';
import { openAllHours } from '../helpers/policy.ts';
import { request } from '../helpers/rooms.ts';
import { buildBase, bytesNeeded, CAMPAIGN, FULL_SIZE, notOptedOut, optedOut, type BaseSize } from './gate-base.ts';
import { GOALS as IMPORT_GOALS, measureImport, type ImportFigures } from './import.ts';
import { figuresOf, type Figures, type Goal } from './report.ts';

/*
 * npm run bench:gate: what the gate costs a call, with 10 M opt-outs, 1 M consents, 1 M leads and 2 M past attempts.
 *
 * An ask is what the dialer does for one call: the facts, the verdict, its row in the ledger, the attempt, the lead's
 * move and its journal row, in one transaction with synchronous FULL, by the store as the daemon opens it. Between any two
 * asks stands one raw write of 4 KiB and fsync to a file in the same folder, so that both meet the same disk at the same
 * time; and, not measured, the end of the call that was asked for, as in a daemon.
 *
 * Then so many opt-outs are imported as bench:import does it, beside the sqlite3 shell.
 *
 * --scale 0.01 builds a hundredth of the rows: for a look at the bench itself, the goals are for the whole.
 */
const { values: options } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    asks: { type: 'string', default: '5000' },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
  },
});
const WARM_UP = 500;
const LOOK_UPS = 200_000;
const TIMES_RAW = 2.5;
const LOOK_UP_US = 30;
const PAGE = Buffer.alloc(4_096, 1);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

await runClosing(async (closers) => {
  const scale = positive('scale');
  const size = Object.fromEntries(
    Object.entries(FULL_SIZE).map(([name, rows]) => [name, Math.max(1_000, Math.round(rows * scale))]),
  ) as unknown as BaseSize;
  const { bavail, bsize } = statfsSync(options.dir);
  const [needed, free] = [bytesNeeded(size), bavail * bsize];
  say(`this needs ${gigabytes(needed)} GB of disk in ${options.dir}; ${gigabytes(free)} GB are free`);
  if (free < needed) throw new Error(`not enough disk in ${options.dir}: name another folder with --dir`);
  const dir = mkdtempSync(join(options.dir, 'obz-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'obzvon.db');
  buildBase(path, size, say);
  const store = createStore(path);
  let open = true;
  const close = (): void => {
    if (open) store.close();
    open = false;
  };
  closers.push(close);
  say(`a database of ${gigabytes(store.bytes())} GB`);

  const random = seededRandom(1);
  const some = (of: (i: number) => number) => (): Phone => phoneFromInteger(of(Math.floor(random() * size.optOuts)));
  const rows: readonly Row[] = [
    ...asks(store, dir, Math.round(positive('asks'))),
    { name: 'opt-out look-up, hit', unit: 'µs', figures: lookUps(store, some(optedOut), 1) },
    { name: 'opt-out look-up, miss', unit: 'µs', figures: lookUps(store, some(notOptedOut), 0) },
  ];
  close();
  const imported = await measureImport(size.optOuts, say);
  const goals = [...goalsOf(rows), ...importGoals(imported)];
  if (options.json) console.log(JSON.stringify({ size, rows, imported, goals }, null, 2));
  else print(rows, goals);
  return goals.every(({ met }) => met) ? 0 : 1;
});

interface Row {
  readonly name: string;
  readonly unit: 'ms' | 'µs';
  readonly figures: Figures;
}

/** Asks and raw writes, one by one. */
function asks(store: Store, dir: string, count: number): Row[] {
  const id = store.campaigns.byName(CAMPAIGN)?.id ?? 0;
  const raw = openSync(join(dir, 'raw'), 'w');
  const usual = request(id, { policy: openAllHours, want: 1, covered: 1 });
  const took = { ask: [] as number[], raw: [] as number[] };
  for (let i = 0; i < WARM_UP + count; i += 1) {
    const begun = performance.now();
    const { allowed } = store.gate.ask({ ...usual, now: Date.now() });
    const answered = performance.now();
    writeSync(raw, PAGE);
    fsyncSync(raw);
    const written = performance.now();
    if (i >= WARM_UP) {
      took.ask.push(answered - begun);
      took.raw.push(written - answered);
    }
    const [call] = allowed;
    if (call === undefined) throw new Error('the gate refused a call of the bench');
    endCall(store, call.permitted.permit.attempt, call.lead.id);
  }
  closeSync(raw);
  return [
    { name: 'gate, one call', unit: 'ms', figures: figuresOf(took.ask) },
    { name: 'raw 4 KiB write + fsync', unit: 'ms', figures: figuresOf(took.raw) },
  ];
}

function endCall(store: Store, attempt: Parameters<Store['attempts']['setState']>[0], lead: number): void {
  const now = Date.now();
  store.commit(() => {
    store.attempts.setState(attempt, 'ended', { ended_at: now, disposition: 'no-answer', cause: 16, witness: 'event' });
    store.leads.setState(lead, 'done', { charged: { place: 1 }, disposition: 'no-answer' }, now);
  });
}

/** As the gate looks up: inside a transaction. */
function lookUps(store: Store, next: () => Phone, found: number): Figures {
  const tookUs: number[] = [];
  store.commit(() => {
    for (let i = 0; i < LOOK_UPS; i += 1) {
      const phone = next();
      const begun = process.hrtime.bigint();
      const optOuts = store.optOuts.of(phone);
      tookUs.push(Number(process.hrtime.bigint() - begun) / 1_000);
      if (optOuts.length !== found) throw new Error(`${optOuts.length} opt-outs instead of ${found}`);
    }
  });
  return figuresOf(tookUs);
}

function goal(text: string, limit: number, found: number): Goal {
  return { text, limit, found, met: found <= limit };
}

function importGoals({ seconds, shellSeconds, ratio, bytesPerRow, lag }: ImportFigures): Goal[] {
  const times = `${seconds.toFixed(1)} s, sqlite3 shell ${shellSeconds.toFixed(1)} s`;
  return [
    goal(`import of opt-outs (${times}), times`, IMPORT_GOALS.ratio, ratio),
    goal('bytes a row', IMPORT_GOALS.bytesPerRow, bytesPerRow),
    goal('event-loop lag of the daemon during the import, p99 ms', IMPORT_GOALS.lagP99Ms, lag.p99Ms),
  ];
}

function goalsOf(rows: readonly Row[]): Goal[] {
  const of = (name: string): Figures => {
    const row = rows.find((one) => one.name.startsWith(name));
    if (row === undefined) throw new Error(`no row ${name}`);
    return row.figures;
  };
  const [gate, raw] = [of('gate'), of('raw')];
  return [
    ...(['p50', 'p99'] as const).map((rank) =>
      goal(`gate ${rank} ≤ ${TIMES_RAW} × raw write + fsync ${rank}, times`, TIMES_RAW, gate[rank] / raw[rank]),
    ),
    ...['hit', 'miss'].map((which) =>
      goal(`opt-out look-up, ${which}, p99 ≤ ${LOOK_UP_US} µs`, LOOK_UP_US, of(`opt-out look-up, ${which}`).p99),
    ),
  ];
}

function print(rows: readonly Row[], goals: readonly Goal[]): void {
  const line = (cells: readonly string[]): void =>
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(26) : cell.padStart(9))).join(''));
  const ranks = ['p50', 'p90', 'p99', 'max'] as const;
  line(['', ...ranks]);
  for (const { name, unit, figures } of rows) {
    line([`${name}, ${unit}`, ...ranks.map((rank) => figures[rank].toFixed(unit === 'ms' ? 3 : 1))]);
  }
  const [gate, raw] = rows;
  if (gate !== undefined && raw !== undefined) {
    line(['ratio', ...ranks.map((rank) => (gate.figures[rank] / raw.figures[rank]).toFixed(2))]);
  }
  console.log('');
  for (const { text, limit, found, met } of goals) {
    console.log(`${met ? 'met   ' : 'MISSED'}  ${text}: ${found.toFixed(2)} against ${limit}`);
  }
}

function positive(name: 'scale' | 'asks'): number {
  const value = Number(options[name]);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0`);
  return value;
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
