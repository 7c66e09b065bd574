import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { messageOf, ObzvonError } from '../../errors.ts';
import { MAX_CELL_CHARS } from './records.ts';
import type { SheetRow, Table } from './sheet.ts';
import { cellText, dateStyles, type CellStyles } from './xlsx-values.ts';
import { openZip, type Zip } from './zip.ts';

/** Parts held in memory: the strings, the styles. */
const MAX_PART_BYTES = 268_435_456;
const MAX_SHEET_BYTES = 4_294_967_296;
/** As many as a sheet can have. */
const MAX_COLUMNS = 16_384;
/** XML without a tag for so long is no sheet's. */
const MAX_CHARS_BETWEEN_TAGS = 16_777_216;

const DELIMITER = ';';

/** Reads a sheet of a workbook row by row: the one named, or the first. Throws IMPORT_UNREADABLE. */
export async function readWorkbook(
  path: string,
  sheetName: string | undefined,
  onBytes?: (bytes: number) => void,
): Promise<Table> {
  const zip = await openZip(path);
  const book = await readBook(zip, path, sheetName);
  const strings = book.strings === null ? [] : await readStrings(zip, path, book.strings);
  const styles = book.styles === null ? { isDate: () => false } : await readStyles(zip, path, book.styles);
  return {
    delimiter: DELIMITER,
    rows: readRows(zip, path, book.sheet, { strings, styles, from1904: book.from1904 }, onBytes),
  };
}

interface Book {
  readonly sheet: string;
  readonly strings: string | null;
  readonly styles: string | null;
  readonly from1904: boolean;
}

async function readBook(zip: Zip, path: string, wanted: string | undefined): Promise<Book> {
  const top = await readRelations(zip, path, '');
  const main = top.find(({ type }) => type === 'officeDocument')?.target ?? 'xl/workbook.xml';
  const relations = await readRelations(zip, path, main);
  const sheets: { name: string; id: string }[] = [];
  let from1904 = false;
  await walk(zip, path, main, MAX_PART_BYTES, {
    open(name, attributes) {
      if (name === 'workbookPr') from1904 = /^(?:1|true)$/.test(attributes['date1904'] ?? '');
      if (name === 'sheet') sheets.push({ name: attributes['name'] ?? '', id: attributes['r:id'] ?? '' });
    },
  });
  const sheet = wanted === undefined ? sheets[0] : sheets.find(({ name }) => name === wanted);
  const names = sheets.map(({ name }) => `“${name}”`).join(', ');
  if (sheet === undefined) {
    throw new ObzvonError('USAGE', `${path} has no sheet “${wanted ?? ''}”; its sheets: ${names || 'none'}`);
  }
  const target = relations.find(({ id }) => id === sheet.id)?.target;
  if (target === undefined) throw unreadable(path, `its sheet “${sheet.name}” is not in it`);
  const partOf = (kind: string): string | null => {
    const part = relations.find(({ type }) => type === kind)?.target;
    return part !== undefined && zip.has(part) ? part : null;
  };
  return { sheet: target, strings: partOf('sharedStrings'), styles: partOf('styles'), from1904 };
}

interface Relation {
  readonly id: string;
  readonly type: string;
  readonly target: string;
}

/** What a part refers to, by full names; nothing when it refers to nothing. */
async function readRelations(zip: Zip, path: string, part: string): Promise<Relation[]> {
  const cut = part.lastIndexOf('/') + 1;
  const folder = part.slice(0, cut);
  const file = `${folder}_rels/${part.slice(cut)}.rels`;
  const relations: Relation[] = [];
  if (!zip.has(file)) return relations;
  await walk(zip, path, file, MAX_PART_BYTES, {
    open(name, { Id = '', Type = '', Target = '' }) {
      if (name !== 'Relationship') return;
      const target = new URL(Target, `zip:///${folder}`).pathname.slice(1);
      relations.push({ id: Id, type: Type.slice(Type.lastIndexOf('/') + 1), target });
    },
  });
  return relations;
}

async function readStrings(zip: Zip, path: string, part: string): Promise<string[]> {
  const strings: string[] = [];
  const text = createTextOf('si');
  await walk(zip, path, part, MAX_PART_BYTES, {
    ...text.handlers,
    close(name) {
      text.handlers.close(name);
      if (name === 'si') strings.push(text.take());
    },
  });
  return strings;
}

async function readStyles(zip: Zip, path: string, part: string): Promise<CellStyles> {
  const formats = new Map<number, string>();
  const cells: number[] = [];
  let isCells = false;
  await walk(zip, path, part, MAX_PART_BYTES, {
    open(name, attributes) {
      if (name === 'numFmt') formats.set(Number(attributes['numFmtId']), attributes['formatCode'] ?? '');
      if (name === 'cellXfs') isCells = true;
      if (name === 'xf' && isCells) cells.push(Number(attributes['numFmtId'] ?? 0));
    },
    close(name) {
      if (name === 'cellXfs') isCells = false;
    },
  });
  return dateStyles(cells, formats);
}

