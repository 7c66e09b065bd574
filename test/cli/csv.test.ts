import fc from 'fast-check';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { mapColumns } from '../../lib/cli/csv/columns.ts';
import { inspectFile } from '../../lib/cli/csv/encoding.ts';
import { dialectOf } from '../../lib/cli/csv/read.ts';
import { createRecords } from '../../lib/cli/csv/records.ts';
import { openSheet, type SheetRow } from '../../lib/cli/csv/sheet.ts';
import { messageOf } from '../../lib/errors.ts';
import { shortDir } from '../helpers/short-dir.ts';

const TEXT = 'Телефон;ФИО;Город\r\n+79161234567;Иванов Пётр;Тверь\r\n89161234568;Ольга Щукина;Уфа\r\n';

/** Encodes Cyrillic in a single-byte encoding by asking the decoder what each byte means. */
function encode(text: string, encoding: string): Uint8Array {
  const table = new Map<string, number>();
  const decoder = new TextDecoder(encoding);
  for (let byte = 0; byte < 256; byte++) table.set(decoder.decode(Uint8Array.of(byte)), byte);
  return Uint8Array.from(text, (character) => table.get(character)!);
}

const encodings: Record<string, (text: string) => Uint8Array> = {
  'utf-8': (text) => Buffer.from(text),
  'utf-8 with BOM': (text) => Buffer.from(`\uFEFF${text}`),
  'utf-16le with BOM': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'utf-16be with BOM': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  'windows-1251': (text) => encode(text, 'windows-1251'),
  'koi8-r': (text) => encode(text, 'koi8-r'),
  ibm866: (text) => encode(text, 'ibm866'),
};

async function read(t: Test, content: string | Uint8Array) {
  const sheet = await openSheet(join(shortDir(t, { 'base.csv': content }), 'base.csv'));
  const rows: SheetRow[] = [];
  for await (const some of sheet.rows) rows.push(...some);
  return { ...sheet, rows };
}

await t.test('a base reads the same in every encoding Russian offices write', async (t) => {
  for (const [name, bytes] of Object.entries(encodings)) {
    const sheet = await read(t, bytes(TEXT));
    t.equal(sheet.encoding, name.split(' ')[0], name);
    t.same(sheet.headers, ['Телефон', 'ФИО', 'Город'], name);
    t.match(
      sheet.rows[1],
      { row: 3, cells: ['89161234568', 'Ольга Щукина', 'Уфа'], raw: '89161234568;Ольга Щукина;Уфа' },
      name,
    );
  }
});

await t.test('the encoding is told from few letters, all capitals, and letters that come late', async (t) => {
  const late = `phone;name\n${'+79161234567;Ivan\n'.repeat(20_000)}+79161234568;Щукин\n`;
  for (const encoding of ['windows-1251', 'koi8-r', 'ibm866'] as const) {
    for (const [what, text] of [
      ['few letters', 'phone;имя\n+79161234567;Анна\n'],
      ['capitals', 'ТЕЛЕФОН;ФИО\n1;ИВАНОВ ИВАН ИВАНОВИЧ\n2;СИДОРОВА АННА\n'],
      ['mixed', 'Тел.;Контакт\n1;ООО «Ромашка» № 5\n'],
      ['late', late],
    ] as const) {
      const path = join(shortDir(t, { 'base.csv': encode(text, encoding) }), 'base.csv');
      t.equal((await inspectFile(path)).encoding, encoding, `${encoding}, ${what}`);
    }
  }
  const cut = shortDir(t, { 'base.csv': Buffer.from(`phone;имя\n1;${'я'.repeat(40_001)}`) });
  t.equal((await inspectFile(join(cut, 'base.csv'))).encoding, 'utf-8', 'a letter across two chunks is still UTF-8');
});

await t.test('the delimiter is what cuts the header into most cells; sep= settles it', async (t) => {
  t.equal(dialectOf('Телефон;Имя\n1,5;x').delimiter, ';');
  t.equal(dialectOf('phone\tname, given\n').delimiter, '\t');
  t.equal(dialectOf('phone,name\n').delimiter, ',');
  t.equal(dialectOf('"a;b;c",d\n').delimiter, ',');
  const sheet = await read(t, 'sep=|\r\nphone|name\r\n1|a;b\r\n');
  t.match(sheet, { delimiter: '|', headers: ['phone', 'name'], rows: [{ row: 2, cells: ['1', 'a;b'] }] });
});

await t.test('quotes: line-breaks and delimiters inside, doubled ones, and those that are only text', async (t) => {
  const { rows } = await read(
    t,
    'phone;note\r\n1;"two\r\nlines; here"\r\n2;"a ""b"""\r\n3;ООО "Ромашка"\r\n4;"Рога" и копыта\r\n',
  );
  t.same(
    rows.map(({ row, cells }) => [row, cells[1]]),
    [
      [2, 'two\r\nlines; here'],
      [3, 'a "b"'],
      [4, 'ООО "Ромашка"'],
      [5, '"Рога" и копыта'],
    ],
  );
});

