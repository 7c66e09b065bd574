import t from 'tap';
import { backoffAfter } from '../../asterisk/supervise.ts';
import { TIMINGS } from '../../asterisk/timings.ts';

const LIMITS = { min: 200, max: 2_000 };

void t.test('the wait doubles from its least to its most, and stays there for ever', async (t) => {
  const waits = [0, 1, 2, 3, 4, 50, 1_000_000].map((failures) => backoffAfter(failures, LIMITS, () => 1));
  t.strictSame(waits, [400, 800, 1_600, 2_000, 2_000, 2_000, 2_000]);
});

void t.test('each wait is jittered over half of its ceiling, the first too', async (t) => {
  for (const failures of [0, 3, 100]) {
    const [least, middle, most] = [0, 0.5, 1].map((draw) => backoffAfter(failures, LIMITS, () => draw));
    t.equal(least, (most ?? 0) / 2);
    t.equal(middle, ((most ?? 0) * 3) / 4);
  }
});

void t.test('in production: a vanished peer is found in 3 s, one that is back is in use in 5 s', async (t) => {
  t.ok(TIMINGS.pingMs * (TIMINGS.pingsMissed + 1) <= 3_000);
  t.ok(TIMINGS.knockMs + TIMINGS.backoffMs.max <= 4_000, 'and a second remains for the connecting itself');
});
