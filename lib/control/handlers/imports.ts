import { randomUUID } from 'node:crypto';
import { ObzvonError } from '../../errors.ts';
import type { ImportKind, RejectedRow } from '../protocol.ts';
import type { Handlers } from '../server.ts';
import type { Daemon } from './daemon.ts';
import { rowWriter, type RowWriter } from './row-writers.ts';

interface Import {
  readonly kind: ImportKind;
  readonly write: RowWriter;
  readonly counts: { accepted: number; duplicate: number; rejected: number };
  touchedAt: number;
}

/** An import whose client never ended it is forgotten after this. */
const IDLE_MS = 3_600_000;

/** Imports: the CLI decodes the file and sends rows; each batch is one transaction, each wrong row is put aside. */
export function importHandlers(daemon: Daemon) {
  const { store, engine, clock } = daemon;
  const imports = new Map<string, Import>();

  function importOf(id: string): Import {
    const found = imports.get(id);
    if (found === undefined)
      throw new ObzvonError('NOT_FOUND', 'this import has ended or never began', {
        hint: 'begin it again: rows imported already count as duplicates',
      });
    return found;
  }

  return {
    'import.begin': ({ kind, list, campaign }) => {
      for (const [id, { touchedAt }] of imports) if (clock.now() - touchedAt > IDLE_MS) imports.delete(id);
      const id = randomUUID();
      imports.set(id, {
        kind,
        write: rowWriter(daemon, kind, { list, ...(campaign === undefined ? {} : { campaign }) }),
        counts: { accepted: 0, duplicate: 0, rejected: 0 },
        touchedAt: clock.now(),
      });
      return { import: id };
    },
    'import.rows': ({ import: id, rows }) => {
      const running = importOf(id);
      const { write, counts } = running;
      running.touchedAt = clock.now();
      const rejected: RejectedRow[] = [];
      const before = { ...counts };
      engine.floor.act(() => {
        for (const row of rows) {
          const result = write(row);
          if (typeof result === 'string') counts[result] += 1;
          else rejected.push({ row: row.row, ...result });
        }
        counts.rejected += rejected.length;
      });
      engine.floor.wake();
      return { accepted: counts.accepted - before.accepted, duplicate: counts.duplicate - before.duplicate, rejected };
    },
    'import.end': ({ import: id }) => {
      const { kind, counts } = importOf(id);
      imports.delete(id);
      store.commit(() =>
        store.journal.write({ at: clock.now(), subject: 'import', id, event: 'ended', data: { kind, ...counts } }),
      );
      daemon.log.info({ import: id, kind, ...counts }, 'import ended');
      return counts;
    },
  } satisfies Handlers;
}