interface Values {
  readonly strings: readonly string[];
  readonly styles: CellStyles;
  readonly from1904: boolean;
}

async function* readRows(
  zip: Zip,
  path: string,
  part: string,
  values: Values,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<readonly SheetRow[]> {
  let rows: SheetRow[] = [];
  let row = 0;
  let cells: string[] = [];
  let column = 0;
  let kind = 'n';
  let style = 0;
  const text = createTextOf('c');
  const parse = createWalker(path, part, {
    open(name, attributes) {
      text.handlers.open(name);
      if (name === 'row') {
        row = Number(attributes['r'] ?? row + 1);
        cells = [];
        column = 0;
      } else if (name === 'c') {
        column = attributes['r'] === undefined ? column + 1 : columnOf(attributes['r']);
        kind = attributes['t'] ?? 'n';
        style = Number(attributes['s'] ?? 0);
        if (!(column >= 1 && column <= MAX_COLUMNS)) throw unreadable(path, `row ${row} has a cell outside any sheet`);
      }
    },
    text: text.handlers.text,
    close(name) {
      text.handlers.close(name);
      if (name === 'c') {
        while (cells.length < column) cells.push('');
        cells[column - 1] = cellText(kind, text.take(), values.styles.isDate(style), values);
      } else if (name === 'row' && cells.some((cell) => cell.trim() !== '')) {
        rows.push({ row, cells, raw: cells.map(quoted).join(DELIMITER), flaw: null });
      }
    },
  });
  for await (const chunk of zip.read(part, MAX_SHEET_BYTES, onBytes)) {
    parse.write(chunk);
    yield rows;
    rows = [];
  }
  parse.end();
  yield rows;
}

/** `AB12` → 28. */
function columnOf(reference: string): number {
  let column = 0;
  for (const letter of /^[A-Z]*/.exec(reference)?.[0] ?? '') column = column * 26 + letter.charCodeAt(0) - 64;
  return column;
}

/** A cell as CSV has it. */
function quoted(text: string): string {
  return /[";\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

interface TagHandlers {
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly text?: (text: string) => void;
  readonly close?: (name: string) => void;
}

/** Gathers what stands in `v` and `t` inside one `whole` element; phonetic guides beside the text are left out. */
function createTextOf(whole: string) {
  let gathered = '';
  let isText = false;
  let isPhonetic = false;
  return {
    take: () => gathered,
    handlers: {
      open: (name: string): void => {
        if (name === whole) gathered = '';
        else if (name === 'rPh') isPhonetic = true;
        else if (name === 'v' || name === 't') isText = !isPhonetic;
      },
      text: (more: string): void => {
        if (isText && gathered.length <= MAX_CELL_CHARS) gathered += more;
      },
      close: (name: string): void => {
        if (name === 'rPh') isPhonetic = false;
        else if (name === 'v' || name === 't') isText = false;
      },
    },
  };
}

async function walk(zip: Zip, path: string, part: string, maxBytes: number, handlers: TagHandlers): Promise<void> {
  const parse = createWalker(path, part, handlers);
  for await (const chunk of zip.read(part, maxBytes)) parse.write(chunk);
  parse.end();
}

/** Feeds a part's XML to the handlers, tags without their prefixes. */
function createWalker(path: string, part: string, handlers: TagHandlers): { write(chunk: Buffer): void; end(): void } {
  const parser = new SaxesParser();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let sinceTag = 0;
  const local = (name: string): string => name.slice(name.indexOf(':') + 1);
  parser.on('error', (error) => {
    throw unreadable(path, `its part ${part}: ${error.message}`);
  });
  parser.on('doctype', () => {
    throw unreadable(path, `its part ${part} defines a language of its own`);
  });
  parser.on('opentag', (tag: SaxesTagPlain) => {
    sinceTag = 0;
    handlers.open?.(local(tag.name), tag.attributes);
  });
  parser.on('closetag', (tag: SaxesTagPlain) => {
    sinceTag = 0;
    handlers.close?.(local(tag.name));
  });
  parser.on('text', (text) => handlers.text?.(text));
  parser.on('cdata', (text) => handlers.text?.(text));
  const decoded = (chunk: Buffer, stream: boolean): string => {
    try {
      return decoder.decode(chunk, { stream });
    } catch (error) {
      throw unreadable(path, `its part ${part}: ${messageOf(error)}`);
    }
  };
  return {
    write(chunk) {
      sinceTag += chunk.length;
      if (sinceTag > MAX_CHARS_BETWEEN_TAGS) throw unreadable(path, `its part ${part} has a text without end`);
      parser.write(decoded(chunk, true));
    },
    end() {
      parser.write(decoded(Buffer.alloc(0), false));
      parser.close();
    },
  };
}

function unreadable(path: string, what: string): ObzvonError {
  return new ObzvonError('IMPORT_UNREADABLE', `${path} is no workbook that can be read: ${what}`, {
    hint: 'open it in a spreadsheet program and save it as xlsx or CSV again',
  });
}
