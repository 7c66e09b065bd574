import { readFileSync } from 'node:fs';

/*
 * When a survey call is lawful where the person is, told a second time: by Intl alone, with the policy's hours written
 * here by hand and the calendar read from its file. Nothing of lib/core is used.
 */

interface CalendarFile {
  readonly days: Readonly<Record<string, { readonly kind: 'work' | 'off' | 'holiday' }>>;
}
interface ZonesFile {
  readonly regions: readonly { readonly zones: readonly string[] }[];
}

const data = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../lib/data/${path}`, import.meta.url), 'utf8')) as unknown;
const CALENDAR = data('calendars/ru-2026.json') as CalendarFile;
const ALL_ZONES = [...new Set((data('zones/ru.json') as ZonesFile).regions.flatMap(({ zones }) => zones))];

/** Seconds from local midnight: from, and until when a call may begin; a call may not begin in the last two minutes. */
const HOURS = {
  work: [9 * 3_600, 21 * 3_600],
  off: [10 * 3_600, 20 * 3_600],
  holiday: [10 * 3_600, 20 * 3_600],
} as const;
const END_GUARD_S = 120;

/** The campaign's own hours, `HH:MM`. */
export interface OwnHours {
  readonly from: string;
  readonly to: string;
}

const walls = new Map<string, Intl.DateTimeFormat>();

/** `YYYY-MM-DD Www HH:MM:SS` on the wall of the zone. */
function wallAt(zone: string, at: number): { date: string; weekday: string; second: number } {
  let wall = walls.get(zone);
  if (wall === undefined) {
    wall = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    walls.set(zone, wall);
  }
  const part = Object.fromEntries(wall.formatToParts(at).map(({ type, value }) => [type, value]));
  const number = (name: string): number => Number(part[name]);
  return {
    date: `${part['year']}-${part['month']}-${part['day']}`,
    weekday: part['weekday'] ?? '',
    second: number('hour') * 3_600 + number('minute') * 60 + number('second'),
  };
}

const seconds = (clock: string): number => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 3_600 + minutes * 60;
};

const answers = new Map<string, string | null>();

/** Why a call may not begin there then; null: it may. A zone that is not known stands for every zone of the country. */
export function closedBecause(zone: string | null, at: number, own: OwnHours | undefined): string | null {
  // Calls are placed in bursts: most are at moments asked about before.
  const key = `${zone} ${at} ${own?.from} ${own?.to}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const zones = zone === null ? ALL_ZONES : [zone];
  let found: string | null = null;
  for (const one of zones) found ??= closedIn(one, at, own);
  if (answers.size > 100_000) answers.clear();
  answers.set(key, found);
  return found;
}

function closedIn(zone: string, at: number, own: OwnHours | undefined): string | null {
  const { date, weekday, second } = wallAt(zone, at);
  const kind = CALENDAR.days[date]?.kind ?? (weekday === 'Sat' || weekday === 'Sun' ? 'off' : 'work');
  const [lawfulFrom, lawfulTo] = HOURS[kind];
  const from = Math.max(lawfulFrom, own === undefined ? 0 : seconds(own.from));
  const to = Math.min(lawfulTo, own === undefined ? 86_400 : seconds(own.to)) - END_GUARD_S;
  return second >= from && second < to ? null : `it is ${date} ${second} s after midnight in ${zone} (${kind})`;
}
