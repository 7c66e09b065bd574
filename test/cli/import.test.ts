import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ImportRow } from '../../lib/control/commands/imports.ts';
import { ObzvonError } from '../../lib/errors.ts';
import { stubDaemon } from '../helpers/cli.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** Takes digits for a phone, refuses anything else, knows a phone it has seen. */
async function daemon(t: Test, limit = Infinity) {
  const begun: unknown[] = [];
  const batches: (readonly ImportRow[])[] = [];
  const phones = new Set<string>();
  const fingerprints: string[] = [];
  const written: unknown[] = [];
  let ended = 0;
  const run = await stubDaemon(t, {
    'import.begin': ({ fingerprint, ...args }) => {
      fingerprints.push(fingerprint ?? '');
      begun.push(args);
      return {
        import: 'im-1',
        done: 0,
        counts: { accepted: 0, duplicate: 0, rejected: 0 },
        rejectsBytes: 0,
        unwritten: [],
      };
    },
    'file.written': (file) => {
      written.push(file);
      return file;
    },
    'import.rows': ({ rows }) => {
      if (batches.length >= limit) throw new ObzvonError('STORE_FAILED', 'the disk is full');
      batches.push(rows);
      const rejected = [];
      let accepted = 0;
      let duplicate = 0;
      for (const { row, values, fault } of rows) {
        const phone = values['phone'] ?? '';
        if (fault !== undefined) rejected.push({ row, ...fault });
        else if (!/^\+?\d+$/.test(phone))
          rejected.push({ row, code: 'PHONE_INVALID', reason: `“${phone}” is no phone` });
        else if (phones.has(phone)) duplicate++;
        else {
          phones.add(phone);
          accepted++;
        }
      }
      return { accepted, duplicate, rejected };
    },
    'import.end': () => {
      ended++;
      return { accepted: 0, duplicate: 0, rejected: 0 };
    },
  });
  return { run, begun, batches, fingerprints, written, ended: () => ended };
}

const BASE =
  'Телефон;ФИО;Долг\n+79161234567;Иван;5\n=8(916);"Рога; ""К""";6\n+79161234567;Пётр;7\n\n+79161234568;;8;9\n';

await t.test('every row read is accepted, known before or put aside with its reason', async (t) => {
  const { run, begun, batches, written, ended } = await daemon(t);
  const folder = shortDir(t, { 'base.csv': BASE });
  const file = join(folder, 'base.csv');
  const { exit, out, err } = await run(['lead', 'import', file, '--campaign', 'oct', '--json']);
  t.equal(exit, 5, 'partial');
  t.equal(err, '', 'no bar where stderr is no terminal');
  const rejectsFile = `${file}.rejects.csv`;
  t.same(JSON.parse(out), {
    file,
    encoding: 'utf-8',
    delimiter: ';',
    read: 4,
    accepted: 1,
    duplicate: 1,
    rejected: 2,
    rejectsFile,
  });
  t.same(begun, [{ kind: 'lead', list: 'base.csv', campaign: 'oct' }]);
  t.same(batches, [
    [
      { row: 2, values: { phone: '+79161234567', name: 'Иван' }, vars: { Долг: '5' } },
      { row: 3, values: { phone: '=8(916)', name: 'Рога; "К"' }, vars: { Долг: '6' } },
      { row: 4, values: { phone: '+79161234567', name: 'Пётр' }, vars: { Долг: '7' } },
      { row: 6, values: {}, vars: {}, fault: { code: 'ROW_TOO_WIDE', reason: '4 cells, the header has 3' } },
    ],
  ]);
  t.equal(ended(), 1);
  t.equal(
    readFileSync(rejectsFile, 'utf8'),
    '\uFEFFobzvon_row;obzvon_reason;Телефон;ФИО;Долг\r\n' +
      `3;PHONE_INVALID: “=8(916)” is no phone;'=8(916);"Рога; ""К""";6\r\n` +
      '6;ROW_TOO_WIDE: 4 cells, the header has 3;+79161234568;;8;9\r\n',
  );
  t.same(written, [{ path: rejectsFile, kind: 'rejects' }], 'an erasure will find it');
});

await t.test('a mended rejects file goes in, and with nothing rejected no file is made', async (t) => {
  const { run, batches } = await daemon(t);
  const folder = shortDir(t, { 'base.csv': BASE });
  const file = join(folder, 'base.csv');
  await run(['lead', 'import', file, '--campaign', 'oct']);
  const mended = join(folder, 'mended.csv');
  writeFileSync(
    mended,
    readFileSync(`${file}.rejects.csv`, 'utf8').replace(";'=8(916)", ';+79161234569').replace(';8;9', ';8'),
  );
  const { exit, out } = await run(['lead', 'import', mended, '--campaign', 'oct']);
  t.equal(exit, 0);
  t.match(out, /2 rows read, 2 accepted, 0 known before, 0 rejected\n$/);
  t.same(batches[1]![0]!.vars, { Долг: '6' });
  t.notOk(existsSync(`${mended}.rejects.csv`));
});

