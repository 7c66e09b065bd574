import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PLANTED_BUGS, type PlantedBug } from './lives/planted-bugs.ts';
import { runStorm } from './lives/storm.ts';

/*
 * npm run prove:planted: each planted bug, in a copy of the sources, is looked for by prove:sim until it is found. What is
 * not found within `--seeds N` fails the proof. `-- --only TEXT` takes those whose name has the text.
 */

/** What a run over a bug came to. */
export interface Hunt {
  readonly bug: string;
  /** The law that caught it; null: it was not caught. */
  readonly law: string | null;
  readonly what: string;
  readonly seeds: number;
}

const ROOT = join(import.meta.dirname, '../..');
/** What a run of prove:sim reads. */
const NEEDED = ['lib', 'schemas', 'test/helpers', 'test/prove', 'package.json'];

/** Plants a bug in a copy of the sources and looks for it. Throws when a text it changes is not there once. */
export async function hunt(bug: PlantedBug, seeds: number, from = 1): Promise<Hunt> {
  const folder = mkdtempSync(join(tmpdir(), 'obzvon-planted-'));
  try {
    for (const path of NEEDED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, find, put } of bug.edits) {
      const text = readFileSync(join(folder, file), 'utf8');
      const found = text.split(find).length - 1;
      if (found !== 1) throw new Error(`“${bug.name}”: ${file} has its text ${found} times: ${find}`);
      writeFileSync(
        join(folder, file),
        text.replace(find, () => put),
      );
    }
    for (let first = from; first < from + seeds; ) {
      const output = await run(folder, ['--first', '--from', String(first), '--seeds', String(from + seeds - first)]);
      const [, law, what = '', tried] = /^caught by (\S+): (.*)\nafter (\d+) seeds$/m.exec(output) ?? [];
      if (law === undefined) {
        if (/^nothing found in \d+ seeds$/m.test(output)) break;
        throw new Error(`“${bug.name}” did not run: ${output.slice(-1_500)}`);
      }
      first += Number(tried);
      // It is the bug that was caught, and nothing that is there without it.
      if ((await runStorm(first - 1)).breaches.length === 0) {
        return { bug: bug.name, law, what, seeds: first - from };
      }
    }
    return { bug: bug.name, law: null, what: '', seeds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(folder: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'test/prove/sim.ts'), ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    child.on('close', () => resolve(output));
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seeds: { type: 'string', default: '2000' }, only: { type: 'string', default: '' } },
  });
  const bugs = PLANTED_BUGS.filter(({ name }) => name.includes(values.only));
  const loose: string[] = [];
  const waiting = [...bugs];
  const startedMs = performance.now();
  await Promise.all(
    [0, 1].map(async () => {
      for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
        const found = await hunt(bug, Number(values.seeds)).catch((error: unknown) => {
          console.log(String(error));
          return null;
        });
        if (found === null) loose.push(bug.name);
        if (found === null) continue;
        if (found.law === null) loose.push(bug.name);
        const how = found.law === null ? 'NOT CAUGHT' : `${found.law} after ${found.seeds}`;
        console.log(`${how.padEnd(22)} ${bug.name}${found.law === null ? '' : `: ${found.what}`}`);
      }
    }),
  );
  const tookS = ((performance.now() - startedMs) / 1_000).toFixed(0);
  console.log(`${bugs.length - loose.length} of ${bugs.length} planted bugs caught, ${tookS} s`);
  if (loose.length > 0) process.exitCode = 1;
}

if (import.meta.main) await main();
