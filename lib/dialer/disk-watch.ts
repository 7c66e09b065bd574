import { ballastMove, diskLowReason, isDiskLow } from '../core/guard/disk-room.ts';
import { messageOf } from '../errors.ts';
import { clearHold, setHold, type Floor } from './floor.ts';

const MB = 1_048_576;

/** Looks at the room on the database's disk: no calls while it is low, and the ballast kept or given up. */
export function watchDisk(floor: Floor): void {
  const { disk } = floor.store;
  if (disk === null) return;
  const { minFreeMb, ballastMb } = floor.safety;
  const free = disk.freeBytes();
  if (isDiskLow(free, minFreeMb, floor.holds.has('disk-low'))) {
    setHold(floor, 'disk-low', diskLowReason(free, minFreeMb));
  } else clearHold(floor, 'disk-low');
  if (free === null) return;
  const ballastBytes = ballastMb * MB;
  switch (ballastMove(free, { held: disk.holdsBallast(), ballastBytes, minFreeMb })) {
    case 'release':
      disk.releaseBallast();
      floor.log.error({ freeMb: Math.floor(free / MB) }, 'the disk is nearly full: the ballast is given up');
      return;
    case 'make':
      disk.makeBallast(ballastBytes).catch((error: unknown) => {
        floor.log.warn({ reason: messageOf(error) }, 'no ballast on the disk');
      });
      return;
    case 'leave':
      return;
  }
}
