import { InvalidArgumentError } from 'commander';
import t from 'tap';
import { parseDate, parseDuration, parseMethod, parseNumber, parseTime } from '../../lib/cli/options.ts';
import { parseDays, parseUntil } from '../../lib/cli/simulate-options.ts';

const HUGE = `1${'0'.repeat(400)}`;

await t.test('a day that is not in the calendar is refused, not taken for one of the next month', async (t) => {
  for (const day of ['2026-02-30', '2027-02-29', '2026-11-31', '2026-13-01', '2026-00-10']) {
    t.throws(() => parseDate(day), InvalidArgumentError, day);
    t.throws(() => parseTime(day), InvalidArgumentError, day);
    t.throws(() => parseTime(`${day}T10:00Z`), InvalidArgumentError, day);
    t.throws(() => parseUntil(`${day}T10:00Z`), InvalidArgumentError, day);
  }
  t.equal(parseTime('2028-02-29T10:00Z'), Date.UTC(2028, 1, 29, 10));
  t.same(parseUntil('2028-02-29T10:00Z'), { at: Date.UTC(2028, 1, 29, 10) });
});

await t.test('a number too long to be one is refused, not taken for infinity', async (t) => {
  t.throws(() => parseDuration(`${HUGE}d`), InvalidArgumentError);
  t.throws(() => parseNumber(HUGE), InvalidArgumentError);
  t.throws(() => parseMethod(`ratio:${HUGE}`), InvalidArgumentError);
  t.equal(parseDuration('1.5h'), 5_400_000);
});

await t.test('days with one end, or with three, are refused', async (t) => {
  for (const days of ['mon-', '-mon', 'mon-tue-wed', 'sat,mon-'])
    t.throws(() => parseDays(days), InvalidArgumentError, days);
  t.same(parseDays('fri-mon'), ['sun', 'mon', 'fri', 'sat']);
});
