import type { AttemptState } from '../../core/attempt.ts';
import type { LeadState } from '../../core/lead.ts';
import type { Disposition } from '../../core/outcome.ts';
import type { PacingNow } from './pacing.ts';
import type { CallResult } from './results.ts';
import type { Told } from './shape.ts';

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

/** Attempts, and what the gate says of one. */
export interface CallCommands {
  'call.list': {
    args: { readonly campaign?: string; readonly state?: AttemptState; readonly limit: number };
    result: { readonly calls: readonly Call[] };
  };
  'call.show': { args: { readonly id: string }; result: CallDetails };
  'gate.explain': {
    /** A text that is no number is explained too. */
    args: { readonly campaign: string; readonly phone: string; readonly at?: number };
    result: Explanation;
  };
}

/** Each of `CallCommands`. */
export const CALL_COMMANDS: Told<CallCommands> = {
  'call.list': { may: 'read', changes: 'nothing', doc: 'attempts, the newest first' },
  'call.show': { may: 'read', changes: 'nothing', doc: 'one attempt: its verdict, its moves, its outcome' },
  'gate.explain': { may: 'read', changes: 'nothing', doc: 'whether a phone may be called, and why not' },
};
