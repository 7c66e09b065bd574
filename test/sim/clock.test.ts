import t from 'tap';
import { createVirtualClock } from '../../lib/sim/clock.ts';

void t.test('virtual time is whole milliseconds whatever is asked for, as the database wants it', async (t) => {
  const clock = createVirtualClock(1_000);
  const fired: number[] = [];
  for (const ms of [0.4, 2.9, 3, -5.5]) clock.after(ms, () => void fired.push(clock.now()));
  await clock.advance(10);
  t.strictSame(fired, [1_000, 1_000, 1_002, 1_003]);
});
