import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runClosing } from '../helpers/closing.ts';
import { runLiveShift, type LiveShift } from './live-shift.ts';
import { predict, type Predicted, type Prediction } from './prediction.ts';
import { brokenLaws } from './laws.ts';
import { bedTimes, type Plan } from './plan.ts';

/*
 * npm run prove:pacing-live: a shift of the daemon as it ships on a real Asterisk, beside the simulator's prediction for
 * the same settings and the same people (plan.ts), and its recording played again.
 *
 * Exit 0: talk share and abandonment both lie within the 95 % interval of single simulated shifts, each decision is the
 * same when replayed, no law is broken. A dialer that is exactly what the simulator takes it for fails one figure in
 * twenty: run it again with another seed before looking for a cause.
 */
/** Fewer leave the ends of the interval to chance: of 300, the one of abandonment is uncertain by a tenth of its length. */
const SHIFTS = 600;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    agents: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);

function planOf(): Plan {
  const positive = (name: 'minutes' | 'agents' | 'seed'): number => {
    const value = Number(values[name]);
    if (!(value > 0) || (name !== 'minutes' && !Number.isInteger(value))) throw new Error(`--${name} ${values[name]}`);
    return value;
  };
  return { minutes: positive('minutes'), agents: positive('agents'), seed: positive('seed') };
}

await runClosing(async (closers) => {
  const plan = planOf();
  const dir = mkdtempSync(join(tmpdir(), 'obz-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const shift = await runLiveShift(plan, { dir, closers, say });
  say(`simulating the same shift ${SHIFTS} times`);
  const prediction = predict(plan, bedTimes(shift.figures), SHIFTS);
  const broken = brokenLaws(shift);
  if (values.json) console.log(JSON.stringify({ plan, shift, prediction, broken }, null, 2));
  else print(plan, shift, prediction, broken);
  const within = (value: number, { low, high }: Predicted): boolean => value >= low && value <= high;
  const ok = within(shift.figures.talk, prediction.talk) && within(shift.figures.abandonment, prediction.abandonment);
  return ok && broken.length === 0 ? 0 : 1;
});

function print(plan: Plan, shift: LiveShift, prediction: Prediction, broken: readonly string[]): void {
  const { figures, agentTime, replay, cpu, rows } = shift;
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const whole = (count: number): string => count.toFixed(0);
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(16) : cell.padStart(i === 3 ? 21 : 13))).join('');
  const row = (name: string, value: number, expected: Predicted, text: (value: number) => string): string => {
    const inside = value >= expected.low && value <= expected.high;
    const interval = `${text(expected.low)} to ${text(expected.high)}`;
    return line([name, text(value), text(expected.mean), interval, inside ? 'yes' : 'NO']);
  };
  console.log(
    [
      `${plan.agents} agents, ${plan.minutes} min, seed ${plan.seed}; ${shift.asterisk}; ${prediction.shifts} simulated shifts`,
      '',
      line(['', 'measured', 'predicted', '95 % interval', 'within']),
      row('talk share', figures.talk, prediction.talk, percent),
      row('abandonment', figures.abandonment, prediction.abandonment, percent),
      row('calls', figures.placed, prediction.placed, whole),
      row('live answers', figures.answers, prediction.answers, whole),
      '',
      `replay          ${replay.different === 0 ? `all ${replay.decisions} decisions are the same, bit for bit` : `${replay.different} of ${replay.decisions} decisions differ`}`,
      `laws            ${broken.length === 0 ? `held by all ${rows.attempts} calls` : broken.join('; ')}`,
      `calls           ${Object.entries(figures.endings)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}`,
      `agents' time    ${Object.entries(agentTime)
        .map(([name, share]) => `${name} ${percent(share)}`)
        .join(', ')}`,
      `answer to agent p50 ${whole(figures.waitMs.p50)}, p99 ${whole(figures.waitMs.p99)}, mean ${whole(figures.waitMs.mean)} ms`,
      `bed             ${figures.setupMs.toFixed(1)} ms to ringing, ${figures.refusalMs.toFixed(1)} ms to a refusal, ${(figures.gaveUpMs / 1_000).toFixed(2)} s of ringing in vain`,
      `cost            daemon ${percent(cpu.daemon)} of a core (${((cpu.daemon * plan.minutes * 60_000) / figures.placed).toFixed(1)} ms a call), Asterisk ${percent(cpu.pbx)}; recording ${whole(shift.recorded / 1024)} KB`,
    ].join('\n'),
  );
}
