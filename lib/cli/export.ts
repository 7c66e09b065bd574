import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, ObzvonError } from '../errors.ts';
import { csvLine, harmless } from './csv/write.ts';

/** How a CSV export is written. */
export interface CsvStyle {
  readonly delimiter: string;
  /** A byte-order mark, by which Excel knows UTF-8. */
  readonly bom: boolean;
}

/**
 * Writes a CSV file whole or not at all: beside its place first, for the owner's eyes alone, then into it. Gives the number
 * of rows.
 */
export async function writeCsv(
  path: string,
  headers: readonly string[],
  rows: AsyncIterable<readonly string[]>,
  { delimiter, bom }: CsvStyle,
): Promise<number> {
  const target = resolve(path);
  const beside = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.tmp`);
  let count = 0;
  let file: number | null = null;
  try {
    file = openSync(beside, 'wx', 0o600);
    writeSync(file, `${bom ? '\uFEFF' : ''}${csvLine(headers, delimiter)}`);
    for await (const row of rows) {
      writeSync(file, csvLine(row.map(harmless), delimiter));
      count += 1;
    }
    fsyncSync(file);
    renameSync(beside, target);
    return count;
  } catch (error) {
    if (file !== null) unlinkSync(beside);
    if (error instanceof ObzvonError) throw error;
    throw new ObzvonError('EXPORT_FAILED', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    if (file !== null) closeSync(file);
  }
}
