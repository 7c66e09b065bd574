import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Tells this file run as a program from any that imports it. */
const MARK = 'obzvon-byte-search';
const CHUNK_BYTES = 4 * 1024 * 1024;
/** Longest spelling looked for: ten digits with four signs between each two, in UTF-16. */
const OVERLAP_BYTES = 256;
const MOST_BETWEEN = 8;
/** Signs written between digits, and the NUL of UTF-16; bytes past ASCII are parts of other blanks and dashes. */
const BETWEEN = new Set(Buffer.from('\0\t\r\n -()[]./\\,_+'));

/** What a search over files found. */
export interface ByteSearch {
  readonly files: readonly string[];
  readonly bytes: number;
  /** Places in all files together. */
  readonly found: number;
}

/**
 * Counts where a number stands in files: its digits in ASCII or UTF-16 with anything of a few signs between them, and
 * its integer as SQLite stores it. `digits` are those told apart by: the ten national ones of a Russian number. A file
 * that is not there holds nothing.
 */
export function searchFiles(files: readonly string[], phone: number, digits: string): ByteSearch {
  const there = files.filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  const counts = there.map((path) => searchFile(path, phone, digits));
  return {
    files: there,
    bytes: counts.reduce((sum, { bytes }) => sum + bytes, 0),
    found: counts.reduce((sum, { found }) => sum + found, 0),
  };
}

/**
 * The same in a process of its own: it takes seconds a gigabyte, and a process that closes a file of SQLite's drops the
 * locks that it holds on it.
 */
export async function searchFilesApart(files: readonly string[], phone: number, digits: string): Promise<ByteSearch> {
  const running = promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), MARK]);
  // Not on the command line: every user of the host may read those.
  running.child.stdin?.end(JSON.stringify({ files, phone, digits }));
  return JSON.parse((await running).stdout) as ByteSearch;
}

function searchFile(path: string, phone: number, digits: string): { bytes: number; found: number } {
  const needles = integerNeedles(phone);
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(OVERLAP_BYTES + CHUNK_BYTES);
    let kept = 0;
    let bytes = 0;
    let found = 0;
    const text = createDigitWalk(digits);
    for (;;) {
      const read = readSync(file, buffer, kept, CHUNK_BYTES, null);
      if (read === 0) return { bytes, found };
      bytes += read;
      found += text(buffer.subarray(kept, kept + read));
      const seen = buffer.subarray(0, kept + read);
      for (const needle of needles) {
        for (let at = seen.indexOf(needle); at !== -1; at = seen.indexOf(needle, at + 1)) {
          // What ends within the overlap was counted with the chunk before.
          if (at + needle.length > kept) found += 1;
        }
      }
      const keep = Math.min(OVERLAP_BYTES, seen.length);
      buffer.copyWithin(0, seen.length - keep, seen.length);
      kept = keep;
    }
  } finally {
    closeSync(file);
  }
}

/** How SQLite writes the integer: big-endian in a record, base 128 where it is a row's id. */
function integerNeedles(phone: number): Buffer[] {
  const width = phone < 2 ** 31 ? 4 : phone < 2 ** 47 ? 6 : 8;
  const record = Buffer.alloc(8);
  record.writeBigInt64BE(BigInt(phone));
  const groups: number[] = [];
  for (let rest = phone; rest > 0; rest = Math.floor(rest / 128)) groups.unshift(rest % 128);
  const varint = Buffer.from(groups.map((group, i) => (i < groups.length - 1 ? group | 0x80 : group)));
  return [record.subarray(8 - width), varint];
}

/** Counts `digits` in a stream of bytes, up to a few other bytes between each two. */
function createDigitWalk(digits: string): (bytes: Buffer) => number {
  const wanted = Buffer.from(digits);
  const window = new Uint8Array(wanted.length);
  let length = 0;
  let next = 0;
  let between = 0;
  return (bytes) => {
    let found = 0;
    for (let i = 0; i < bytes.length; i += 1) {
      const byte = bytes[i] as number;
      if (byte < 0x30 || byte > 0x39) {
        between += 1;
        if (between > MOST_BETWEEN || (byte < 0x80 && !BETWEEN.has(byte))) length = 0;
        continue;
      }
      between = 0;
      window[next] = byte;
      next = (next + 1) % window.length;
      length += 1;
      if (length < window.length || byte !== wanted[wanted.length - 1]) continue;
      let same = 0;
      while (same < window.length && window[(next + same) % window.length] === wanted[same]) same += 1;
      if (same === window.length) found += 1;
    }
    return found;
  };
}

if (process.argv[2] === MARK && process.argv[1] === fileURLToPath(import.meta.url)) {
  let asked = '';
  process.stdin.setEncoding('utf8').on('data', (text: string) => (asked += text));
  process.stdin.on('end', () => {
    const { files, phone, digits } = JSON.parse(asked) as { files: string[]; phone: number; digits: string };
    process.stdout.write(JSON.stringify(searchFiles(files, phone, digits)));
  });
}
