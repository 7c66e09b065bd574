import type { Clock } from '../clock.ts';
import { CLOCK_TOLERANCE_MS } from '../core/gate/system.ts';
import type { Floor } from './floor.ts';

/** Sees the wall clock jump against the monotonic one; what happened while the daemon was down the ledger tells. */
export interface ClockWatch {
  /** By how much the wall clock jumped since the last look, ms, forwards positive; 0 when it kept time. */
  look(): number;
}

/** Starts from what both clocks show now. */
export function createClockWatch(clock: Pick<Clock, 'now' | 'monotonic'>): ClockWatch {
  let offset = clock.now() - clock.monotonic();
  return {
    look() {
      const before = offset;
      offset = clock.now() - clock.monotonic();
      // Clocks that are steered drift a little from look to look; the drift never adds up.
      return Math.abs(offset - before) > CLOCK_TOLERANCE_MS ? Math.round(offset - before) : 0;
    },
  };
}

/** Looks at the clock; a jump is remembered for the gate, logged and journalled. */
export function watchClock(floor: Floor, watch: ClockWatch): void {
  const byMs = watch.look();
  if (byMs === 0) return;
  const { store, log } = floor;
  const now = floor.clock.now();
  floor.clockJumpedAt = now;
  log.error({ byMs }, 'the clock jumped; dialing rests until it has kept still');
  floor.act(() => store.journal.write({ at: now, subject: 'daemon', id: 'clock', event: 'jumped', data: { byMs } }));
}
