import type { CampaignState } from '../../core/campaign.ts';
import type { PacingLimit } from '../../core/pacing/contract.ts';
import type { PacingMethod } from '../../core/pacing/settings.ts';
import type { Named, Told } from './shape.ts';

/** A pacing decision: how many calls were placed for the agents, the limit that bound it, and why in a sentence. */
export interface PacingNow {
  readonly at: number;
  readonly originate: number;
  readonly boundBy: PacingLimit;
  readonly why: string;
  /** Estimates and prices by name; see docs/pacing.md. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** Live answers of a window and those among them that found no agent in time. */
export interface Abandonment {
  readonly hours: number;
  readonly answers: number;
  readonly abandoned: number;
  /** null without answers. */
  readonly rate: number | null;
}

/** A campaign's pacing: what it aims at, where it stands, what it decided of late. */
export interface PacingDetails {
  readonly name: string;
  readonly state: CampaignState;
  readonly method: PacingMethod;
  readonly target: number;
  readonly limit: number;
  readonly now: PacingNow | null;
  /** Over the last 24 h and 30 days, by whole hours. */
  readonly abandonment: readonly Abandonment[];
  /** Decisions that placed calls, the newest first. */
  readonly decisions: readonly PacingNow[];
}

/** A stretch of pacing that was recorded. */
export interface PacingSession {
  /** Names it: when it began. */
  readonly session: number;
  readonly lastAt: number;
  readonly parts: number;
  readonly bytes: number;
}

/** How campaigns are paced. */
export interface PacingCommands {
  'pacing.show': { args: Named & { readonly limit: number }; result: PacingDetails };
  'pacing.sessions': { args: Named; result: { readonly name: string; readonly sessions: readonly PacingSession[] } };
  'pacing.part': {
    args: Named & { readonly session: number; readonly part: number };
    /** Lines of the recording; null past the last part. */
    result: { readonly lines: string | null };
  };
}

/** Each of `PacingCommands`. */
export const PACING_COMMANDS: Told<PacingCommands> = {
  'pacing.show': {
    may: 'read',
    changes: 'nothing',
    doc: 'how a campaign is paced: its limits, its numbers, its last decisions and why',
  },
  'pacing.sessions': { may: 'read', changes: 'nothing', doc: 'recorded stretches of pacing, for replay' },
  'pacing.part': { may: 'read', changes: 'nothing', doc: 'a part of a pacing recording' },
};
