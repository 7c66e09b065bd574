import { decodeFile, type Encoding } from './encoding.ts';
import { createRecords } from './records.ts';
import type { SheetRow, Table } from './sheet.ts';

/** What the delimiter and the line ends are told from. */
const HEAD_CHARS = 65_536;

const DELIMITERS = [';', '\t', ','] as const;

/** Reads a CSV file: a `sep=` line or its header tells the delimiter. */
export const readText = (path: string, encoding: Encoding, onBytes?: (bytes: number) => void): Promise<Table> =>
  readTable(path, decodeFile(path, encoding, onBytes));

/** As `readText`, of text from anywhere; `path` names it in errors. */
export async function readTable(path: string, text: AsyncGenerator<string>): Promise<Table> {
  const head = await readHead(text);
  const declared = /^sep=([^"\r\n])(\r?\n|\r)/i.exec(head);
  const body = declared === null ? head : head.slice(declared[0].length);
  const dialect = dialectOf(body);
  const delimiter = declared?.[1] ?? dialect.delimiter;
  const lineEnd = declared === null ? dialect.lineEnd : declared[2] === '\r' ? '\r' : '\n';
  const records = createRecords({ delimiter, lineEnd, path });
  async function* rows(): AsyncGenerator<readonly SheetRow[]> {
    yield records.push(body);
    for await (const chunk of text) yield records.push(chunk);
    yield records.end();
  }
  return { delimiter, rows: rows() };
}

/** Enough text to hold the first row, or all there is. */
async function readHead(text: AsyncGenerator<string>): Promise<string> {
  let head = '';
  while (head.length < HEAD_CHARS) {
    const next = await text.next();
    if (next.done === true) break;
    head += next.value;
  }
  return head;
}

/** A cell in quotes: what is inside tells neither delimiter nor line end. */
const QUOTED = /(?<=^|[;\t,\r\n])"(?:[^"]|"")*"(?=[;\t,\r\n]|$)/g;

/** The delimiter that cuts the first row into the most cells, and how lines end: `\r` in files of old Macs. */
export function dialectOf(text: string): { readonly delimiter: string; readonly lineEnd: '\n' | '\r' } {
  const bare = text.slice(0, HEAD_CHARS).replace(QUOTED, '""');
  const header = /[^\r\n]*\S[^\r\n]*/.exec(bare)?.[0] ?? '';
  const counted = DELIMITERS.map((sign) => ({ sign, count: header.split(sign).length }));
  const delimiter = counted.sort((a, b) => b.count - a.count)[0]!.sign;
  return { delimiter, lineEnd: bare.includes('\n') || !bare.includes('\r') ? '\n' : '\r' };
}
