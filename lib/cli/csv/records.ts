import { ObzvonError } from '../../errors.ts';
import type { SheetRow } from './sheet.ts';

/** Longest cell of a row that is taken. */
export const MAX_CELL_CHARS = 4_096;
/** Longest row kept whole; beyond it the file is no table, and memory must stay bounded. */
export const MAX_ROW_CHARS = 16_777_216;
/** Longest cell in quotes: beyond it the quote was never meant to be one. */
const MAX_QUOTED_CHARS = 65_536;

const QUOTE = '"';

/** Cuts text into rows, whatever the chunks. */
export interface Records {
  /** Rows that end in the text so far, empty ones left out. Throws IMPORT_UNREADABLE where the file breaks. */
  push(text: string): SheetRow[];
  /** The last row, when no line end follows it. */
  end(): SheetRow[];
}

/**
 * Rows of CSV as spreadsheets write it, and as people do: a quote opens a cell only at its start and closes it only
 * before a delimiter or a line end, so ООО "Ромашка" without quotes around means itself.
 */
export function createRecords(options: {
  readonly delimiter: string;
  /** `\r` in files of old Macs. */
  readonly lineEnd: '\n' | '\r';
  readonly path: string;
}): Records {
  const { delimiter, lineEnd, path } = options;
  let row = 0;
  let pending = '';

  const broken = (column: number, what: string, hint: string): ObzvonError =>
    new ObzvonError('IMPORT_UNREADABLE', `${path}, row ${row + 1}, column ${column}: ${what}`, { hint });

  /** The cells of the row that begins at `start` and where it ends; null while its end is not here. */
  function quotedRow(text: string, start: number, isLast: boolean): { cells: string[]; end: number } | null {
    const cells: string[] = [];
    let at = start;
    for (;;) {
      const close = text[at] === QUOTE ? closingQuote(text, at, isLast) : NO_QUOTE;
      if (close === OPEN) {
        if (isLast || text.length - at > MAX_QUOTED_CHARS + LOOK_AHEAD_CHARS) {
          throw broken(
            cells.length + 1,
            'the quote opened here is never closed',
            'close the quote, or double it where it is part of the text',
          );
        }
        return null;
      }
      const line = text.indexOf(lineEnd, close < 0 ? at : close);
      const cut = text.indexOf(delimiter, close < 0 ? at : close);
      const isEnd = cut === -1 || (line !== -1 && line < cut);
      if (isEnd && line === -1 && !isLast) return null;
      const end = isEnd ? (line === -1 ? text.length : line) : cut;
      cells.push(close < 0 ? text.slice(at, isEnd ? trimmedEnd(text, at, end) : end) : unquoted(text, at, close));
      if (isEnd) return { cells, end };
      at = end + 1;
    }
  }

  /** Where the quote opened at `at` closes; NO_QUOTE when it is only a sign, OPEN when its end is not here. */
  function closingQuote(text: string, at: number, isLast: boolean): number {
    let next = text.indexOf(QUOTE, at + 1);
    for (;;) {
      if (next === -1 || next - at > MAX_QUOTED_CHARS) return OPEN;
      const after = text[next + 1];
      if (after === undefined) return isLast ? next : OPEN;
      if (after === QUOTE) {
        next = text.indexOf(QUOTE, next + 2);
        continue;
      }
      if (after === delimiter || after === lineEnd) return next;
      if (after !== '\r') return NO_QUOTE;
      const last = text[next + 2];
      if (last === undefined && !isLast) return OPEN;
      return last === undefined || last === lineEnd ? next : NO_QUOTE;
    }
  }

  function take(text: string, isLast: boolean): SheetRow[] {
    const rows: SheetRow[] = [];
    const hasNul = text.includes('\0');
    let start = 0;
    let quote = text.indexOf(QUOTE);
    while (start < text.length) {
      const line = text.indexOf(lineEnd, start);
      let end = line === -1 ? text.length : line;
      let cells: string[];
      if (quote !== -1 && quote < start) quote = text.indexOf(QUOTE, start);
      if (quote !== -1 && quote < end) {
        const found = quotedRow(text, start, isLast);
        if (found === null) break;
        ({ cells, end } = found);
      } else {
        if (line === -1 && !isLast) break;
        cells = text.slice(start, trimmedEnd(text, start, end)).split(delimiter);
      }
      const raw = text.slice(start, trimmedEnd(text, start, end));
      row += 1;
      const nul = hasNul ? cells.findIndex((cell) => cell.includes('\0')) : -1;
      if (cells.some((cell) => cell.trim() !== '')) {
        rows.push({ row, cells, raw, flaw: nul === -1 ? null : `NUL_IN_ROW: a NUL byte in column ${nul + 1}` });
      }
      start = end + 1;
    }
    pending = text.slice(start);
    if (pending.length > MAX_ROW_CHARS) {
      const column = pending.split(delimiter).length;
      throw broken(
        column,
        `the row is longer than ${MAX_ROW_CHARS} characters`,
        'this is no list with a row a line: export it again',
      );
    }
    return rows;
  }

  return {
    push: (text) => take(pending + text, false),
    end: () => take(pending, true),
  };
}

/** A closing quote, and the line end that shows it for one. */
const LOOK_AHEAD_CHARS = 3;

const OPEN = -1;
const NO_QUOTE = -2;

function trimmedEnd(text: string, start: number, end: number): number {
  return end > start && text.charCodeAt(end - 1) === 0x0d ? end - 1 : end;
}

function unquoted(text: string, open: number, close: number): string {
  const inside = text.slice(open + 1, close);
  return inside.includes(QUOTE) ? inside.replaceAll('""', QUOTE) : inside;
}
