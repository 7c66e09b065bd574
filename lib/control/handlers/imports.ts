import type { RejectedRow } from '../protocol.ts';
import type { Handlers } from '../server.ts';
import type { Daemon } from './daemon.ts';
import { rowWriter, type RowResult, type RowWriter } from './row-writers.ts';
import { createRunningImports, unwrittenOf } from './running-imports.ts';
import { inSlices } from './slices.ts';

/**
 * Imports row by row: the CLI decodes the file and sends rows; they go in by slices, each with how far the import has
 * come, and each wrong row is put aside.
 */
export function importHandlers(daemon: Daemon) {
  const { engine } = daemon;
  const imports = createRunningImports<RowWriter>(daemon);
  return {
    'import.begin': ({ kind, list, campaign, fingerprint, again }) => {
      const write = rowWriter(daemon, kind, { list, ...(campaign === undefined ? {} : { campaign }) });
      const begun = imports.begin(
        {
          kind,
          list,
          target: campaign ?? '',
          ...(fingerprint === undefined ? {} : { fingerprint }),
          ...(again === undefined ? {} : { again }),
        },
        write,
      );
      const { done, accepted, duplicate, rejected, rejectsBytes } = begun.progress;
      const counts = { accepted, duplicate, rejected };
      return { import: begun.id, done, counts, rejectsBytes, unwritten: unwrittenOf(begun.progress) };
    },
    'import.rows': ({ import: id, from, rejectsBytes = 0, rows }, { signal }) =>
      imports.during(id, from, async (running) => {
        const before = running.progress;
        const rejected: RejectedRow[] = [];
        let next = 0;
        await inSlices(engine.floor, signal, (hasTime) => {
          const counts = { accepted: running.progress.accepted, duplicate: running.progress.duplicate };
          while (next < rows.length && hasTime()) {
            const row = rows[next]!;
            const result: RowResult = row.fault ?? running.work(row);
            if (typeof result === 'string') counts[result] += 1;
            else rejected.push({ row: row.row, ...result });
            next += 1;
          }
          imports.advance(running, {
            ...counts,
            done: before.done + next,
            rejected: before.rejected + rejected.length,
            rejectsBytes,
            unwritten: JSON.stringify(rejected),
          });
          return next < rows.length;
        });
        engine.floor.wake();
        const { accepted, duplicate } = running.progress;
        return { accepted: accepted - before.accepted, duplicate: duplicate - before.duplicate, rejected };
      }),
    'import.end': ({ import: id }) =>
      imports.during(id, undefined, async (running) => imports.end(running, { duplicate: 0, rejected: 0 })),
  } satisfies Handlers;
}
