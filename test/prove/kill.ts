import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runClosing } from '../helpers/closing.ts';
import { plant, PLANTED } from './exchange/planted.ts';
import type { WorldFound } from './exchange/world.ts';
import { runWorlds } from './exchange/worlds.ts';
import { INVARIANTS, type Invariant } from './lives/invariants.ts';

/*
 * npm run prove:kill: the daemon as it ships, killed at random with SIGKILL, before a switch that outlives it and keeps
 * what it saw; then what it saw and the database are held against the invariants. `--planted` runs copies of the program
 * with a mistake in each instead: every one must be found.
 *
 * The seed gives people, orders and aims of the kills. Processes, sockets and the machine's clock are real: the same seed
 * does not give the same run. So a run that fails keeps its folder: seen.json (all the switch saw), the database, the
 * last lives' logs.
 */
const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    worlds: { type: 'string', default: String(availableParallelism() + 1) },
    'check-every': { type: 'string', default: '500' },
    dir: { type: 'string', default: tmpdir() },
    planted: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PLANTED_KILLS = 60;
const SAY_EVERY_MS = 30_000;
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const seed = Number(options.seed);

await runClosing(async (closers) => {
  const dir = mkdtempSync(join(options.dir, 'obz-'));
  let keep = false;
  closers.push(() => {
    if (!keep) rmSync(dir, { recursive: true, force: true });
  });
  if (options.planted) return provePlanted(dir);
  const begun = performance.now();
  let said = begun;
  const found = await runWorlds({
    seed,
    kills: Number(options.kills),
    worlds: Number(options.worlds),
    dir,
    tree: ROOT,
    checkEvery: Number(options['check-every']),
    onKill(kills) {
      if (performance.now() - said < SAY_EVERY_MS) return;
      said = performance.now();
      say(`${new Date().toISOString()} ${kills} kills`);
    },
  });
  keep = found.some(({ breaches }) => breaches.length > 0);
  tell(found);
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
  console.log(`seed ${seed}, commit ${commit()}, ${options.worlds} worlds, ${minutes} minutes`);
  if (keep) {
    console.log(`kept in ${dir}; to try again: npm run prove:kill -- --seed ${seed} --worlds ${options.worlds}`);
    console.log('processes and the clock are real: it will not be the same run again');
  }
  return keep ? 1 : 0;
});

/** Each mistake in a world of its own, checked each ten kills. */
async function provePlanted(dir: string): Promise<number> {
  let missed = 0;
  const tried = PLANTED.filter(({ name }) => options.only === undefined || name === options.only);
  for (const planted of tried) {
    const tree = plant(planted, join(dir, 'trees'));
    const [found] = await runWorlds({
      seed,
      kills: PLANTED_KILLS,
      worlds: 1,
      dir: join(dir, planted.name),
      tree,
      checkEvery: 10,
    });
    const breaches = (found?.breaches ?? []).filter(({ law }) => law !== 'liveness');
    if (breaches.length === 0) missed += 1;
    const laws = [...new Set(breaches.map(({ law }) => law))].join(', ');
    console.log(
      breaches.length === 0
        ? `MISSED ${planted.name} in ${found?.kills} kills ${found?.breaches[0]?.what ?? ''}`
        : `caught ${planted.name} after ${found?.kills} kills by ${laws}: ${breaches[0]?.what}`,
    );
  }
  console.log(`seed ${seed}, commit ${commit()}: ${missed} of ${tried.length} missed`);
  return missed === 0 ? 0 : 1;
}

function tell(worlds: readonly WorldFound[]): void {
  const sum = (of: (world: WorldFound) => number): number => worlds.reduce((all, world) => all + of(world), 0);
  const starts = worlds.flatMap(({ startsMs }) => startsMs).sort((a, b) => a - b);
  const share = (p: number): string => (starts[Math.floor(starts.length * p)] ?? NaN).toFixed(0);
  const aims = new Map<string, number>();
  for (const { byAim } of worlds) for (const [aim, n] of Object.entries(byAim)) aims.set(aim, (aims.get(aim) ?? 0) + n);
  const breaches = worlds.flatMap((world) => world.breaches);
  for (const law of [...Object.keys(INVARIANTS), 'liveness']) {
    const own = breaches.filter((breach) => breach.law === law);
    const text = law in INVARIANTS ? INVARIANTS[law as Invariant] : 'a daemon dials again, and does not end by itself';
    console.log(`${own.length === 0 ? 'holds ' : `BROKEN ${own.length} times`}  ${law.padEnd(8)}  ${text}`);
    for (const { what } of own.slice(0, 10)) console.log(`          ${what}`);
  }
  const kills = sum((world) => world.kills);
  console.log(`\n${kills} kills: ${[...aims].map(([aim, n]) => `${aim} ${n}`).join(', ')}`);
  console.log(
    `${sum((world) => world.calls)} calls, ${sum((world) => world.bridged)} talks, of which ` +
      `${sum((world) => world.outlived)} outlived a daemon, ${sum((world) => world.optOuts)} opt-outs acknowledged`,
  );
  console.log(
    `from the start of a process until it may dial: p50 ${share(0.5)} ms, p99 ${share(0.99)} ms; the witness stood ` +
      `still ${Math.max(...worlds.map((world) => world.longestStallMs))} ms at most`,
  );
}

function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ', changed');
  } catch {
    return 'unknown';
  }
}
