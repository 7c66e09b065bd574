import type { Calendar, DayKind } from '../core/calendar.ts';
import { hoursAt, nextOpening, type HoursRule, type Window } from '../core/calling-hours.ts';
import { leadTable, type LeadEvent, type LeadState } from '../core/lead.ts';
import { step } from '../core/machine.ts';
import type { Disposition } from '../core/outcome.ts';
import { afterAttempt, type Fired } from '../core/retry.ts';
import { offsetMs } from '../core/zone-clock.ts';
import { ringingShare, shareAt, streamOf } from './model.ts';
import { betaDraw, type Random } from './random.ts';
import { createBestHourLine, createListLine } from './lead-line.ts';
import { WEEKDAYS, type Base, type CampaignModel, type LocalHour, type OpenHours, type Share } from './scenario.ts';
import { createShiftQueue } from './shift-queue.ts';

/** How a base stands. */
export interface BaseFigures {
  readonly leads: number;
  /** Nothing more will be done about them: `talked`, spent, or ended by a rule. */
  readonly final: number;
  readonly talked: number;
  /** Called at least once in this run or before it. */
  readonly tried: number;
  readonly attempts: number;
}

/** The leads of a finite list, moved by the production table, retry rules and calling hours. */
export interface LeadBase {
  /** A lead that may be called now, from here on dialing; null: none may. */
  take(now: number): number | null;
  /** The probability that this lead answers a call `atS` seconds into the shift, and the luck of this attempt. */
  chance(lead: number, atS: number): { readonly answers: number; readonly luck: Random };
  /** The attempt is over. */
  ended(lead: number, disposition: Disposition, now: number): void;
  figures(): BaseFigures;
  /** Every lead is final. */
  over(): boolean;
  /** When the last lead of this share of the base became final; null: not yet. */
  doneAt(share: number): number | null;
  /** No lead can be taken before; Infinity: none will be, as long as no call ends. */
  nextAt(): number;
  stateOf(lead: number): LeadState;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const PEOPLE = 3;
const LUCK = 4;
/** Attempts told apart in the streams of luck; more of one lead begin anew. */
const ATTEMPTS = 256;

/** The base of a campaign at the start of a run; the same people for the same seed, whoever dials them. */
export function createLeadBase(model: CampaignModel, base: Base, seed: number, startAt: number): LeadBase {
  const size = base.groups.reduce((sum, { count }) => sum + count, 0);
  const states = new Array<LeadState>(size).fill('callable');
  const charged = new Uint8Array(size);
  const attempts = new Uint16Array(size);
  const rules = new Array<ZoneRule>(size);
  const nature = new Float64Array(size);
  const plannedAt = new Float64Array(size);
  /** Parts of the week each lead was called in. */
  const weekParts = new Uint32Array(size);
  const fired = new Map<number, Fired>();
  const abandonedAt = new Float64Array(size).fill(-Infinity);
  /** The latest attempts that count for the caps, a ring for each lead. */
  const ring = base.maxAttemptsPerDay;
  const counted = new Float64Array(size * ring).fill(-Infinity);
  const countedTimes = new Uint16Array(size);
  const due = createShiftQueue();
  const zonesOf = (lead: number): readonly string[] => (rules[lead] as ZoneRule).hours.zones;
  const line = base.bestHour === true ? createBestHourLine(zonesOf) : createListLine();
  /** When the n-th lead became final. */
  const finals: number[] = [];
  const zoneRules = new Map<string, ZoneRule>();
  const { localHours = [] } = base;
  const rings = ringingShare(model);
  const mean = rings === 0 ? 0 : Math.min(1, meanOf(model.answers) / rings);
  let talked = 0;
  let tried = 0;
  let placed = 0;

  let lead = 0;
  for (const group of base.groups) {
    const key = group.zones.join();
    const rule = zoneRules.get(key) ?? createZoneRule(group.zones, base, startAt);
    zoneRules.set(key, rule);
    for (let member = 0; member < group.count; member += 1, lead += 1) {
      rules[lead] = rule;
      charged[lead] = group.attempts;
      if (group.attempts > 0) tried += 1;
      nature[lead] = natureOf(mean, base.likeness, group.attempts, streamOf(seed, PEOPLE, lead));
      if (group.dueInS > 0) {
        states[lead] = 'waiting';
        due.push(startAt + 1000 * group.dueInS, 0, lead, 0);
      } else line.addFresh(lead);
    }
  }

  function move(lead: number, event: LeadEvent): LeadState {
    const state = states[lead] as LeadState;
    const moved = step<LeadState, LeadEvent>(leadTable, state, event);
    if (!moved.ok) throw new Error(`lead ${lead}: no ${event} in ${state}`);
    states[lead] = moved.to;
    return moved.to;
  }

  /** The first moment this lead may be called: `now`, or when caps and hours are open again. */
  function allowedAt(lead: number, now: number): number {
    const times = countedTimes[lead] as number;
    const last = times === 0 ? -Infinity : (counted[lead * ring + ((times - 1) % ring)] as number);
    const oldest = counted[lead * ring + (times % ring)] as number;
    const free = Math.max(
      now,
      last + base.minIntervalMin * MINUTE_MS,
      oldest + DAY_MS + 1,
      (abandonedAt[lead] as number) + base.abandonedCooldownMin * MINUTE_MS,
    );
    return (rules[lead] as ZoneRule).opening(free);
  }

  /** How the hour where the person is changes his answering. */
  function timesAt(lead: number): number {
    const [zone] = zonesOf(lead);
    return zone === undefined || localHours.length === 0 ? 1 : timesOf(localHours, zone, plannedAt[lead] as number);
  }

  return {
    take(now) {
      for (;;) {
        while (due.nextAt() <= now) {
          due.pop();
          line.addDue(due.subject);
        }
        const lead = line.next(now);
        if (lead === null) return null;
        const at = allowedAt(lead, now);
        if (at <= now) {
          move(lead, 'dialed');
          if (attempts[lead] === 0 && charged[lead] === 0) tried += 1;
          attempts[lead] = (attempts[lead] as number) + 1;
          plannedAt[lead] = now;
          placed += 1;
          return lead;
        }
        move(lead, 'deferred');
        due.push(at, 0, lead, 0);
      }
    },
    chance(lead, atS) {
      const times = mean === 0 ? 1 : (nature[lead] as number) / mean;
      return {
        answers: Math.min(rings, shareAt(model.answers, atS) * times * timesAt(lead)),
        luck: streamOf(seed, LUCK, lead * ATTEMPTS + ((attempts[lead] as number) % ATTEMPTS)),
      };
    },
    ended(lead, disposition, now) {
      // Attempts that never left our own side are not calls to the person.
      if (disposition !== 'trunk-failure') {
        const times = countedTimes[lead] as number;
        counted[lead * ring + (times % ring)] = plannedAt[lead] as number;
        countedTimes[lead] = times + 1;
      }
      line.heard(lead, plannedAt[lead] as number, disposition);
      if (disposition === 'abandoned') abandonedAt[lead] = plannedAt[lead] as number;
      if (disposition === 'talked') talked += 1;
      const attemptsBefore = charged[lead] as number;
      const next = afterAttempt(
        { disposition, placedAt: plannedAt[lead] as number, now },
        {
          id: lead,
          place: 1,
          attempts: attemptsBefore,
          tried: weekParts[lead] as number,
          fired: fired.get(lead) ?? {},
          numbers: [{ place: 1, attempts: attemptsBefore, closed: null }],
        },
        { rules: base.retry, perLead: base.maxAttemptsPerLead, perNumber: null },
        () => (rules[lead] as ZoneRule).hours,
      );
      if (next.charged) charged[lead] = attemptsBefore + 1;
      weekParts[lead] = next.tried;
      if (Object.keys(next.fired).length > 0) fired.set(lead, next.fired);
      move(lead, next.event);
      if (next.nextAt === null) finals.push(now);
      else due.push(next.nextAt, 0, lead, 0);
    },
    figures: () => ({ leads: size, final: finals.length, talked, tried, attempts: placed }),
    over: () => finals.length === size,
    doneAt: (share) => finals[Math.ceil(share * size) - 1] ?? null,
    nextAt: () => (line.empty() ? due.nextAt() : -Infinity),
    stateOf: (lead) => states[lead] as LeadState,
  };
}

/** A person's chance to answer a call that rings; who was called in vain before is likelier to be one who rarely does. */
function natureOf(mean: number, likeness: number, inVain: number, random: Random): number {
  if (mean <= 0 || mean >= 1) return mean;
  return betaDraw(random, likeness * mean, likeness * (1 - mean) + inVain);
}

function timesOf(hours: readonly LocalHour[], zone: string, at: number): number {
  const local = new Date(at + offsetMs(zone, at));
  const clock = local.toISOString().slice(11, 16);
  const day = WEEKDAYS[local.getUTCDay()] ?? 'sun';
  return hours.find(({ from, to, days }) => from <= clock && clock < to && (days?.includes(day) ?? true))?.times ?? 1;
}

function meanOf(share: Share): number {
  if (typeof share === 'number') return share;
  return share.points.reduce((sum, point) => sum + point.share, 0) / share.points.length;
}

/** Calling hours in one set of zones, with what was found kept: most leads ask the same at the same moment. */
interface ZoneRule {
  readonly hours: HoursRule;
  /** `at` itself when the hours are open then, else when they open. */
  opening(at: number): number;
}

function createZoneRule(zones: readonly string[], base: Base, startAt: number): ZoneRule {
  const rule: HoursRule = {
    zones,
    region: null,
    windows: {
      work: windowOf(base.hours.work),
      off: windowOf(base.hours.off),
      holiday: windowOf(base.hours.holiday),
    },
    narrow: null,
    marginMin: 0,
    endGuardS: base.endGuardS,
    calendars: calendarsOf(base.calendar, startAt),
  };
  let openAt = -1;
  let closed = { from: Infinity, until: -Infinity };
  return {
    hours: rule,
    opening(at) {
      if (at === openAt) return at;
      if (at >= closed.from && at < closed.until) return closed.until;
      if (hoursAt(rule, at).open) {
        openAt = at;
        return at;
      }
      closed = { from: at, until: nextOpening(rule, at) };
      return closed.until;
    },
  };
}

function windowOf(hours: OpenHours): Window | null {
  const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  return hours === null ? null : { fromMin: minutes(hours.from), toMin: minutes(hours.to) };
}

/** Calendars of the years a run can touch. */
function calendarsOf(days: Base['calendar'], startAt: number): Record<number, Calendar> {
  const first = new Date(startAt - DAY_MS).getUTCFullYear();
  const named = days.map(({ date, kind }): [string, { kind: DayKind; name: string }] => [date, { kind, name: '' }]);
  return Object.fromEntries(
    [first, first + 1, first + 2].map((year) => [
      year,
      {
        country: '',
        year,
        source: 'scenario',
        days: Object.fromEntries(named.filter(([date]) => date.startsWith(`${year}-`))),
        regions: {},
      },
    ]),
  );
}
