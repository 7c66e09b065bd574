import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

function run(command: string, args: readonly string[], quiet: boolean): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'] });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
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
    checks.map(async ([name, command, args]) => ({ name, ...(await run(command, args, true)) })),
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

const folder = mkdtempSync(join(tmpdir(), 'obz-test-'));
const report = join(folder, 'report.tap');
try {
  const only = positionals.length > 0 ? positionals : values.live ? [] : ['--exclude=test/live/**'];
  const { code } = await run(tool('tap'), [...only, '--reporter=terse', `--output-file=${report}`], false);
  const totals = lastTotals(readFileSync(report, 'utf8'));
  passed += totals.pass;
  failed += Math.max(totals.fail, code !== 0 && totals.fail === 0 ? 1 : 0);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** tap's own closing comment: `# { total: 12, pass: 11, fail: 1 }`. */
function lastTotals(tap: string): { pass: number; fail: number } {
  const line = [...tap.matchAll(/^# \{([^}]*)\}\s*$/gm)].at(-1)?.[1] ?? '';
  const count = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(line)?.[1] ?? 0);
  return { pass: count('pass'), fail: count('fail') };
}
