import { setImmediate as breath } from 'node:timers/promises';
import { ObzvonError } from '../../errors.ts';
import type { Floor } from '../../dialer/floor.ts';
import { createSlices } from '../../slices.ts';
import type { Daemon } from './daemon.ts';

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
  const slices = createSlices(floor.clock);
  for (;;) {
    // Before the first slice too: reading and checking the request took its time already.
    await breath();
    if (signal.aborted) throw new ObzvonError('DAEMON_NOT_RUNNING', 'the work was cut short: it can go on later');
    if (!slices((work) => floor.act(work), slice)) return;
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
  const slices = createSlices(clock);
  for (;;) {
    await breath();
    if (signal.aborted) throw new ObzvonError('WAIT_TIMED_OUT', 'the caller has gone');
    if (!slices((work) => store.reading(work), slice)) return;
  }
}
