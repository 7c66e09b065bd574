import { existsSync, rmSync, statfsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LAST_ROOM_BYTES } from '../core/guard/disk-room.ts';

const CHUNK = Buffer.alloc(1_048_576, 1);

/** Less than the write-ahead log may grow to, and the ballast besides. */
const SHORT_BYTES = 128 * 1_048_576;

/** The database's disk, and the file that keeps some room on it for the last writes. */
export interface Disk {
  /** Bytes the daemon may still write there; null when the system does not tell. */
  freeBytes(): number | null;
  /** Whether the last look found little: files must not grow then. */
  isShort(): boolean;
  /** Whether the ballast lies there, or is being made. */
  holdsBallast(): boolean;
  /** Writes the ballast, `bytes` in the thread pool; a disk that has no room for it is left without. */
  makeBallast(bytes: number): Promise<void>;
  releaseBallast(): void;
  /** Before a write: gives the ballast up when hardly any room is left. */
  readyToWrite(): void;
}

/** The disk of this database; null for one in memory. */
export function diskOf(path: string): Disk | null {
  if (path === ':memory:') return null;
  const folder = dirname(path);
  const ballast = `${path}.ballast`;
  let held = existsSync(ballast);
  let making = false;
  let short = false;

  const disk: Disk = {
    freeBytes() {
      try {
        const { bavail, bsize } = statfsSync(folder);
        const free = bavail * bsize;
        short = free < SHORT_BYTES;
        return free;
      } catch {
        return null;
      }
    },
    isShort: () => short,
    holdsBallast: () => held || making,
    async makeBallast(bytes) {
      if (held || making) return;
      making = true;
      try {
        const file = await open(ballast, 'w', 0o600);
        try {
          for (let at = 0; at < bytes && making; at += CHUNK.length) await file.write(CHUNK);
          await file.sync();
        } finally {
          await file.close();
        }
        held = making;
      } finally {
        if (!held) rmSync(ballast, { force: true });
        making = false;
      }
    },
    releaseBallast() {
      making = false;
      held = false;
      rmSync(ballast, { force: true });
    },
    readyToWrite() {
      if (!held) return;
      const free = disk.freeBytes();
      if (free !== null && free < LAST_ROOM_BYTES) disk.releaseBallast();
    },
  };
  return disk;
}
