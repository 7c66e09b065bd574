import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

/*
 * npm test: types, lint and format, then the tests, and one last line `N passed, N failed`.
 * npm test -- test/core runs the tests below those paths alone; --no-live leaves out those that start an Asterisk.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { live: { type: 'boolean', default: true } },
  allowNegative: true,
});

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

const tool = (name: string): string => join('node_modules', '.bin', name);

let passed = 0;
let failed = 0;

if (positionals.length === 0) {
  const checks = [
    ['types', tool('tsc'), ['--noEmit']],
    ['lint', tool('eslint'), ['.']],
    ['format', tool('prettier'), ['--check', '--log-level', 'warn', '.']],
  ] as const;
  const results = await Promise.all(
    checks.map(async ([name, command, args]) => ({ name, ...(await run(command, args)) })),
  );
  for (const { name, code, output } of results) {
    console.log(`${code === 0 ? 'ok' : 'FAILED'} ${name}`);
    if (code === 0) passed += 1;
    else {
      failed += 1;
      console.log(output);
    }
  }
}

const only = positionals.length > 0 ? positionals : values.live ? [] : ['--exclude=test/live/**'];
const totals = await runTap(only);
passed += totals.pass;
failed += totals.fail;

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Runs tap and tells each file as it ends, the whole of it where something failed. */
async function runTap(args: readonly string[]): Promise<{ pass: number; fail: number }> {
  const child = spawn(tool('tap'), [...args, '--reporter=tap', '--jobs=2'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise<number>((resolve) => void child.on('close', (code) => resolve(code ?? 1)));
  let file: string[] = [];
  let totals = '';
  for await (const line of createInterface({ input: child.stdout })) {
    file.push(line);
    if (line.startsWith('# {')) totals = line;
    const end = /^(not )?ok \d+ - (\S+)/.exec(line);
    if (end === null) continue;
    if (end[1] === undefined) console.log(`ok ${end[2]}`);
    else console.log(`FAILED ${end[2]}\n${file.join('\n')}`);
    file = [];
  }
  const code = await closed;
  // tap's own closing comment: `# { total: 12, pass: 11, fail: 1 }`.
  const count = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(totals)?.[1] ?? 0);
  const fail = count('fail');
  return { pass: count('pass'), fail: code !== 0 && fail === 0 ? 1 : fail };
}
