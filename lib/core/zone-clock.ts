/** Zone rules change at quarters of an hour of UTC, so an offset holds within one. */
const QUARTER_MS = 900_000;
const REMEMBERED = 512;

interface ZoneClock {
  readonly format: Intl.DateTimeFormat;
  /** Offsets by quarter of an hour: a memory of what Intl said, never a source. */
  readonly offsets: Map<number, number>;
}

const clocks = new Map<string, ZoneClock>();

function clockOf(zone: string): ZoneClock {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const clock = { format, offsets: new Map<number, number>() };
  clocks.set(zone, clock);
  return clock;
}

/** Whether Intl knows a zone by this name. */
export function isZone(zone: string): boolean {
  try {
    clockOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** How far local time is ahead of UTC at an instant, ms. Throws a RangeError on a zone Intl does not know. */
export function offsetMs(zone: string, at: number): number {
  const { format, offsets } = clockOf(zone);
  const quarter = Math.floor(at / QUARTER_MS);
  const known = offsets.get(quarter);
  if (known !== undefined) return known;
  const offset = parseOffset(format.format(at));
  if (offsets.size >= REMEMBERED) offsets.clear();
  offsets.set(quarter, offset);
  return offset;
}

function parseOffset(text: string): number {
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  if (match === null) throw new Error(`no offset in “${text}”`);
  const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] = match;
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -ms : ms;
}

/** The first instant at which clocks in the zone show this local time (ms from 1970-01-01 local) or, in a gap, later. */
export function instantOf(zone: string, localMs: number): number {
  const day = 86_400_000;
  const before = localMs - offsetMs(zone, localMs - day);
  const after = localMs - offsetMs(zone, localMs + day);
  const [early, late] = before < after ? [before, after] : [after, before];
  return early + offsetMs(zone, early) >= localMs ? early : late;
}

/** The first instant at which clocks in the zone show this local time or a later one: the end of a gap, the first of two. */
export function firstInstantFrom(zone: string, localMs: number): number {
  const at = instantOf(zone, localMs);
  const skippedMs = at + offsetMs(zone, at) - localMs;
  if (skippedMs === 0) return at;
  // The gap ended less than its own width before `at`.
  const offset = offsetMs(zone, at);
  let before = Math.floor((at - skippedMs) / QUARTER_MS);
  let after = Math.floor(at / QUARTER_MS);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetMs(zone, middle * QUARTER_MS) === offset) after = middle;
    else before = middle;
  }
  return after * QUARTER_MS;
}
