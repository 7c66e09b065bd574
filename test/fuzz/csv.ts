import { decode, inspect, type Encoding } from '../../lib/cli/csv/encoding.ts';
import { readTable } from '../../lib/cli/csv/read.ts';
import { underHeader, type SheetRow } from '../../lib/cli/csv/sheet.ts';
import { csvLine } from '../../lib/cli/csv/write.ts';
import { ObzvonError } from '../../lib/errors.ts';
import type { Random } from '../../lib/sim/random.ts';
import { below, chance, cut, of, textOf, type Fuzzer, type Made } from './fuzzer.ts';

/*
 * Tables written in any dialect and encoding, cut into bytes anywhere, must come back as they were; texts that are no
 * table are read by a second reading written from the rules alone. What was broken on purpose must be refused with its
 * place. Everything but the file system takes part: encoding, head, rows, shape.
 */

interface CsvCase extends Made {
  readonly bytes: readonly Buffer[];
  /** The whole text, when the second reading must judge. */
  readonly text: string | null;
  /** Rows as they were, the header first; null: the file must be refused. */
  readonly rows: readonly Row[] | null;
  readonly encoding: Encoding;
}

interface Row {
  readonly row: number;
  readonly cells: readonly string[];
  readonly isFlawed: boolean;
}

const PATH = 'base.csv';
const NAMES = [
  'Иванова Мария',
  'пётр сидоров',
  'ООО "Ромашка"',
  'Анна-Мария',
  'o’Neil',
  'ИП Ёлкина',
  'Smith, John',
  '',
];
const TOWNS = ['Москва', 'Санкт-Петербург', 'г. Тверь; центр', 'Ростов-на-Дону', 'Ufa\tUfa', 'село Красное'];
const ODDITIES = [
  ...['"', '""', '"x', 'x"', 'a"b', ' ', "'", '=1+1', 'a\nb', 'a\r\nb', 'a\rb', ';', ',', '\t', ' x ', '"";""', '\\'],
  ...['sep=,', '#', '\ufeffx', '😀', '0', '-', 'null', '__proto__', '\u2028', '\u0085', 'a\n', '\nb', '\r', '\n\n'],
];
/** What windows-1251, koi8-r and ibm866 all have. */
const PLAIN = /^[\x01-\x7fА-Яа-яЁё]*$/;
const HEADERS = ['телефон', 'имя клиента', 'город проживания', 'примечание менеджера', 'сумма договора'];

const phone = (random: Random): string => `8 (9${below(random, 90) + 10}) ${below(random, 900) + 100}-11-22`;

/** How a table is written. */
interface Dialect {
  readonly delimiter: string;
  readonly ends: readonly string[];
  readonly quotes: 'where needed' | 'all' | 'any';
  readonly declared: boolean;
}

