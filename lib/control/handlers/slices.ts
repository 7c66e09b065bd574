import { setImmediate as breath } from 'node:timers/promises';
import { ObzvonError } from '../../errors.ts';
import type { Floor } from '../../dialer/floor.ts';
import type { Daemon } from './daemon.ts';

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
    await breath();
    if (signal.aborted) throw new ObzvonError('DAEMON_NOT_RUNNING', 'the work was cut short: it can go on later');
    const more = floor.act(() => {
      const until = floor.clock.monotonic() + SLICE_MS;
      return slice(() => floor.clock.monotonic() < until);
    });
    if (!more) return;
  }
}

/**
 * Long reading in slices, each on one state of the database, with a turn of the event loop between. As `inSlices`
 * otherwise.
 */
export async function inReadSlices(
  { store, clock }: Pick<Daemon, 'store' | 'clock'>,
  signal: AbortSignal,
  slice: (hasTime: () => boolean) => boolean,
): Promise<void> {
  for (let more = true; more; ) {
    await breath();
    if (signal.aborted) throw new ObzvonError('WAIT_TIMED_OUT', 'the caller has gone');
    const until = clock.monotonic() + SLICE_MS;
    more = store.reading(() => slice(() => clock.monotonic() < until));
  }
}
