import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { ObzvonError } from '../../errors.ts';

/** A WHATWG label TextDecoder takes. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1251' | 'koi8-r' | 'ibm866';

const BOMS: readonly (readonly [Encoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** Files people give for CSV, by their first bytes. */
const NOT_CSV: readonly (readonly [string, readonly number[]])[] = [
  ['an Excel workbook (xlsx) or another zip archive', [0x50, 0x4b, 0x03, 0x04]],
  ['an old Excel workbook (xls)', [0xd0, 0xcf, 0x11, 0xe0]],
  ['a PDF document', [0x25, 0x50, 0x44, 0x46]],
];

/** Russian letters from the most to the least frequent. */
const BY_FREQUENCY = 'оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё';

/** Tells the encoding: by its mark, else UTF-8 when the whole file is that, else the Cyrillic one that reads best. */
export async function detectEncoding(path: string): Promise<Encoding> {
  const strict = new TextDecoder('utf-8', { fatal: true });
  let isUtf8 = true;
  let sample: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    if (sample.length === 0) {
      sample = chunk.subarray(0, 65_536);
      for (const [what, magic] of NOT_CSV) {
        if (startsWith(chunk, magic)) {
          throw new ObzvonError('IMPORT_UNREADABLE', `${path} is ${what}`, { hint: 'save it as CSV first' });
        }
      }
      const marked = BOMS.find(([, mark]) => startsWith(chunk, mark));
      if (marked !== undefined) return marked[0];
    }
    if (isUtf8) isUtf8 = decodes(strict, chunk, true);
    // Plain ASCII so far tells nothing of the Cyrillic that follows.
    if (!isUtf8) {
      if (!sample.some((byte) => byte >= 0x80)) sample = chunk.subarray(0, 65_536);
      if (sample.some((byte) => byte >= 0x80)) break;
    }
  }
  if (isUtf8 && decodes(strict, Buffer.alloc(0), false)) return 'utf-8';
  const candidates = ['windows-1251', 'koi8-r', 'ibm866'] as const;
  return candidates.map((name) => ({ name, score: score(sample, name) })).sort((a, b) => b.score - a.score)[0]!.name;
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
export async function* decodeFile(
  path: string,
  encoding: Encoding,
  onBytes: (bytes: number) => void = () => undefined,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}
