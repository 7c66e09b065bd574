import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runClosing } from '../helpers/closing.ts';
import { checkMonth, LAWS, type Law } from './month-check.ts';
import { driveMonth } from './month-drive.ts';
import { driveWhole } from './month-whole.ts';

/*
 * npm run prove:month: a month over a base of people with two numbers each, driven through the dialer's own engine, gate,
 * settling and store (see month-drive.ts for what is not its own), then held against its laws by a checker that shares no
 * code with them.
 *
 * The database is a file with the pragmas as shipped, in memory where the machine has /dev/shm (--dir puts it elsewhere):
 * what a disk takes to write is no part of the proof. Same --leads, --days and --seed: same month.
 */
const { values: options } = parseArgs({
  options: {
    leads: { type: 'string', default: '100000' },
    days: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    dir: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
    keep: { type: 'boolean', default: false },
    whole: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);

await runClosing(async (closers) => {
  const dir = mkdtempSync(join(options.dir, 'obz-'));
  if (options.keep) say(`kept in ${dir}`);
  else closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const plan = { leads: Number(options.leads), days: Number(options.days), seed: Number(options.seed) };
  const begun = performance.now();
  const path = join(dir, 'month.db');
  const month = options.whole ? await driveWhole(plan, path) : await driveMonth(plan, path, say);
  const driven = performance.now();
  const { breaches, counts, figures } = checkMonth(month);
  const checked = performance.now();
  const seconds = (from: number, to: number): string => ((to - from) / 1_000).toFixed(1);
  for (const [name, value] of Object.entries(figures)) console.log(`${String(value).padStart(9)}  ${name}`);
  console.log('');
  for (const [law, text] of Object.entries(LAWS)) {
    const broken = counts.get(law as Law) ?? 0;
    console.log(`${broken === 0 ? 'holds ' : `BROKEN ${broken} times`}  ${text}`);
    for (const { what } of breaches.filter((one) => one.law === law)) console.log(`          ${what}`);
  }
  const { user, system } = process.cpuUsage();
  console.log(
    `\n${plan.days} days of ${plan.leads} leads, seed ${plan.seed}: driven in ${seconds(begun, driven)} s, checked in ` +
      `${seconds(driven, checked)} s; ${((user + system) / 1e6).toFixed(1)} s of CPU, ` +
      `${Math.round(process.resourceUsage().maxRSS / 1_024)} MB of memory, ${Math.round(statSync(month.path).size / 1e6)} MB of database`,
  );
  return breaches.length === 0 ? 0 : 1;
});
