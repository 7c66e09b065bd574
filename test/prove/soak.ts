import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runClosing } from '../helpers/closing.ts';
import { machine } from './machine.ts';
import { PER_SECOND, runSoak } from './soak/drive.ts';

/*
 * npm run prove:soak: the daemon as it ships, on its simulated PBX, 200 agents, 20 calls a second, for 3 minutes
 * (`-- --minutes N`, `--hours N`): does it grow, and does its event loop keep up. Exit 0: all goals were met.
 *
 * The slope of the memory is that of the means of 20 stretches after a fifth of the time. In less than half an hour the
 * heap has not found its size: then it is told, and is no goal.
 */
const JUDGED_FROM_MIN = 30;
const LAG_MS = 20;
const WAL_MB = 64;
/** Of the calls asked for; with fewer the load was another one. */
const LOAD_SHARE = 0.9;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '3' }, hours: { type: 'string' } } });

await runClosing(async (closers) => {
  const minutes = values.hours === undefined ? Number(values.minutes) : 60 * Number(values.hours);
  if (!(minutes > 0)) throw new Error('--minutes and --hours are numbers above 0');
  const dir = mkdtempSync(join(tmpdir(), 'obz-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const { slope, lag, ownLag, walMostMb, files, rssMb, calls } = await runSoak({ dir, closers, minutes, say });
  const judged = minutes >= JUDGED_FROM_MIN;
  const perSecond = calls / (minutes * 60);
  const goals: readonly (readonly [text: string, met: boolean | null])[] = [
    [`${calls} calls, ${perSecond.toFixed(1)} a second`, perSecond >= LOAD_SHARE * PER_SECOND],
    [
      `memory ${rssMb.first} MB to ${rssMb.last} MB, slope ${slope.perHour.toFixed(1)} MB an hour, 95 % interval ${slope.low.toFixed(1)} to ${slope.high.toFixed(1)}`,
      judged ? slope.low <= 0 : null,
    ],
    [`event loop's lag p50 ${lag.p50Ms} p99 ${lag.p99Ms} max ${lag.maxMs} ms`, lag.p99Ms <= LAG_MS],
    [`write-ahead log at most ${walMostMb.toFixed(1)} MB`, walMostMb <= WAL_MB],
    [`open files ${files.first} to ${files.last}, at most ${files.most}`, files.last <= files.first + 2],
  ];
  for (const [text, met] of goals) console.log(`${met === null ? 'told  ' : met ? 'met   ' : 'MISSED'}  ${text}`);
  console.log(`an idle process beside it lags p50 ${ownLag.p50Ms} p99 ${ownLag.p99Ms} max ${ownLag.maxMs} ms`);
  console.log(`${minutes} min; ${machine()}`);
  return goals.every(([, met]) => met !== false) ? 0 : 1;
});
