import type { CampaignSpec } from './campaign-file.ts';
import type { DayKind } from './core/calendar.ts';
import type { Window } from './core/calling-hours.ts';

/** How attempts ended, as a simulation tells ends apart. */
export interface EndCounts {
  readonly attempts: number;
  /** Picked up, whether an agent was there or not. */
  readonly answered: number;
  readonly abandoned: number;
  /** Busy, or unreachable for now. */
  readonly busy: number;
  /** No such number, declined: the lead is usually ended. */
  readonly refused: number;
  /** Our own side, and congestion: the person was not reached. */
  readonly trunk: number;
  readonly noAnswer: number;
}

/** Measured times: how many, and their values at equal steps of probability from the least to the greatest, ms. */
export interface MeasuredTimes {
  readonly count: number;
  readonly quantilesMs: readonly number[];
}

/** What a campaign's latest attempts say. */
export interface MeasuredCalls {
  /** The first and the last of them, epoch ms; null without any. */
  readonly from: number | null;
  readonly to: number | null;
  readonly all: EndCounts;
  /** By hour of day, UTC; 24 of them. */
  readonly hours: readonly EndCounts[];
  /** First attempts to a lead, second ones, …; the last is of all later ones. */
  readonly ordinals: readonly { readonly attempts: number; readonly answered: number }[];
  readonly setup: MeasuredTimes;
  readonly pickUp: MeasuredTimes;
  readonly giveUp: MeasuredTimes;
  readonly busy: MeasuredTimes;
  readonly refused: MeasuredTimes;
  readonly trunk: MeasuredTimes;
  readonly talk: MeasuredTimes;
  readonly wrapUp: MeasuredTimes;
  /** Agents who talked in them. */
  readonly agents: number;
}

/** Leads alike that may still be called. */
export interface OpenLeads {
  readonly count: number;
  readonly attempts: number;
  /** Due in so many hours at the latest; 0: now. */
  readonly dueInH: number;
  /** UTC offsets such as +03:00; hours must be open in all of them. */
  readonly zones: readonly string[];
}

/** What a simulation of a campaign needs to know of it. Times are UTC epoch ms. */
export interface CampaignHistory {
  readonly name: string;
  readonly now: number;
  readonly spec: CampaignSpec;
  readonly calls: MeasuredCalls;
  readonly open: readonly OpenLeads[];
  readonly leads: {
    readonly total: number;
    readonly final: number;
    /** Held or blocked: they are not called until a person mends something. */
    readonly refused: number;
  };
  /** Agents the campaign may use. */
  readonly agents: number;
  /** null: the trunk is not in the daemon's config. */
  readonly trunk: { readonly channels: number; readonly originatesPerSecond: number } | null;
  /** What the policy adds to the campaign file. */
  readonly rules: {
    readonly windows: Readonly<Record<DayKind, Window | null>>;
    readonly endGuardS: number;
    /** Days of the next weeks that are not what their weekday says. */
    readonly calendar: readonly { readonly date: string; readonly kind: DayKind }[];
    /** null: no cap. */
    readonly attemptsPerDay: number | null;
    readonly minIntervalS: number;
    /** Without predictive calls after an abandoned one; null: none. */
    readonly dropCooldownH: number | null;
  };
}
