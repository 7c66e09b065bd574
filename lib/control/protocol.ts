import type { CampaignHistory } from '../campaign-history.ts';
import type { AgentState } from '../core/agent.ts';
import type { AttemptState } from '../core/attempt.ts';
import type { CampaignState, Purpose } from '../core/campaign.ts';
import type { ConsentKind } from '../core/facts.ts';
import type { ScheduleSpec } from '../core/schedule.ts';
import type { ErrorCode, ExitCode } from '../errors.ts';
import type { CleanedFile, ErasureAct } from '../store/erasures.ts';
import type { WrittenKind } from '../store/written-files.ts';
import type {
  Agent,
  Call,
  Callback,
  CallDetails,
  CampaignDetails,
  CampaignPlan,
  CampaignReport,
  CampaignSummary,
  Duplicates,
  Explanation,
  LedgerVerification,
  PacingDetails,
  PacingSession,
  PersonStory,
  Preflight,
  RedialForesight,
  RedialPass,
  RedialReport,
  RedialRun,
  RecordedResult,
  ResultTree,
  SegmentList,
  SegmentSummary,
  Status,
} from './results.ts';
import type { ScheduleDetails, ScheduleNow, ScheduleRun } from './schedule-results.ts';
import type {
  Consent,
  DncList,
  Line,
  LineBlock,
  NumberRange,
  OptOut,
  RangeImport,
  RangeRegister,
  RegisterRow,
} from './register-results.ts';

/*
 * The control socket speaks newline-delimited JSON. A request is answered by any number of progress lines, then by one
 * reply. Requests on one connection run side by side; their ids tell the replies apart.
 */

export interface Request {
  readonly id: number;
  readonly command: string;
  readonly args?: unknown;
}

export type Reply =
  | { readonly id: number | null; readonly progress: unknown }
  | { readonly id: number | null; readonly ok: true; readonly result: unknown }
  | { readonly id: number | null; readonly ok: false; readonly error: WireError };

/** An ObzvonError on its way to the CLI. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitCode;
  readonly details: readonly string[];
}

/** Longest line either side accepts; a longer one is answered with an error and ends the connection. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** Registers kept in rows that commands add and follow. */
export const ROW_REGISTERS = ['consent', 'line', 'refusal', 'debtor', 'demand', 'reassignment'] as const;
export type RowRegister = (typeof ROW_REGISTERS)[number];

/** Registers that can be listed: opt-outs and external lists are written by ways of their own. */
export type RegisterName = RowRegister | 'optout' | 'dnc';

export type ImportKind = 'lead' | 'optout' | RowRegister;

/** Values of a row as people write them, by column. */
export type RowTexts = Readonly<Record<string, string>>;

/** A row as the CLI decoded it: known columns under our names, the rest under theirs. All text, trimmed. */
export interface ImportRow {
  /** Row of the sheet, from 1, the header included. */
  readonly row: number;
  readonly values: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  /** What the CLI found wrong with the row's shape: it is only counted. */
  readonly fault?: { readonly code: string; readonly reason: string };
}

export interface RejectedRow {
  readonly row: number;
  readonly code: string;
  readonly reason: string;
  /** The row itself was taken, one of its numbers was not. */
  readonly partly?: true;
}

/** What an import of leads came to besides the counts of its rows. */
export interface Brought {
  /** Of the duplicates: rows that brought the lead they name new numbers. */
  readonly extended: number;
  /** Numbers of rows taken that were not taken themselves. */
  readonly notTaken: number;
  /** Of the duplicates: rows whose person another campaign has that was named with `--unless-in`, by campaign. */
  readonly elsewhere: Readonly<Record<string, number>>;
}

export interface ImportCounts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Of leads. */
  readonly brought?: Brought;
}

/** Where a set of numbers goes. */
export type NumbersInto =
  | {
      readonly kind: 'optout';
      readonly scope: 'global' | 'entity' | 'purpose';
      readonly entity?: string;
      readonly purpose?: Purpose;
      readonly source?: string;
      readonly note?: string;
    }
  | {
      readonly kind: 'dnc';
      readonly registry: string;
      /** As of when its keeper issued it, epoch ms. */
      readonly takenAt: number;
      /** Though it is much smaller than the one in force, or older. */
      readonly force: boolean;
    };

