import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { startTestbed } from '../../asterisk/testbed/start.ts';
import { machine, quantiles } from './machine.ts';
import { runClosing } from '../helpers/closing.ts';
import { runAsterisk, type AsteriskResult } from './asterisk/drive.ts';
import { FAULTS } from './asterisk/faults.ts';
import { runToxics } from './toxics.ts';

/*
 * npm run prove:asterisk: the daemon as it ships dials on a real Asterisk, which is killed, stopped and restarted 100
 * times (`-- --times N`) under load; then over wires that are ill in seven ways (`--no-toxics` leaves them out).
 * `--seed N` chooses the order of the faults. Exit 0: no promise was broken.
 */
const AGENTS = 20;
/** More than are called in the time. */
const LEADS_A_TIME = 150;

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    toxics: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);

await runClosing(async (closers) => {
  const [times, seed] = [Number(values.times), Number(values.seed)];
  if (!Number.isInteger(times) || times < 1 || !Number.isInteger(seed))
    throw new Error('--times and --seed are numbers');
  const closing = { teardown: (fn: () => void | Promise<void>): void => void closers.push(fn) };
  const logFile = join(tmpdir(), `prove-asterisk-${process.pid}.log`);
  const bed = await startTestbed({ agents: AGENTS, seed, say });
  closers.push(() => bed.stop());
  const startedMs = performance.now();
  const leads = Math.min(90_000, 900 + times * LEADS_A_TIME);
  const result = await runAsterisk({ bed, closing, seed, times, leads, say, logFile });
  print(result, performance.now() - startedMs, bed.version);
  let broken = result.violations.length;
  if (broken > 0) console.log(`the daemon's log: ${logFile}`);
  if (values.toxics) {
    const wires = await startTestbed({ agents: 5, seed, say });
    closers.push(() => wires.stop());
    const { violations, rounds } = await runToxics({ bed: wires, closing, seed, say });
    for (const { name, lostAfterMs, dialingAfterMs } of rounds) {
      console.log(
        `wires, ${name}: lost after ${lostAfterMs ?? '-'} ms, dialing again after ${dialingAfterMs ?? '-'} ms`,
      );
    }
    for (const violation of violations) console.log(`wires: ${violation}`);
    broken += violations.length;
  }
  console.log(`${broken === 0 ? 'no promise' : broken} broken; seed ${seed}; ${machine()}`);
  return broken === 0 ? 0 : 1;
});

function print(result: AsteriskResult, tookMs: number, version: string): void {
  const { findings, violations, byDisposition } = result;
  const line = (name: string, of: AsteriskResult['findings']): string => {
    const { p50, p99, max } = quantiles(of.map(({ dialingAfterMs }) => dialingAfterMs ?? Infinity));
    return `${name.padEnd(12)} ${String(of.length).padStart(4)}  dialing again after p50 ${p50} p99 ${p99} max ${max} ms`;
  };
  for (const fault of FAULTS) {
    const own = findings.filter((finding) => finding.fault === fault);
    if (own.length > 0) console.log(line(fault, own));
  }
  console.log(line('all', findings));
  console.log(
    `${result.attempts} attempts, ${result.originates} originates sent, ${result.placed} channels, ${result.heard} calls in the network`,
  );
  console.log(
    `${result.late} originates lay before a stopped Asterisk and were taken when it ran on, the latest ${result.latestMs} ms after`,
  );
  console.log(
    Object.entries(byDisposition)
      .map(([name, n]) => `${name} ${n}`)
      .join(', '),
  );
  for (const violation of violations) console.log(violation);
  console.log(`Asterisk ${version}, ${(tookMs / 60_000).toFixed(1)} min`);
}
