import type { CampaignHistory, EndCounts, MeasuredTimes } from '../campaign-history.ts';
import type { Window } from '../core/calling-hours.ts';
import type { Duration } from './model-duration.ts';
import {
  REFERENCE_CAMPAIGN,
  type Base,
  type CampaignModel,
  type OpenHours,
  type Scenario,
  type Share,
} from './scenario.ts';

/** Fewer calls than this say too little: the reference model speaks instead. */
export const ENOUGH = 200;
/** Fewer times than this are no distribution. */
const ENOUGH_TIMES = 50;
/** An hour of day weighs itself against the whole as if it had seen so many calls already. */
const HOUR_PRIOR = 50;
/** How alike people are taken to be where retries do not tell. */
const USUAL_LIKENESS = 2;
/** Time-outs end this near the limit. */
const NEAR_TIMEOUT = 0.9;

/** Where a figure of a scenario comes from. */
export interface Origin {
  readonly what: string;
  /** So many calls it was measured from; 0: it is the reference model's, or a plain assumption. */
  readonly calls: number;
  /** What it is, for people. */
  readonly figure: string;
}

/** A scenario made of a campaign's history, and what of it is measured. */
export interface Portrait {
  readonly scenario: Scenario;
  readonly origins: readonly Origin[];
}

/**
 * Makes a scenario of a campaign's own calls: what too few calls say is taken from the reference model. With `base` its
 * open leads are the list, else the list is endless. `shift` says when agents work; the hours of day follow it.
 */
export function scenarioFromHistory(
  history: CampaignHistory,
  options: {
    readonly shift: Scenario['shift'];
    readonly durationS: number;
    readonly agents: number;
    /** The zone's offset from UTC, to tell which hour of day a shift's hour is. */
    readonly offsetMs: number;
    readonly base: boolean;
  },
): Portrait {
  const { spec, calls, trunk } = history;
  const { all } = calls;
  const origins: Origin[] = [];
  const note = (what: string, calls: number, figure: string): void => void origins.push({ what, calls, figure });
  const reference = REFERENCE_CAMPAIGN;
  const enough = all.attempts >= ENOUGH;
  const model: CampaignModel = {
    ...reference,
    name: spec.name,
    ...(enough ? shares(history, options, note) : referenceShares(all, note)),
    setup: time('set-up', calls.setup, reference.setup, note),
    pickUp: time('ringing until the answer', calls.pickUp, reference.pickUp, note),
    giveUp: giveUp(calls.giveUp, spec.ringTimeoutS, note),
    busy: time('busy signal', calls.busy, reference.busy, note),
    refused: time('refusal', calls.refused, reference.refused, note),
    trunkFailure: time('trunk failure', calls.trunk, reference.trunkFailure, note),
    talk: time('talk', calls.talk, reference.talk, note),
    wrapUp: time('wrap-up', calls.wrapUp, { kind: 'fixed', valueS: spec.wrapUpS }, note, 'of the campaign file'),
    ringTimeoutS: spec.ringTimeoutS,
    graceS: spec.answerLimitMs / 1000,
    base: options.base ? baseOf(history, note) : null,
  };
  const scenario: Scenario = {
    name: spec.name,
    description: `${spec.name} as its last ${all.attempts} calls show it`,
    durationS: options.durationS,
    shift: options.shift,
    crews: [{ count: options.agents, fromS: 0, untilS: null, spreadS: 0 }],
    pauses: null,
    campaigns: [model],
    trunk: {
      channels: trunk?.channels ?? null,
      originatesPerSecond: trunk?.originatesPerSecond ?? null,
      failures: [],
    },
  };
  return { scenario, origins };
}

type Note = (what: string, calls: number, figure: string) => void;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function referenceShares({ attempts }: EndCounts, note: Note): Partial<CampaignModel> {
  const { answers, busyShare, trunkFailureShare } = REFERENCE_CAMPAIGN;
  note(
    'who answers',
    0,
    `${percent(answers as number)} answer, ${percent(busyShare)} busy, ${percent(trunkFailureShare)} trunk failures ` +
      `of the reference model: ${attempts} calls are too few, ${ENOUGH} are needed`,
  );
  return {};
}

function shares(
  { calls }: CampaignHistory,
  options: {
    readonly durationS: number;
    readonly shift: Scenario['shift'];
    readonly offsetMs: number;
    readonly base: boolean;
  },
  note: Note,
): Partial<CampaignModel> {
  const { all, hours, ordinals } = calls;
  const rate = all.answered / all.attempts;
  // A list that ends begins with first attempts; their answers are not thinned out by those who never answer.
  const first = ordinals[0];
  const reached = all.attempts - all.trunk;
  const times =
    options.base && first !== undefined && first.attempts >= ENOUGH && all.answered > 0
      ? first.answered / first.attempts / (all.answered / reached)
      : 1;
  const busyShare = round(all.busy / all.attempts);
  const refusedShare = round(all.refused / all.attempts);
  const trunkFailureShare = round(all.trunk / all.attempts);
  const room = Math.max(0, 1 - busyShare - refusedShare - trunkFailureShare);
  const at = (counts: EndCounts): number => {
    const share = (counts.answered + HOUR_PRIOR * rate) / (counts.attempts + HOUR_PRIOR);
    return Math.min(room, round(times * share));
  };
  note(
    'who answers',
    all.attempts,
    `${percent(rate)} answer${times === 1 ? '' : ` (${percent(times * rate)} of first attempts)`}, ` +
      `${percent(busyShare)} busy, ${percent(refusedShare)} refused, ${percent(trunkFailureShare)} trunk failures`,
  );
  return { answers: byHour(hours, options, at) ?? at(all), busyShare, refusedShare, trunkFailureShare };
}

