import { matchingMinutes, type CronFields } from './cron.ts';
import { firstInstantFrom, offsetMs } from './zone-clock.ts';

/** A local date and time at which a schedule is to run, such as `2026-11-25T02:00`, and the instant it comes. */
export interface Slot {
  readonly local: string;
  /** Epoch ms. */
  readonly dueAt: number;
  /** What the zone's clocks do at that time: show it once, skip it, or show it twice. */
  readonly shown: 'once' | 'never' | 'twice';
}

/** Slots that went by and may not be made up for. */
export interface MissedSlots {
  readonly first: string;
  readonly last: string;
  readonly count: number;
  /** `count` is where counting stopped. */
  readonly orMore: boolean;
  /** When the first and the last were due, epoch ms. */
  readonly dueFrom: number;
  readonly dueTo: number;
}

/** What a schedule's clock asks for. */
export interface Look {
  readonly missed: MissedSlots | null;
  /** The first that is to be run now; later ones wait for it. */
  readonly due: { readonly slot: Slot; readonly late: boolean } | null;
  /** The first still to come, when none is due; null: there is none in sight. */
  readonly next: Slot | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** 29 February comes on each weekday once in 28 years, or in 40 when a century has none. */
const HORIZON_MS = 41 * 366 * DAY_MS;
/** A slot that is seen within its own minute is not late. */
const ON_TIME_MS = MINUTE_MS;
/** After a year's downtime nobody needs the exact number. */
const MISSED_COUNTED = 10_000;

/** What is to be done of a slot: `lateMs` is how long after it a run may still begin, 0: only in its own minute. */
export function decideSlot(dueAt: number, now: number, lateMs: number): 'wait' | 'run' | 'run-late' | 'missed' {
  if (now < dueAt) return 'wait';
  if (now - dueAt < ON_TIME_MS) return 'run';
  return now - dueAt <= lateMs ? 'run-late' : 'missed';
}

/** Local ms of a slot's text, local time counted as if it were UTC; NaN when it is none. */
export function localMs(local: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(local) ? Date.parse(`${local}Z`) : Number.NaN;
}

/** The text of a local minute. */
export function localText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}

/**
 * The slot at a local minute. Times that clocks skip come when the gap ends, times they show twice come the first time:
 * a night of changing clocks neither skips nor repeats a run. Null on a date the zone never had.
 */
export function slotAt(zone: string, ms: number): Slot | null {
  const dueAt = firstInstantFrom(zone, ms);
  const skipped = dueAt + offsetMs(zone, dueAt) - ms;
  if (skipped > 0 && !dateExists(zone, ms)) return null;
  const again = ms - offsetMs(zone, ms + DAY_MS);
  const twice = skipped === 0 && again > dueAt && again + offsetMs(zone, again) === ms;
  return { local: localText(ms), dueAt, shown: skipped > 0 ? 'never' : twice ? 'twice' : 'once' };
}

/** A zone that crosses the date line has no such day at all. */
function dateExists(zone: string, ms: number): boolean {
  const midnight = Math.floor(ms / DAY_MS) * DAY_MS;
  return firstInstantFrom(zone, midnight) !== firstInstantFrom(zone, midnight + DAY_MS);
}

/** The slots behind the local minute `after`, as long as they are wanted; ends some forty years on. */
export function* slotsAfter(fields: CronFields, zone: string, after: number): Generator<Slot> {
  for (const ms of matchingMinutes(fields, after, after + HORIZON_MS)) {
    const slot = slotAt(zone, ms);
    if (slot !== null) yield slot;
  }
}

/** What is missed, due or next behind the local minute `handledTo`. */
export function lookAt(fields: CronFields, zone: string, handledTo: number, now: number, lateMs: number): Look {
  const windowFrom = now - Math.max(lateMs, ON_TIME_MS);
  // No zone moves its clocks by more than a day: what the wall showed a day before the window is over for certain.
  const longOver = windowFrom + offsetMs(zone, windowFrom) - DAY_MS;
  const missed = { first: Number.NaN, last: Number.NaN, count: 0, orMore: false };
  const miss = (ms: number): void => {
    if (missed.count === 0) missed.first = ms;
    missed.last = ms;
    missed.count += 1;
  };
  for (const ms of matchingMinutes(fields, handledTo, longOver)) {
    if (missed.count < MISSED_COUNTED) {
      miss(ms);
      continue;
    }
    Object.assign(missed, { last: longOver, orMore: true });
    break;
  }
  let [due, next]: [Look['due'], Slot | null] = [null, null];
  for (const slot of slotsAfter(fields, zone, Math.max(handledTo, longOver))) {
    const decision = decideSlot(slot.dueAt, now, lateMs);
    if (decision === 'missed') {
      miss(localMs(slot.local));
      continue;
    }
    if (decision === 'wait') next = slot;
    else due = { slot, late: decision === 'run-late' };
    break;
  }
  return { missed: missed.count === 0 ? null : missedSlots(zone, missed), due, next };
}

function missedSlots(
  zone: string,
  { first, last, ...counted }: { first: number; last: number; count: number; orMore: boolean },
): MissedSlots {
  return {
    first: localText(first),
    last: localText(last),
    ...counted,
    dueFrom: firstInstantFrom(zone, first),
    dueTo: firstInstantFrom(zone, last),
  };
}

/** The last local minute that has come in a zone, counted as if it were UTC: a wall clock set back takes none away. */
export function reachedMinute(zone: string, now: number): number {
  const shown = [now, now - DAY_MS].map((at) => Math.floor((now + offsetMs(zone, at)) / MINUTE_MS) * MINUTE_MS);
  let low = shown[0] ?? 0;
  let high = Math.max(...shown) + MINUTE_MS;
  while (high - low > MINUTE_MS) {
    const middle = low + Math.floor((high - low) / MINUTE_MS / 2) * MINUTE_MS;
    if (firstInstantFrom(zone, middle) <= now) low = middle;
    else high = middle;
  }
  return low;
}

/** The last slot that has come; null when there was none in about ten years. */
export function lastSlot(fields: CronFields, zone: string, now: number): Slot | null {
  const until = reachedMinute(zone, now);
  for (const days of [1, 32, 366, 3660]) {
    const slots = [...matchingMinutes(fields, until - days * DAY_MS, until)];
    const found = slots.reverse().find((ms) => slotAt(zone, ms) !== null);
    if (found !== undefined) return slotAt(zone, found);
  }
  return null;
}