await t.test('empty rows are left out but counted, as a spreadsheet numbers them', async (t) => {
  const { rows } = await read(t, 'phone;name\n1;a\n\n;\n2;b');
  t.same(
    rows.map(({ row }) => row),
    [2, 5],
  );
});

await t.test('what is no table is refused with file, row, column and reason', async (t) => {
  const cases: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['empty', '', /base\.csv is empty/],
    ['nothing but line ends', '\n\r\n \n', /is empty/],
    ['unclosed quote', 'phone;name\n1;a\n2;"b\n3;c\n', /base\.csv, row 3, column 2: the quote opened here is never/],
    ['unclosed quote, far from the end', `phone;name\n1;"a\n${'2;b\n'.repeat(40_000)}`, /row 2, column 2: the quote/],
    ['NUL in the header', 'pho\0ne;name;town;street\n1;a\n', /row 1: NUL_IN_ROW: a NUL byte in column 1/],
    ['xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /old Excel workbook \(xls\)/],
    ['pdf', '%PDF-1.4', /PDF/],
    ['too many columns', `${'a;'.repeat(300)}a\n`, /row 1 has 301 columns, more than 200/],
    ['a million columns', `${'a;'.repeat(999_999)}a\n1\n`, /row 1 has 1000000 columns, more than 200/],
    [
      'a line without end',
      `phone;name\n1;${'x'.repeat(17_000_000)}`,
      /row 2, column 2: the row is longer than 16777216/,
    ],
    ['half UTF-8, half CP1251', mixed(), /line 42: its bytes are not UTF-8, as the rest of the file is/],
    ['UTF-8 by its mark alone', Buffer.concat([Buffer.from('\uFEFFphone\n1\n'), Buffer.of(0xc8, 0x0a)]), /line 3: its/],
  ];
  for (const [name, content, message] of cases) {
    await t.rejects(read(t, content), { code: 'IMPORT_UNREADABLE', message }, name);
  }
});

/** Forty-one lines of UTF-8, then one of CP1251, then one of UTF-8. */
function mixed(): Uint8Array {
  const utf8 = Buffer.from(`phone;имя\n${'79161234567;Иван\n'.repeat(40)}`);
  return Buffer.concat([utf8, encode('79161234567;Пётр\n', 'windows-1251'), Buffer.from('79161234567;Анна\n')]);
}

await t.test('a wrong row is refused alone: the rows around it stay', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['NUL', '2;a\0b', 'NUL_IN_ROW: a NUL byte in column 2'],
    ['too wide', '2;a;b', 'ROW_TOO_WIDE: 3 cells, the header has 2'],
    ['a million columns', `2${';a'.repeat(999_999)}`, 'ROW_TOO_WIDE: 1000000 cells, the header has 2'],
    ['a long cell', `2;${'x'.repeat(5_000)}`, 'CELL_TOO_LONG: column 2 has 5000 characters, more than 4096'],
  ];
  for (const [name, wrong, flaw] of cases) {
    const { rows } = await read(t, `phone;name\n1;a\n${wrong}\n3;c\n`);
    t.match(
      rows,
      [
        { row: 2, flaw: null },
        { row: 3, flaw, raw: wrong },
        { row: 4, flaw: null },
      ],
      name,
    );
  }
});

await t.test('UTF-16 is read without its mark too', async (t) => {
  for (const bytes of [Buffer.from(TEXT, 'utf16le'), Buffer.from(TEXT, 'utf16le').swap16()]) {
    const sheet = await read(t, bytes);
    t.same(sheet.headers, ['Телефон', 'ФИО', 'Город']);
    t.equal(sheet.rows.length, 2);
  }
});

await t.test('rows end as Windows, Unix and old Macs end them', async (t) => {
  for (const end of ['\r\n', '\n', '\r']) {
    const { rows } = await read(t, ['phone;name', '1;"a;b"', '', '2;c'].join(end));
    t.same(
      rows.map(({ row, cells, raw }) => [row, cells, raw]),
      [
        [2, ['1', 'a;b'], '1;"a;b"'],
        [4, ['2', 'c'], '2;c'],
      ],
      JSON.stringify(end),
    );
  }
});

