import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDate, type DayKind } from '../core/calendar.ts';
import type { RetryRules } from '../core/retry.ts';
import { isZone } from '../core/zone-clock.ts';
import { messageOf, ObzvonError } from '../errors.ts';
import { formatProblem } from '../problems.ts';
import { parseYaml } from '../validate.ts';
import type { Duration } from './model-duration.ts';

/** A share that may change in the course of the shift; between two points it stays (`steps`) or moves evenly (`line`). */
export type Share =
  | number
  | {
      readonly between: 'steps' | 'line';
      readonly points: readonly { readonly atS: number; readonly share: number }[];
    };

/** Agents who come and go together. Times are from the start of the shift. */
export interface Crew {
  readonly count: number;
  readonly fromS: number;
  /** null: until the end. */
  readonly untilS: number | null;
  /** They log in, and ask to log out, one by one over this time. */
  readonly spreadS: number;
}

/** Leads alike, in the order of the list. */
export interface LeadGroup {
  readonly count: number;
  /** Attempts charged to each already, none of them answered. */
  readonly attempts: number;
  /** Due so long after the run begins; 0: at once. */
  readonly dueInS: number;
  /** Where the person may be: IANA names or offsets such as +03:00; hours must be open in all of them. */
  readonly zones: readonly string[];
}

/** `HH:MM` to `HH:MM`, the end excluded; null: no calls. */
export type OpenHours = { readonly from: string; readonly to: string } | null;

/** How people answer at an hour of their own day, against the usual. */
export interface LocalHour {
  /** `HH:MM`, where the person is. */
  readonly from: string;
  /** The end, excluded. */
  readonly to: string;
  /** On these days; absent: on all. */
  readonly days?: readonly Weekday[];
  /** So many times the usual share answers. */
  readonly times: number;
}

/** A list that ends: who is on it, when they may be called, and how the dialer goes back to those it did not reach. */
export interface Base {
  readonly groups: readonly LeadGroup[];
  /**
   * People keep their nature: each lead's chance to answer a ringing call is drawn once, from a beta distribution with
   * the mean of `answers` and this a + b. At k the second attempt is answered k ÷ (k + 1) times as often as the first.
   */
  readonly likeness: number;
  /** Calling hours where the person is, by kind of day. */
  readonly hours: Readonly<Record<DayKind, OpenHours>>;
  /** No call starts this near the end of the hours. */
  readonly endGuardS: number;
  /** Days that are not what their weekday says. */
  readonly calendar: readonly { readonly date: string; readonly kind: DayKind }[];
  readonly maxAttemptsPerLead: number;
  /** In any 24 hours. */
  readonly maxAttemptsPerDay: number;
  readonly minIntervalMin: number;
  /** After an abandoned call. */
  readonly abandonedCooldownMin: number;
  readonly retry: RetryRules;
  /** The first that holds counts; absent, or at other hours: the usual share. */
  readonly localHours?: readonly LocalHour[];
  /** Those first in whose local hour the base answers best, as it learns from its own calls. Absent: in the list's order. */
  readonly bestHour?: boolean;
}

