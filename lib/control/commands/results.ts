import type { LeadState } from '../../core/lead.ts';
import type { Result, ResultStep } from '../../core/result.ts';
import type { Named, Told } from './shape.ts';

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

type GivenResult = { readonly code: string; readonly note?: string; readonly at?: string; readonly source?: string };

/** What agents say of their talks. */
export interface ResultCommands {
  'agent.result': {
    /** `at`: when to call back, the callee's own time (`2026-11-25T14:05`) or with a zone; `source`: socket when absent. */
    args: { readonly id: string } & GivenResult;
    result: RecordedResult;
  };
  'call.result': {
    /** `id` of the attempt; said before, it is corrected. */
    args: { readonly id: string } & GivenResult;
    result: RecordedResult;
  };
  'result.tree': { args: Named; result: ResultTree };
}

/** Each of `ResultCommands`. */
export const RESULT_COMMANDS: Told<ResultCommands> = {
  'agent.result': {
    may: 'lead',
    changes: 'at once',
    doc: 'record the result of the talk an agent has, or has just had',
  },
  'call.result': {
    may: 'lead or qa',
    changes: 'at once',
    doc: 'record or correct the result of a talk; the newest counts',
  },
  'result.tree': {
    may: 'read',
    changes: 'nothing',
    doc: 'the results of a campaign and the digits agents give them by',
  },
};
