import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openSheet, type SheetRow } from '../../lib/cli/csv/sheet.ts';
import { shortDir } from '../helpers/short-dir.ts';
import { workbook, zip } from '../helpers/workbook.ts';

async function read(t: Test, content: Uint8Array, sheet?: string) {
  const path = join(shortDir(t, { 'base.xlsx': content }), 'base.xlsx');
  const opened = await openSheet(path, sheet === undefined ? {} : { sheet });
  const rows: SheetRow[] = [];
  for await (const some of opened.rows) rows.push(...some);
  return { ...opened, rows };
}

const HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>phone</t></is></c><c r="B1" t="str"><v>x</v></c></row>';
const STYLES = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/><numFmt numFmtId="165" formatCode="[Red]0.00&quot;day&quot;"/></numFmts>
  <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
  <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/></cellXfs></styleSheet>`;

await t.test('a workbook’s cells come out as people see them: numbers with all digits, dates as dates', async (t) => {
  const cases: readonly (readonly [cell: string, text: string])[] = [
    ['<c r="B2"><v>79161234567</v></c>', '79161234567'],
    ['<c r="B2"><v>7.9161234567E10</v></c>', '79161234567'],
    ['<c r="B2"><v>7.9161234567000003E10</v></c>', '79161234567'],
    ['<c r="B2"><v>12.5</v></c>', '12.5'],
    ['<c r="B2"><v>89161234567890123</v></c>', '8.916123456789013e+16'],
    ['<c r="B2" s="1"><v>46348</v></c>', '2026-11-22'],
    ['<c r="B2" s="2"><v>46348</v></c>', '2026-11-22'],
    ['<c r="B2" s="4"><v>46348.5</v></c>', '2026-11-22 12:00:00'],
    ['<c r="B2" s="3"><v>46348</v></c>', '46348'],
    ['<c r="B2" s="1"><v>59</v></c>', '1900-02-28'],
    ['<c r="B2" s="1"><v>61</v></c>', '1900-03-01'],
    ['<c r="B2" t="s"><v>0</v></c>', 'Иван & Ко'],
    ['<c r="B2" t="s"><v>1</v></c>', 'rich text'],
    ['<c r="B2" t="s"><v>99</v></c>', ''],
    ['<c r="B2" t="b"><v>1</v></c>', 'true'],
    ['<c r="B2" t="e"><v>#N/A</v></c>', '#N/A'],
    ['<c r="B2" t="str"><f>A1&amp;"x"</f><v>made</v></c>', 'made'],
  ];
  const strings =
    '<si><t>Иван &amp; Ко</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh sb="0" eb="1"><t>guide</t></rPh></si>';
  for (const [cell, text] of cases) {
    const row = `<row r="2"><c r="A2"><v>1</v></c>${cell}</row>`;
    const { rows } = await read(t, workbook({ one: `${HEADER}${row}` }, { strings, styles: STYLES }));
    t.equal(rows[0]?.cells[1], text, cell);
  }
});

await t.test('the first sheet is read, or the one named; rows keep their numbers', async (t) => {
  const file = workbook({
    one: `${HEADER}<row r="5"><c r="B5"><v>5</v></c></row><row r="9"/>`,
    two: `${HEADER}<row><c><v>7</v></c><c t="str"><v>a;"b"</v></c></row>`,
  });
  const one = await read(t, file);
  t.match(one, { encoding: 'xlsx', headers: ['phone', 'x'], rows: [{ row: 5, cells: ['', '5'], raw: ';5' }] });
  t.equal(one.rows.length, 1);
  const two = await read(t, file, 'two');
  t.match(two.rows, [{ row: 2, cells: ['7', 'a;"b"'], raw: '7;"a;""b"""' }]);
  await t.rejects(read(t, file, 'three'), { code: 'USAGE', message: /no sheet “three”; its sheets: “one”, “two”/ });
});

await t.test('dates of a workbook counted from 1904 are four years on', async (t) => {
  const row = '<row r="2"><c r="A2" s="1"><v>44886</v></c></row>';
  const { rows } = await read(t, workbook({ one: `${HEADER}${row}` }, { styles: STYLES, from1904: true }));
  t.equal(rows[0]?.cells[0], '2026-11-22');
});

await t.test('a workbook that is broken, too large or a trap is refused with the reason', async (t) => {
  const good = workbook({ one: HEADER });
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['cut off', good.subarray(0, good.length - 30), /its end is missing/],
    ['another archive', zip({ 'readme.txt': 'hello' }), /no part xl\/workbook\.xml/],
    ['not XML', workbook({ one: '<row r="1"><c>' }), /sheet1\.xml/],
    ['a bomb', workbook({ one: `${HEADER}${' '.repeat(30_000_000)}` }), /unpacks to more than|text without end/],
    ['a cell far out', workbook({ one: '<row r="1"><c r="ZZZZ1"><v>1</v></c></row>' }), /row 1 has a cell outside/],
    [
      'entities of its own',
      zip({ 'xl/workbook.xml': '<!DOCTYPE a [<!ENTITY b "c">]><workbook>&b;</workbook>' }),
      /defines a language of its own/,
    ],
    ['a flipped bit', Buffer.from(good).fill(0xff, 60, 90), /no workbook that can be read/],
  ];
  for (const [name, content, message] of cases) {
    await t.rejects(read(t, content), { code: 'IMPORT_UNREADABLE', message }, name);
  }
});

await t.test('--sheet of a CSV file means nothing and says so', async (t) => {
  await t.rejects(read(t, Buffer.from('phone\n1\n'), 'one'), { code: 'USAGE', message: /is no workbook/ });
});