/** Days agents work. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** What the people on one campaign's list do, and what the dialer does with them. */
export interface CampaignModel {
  readonly name: string;
  /** Share of originates a person or a machine answers before the ring timeout. */
  readonly answers: Share;
  /** Parts of the list in order: so many originates, with the answer share multiplied; after the last part ×1. */
  readonly list: readonly { readonly originates: number; readonly answersTimes: number }[];
  readonly busyShare: number;
  /** From originate to the busy signal. */
  readonly busy: Duration;
  /** Share of originates our own side loses, in good times. */
  readonly trunkFailureShare: number;
  readonly trunkFailure: Duration;
  /** Share of originates the network or the person refuses at once: no such number, declined. */
  readonly refusedShare: number;
  readonly refused: Duration;
  /** From originate to ringing. */
  readonly setup: Duration;
  /** From ringing to the answer. */
  readonly pickUp: Duration;
  /** From ringing to the network giving up on who does not answer; null: rings until the ring timeout. */
  readonly giveUp: Duration | null;
  readonly ringTimeoutS: number;
  /** Share of the answered that are machines. */
  readonly machineShare: number;
  /** How long an agent stays with a machine. */
  readonly machineTalk: Duration;
  /** Machine detection; null: everyone who answers counts as a person. */
  readonly detection: {
    /** From answer to verdict. */
    readonly delay: Duration;
    readonly machinesMissedShare: number;
    /** People taken for machines and hung up on: silent calls. */
    readonly peopleLostShare: number;
  } | null;
  readonly talk: Duration;
  readonly wrapUp: Duration;
  /** A person waits so long for an agent, then the call is abandoned. */
  readonly graceS: number;
  /** The message an abandoned caller hears; holds the channel. */
  readonly messageS: number;
  /** null: the list is endless. */
  readonly base: Base | null;
}

/** One shift: who works, whom they call, over what. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly durationS: number;
  /** When the shift begins, where, and on which days of the week. */
  readonly shift: { readonly from: string; readonly zone: string; readonly days: readonly Weekday[] };
  readonly crews: readonly Crew[];
  /** Pauses agents ask for, each as often as this; null: none. Asked for in mid-call it waits for the end of the talk. */
  readonly pauses: { readonly perHour: number; readonly length: Duration } | null;
  /** Campaigns on this crew. */
  readonly campaigns: readonly CampaignModel[];
  readonly trunk: {
    /** null: no limit. */
    readonly channels: number | null;
    /** null: no limit. */
    readonly originatesPerSecond: number | null;
    /** While one lasts, this share of originates is lost. */
    readonly failures: readonly { readonly fromS: number; readonly untilS: number; readonly share: number }[];
  };
}

/** The campaign of the reference model: 35 % answers, 60 s talks, 10 s wrap-up. */
export const REFERENCE_CAMPAIGN: CampaignModel = {
  name: 'reference',
  answers: 0.35,
  list: [],
  busyShare: 0.07,
  busy: { kind: 'uniform', fromS: 1, toS: 4 },
  trunkFailureShare: 0.05,
  trunkFailure: { kind: 'uniform', fromS: 0.2, toS: 1.2 },
  refusedShare: 0,
  refused: { kind: 'uniform', fromS: 1, toS: 4 },
  setup: { kind: 'lognormal', medianS: 1.8, sigma: 0.5, maxS: 8 },
  pickUp: { kind: 'lognormal', medianS: 8, sigma: 0.55 },
  giveUp: null,
  ringTimeoutS: 28,
  machineShare: 0,
  machineTalk: { kind: 'uniform', fromS: 3, toS: 6 },
  detection: null,
  talk: { kind: 'lognormal', meanS: 60, sigma: 0.7 },
  wrapUp: { kind: 'lognormal', meanS: 10, sigma: 0.5 },
  graceS: 2,
  messageS: 0,
  base: null,
};

/** Nine in Moscow, Monday to Friday. */
export const REFERENCE_SHIFT: Scenario['shift'] = {
  from: '09:00',
  zone: '+03:00',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
};

/** The reference model: `agents` all day, an endless list, nothing in the way; what differs is given by name. */
export function referenceScenario(
  agents: number,
  campaign: Partial<CampaignModel> = {},
  rest: Partial<Omit<Scenario, 'campaigns'>> = {},
): Scenario {
  return {
    name: `n${agents}`,
    description: `${agents} agents on the reference model`,
    durationS: 8 * 3600,
    shift: REFERENCE_SHIFT,
    crews: [{ count: agents, fromS: 0, untilS: null, spreadS: 0 }],
    pauses: null,
    trunk: { channels: null, originatesPerSecond: null, failures: [] },
    ...rest,
    campaigns: [{ ...REFERENCE_CAMPAIGN, ...campaign }],
  };
}

