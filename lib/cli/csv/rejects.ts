import { closeSync, openSync, writeSync } from 'node:fs';
import { messageOf, ObzvonError } from '../../errors.ts';
import { REJECT_COLUMNS } from './columns.ts';
import type { SheetRow } from './read.ts';

/** Puts wrong rows aside as they were, each with its number and reason: mended, the file can be imported again. */
export interface Rejects {
  add(row: SheetRow, reason: string): void;
  close(): void;
}

/** The file appears with the first reject; in UTF-8 with BOM and `;`, as a Russian Excel opens it. */
export function createRejects(path: string, headers: readonly string[]): Rejects {
  let file: number | null = null;
  const write = (cells: readonly string[]): void => {
    try {
      if (file === null) {
        file = openSync(path, 'w', 0o600);
        writeSync(file, `\uFEFF${[...headers, ...REJECT_COLUMNS].map(cell).join(';')}\r\n`);
      }
      writeSync(file, `${cells.map(cell).join(';')}\r\n`);
    } catch (error) {
      throw new ObzvonError('IMPORT_UNREADABLE', `cannot write the rejects file ${path}: ${messageOf(error)}`, {
        cause: error,
        hint: 'say where it may be written: --rejects FILE',
      });
    }
  };
  return {
    add({ row, cells }, reason) {
      const original = headers.map((_, i) => cells[i] ?? '');
      write([...original, String(row), harmless(reason)]);
    },
    close() {
      if (file !== null) closeSync(file);
    },
  };
}

function cell(text: string): string {
  return /[";\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet takes text that begins so for a formula. The original cells stay as they were. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
