import { ObzvonError } from '../../errors.ts';
import type { Floor } from '../../dialer/floor.ts';

/** How long a slice may work before it commits; the commit itself comes on top. */
const SLICE_MS = 4;

/**
 * Long work in slices, each one transaction and then a turn of the event loop, so that dialing waits for one slice at
 * most. `slice` works while `hasTime()` and answers whether more is left. Throws DAEMON_NOT_RUNNING between slices when
 * the caller has gone or the daemon stops: what was committed stands.
 */
export async function inSlices(
  floor: Floor,
  signal: AbortSignal,
  slice: (hasTime: () => boolean) => boolean,
): Promise<void> {
  for (;;) {
    // Before the first slice too: reading and checking the request took its time already.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    if (signal.aborted) throw new ObzvonError('DAEMON_NOT_RUNNING', 'the work was cut short: it can go on later');
    const more = floor.act(() => {
      const until = floor.clock.monotonic() + SLICE_MS;
      return slice(() => floor.clock.monotonic() < until);
    });
    if (!more) return;
  }
}
