/** A workday, a day off, or a public holiday: each has calling hours of its own. */
export const DAY_KINDS = ['work', 'off', 'holiday'] as const;
export type DayKind = (typeof DAY_KINDS)[number];

/** One day that is not what its weekday says. */
export interface CalendarDay {
  readonly kind: DayKind;
  readonly name: string;
  /** The day is expected, not decreed: taken at its stricter reading until checked. */
  readonly unsure?: boolean;
}

/** Days by `YYYY-MM-DD`. */
export type Days = Readonly<Record<string, CalendarDay>>;

/** A country's production calendar of one year, as its file says it. Days not named follow the weekday. */
export interface Calendar {
  readonly country: string;
  readonly year: number;
  /** The act the days rest on. */
  readonly source: string;
  readonly days: Days;
  /** Regional holidays by the region's name in the zone table; they count where the region is known. */
  readonly regions: Readonly<Record<string, Days>>;
}

const DAY_MS = 86_400_000;

/** Dates by day: the gate asks for the same few with each call. A memory, never a source. */
const dates = new Map<number, string>();
const REMEMBERED = 512;

/** `YYYY-MM-DD` of a day counted from 1970-01-01. */
export function dateOf(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  if (dates.size >= REMEMBERED) dates.clear();
  dates.set(day, date);
  return date;
}

/** The kind of a local day counted from 1970-01-01, null when there is no calendar of its year. */
export function dayKind(
  calendars: Readonly<Record<number, Calendar>>,
  region: string | null,
  day: number,
): DayKind | null {
  const date = dateOf(day);
  const calendar = calendars[Number(date.slice(0, 4))];
  if (calendar === undefined) return null;
  const federal = calendar.days[date]?.kind ?? weekdayKind(day);
  const regional = region === null ? undefined : calendar.regions[region]?.[date]?.kind;
  return regional === undefined || DAY_KINDS.indexOf(regional) < DAY_KINDS.indexOf(federal) ? federal : regional;
}

function weekdayKind(day: number): DayKind {
  const weekday = (((day + 4) % 7) + 7) % 7;
  return weekday === 0 || weekday === 6 ? 'off' : 'work';
}

/** What a schema cannot see in a calendar: dates that do not exist or belong to another year. */
export function checkCalendar(calendar: Calendar): string[] {
  const lists: (readonly [string, Days])[] = [
    ['days', calendar.days],
    ...Object.entries(calendar.regions).map(([name, days]) => [`regions.${name}`, days] as const),
  ];
  return lists.flatMap(([place, days]) =>
    Object.keys(days).flatMap((date) => {
      if (!isDate(date)) return [`${place}: ${date} is no date`];
      return date.startsWith(`${calendar.year}-`) ? [] : [`${place}: ${date} is not in ${calendar.year}`];
    }),
  );
}

/** Whether a text is a `YYYY-MM-DD` that exists. */
export function isDate(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(at) && new Date(at).toISOString().slice(0, 10) === text;
}
