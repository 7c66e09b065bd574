import { execFileSync, fork } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { runCrew } from './lives/crew.ts';
import { runStorm, type StormFound } from './lives/storm.ts';

/*
 * npm run prove:sim -- --seeds N [--from S] [--processes P]: the production core over a simulated PBX, clock and people,
 * with faults drawn from each seed. --seed S runs one again, byte for byte; --trace prints all that happened in it.
 * --agents N [--minutes M] runs one shift of a large crew, with talks of two minutes, and tells how fast.
 */

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    processes: { type: 'string', default: '2' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    agents: { type: 'string' },
    minutes: { type: 'string', default: '30' },
    first: { type: 'boolean', default: false },
    part: { type: 'boolean', default: false },
  },
});

/** What a process tells of its seeds since it told last. */
interface Told {
  readonly seeds: number;
  readonly placed: number;
  readonly lives: number;
  readonly faults: number;
  readonly effects: number;
  readonly virtualMs: number;
  /** Of seeds with a breach, as printed. */
  readonly broken: readonly string[];
}

const NOTHING: Told = { seeds: 0, placed: 0, lives: 0, faults: 0, effects: 0, virtualMs: 0, broken: [] };
const TELL_EACH = 50;
const SHOWN_BREACHES = 5;

function plus(a: Told, b: Told): Told {
  return {
    seeds: a.seeds + b.seeds,
    placed: a.placed + b.placed,
    lives: a.lives + b.lives,
    faults: a.faults + b.faults,
    effects: a.effects + b.effects,
    virtualMs: a.virtualMs + b.virtualMs,
    broken: [...a.broken, ...b.broken],
  };
}

async function one(seed: number): Promise<Told> {
  const { placed, lives, faults, effects, virtualMs, breaches } = await runStorm(seed);
  const broken = breaches.length === 0 ? [] : [shown(seed, breaches)];
  return { seeds: 1, placed, lives, faults: faults.length, effects, virtualMs, broken };
}

function shown(seed: number, breaches: StormFound['breaches']): string {
  return [`seed ${seed}`, ...breaches.slice(0, SHOWN_BREACHES).map(({ law, what }) => `  ${law}: ${what}`)].join('\n');
}

async function part(from: number, seeds: number): Promise<void> {
  let told = NOTHING;
  const tell = (): void => {
    process.send?.(told);
    told = NOTHING;
  };
  for (let seed = from; seed < from + seeds; seed += 1) {
    told = plus(told, await one(seed));
    if (told.seeds === TELL_EACH) tell();
  }
  tell();
  process.disconnect();
}

async function all(from: number, seeds: number, processes: number): Promise<Told> {
  const each = Math.ceil(seeds / processes);
  let told = NOTHING;
  await Promise.all(
    Array.from({ length: processes }, (_, i) => {
      const [first, count] = [from + i * each, Math.min(each, seeds - i * each)];
      if (count <= 0) return Promise.resolve();
      const child = fork(import.meta.filename, ['--part', '--from', String(first), '--seeds', String(count)]);
      child.on('message', (more: Told) => {
        for (const text of more.broken) console.log(text);
        const before = told.seeds;
        told = plus(told, more);
        if (Math.floor(told.seeds / 5_000) > Math.floor(before / 5_000)) console.log(`… ${told.seeds} seeds`);
      });
      return new Promise<void>((resolve, reject) => {
        child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process ended with ${code}`))));
      });
    }),
  );
  return told;
}

/** Stops at the first violation: what planted bugs are looked for with. */
async function untilBroken(from: number, seeds: number): Promise<void> {
  for (let seed = from; seed < from + seeds; seed += 1) {
    const [breach] = (await runStorm(seed)).breaches;
    if (breach === undefined) continue;
    console.log(`caught by ${breach.law}: ${breach.what.split('\n')[0]}\nafter ${seed - from + 1} seeds`);
    return;
  }
  console.log(`nothing found in ${seeds} seeds`);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

if (values.part) {
  await part(Number(values.from), Number(values.seeds));
} else if (values.first) {
  await untilBroken(Number(values.from), Number(values.seeds));
} else if (values.agents !== undefined) {
  const found = await runCrew(Number(values.seed ?? 1), Number(values.agents), Number(values.minutes));
  const { virtualMs, tookMs, cpuMs, placed, talks, lives, breaches } = found;
  for (const { law, what } of breaches.slice(0, SHOWN_BREACHES)) console.log(`  ${law}: ${what}`);
  console.log(
    `${values.agents} agents, ${placed} calls, ${talks} talks, ${lives} daemons, ${breaches.length} violations`,
  );
  console.log(
    `${(virtualMs / 60_000).toFixed(0)} min of their time in ${(tookMs / 1_000).toFixed(1)} s: ` +
      `${(virtualMs / tookMs).toFixed(0)} times as fast, ${(virtualMs / cpuMs).toFixed(0)} by processor time`,
  );
  console.log(`commit ${commit()}, seed ${values.seed ?? 1}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`);
  if (breaches.length > 0) process.exitCode = 1;
} else if (values.seed !== undefined) {
  const seed = Number(values.seed);
  const found = await runStorm(seed, { trace: values.trace });
  for (const line of found.trace) console.log(line);
  console.log(`seed ${seed}, commit ${commit()}: ${found.faults.join('; ') || 'no faults'}`);
  console.log(
    `${found.lives} daemons, ${found.placed} calls, ${found.effects} effects, ${found.virtualMs / 1_000} s of their time`,
  );
  for (const { law, what } of found.breaches) console.log(`  ${law}: ${what}`);
  console.log(`${found.breaches.length} violations`);
  if (found.breaches.length > 0) process.exitCode = 1;
} else {
  const startedMs = performance.now();
  const told = await all(Number(values.from), Number(values.seeds), Number(values.processes));
  const tookMs = performance.now() - startedMs;
  const { seeds, lives, placed, faults, effects, virtualMs, broken } = told;
  console.log(`${lives} daemons, ${placed} calls, ${effects} effects, ${faults} faults`);
  console.log(
    `${(virtualMs / 3_600_000).toFixed(1)} h of their time in ${(tookMs / 1_000).toFixed(0)} s: ` +
      `${(virtualMs / tookMs).toFixed(0)} times as fast, ${(tookMs / Math.max(1, seeds)).toFixed(1)} ms a seed, ` +
      `${values.processes} processes on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  );
  console.log(
    `commit ${commit()}, seeds ${values.from}…${Number(values.from) + seeds - 1}, ${broken.length} with a violation`,
  );
  if (broken.length > 0) {
    console.log('npm run prove:sim -- --seed S runs one of them again; --trace shows all that happened in it');
    process.exitCode = 1;
  }
}