type None = Readonly<Record<string, never>>;
type Named = { readonly name: string };
type CampaignMove = { args: Named; result: { readonly name: string; readonly state: CampaignState } };
type SegmentMove = {
  args: Named & { readonly segment: string };
  /** `changed` is false when it was so before. */
  result: SegmentSummary & { readonly campaign: string; readonly changed: boolean };
};
type OptOutScope = { readonly scope?: OptOut['scope']; readonly entity?: string; readonly purpose?: Purpose };
type GivenResult = { readonly code: string; readonly note?: string; readonly at?: string; readonly source?: string };
type AgentMove = { args: { readonly id: string }; result: { readonly id: string; readonly state: AgentState } };

/** Every command: what it takes and what it answers. */
export interface Commands {
  status: { args: None; result: Status };
  reload: { args: None; result: { readonly changed: readonly string[]; readonly needRestart: readonly string[] } };
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
  'redial.run': {
    /** `for`: local date, today's when absent. */
    args: { readonly campaign: string; readonly for?: string };
    result: RedialRun;
  };
  'redial.plan': {
    /** `for`: today when absent. */
    args: { readonly campaign: string; readonly for?: string };
    result: RedialForesight;
  };
  'redial.report': {
    /** `for`: the last pass when absent. */
    args: { readonly campaign: string; readonly for?: string };
    result: RedialReport;
  };
  'redial.list': {
    args: { readonly campaign: string };
    result: { readonly campaign: string; readonly passes: readonly RedialPass[] };
  };
  'campaign.pause': CampaignMove;
  'campaign.resume': CampaignMove;
  'campaign.stop': CampaignMove;
  'segment.list': { args: Named; result: SegmentList };
  'segment.pause': SegmentMove;
  'segment.resume': SegmentMove;
  'import.begin': {
    /**
     * `campaign` goes with leads; `list` names the source and defaults to the file's name. An import of the same
     * `fingerprint` that was cut short goes on, unless it must begin `again`.
     */
    args: {
      readonly kind: ImportKind;
      readonly list: string;
      readonly campaign?: string;
      /** Of leads: a row whose person one of these campaigns has is a duplicate. */
      readonly unlessIn?: readonly string[];
      readonly fingerprint?: string;
      readonly again?: boolean;
    };
    /** Rows done before; `unwritten` are rejects that may be missing behind the first `rejectsBytes` of their file. */
    result: {
      readonly import: string;
      readonly done: number;
      readonly counts: ImportCounts;
      readonly rejectsBytes: number;
      readonly unwritten: readonly RejectedRow[];
    };
  };
  'import.rows': {
    /** `from`: rows done before these; `rejectsBytes`: of the rejects file, with all rejects told so far. */
    args: {
      readonly import: string;
      readonly from?: number;
      readonly rejectsBytes?: number;
      readonly rows: readonly ImportRow[];
    };
    result: { readonly accepted: number; readonly duplicate: number; readonly rejected: readonly RejectedRow[] };
  };
  'import.end': { args: { readonly import: string }; result: ImportCounts };
  'lead.duplicates': {
    /** At most so many numbers are named for each other campaign. */
    args: { readonly campaign: string; readonly named: number };
    result: Duplicates;
  };
  'register.add': {
    /** `values` has the phone and the columns of the register's descriptor. */
    args: { readonly register: RowRegister; readonly values: RowTexts };
    /** `added` is false when a row that counts says the same. */
    result: { readonly added: boolean; readonly rows: readonly RegisterRow[] };
  };
  'register.amend': {
    /** The row of this id, or the rows of this phone that count and have the columns of `match`. */
    args: {
      readonly register: RowRegister;
      readonly id?: number;
      readonly phone?: string;
      readonly match: RowTexts;
      readonly change: RowTexts;
    };
    /** `changed` rows were written; `rows` are those that count now. */
    result: { readonly changed: number; readonly rows: readonly RegisterRow[] };
  };
  'register.show': {
    args: { readonly register: RegisterName; readonly phone: string };
    result: { readonly phone: string; readonly rows: readonly RegisterRow[] };
  };
  'register.history': {
    args: { readonly register: RegisterName; readonly phone: string };
    result: { readonly phone: string; readonly rows: readonly RegisterRow[] };
  };
  'register.list': {
    /** Rows behind `after`; `whole` brings those that no longer count too; `registry` names a do-not-call list. */
    args: {
      readonly register: RegisterName;
      readonly after: number;
      readonly limit: number;
      readonly whole: boolean;
      readonly registry?: string;
    };
    /** `next` goes on as `after`; null at the end. */
    result: { readonly rows: readonly RegisterRow[]; readonly next: number | null };
  };
  'dnc.lists': { args: None; result: { readonly lists: readonly DncList[] } };
  'consent.withdraw': {
    args: {
      readonly phone: string;
      readonly kinds?: readonly ConsentKind[];
      readonly entities?: readonly string[];
      readonly at?: number;
      readonly source: string;
      readonly note?: string;
    };
    /** `withdrawn` consents changed; `rows` are those that count now. */
    result: { readonly withdrawn: number; readonly rows: readonly RegisterRow[] };
  };
  'numbers.begin': {
    /** `count` of all numbers to come. */
    args: { readonly into: NumbersInto; readonly list: string; readonly count: number; readonly fingerprint: string };
    result: { readonly import: string; readonly done: number; readonly accepted: number; readonly duplicate: number };
  };
  'numbers.add': {
    /** Digits of canonical numbers, ascending, none twice; `from`: numbers done before these. */
    args: { readonly import: string; readonly from: number; readonly numbers: readonly number[] };
    result: { readonly accepted: number; readonly duplicate: number };
  };
  'numbers.end': {
    /** What the CLI counted itself: numbers twice in the file, rows that are no number. */
    args: { readonly import: string; readonly duplicate: number; readonly rejected: number };
    result: ImportCounts;
  };
  'dnc.clear': {
    /** Deletes numbers of replaced lists behind `after`, for about a second; the answer says where to go on. */
    args: { readonly after: number };
    result: { readonly after: number | null };
  };
  'consent.show': {
    args: { readonly phone: string };
    result: { readonly phone: string; readonly consents: readonly Consent[] };
  };
  'optout.add': {
    /** Global when no scope is given; `entity` goes with the scopes entity and purpose, `purpose` with purpose. */
    args: { readonly phone: string; readonly source: string; readonly note?: string } & OptOutScope;
    /** `added` is false when the phone was opted out of this very scope before. */
    result: { readonly phone: string; readonly added: boolean; readonly optOut: OptOut };
  };
  'optout.lift': {
    args: {
      readonly phone: string;
      readonly evidence: string;
      readonly source: string;
      readonly note?: string;
    } & OptOutScope;
    /** `lifted` is false when none of this scope stands; `optOuts` are those that still stand. */
    result: {
      readonly phone: string;
      readonly lifted: boolean;
      readonly released: number;
      readonly optOuts: readonly OptOut[];
    };
  };
  'optout.show': {
    args: { readonly phone: string };
    /** The first that stands, and all of them. */
    result: { readonly phone: string; readonly optOut: OptOut | null; readonly optOuts: readonly OptOut[] };
  };
  'line.add': {
    args: {
      readonly phone: string;
      readonly operator: string;
      readonly entity: string;
      readonly purposes: readonly Purpose[];
      readonly label: string;
      readonly category: string;
      readonly contract?: string;
      readonly validFrom: number;
      readonly validTo?: number;
      readonly status: Line['status'];
    };
    result: Line;
  };
  'line.list': {
    args: None;
    /** `suspended`: caller numbers that call an operator no more, because he blocked too many of their calls. */
    result: { readonly lines: readonly Line[]; readonly suspended: readonly LineBlock[] };
  };
  'line.unblock': {
    args: { readonly phone: string; readonly operator: string; readonly note: string };
    result: { readonly phone: string; readonly operator: string };
  };
  'ranges.begin': {
    args: {
      readonly files: readonly { readonly name: string; readonly sha256: string; readonly ranges: number }[];
      /** All of the register: counted again before it becomes active. */
      readonly ranges: number;
      readonly codes: number;
      /** Take it although it is small. */
      readonly force: boolean;
    };
    result: { readonly register: number };
  };
  'ranges.rows': {
    args: {
      readonly register: number;
      /** New since the last batch; a range names an operator and a place by its number in all that were sent. */
      readonly operators: readonly (readonly [name: string, inn: string])[];
      readonly places: readonly string[];
      /** In the order of the numbers: first number, how many, operator, place, and again. */
      readonly ranges: readonly number[];
    };
    result: { readonly ranges: number };
  };
  'ranges.end': { args: { readonly register: number }; result: RangeImport };
  'ranges.show': { args: { readonly phone: string }; result: NumberRange };
  'ranges.status': {
    args: { readonly history: boolean };
    result: { readonly inForce: RangeRegister | null; readonly past: readonly RangeRegister[] };
  };
  'agent.list': { args: None; result: { readonly agents: readonly Agent[] } };
  'agent.login': {
    /** `ready`: available as soon as the leg is up; otherwise paused. */
    args: { readonly id: string; readonly ready: boolean };
    result: AgentMove['result'];
  };
  'agent.ready': AgentMove;
  'agent.pause': AgentMove;
  'agent.logout': AgentMove;
  'agent.optout': {
    args: { readonly id: string; readonly scope?: OptOut['scope']; readonly note?: string };
    result: Commands['optout.add']['result'] & { readonly attempt: string };
  };
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
  'callback.add': {
    /** `at` as typed, by the callee's clock; absent: as soon as an agent is free. `zone`: where he is, if he said so. */
    args: {
      readonly campaign: string;
      readonly phone: string;
      readonly at?: string;
      readonly zone?: string;
      readonly agent?: string;
      readonly windowMin?: number;
      readonly source: string;
      readonly evidence?: string;
      readonly note?: string;
    };
    /** `newLead`: the number was no lead of the campaign before; `asked`: his request was recorded as a consent. */
    result: { readonly callback: Callback; readonly newLead: boolean; readonly asked: boolean };
  };
  'callback.list': {
    args: { readonly campaign: string; readonly all: boolean; readonly limit: number };
    result: { readonly callbacks: readonly Callback[] };
  };
  'callback.move': {
    args: { readonly id: number; readonly at: string; readonly agent?: string; readonly windowMin?: number };
    result: Callback;
  };
  'callback.cancel': { args: { readonly id: number }; result: Callback };
  'call.list': {
    args: { readonly campaign?: string; readonly state?: AttemptState; readonly limit: number };
    result: { readonly calls: readonly Call[] };
  };
  'call.show': { args: { readonly id: string }; result: CallDetails };
  'pacing.show': { args: Named & { readonly limit: number }; result: PacingDetails };
  'pacing.sessions': { args: Named; result: { readonly name: string; readonly sessions: readonly PacingSession[] } };
  'pacing.part': {
    args: Named & { readonly session: number; readonly part: number };
    /** Lines of the recording; null past the last part. */
    result: { readonly lines: string | null };
  };
  'schedule.add': {
    args: ScheduleSpec;
    /** `created` is false when the very same was there. */
    result: { readonly created: boolean; readonly schedule: ScheduleNow };
  };
  'schedule.list': { args: None; result: { readonly schedules: readonly ScheduleNow[] } };
  'schedule.show': { args: Named & { readonly limit: number }; result: ScheduleDetails };
  'schedule.remove': { args: Named; result: { readonly name: string } };
  /** The last slot that has come when none is named. */
  'schedule.run': { args: Named & { readonly slot?: string }; result: ScheduleRun };
  'report.campaign': { args: Named; result: CampaignReport };
  'gate.explain': {
    /** A text that is no number is explained too. */
    args: { readonly campaign: string; readonly phone: string; readonly at?: number };
    result: Explanation;
  };
  'ledger.verify': { args: None; result: LedgerVerification };
  'ledger.anchor': {
    args: None;
    result: { readonly at: number; readonly id: number; readonly hash: string; readonly path: string };
  };
  'person.story': {
    /** At most so many of the last verdicts; all when absent. */
    args: { readonly phone: string; readonly verdicts?: number };
    result: PersonStory;
  };
  'person.erase': {
    /** `by`: who does it, for the act. */
    args: { readonly phone: string; readonly reason: string; readonly by: string };
    result: ErasureAct;
  };
  'person.files-cleaned': {
    /** What the caller made of the files the act names. */
    args: { readonly phone: string; readonly files: readonly CleanedFile[] };
    result: ErasureAct;
  };
  'file.written': {
    /** `path` is absolute. */
    args: { readonly path: string; readonly kind: WrittenKind };
    result: { readonly path: string; readonly kind: WrittenKind };
  };
}

export type CommandName = keyof Commands;
