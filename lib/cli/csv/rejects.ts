import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { messageOf, ObzvonError } from '../../errors.ts';
import { REJECT_COLUMNS } from './columns.ts';
import type { Sheet, SheetRow } from './sheet.ts';
import { harmless, quoted, rawLine } from './write.ts';

/** Puts wrong rows aside as they were (but for formulas, made harmless), each with its number and reason: mended, the file can be imported again. */
export interface Rejects {
  /** Where it is, or will be with the first reject. */
  readonly path: string;
  add(row: Pick<SheetRow, 'row' | 'raw' | 'cells'>, reason: string): void;
  /** Bytes of the file; all of them are on the disk when this returns. */
  sync(): number;
  close(): void;
}

/** In UTF-8 with BOM, as a Russian Excel opens it. The file of an import that begins appears with the first reject. */
export function createRejects(
  path: string,
  sheet: Pick<Sheet, 'delimiter' | 'rawHeader' | 'headers'>,
  course: 'begins' | 'goes on',
): Rejects {
  const { delimiter } = sheet;
  let file: number | null = null;
  let waiting = '';
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new ObzvonError('IMPORT_UNREADABLE', `cannot write the rejects file ${path}: ${messageOf(error)}`, {
        cause: error,
        hint: 'say where it may be written: --rejects FILE',
      });
    }
  };
  const flush = (): void => {
    if (waiting === '') return;
    if (file === null) {
      file = openSync(path, course === 'begins' ? 'w' : 'a', 0o600);
      if (fstatSync(file).size === 0) {
        const declared = [';', ',', '\t'].includes(delimiter) ? '' : `sep=${delimiter}\r\n`;
        waiting = `\uFEFF${declared}${[...REJECT_COLUMNS, rawLine(sheet.rawHeader, sheet.headers, delimiter)].join(delimiter)}\r\n${waiting}`;
      }
    }
    writeSync(file, waiting);
    waiting = '';
  };
  return {
    path,
    add({ row, raw, cells }, reason) {
      // Our two columns stand before the row's own text, which may have too few cells or too many.
      waiting += `${[String(row), quoted(harmless(reason), delimiter), rawLine(raw, cells, delimiter)].join(delimiter)}\r\n`;
      if (waiting.length > 65_536) guarded(flush);
    },
    sync: () =>
      guarded(() => {
        flush();
        if (file === null) return course === 'begins' ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
        fsyncSync(file);
        return fstatSync(file).size;
      }),
    close() {
      guarded(flush);
      if (file !== null) closeSync(file);
    },
  };
}

/**
 * Takes a rejects file back to its first `bytes`, for an import that goes on behind them; false when it is not there
 * any more or is shorter than that.
 */
export function rewindRejects(path: string, bytes: number): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < bytes) return false;
  if (size === bytes) return true;
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file, bytes);
  } finally {
    closeSync(file);
  }
  return true;
}
