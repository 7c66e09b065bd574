import type { OpenLeads } from '../campaign-history.ts';
import type { CampaignSpec } from '../campaign-file.ts';
import type { AgentState } from '../core/agent.ts';
import type { AttemptState } from '../core/attempt.ts';
import type { CallbackFallback, CallbackKind, CallbackState } from '../core/callback.ts';
import type { CampaignState, DialMode, Purpose } from '../core/campaign.ts';
import type { LeadState } from '../core/lead.ts';
import type { Result, ResultStep } from '../core/result.ts';
import type { Filter } from '../core/segment.ts';
import type { Disposition } from '../core/outcome.ts';
import type { PacingLimit } from '../core/pacing/contract.ts';
import type { PacingMethod } from '../core/pacing/settings.ts';
import type { LineBlock } from './register-results.ts';
import type { Story } from '../store/stories.ts';
import type { LedgerFiles, TimedProof } from '../store/verify-file.ts';

/*
 * What the daemon answers and the CLI prints with --json: the product's own interface, so a field is added, not
 * changed. Times are UTC epoch milliseconds, phones are E.164, what is unknown is null.
 */

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

/** A part of a campaign's base. */
export interface SegmentSummary {
  readonly name: string;
  /** Its part in the mix of new calls; 0: never called. */
  readonly share: number;
  /** null: its leads are called. */
  readonly pausedAt: number | null;
}

/** A part of a base counted. */
export interface SegmentCounts {
  readonly leads: number;
  /** Not final: callable, waiting, promised or being called. */
  readonly open: number;
  readonly states: Readonly<Partial<Record<LeadState, number>>>;
  /** By the last disposition; those never called are left out. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** By the last result an agent gave. */
  readonly results: Readonly<Record<string, number>>;
}

export type SegmentDetails = SegmentSummary & SegmentCounts & { readonly where: Filter };

/** A campaign's base by its segments: every lead is in one of them, in none, or outside the campaign's `where`. */
export interface SegmentList {
  readonly campaign: string;
  /** Leads are being put into changed segments. */
  readonly filing: boolean;
  readonly segments: readonly SegmentDetails[];
  /** In no segment: called with share 1. */
  readonly none: SegmentCounts;
  /** Outside `where`: never called. */
  readonly leftOut: SegmentCounts;
}

