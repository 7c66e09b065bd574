import { offsetMs } from './zone-clock.ts';

const DAY_MS = 86_400_000;
const NOON_MS = DAY_MS / 2;

/** The local date in a zone at an instant, `2026-11-23`. */
export function localDate(zone: string, at: number): string {
  return new Date(at + offsetMs(zone, at)).toISOString().slice(0, 10);
}

/** Dates a pass may be run for at an instant, the latest first: tomorrow, today, and until noon the evening before. */
export function passDates(zone: string, now: number): readonly string[] {
  const local = now + offsetMs(zone, now);
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const dates = [date(local + DAY_MS), date(local)];
  return local % DAY_MS < NOON_MS ? [...dates, date(local - DAY_MS)] : dates;
}
