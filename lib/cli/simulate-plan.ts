import { existsSync } from 'node:fs';
import { pacingSettings } from '../campaign-file.ts';
import { checkPacingSettings } from '../core/pacing/settings.ts';
import { instantOf, isZone, offsetMs } from '../core/zone-clock.ts';
import type { CampaignHistory } from '../campaign-history.ts';
import { ObzvonError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { workDays } from '../sim/days.ts';
import { scenarioFromHistory, type Origin } from '../sim/from-history.ts';
import { DEFAULT_WISHES, methodNamed, methodNames, settingsFor, type PacingWishes } from '../sim/methods.ts';
import type { Job } from '../sim/run.ts';
import {
  loadScenario,
  REFERENCE_CAMPAIGN,
  REFERENCE_SHIFT,
  shippedScenarios,
  WEEKDAYS,
  type Scenario,
} from '../sim/scenario.ts';
import type { SimulateOptions, Until } from './simulate-options.ts';

/** What is simulated: every choice made, so that the run can be repeated. */
export interface Plan {
  readonly scenario: Scenario;
  /** Where it comes from, for people. */
  readonly source: string;
  /** What was measured and what assumed; empty for a scenario file. */
  readonly origins: readonly Origin[];
  readonly agents: readonly number[];
  readonly methods: readonly string[];
  readonly wishes: PacingWishes;
  readonly seeds: readonly number[];
  /** Start of the run, epoch ms. */
  readonly from: number;
  /** Of a run over days: its end, or null until the base is done. Absent: one shift a seed. */
  readonly until?: number | null;
  readonly doneShare: number;
  /** Each method is run with best-hour ordering and without it. */
  readonly bestHour: boolean;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** 2026-01-05, a Monday: where single shifts are when nobody says when. */
const MONDAY = Math.floor(Date.UTC(2026, 0, 5) / DAY_MS);

function usage(message: string, hint: string): ObzvonError {
  return new ObzvonError('USAGE', message, { hint });
}

/** The scenario of a file, or the shipped one of this name. */
export function scenarioNamed(text: string): Scenario {
  const shipped = shippedScenarios();
  if (shipped.includes(text)) return loadScenario({ name: text });
  if (existsSync(text)) return loadScenario({ path: text });
  if (/[/.\\]/.test(text))
    throw usage(`there is no file ${text}`, 'give a scenario file, or a name of obzvon simulate --list');
  const near = nearest(text, shipped);
  throw usage(
    `there is no scenario “${text}”`,
    near === null ? 'obzvon simulate --list names them' : `did you mean ${near}? obzvon simulate --list names them all`,
  );
}

/** Everything an option says of shift and agents, put into a scenario. */
function adjusted(scenario: Scenario, options: SimulateOptions): Scenario {
  const shift = shiftOf(scenario.shift, options);
  return { ...scenario, shift, durationS: durationOf(scenario.durationS, shift.from, options) };
}

function shiftOf(shift: Scenario['shift'], { from, days }: SimulateOptions): Scenario['shift'] {
  return { ...shift, ...(from === undefined ? {} : { from }), ...(days === undefined ? {} : { days }) };
}

function durationOf(usualS: number, from: string, { hours, to }: SimulateOptions): number {
  if (hours !== undefined && to !== undefined) {
    throw usage('--hours and --to both say how long the shift is', 'give one of them');
  }
  if (hours !== undefined) return Math.round(hours * 60) * 60;
  if (to === undefined) return usualS;
  const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  const length = minutes(to) - minutes(from);
  if (length <= 0)
    throw usage(`--to ${to} is not after the shift's start at ${from}`, 'give a later --to or an earlier --from');
  return length * 60;
}

function wishesOf(usual: PacingWishes, { target, limit, maxRatio, maxUnanswered }: SimulateOptions): PacingWishes {
  const aim = target ?? usual.target;
  return {
    target: aim,
    // A target above the usual limit means that limit too.
    limit: limit ?? Math.max(aim, usual.limit),
    maxRatio: maxRatio ?? usual.maxRatio,
    maxUnanswered: maxUnanswered ?? usual.maxUnanswered,
  };
}

function checkMethods(names: readonly string[], wishes: PacingWishes): void {
  for (const name of names) {
    if (methodNamed(name) !== null) continue;
    if (name.startsWith('ratio:'))
      throw usage(`--compare ${name}: no such ratio`, 'a ratio is above 0 and 20 at most: ratio:2');
    const near = nearest(name, methodNames());
    throw usage(
      `--compare: there is no pacing method “${name}”`,
      near === null ? `there are ${methodNames().join(', ')}` : `did you mean ${near}?`,
    );
  }
  if (wishes.target > wishes.limit) {
    throw usage('--target is above --limit', 'lower the target or raise the limit');
  }
  if (!names.includes('predictive')) return;
  const problems = checkPacingSettings(settingsFor(REFERENCE_CAMPAIGN, wishes, { method: 'predictive', ratio: 1 }));
  if (problems.length > 0)
    throw usage(`--target: ${problems.join('; ')}`, 'or compare other methods: --compare progressive');
}

/** The plan for a scenario of a file or of the shipped ones. */
export function planForScenario(text: string, options: SimulateOptions, now: number): Plan {
  const scenario = adjusted(scenarioNamed(text), options);
  return planned({
    scenario,
    source: `scenario ${text}`,
    origins: [],
    wishes: wishesOf(DEFAULT_WISHES, options),
    methods: options.compare ?? usualMethods(['predictive', 'progressive'], options),
    options,
    now,
  });
}

/** The plan for a campaign, by what its own calls say. */
export function planForCampaign(
  history: CampaignHistory,
  options: SimulateOptions & { readonly zone?: string },
  now: number,
): Plan {
  const zone = options.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const shift = shiftOf({ ...REFERENCE_SHIFT, zone: isZone(zone) ? zone : 'UTC' }, options);
  const { calls, agents } = history;
  const { scenario, origins } = scenarioFromHistory(history, {
    shift,
    durationS: durationOf(8 * 3600, shift.from, options),
    agents: options.agents?.[0] ?? Math.max(1, calls.agents || agents),
    offsetMs: offsetMs(shift.zone, now),
    base: options.until !== undefined,
  });
  const pacing = pacingOf(history);
  return planned({
    scenario,
    source: `campaign ${history.name}`,
    origins,
    wishes: wishesOf(pacing.wishes, options),
    methods: options.compare ?? usualMethods([pacing.method, 'predictive'], options),
    options,
    now,
  });
}

/** What is compared when nobody says: over several sizes of crew the first alone. */
function usualMethods(names: readonly string[], { agents = [], bestHour = false }: SimulateOptions): string[] {
  return [...new Set(agents.length > 1 || bestHour ? names.slice(0, 1) : names)];
}

/** What the campaign file says of pacing. */
function pacingOf({ spec }: CampaignHistory): { method: string; wishes: PacingWishes } {
  const { method, ratio, target, limit, maxRatio, maxUnanswered } = pacingSettings(spec);
  return {
    method: method === 'ratio' ? `ratio:${ratio}` : method,
    wishes: {
      // A campaign that must abandon nobody is compared at the usual target.
      target: target === 0 ? DEFAULT_WISHES.target : target,
      limit,
      maxRatio,
      maxUnanswered: maxUnanswered === Infinity ? null : maxUnanswered,
    },
  };
}

function planned(parts: {
  scenario: Scenario;
  source: string;
  origins: readonly Origin[];
  wishes: PacingWishes;
  methods: readonly string[];
  options: SimulateOptions;
  now: number;
}): Plan {
  const { scenario, source, origins, wishes, methods, options, now } = parts;
  checkMethods(methods, wishes);
  const crew = scenario.crews[0];
  if (options.agents !== undefined && scenario.crews.length > 1) {
    throw usage(
      `--agents: ${scenario.name} has ${scenario.crews.length} crews that come and go`,
      'edit the crews in a copy of the file, or take a scenario with one crew',
    );
  }
  const common = {
    scenario,
    source,
    origins,
    agents: options.agents ?? [scenario.crews.length === 1 ? (crew?.count ?? 1) : mostAt(scenario)],
    methods,
    wishes,
    seeds: Array.from({ length: options.seeds }, (_, index) => options.seed + index),
    doneShare: options.done,
    bestHour: options.bestHour === true,
  };
  const bases = scenario.campaigns.filter(({ base }) => base !== null).length;
  if (bases === 0) {
    if (options.until !== undefined) {
      throw usage(
        `--until asks when a base is done, and ${source} has an endless list`,
        'give a scenario with a base, or --campaign with leads',
      );
    }
    if (common.bestHour) {
      throw usage(
        `--best-hour orders the leads of a base, and ${source} has an endless list`,
        'give a scenario with a base',
      );
    }
    return { ...common, from: shiftStart(scenario, options.start) };
  }
  if (bases < scenario.campaigns.length) {
    throw usage(`${source} has campaigns with a base and without`, 'give each campaign a base, or none');
  }
  if (scenario.campaigns.every(({ base }) => base?.groups.length === 0)) {
    throw usage(`${source} has no open leads: there is nothing to simulate`, 'import leads, or leave --until out');
  }
  const from = Math.ceil((options.start ?? now) / MINUTE_MS) * MINUTE_MS;
  const until = options.until === undefined ? null : deadline(options.until, scenario, from);
  if (workDays(scenario, from, until ?? Infinity).next().done === true) {
    throw usage('--until: no shift lies before it', 'give a later --until, other --days, or an earlier --start');
  }
  return { ...common, from, until };
}

/** Agents at work at a time, at most. */
function mostAt({ crews, durationS }: Scenario): number {
  return Math.max(
    ...crews.map(({ fromS: at }) =>
      crews
        .filter(({ fromS, untilS }) => fromS <= at && at < (untilS ?? durationS))
        .reduce((sum, { count }) => sum + count, 0),
    ),
  );
}

function shiftStart({ shift }: Scenario, start: number | undefined): number {
  const day = start === undefined ? MONDAY : Math.floor((start + offsetMs(shift.zone, start)) / DAY_MS);
  const minutes = Number(shift.from.slice(0, 2)) * 60 + Number(shift.from.slice(3));
  return instantOf(shift.zone, day * DAY_MS + minutes * MINUTE_MS);
}

/** The end of the day named, in the shift's zone; a weekday is the next one, today included. */
function deadline(until: Until, { shift }: Scenario, from: number): number {
  if ('at' in until) return until.at;
  const today = Math.floor((from + offsetMs(shift.zone, from)) / DAY_MS);
  const day =
    'date' in until
      ? Math.floor(Date.parse(until.date) / DAY_MS)
      : today + ((WEEKDAYS.indexOf(until.weekday) - ((today + 4) % 7) + 7) % 7);
  return instantOf(shift.zone, (day + 1) * DAY_MS);
}

/** One number of agents with one method. */
export interface Cell {
  readonly agents: number;
  readonly method: string;
  /** Whether leads are ordered by their best hour; null: as the scenario says. */
  readonly bestHour: boolean | null;
}

/** The cells of a plan, in the table's order. */
export function cellsOf({ agents, methods, bestHour }: Plan): Cell[] {
  const ways = bestHour ? [false, true] : [null];
  return agents.flatMap((count) =>
    methods.flatMap((method) => ways.map((way) => ({ agents: count, method, bestHour: way }))),
  );
}

/** The jobs of a cell, one a seed. */
export function jobsOf({ scenario, seeds, wishes, from, until, doneShare }: Plan, cell: Cell): Job[] {
  const sized: Scenario =
    scenario.crews.length === 1
      ? { ...scenario, crews: scenario.crews.map((crew) => ({ ...crew, count: cell.agents })) }
      : scenario;
  const { bestHour } = cell;
  const ordered: Scenario =
    bestHour === null
      ? sized
      : {
          ...sized,
          campaigns: sized.campaigns.map((one) => ({
            ...one,
            base: one.base === null ? null : { ...one.base, bestHour },
          })),
        };
  return seeds.map((seed) => ({
    scenario: ordered,
    method: cell.method,
    wishes,
    seed,
    from,
    ...(until === undefined ? {} : { until, doneShare }),
  }));
}
