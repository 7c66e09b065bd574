import type { CampaignSpec } from '../campaign-file.ts';
import type { AgentState } from '../core/agent.ts';
import type { AttemptState } from '../core/attempt.ts';
import type { CampaignState, DialMode, Purpose } from '../core/campaign.ts';
import type { ConsentKind } from '../core/facts.ts';
import type { LeadState } from '../core/lead.ts';
import type { Disposition } from '../core/outcome.ts';
import type { PacingLimit } from '../core/pacing/contract.ts';
import type { PacingMethod } from '../core/pacing/settings.ts';
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
  /** When the next waiting lead is due; null when none waits. */
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
  /** Done, spent or opted out. */
  readonly final: number;
  readonly refused: readonly RefusalCount[];
  /** When those who only have to wait come due, by hours (epoch ms of the hour's begin). */
  readonly due: readonly { readonly hour: number; readonly leads: number }[];
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
  }[];
  readonly agents: Readonly<Partial<Record<AgentState, number>>>;
  readonly calls: Readonly<Partial<Record<AttemptState, number>>>;
  readonly campaigns: readonly CampaignSummary[];
  /** Caller numbers that call an operator no more, until a person resumes them. */
  readonly suspendedLines: readonly LineBlock[];
  readonly database: { readonly path: string; readonly bytes: number };
}

/** A row of a register: besides these its columns, under their names in camelCase. */
export interface RegisterRow {
  readonly id: number;
  readonly phone: string;
  readonly createdAt: number;
  /** No later row corrects or ends it. */
  readonly standing: boolean;
  readonly [column: string]: unknown;
}

/** An external do-not-call list as it was loaded. */
export interface DncList {
  readonly id: number;
  readonly registry: string;
  /** As of when its keeper issued it. */
  readonly takenAt: number;
  readonly ageDays: number;
  readonly importedAt: number;
  readonly state: 'loading' | 'active' | 'replaced';
  readonly numbers: number;
  readonly sha256: string | null;
}

export interface Consent {
  readonly id: number;
  readonly kinds: readonly ConsentKind[];
  readonly purposes: readonly Purpose[];
  readonly entities: readonly string[];
  readonly givenAt: number;
  readonly expiresAt: number | null;
  readonly withdrawnAt: number | null;
  readonly verifiedBy: string | null;
  readonly evidence: string | null;
  readonly source: string;
}

export interface OptOut {
  readonly at: number;
  readonly scope: 'global' | 'entity' | 'purpose';
  /** ИНН; null: any. */
  readonly entity: string | null;
  readonly purpose: Purpose | null;
  readonly source: string;
  readonly attempt: string | null;
  readonly note: string | null;
}

/** МАВ registration of a caller number. */
export interface Line {
  readonly id: number;
  readonly phone: string;
  /** Called operator, `*` for all. */
  readonly operator: string;
  readonly entity: string;
  readonly purposes: readonly Purpose[];
  readonly label: string;
  readonly category: string;
  readonly contract: string | null;
  readonly validFrom: number;
  readonly validTo: number | null;
  readonly status: 'active' | 'suspended' | 'revoked';
  /** When its state was last checked with the operator. */
  readonly verifiedAt: number | null;
}

/** A caller number that calls an operator no more: he blocked too many of its calls. */
export interface LineBlock {
  readonly phone: string;
  /** ИНН, or name, as in the register of numbering ranges; `?`: unknown. */
  readonly operator: string;
  readonly since: number;
  /** Blocked calls of the last `calls`. */
  readonly blocked: number;
  readonly calls: number;
}

/** A register of numbering ranges. */
export interface RangeRegister {
  readonly id: number;
  readonly importedAt: number;
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly ranges: number }[];
  readonly ranges: number;
  readonly codes: number;
}

/** A register that was put in force. */
export interface RangeImport extends RangeRegister {
  readonly operators: number;
  readonly places: number;
  /** Places no region answers to: their ranges count as anywhere in the country. */
  readonly unknownPlaces: readonly { readonly place: string; readonly ranges: number }[];
}

/** What the register of numbering ranges says of a phone. */
export interface NumberRange {
  readonly phone: string;
  /** `mobile`, `geographic` and the like, and the country or territory whose law applies. */
  readonly kind: string;
  readonly jurisdiction: string;
  /** The range it lies in; `unallocated`: its code is in the register and no range holds it; null: nothing is known. */
  readonly range:
    | {
        readonly from: string;
        readonly to: string;
        readonly operator: { readonly name: string; readonly inn: string };
        /** As the register says it. */
        readonly place: string;
        /** By their names in the zone table; empty: the whole country. */
        readonly regions: readonly string[];
        /** Zones the number may be in. */
        readonly zones: readonly string[];
      }
    | 'unallocated'
    | null;
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

export interface CallDetails extends Call {
  readonly sipCallId: string | null;
  /** Who told of the end. */
  readonly witness: string | null;
  readonly lead: { readonly id: number; readonly name: string | null; readonly list: string; readonly row: number };
  readonly verdict: Verdict;
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
  }[];
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

/** What a verification of the ledger found, over which files. */
export type LedgerVerification = TimedProof & { readonly files: LedgerFiles };

/** One person's whole story; rows are as their tables have them. */
export type PersonStory = Story & { readonly phone: string; readonly at: number };
