import fc from 'fast-check';
import { createTask } from 'node-cron';
import t from 'tap';
import { matchingMinutes } from '../../lib/core/cron.ts';
import { everComes, readCron } from '../../lib/schedule/cron.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-01T00:00Z');

const pick = (...words: readonly string[]) => fc.constantFrom(...words);
const expression = fc
  .tuple(
    pick('0', '30', '*/15', '5-10', '50-10', '59'),
    pick('*', '2', '22-2', '*/6', '0,12'),
    pick('*', '1', '13', '31', '29', '1-7', '*/2', 'L', 'L-2', '15W', '1W', 'LW', '31W', '10,L'),
    pick('*', '2', 'jan-mar', '*/3', '2,4', '12', '11-1'),
    pick('*', '0', '7', 'mon-fri', '5L', '1#2', '0#5', 'sat,1#1', '7L'),
  )
  .map((fields) => fields.join(' '));

void t.test('the minutes of any expression are those node-cron itself matches', async (t) => {
  fc.assert(
    fc.property(expression, fc.integer({ min: 0, max: 1460 }), (text, day) => {
      const read = readCron(text);
      if (!read.ok) return;
      const task = createTask(text, () => undefined, { timezone: 'UTC' });
      const from = START + day * DAY_MS;
      const ours = [...matchingMinutes(read.fields, from - 60_000, from + DAY_MS - 60_000)];
      const theirs = [];
      for (let at = from; at < from + DAY_MS; at += 60_000) if (task.match(new Date(at))) theirs.push(at);
      t.strictSame(ours, theirs, text);
    }),
    { numRuns: 60 },
  );
});

void t.test('a walk over days finds each one an expression names', async (t) => {
  for (const text of ['0 0 LW * *', '0 0 15W * *', '0 0 * * 5L', '0 0 * * 1#2', '0 0 L-2 * *', '0 0 13 * 5']) {
    const read = readCron(text);
    if (!read.ok) throw new Error(text);
    const task = createTask(text, () => undefined, { timezone: 'UTC' });
    const until = START + 2 * 366 * DAY_MS;
    const theirs = [];
    for (let at = START; at <= until; at += DAY_MS) if (task.match(new Date(at))) theirs.push(at);
    t.strictSame([...matchingMinutes(read.fields, START - 1, until)], theirs, text);
    t.ok(theirs.length > 2, text);
  }
});

for (const [text, reason] of [
  ['30 0 2 * * *', /seconds are not kept/],
  ['x', /expected 5/],
  ['61 2 * * *', /^minute: “61” is not accepted/],
  ['0 25 * * *', /^hour: “25” is not accepted/],
  ['0 2 30 2 *', /^day of month: “30” is never/],
  ['0 2 * * frog', /^day of week: “frog”/],
] as const) {
  void t.test(`“${text}” is refused, and why is said`, async (t) => {
    const read = readCron(text);
    t.match(read.ok ? [] : read.reasons, [reason]);
  });
}

void t.test('an expression that is well-formed and never comes is known, and finding out costs little', async (t) => {
  const ever = (text: string) => {
    const read = readCron(text);
    return read.ok && everComes(read.fields, 'Europe/Moscow', START);
  };
  const began = performance.now();
  t.equal(ever('0 0 15 * 1#1'), false, 'the first Monday is never the 15th');
  t.ok(performance.now() - began < 1_000, 'forty years of days in less than a second');
  t.equal(ever('0 0 29 2 *'), true, 'a leap day comes');
  t.equal(ever('0 0 29 2 1'), true, 'a leap day that is a Monday comes once in 28 years');
  t.equal(ever('0 0 31 2,4,6,9,11 *'), false);
});
