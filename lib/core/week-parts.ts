import { closingAfter, nextOpening, type HoursRule } from './calling-hours.ts';
import { instantOf, offsetMs } from './zone-clock.ts';

/** Where the parts of a day begin, minutes from local midnight: morning, day, evening. */
const BEGIN_MIN = [0, 720, 1_020] as const;
const PARTS = BEGIN_MIN.length;
const WEEK_DAYS = 7;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** One part of one day, clock time of the first zone a person may be in. */
interface Part {
  /** 0–6, Monday first. */
  readonly weekday: number;
  readonly ofDay: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const bitOf = (weekday: number, ofDay: number): number => 1 << (weekday * PARTS + ofDay);

/** The part of the week an instant lies in where the person is, as a bit of `leads.tried`. */
export function partAt({ zones }: HoursRule, at: number): number {
  const localMs = at + offsetMs(zoneOf(zones), at);
  const day = Math.floor(localMs / DAY_MS);
  const minute = Math.floor((localMs - day * DAY_MS) / MINUTE_MS);
  return bitOf(
    weekdayOf(day),
    BEGIN_MIN.findLastIndex((begin) => minute >= begin),
  );
}

/**
 * When to call a person next, not before `from`: in the part of the day he was called in least, on the weekday he was
 * called on least, the soonest of those; inside it at this share of its lawful time, so that a base does not come due in
 * one minute. `tried` has the bit of the last call, `last`, already; once he was called in every part that is ever open,
 * only that one counts, and it begins anew.
 */
export function otherHours(
  rule: HoursRule,
  tried: number,
  last: number,
  from: number,
  share: number,
): { readonly at: number; readonly tried: number } {
  const open = nextOpening(rule, from);
  const parts = partsFrom(zoneOf(rule.zones), open);
  const untried = parts.filter(({ weekday, ofDay }) => (tried & bitOf(weekday, ofDay)) === 0);
  const at = soonest(rule, ranked(untried, tried), share);
  if (at !== null) return { at, tried };
  return { at: soonest(rule, ranked(parts, last), share) ?? open, tried: last };
}

/** A person who may be in several zones is taken to be in the first of them. */
function zoneOf([zone]: readonly string[]): string {
  if (zone === undefined) throw new Error('calling hours without a zone');
  return zone;
}

/** 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % WEEK_DAYS) + WEEK_DAYS) % WEEK_DAYS;
}

/** Each part of the week once, as it comes next. */
function partsFrom(zone: string, from: number): Part[] {
  const today = Math.floor((from + offsetMs(zone, from)) / DAY_MS);
  const parts: Part[] = [];
  for (let day = today; day <= today + WEEK_DAYS; day += 1) {
    for (const [ofDay, begin] of BEGIN_MIN.entries()) {
      const end = (BEGIN_MIN[ofDay + 1] ?? 1_440) * MINUTE_MS;
      const toMs = instantOf(zone, day * DAY_MS + end);
      const weekday = weekdayOf(day);
      if (toMs <= from || parts.some((part) => part.weekday === weekday && part.ofDay === ofDay)) continue;
      const fromMs = Math.max(from, instantOf(zone, day * DAY_MS + begin * MINUTE_MS));
      parts.push({ weekday, ofDay, fromMs, toMs });
    }
  }
  return parts;
}

function ranked(parts: readonly Part[], tried: number): Part[] {
  const count = (which: (weekday: number, ofDay: number) => boolean): number => {
    let n = 0;
    for (let weekday = 0; weekday < WEEK_DAYS; weekday += 1) {
      for (let ofDay = 0; ofDay < PARTS; ofDay += 1) {
        if ((tried & bitOf(weekday, ofDay)) !== 0 && which(weekday, ofDay)) n += 1;
      }
    }
    return n;
  };
  const inPart = BEGIN_MIN.map((_, part) => count((_weekday, ofDay) => ofDay === part));
  const onDay = Array.from({ length: WEEK_DAYS }, (_, day) => count((weekday) => weekday === day));
  const rank = ({ ofDay, weekday }: Part): number => (inPart[ofDay] ?? 0) * WEEK_DAYS + (onDay[weekday] ?? 0);
  return [...parts].sort((a, b) => rank(a) - rank(b) || a.fromMs - b.fromMs);
}

function soonest(rule: HoursRule, parts: readonly Part[], share: number): number | null {
  for (const { fromMs, toMs } of parts) {
    const open = nextOpening(rule, fromMs);
    if (open >= toMs) continue;
    return open + Math.floor(share * (Math.min(toMs, closingAfter(rule, open)) - open));
  }
  return null;
}
