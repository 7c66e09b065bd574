import { randomUUID } from 'node:crypto';
import { ObzvonError } from '../../errors.ts';
import type { ImportProgress, ImportRecord } from '../../store/imports.ts';
import type { Brought, ImportCounts, RejectedRow } from '../commands/imports.ts';
import type { Daemon } from './daemon.ts';

/** An import between its begin and its end. */
export interface Running<W> {
  readonly id: string;
  readonly kind: string;
  readonly work: W;
  /** As of the last commit. */
  progress: ImportProgress;
  /** A request of it is under way. */
  busy: boolean;
  touchedAt: number;
}

export interface Beginning {
  readonly kind: string;
  readonly list: string;
  readonly target: string;
  /** Names the content and its destination; without it the import cannot be resumed. */
  readonly fingerprint?: string;
  /** Begin at the first row even if an import of the same was cut short. */
  readonly again?: boolean;
}

/** An import whose client never ended it is forgotten after this; begun again, it goes on from its row in the store. */
const IDLE_MS = 3_600_000;

/** Imports under way: in memory what writes them, in the store how far they came. */
export function createRunningImports<W>(daemon: Daemon) {
  const { store, engine, clock, log } = daemon;
  const running = new Map<string, Running<W>>();

  function stored(given: Beginning, now: number): ImportRecord {
    const { kind, list, target, fingerprint = randomUUID(), again = false } = given;
    const before = store.imports.unfinished(kind, fingerprint);
    if (before !== undefined && !again) return before;
    if (before !== undefined) store.imports.end(before.id, now);
    const id = randomUUID();
    store.imports.begin({ id, kind, list, target, sha256: fingerprint }, now);
    const begun = store.imports.byId(id);
    if (begun === undefined) throw new Error('an import begun and not found');
    return begun;
  }

  return {
    /** Begins an import, or takes up the one that was cut short. */
    begin(given: Beginning, work: W): Running<W> {
      const now = clock.now();
      for (const [id, { touchedAt }] of running) if (now - touchedAt > IDLE_MS) running.delete(id);
      const record = engine.floor.act(() => stored(given, now));
      const begun: Running<W> = {
        id: record.id,
        kind: record.kind,
        work,
        progress: record,
        busy: running.get(record.id)?.busy ?? false,
        touchedAt: now,
      };
      running.set(begun.id, begun);
      return begun;
    },
    /**
     * Does one request's work on an import; `from` is how much of the file the client knows to be done. Throws
     * NOT_FOUND, and MOVE_REFUSED when another client works on it.
     */
    async during<T>(id: string, from: number | undefined, work: (running: Running<W>) => Promise<T>): Promise<T> {
      const found = running.get(id);
      if (found === undefined) {
        throw new ObzvonError('NOT_FOUND', 'this import has ended or never began', {
          hint: 'begin it again: it goes on where it stopped',
        });
      }
      if (found.busy || (from !== undefined && from !== found.progress.done)) {
        throw new ObzvonError('MOVE_REFUSED', 'another command is at work on the same import', {
          hint: 'wait until it has ended',
        });
      }
      found.busy = true;
      found.touchedAt = clock.now();
      try {
        return await work(found);
      } finally {
        found.busy = false;
      }
    },
    /** Within a transaction: the import has come so far. In memory it is so only after the commit. */
    advance(one: Running<W>, progress: ImportProgress): void {
      store.imports.advance(one.id, progress);
      engine.floor.then(() => {
        one.progress = progress;
      });
    },
    /** Ends it, with what the client counted itself. */
    end(one: Running<W>, own: { readonly duplicate: number; readonly rejected: number }): ImportCounts {
      const now = clock.now();
      const { progress, id, kind } = one;
      const counts = {
        accepted: progress.accepted,
        duplicate: progress.duplicate + own.duplicate,
        rejected: progress.rejected + own.rejected,
        ...(kind === 'lead' ? { brought: broughtOf(progress) } : {}),
      };
      engine.floor.act(() => {
        const { accepted, duplicate, rejected } = counts;
        store.imports.advance(id, { ...progress, accepted, duplicate, rejected, unwritten: '[]' });
        store.imports.end(id, now);
        store.journal.write({ at: now, subject: 'import', id, event: 'ended', data: { kind, ...counts } });
      });
      running.delete(id);
      log.info({ import: id, kind, ...counts }, 'import ended');
      return counts;
    },
  };
}

/** Rows told to be wrong that the rejects file may not have yet. */
export function unwrittenOf({ unwritten }: Pick<ImportProgress, 'unwritten'>): RejectedRow[] {
  return JSON.parse(unwritten) as RejectedRow[];
}

/** What an import of leads came to so far besides the counts of its rows. */
export function broughtOf({ brought }: Pick<ImportProgress, 'brought'>): Brought {
  return { extended: 0, notTaken: 0, elsewhere: {}, ...(JSON.parse(brought) as Partial<Brought>) };
}
