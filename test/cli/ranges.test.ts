import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import type { Commands } from '../../lib/control/commands.ts';
import { placeOf } from '../../lib/core/region.ts';
import { loadRegions } from '../../lib/data/load.ts';
import { readRegister } from '../../lib/cli/csv/register.ts';
import { stubDaemon } from '../helpers/cli.ts';
import { shortDir } from '../helpers/short-dir.ts';

const EXCERPTS = resolve(import.meta.dirname, '../../lib/data/ranges');
const HEADER = 'АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН';
const row = (code: number, from: number, count: number, operator = 'ООО "X"', place = 'Омская область') =>
  `${code};${String(from).padStart(7, '0')};${String(from + count - 1).padStart(7, '0')};${count};${operator};-;${place};7700000001`;
const file = (...rows: readonly string[]) => `\uFEFF${HEADER}\r\n${rows.join('\r\n')}\r\n`;

/** A daemon that keeps what it is sent. */
async function daemon(t: Test) {
  const begun: Commands['ranges.begin']['args'][] = [];
  const batches: Commands['ranges.rows']['args'][] = [];
  const run = await stubDaemon(t, {
    'ranges.begin': (args) => {
      begun.push(args);
      return { register: 7 };
    },
    'ranges.rows': (args) => {
      batches.push(args);
      return { ranges: 1 };
    },
    'ranges.end': ({ register }) => ({
      id: register,
      importedAt: 0,
      files: begun[0]?.files ?? [],
      ranges: begun[0]?.ranges ?? 0,
      codes: begun[0]?.codes ?? 0,
      operators: 1,
      places: 1,
      unknownPlaces: [{ place: 'Атлантида', ranges: 2 }],
    }),
  });
  return { run, begun, batches };
}

await t.test(
  'several files make one register: in the order of the numbers, each operator and place sent once',
  async (t) => {
    const { run, begun, batches } = await daemon(t);
    const folder = shortDir(t, {
      'def.csv': file(row(916, 1_000, 10, 'ООО "Y"'), row(900, 0, 1)),
      'abc.csv': file(row(301, 5, 1), row(301, 0, 5, 'ООО "Y"', 'Атлантида')),
    });
    const files = [join(folder, 'def.csv'), join(folder, 'abc.csv')];
    const ran = await run(['ranges', 'import', ...files, '--force-small']);
    t.match(ran, {
      exit: 0,
      err: '',
      out: /^in force: 4 ranges of 3 codes, 1 operators, 1 places\n[^]*Атлантида +2\n$/,
    });
    const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
    t.strictSame(begun, [
      {
        files: files.map((path, i) => ({ name: i === 0 ? 'def.csv' : 'abc.csv', sha256: sha256(path), ranges: 2 })),
        ranges: 4,
        codes: 3,
        force: true,
      },
    ]);
    t.strictSame(batches, [
      {
        register: 7,
        operators: [
          ['ООО "Y"', '7700000001'],
          ['ООО "X"', '7700000001'],
        ],
        places: ['Атлантида', 'Омская область'],
        ranges: [73_010_000_000, 5, 0, 0, 73_010_000_005, 1, 1, 1, 79_000_000_000, 1, 1, 1, 79_160_001_000, 10, 0, 1],
      },
    ]);
  },
);

await t.test('a long register goes in batches far below the longest line of the socket', async (t) => {
  const { run, batches } = await daemon(t);
  const rows = Array.from({ length: 1_001 }, (_, i) =>
    row(916, i * 10, 10, `ООО "${i}"`, `Омская область ${'я'.repeat(200)}${i}`),
  );
  const folder = shortDir(t, { 'def.csv': file(...rows) });
  t.match(await run(['ranges', 'import', join(folder, 'def.csv')]), { exit: 0 });
  t.equal(batches.length, 5);
  t.ok(batches.every((batch) => Buffer.byteLength(JSON.stringify(batch)) < 262_144));
  t.equal(
    batches.reduce((sum, { ranges }) => sum + ranges.length / 4, 0),
    1_001,
  );
});

