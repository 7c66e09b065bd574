import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { recallFromCel } from '../../asterisk/cel.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import { PbxError } from '../../lib/dialer/pbx.ts';

const id = (text: string): AttemptId => text as AttemptId;

function line(
  type: string,
  at: string,
  uniqueid: string,
  extra: unknown = '',
  keys = (key: string): string => key,
): string {
  const fields = { eventtype: type, eventtime: at, uniqueid, channame: 'PJSIP/pstn-1', eventextra: extra };
  return `${JSON.stringify(Object.fromEntries(Object.entries(fields).map(([key, value]) => [keys(key), value])))}\n`;
}

await t.test('a whole call, a live one, one the PBX died with and one it never saw', async (t) => {
  const file = join(t.testdir(), 'cel.json');
  const hangup = JSON.stringify({ hangupcause: 17, hangupsource: 'PJSIP/pstn-1', dialstatus: '' });
  await writeFile(
    file,
    line('CHAN_START', '1700000000.250000', 'at-busy') +
      line('CHAN_START', '1700000001.000000', 'at-live') +
      line('HANGUP', '1700000002.100400', 'at-busy', hangup) +
      line('CHAN_END', '1700000002.100500', 'at-busy') +
      line('ANSWER', '1700000003.999600', 'at-live') +
      line('CHAN_START', '1700000004.000000', 'at-busy-2') +
      line('CHAN_START', '1700000004.000000', 'ag-anna-1'),
  );
  const found = await recallFromCel(file, [id('at-busy'), id('at-live'), id('at-never')]);
  t.strictSame(
    [...found],
    [
      ['at-busy', { startedAt: 1700000000250, answeredAt: null, endedAt: 1700000002100, cause: 17, sipCode: null }],
      ['at-live', { startedAt: 1700000001000, answeredAt: 1700000004000, endedAt: null, cause: null, sipCode: null }],
    ],
  );
});

await t.test('broken lines, half a line at the end, extras as object and capital keys are borne', async (t) => {
  const file = join(t.testdir(), 'cel.json');
  const capital = (key: string): string => key.toUpperCase();
  await writeFile(
    file,
    line('CHAN_START', '1700000000.0', 'at-a', '', capital) +
      '{"uniqueid":"at-a"\nnull\n[]\n\n\u0000\u0000at-a\n{"uniqueid":"at-a","eventtype":"HANGUP","eventtime":"soon"}\n' +
      line('HANGUP', '1700000001.0', 'at-a', { hangupcause: 16 }) +
      line('HANGUP', '1700000009.0', 'at-a', { hangupcause: 1 }).slice(0, -20),
  );
  const found = await recallFromCel(file, [id('at-a')]);
  t.match(found.get(id('at-a')), { startedAt: 1700000000000, endedAt: 1700000001000, cause: 16 });
});

await t.test('lines are whole across the pieces the file is read in, also with letters of several bytes', async (t) => {
  const file = join(t.testdir(), 'cel.json');
  const ids = Array.from({ length: 4_000 }, (_, i) => id(`at-${i}`));
  await writeFile(file, ids.map((it, i) => line('CHAN_START', `${1700000000 + i}.5`, it, `звонок ${i}`)).join(''));
  const found = await recallFromCel(file, ids);
  t.equal(found.size, ids.length);
  t.ok(ids.every((it, i) => found.get(it)?.startedAt === (1700000000 + i) * 1000 + 500));
});

await t.test('no more than the limit is read, and the file rotated last is read too', async (t) => {
  const file = join(t.testdir(), 'cel.json');
  await writeFile(`${file}.1`, line('CHAN_START', '1700000000.0', 'at-old'));
  await writeFile(file, line('CHAN_START', '1700000001.0', 'at-first'));
  await appendFile(file, line('CHAN_START', '1700000002.0', 'at-last').repeat(10));
  t.strictSame([...(await recallFromCel(file, [id('at-old'), id('at-first')])).keys()], ['at-old', 'at-first']);
  t.strictSame([...(await recallFromCel(file, [id('at-first'), id('at-last')], 500)).keys()], ['at-last']);
  t.equal((await recallFromCel(file, [])).size, 0);
});

await t.test('a file that is not there makes the question unclear, not the answer empty', async (t) => {
  await t.rejects(recallFromCel(join(t.testdir(), 'none.json'), [id('at-a')]), PbxError);
});
