import { instantOf, offsetMs } from '../core/zone-clock.ts';
import type { Pacer } from '../core/pacing/contract.ts';
import { createLeadBase, type BaseFigures, type LeadBase } from './lead-base.ts';
import { WEEKDAYS, type CampaignModel, type Scenario, type Share } from './scenario.ts';
import { simulateShift, type PacerContext, type ShiftResult } from './shift.ts';

const DAY_MS = 86_400_000;
/** A base that is not over after so many days is told as it stands. */
export const MOST_DAYS = 31;

/** One working day of a run. */
export interface WorkDay {
  readonly startAt: number;
  readonly endAt: number;
  /** So much of the shift was over when it began, s. */
  readonly skippedS: number;
}

/** The shifts of a scenario from a moment on, the first one perhaps begun already, the last one cut at `until`. */
export function* workDays({ shift, durationS }: Scenario, from: number, until: number): Generator<WorkDay> {
  const minutes = Number(shift.from.slice(0, 2)) * 60 + Number(shift.from.slice(3));
  // A shift that began yesterday may reach past midnight.
  const first = Math.floor((from + offsetMs(shift.zone, from)) / DAY_MS) - 1;
  for (let day = first; day <= first + MOST_DAYS; day += 1) {
    if (!shift.days.includes(WEEKDAYS[(day + 4) % 7] ?? 'sun')) continue;
    const opens = instantOf(shift.zone, day * DAY_MS + minutes * 60_000);
    const startAt = Math.max(opens, from);
    const endAt = Math.min(opens + durationS * 1000, until);
    if (opens >= until) return;
    if (endAt - startAt >= 60_000) yield { startAt, endAt, skippedS: (startAt - opens) / 1000 };
  }
}

export interface DaysParts {
  readonly scenario: Scenario;
  readonly pacer: (context: PacerContext, warmStart: unknown) => Pacer;
  readonly seed: number;
  /** The run begins; the first shift may be under way then. */
  readonly from: number;
  /** The run ends, whatever is left; Infinity: when the base is done, or after 31 days. */
  readonly until: number;
  /** A base is done when this share of its leads is final: the last ones wait out retries and cool-downs. */
  readonly doneShare: number;
  readonly onDay?: (day: ShiftResult) => void;
}

/** A run over days: each day's shift, and how the bases stood at the end of each. */
export interface DaysResult {
  readonly days: readonly { readonly work: WorkDay; readonly shift: ShiftResult; readonly base: BaseFigures }[];
  readonly base: BaseFigures;
  /** When the bases were done; null: they are not. */
  readonly doneAt: number | null;
}

/**
 * Works a scenario's bases day after day: leads keep their state over the nights, each campaign's pacer begins a day
 * with what it learned the day before.
 */
export function simulateDays({ scenario, pacer, seed, from, until, doneShare, onDay }: DaysParts): DaysResult {
  const bases = scenario.campaigns.map((campaign): LeadBase | null =>
    campaign.base === null ? null : createLeadBase(campaign, campaign.base, seed, from),
  );
  const days: DaysResult['days'][number][] = [];
  let warm: readonly unknown[] = [];
  for (const work of workDays(scenario, from, until)) {
    const shift = simulateShift({
      scenario: restOfDay(scenario, work),
      // Agents and endless lists have other luck each day; leads of a base keep their own.
      seed: seed + 100_003 * days.length,
      startAt: work.startAt,
      bases,
      pacer: (context, index) => pacer(context, warm[index]),
    });
    warm = shift.estimates;
    days.push({ work, shift, base: total(bases) });
    onDay?.(shift);
    if (until === Infinity ? doneAt(bases, doneShare) !== null : bases.every((base) => base?.over() === true)) break;
  }
  return { days, base: total(bases), doneAt: doneAt(bases, doneShare) };
}

function doneAt(bases: readonly (LeadBase | null)[], share: number): number | null {
  const times = bases.map((base) => base?.doneAt(share) ?? null);
  return times.includes(null) ? null : Math.max(...times.map(Number));
}

function total(bases: readonly (LeadBase | null)[]): BaseFigures {
  const sum = { leads: 0, final: 0, talked: 0, tried: 0, attempts: 0 };
  for (const base of bases) {
    const figures = base?.figures();
    if (figures !== undefined) for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += figures[name];
  }
  return sum;
}

/** The scenario as from a moment in its shift on, as long as the day lasts. */
export function restOfDay(scenario: Scenario, { startAt, endAt, skippedS }: WorkDay): Scenario {
  const durationS = (endAt - startAt) / 1000;
  if (skippedS === 0) return { ...scenario, durationS };
  const later = (s: number): number => Math.max(0, s - skippedS);
  return {
    ...scenario,
    durationS,
    crews: scenario.crews
      .filter(({ untilS }) => untilS === null || untilS > skippedS)
      .map((crew) => ({
        ...crew,
        fromS: later(crew.fromS),
        untilS: crew.untilS === null ? null : later(crew.untilS),
      })),
    campaigns: scenario.campaigns.map((campaign): CampaignModel => {
      return { ...campaign, answers: laterShare(campaign.answers, skippedS) };
    }),
    trunk: {
      ...scenario.trunk,
      failures: scenario.trunk.failures
        .filter(({ untilS }) => untilS > skippedS)
        .map((failure) => ({ ...failure, fromS: later(failure.fromS), untilS: later(failure.untilS) })),
    },
  };
}

/** Points before the start lie before 0: only the share between them and the next is asked for. */
function laterShare(share: Share, skippedS: number): Share {
  if (typeof share === 'number') return share;
  return { ...share, points: share.points.map((point) => ({ ...point, atS: point.atS - skippedS })) };
}