await t.test('what is no file of the register is refused by name, and nothing is sent', async (t) => {
  const { run, begun } = await daemon(t);
  const good = row(916, 0, 10);
  const table: readonly (readonly [name: string, content: string | Buffer, why: RegExp])[] = [
    ['error-page.csv', '<!DOCTYPE html><html>403</html>', /error-page\.csv is no file of the register.*error page/],
    ['empty.csv', '', /empty\.csv is no file of the register.*it is empty/],
    [
      'old.csv',
      'АВС/ DEF;От;До;Емкость;Оператор;Регион\n916;0;1;2;X;Y\n',
      /its first line is “АВС\/ DEF;От;До;Емкость;Оператор;Регион”/,
    ],
    ['latin.csv', file(good).replace('АВС', 'ABC'), /its first line is “ABC/],
    ['cp1251.csv', Buffer.from([0xc0, 0xc2, 0xd1, 0x0a]), /it is not UTF-8/],
    ['endless.csv', file(`${good}${'я'.repeat(20_000)}`), /longer than 16384 characters/],
    [
      'rows.csv',
      file(good, '916;1;2', row(916, 5, 10)),
      /2 rows of the register are wrong[^]*rows\.csv, line 3: 3 cells instead of 8\n[^]*rows\.csv, line 4: overlaps .*rows\.csv, line 2/,
    ],
    ['touching.csv', file(row(916, 9, 1), good), /touching\.csv, line 2: overlaps .*line 3/],
  ];
  for (const [name, content, why] of table) {
    const folder = shortDir(t, { [name]: content as string });
    const { exit, out, err } = await run(['ranges', 'import', join(folder, name)]);
    t.equal(exit, 1, name);
    t.equal(out, '', name);
    t.match(err, why, name);
  }
  const folder = shortDir(t, { 'a.csv': file(good), 'b.csv': file(row(917, 0, 1), good) });
  t.match(await run(['ranges', 'import', join(folder, 'a.csv'), join(folder, 'b.csv')]), {
    err: /b\.csv, line 3: overlaps .*a\.csv, line 2/,
  });
  t.match(await run(['ranges', 'import', join(folder, 'none.csv')]), { exit: 1, err: /cannot read .*none\.csv/ });
  const many = shortDir(t, { 'many.csv': file(...Array<string>(30).fill('x')) });
  t.match(await run(['ranges', 'import', join(many, 'many.csv')]), { err: /30 rows[^]*line 21: [^]*and 10 more/ });
  t.strictSame(begun, []);
});

await t.test(
  'the last line counts with or without its end, and a byte-order mark is no part of the header',
  async (t) => {
    const folder = shortDir(t, {
      'bare.csv': `${HEADER}\n${row(916, 0, 1)}\n${row(916, 1, 1)}`,
      'marked.csv': `\uFEFF${HEADER}\r\n${row(917, 0, 1)}\r\n\r\n`,
    });
    const read = await readRegister([join(folder, 'bare.csv'), join(folder, 'marked.csv')], () => undefined);
    t.strictSame(
      read.ranges.map(({ first, line }) => [first, line]),
      [
        [79_160_000_000, 2],
        [79_160_000_001, 3],
        [79_170_000_000, 2],
      ],
    );
  },
);

await t.test(
  'the excerpt that ships is rows as published: it reads without a wrong row, each place is known',
  async (t) => {
    const files = readdirSync(EXCERPTS).filter((name) => name.endsWith('.csv'));
    t.strictSame(files.sort(), ['ABC-3xx.excerpt.csv', 'DEF-9xx.excerpt.csv']);
    t.ok(existsSync(join(EXCERPTS, 'README.md')), 'says where it is from');
    for (const name of files) t.ok(readFileSync(join(EXCERPTS, name), 'utf8').startsWith(`\uFEFF${HEADER}\n`), name);
    const { ranges, codes, places } = await readRegister(
      files.map((name) => join(EXCERPTS, name)),
      () => undefined,
    );
    t.ok(ranges.length > 30 && codes === 4);
    const regions = loadRegions('ru');
    for (const place of places) t.match(placeOf(place, regions), { unknown: null }, place);
  },
);