await t.test('a large base goes in batches of 500, with a bar on a terminal', async (t) => {
  const { run, batches } = await daemon(t);
  const rows = Array.from({ length: 1_201 }, (_, i) => `${79_160_000_000 + i}\n`).join('');
  const file = join(shortDir(t, { 'base.csv': `phone\n${rows}` }), 'base.csv');
  const { exit, out, err } = await run(['lead', 'import', file, '--campaign', 'oct'], { errIsTty: true });
  t.equal(exit, 0);
  t.same(
    batches.map((batch) => batch.length),
    [500, 500, 201],
  );
  t.match(out, /1201 rows read, 1201 accepted/);
  t.match(err, /\[#{24}\] 100 % {2}1201 rows, \d+\/s\n$/);
});

await t.test('--dry-run shows columns and first rows and sends nothing', async (t) => {
  const { run, begun, batches } = await daemon(t);
  const file = join(shortDir(t, { 'base.csv': BASE }), 'base.csv');
  const { exit, out } = await run(['lead', 'import', file, '--campaign', 'oct', '--dry-run']);
  t.equal(exit, 0);
  t.match(out, /Телефон +phone\nФИО +name\nДолг +variable Долг\n/);
  t.match(out, /nothing was imported/);
  t.same([begun, batches], [[], []]);
  const json = await run(['lead', 'import', file, '--campaign', 'oct', '--dry-run', '--json']);
  t.match(JSON.parse(json.out), {
    columns: [{ header: 'Телефон', becomes: 'phone' }, {}, {}],
    rows: [{ row: 2 }, {}, {}, {}],
  });
});

await t.test('a base that breaks in the middle says what went in before', async (t) => {
  const { run } = await daemon(t);
  const good = Array.from({ length: 600 }, (_, i) => `${79_160_000_000 + i};a\n`).join('');
  const file = join(shortDir(t, { 'base.csv': `phone;name\n${good}7;"open\n` }), 'base.csv');
  const { exit, err } = await run(['lead', 'import', file, '--campaign', 'oct']);
  t.equal(exit, 1);
  t.match(err, /row 602, column 2: the quote opened here is never closed/);
  t.match(err, /before that: \d+ rows accepted, .*; the same import again goes on from there/);
});

await t.test('a daemon that fails in mid-import ends it with its own exit code', async (t) => {
  const { run } = await daemon(t, 1);
  const rows = Array.from({ length: 700 }, (_, i) => `${79_160_000_000 + i}\n`).join('');
  const file = join(shortDir(t, { 'base.csv': `phone\n${rows}` }), 'base.csv');
  const { exit, err } = await run(['lead', 'import', file, '--campaign', 'oct']);
  t.equal(exit, 1);
  t.match(err, /the disk is full\n +before that: 500 rows accepted/);
});

await t.test('consents come in by the same door, and opt-outs with columns of their own', async (t) => {
  const { run, begun, batches } = await daemon(t);
  const folder = shortDir(t, {
    'consents.csv': 'phone;kinds;entities;given_at;evidence\n+79161234567;CALL,PD;7707083893;2026-01-02;scan-1.pdf\n',
    'stop.csv': 'Контакт;Источник\n+79161234567;письмо\n',
  });
  t.equal((await run(['consent', 'import', join(folder, 'consents.csv'), '--list', 'january'])).exit, 0);
  t.equal((await run(['optout', 'import', join(folder, 'stop.csv')])).exit, 0);
  t.same(begun, [
    { kind: 'consent', list: 'january' },
    { kind: 'optout', list: 'stop.csv' },
  ]);
  t.match(batches[0]![0]!.values, { kinds: 'CALL,PD', given_at: '2026-01-02', evidence: 'scan-1.pdf' });
  const twice = await run(['optout', 'import', join(folder, 'stop.csv'), '--source', 'mail']);
  t.match(twice, { exit: 2, err: /says so itself, in column “Источник”/ });
});

await t.test('an import is the same when file, columns and destination are', async (t) => {
  const { run, fingerprints } = await daemon(t);
  const folder = shortDir(t, { 'a.csv': BASE, 'b.csv': `${BASE} ` });
  const [a, b] = [join(folder, 'a.csv'), join(folder, 'b.csv')];
  for (const argv of [
    [a, '--campaign', 'oct'],
    [a, '--campaign', 'oct'],
    [a, '--campaign', 'nov'],
    [a, '--campaign', 'oct', '--column', 'name=Долг'],
    [b, '--campaign', 'oct', '--list', 'a.csv'],
  ]) {
    await run(['lead', 'import', ...argv]);
  }
  t.equal(fingerprints[0], fingerprints[1]);
  t.equal(new Set(fingerprints).size, 4);
});

await t.test('a file that is not there is unreadable', async (t) => {
  const { run } = await daemon(t);
  t.match(await run(['lead', 'import', '/nowhere.csv', '--campaign', 'oct']), {
    exit: 1,
    err: /cannot read \/nowhere/,
  });
});
