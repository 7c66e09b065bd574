import t from 'tap';
import { hoursAt, type HoursRule } from '../../lib/core/calling-hours.ts';
import { otherHours, partAt } from '../../lib/core/week-parts.ts';
import { offsetMs } from '../../lib/core/zone-clock.ts';
import { moscowHours, MONDAY } from './hours.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const local = (zone: string, at: number) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit' }).format(at);

/** A person called at once each time he is due, in vain: where the calls fall. */
function chain(rule: HoursRule, from: number, calls: number, share = 0): string[] {
  const places: string[] = [];
  let [at, tried] = [from, 0];
  for (let n = 0; n < calls; n += 1) {
    const last = partAt(rule, at);
    places.push(local(rule.zones[0] ?? '', at));
    const next = otherHours(rule, tried | last, last, at + 3 * HOUR, share);
    t.ok(hoursAt(rule, next.at).open, `${places.at(-1)}: lawful`);
    t.ok(next.at >= at + 3 * HOUR, `${places.at(-1)}: not before its minutes`);
    [at, tried] = [next.at, next.tried];
  }
  return places;
}

void t.test('a person who does not answer is called on other weekdays, in other parts of the day', async (t) => {
  t.strictSame(chain(moscowHours, MONDAY, 8), [
    'Mon 10:00',
    'Tue 12:00',
    'Wed 17:00',
    'Thu 09:00',
    'Fri 12:00',
    'Sat 17:00',
    'Sun 10:00',
    'Sun 13:00',
  ]);
});

void t.test('where it is open in one part of the week alone, that one is called again', async (t) => {
  const rule = { ...moscowHours, narrow: { fromMin: 540, toMin: 660 }, windows: { ...moscowHours.windows, off: null } };
  const calls = chain(rule, MONDAY, 7);
  t.strictSame(calls, ['Mon 10:00', 'Tue 09:00', 'Wed 09:00', 'Thu 09:00', 'Fri 09:00', 'Mon 09:00', 'Tue 09:00']);
});

void t.test('parts are those of the callee’s clock, not of ours', async (t) => {
  const vladivostok = { ...moscowHours, zones: ['Asia/Vladivostok'] };
  // 10:00 in Moscow is 17:00 there.
  t.not(partAt(vladivostok, MONDAY), partAt(moscowHours, MONDAY));
  t.strictSame(chain(vladivostok, MONDAY, 3), ['Mon 17:00', 'Tue 09:00', 'Wed 12:00']);
});

void t.test('a base spreads over the lawful time of the part, the same lead always at the same moment', async (t) => {
  const at = (share: number) => otherHours(moscowHours, 0, partAt(moscowHours, MONDAY), MONDAY, share).at;
  // Till noon of Monday, from 10:00 on.
  t.equal(at(0), MONDAY);
  t.equal(at(0.5), MONDAY + HOUR);
  t.ok(at(0.999_999) < MONDAY + 2 * HOUR);
});

void t.test('the part ends where calls may not start any more, not where the hours end', async (t) => {
  const evening = partAt(moscowHours, MONDAY + 10 * HOUR);
  const all = 2 ** 21 - 1;
  const { at } = otherHours(moscowHours, all & ~evening, partAt(moscowHours, MONDAY), MONDAY + DAY, 0.999_999);
  const toMin = moscowHours.windows.work?.toMin ?? 0;
  const minute = ((at + offsetMs('Europe/Moscow', at)) % DAY) / 60_000;
  t.equal(partAt(moscowHours, at), evening);
  t.ok(minute < toMin - moscowHours.endGuardS / 60 && minute > toMin - moscowHours.endGuardS / 60 - 1, `${minute}`);
});

void t.test('over a long holiday the next part is after it', async (t) => {
  const eve = Date.parse('2026-12-31T07:00:00Z');
  const { at } = otherHours({ ...moscowHours, windows: { ...moscowHours.windows, holiday: null } }, 0, 0, eve + DAY, 0);
  t.ok(hoursAt(moscowHours, at).open);
  t.ok(at > eve + DAY);
});

void t.test('on the night of a change of clocks parts keep their local time', async (t) => {
  const berlin = { ...moscowHours, zones: ['Europe/Berlin'], calendars: moscowHours.calendars };
  // Saturday 24 October 2026, 18:00: summer time ends in the night.
  const calls = chain(berlin, Date.parse('2026-10-24T16:00:00Z'), 3);
  t.strictSame(calls.slice(0, 2), ['Sat 18:00', 'Sun 10:00']);
});
