import t from 'tap';
import { answeredBy, answerShares, preference, WEEK_HOURS, weekHour } from '../../lib/core/best-hour.ts';

const at = (text: string) => Date.parse(text);
/** Monday is day 0. */
const cell = (day: number, hour: number) => day * 24 + hour;

void t.test('the hour of the week is the callee’s own; zones that do not agree tell none', async (t) => {
  const cases: readonly (readonly [string[], string, number | null])[] = [
    [['Europe/Moscow'], '2026-11-23T06:00:00Z', cell(0, 9)],
    [['Asia/Vladivostok'], '2026-11-23T06:59:59Z', cell(0, 16)],
    [['Asia/Vladivostok'], '2026-11-22T14:00:00Z', cell(0, 0)],
    [['Asia/Kolkata'], '2026-11-22T18:29:59Z', cell(6, 23)],
    [['Europe/Moscow', 'Europe/Volgograd'], '2026-11-23T06:00:00Z', cell(0, 9)],
    [['Europe/Moscow', 'Asia/Omsk'], '2026-11-23T06:00:00Z', null],
    [['Europe/Berlin'], '1969-12-31T23:30:00Z', cell(3, 0)],
    [[], '2026-11-23T06:00:00Z', null],
  ];
  for (const [zones, time, hour] of cases) t.equal(weekHour(zones, at(time)), hour, `${zones.join(' ')} ${time}`);
});

void t.test('only outcomes that tell whether somebody was there are counted', async (t) => {
  t.same(
    ['talked', 'abandoned', 'opted-out'].map((one) => answeredBy(one as 'talked')),
    [true, true, true],
  );
  t.same(
    ['no-answer', 'machine', 'unreachable'].map((one) => answeredBy(one as 'talked')),
    [false, false, false],
  );
  t.same(
    ['busy', 'congestion', 'unallocated', 'not-placed'].map((one) => answeredBy(one as 'talked')),
    [null, null, null, null],
  );
});

void t.test('few calls move an hour little, many move it to its own share', async (t) => {
  const base = Array.from({ length: WEEK_HOURS }, (_, hour) => ({ hour, attempts: 1000, answered: 300 }));
  const evening = cell(2, 19);
  const shareWith = (attempts: number, answered: number) =>
    answerShares(base.map((one) => (one.hour === evening ? { hour: evening, attempts, answered } : one))).hours[
      evening
    ] ?? 0;
  t.ok(Math.abs(shareWith(0, 0) - 0.3) < 0.001, 'none: the margins');
  t.ok(shareWith(5, 5) < 0.34, 'five of five is luck');
  t.ok(shareWith(5, 5) > 0.3);
  t.ok(Math.abs(shareWith(100_000, 60_000) - 0.6) < 0.01);
});

void t.test('an hour nobody was called in takes after its hour and its weekday', async (t) => {
  const counts = [];
  for (let day = 0; day < 5; day += 1) {
    for (const hour of [10, 19])
      counts.push({ hour: cell(day, hour), attempts: 5000, answered: hour === 19 ? 2500 : 1000 });
  }
  const shares = answerShares(counts).hours;
  t.ok((shares[cell(5, 19)] ?? 0) > (shares[cell(5, 10)] ?? 0) + 0.2, 'Saturday evening as evenings are');
  t.ok(Math.abs((shares[cell(5, 3)] ?? 0) - 0.35) < 0.01, 'a night as the base');
});

void t.test('without calls, or without answers, no hour is better than another', async (t) => {
  for (const counts of [[], [{ hour: 5, attempts: 100, answered: 0 }]]) {
    t.equal(new Set(answerShares(counts).hours).size, 1);
  }
});

void t.test('whoever may be in several hours counts as the base does', async (t) => {
  const shares = answerShares([
    { hour: cell(0, 9), attempts: 1000, answered: 100 },
    { hour: cell(0, 12), attempts: 1000, answered: 500 },
  ]);
  const now = at('2026-11-23T06:00:00Z');
  const [moscow, omsk, either] = [['Europe/Moscow'], ['Asia/Omsk'], ['Europe/Moscow', 'Asia/Omsk']].map((zones) =>
    preference(shares, zones, now),
  );
  t.ok((moscow ?? 0) < (either ?? 0) && (either ?? 0) < (omsk ?? 0));
});
