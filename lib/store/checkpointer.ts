import { isMainThread, Worker, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { Db } from './open.ts';

/*
 * Moves what is committed from the write-ahead log into the database, in a thread of its own: inside a commit it would
 * hold the event loop for the fsyncs of a thousand pages. A crash in the middle loses nothing: the log stays until all of
 * it is moved.
 */

/** Ends the thread; the log is moved as a whole before that. */
export interface Checkpointer {
  /** After a commit: keeps the log within its bound when the thread alone cannot; within a small one where room is short. */
  keepBound(roomIsShort: boolean): void;
  close(): void;
}

interface Shared {
  readonly path: string;
  readonly words: SharedArrayBuffer;
}

/** Of the shared words: what is asked of the thread, whether it has ended, whether it is moving the log now. */
const [ASKED, ENDED, MOVING] = [0, 1, 2];
const LOOK_MS = 200;
/** A checkpoint's own fsyncs slow commits down: it waits for so many pages, or for so long. */
const ENOUGH_FRAMES = 1_000;
const AT_LAST_MS = 4_000;
const CLOSE_MS = 5_000;
/** Pages of 4 KiB: 64 MiB. Seen to each so many commits. */
const BOUND_FRAMES = 16_384;
/** 4 MiB. */
const SHORT_FRAMES = 1_024;
const SEEN_TO_EACH = 16;
/** No disk takes longer for a log within its bound. */
const MOVING_MS = 10_000;
/** SQLite's own: what a connection does when nobody does it for it. */
const AUTOCHECKPOINT_FRAMES = 1_000;

/** Starts the thread; `db` makes no checkpoints from here on. */
export function startCheckpointer(db: Db, path: string): Checkpointer {
  const words = new Int32Array(new SharedArrayBuffer(12));
  db.pragma('wal_autocheckpoint = 0');
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { path, words: words.buffer } satisfies Shared,
  });
  worker.unref();
  const alone = (): void => {
    Atomics.store(words, ENDED, 1);
    Atomics.store(words, MOVING, 0);
    if (db.open) db.pragma(`wal_autocheckpoint = ${AUTOCHECKPOINT_FRAMES}`);
  };
  worker.on('error', alone);
  worker.on('exit', alone);
  let commits = 0;
  return {
    keepBound(roomIsShort) {
      commits += 1;
      if (commits % SEEN_TO_EACH !== 0 || look(db, 'NOOP').log < (roomIsShort ? SHORT_FRAMES : BOUND_FRAMES)) return;
      // Who writes faster than the disk moves must wait for it. Then little is left, and between two commits the rest is
      // moved too: the log begins anew.
      Atomics.wait(words, MOVING, 1, MOVING_MS);
      look(db, 'PASSIVE');
    },
    close() {
      Atomics.store(words, ASKED, 1);
      Atomics.notify(words, ASKED);
      if (Atomics.load(words, ENDED) === 0) Atomics.wait(words, ENDED, 0, CLOSE_MS);
    },
  };
}

function work({ path, words: shared }: Shared): void {
  const words = new Int32Array(shared);
  let db: Db | undefined;
  try {
    db = new Database(path, { fileMustExist: true, timeout: 0 });
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 0');
    let waitedMs = 0;
    while (Atomics.wait(words, ASKED, 0, LOOK_MS) === 'timed-out') {
      waitedMs += LOOK_MS;
      const found = look(db, 'NOOP');
      const behind = found.log - found.checkpointed;
      if (behind < ENOUGH_FRAMES && (behind === 0 || waitedMs < AT_LAST_MS)) continue;
      waitedMs = 0;
      Atomics.store(words, MOVING, 1);
      look(db, 'PASSIVE');
      Atomics.store(words, MOVING, 0);
      Atomics.notify(words, MOVING);
    }
  } finally {
    db?.close();
    for (const [word, value] of [
      [MOVING, 0],
      [ENDED, 1],
    ] as const) {
      Atomics.store(words, word, value);
      Atomics.notify(words, word);
    }
  }
}

/**
 * The log's length and how much of it is moved, in pages; NOOP looks only. What fails here is left to the daemon's own
 * connection, which hears why.
 */
function look(db: Db, mode: 'NOOP' | 'PASSIVE'): { readonly log: number; readonly checkpointed: number } {
  const failed = { log: BOUND_FRAMES, checkpointed: 0 };
  try {
    return (db.pragma(`wal_checkpoint(${mode})`) as (typeof failed)[])[0] ?? failed;
  } catch {
    return failed;
  }
}

const given = workerData as Partial<Shared> | null;
if (!isMainThread && given?.path !== undefined && given.words instanceof SharedArrayBuffer) {
  work({ path: given.path, words: given.words });
}