/** Steps at the full hours of the shift; null when no two hours have calls. */
function byHour(
  hours: readonly EndCounts[],
  {
    durationS,
    shift,
    offsetMs,
  }: { readonly durationS: number; readonly shift: Scenario['shift']; readonly offsetMs: number },
  at: (counts: EndCounts) => number,
): Share | null {
  if (hours.filter(({ attempts }) => attempts > 0).length < 2) return null;
  const fromMin = Number(shift.from.slice(0, 2)) * 60 + Number(shift.from.slice(3));
  const offsetMin = offsetMs / 60_000;
  const points: { atS: number; share: number }[] = [];
  for (let atS = 0; atS < durationS; ) {
    const minuteUtc = fromMin + atS / 60 - offsetMin;
    const hour = ((Math.floor(minuteUtc / 60) % 24) + 24) % 24;
    points.push({ atS, share: at(hours[hour] as EndCounts) });
    atS += 3600 - ((((minuteUtc * 60) % 3600) + 3600) % 3600);
  }
  return { between: 'steps', points };
}

function time(
  what: string,
  { count, quantilesMs }: MeasuredTimes,
  usual: Duration,
  note: Note,
  whose = 'of the reference model',
): Duration {
  if (count < ENOUGH_TIMES) {
    note(what, 0, `${describe(usual)} ${whose}${count === 0 ? '' : ` (${count} seen are too few)`}`);
    return usual;
  }
  const measured: Duration = { kind: 'quantiles', valuesS: quantilesMs.map((ms) => ms / 1000) };
  note(what, count, describe(measured));
  return measured;
}

/** null, ringing until the time-out, when most do. */
function giveUp(times: MeasuredTimes, ringTimeoutS: number, note: Note): Duration | null {
  const median = times.quantilesMs[Math.floor(times.quantilesMs.length / 2)] ?? 0;
  if (times.count >= ENOUGH_TIMES && median < NEAR_TIMEOUT * 1000 * ringTimeoutS) {
    return time('ringing in vain', times, REFERENCE_CAMPAIGN.pickUp, note);
  }
  note('ringing in vain', times.count >= ENOUGH_TIMES ? times.count : 0, `until the time-out, ${ringTimeoutS} s`);
  return null;
}

function describe(duration: Duration): string {
  const s = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
  switch (duration.kind) {
    case 'fixed':
      return s(duration.valueS);
    case 'uniform':
      return `${s(duration.fromS)} to ${s(duration.toS)}`;
    case 'quantiles': {
      const { valuesS } = duration;
      const at = (share: number): number => valuesS[Math.round(share * (valuesS.length - 1))] ?? 0;
      return `median ${s(at(0.5))}, 90 % under ${s(at(0.9))}`;
    }
    case 'pareto':
      return `at least ${s(duration.minS)}`;
    default:
      return 'medianS' in duration ? `median ${s(duration.medianS)}` : `mean ${s(duration.meanS)}`;
  }
}

function baseOf({ open, spec, calls, rules, leads }: CampaignHistory, note: Note): Base {
  const [first, second] = calls.ordinals;
  let likeness = USUAL_LIKENESS;
  if (first !== undefined && second !== undefined && second.attempts >= ENOUGH && first.answered > 0) {
    // With a beta nature the second attempt is answered k / (k + 1) times as often as the first.
    const ratio = second.answered / second.attempts / (first.answered / first.attempts);
    likeness = round(Math.min(50, Math.max(0.1, ratio >= 1 ? 50 : ratio / (1 - ratio))));
    note('second attempts', second.attempts, `answered ${percent(ratio)} as often as first ones`);
  } else note('second attempts', 0, `answered ${percent(likeness / (likeness + 1))} as often as first ones, assumed`);
  const count = open.reduce((sum, group) => sum + group.count, 0);
  note(
    'leads',
    count,
    `${count} open of ${leads.total}` + (leads.refused === 0 ? '' : `; ${leads.refused} held or blocked are left out`),
  );
  return {
    groups: open.map(({ count, attempts, dueInH, zones }) => ({ count, attempts, dueInS: dueInH * 3600, zones })),
    likeness,
    hours: {
      work: hoursOf(rules.windows.work),
      off: hoursOf(rules.windows.off),
      holiday: hoursOf(rules.windows.holiday),
    },
    endGuardS: rules.endGuardS,
    calendar: rules.calendar,
    maxAttemptsPerLead: spec.maxAttemptsPerLead,
    maxAttemptsPerDay: Math.min(spec.maxAttemptsPerDay, rules.attemptsPerDay ?? Infinity),
    minIntervalMin: Math.max(spec.minIntervalMin, Math.ceil(rules.minIntervalS / 60)),
    abandonedCooldownMin: (rules.dropCooldownH ?? 0) * 60,
    retry: spec.retry,
  };
}

function hoursOf(window: Window | null): OpenHours {
  const clock = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return window === null ? null : { from: clock(window.fromMin), to: clock(window.toMin) };
}

const round = (share: number): number => Math.round(share * 10_000) / 10_000;