function write(random: Random, table: readonly (readonly string[])[], dialect: Dialect): { text: string; rows: Row[] } {
  const { delimiter, ends, quotes, declared } = dialect;
  let text = declared ? `sep=${delimiter}${of(random, ends)}` : '';
  const rows: Row[] = [];
  let number = 0;
  for (const [i, cells] of table.entries()) {
    if (chance(random, 0.05)) {
      text += of(random, ['', ' ', delimiter]) + of(random, ends);
      number += 1;
    }
    number += 1;
    text += cells
      .map((cell) => {
        const needed = /["\r\n]/.test(cell) || cell.includes(delimiter);
        const quoted = needed || quotes === 'all' || (quotes === 'any' && chance(random, 0.5));
        return quoted ? `"${cell.replaceAll('"', '""')}"` : cell;
      })
      .join(delimiter);
    text += i === table.length - 1 && chance(random, 0.3) ? '' : of(random, ends);
    const isFlawed = cells.some((cell) => cell.includes('\0'));
    if (cells.some((cell) => cell.trim() !== '')) rows.push({ row: number, cells, isFlawed });
  }
  return { text, rows };
}

const HIGH: Readonly<Partial<Record<Encoding, ReadonlyMap<string, number>>>> = Object.fromEntries(
  (['windows-1251', 'koi8-r', 'ibm866'] as const).map((name) => {
    const decoder = new TextDecoder(name);
    return [name, new Map(Array.from({ length: 256 }, (_, byte) => [decoder.decode(Uint8Array.of(byte)), byte]))];
  }),
);

function encode(text: string, encoding: Encoding, bom: boolean): Buffer {
  const marked = bom ? `\ufeff${text}` : text;
  if (encoding === 'utf-8') return Buffer.from(marked, 'utf8');
  if (encoding === 'utf-16le') return Buffer.from(marked, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(marked, 'utf16le').swap16();
  const bytes = HIGH[encoding];
  return Buffer.from([...text].map((sign) => bytes?.get(sign) ?? 0x3f));
}

function roundTrip(random: Random): CsvCase {
  const oldMac = chance(random, 0.05);
  const delimiter = of(random, [';', ',', '\t', '|']);
  const dialect: Dialect = {
    delimiter,
    ends: oldMac ? ['\r'] : of(random, [['\r\n'], ['\n'], ['\r\n', '\n']]),
    quotes: of(random, ['where needed', 'all', 'any']),
    declared: delimiter === '|' || chance(random, 0.1),
  };
  const width = 2 + below(random, 4);
  const headers = HEADERS.slice(0, width);
  // A line end inside the header's quotes, as spreadsheets write it.
  if (chance(random, 0.1)) headers[1] = 'имя\nклиента';
  const odd = chance(random, 0.5);
  const cell = (column: number): string =>
    odd && chance(random, 0.3)
      ? of(random, ODDITIES)
      : column === 0
        ? phone(random)
        : of(random, column % 2 === 0 ? TOWNS : NAMES);
  const table = [headers, ...Array.from({ length: 1 + below(random, 5) }, () => headers.map((_, i) => cell(i)))];
  const nul = chance(random, 0.03);
  if (nul) table[1]![width - 1] = 'a\0b';
  const { text, rows } = write(random, table, dialect);
  let encoding: Encoding = of(random, ['utf-8', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1251', 'koi8-r', 'ibm866']);
  if (/^[^u]/.test(encoding) && (!PLAIN.test(text) || nul)) encoding = 'utf-8';
  const bom = nul || encoding.startsWith('utf-16') || chance(random, 0.5);
  const bytes = cut(random, encode(text, encoding, bom));
  return { kind: `round trip, ${encoding}`, input: text, bytes, text: null, rows, encoding };
}

const SIGNS = ['"', '"', '""', ';', ';', ',', '\t', '\n', '\r\n', '\r', 'a', 'ж', ' ', '\0', "'", '|'];

function noise(random: Random): CsvCase {
  const text =
    of(random, ['', 'sep=;\n', 'a;b\n', 'a,b\r\n', '\n\n', 'sep="\n']) + textOf(random, SIGNS, below(random, 40));
  // Marked: what an unmarked text of a few signs is in is anybody's guess.
  const bytes = cut(random, encode(text, 'utf-8', true));
  return { kind: 'noise', input: text, bytes, text, rows: [], encoding: 'utf-8' };
}

/** Files that are no tables; big, so few of them. */
function broken(random: Random): CsvCase {
  const head = 'phone;name\n89161234567;x\n';
  const [kind, text] = of(random, [
    ['a quote never closed', `${head}"${textOf(random, ['a', ';', '\n', 'ж'], below(random, 200))}`],
    ['a quote never closed, long', `${head}"${'a;b\n'.repeat(20_000 + below(random, 20_000))}`],
    ['a row that never ends', head + 'x'.repeat(16_800_000)],
    ['a million columns', ';x'.repeat(1_000_000)],
  ] as const);
  const bytes = chunks(encode(text, 'utf-8', true));
  return { kind, input: `${text.slice(0, 200)}…`, bytes, text: null, rows: null, encoding: 'utf-8' };
}

/** Cells as long as they may be in quotes, and one longer, cut around their end. */
function longest(random: Random): CsvCase {
  const length = 65_533 + below(random, 6);
  const text = `phone;name\n"${'a'.repeat(length)}";x\n`;
  const at = text.length - 8 + below(random, 8);
  const bytes = [Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at))];
  return { kind: 'a cell as long as it may be', input: [length, at], bytes, text, rows: [], encoding: 'utf-8' };
}

function chunks(whole: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(whole.length / 131_072) }, (_, i) =>
    whole.subarray(i * 131_072, (i + 1) * 131_072),
  );
}

/** Reads the text by the rules alone; null: it must be refused. */
function read(text: string): Row[] | null {
  const declared = /^[sS][eE][pP]=[^"\r\n](\r\n|\n|\r)/.exec(text);
  const body = text.slice(declared?.[0].length ?? 0);
  const bare = outsideQuotes(body);
  const header = bare.split(/[\r\n]/).find((line) => line.trim() !== '') ?? '';
  const count = (sign: string): number => [...header].filter((one) => one === sign).length;
  const guessed = [';', '\t', ','].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
  const delimiter = declared === null ? guessed : text[4]!;
  const said = declared?.[1] ?? (bare.includes('\n') || !bare.includes('\r') ? '\n' : '\r');
  const end = said === '\r' ? '\r' : '\n';
  return rowsOf(body, delimiter, end);
}

/** The quote never closes. */
const OPEN = Symbol('open');

/** A cell in quotes at the beginning of a text, by the signs that may follow it; null where the quote is only a sign. */
function quotedAt(text: string, at: number, follows: (rest: string) => boolean): string | typeof OPEN | null {
  let end = at + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end === -1 || end - at > 65_536) return OPEN;
    if (text[end + 1] !== '"') break;
    end += 2;
  }
  return follows(text.slice(end + 1, end + 3)) ? text.slice(at, end + 1) : null;
}

