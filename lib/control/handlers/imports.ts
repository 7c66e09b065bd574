import type { Brought, RejectedRow } from '../commands/imports.ts';
import type { Handlers } from '../server.ts';
import type { Daemon } from './daemon.ts';
import { rowWriter, type LeadResult, type RowResult, type RowWriter } from './row-writers.ts';
import { broughtOf, createRunningImports, unwrittenOf } from './running-imports.ts';
import { inSlices } from './slices.ts';

/**
 * Imports row by row: the CLI decodes the file and sends rows; they go in by slices, each with how far the import has
 * come, and each wrong row is put aside.
 */
export function importHandlers(daemon: Daemon) {
  const { engine } = daemon;
  const imports = createRunningImports<RowWriter>(daemon);
  return {
    'import.begin': ({ kind, list, campaign, unlessIn = [], fingerprint, again }) => {
      const write = rowWriter(daemon, kind, { list, unlessIn, ...(campaign === undefined ? {} : { campaign }) });
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
          let brought = broughtOf(running.progress);
          while (next < rows.length && hasTime()) {
            const row = rows[next]!;
            const result: RowResult = row.fault ?? running.work(row);
            if (typeof result === 'string') counts[result] += 1;
            else if ('code' in result) rejected.push({ row: row.row, ...result });
            else {
              counts[result.row] += 1;
              brought = withLead(brought, result);
              const [first, ...more] = result.notTaken;
              const reason = [first?.reason, ...more.map(({ reason }) => reason)].join('; ');
              if (first !== undefined) rejected.push({ row: row.row, code: first.code, reason, partly: true });
            }
            next += 1;
          }
          imports.advance(running, {
            ...counts,
            done: before.done + next,
            rejected: before.rejected + rejected.filter(({ partly }) => partly !== true).length,
            rejectsBytes,
            unwritten: JSON.stringify(rejected),
            brought: running.kind === 'lead' ? JSON.stringify(brought) : before.brought,
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

function withLead(so: Brought, { notTaken, added, elsewhere }: LeadResult): Brought {
  return {
    extended: so.extended + (added > 0 ? 1 : 0),
    notTaken: so.notTaken + notTaken.length,
    elsewhere: elsewhere === null ? so.elsewhere : { ...so.elsewhere, [elsewhere]: (so.elsewhere[elsewhere] ?? 0) + 1 },
  };
}