/** Numbers of a campaign that other campaigns have too. */
export interface Duplicates {
  readonly campaign: string;
  /** All numbers of it. */
  readonly numbers: number;
  /** Its leads that some other campaign has by any of their numbers. */
  readonly leads: number;
  /** The campaign with the most first; `first` names some of the numbers. */
  readonly campaigns: readonly {
    readonly name: string;
    readonly numbers: number;
    readonly leads: number;
    readonly first: readonly string[];
  }[];
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

/** A range a forecast is sure of to eight parts in ten, and its middle. */
export interface Spread {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

/** Leads a plan leaves out, or a deed differs in, for one reason. */
export interface RedialReason {
  /** Of `REDIAL_CODES` or the gate's. */
  readonly code: string;
  readonly title: string;
  readonly leads: number;
  /** The first of them; of all reasons of a plan together a hundred at most. */
  readonly first: readonly { readonly lead: number; readonly phone: string }[];
}

/** Whom a pass over a base will call, whom not and why, and what is to be expected. Phones are masked. */
export interface RedialPlan {
  readonly campaign: string;
  /** Local date of the pass. */
  readonly for: string;
  /** The moment it was made for. */
  readonly at: number;
  readonly leads: number;
  /** Called as soon as agents and pacing allow. */
  readonly called: number;
  /** Called too, at a time of their own: a retry, or the gate's hours and intervals. */
  readonly waiting: number;
  /** By reason, the largest first. */
  readonly notCalled: readonly RedialReason[];
  /** When the first call may be placed; null: none. */
  readonly startsAt: number | null;
  /** The first to be called, in order. */
  readonly order: readonly { readonly lead: number; readonly phone: string; readonly at: number }[];
  /** When those come due that cannot be called at once, by hours (epoch ms of the hour's begin), after this date too. */
  readonly hours: readonly { readonly hour: number; readonly leads: number }[];
  /** null: there is nothing to foresee, or nobody foresaw it. */
  readonly forecast: RedialForecast | null;
  /** Against the pass before, lead by lead; null: it is the first, or its leads are forgotten. */
  readonly sinceLast: RedialChange | null;
}

/** A plan of a pass that has not begun, with what a simulation of it needs. */
export interface RedialForesight {
  readonly plan: RedialPlan;
  /** Who may be called only from then on is not called on this date. */
  readonly until: number;
  /** Whose date it is. */
  readonly zone: string;
  /** Those to be called, in groups alike, from `at` on. */
  readonly open: readonly OpenLeads[];
}

/** What the simulator makes of a plan, for the agents and the shift named. */
export interface RedialForecast {
  readonly attempts: Spread;
  readonly answers: Spread;
  readonly agentHours: Spread;
  /** When the last call is over, or the shift, epoch ms. */
  readonly endsAt: Spread;
  /** null: the campaign names no price. */
  readonly money: (Spread & { readonly currency: string }) | null;
  readonly runs: number;
  readonly agents: number;
  readonly shift: { readonly from: string; readonly hours: number; readonly zone: string };
  /** What of it was measured, from how many calls; of none: a guess. */
  readonly origins: readonly { readonly what: string; readonly calls: number; readonly figure: string }[];
}

/** One plan against the one before. */
export interface RedialChange {
  readonly for: string;
  /** Called now and not then; called then and not now; imported since. */
  readonly joined: number;
  readonly left: number;
  readonly added: number;
  /** Leads not called by code, then and now; codes that did not change are left out. */
  readonly codes: readonly { readonly code: string; readonly then: number; readonly now: number }[];
}

/** What a run of a pass did: its plan, and how the campaign stands now. */
export interface RedialRun extends RedialPlan {
  /** The pass of this date was begun before: nothing was changed. */
  readonly already: boolean;
  readonly state: CampaignState;
}

/** A pass over a base in a line. */
export interface RedialPass {
  readonly for: string;
  readonly at: number;
  /** `preparing`: cut short, goes on at the next run of its date; `dropped`: its date went by, or a later pass came. */
  readonly state: 'preparing' | 'begun' | 'dropped';
  /** As planned; null: there is no plan yet. */
  readonly called: number | null;
  readonly waiting: number | null;
  readonly notCalled: number | null;
}

/** What calls of a pass came to. */
export interface PassFigures {
  /** Every attempt: those with an outcome and the live ones. */
  readonly attempts: number;
  readonly live: number;
  readonly byDisposition: Readonly<Partial<Record<Disposition, number>>>;
  readonly answered: number;
  readonly talks: number;
  /** Answered by a person, no agent in time. */
  readonly abandoned: number;
  readonly talkMs: number;
  /** Begun minutes from the answer on, as a carrier counts them. */
  readonly minutes: number;
}

/** Calls answered over a named window and those of them that found no agent in time. */
export interface NamedAbandonment {
  readonly window: 'pass' | '24 hours' | '30 days';
  readonly answers: number;
  readonly abandoned: number;
  /** null without answers. */
  readonly rate: number | null;
}

/** What a pass did, against its plan. */
export interface RedialReport {
  readonly campaign: string;
  readonly title: string;
  readonly for: string;
  /** When it began, and when the next one did; null: none yet, so it goes on. */
  readonly from: number;
  readonly until: number | null;
  /** As the campaign stands now. */
  readonly state: CampaignState;
  readonly plan: Pick<RedialPlan, 'leads' | 'called' | 'waiting' | 'forecast'> & { readonly notCalled: number };
  readonly figures: PassFigures;
  /** Leads, not attempts: `planned` = `calledAsPlanned` + those of `missed`; `called` = `calledAsPlanned` + `unplanned`. */
  readonly leads: {
    readonly planned: number;
    readonly called: number;
    readonly calledAsPlanned: number;
    readonly talked: number;
  };
  /** Whether the pass is remembered lead by lead: only then differences are told. */
  readonly remembered: boolean;
  /** Planned and not called, by why. */
  readonly missed: readonly RedialReason[];
  /** Called and not planned: what the plan said, and why it came otherwise. */
  readonly unplanned: readonly (RedialReason & { readonly planned: string | null })[];
  /** Talks by the agents' results, the most frequent first; talks without one are none of them. */
  readonly results: readonly {
    readonly code: string;
    readonly stage: string;
    readonly target: boolean;
    readonly talks: number;
  }[];
  /** null: the campaign names no price. */
  readonly money: { readonly cost: number; readonly currency: string } | null;
  /** Time logged in, from the begin of the pass to the end of its last call, and of it in talks of this campaign. */
  readonly agents: { readonly count: number; readonly loggedInMs: number; readonly talkMs: number };
  readonly abandonment: readonly NamedAbandonment[];
  /** The pass before; null: it is the first. */
  readonly before: (PassFigures & { readonly for: string }) | null;
}

export interface Status {
  readonly version: string;
  /** `draining`: asked to stop, waits for live calls. */
  readonly state: 'running' | 'draining';
  readonly pid: number;
  readonly now: number;
  readonly startedAt: number;
  /** Whether calls may be placed, and if not, every reason. */
  readonly dialing: {
    readonly ok: boolean;
    readonly reasons: readonly { readonly hold: string; readonly reason: string }[];
  };
  readonly pbx: {
    readonly kind: 'asterisk' | 'simulated';
    readonly state: 'connecting' | 'up' | 'lost';
    readonly since: number;
    /** Why lost; null when up. */
    readonly reason: string | null;
    /** What an operator must mend by hand. */
    readonly alarms: readonly string[];
  };
  readonly trunks: readonly {
    readonly name: string;
    readonly state: 'up' | 'down' | 'unknown';
    readonly channels: number;
    readonly busy: number;
    /** Its breaker tries it with single calls, the next at `tryAt`; null: calls go through it. */
    readonly resting: { readonly reason: string; readonly tryAt: number } | null;
  }[];
  readonly agents: Readonly<Partial<Record<AgentState, number>>>;
  readonly calls: Readonly<Partial<Record<AttemptState, number>>>;
  readonly campaigns: readonly CampaignSummary[];
  /** Caller numbers that call an operator no more, until a person resumes them. */
  readonly suspendedLines: readonly LineBlock[];
  /** Schedules whose campaign or zone is gone. */
  readonly troubledSchedules: readonly { readonly name: string; readonly problem: string }[];
  readonly database: { readonly path: string; readonly bytes: number };
}

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly state: AgentState;
  readonly since: number;
  /** The attempt this agent talks in. */
  readonly attempt: string | null;
  /** Since the daemon's local midnight. */
  readonly callsToday: number;
  readonly talkTodayMs: number;
}

export interface Call {
  readonly id: string;
  readonly campaign: string;
  readonly phone: string;
  readonly caller: string;
  readonly trunk: string;
  readonly state: AttemptState;
  readonly agent: string | null;
  readonly plannedAt: number;
  readonly originatedAt: number | null;
  readonly rangAt: number | null;
  readonly answeredAt: number | null;
  readonly bridgedAt: number | null;
  readonly endedAt: number | null;
  readonly disposition: Disposition | null;
  /** Q.850. */
  readonly cause: number | null;
  readonly sipCode: number | null;
}

/** A call agreed with a person, asked for by him or owed to him. */
export interface Callback {
  readonly id: number;
  readonly campaign: string;
  readonly phone: string;
  readonly kind: CallbackKind;
  readonly state: CallbackState;
  /** Null: whoever is free first. */
  readonly agent: string | null;
  readonly dueAt: number;
  readonly until: number;
  /** `dueAt` by the callee's clock, with his zone. */
  readonly local: string;
  readonly fallback: CallbackFallback;
  readonly tries: number;
  readonly source: string;
  readonly note: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

/** Callbacks of a campaign that are not over. */
export interface CallbacksNow {
  readonly open: number;
  /** Due, and not dialed yet. */
  readonly due: number;
  /** When the next is due; null: none waits. */
  readonly nextAt: number | null;
}

export interface CallDetails extends Call {
  readonly sipCallId: string | null;
  /** Who told of the end. */
  readonly witness: string | null;
  readonly lead: { readonly id: number; readonly name: string | null; readonly list: string; readonly row: number };
  readonly verdict: Verdict;
  /** Every word on the talk, the oldest first; the last counts. */
  readonly results: readonly CallResult[];
  /** The decision it was placed by; null when it is forgotten. */
  readonly pacing: PacingNow | null;
  readonly journal: readonly JournalEntry[];
}

export interface JournalEntry {
  readonly at: number;
  readonly event: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What the gate says of one call, and what it rests on. */
export interface Verdict {
  readonly at: number;
  readonly verdict: 'ALLOW' | 'DENY' | 'HOLD' | 'DEFER';
  /** Every failing check, the primary first. */
  readonly codes: readonly {
    readonly code: string;
    readonly verdict: 'DENY' | 'HOLD' | 'DEFER';
    /** A sentence for a person, with the evidence; may be empty for old rows. */
    readonly text: string;
  }[];
  readonly notBefore: number | null;
  readonly policy: { readonly id: string; readonly version: string; readonly hash: string };
  readonly consent: number | null;
  readonly registration: number | null;
  /** What the callee's screen shows. */
  readonly label: string | null;
  /** Zones the number may be in, and how that is known. */
  readonly zone: { readonly zones: readonly string[]; readonly source: string };
}

export interface Explanation extends Verdict {
  readonly campaign: string;
  /** What the policy pack says it is not, and the fields it is unsure of. */
  readonly notice: string;
  readonly unsure: readonly string[];
  /** As typed when it is no number. */
  readonly phone: string;
  /** State of the lead; null when the base has no such phone. */
  readonly lead: LeadState | null;
  /** Every check, passed ones too, with its evidence and the acts it rests on. */
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly evidence: string;
    readonly law: readonly string[];
  }[];
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

/** A result recorded, and what follows. */
export interface RecordedResult {
  readonly attempt: string;
  readonly agent: string | null;
  readonly code: string;
  readonly stage: string;
  readonly target: boolean;
  readonly then: ResultStep;
  /** When the person is called back; null: he is not. */
  readonly callbackAt: number | null;
  /** What the lead does now; it moves when a talk that goes on is over. */
  readonly lead: LeadState;
}

/** The results agents of a campaign may give, in the order of their digits. */
export interface ResultTree {
  readonly name: string;
  /** The first stage first. */
  readonly stages: readonly string[];
  readonly results: readonly Result[];
}

/** What a call's agent said of it. */
export interface CallResult {
  readonly at: number;
  readonly code: string;
  readonly stage: string;
  readonly target: boolean;
  readonly agent: string | null;
  readonly source: string;
  readonly note: string | null;
}

/** Results of a campaign's talks, by the newest word on each. */
export interface ResultFigures {
  readonly talks: number;
  /** Talks with a result; nobody said anything of the others. */
  readonly given: number;
  readonly byCode: readonly {
    readonly code: string;
    /** null: the campaign has no such result any more. */
    readonly title: string | null;
    readonly stage: string;
    readonly target: boolean;
    readonly talks: number;
  }[];
  /** How many talks came so far, or further; the first stage first. */
  readonly reached: readonly { readonly stage: string; readonly talks: number }[];
  readonly targets: number;
  /** Targets ÷ talks; null without talks. */
  readonly perTalk: number | null;
  /** Leads called at all, and those of them with a target. */
  readonly leadsTried: number;
  readonly targetLeads: number;
  /** Leads with a target ÷ leads called; null when none was. */
  readonly perLead: number | null;
}

/** Nulls when there is nothing to measure. */
export interface Durations {
  readonly count: number;
  readonly total: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** What a verification of the ledger found, over which files. */
export type LedgerVerification = TimedProof & { readonly files: LedgerFiles };

/** One person's whole story; rows are as their tables have them. */
export type PersonStory = Story & { readonly phone: string; readonly at: number };
