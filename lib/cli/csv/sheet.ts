import { ObzvonError } from '../../errors.ts';
import { inspectFile, type Encoding } from './encoding.ts';
import { readText } from './read.ts';
import { MAX_CELL_CHARS } from './records.ts';
import { readWorkbook } from './xlsx.ts';

/** Most columns a header may have. */
const MAX_COLUMNS = 200;

/** One row of the sheet. */
export interface SheetRow {
  /** As a spreadsheet numbers it: from 1, the header and empty rows included. */
  readonly row: number;
  readonly cells: readonly string[];
  /** Its text in the file, without the line end; of a workbook, as CSV would have it. */
  readonly raw: string;
  /** `CODE: reason` when it cannot be taken whatever its cells mean; null otherwise. */
  readonly flaw: string | null;
}

/** A table as it was understood, before its first row is called the header. */
export interface Table {
  readonly delimiter: string;
  /** Rows in file order, many at a time, empty ones left out. Throws IMPORT_UNREADABLE where the file breaks. */
  readonly rows: AsyncIterable<readonly SheetRow[]>;
}

/** A file of rows under a header. */
export interface Sheet {
  readonly encoding: Encoding | 'xlsx';
  /** Of a workbook, that of its rows' `raw`. */
  readonly delimiter: string;
  /** SHA-256 of the file's content. */
  readonly sha256: string;
  readonly headers: readonly string[];
  readonly rawHeader: string;
  /** Rows behind the header, many at a time. Throws IMPORT_UNREADABLE where the file breaks. */
  readonly rows: AsyncIterable<readonly SheetRow[]>;
}

/** Opens a CSV file or an xlsx workbook and reads its header row; `sheet` names a workbook's sheet, the first if none. */
export async function openSheet(
  path: string,
  options: { readonly sheet?: string; readonly onBytes?: (bytes: number) => void } = {},
): Promise<Sheet> {
  const { encoding, sha256 } = await inspectFile(path);
  if (encoding !== 'xlsx' && options.sheet !== undefined) {
    throw new ObzvonError('USAGE', `${path} is no workbook: --sheet means nothing there`);
  }
  const table =
    encoding === 'xlsx'
      ? await readWorkbook(path, options.sheet, options.onBytes)
      : await readText(path, encoding, options.onBytes);
  return { encoding, sha256, ...(await underHeader(path, table)) };
}

/** Takes a table's first row for its header; throws IMPORT_UNREADABLE when it can be none. */
export async function underHeader(
  path: string,
  { delimiter, rows }: Table,
): Promise<Omit<Sheet, 'encoding' | 'sha256'>> {
  const batches = rows[Symbol.asyncIterator]();
  const first = await nextBatch(batches);
  const header = first[0];
  if (header === undefined) throw new ObzvonError('IMPORT_UNREADABLE', `${path} is empty`);
  if (header.flaw !== null) {
    throw new ObzvonError('IMPORT_UNREADABLE', `${path}, row ${header.row}: ${header.flaw}`, {
      hint: 'save it as CSV in UTF-8',
    });
  }
  const headers = header.cells.map((cell) => cell.trim());
  while (headers.at(-1) === '') headers.pop();
  if (headers.length > MAX_COLUMNS) {
    throw new ObzvonError(
      'IMPORT_UNREADABLE',
      `${path}, row ${header.row} has ${headers.length} columns, more than ${MAX_COLUMNS}`,
      { hint: 'the first row must hold the headers; leave out the columns nobody needs' },
    );
  }
  return {
    delimiter,
    headers,
    rawHeader: header.raw,
    rows: shaped(first.slice(1), batches, headers.length),
  };
}

async function nextBatch(batches: AsyncIterator<readonly SheetRow[]>): Promise<readonly SheetRow[]> {
  for (;;) {
    const next = await batches.next();
    if (next.done === true) return [];
    if (next.value.length > 0) return next.value;
  }
}

async function* shaped(
  first: readonly SheetRow[],
  rest: AsyncIterator<readonly SheetRow[]>,
  width: number,
): AsyncGenerator<readonly SheetRow[]> {
  const judge = (row: SheetRow): SheetRow => {
    const flaw = row.flaw ?? misshapen(row.cells, width);
    return flaw === null ? row : { ...row, flaw };
  };
  try {
    for (let rows = first; ; rows = await nextBatch(rest)) {
      if (rows.length > 0) yield rows.map(judge);
      else if (rows !== first) return;
    }
  } finally {
    await rest.return?.();
  }
}

/** What is wrong with the shape of a row; what its cells mean is for others to judge. */
function misshapen(cells: readonly string[], width: number): string | null {
  if (cells.length > width && cells.slice(width).some((cell) => cell.trim() !== '')) {
    return `ROW_TOO_WIDE: ${cells.length} cells, the header has ${width}`;
  }
  const long = cells.findIndex((cell) => cell.length > MAX_CELL_CHARS);
  if (long === -1) return null;
  return `CELL_TOO_LONG: column ${long + 1} has ${cells[long]?.length} characters, more than ${MAX_CELL_CHARS}`;
}
