import type { Clock } from '../clock.ts';
import { CLOCK_SETTLE_MS, CLOCK_TOLERANCE_MS } from '../core/gate/system.ts';
import { clearHold, setHold, type Floor } from './floor.ts';

/** Sees the wall clock jump against the monotonic one; what happened while the daemon was down the ledger tells. */
export interface ClockWatch {
  /** By how much the wall clock jumped since the last look, ms, forwards positive; 0 when it kept time. */
  look(): number;
  /** Whether it has kept still for long enough, by the clock that never jumps. */
  settled(): boolean;
}

/** Starts from what both clocks show now. */
export function createClockWatch(clock: Pick<Clock, 'now' | 'monotonic'>): ClockWatch {
  let offset = clock.now() - clock.monotonic();
  let settledAt = -Infinity;
  return {
    look() {
      const before = offset;
      offset = clock.now() - clock.monotonic();
      // Clocks that are steered drift a little from look to look; the drift never adds up.
      if (Math.abs(offset - before) <= CLOCK_TOLERANCE_MS) return 0;
      settledAt = clock.monotonic() + CLOCK_SETTLE_MS;
      return Math.round(offset - before);
    },
    settled: () => clock.monotonic() >= settledAt,
  };
}

/** Looks at the clock; a jump stops all dialing until it has kept still, is remembered for the gate, and journalled. */
export function watchClock(floor: Floor, watch: ClockWatch): void {
  const byMs = watch.look();
  if (byMs === 0) {
    if (watch.settled()) clearHold(floor, 'clock-jumped');
    return;
  }
  const { store, log } = floor;
  const now = floor.clock.now();
  floor.clockJumpedAt = now;
  const way = byMs > 0 ? 'forwards' : 'back';
  setHold(floor, 'clock-jumped', `by ${Math.abs(byMs / 1_000).toFixed(1)} s ${way}; it must keep still for a minute`);
  log.error({ byMs }, 'the clock jumped; dialing rests until it has kept still');
  floor.act(() => store.journal.write({ at: now, subject: 'daemon', id: 'clock', event: 'jumped', data: { byMs } }));
}
