import type { Clock } from '../clock.ts';
import { phoneToInteger, type Phone } from '../core/phone.ts';
import { searchFilesApart } from './byte-search.ts';
import { isSqliteError } from './open.ts';
import type { ErasureSearch } from './erasures.ts';
import type { Store } from './store.ts';

/** A reader of the database that does not end keeps the log from being emptied; then it is left for the next time. */
const LOG_TRIES = 25;
const LOG_PAUSE_MS = 200;
/** A larger database is rebuilt when the daemon stops: it would be held for too long. */
const COMPACT_AT_ONCE_BYTES = 1024 ** 3;

/**
 * After an erasure: empties the write-ahead log, looks for the number byte by byte, and, when a copy is left in space
 * that SQLite freed, rebuilds the database without it and looks again. SQLite overwrites what it deletes, but not what it
 * leaves behind when it splits a page.
 */
export async function clearFreedSpace(
  store: Store,
  phone: Phone,
  options: { readonly mayCompact: () => boolean; readonly clock: Clock },
): Promise<ErasureSearch> {
  const first = await search(store, phone, options.clock);
  if (first.remains === 0 || store.bytes() > COMPACT_AT_ONCE_BYTES || !options.mayCompact()) return first;
  try {
    store.compact();
  } catch (error) {
    // No room for it, most likely: the act says what remains, and the next stop tries again.
    if (isSqliteError(error)) return first;
    throw error;
  }
  const compactedAt = options.clock.now();
  return { ...(await search(store, phone, options.clock)), compactedAt };
}

async function search({ path, emptyLog, keyFile }: Store, phone: Phone, clock: Clock): Promise<ErasureSearch> {
  for (let tries = 1; !emptyLog() && tries < LOG_TRIES; tries += 1) {
    await new Promise<void>((resolve) => void clock.after(LOG_PAUSE_MS, resolve));
  }
  const integer = phoneToInteger(phone);
  const digits = /^\+7\d{10}$/.test(phone) ? phone.slice(2) : phone.slice(1);
  const files = path === ':memory:' ? [] : [path, `${path}-wal`, `${path}-shm`, keyFile];
  const {
    files: searched,
    bytes,
    found,
  } = files.length === 0 ? { files, bytes: 0, found: 0 } : await searchFilesApart(files, integer, digits);
  return { at: clock.now(), files: searched, bytes, remains: found, compactedAt: null };
}

/** Rebuilds the database if an erasure left copies in freed space; for when the daemon stops and no call is live. */
export function finishErasures(store: Store, now: number): boolean {
  const unfinished = store.erasures.unfinished();
  if (unfinished.length === 0) return false;
  store.compact();
  store.commit(() => {
    for (const act of unfinished) {
      if (act.search !== null) store.erasures.amend(act, { search: { ...act.search, remains: 0, compactedAt: now } });
    }
  });
  store.emptyLog();
  return true;
}