await t.test('property: rows are the same however the file falls into chunks', async (t) => {
  const text = fc.stringMatching(/^(?:[ab"';,\n\r]|"a;b"|\r\n){0,60}$/);
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 7 }), (content, size) => {
      const all = (chunk: number): unknown => {
        const records = createRecords({ delimiter: ';', lineEnd: '\n', path: 'x' });
        try {
          const rows: SheetRow[] = [];
          for (let i = 0; i < content.length; i += chunk) rows.push(...records.push(content.slice(i, i + chunk)));
          return [...rows, ...records.end()];
        } catch (error) {
          return messageOf(error);
        }
      };
      return JSON.stringify(all(size)) === JSON.stringify(all(1_000));
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

await t.test('headers in Russian and English mean our fields; the rest become variables', async (t) => {
  for (const phone of ['Телефон', 'Тел.', 'Моб.', 'Контакт', 'phone', ' PHONE ', 'Номер телефона']) {
    t.match(mapColumns('lead', [phone, 'Город']), [{ field: 'phone' }, { variable: 'Город' }], phone);
  }
  t.match(mapColumns('lead', ['Ф.И.О.', 'phone', 'Часовой пояс', 'Регион', 'Приоритет']), [
    { field: 'name' },
    { field: 'phone' },
    { field: 'zone' },
    { field: 'region' },
    { field: 'priority' },
  ]);
});

await t.test(
  'further phone columns are a lead’s further numbers: those with a number first, then as they stand',
  async (t) => {
    const fields = (headers: string[], chosen?: Record<string, string>) =>
      mapColumns('lead', headers, chosen).map((column) => ('field' in column ? column.field : '-'));
    t.same(fields(['Телефон', 'Доп. телефон', 'Телефон 3', 'Телефон 2']), ['phone', 'phone4', 'phone3', 'phone2']);
    t.same(fields(['phone', 'phone2', 'Phone 3', 'PHONE_4']), ['phone', 'phone2', 'phone3', 'phone4']);
    t.same(fields(['Имя', 'Тел.2', 'Тел.1', 'Тел.']), ['name', 'phone2', '-', 'phone']);
    t.same(
      fields(['Телефон', 'Номер', 'Контакт', 'Рабочий телефон']),
      ['phone', '-', '-', 'phone2'],
      'a row’s own number is none',
    );
    t.same(fields(['Телефон', 'Ещё'], { phone2: 'Ещё' }), ['phone', 'phone2'], '--column');
    t.same(
      fields(['phone', ...Array.from({ length: 11 }, () => 'тел')]).filter((field) => field !== '-').length,
      10,
      'ten at most',
    );
    t.same(
      mapColumns('consent', ['phone', 'kinds', 'entities', 'given_at', 'verified_by', 'evidence', 'телефон 2']).at(-1),
      { header: 'телефон 2', variable: 'телефон 2' },
    );
  },
);

await t.test('a nameless column and a repeated one are kept as variables, not lost', async (t) => {
  t.match(mapColumns('lead', ['Телефон', 'Примечание', '', 'Город', 'Город']), [
    { field: 'phone' },
    { variable: 'Примечание' },
    { variable: 'column 3' },
    { variable: 'Город' },
    { variable: 'Город (2)' },
  ]);
});

await t.test('the columns a rejects file adds are left out when it comes back mended', async (t) => {
  t.match(mapColumns('lead', ['phone', 'obzvon_row', 'obzvon_reason']), [{}, { ignored: true }, { ignored: true }]);
});

await t.test('--column goes before our synonyms, and must name what is there', async (t) => {
  t.match(mapColumns('lead', ['Телефон', 'Моб.'], { phone: 'Моб.' }), [{ field: 'phone2' }, { field: 'phone' }]);
  t.throws(() => mapColumns('lead', ['Телефон'], { phone: 'Нет' }), { code: 'USAGE', message: /no column “Нет”/ });
  t.throws(() => mapColumns('lead', ['Телефон'], { fone: 'Телефон' }), { code: 'USAGE', message: /no field “fone”/ });
});

await t.test('a file without its necessary columns is refused with what they may be called', async (t) => {
  t.throws(() => mapColumns('lead', ['79161234567', 'Иван']), {
    code: 'IMPORT_UNREADABLE',
    message: /no column for phone \(phone, телефон/,
  });
  t.throws(() => mapColumns('consent', ['phone']), { message: /no column for kinds .*; given_at/ });
});

await t.test('what stands in quotes tells neither the delimiter nor how lines end', async (t) => {
  t.match(dialectOf('"a\nb",c,d\n1,2,3\n'), { delimiter: ',', lineEnd: '\n' });
  t.match(dialectOf('"phone"\t"name"\n'), { delimiter: '\t' });
  t.match(dialectOf('phone;"a\nb"\r1;2\r'), { delimiter: ';', lineEnd: '\r' });
  const { headers, rows } = await read(t, 'phone,"name,\nsurname",city\n89161234567,x,y\n');
  t.same(headers, ['phone', 'name,\nsurname', 'city']);
  t.match(rows, [{ row: 2, cells: ['89161234567', 'x', 'y'] }]);
});

await t.test('a sep= line tells how lines end as well, and no quote is a delimiter', async (t) => {
  const { headers, rows } = await read(t, 'sep=|\rphone|"a\nb"\r1|"c\nd"\r');
  t.same(headers, ['phone', 'a\nb']);
  t.match(rows, [{ cells: ['1', 'c\nd'] }]);
  t.same((await read(t, 'sep="\na;b\n')).headers, ['sep="']);
});

await t.test('a quoted cell of the greatest length is taken wherever the text is cut', async (t) => {
  const text = `"${'a'.repeat(65_535)}"\r\n1\r\n`;
  for (let at = 65_530; at < text.length; at++) {
    const records = createRecords({ delimiter: ';', lineEnd: '\n', path: 'x' });
    const rows = [text.slice(0, at), text.slice(at)].flatMap((part) => records.push(part));
    t.equal([...rows, ...records.end()].length, 2, `cut at ${at}`);
  }
});
