import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { messageOf } from './errors.ts';
import type { NumberText } from './number-text.ts';

/** What became of a file that may hold a number. */
export interface FileCleaning {
  readonly outcome: 'untouched' | 'cleaned' | 'removed' | 'absent' | 'failed';
  /** Records left out. */
  readonly records: number;
  readonly reason: string | null;
}

/** A quote never closed must not swallow the file. */
const MOST_LINES_OF_A_RECORD = 1_000;

/**
 * Writes a table (CSV) anew without the records that hold the number; a whole story that holds it is removed. Nothing
 * is thrown: what cannot be cleaned is told with its reason.
 */
export async function cleanFile(path: string, whole: boolean, number: NumberText): Promise<FileCleaning> {
  try {
    const found = await lstat(path).catch(() => null);
    if (found === null) return { outcome: 'absent', records: 0, reason: null };
    // Whoever put a link there may mean a file that is none of ours.
    if (found.isSymbolicLink()) return { outcome: 'failed', records: 0, reason: 'it is a link now: clean it by hand' };
    const real = await realpath(path);
    if (!whole) return await withoutRecords(real, number);
    if (!number.in(await readFile(real, 'utf8'))) return { outcome: 'untouched', records: 0, reason: null };
    await rm(real);
    return { outcome: 'removed', records: 1, reason: null };
  } catch (error) {
    return { outcome: 'failed', records: 0, reason: messageOf(error) };
  }
}

async function withoutRecords(path: string, number: NumberText): Promise<FileCleaning> {
  let held = 0;
  for await (const record of recordsOf(path)) if (number.in(record)) held += 1;
  if (held === 0) return { outcome: 'untouched', records: 0, reason: null };
  const beside = `${path}.${randomBytes(4).toString('hex')}.erasing`;
  const { mode } = await stat(path);
  const file = await open(beside, 'wx', mode & 0o777);
  try {
    for await (const record of recordsOf(path)) if (!number.in(record)) await file.write(record);
    await file.sync();
    await file.close();
    await rename(beside, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(beside, { force: true });
    throw error;
  }
  return { outcome: 'cleaned', records: held, reason: null };
}

/** Records of a CSV file with their line ends: lines, joined while a quote is open. */
async function* recordsOf(path: string): AsyncGenerator<string> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  let record = '';
  let count = 0;
  let quoted = false;
  for await (const line of lines) {
    record += `${line}\r\n`;
    count += 1;
    if ((line.split('"').length - 1) % 2 === 1) quoted = !quoted;
    if (quoted && count < MOST_LINES_OF_A_RECORD) continue;
    yield record;
    [record, count, quoted] = ['', 0, false];
  }
  if (record !== '') yield record;
}
