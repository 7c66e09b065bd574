import type { CampaignSpec } from '../../campaign-file.ts';
import type { CampaignHistory } from '../../campaign-history.ts';
import type { AgentState } from '../../core/agent.ts';
import type { CampaignState, DialMode, Purpose } from '../../core/campaign.ts';
import type { LeadState } from '../../core/lead.ts';
import type { Disposition } from '../../core/outcome.ts';
import type { CallbacksNow } from './callbacks.ts';
import type { PacingNow } from './pacing.ts';
import type { ResultFigures } from './results.ts';
import type { SegmentSummary } from './segments.ts';
import type { Named, None, Told } from './shape.ts';

export type LeadCounts = Readonly<Record<LeadState, number>> & { readonly total: number };

/** A refusal of the gate and how many leads it stands before. */
export interface RefusalCount {
  readonly code: string;
  readonly verdict: 'DENY' | 'HOLD' | 'DEFER';
  readonly leads: number;
}

export interface CampaignSummary {
  readonly name: string;
  readonly title: string;
  readonly state: CampaignState;
  /** Why halted or draining; why it rests while it runs, and until when. */
  readonly reason: string | null;
  readonly since: number;
  readonly purpose: Purpose;
  readonly mode: DialMode;
  readonly leads: LeadCounts;
  readonly liveCalls: number;
  readonly callbacks: CallbacksNow;
  /** The last pacing decision; null when not running. */
  readonly pacing: PacingNow | null;
}

/** Calls of a campaign so far. */
export interface CallCounts {
  readonly attempts: number;
  readonly answered: number;
  readonly connected: number;
  readonly abandoned: number;
  readonly optedOut: number;
  readonly byDisposition: Readonly<Partial<Record<Disposition, number>>>;
}

export interface CampaignDetails extends CampaignSummary {
  readonly spec: CampaignSpec;
  readonly calls: CallCounts;
  readonly refused: readonly RefusalCount[];
  readonly agents: Readonly<Partial<Record<AgentState, number>>>;
  readonly results: ResultFigures;
  /** In the order of its file. */
  readonly segments: readonly SegmentSummary[];
  /** When the next waiting lead that may be called is due; null when none waits. */
  readonly nextDueAt: number | null;
}

/** What a start will dial, and what it will not, and why. */
export interface Preflight {
  readonly name: string;
  readonly state: CampaignState;
  readonly leads: number;
  /** Would be allowed at this moment. */
  readonly callable: number;
  /** Due later by retry or by the gate. */
  readonly later: number;
  readonly refused: readonly RefusalCount[];
  /** Done, spent or opted out before. */
  readonly final: number;
  /** Agents of the campaign that are logged in. */
  readonly agents: number;
  /** Nothing that stops the start, but good to know. */
  readonly warnings: readonly string[];
}

/** What the gate says of a whole base at one moment. */
export interface CampaignPlan {
  readonly name: string;
  readonly state: CampaignState;
  readonly at: number;
  readonly leads: number;
  /** Would be called now. */
  readonly callable: number;
  /** The gate would allow them; their retry is not due yet. */
  readonly waiting: number;
  /** Being called at this moment. */
  readonly live: number;
  /** Nobody calls them: outside the campaign's `where`, or in a segment that is paused or of share 0. */
  readonly notCalled: number;
  /** Done, spent or opted out. */
  readonly final: number;
  readonly refused: readonly RefusalCount[];
  /** Leads that are not final, by segment; name null: of none. */
  readonly segments: readonly { readonly name: string | null; readonly leads: number; readonly called: boolean }[];
  /** Good to know: columns no lead has. */
  readonly warnings: readonly string[];
  /** When those who only have to wait come due, by hours (epoch ms of the hour's begin). */
  readonly due: readonly { readonly hour: number; readonly leads: number }[];
}

export interface CampaignReport {
  readonly name: string;
  readonly title: string;
  readonly state: CampaignState;
  readonly from: number | null;
  readonly to: number | null;
  readonly leads: LeadCounts;
  readonly refused: readonly RefusalCount[];
  readonly calls: CallCounts;
  /** Abandoned ÷ answered by a person, over the whole of this report; null with no answers. */
  readonly abandonRate: number | null;
  readonly talkMs: Durations;
  /** From the answer to the bridge. */
  readonly waitMs: Durations;
  readonly agents: readonly {
    readonly id: string;
    readonly name: string;
    readonly calls: number;
    readonly talkMs: number;
    /** Talks he gave a result of, and targets among them. */
    readonly results: number;
    readonly targets: number;
  }[];
  readonly results: ResultFigures;
  /** Laws of the dialer checked over the stored rows. */
  readonly checks: readonly { readonly law: string; readonly ok: boolean; readonly found: string }[];
}

/** Nulls when there is nothing to measure. */
export interface Durations {
  readonly count: number;
  readonly total: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

type CampaignMove = { args: Named; result: { readonly name: string; readonly state: CampaignState } };

/** Campaigns: applied, planned, started, told of. */
export interface CampaignCommands {
  'campaign.apply': {
    args: { readonly text: string; readonly file: string };
    /** `warnings`: nothing that stops it, but good to know. */
    result: {
      readonly name: string;
      readonly created: boolean;
      readonly changed: boolean;
      readonly warnings: readonly string[];
    };
  };
  'campaign.list': { args: None; result: { readonly campaigns: readonly CampaignSummary[] } };
  'campaign.show': { args: Named; result: CampaignDetails };
  'campaign.history': {
    /** At most so many of the latest attempts, none older than so many days; `base` false: open leads are not counted. */
    args: { readonly name: string; readonly days: number; readonly attempts: number; readonly base?: boolean };
    result: CampaignHistory;
  };
  'campaign.plan': { args: Named & { readonly at?: number }; result: CampaignPlan };
  'campaign.start': { args: Named; result: Preflight };
  'campaign.pause': CampaignMove;
  'campaign.resume': CampaignMove;
  'campaign.stop': CampaignMove;
  'report.campaign': { args: Named; result: CampaignReport };
}

/** Each of `CampaignCommands`. */
export const CAMPAIGN_COMMANDS: Told<CampaignCommands> = {
  'campaign.apply': { may: 'lead', changes: 'at once', doc: 'create or change a campaign from its file' },
  'campaign.list': { may: 'read', changes: 'nothing', doc: 'all campaigns' },
  'campaign.show': { may: 'read', changes: 'nothing', doc: 'one campaign: leads, calls, refusals, pacing' },
  'campaign.history': {
    may: 'read',
    changes: 'nothing',
    doc: 'what its past calls and open leads say, for simulations',
  },
  'campaign.plan': {
    may: 'read',
    changes: 'nothing',
    doc: 'who would be called now and who not, over the whole base; nothing is written',
  },
  'campaign.start': {
    may: 'lead',
    changes: 'at length',
    doc: 'start dialing; says what will be dialed, what will not, and why',
  },
  'campaign.pause': { may: 'lead', changes: 'at once', doc: 'no new calls; live ones go on' },
  'campaign.resume': { may: 'lead', changes: 'at length', doc: 'dial on after a pause or a halt' },
  'campaign.stop': { may: 'lead', changes: 'at once', doc: 'end the campaign when its live calls are over' },
  'report.campaign': { may: 'read', changes: 'nothing', doc: 'the report of a campaign' },
};