const SHIPPED = resolve(dirname(fileURLToPath(import.meta.url)), '../data/scenarios');

/** Names of the scenarios that ship with obzvon. */
export function shippedScenarios(): string[] {
  return readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.json'))
    .map((name) => basename(name, '.json'))
    .sort();
}

/** Reads a scenario file, or a shipped one by name; throws an ObzvonError that names every mistake in it. */
export function loadScenario(source: { readonly path: string } | { readonly name: string }): Scenario {
  const path = 'path' in source ? source.path : resolve(SHIPPED, `${source.name}.json`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ObzvonError('CONFIG_UNREADABLE', `cannot read the scenario ${path}: ${messageOf(cause)}`, { cause });
  }
  const checked = parseYaml<Scenario>(text, path, 'scenario');
  const problems = checked.ok
    ? crossChecks(checked.value).map((text) => `${path}: ${text}`)
    : checked.problems.map(formatProblem);
  if (checked.ok && problems.length === 0) return checked.value;
  throw new ObzvonError('CONFIG_INVALID', `${path} is not a scenario`, {
    details: problems,
    hint: 'mend what is named; obzvon simulate --list shows scenarios that are right',
  });
}

/** What a schema cannot say: each mistake as a sentence. */
export function crossChecks(scenario: Scenario): string[] {
  const names = scenario.campaigns.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...twice.map((name) => `two campaigns are called ${name}: give each its own name`),
    ...(isZone(scenario.shift.zone) ? [] : [`shift.zone: there is no zone ${scenario.shift.zone}`]),
    ...scenario.crews.flatMap(({ fromS, untilS }, index) =>
      untilS !== null && untilS <= fromS ? [`crews[${index}] ends before it starts: mend untilS`] : [],
    ),
    ...scenario.trunk.failures.flatMap(({ fromS, untilS }) =>
      untilS <= fromS ? [`a trunk failure at ${fromS} s ends before it starts: mend untilS`] : [],
    ),
    ...scenario.campaigns.flatMap(checkCampaign),
  ];
}

function checkCampaign(campaign: CampaignModel): string[] {
  const { name, answers, busyShare, trunkFailureShare, refusedShare, base } = campaign;
  const problems: string[] = [];
  if (typeof answers !== 'number' && answers.points.some(({ atS }, i) => atS <= (answers.points[i - 1]?.atS ?? -1))) {
    problems.push(`${name}: the points of answers must go forward in time`);
  }
  const most = typeof answers === 'number' ? answers : Math.max(...answers.points.map(({ share }) => share));
  if (most + busyShare + trunkFailureShare + refusedShare > 1 + 1e-9) {
    problems.push(`${name}: answers, busyShare, refusedShare and trunkFailureShare add up to more than 1`);
  }
  for (const [field, value] of Object.entries(campaign)) {
    const duration = value as Duration | null;
    if (typeof duration !== 'object' || duration === null || duration.kind !== 'quantiles') continue;
    const { valuesS } = duration;
    if (valuesS.some((value, index) => value < (valuesS[index - 1] ?? 0))) {
      problems.push(`${name}: the values of ${field} must go up`);
    }
  }
  return base === null ? problems : [...problems, ...checkBase(name, base)];
}

function checkBase(name: string, { groups, hours, calendar, localHours = [] }: Base): string[] {
  const zones = [...new Set(groups.flatMap((group) => group.zones))].filter((zone) => !isZone(zone));
  return [
    ...zones.map((zone) => `${name}: base.groups: there is no zone ${zone}`),
    ...Object.entries(hours).flatMap(([kind, open]) =>
      open !== null && open.from >= open.to ? [`${name}: base.hours.${kind} end before they begin`] : [],
    ),
    ...localHours.flatMap(({ from, to }, i) =>
      from >= to ? [`${name}: base.localHours[${i}] ends before it begins`] : [],
    ),
    ...calendar.flatMap(({ date }) => (isDate(date) ? [] : [`${name}: base.calendar: ${date} is no date`])),
  ];
}
