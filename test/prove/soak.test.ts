import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { seededRandom } from '../../lib/sim/random.ts';
import type { Closers } from '../helpers/closing.ts';
import { PER_SECOND, runSoak } from './soak/drive.ts';
import { slopeOf } from './soak/slope.ts';

const MINUTES = 0.5;

void t.test('a slope is found, and its interval tells growth from chance', async (t) => {
  const random = seededRandom(1);
  const noisy = (perHour: number) =>
    Array.from({ length: 600 }, (_, i) => ({ atMs: i * 6_000, value: 200 + perHour * (i / 600) + 8 * random() }));
  const level = slopeOf(noisy(0));
  t.ok(level.low < 0 && level.high > 0, `${level.low} to ${level.high} of none`);
  const rising = slopeOf(noisy(10));
  t.ok(rising.low > 0 && Math.abs(rising.perHour - 10) < 3, `${rising.perHour} of 10`);
  t.throws(() => slopeOf([]), /too few/);
});

void t.test(
  '200 agents and 20 calls a second: files, log and event loop keep their bounds',
  { timeout: 90_000 },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'obz-'));
    const closers: Closers = [() => rmSync(dir, { recursive: true, force: true })];
    try {
      const result = await runSoak({ dir, closers, minutes: MINUTES, say: (line) => t.comment(line) });
      t.comment(JSON.stringify(result));
      t.ok(result.calls > MINUTES * 60 * PER_SECOND * 0.5, `${result.calls} calls`);
      t.ok(result.files.last <= result.files.first + 2, `${result.files.last} open files`);
      t.ok(result.walMostMb <= 64, `${result.walMostMb} MB of log`);
      // On a machine that has other things to do, what it adds is the idle process's too.
      t.ok(result.lag.p99Ms <= 20 + result.ownLag.p99Ms, `p99 ${result.lag.p99Ms} ms`);
    } finally {
      for (const close of closers.reverse()) await close();
    }
  },
);
