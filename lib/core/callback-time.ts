import { closingAfter, hoursAt, nextOpening, type HoursRule } from './calling-hours.ts';
import { decide } from './gate.ts';
import { question } from './gate/question.ts';
import type { GateFacts } from './facts.ts';
import type { Policy } from './policy.ts';
import { CODES, primaryOf, type Code } from './verdict.ts';
import { instantOf, offsetMs } from './zone-clock.ts';

const MINUTE_MS = 60_000;
/** A moment that has just begun may still be meant. */
const JUST_NOW_MS = MINUTE_MS;

/** Why a callback cannot be agreed for a time; `nearestAt`: when it could be, by the clock of `zone`. */
export interface NoCallback {
  /** The gate's, where the gate says so. */
  readonly code: Code | null;
  readonly detail: string;
  readonly nearestAt: number | null;
  readonly zone: string;
}

/** When the callback is due and until when it may be kept, or why not. */
export type CallbackTime =
  | { readonly ok: true; readonly dueAt: number; readonly until: number; readonly zone: string }
  | ({ readonly ok: false } & NoCallback);

/** What was asked for. */
export interface Wish {
  /** Epoch ms; null: as soon as may be. */
  readonly at: number | null;
  /** How long it may wait for its agent. */
  readonly windowMs: number;
  /** Somebody asked for this very window: one cut short by the calling hours is refused instead. */
  readonly exactly: boolean;
}

/**
 * Looks whether the person may be called back then: what stands against any call to him now (an opt-out, no consent), and
 * what stands against that time: hours and, as far as it can be known, how often he was called. `atThat` are the facts as
 * of the time wished for.
 */
export function callbackTime(
  now: number,
  facts: GateFacts,
  atThat: GateFacts,
  policy: Policy,
  wish: Wish,
): CallbackTime {
  const at = wish.at ?? now;
  const { zone: evidence, hoursRule } = question(facts, policy, now);
  const zone = evidence.zones[0] ?? 'UTC';
  const no = (code: Code | null, detail: string, nearestAt: number | null): CallbackTime => ({
    ok: false,
    code,
    detail,
    nearestAt,
    zone,
  });
  if (at < now - JUST_NOW_MS) return no(null, `it is ${localText(now, zone)} already`, null);
  const standing = primaryOf(decide(facts, policy, now).findings.filter(({ severity }) => severity !== 'DEFER'));
  if (standing !== null) return no(standing.code, `${CODES[standing.code].title} ${standing.detail}`, null);
  if (hoursRule === null) return no(null, 'the policy has no calling hours for this purpose', null);

  // A registration or a consent may be renewed until then; the law and the calendar of that day are known.
  const then = decide(atThat, policy, at).findings.filter(({ code }) => dependsOnTime(code));
  const against = primaryOf(then);
  let dueAt = at;
  if (against !== null) {
    if (against.severity !== 'DEFER') return no(against.code, against.detail, null);
    const soonest = Math.max(...then.map(({ notBefore }) => notBefore ?? at));
    const nearestAt = nearestOpening(hoursRule, soonest, at, now, CODES[against.code].group === 'hours');
    // "Now" means: as soon as may be.
    if (wish.at !== null || nearestAt >= at + wish.windowMs) return no(against.code, against.detail, nearestAt);
    dueAt = nearestAt;
  }
  const closesAt = closingAfter(hoursRule, dueAt);
  if (wish.exactly && dueAt + wish.windowMs > closesAt) {
    const most = Math.floor((closesAt - dueAt) / MINUTE_MS);
    return no(
      'HOURS_CLOSED',
      `the window ends after calls do, at ${localText(closesAt, zone)}: ${most} min at most`,
      null,
    );
  }
  return { ok: true, dueAt, until: Math.min(dueAt + wish.windowMs, closesAt), zone };
}

function dependsOnTime(code: Code): boolean {
  const { group } = CODES[code];
  return group === 'hours' || group === 'frequency' || code === 'GATE_POLICY_EXPIRED';
}

/** The lawful moment nearest to `at`: the next opening, or, where only hours stand against it, the end of the last one. */
function nearestOpening(rule: HoursRule, soonest: number, at: number, now: number, back: boolean): number {
  const next = nextOpening(rule, soonest);
  if (!back) return next;
  for (let before = at - MINUTE_MS; before > Math.max(now, 2 * at - next); before -= MINUTE_MS) {
    if (hoursAt(rule, before).open) return before;
  }
  return next;
}

/** A time as people type it: by the clock where the callee is, or with an offset of its own. */
export interface TypedTime {
  /** Ms from 1970-01-01 by that clock. */
  readonly localMs: number;
  /** Ahead of UTC; null: by the callee's clock. */
  readonly offsetMin: number | null;
}

/** Reads `2026-11-25T14:05`, also with a space, seconds, and `Z` or `+10:00`; null when it is no such time. */
export function readTime(text: string): TypedTime | null {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(Z|[+-]\d\d:\d\d)?$/.exec(text.trim());
  if (match === null) return null;
  const [, day = '', clock = '', seconds = ':00', offset] = match;
  const localMs = Date.parse(`${day}T${clock}${seconds}Z`);
  // A thirtieth of February would be the second of March.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString().slice(0, 16) !== `${day}T${clock}`) return null;
  if (offset === undefined) return { localMs, offsetMin: null };
  const [hours = 0, minutes = 0] = offset === 'Z' ? [] : offset.slice(1).split(':').map(Number);
  return { localMs, offsetMin: (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) };
}

/** The instant of a typed time; null when the callee may be in zones whose clocks differ then. */
export function instantIn({ localMs, offsetMin }: TypedTime, zones: readonly string[]): number | null {
  if (offsetMin !== null) return localMs - offsetMin * MINUTE_MS;
  const instants = new Set(zones.map((zone) => instantOf(zone, localMs)));
  const [only] = instants;
  return instants.size === 1 && only !== undefined ? only : null;
}

/** `2026-11-25 14:05 Asia/Vladivostok`. */
export function localText(at: number, zone: string): string {
  return `${new Date(at + offsetMs(zone, at)).toISOString().slice(0, 16).replace('T', ' ')} ${zone}`;
}
