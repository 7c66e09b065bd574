import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { messageOf, ObzvonError } from '../../errors.ts';

/** A WHATWG label TextDecoder takes. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1251' | 'koi8-r' | 'ibm866';

/** What a file is, told from all its bytes. */
export interface Inspected {
  /** `xlsx`: a workbook, or another zip archive. */
  readonly encoding: Encoding | 'xlsx';
  /** Of its content, hexadecimal. */
  readonly sha256: string;
}

const BOMS: readonly (readonly [Encoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

const ZIP = [0x50, 0x4b, 0x03, 0x04];

/** Files people give for CSV, by their first bytes, and what to do with them. */
const NOT_A_TABLE: readonly (readonly [what: string, hint: string, magic: readonly number[]])[] = [
  ['an old Excel workbook (xls) or one under a password', 'save it as xlsx or CSV first', [0xd0, 0xcf, 0x11, 0xe0]],
  ['a PDF document', 'give the table it was made from, as CSV or xlsx', [0x25, 0x50, 0x44, 0x46]],
  ['a gzip archive', 'unpack it first', [0x1f, 0x8b]],
];

/** Russian letters from the most to the least frequent. */
const BY_FREQUENCY = 'оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё';

const HASH_CHUNK_BYTES = 1_048_576;
/** A chunk's rows live as long as the chunk: few enough that they die young. */
const TEXT_CHUNK_BYTES = 131_072;
const SAMPLE_BYTES = 65_536;
const NEWLINE = 0x0a;

/**
 * Reads the whole file once: its fingerprint, and its encoding by its mark, else UTF-8 when all of it is that, else the
 * Cyrillic one that reads best. Throws IMPORT_UNREADABLE for what is no table, and where encodings are mixed.
 */
export const inspectFile = (path: string): Promise<Inspected> => inspect(path, bytesOf(path, HASH_CHUNK_BYTES));

/** As `inspectFile`, of bytes from anywhere; `path` names them in errors. */
export async function inspect(path: string, bytes: AsyncIterable<Buffer>): Promise<Inspected> {
  const hash = createHash('sha256');
  const utf8 = createUtf8Check();
  let marked: Encoding | 'xlsx' | undefined;
  let sample: Buffer | null = null;
  for await (const chunk of bytes) {
    hash.update(chunk);
    // Plain ASCII tells nothing of the Cyrillic that may follow.
    if (sample === null || isAscii(sample)) {
      if (sample === null) marked = markOf(path, chunk);
      sample = chunk.subarray(0, SAMPLE_BYTES);
      if (!isAscii(chunk) && isAscii(sample)) {
        const first = chunk.findIndex((byte) => byte >= 0x80);
        sample = chunk.subarray(first, first + SAMPLE_BYTES);
      }
    }
    utf8.take(chunk);
  }
  const sha256 = hash.digest('hex');
  if (marked !== undefined && marked !== 'utf-8') return { encoding: marked, sha256 };
  const wrong = utf8.end();
  if (wrong === null) return { encoding: 'utf-8', sha256 };
  if (marked === 'utf-8' || wrong.isMixed) {
    throw new ObzvonError(
      'IMPORT_UNREADABLE',
      `${path}, line ${wrong.line}: its bytes are not UTF-8, as the rest of the file is`,
      { hint: 'parts in different encodings were put together: convert them to one' },
    );
  }
  return { encoding: cyrillicOf(sample ?? Buffer.alloc(0)), sha256 };
}

/** The file's bytes in chunks; throws IMPORT_UNREADABLE. */
async function* bytesOf(path: string, chunkBytes: number): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new ObzvonError('IMPORT_UNREADABLE', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function markOf(path: string, head: Buffer): Encoding | 'xlsx' | undefined {
  for (const [what, hint, magic] of NOT_A_TABLE) {
    if (startsWith(head, magic)) throw new ObzvonError('IMPORT_UNREADABLE', `${path} is ${what}`, { hint });
  }
  if (startsWith(head, ZIP)) return 'xlsx';
  return BOMS.find(([, mark]) => startsWith(head, mark))?.[0] ?? unmarkedUtf16(head.subarray(0, SAMPLE_BYTES));
}

/** UTF-16 without its mark: digits and delimiters have a zero for one of their two bytes, always the same one. */
function unmarkedUtf16(sample: Buffer): Encoding | undefined {
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2]! += 1;
  const [even = 0, odd = 0] = zeros;
  if (Math.max(even, odd) * 10 < sample.length) return undefined;
  return even === 0 ? 'utf-16le' : odd === 0 ? 'utf-16be' : undefined;
}

interface Utf8Check {
  take(chunk: Buffer): void;
  /** Null: all was UTF-8. */
  end(): { readonly line: number; readonly isMixed: boolean } | null;
}

/** Watches bytes go by: are they UTF-8, and if not, where not, and is much of the rest Cyrillic in UTF-8? */
function createUtf8Check(): Utf8Check {
  const strict = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let midway = false;
  let wrongLine: number | null = null;
  let high = 0;
  let inPairs = 0;
  let lead = 0;
  return {
    take(chunk) {
      const plain = isAscii(chunk);
      if (wrongLine === null && (midway || !plain) && !decodes(strict, chunk, true)) wrongLine = line + wrongAt(chunk);
      midway = !plain;
      if (plain) {
        if (wrongLine === null) line += linesIn(chunk);
        return;
      }
      for (const byte of chunk) {
        if (byte === NEWLINE && wrongLine === null) line += 1;
        if (byte >= 0x80) high += 1;
        // Letters of Russian in UTF-8 are D0 or D1 and a byte from 80 to BF; in one-byte encodings that is no syllable.
        if ((lead === 0xd0 || lead === 0xd1) && byte >= 0x80 && byte < 0xc0) inPairs += 2;
        lead = byte;
      }
    },
    end() {
      if (wrongLine === null && !decodes(strict, Buffer.alloc(0), false)) wrongLine = line;
      return wrongLine === null ? null : { line: wrongLine, isMixed: inPairs >= 20 && inPairs * 5 > high };
    },
  };
}

/** Lines of the chunk before its first one that is not UTF-8. */
function wrongAt(chunk: Buffer): number {
  let start = 0;
  for (let lines = 0; ; lines++) {
    const end = chunk.indexOf(NEWLINE, start);
    const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
    if (end === -1 || !decodes(new TextDecoder('utf-8', { fatal: true }), piece, false)) return lines;
    start = end + 1;
  }
}

function linesIn(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

function decodes(decoder: TextDecoder, chunk: Buffer, stream: boolean): boolean {
  try {
    decoder.decode(chunk, { stream });
    return true;
  } catch {
    return false;
  }
}

function startsWith(bytes: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}

function cyrillicOf(sample: Buffer): Encoding {
  const candidates = ['windows-1251', 'koi8-r', 'ibm866'] as const;
  return candidates.map((name) => ({ name, score: score(sample, name) })).sort((a, b) => b.score - a.score)[0]!.name;
}

/** Frequent letters speak for an encoding; signs no list of people holds, and capitals inside words, against it. */
function score(sample: Buffer, encoding: Encoding): number {
  const text = new TextDecoder(encoding).decode(sample);
  let sum = 0;
  let previousIsSmall = false;
  for (const character of text) {
    if (character.charCodeAt(0) < 0x80) {
      previousIsSmall = false;
      continue;
    }
    const small = character.toLowerCase();
    const rank = BY_FREQUENCY.indexOf(small);
    const isSmall = character === small;
    sum += rank === -1 ? ('№«»–—“”…'.includes(character) ? 0 : -40) : BY_FREQUENCY.length - rank;
    if (previousIsSmall && !isSmall) sum -= 40;
    previousIsSmall = isSmall && rank !== -1;
  }
  return sum;
}

/** The file's text in chunks; a byte-order mark is left out. */
export const decodeFile = (
  path: string,
  encoding: Encoding,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<string> => decode(bytesOf(path, TEXT_CHUNK_BYTES), encoding, onBytes);

/** As `decodeFile`, of bytes from anywhere. */
export async function* decode(
  bytes: AsyncIterable<Buffer>,
  encoding: Encoding,
  onBytes: (bytes: number) => void = () => undefined,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) {
    onBytes(chunk.length);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}
