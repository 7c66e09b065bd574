import { CsvError, parse } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import { ObzvonError } from '../../errors.ts';
import { decodeFile, detectEncoding, type Encoding } from './encoding.ts';

/** Longest record and cell, and most columns: beyond them a file is broken, most often by a quote left open. */
const MAX_RECORD_CHARS = 65_536;
export const MAX_CELL_CHARS = 4_096;
const MAX_COLUMNS = 200;

const DELIMITERS = [';', '\t', ','] as const;

/** One row of the sheet. */
export interface SheetRow {
  /** As a spreadsheet numbers it: from 1, the header and empty rows included. */
  readonly row: number;
  readonly cells: readonly string[];
}

/** A CSV file as it was understood. */
export interface Sheet {
  readonly encoding: Encoding;
  readonly delimiter: string;
  readonly headers: readonly string[];
  /** Rows behind the header, empty ones left out. Throws IMPORT_UNREADABLE where the file breaks. */
  readonly rows: AsyncIterable<SheetRow>;
}

/** Opens a CSV file: finds out its encoding and delimiter and reads the header row. */
export async function openSheet(path: string, onBytes?: (bytes: number) => void): Promise<Sheet> {
  const encoding = await detectEncoding(path);
  const text = decodeFile(path, encoding, onBytes);
  const head = await readHead(text);
  const declared = /^sep=(.)\r?\n/i.exec(head);
  const body = declared === null ? head : head.slice(declared[0].length);
  const delimiter = declared?.[1] ?? guessDelimiter(body);
  const records = readRecords(body, text, delimiter, path);
  const first = await records.next();
  if (first.done === true) throw new ObzvonError('IMPORT_UNREADABLE', `${path} is empty`);
  const headers = first.value.cells.map((cell) => cell.trim());
  while (headers.at(-1) === '') headers.pop();
  if (headers.length > MAX_COLUMNS) {
    throw new ObzvonError('IMPORT_UNREADABLE', `${path} has ${headers.length} columns, more than ${MAX_COLUMNS}`);
  }
  return { encoding, delimiter, headers, rows: records };
}

/** Enough text to hold the first row, or all there is. */
async function readHead(text: AsyncGenerator<string>): Promise<string> {
  let head = '';
  while (head.length < MAX_RECORD_CHARS) {
    const next = await text.next();
    if (next.done === true) break;
    head += next.value;
    if (/^(sep=.\r?\n)?[^\n]+\n/i.test(head)) break;
  }
  return head;
}

/** The delimiter that cuts the header row into the most cells; signs inside quotes do not count. */
export function guessDelimiter(text: string): string {
  const header = (text.split(/\r?\n/).find((line) => line.trim() !== '') ?? '').replace(/"(?:[^"]|"")*"/g, '');
  const counted = DELIMITERS.map((sign) => ({ sign, count: header.split(sign).length }));
  return counted.sort((a, b) => b.count - a.count)[0]!.sign;
}

async function* readRecords(
  head: string,
  rest: AsyncIterable<string>,
  delimiter: string,
  path: string,
): AsyncGenerator<SheetRow> {
  let row = 0;
  const parser = parse({
    delimiter,
    relax_column_count: true,
    // ООО "Ромашка" without quotes around is common and means itself.
    relax_quotes: true,
    max_record_size: MAX_RECORD_CHARS,
  });
  const input = Readable.from(chunks(head, rest, () => row, path));
  // The parser ends the loop below with the error; the callback is only there because pipeline wants one.
  const records = pipeline(input, parser, () => undefined);
  try {
    for await (const cells of records as AsyncIterable<string[]>) {
      row++;
      if (cells.some((cell) => cell.trim() !== '')) yield { row, cells };
    }
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error, path) : error;
  }
}

async function* chunks(
  head: string,
  rest: AsyncIterable<string>,
  row: () => number,
  path: string,
): AsyncGenerator<string> {
  for await (const chunk of prepend(head, rest)) {
    if (chunk.includes('\0')) {
      throw new ObzvonError('IMPORT_UNREADABLE', `${path} holds NUL bytes after row ${row()}: it is not a text file`, {
        hint: 'save it as CSV in UTF-8; UTF-16 needs its byte-order mark',
      });
    }
    yield chunk;
  }
}

async function* prepend(head: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield head;
  yield* rest;
}

function unreadable(error: CsvError, path: string): ObzvonError {
  // The parser is ahead of the rows handed out: its own count names the broken one.
  const row = Number((error as { records?: unknown }).records ?? 0);
  const open = error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE';
  return new ObzvonError(
    'IMPORT_UNREADABLE',
    open
      ? `${path}: a quote opened in row ${row + 1} is never closed`
      : `${path}, row ${row + 1}: ${error.message.toLowerCase()}`,
    { cause: error, ...(open ? { hint: 'close the quote, or double it where it is part of the text' } : {}) },
  );
}
