import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Brought, ImportKind, ImportRow, RejectedRow } from '../control/commands/imports.ts';
import type { RowRegister } from '../control/commands/registers.ts';
import { plain } from '../core/register/read.ts';
import { messageOf, ObzvonError, type ExitCode } from '../errors.ts';
import type { Cli } from './cli.ts';
import { mapColumns, type Column } from './csv/columns.ts';
import { createRejects, rewindRejects, type Rejects } from './csv/rejects.ts';
import { openSheet, type Sheet, type SheetRow } from './csv/sheet.ts';
import { showDryRun, showResult, type ImportOptions } from './import-shown.ts';
import { createProgress, type Progress } from './progress.ts';

export interface RowImportOptions extends ImportOptions {
  readonly campaign?: string;
  readonly unlessIn?: readonly string[];
}

/** Rows in one request. */
const BATCH = 500;

/** `obzvon lead import FILE` */
export const importLeads = async (cli: Cli, file: string, options: RowImportOptions): Promise<ExitCode> =>
  importRows(cli, 'lead', await openImport(cli, 'lead', file, options), options);

/** `obzvon REGISTER import FILE` */
export const importRegister =
  (kind: RowRegister) =>
  async (cli: Cli, file: string, options: RowImportOptions): Promise<ExitCode> =>
    importRows(cli, kind, await openImport(cli, kind, file, options), options);

/** A file opened to be imported, its columns understood. */
export interface Opened {
  readonly file: string;
  readonly sheet: Sheet;
  readonly columns: readonly Column[];
  readonly progress: Progress;
}

/** Opens a file and finds out what its columns are. */
export async function openImport(cli: Cli, kind: ImportKind, file: string, options: ImportOptions): Promise<Opened> {
  const progress = createProgress(cli.io, sizeOf(file));
  const sheet = await openSheet(file, {
    onBytes: progress.addBytes,
    ...(options.sheet === undefined ? {} : { sheet: options.sheet }),
  });
  return { file, sheet, columns: mapColumns(kind, sheet.headers, options.column), progress };
}

/** Imports a file row by row; cut short, the same command goes on where the daemon's last commit was. */
export async function importRows(
  cli: Cli,
  kind: ImportKind,
  opened: Opened,
  options: RowImportOptions,
): Promise<ExitCode> {
  if (options.dryRun === true) return showDryRun(cli, opened);
  const { file, sheet, columns, progress } = opened;
  const { campaign, unlessIn = [], list = basename(file), rejects: rejectsFile = `${file}.rejects.csv` } = options;
  const fingerprint = fingerprintOf(opened, [kind, list, campaign ?? null, ...unlessIn]);
  const args = {
    ...{ kind, list, fingerprint },
    ...(campaign === undefined ? {} : { campaign }),
    ...(unlessIn.length === 0 ? {} : { unlessIn }),
  };
  let begun = await cli.call('import.begin', args);
  // Rejects of the part already done were told once: without their file that part must be read again.
  if (begun.done > 0 && !rewindRejects(rejectsFile, begun.rejectsBytes)) {
    begun = await cli.call('import.begin', { ...args, again: true });
  }
  const rejects = createRejects(rejectsFile, sheet, begun.done > 0 ? 'goes on' : 'begins');
  const counts = { read: 0, ...begun.counts };
  const resumedAt = begun.done;
  const unwritten = new Map(begun.unwritten.map((one) => [one.row, one]));

  const note = noteOnce(cli, rejects);

  const flush = async (batch: readonly SheetRow[]): Promise<void> => {
    if (batch.length === 0) return;
    const answer = await cli.call('import.rows', {
      import: begun.import,
      from: counts.read - batch.length,
      rejectsBytes: rejects.sync(),
      rows: batch.map((row) => toImportRow(row, columns)),
    });
    counts.accepted += answer.accepted;
    counts.duplicate += answer.duplicate;
    counts.rejected += answer.rejected.filter(({ partly }) => partly !== true).length;
    if (answer.rejected.length > 0) await note();
    const byRow = new Map(batch.map((row) => [row.row, row]));
    for (const told of answer.rejected) {
      const original = byRow.get(told.row);
      if (original !== undefined) rejects.add(original, reasonOf(told));
    }
    progress.show(counts.read, counts.rejected);
  };

  let brought: Brought | undefined;
  let batch: SheetRow[] = [];
  await explained(counts, rejects, progress, async () => {
    for await (const rows of sheet.rows) {
      for (const row of rows) {
        counts.read += 1;
        if (counts.read <= resumedAt) {
          const told = unwritten.get(row.row);
          if (told !== undefined) rejects.add(row, reasonOf(told));
          continue;
        }
        batch.push(row);
        if (batch.length < BATCH) continue;
        await flush(batch);
        batch = [];
      }
    }
    await flush(batch);
    rejects.sync();
    brought = (await cli.call('import.end', { import: begun.import })).brought;
  });
  return showResult(
    cli,
    opened,
    { ...counts, ...(brought === undefined ? {} : { brought }) },
    { rejectsFile, resumedAt },
  );
}

function reasonOf({ code, reason, partly }: RejectedRow): string {
  return partly === true ? `${code}: only this number was not taken: ${reason}` : `${code}: ${reason}`;
}

/** What an import came to so far; read = accepted + duplicate + rejected when it has ended. */
interface Counts {
  readonly read: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
}

/** Does an import's work; an error says how far it got. */
export async function explained(
  counts: Counts,
  rejects: Rejects,
  progress: Progress,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ObzvonError)) throw error;
    const { accepted, duplicate, rejected } = counts;
    throw new ObzvonError(error.code, error.message, {
      cause: error,
      hint: error.hint,
      details: [
        ...error.details,
        `before that: ${accepted} rows accepted, ${duplicate} known before, ${rejected} rejected; the same import again goes on from there`,
      ],
    });
  } finally {
    progress.end();
    rejects.close();
  }
}

/** Tells the daemon of the rejects file, before it is there: an erasure must find every file with numbers. */
export function noteOnce(cli: Cli, { path }: Rejects): () => Promise<void> {
  let noted = false;
  return async () => {
    if (noted) return;
    await cli.call('file.written', { path: resolve(path), kind: 'rejects' });
    noted = true;
  };
}

/** Names the content of a file, how it is read and where it goes. */
export function fingerprintOf({ sheet, columns }: Pick<Opened, 'sheet' | 'columns'>, target: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([sheet.sha256, sheet.headers, columns, target]))
    .digest('hex');
}

function toImportRow({ row, cells, flaw }: SheetRow, columns: readonly Column[]): ImportRow {
  if (flaw !== null) {
    const cut = flaw.indexOf(': ');
    return { row, values: {}, vars: {}, fault: { code: flaw.slice(0, cut), reason: flaw.slice(cut + 2) } };
  }
  const values: Record<string, string> = {};
  const vars: Record<string, string> = {};
  for (const [i, column] of columns.entries()) {
    const text = (cells[i] ?? '').trim();
    if (text === '') continue;
    if ('field' in column) values[column.field] = text;
    else if ('variable' in column) vars[column.variable] = plain(text);
  }
  return { row, values, vars };
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw new ObzvonError('IMPORT_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
