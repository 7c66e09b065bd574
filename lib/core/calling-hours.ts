import { DAY_KINDS, dayKind, type Calendar, type DayKind } from './calendar.ts';
import { regionKey, type RegionIndex } from './region.ts';
import type { CodeOf, ZoneSource } from './verdict.ts';
import { instantOf, isZone, offsetMs } from './zone-clock.ts';

/** Minutes from local midnight; start inclusive, end exclusive. */
export interface Window {
  readonly fromMin: number;
  readonly toMin: number;
}

/** Calling hours of each kind of day; null: closed. */
export type Windows = Readonly<Record<DayKind, Window | null>>;

/** Where the person may be, and how that is known. */
export interface ZoneEvidence {
  /** Never empty. */
  readonly zones: readonly string[];
  readonly source: ZoneSource;
  /** The region's name in the zone table, for its own holidays; null when unknown. */
  readonly region: string | null;
}

/** Everything that decides whether now is a calling hour. All zones must be open at once. */
export interface HoursRule {
  readonly zones: readonly string[];
  readonly region: string | null;
  readonly windows: Windows;
  /** The campaign's own narrower hours. */
  readonly narrow: Window | null;
  /** Taken off both ends, because the zone is weak evidence. */
  readonly marginMin: number;
  /** A call started this near the end would outlast it. */
  readonly endGuardS: number;
  readonly calendars: Readonly<Record<number, Calendar>>;
}

export type HoursCode = Exclude<CodeOf<'hours'>, 'TZ_UNKNOWN_WINDOW'>;

/** Open, or the code, the zone that closes it and a sentence. */
export type Hours =
  | { readonly open: true }
  | { readonly open: false; readonly code: HoursCode; readonly zone: string; readonly detail: string };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAY_MIN = 1_440;
/** No holiday season is longer; past it the gate is simply asked again. */
const SEARCH_DAYS = 31;

/** What the range register tells of where a number is: regions by name, of a fixed (`abc`) or mobile (`def`) code. */
export interface RangeEvidence {
  readonly source: 'abc' | 'def';
  readonly regions: readonly string[];
}

/**
 * Zone evidence in its order: zone of the lead, its region, its fixed range, its mobile range, then none, which means
 * every zone of the country.
 */
export function zoneEvidence(
  lead: { readonly zone: string | null; readonly region: string | null },
  regions: RegionIndex,
  allZones: readonly string[],
  range: RangeEvidence | null = null,
): ZoneEvidence {
  const region = lead.region === null ? undefined : regions[regionKey(lead.region)];
  const name = region?.name ?? null;
  if (lead.zone !== null && isZone(lead.zone)) return { zones: [lead.zone], source: 'lead-zone', region: name };
  if (region !== undefined) return { zones: region.zones, source: 'lead-region', region: name };
  const ranged = (range?.regions ?? []).map((of) => regions[regionKey(of)]);
  const known = ranged.filter((found) => found !== undefined);
  if (range !== null && known.length > 0 && known.length === ranged.length) {
    const only = known.length === 1 ? (known[0]?.name ?? null) : null;
    return { zones: [...new Set(known.flatMap((found) => found.zones))], source: range.source, region: only };
  }
  return { zones: allZones, source: 'none', region: null };
}

/** Whether a call may start now, by the clocks of all zones of the rule. */
export function hoursAt(rule: HoursRule, now: number): Hours {
  for (const zone of rule.zones) {
    const hours = hoursIn(zone, rule, now);
    if (!hours.open) return hours;
  }
  return { open: true };
}

function hoursIn(zone: string, rule: HoursRule, now: number): Hours {
  const localMs = now + offsetMs(zone, now);
  const day = Math.floor(localMs / DAY_MS);
  const kind = kindOf(rule, day);
  const closed = (code: HoursCode, why: string): Hours => ({
    open: false,
    code,
    zone,
    detail: `${clockText(localMs - day * DAY_MS)} in ${zone}: ${why}`,
  });
  if (kind === null) return closed('CALENDAR_MISSING', 'no production calendar of that year');
  const window = windowOf(rule, kind);
  if (window === null) {
    return kind === 'holiday'
      ? closed('HOURS_HOLIDAY', 'no calls on public holidays')
      : closed('HOURS_CLOSED', `no calls on this kind of day (${kind})`);
  }
  const sinceMidnightMs = localMs - day * DAY_MS;
  if (sinceMidnightMs < window.fromMs || sinceMidnightMs >= window.toMs) {
    return closed('HOURS_CLOSED', `hours are ${clockText(window.fromMs)}–${clockText(window.toMs)} (${kind})`);
  }
  if (sinceMidnightMs >= window.lastMs) {
    return closed('HOURS_END_GUARD', `hours end at ${clockText(window.toMs)}, calls stop ${rule.endGuardS} s before`);
  }
  return { open: true };
}

