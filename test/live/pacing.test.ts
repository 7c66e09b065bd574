import t from 'tap';
import type { Closers } from '../helpers/closing.ts';
import { shortDir } from '../helpers/short-dir.ts';
import { brokenLaws } from '../prove/laws.ts';
import { runLiveShift } from '../prove/live-shift.ts';
import { bedTimes } from '../prove/plan.ts';
import { predict, type Predicted } from '../prove/prediction.ts';

/*
 * The short form of npm run prove:pacing-live. A right dialer leaves the 95 % interval of one of two figures once in ten
 * runs. So the interval here ends three standard deviations beyond the furthest of 500 simulated shifts: of 8,000 more,
 * one in 2,200 left it. Deviations from the mean will not do: a cold start has long tails.
 */
const PLAN = { agents: 20, minutes: 3, seed: Number(process.env['OBZVON_PACING_SEED'] ?? 3) };
const SHIFTS = 500;
const DEVIATIONS = 3;
/** The shift, a minute for the bed and the last calls, and the simulation: on a machine that has more to do. */
const LIMIT_MS = (PLAN.minutes + 3) * 60_000;

// tap ends a file that takes longer than .taprc says, unless it says so itself
t.setTimeout(LIMIT_MS);

void t.test(
  'three minutes of predictive pacing on a real Asterisk: talk share and abandonment within what 500 simulated ' +
    'shifts of the same plan come to and 3 standard deviations more, the recording replays bit for bit, no law is broken',
  { timeout: LIMIT_MS },
  async (t) => {
    const closers: Closers = [];
    t.teardown(async () => {
      for (const close of closers.reverse()) await close();
    });
    const shift = await runLiveShift(PLAN, { dir: shortDir(t), closers, say: (line) => void t.comment(line) });
    const { figures, replay } = shift;
    t.strictSame(brokenLaws(shift), []);
    t.ok(replay.decisions > 1_000, `${replay.decisions} decisions are replayed`);
    t.equal(replay.different, 0, 'bit for bit');

    const { talk, abandonment } = predict(PLAN, bedTimes(figures), SHIFTS);
    const within = (name: string, value: number, { least, most, sd }: Predicted): void => {
      const [low, high] = [Math.max(0, least - DEVIATIONS * sd), most + DEVIATIONS * sd];
      const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
      t.ok(value >= low && value <= high, `${name} ${percent(value)}, expected ${percent(low)} to ${percent(high)}`);
    };
    within('talk share', figures.talk, talk);
    within('abandonment', figures.abandonment, abandonment);
  },
);
