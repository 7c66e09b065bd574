import t from 'tap';
import { clean } from '../../lib/cli/clean.ts';
import { processIo, type Io } from '../../lib/cli/io.ts';
import { countsByState, duration, localTime, pairs, percent, table } from '../../lib/cli/print.ts';

const plain: Io = { ...processIo(), paint: (_, text) => text };

await t.test('columns align by what the eye sees: Cyrillic, wide and combined letters', async (t) => {
  const text = table(
    plain,
    ['AGENT', 'NAME', 'CALLS'],
    [
      ['anna', 'Анна', 5],
      ['li', '李小龍', 12],
      ['olga', 'Елк\u0438\u0306', 100],
    ],
  );
  t.equal(
    text,
    'AGENT  NAME    CALLS\n' +
      'anna   Анна        5\n' +
      'li     李小龍     12\n' +
      'olga   Елк\u0438\u0306      100\n',
  );
});

await t.test('colour does not shift columns and is left out where it is not wanted', async (t) => {
  const coloured: Io = { ...plain, paint: (_, text) => `\u001b[31m${text}\u001b[39m` };
  const rows = [[{ text: 'halted', style: 'red' } as const, 1]];
  t.equal(clean(table(coloured, ['STATE', 'N'], rows)), table(plain, ['STATE', 'N'], rows).replaceAll('\n', ' '));
});

await t.test('foreign text cannot steer the terminal or turn its direction', async (t) => {
  t.equal(clean('a\u001b[2Jb\u001b]0;title\u0007c\u009b31md\u202ee\r\nf'), 'abcd e f');
  t.equal(table(plain, ['NAME'], [['Ива\u001b[1Aнов\nПётр']]), 'NAME\nИванов Пётр\n');
});

await t.test('durations keep the two units that matter', async (t) => {
  for (const [ms, text] of [
    [0, '0 ms'],
    [340, '340 ms'],
    [4_230, '4.2 s'],
    [59_600, '1 min'],
    [185_000, '3 min 5 s'],
    [7_200_000, '2 h'],
    [7_380_000, '2 h 3 min'],
    [350_000_000, '4 d 1 h'],
  ] as const) {
    t.equal(duration(ms), text);
  }
});

await t.test(
  'small things: times are local, states nobody is in are left out, absent values print no line',
  async (t) => {
    t.equal(localTime(new Date(2026, 10, 2, 9, 5, 3).getTime()), '2026-11-02 09:05:03');
    t.equal(countsByState({ talking: 3, available: 2, offline: 0 }), '5: 3 talking, 2 available');
    t.equal(countsByState({}), '0');
    t.equal(percent(0.0312), '3.1 %');
    t.equal(
      pairs(plain, [
        ['state', 'up'],
        ['reason', null],
        ['calls', 0],
      ]),
      'state  up\ncalls  0\n',
    );
  },
);