/** Who may call at any hour of any day needs no calendar to know which day it is. */
function kindOf({ calendars, region, windows }: HoursRule, day: number): DayKind | null {
  const always = DAY_KINDS.every((kind) => windows[kind]?.fromMin === 0 && windows[kind].toMin === DAY_MIN);
  return always ? 'work' : dayKind(calendars, region, day);
}

/** The hours of a kind of day after every narrowing; `lastMs`: from here on no call starts. Null: none are left. */
function windowOf(rule: HoursRule, kind: DayKind): { fromMs: number; toMs: number; lastMs: number } | null {
  const lawful = rule.windows[kind];
  if (lawful === null) return null;
  const fromMin = Math.max(lawful.fromMin + (lawful.fromMin > 0 ? rule.marginMin : 0), rule.narrow?.fromMin ?? 0);
  const toMin = Math.min(lawful.toMin - (lawful.toMin < DAY_MIN ? rule.marginMin : 0), rule.narrow?.toMin ?? DAY_MIN);
  const allDay = fromMin === 0 && toMin === DAY_MIN;
  const lastMs = toMin * MINUTE_MS - (allDay ? 0 : rule.endGuardS * 1000);
  return fromMin * MINUTE_MS < lastMs ? { fromMs: fromMin * MINUTE_MS, toMs: toMin * MINUTE_MS, lastMs } : null;
}

/**
 * The first moment from `from` on when all zones are open: `from` itself when they are. Stops early at a year without
 * a calendar (the gate will hold there), and after a month without any opening.
 */
export function nextOpening(rule: HoursRule, from: number): number {
  const limit = from + SEARCH_DAYS * DAY_MS;
  for (let at = from; at < limit; ) {
    const before = at;
    for (const zone of rule.zones) {
      const opening = openingIn(zone, rule, at);
      if (opening === null) return limit;
      if (opening.unknown) return opening.at;
      at = opening.at;
    }
    if (at === before) return at;
  }
  return limit;
}

/** The first moment from `at`, which is open, on when a call may not start in some zone any more. */
export function closingAfter(rule: HoursRule, at: number): number {
  return Math.min(
    ...rule.zones.map((zone) => {
      const day = Math.floor((at + offsetMs(zone, at)) / DAY_MS);
      const kind = kindOf(rule, day);
      const window = kind === null ? null : windowOf(rule, kind);
      return window === null ? at : instantOf(zone, day * DAY_MS + window.lastMs);
    }),
  );
}

/** Local clocks change, days begin and hours open or close at most once within one. */
const QUARTER_MS = 900_000;

/** `nextOpening` for many moments: what holds for a whole quarter of an hour is worked out once. */
export function openingsOf(rule: HoursRule): (at: number) => number {
  const quarters = new Map<number, number | 'open' | 'mixed'>();
  const look = (from: number): number | 'open' | 'mixed' => {
    const last = from + QUARTER_MS - 1;
    const first = nextOpening(rule, from);
    // A month without any opening ends with each moment anew.
    if (first > last) return first < from + SEARCH_DAYS * DAY_MS ? first : 'mixed';
    return first === from && nextOpening(rule, last) === last ? 'open' : 'mixed';
  };
  return (at) => {
    const quarter = Math.floor(at / QUARTER_MS);
    let known = quarters.get(quarter);
    if (known === undefined) quarters.set(quarter, (known = look(quarter * QUARTER_MS)));
    if (known === 'open') return at;
    return known === 'mixed' ? nextOpening(rule, at) : known;
  };
}

function openingIn(zone: string, rule: HoursRule, from: number): { at: number; unknown: boolean } | null {
  const today = Math.floor((from + offsetMs(zone, from)) / DAY_MS);
  for (let day = today; day <= today + SEARCH_DAYS; day += 1) {
    const kind = kindOf(rule, day);
    if (kind === null) return { at: Math.max(from, instantOf(zone, day * DAY_MS)), unknown: true };
    const window = windowOf(rule, kind);
    if (window === null) continue;
    const at = Math.max(from, instantOf(zone, day * DAY_MS + window.fromMs));
    if (hoursIn(zone, rule, at).open) return { at, unknown: false };
  }
  return null;
}

function clockText(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
