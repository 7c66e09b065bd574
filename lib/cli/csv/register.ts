import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { codeOf, RANGE_HEADER, readRange } from '../../core/numbering-ranges.ts';
import { messageOf, ObzvonError } from '../../errors.ts';

/** A range with where it was read and the numbers of its operator and place in the register's lists. */
export interface RegisterRange {
  readonly first: number;
  readonly last: number;
  readonly operator: number;
  readonly place: number;
  readonly file: string;
  readonly line: number;
}

/** A register read whole, checked, its ranges in the order of the numbers. */
export interface Register {
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly ranges: number }[];
  readonly operators: readonly (readonly [name: string, inn: string])[];
  readonly places: readonly string[];
  readonly ranges: readonly RegisterRange[];
  readonly codes: number;
}

/** Wrong rows told one by one; more are counted. */
const PROBLEMS_TOLD = 20;
/** Longer ones stand in no register. */
const MAX_LINE_CHARS = 16_384;

/**
 * Reads the files of one register of numbering ranges as Минцифры publishes them: UTF-8, `;`, cells never quoted. Any
 * wrong row refuses the whole register, each named by file and line: half a register would call numbers unallocated.
 */
export async function readRegister(paths: readonly string[], onBytes: (bytes: number) => void): Promise<Register> {
  const operators = new Map<string, number>();
  const places = new Map<string, number>();
  const ranges: RegisterRange[] = [];
  const files: { name: string; sha256: string; ranges: number }[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    const before = ranges.length;
    const hash = createHash('sha256');
    let line = 0;
    for await (const text of linesOf(path, (bytes) => hash.update(bytes), onBytes)) {
      line += 1;
      if (line === 1) checkHeader(path, text);
      else if (text.trim() !== '') {
        const range = readRange(text);
        if (typeof range === 'string') problems.push(`${path}, line ${line}: ${range}`);
        else {
          const { first, last, operator, inn, place } = range;
          ranges.push({
            first,
            last,
            operator: numberIn(operators, `${inn}\t${operator}`),
            place: numberIn(places, place),
            file: path,
            line,
          });
        }
      }
    }
    if (line === 0) throw notTheRegister(path, 'it is empty');
    files.push({ name: basename(path), sha256: hash.digest('hex'), ranges: ranges.length - before });
  }
  ranges.sort((a, b) => a.first - b.first);
  for (const overlap of overlaps(ranges)) problems.push(overlap);
  if (problems.length > 0) throw refusal(problems);
  return {
    files,
    operators: [...operators.keys()].map((key) => {
      const [inn = '', name = ''] = key.split('\t');
      return [name, inn] as const;
    }),
    places: [...places.keys()],
    ranges,
    codes: new Set(ranges.map(({ first }) => codeOf(first))).size,
  };
}

/** The text's number, in the order they first come. */
function numberIn(known: Map<string, number>, text: string): number {
  const number = known.get(text) ?? known.size;
  known.set(text, number);
  return number;
}

function* overlaps(ranges: readonly RegisterRange[]): Generator<string> {
  for (const [i, range] of ranges.entries()) {
    const before = ranges[i - 1];
    if (before !== undefined && range.first <= before.last) {
      yield `${range.file}, line ${range.line}: overlaps ${before.file}, line ${before.line}`;
    }
  }
}

function refusal(problems: readonly string[]): ObzvonError {
  const more = problems.length - PROBLEMS_TOLD;
  return new ObzvonError('RANGES_REFUSED', `${problems.length} rows of the register are wrong; nothing was imported`, {
    hint: 'download the files again; the register in force stays',
    details: [...problems.slice(0, PROBLEMS_TOLD), ...(more > 0 ? [`and ${more} more`] : [])],
  });
}

function checkHeader(path: string, line: string): void {
  if (line === RANGE_HEADER) return;
  if (/^\s*</.test(line)) throw notTheRegister(path, 'it is a web page: the site answered with an error page');
  throw notTheRegister(path, `its first line is “${line.slice(0, 80)}”, not “${RANGE_HEADER}”`);
}

function notTheRegister(path: string, why: string): ObzvonError {
  return new ObzvonError('RANGES_REFUSED', `${path} is no file of the register of numbering ranges: ${why}`, {
    hint: 'download it again; the register in force stays',
  });
}

async function* linesOf(
  path: string,
  onChunk: (bytes: Buffer) => void,
  onBytes: (bytes: number) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      onChunk(chunk);
      onBytes(chunk.length);
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield whole(path, line);
      whole(path, rest);
    }
    rest += decoder.decode();
  } catch (error) {
    if (error instanceof ObzvonError) throw error;
    if (error instanceof TypeError) throw notTheRegister(path, 'it is not UTF-8');
    throw new ObzvonError('IMPORT_UNREADABLE', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  if (rest !== '') yield whole(path, rest);
}

function whole(path: string, line: string): string {
  if (line.length <= MAX_LINE_CHARS) return line.replace(/\r$/, '');
  throw notTheRegister(path, `it has a line longer than ${MAX_LINE_CHARS} characters`);
}
