/** A cron expression taken apart. Each list is ascending; a minute matches when every list has it. */
export interface CronFields {
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  /** Days from 1; `L` the last, `L-3` the third before it, `15W` and `LW` the working day nearest to one. */
  readonly dayOfMonth: readonly (number | string)[];
  /** From 1. */
  readonly month: readonly number[];
  /** 0: Sunday; `5L` the last Friday, `1#2` the second Monday of the month. */
  readonly dayOfWeek: readonly (number | string)[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Local minutes behind `after` up to `until` that match, ascending. Local time is counted as if it were UTC, where every
 * day has 24 hours. Months that do not match are jumped over, so an expression that never comes costs little.
 */
export function* matchingMinutes(fields: CronFields, after: number, until: number): Generator<number> {
  let day = Math.floor((after + MINUTE_MS) / DAY_MS) * DAY_MS;
  while (day <= until) {
    const date = new Date(day);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
    if (!fields.month.includes(month)) {
      day = Date.UTC(year, month, 1);
      continue;
    }
    if (matchesDay(fields, year, month, date.getUTCDate())) {
      for (const hour of fields.hour) {
        for (const minute of fields.minute) {
          const local = day + (hour * 60 + minute) * MINUTE_MS;
          if (local > until) return;
          if (local > after) yield local;
        }
      }
    }
    day += DAY_MS;
  }
}

/** Whether the fields of the day match; both must, where classic cron would take either. */
export function matchesDay(fields: CronFields, year: number, month: number, day: number): boolean {
  const weekday = weekdayOf(year, month, day);
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return (
    fields.dayOfMonth.some((wanted) => dayOfMonth(wanted, year, month, last) === day) &&
    fields.dayOfWeek.some((wanted) => matchesWeekday(wanted, weekday, day, last))
  );
}

function dayOfMonth(wanted: number | string, year: number, month: number, last: number): number {
  if (typeof wanted === 'number') return wanted;
  if (wanted === 'L') return last;
  if (wanted.startsWith('L-')) return last - Number(wanted.slice(2));
  const target = wanted === 'LW' ? last : Number.parseInt(wanted, 10);
  return target > last ? Number.NaN : nearestWorkday(year, month, target, last);
}

/** Never in another month: the 1st on a Saturday gives Monday the 3rd. */
function nearestWorkday(year: number, month: number, day: number, last: number): number {
  const weekday = weekdayOf(year, month, day);
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === last ? day - 2 : day + 1;
  return day;
}

function matchesWeekday(wanted: number | string, weekday: number, day: number, last: number): boolean {
  if (typeof wanted === 'number') return wanted === weekday;
  if (Number(wanted[0]) % 7 !== weekday) return false;
  const nth = wanted.split('#')[1];
  return nth === undefined ? day + 7 > last : Math.ceil(day / 7) === Number(nth);
}

function weekdayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}
