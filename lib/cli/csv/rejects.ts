import { closeSync, openSync, writeSync } from 'node:fs';
import { messageOf, ObzvonError } from '../../errors.ts';
import { REJECT_COLUMNS } from './columns.ts';
import type { SheetRow } from './read.ts';
import { csvLine, harmless } from './write.ts';

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
        writeSync(file, `\uFEFF${csvLine([...headers, ...REJECT_COLUMNS], ';')}`);
      }
      writeSync(file, csvLine(cells, ';'));
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
