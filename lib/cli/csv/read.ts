import { decodeFile, type Encoding } from './encoding.ts';
import { createRecords, MAX_ROW_CHARS } from './records.ts';
import type { SheetRow, Table } from './sheet.ts';

const DELIMITERS = [';', '\t', ','] as const;

/** Reads a CSV file: a `sep=` line or its header tells the delimiter. */
export async function readText(path: string, encoding: Encoding, onBytes?: (bytes: number) => void): Promise<Table> {
  const text = decodeFile(path, encoding, onBytes);
  const head = await readHead(text);
  const declared = /^sep=(.)(?:\r\n|\n|\r)/i.exec(head);
  const body = declared === null ? head : head.slice(declared[0].length);
  const delimiter = declared?.[1] ?? guessDelimiter(body);
  const records = createRecords({
    delimiter,
    lineEnd: body.includes('\n') || !body.includes('\r') ? '\n' : '\r',
    path,
  });
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
  while (head.length < MAX_ROW_CHARS) {
    const next = await text.next();
    if (next.done === true) break;
    head += next.value;
    if (/^(sep=.\r?\n)?[^\n]+\n/i.test(head)) break;
  }
  return head;
}

/** The delimiter that cuts the header row into the most cells; signs inside quotes do not count. */
export function guessDelimiter(text: string): string {
  const header = (/[^\r\n]*\S[^\r\n]*/.exec(text)?.[0] ?? '').replace(/"(?:[^"]|"")*"/g, '');
  const counted = DELIMITERS.map((sign) => ({ sign, count: header.split(sign).length }));
  return counted.sort((a, b) => b.count - a.count)[0]!.sign;
}
