import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { ImportKind, ImportRow, RowRegister } from '../control/protocol.ts';
import { EXIT, messageOf, ObzvonError, type ExitCode } from '../errors.ts';
import type { Cli } from './cli.ts';
import { mapColumns, type Column } from './csv/columns.ts';
import { MAX_CELL_CHARS, openSheet, type Sheet, type SheetRow } from './csv/read.ts';
import { createRejects } from './csv/rejects.ts';
import { pairs, table } from './print.ts';
import { createProgress } from './progress.ts';

interface ImportOptions {
  readonly campaign?: string;
  readonly list?: string;
  readonly column?: Record<string, string>;
  readonly rejects?: string;
  readonly dryRun?: boolean;
}

/** Rows in one request, and in one transaction of the daemon. */
const BATCH = 500;
const DRY_RUN_ROWS = 5;

/** `obzvon lead import FILE` */
export const importLeads = (cli: Cli, file: string, options: ImportOptions): Promise<ExitCode> =>
  importFile(cli, 'lead', file, options);

/** `obzvon optout import FILE` */
export const importOptOuts = (cli: Cli, file: string, options: ImportOptions): Promise<ExitCode> =>
  importFile(cli, 'optout', file, options);

/** `obzvon REGISTER import FILE` */
export const importRegister =
  (kind: RowRegister) =>
  (cli: Cli, file: string, options: ImportOptions): Promise<ExitCode> =>
    importFile(cli, kind, file, options);

/** What came of an import: read = accepted + duplicate + rejected. */
interface ImportResult {
  readonly file: string;
  readonly encoding: string;
  readonly delimiter: string;
  readonly read: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly rejectsFile: string | null;
}

async function importFile(cli: Cli, kind: ImportKind, file: string, options: ImportOptions): Promise<ExitCode> {
  const progress = createProgress(cli.io, sizeOf(file));
  const sheet = await openSheet(file, progress.addBytes);
  const columns = mapColumns(kind, sheet.headers, options.column);
  if (options.dryRun === true) return showDryRun(cli, file, sheet, columns);

  const { campaign, list = basename(file) } = options;
  const begun = await cli.call('import.begin', { kind, list, ...(campaign === undefined ? {} : { campaign }) });
  const rejectsFile = options.rejects ?? `${file}.rejects.csv`;
  const rejects = createRejects(rejectsFile, sheet.headers);
  const counts = { read: 0, accepted: 0, duplicate: 0, rejected: 0 };
  const reject = (row: SheetRow, reason: string): void => {
    counts.rejected++;
    rejects.add(row, reason);
  };
  const flush = async (batch: ReadonlyMap<number, SheetRow>): Promise<void> => {
    if (batch.size === 0) return;
    const rows = [...batch.values()].map((row) => toImportRow(row, columns));
    const answer = await cli.call('import.rows', { import: begun.import, rows });
    counts.accepted += answer.accepted;
    counts.duplicate += answer.duplicate;
    for (const { row, code, reason } of answer.rejected) {
      const original = batch.get(row);
      if (original !== undefined) reject(original, `${code}: ${reason}`);
    }
    progress.show(counts.read, counts.rejected);
  };

  let batch = new Map<number, SheetRow>();
  try {
    for await (const row of sheet.rows) {
      counts.read++;
      const mistake = mistakeOf(row, sheet.headers.length);
      if (mistake !== null) reject(row, mistake);
      else batch.set(row.row, row);
      if (batch.size >= BATCH) {
        await flush(batch);
        batch = new Map();
      }
    }
    await flush(batch);
    await cli.call('import.end', { import: begun.import });
  } catch (error) {
    if (!(error instanceof ObzvonError)) throw error;
    const { accepted, duplicate, rejected } = counts;
    throw new ObzvonError(error.code, error.message, {
      cause: error,
      hint: error.hint,
      details: [
        ...error.details,
        `before that: ${accepted} rows accepted, ${duplicate} known before, ${rejected} rejected; importing the file again is safe`,
      ],
    });
  } finally {
    progress.end();
    rejects.close();
  }
  const { encoding, delimiter } = sheet;
  const result: ImportResult = {
    file,
    encoding,
    delimiter,
    ...counts,
    rejectsFile: counts.rejected > 0 ? rejectsFile : null,
  };
  cli.show(result, resultText);
  return counts.rejected > 0 ? EXIT.partial : EXIT.ok;
}

function resultText({ file, read, accepted, duplicate, rejected, rejectsFile }: ImportResult): string {
  const aside = rejectsFile === null ? '' : `wrong rows, each with its reason, are in ${rejectsFile}\n`;
  return `${file}: ${read} rows read, ${accepted} accepted, ${duplicate} known before, ${rejected} rejected\n${aside}`;
}

/** What is wrong with the shape of a row; what its cells mean is the daemon's to judge. */
function mistakeOf({ cells }: SheetRow, width: number): string | null {
  if (cells.slice(width).some((cell) => cell.trim() !== '')) {
    return `ROW_TOO_WIDE: ${cells.length} cells, the header has ${width}`;
  }
  const long = cells.findIndex((cell) => cell.length > MAX_CELL_CHARS);
  return long === -1 ? null : `CELL_TOO_LONG: cell ${long + 1} is longer than ${MAX_CELL_CHARS} characters`;
}

function toImportRow({ row, cells }: SheetRow, columns: readonly Column[]): ImportRow {
  const values: Record<string, string> = {};
  const vars: Record<string, string> = {};
  for (const [i, column] of columns.entries()) {
    const text = (cells[i] ?? '').trim();
    if (text === '') continue;
    if ('field' in column) values[column.field] = text;
    else if ('variable' in column) vars[column.variable] = text;
  }
  return { row, values, vars };
}

async function showDryRun(cli: Cli, file: string, sheet: Sheet, columns: readonly Column[]): Promise<ExitCode> {
  const rows: SheetRow[] = [];
  for await (const row of sheet.rows) {
    rows.push(row);
    if (rows.length === DRY_RUN_ROWS) break;
  }
  const { encoding, delimiter } = sheet;
  const mapping = columns.map((column) => ({
    header: column.header,
    becomes: 'field' in column ? column.field : 'variable' in column ? `variable ${column.variable}` : 'left out',
  }));
  const first = rows.map((row) => toImportRow(row, columns));
  cli.show({ file, encoding, delimiter, columns: mapping, rows: first }, () => {
    const sign = delimiter === '\t' ? 'tab' : delimiter;
    return [
      pairs(cli.io, [
        ['file', file],
        ['encoding', encoding],
        ['delimiter', sign],
      ]),
      table(
        cli.io,
        ['COLUMN', 'BECOMES'],
        mapping.map(({ header, becomes }) => [header, becomes]),
      ),
      table(
        cli.io,
        ['ROW', ...sheet.headers],
        rows.map(({ row, cells }) => [row, ...sheet.headers.map((_, i) => cells[i] ?? '')]),
      ),
      'nothing was imported\n',
    ].join('\n');
  });
  return EXIT.ok;
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw new ObzvonError('IMPORT_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
