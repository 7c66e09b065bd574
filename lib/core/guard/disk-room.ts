/*
 * Room on the database's disk. Calls stop while there is plenty left, for what is live must still be written down; the
 * ballast is given up while there is a little left, so that "do not call me" can be written to the last.
 */

const MB = 1_048_576;
/** Dialing goes on when there is so much more room than it stopped at: a disk at the limit does not make it flicker. */
const BACK_AT = 1.2;
/** Below this the ballast is given up; one commit takes far less. */
export const LAST_ROOM_BYTES = 16 * MB;

/** Whether dialing must rest for want of room. `freeBytes` null: nobody knows, so it must. */
export function isDiskLow(freeBytes: number | null, minFreeMb: number, wasLow: boolean): boolean {
  if (freeBytes === null) return true;
  return freeBytes < minFreeMb * MB * (wasLow ? BACK_AT : 1);
}

/** What becomes of the ballast: given up near the end of the room, made anew only where it would not stop dialing. */
export function ballastMove(
  freeBytes: number,
  { held, ballastBytes, minFreeMb }: { held: boolean; ballastBytes: number; minFreeMb: number },
): 'release' | 'make' | 'leave' {
  if (held) return freeBytes < LAST_ROOM_BYTES ? 'release' : 'leave';
  return ballastBytes > 0 && freeBytes > ballastBytes + minFreeMb * MB * BACK_AT ? 'make' : 'leave';
}

/** Why dialing rests, for `status`. */
export function diskLowReason(freeBytes: number | null, minFreeMb: number): string {
  if (freeBytes === null) return 'nobody can tell how much room the database’s disk has';
  const resumeMb = Math.ceil(minFreeMb * BACK_AT);
  return `${Math.floor(freeBytes / MB)} MB free on the database’s disk, calls are placed again from ${resumeMb} MB on: make room`;
}