function outsideQuotes(text: string): string {
  let bare = '';
  for (let at = 0; at < text.length; at++) {
    const begins = at === 0 || ';\t,\r\n'.includes(text[at - 1]!);
    const quoted =
      begins && text[at] === '"' ? quotedAt(text, at, (rest) => rest === '' || ';\t,\r\n'.includes(rest[0]!)) : null;
    if (quoted === null || quoted === OPEN) bare += text[at];
    else {
      bare += '""';
      at += quoted.length - 1;
    }
  }
  return bare;
}

function rowsOf(text: string, delimiter: string, end: string): Row[] | null {
  const rows: Row[] = [];
  const follows = (rest: string): boolean =>
    rest === '' || rest === '\r' || rest[0] === delimiter || rest[0] === end || rest === `\r${end}`;
  let cells: string[] = [];
  let number = 1;
  for (let at = 0; at < text.length || cells.length > 0; ) {
    let cell: string;
    const quoted = text[at] === '"' ? quotedAt(text, at, follows) : null;
    if (quoted === OPEN) return null;
    if (quoted !== null) {
      cell = quoted.slice(1, -1).replaceAll('""', '"');
      at += quoted.length;
      if (text[at] === '\r' && text[at] !== end && text[at] !== delimiter) at += 1;
    } else {
      const from = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== end) at += 1;
      cell = text.slice(from, at);
      if (text[at] !== delimiter && cell.endsWith('\r')) cell = cell.slice(0, -1);
    }
    cells.push(cell);
    const isMore = at < text.length && text[at] === delimiter;
    at += 1;
    if (isMore) continue;
    if (cells.some((one) => one.trim() !== '')) {
      rows.push({ row: number, cells, isFlawed: cells.some((one) => one.includes('\0')) });
    }
    number += 1;
    cells = [];
  }
  return rows;
}

async function* flow(bytes: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* bytes;
}

/** The file as the program reads it; null: refused by a named error that tells the place. */
async function readBytes(made: CsvCase): Promise<readonly SheetRow[] | string> {
  const { encoding } = await inspect(PATH, flow([Buffer.concat(made.bytes)]));
  if (encoding !== made.encoding) return `taken for ${encoding}`;
  const table = await readTable(PATH, decode(flow(made.bytes), encoding));
  if (made.rows === null) {
    const { rows } = await underHeader(PATH, table);
    for await (const some of rows) if (some.length > 1_000_000) return 'too many rows';
    return [];
  }
  const all: SheetRow[] = [];
  for await (const rows of table.rows) for (const row of rows) all.push(row);
  return all;
}

function compare(told: readonly SheetRow[], right: readonly Row[]): string | null {
  if (told.length !== right.length) return `${told.length} rows, not ${right.length}`;
  for (const [i, { row, cells, isFlawed }] of right.entries()) {
    const got = told[i]!;
    const same = got.cells.length === cells.length && got.cells.every((cell, column) => cell === cells[column]);
    if (!same || got.row !== row) return `row ${row} came as row ${got.row}: ${JSON.stringify(got.cells)}`;
    if (isFlawed !== (got.flaw !== null)) return `row ${row}: flaw ${String(got.flaw)}`;
  }
  return null;
}

/** Tables and what is none. */
export const fuzzCsv: Fuzzer<CsvCase> = {
  make(random) {
    const which = random();
    if (which < 0.000_003) return broken(random);
    if (which < 0.000_03) return longest(random);
    return which < 0.5 ? noise(random) : roundTrip(random);
  },
  async judge(made) {
    const right = made.text === null ? made.rows : read(made.text);
    let told: readonly SheetRow[] | string;
    try {
      told = await readBytes(made);
    } catch (error) {
      if (!(error instanceof ObzvonError) || error.code !== 'IMPORT_UNREADABLE') throw error;
      if (right !== null) return `refused: ${error.message}`;
      return /base\.csv, row \d+/.test(error.message) ? null : `refused without a place: ${error.message}`;
    }
    if (typeof told === 'string') return told;
    if (right === null) return 'was not refused';
    const wrong = compare(told, right);
    if (wrong !== null || made.text !== null) return wrong;
    return rewritten(told);
  },
};

/** Rows in the raw text of a rejects file mean the same as before. */
function rewritten(rows: readonly SheetRow[]): string | null {
  const text = rows.map(({ cells }) => csvLine(cells, ';')).join('');
  const again = rowsOf(text, ';', '\n') ?? [];
  return again.length === rows.length &&
    again.every(({ cells }, i) => cells.join('\u0001') === rows[i]!.cells.join('\u0001'))
    ? null
    : 'written again it reads otherwise';
}
