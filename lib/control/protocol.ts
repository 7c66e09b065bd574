import type { CampaignHistory } from '../campaign-history.ts';
import type { AgentState } from '../core/agent.ts';
import type { AttemptState } from '../core/attempt.ts';
import type { CampaignState, Purpose } from '../core/campaign.ts';
import type { ErrorCode, ExitCode } from '../errors.ts';
import type {
  Agent,
  Call,
  CallDetails,
  CampaignDetails,
  CampaignPlan,
  CampaignReport,
  CampaignSummary,
  Consent,
  Explanation,
  Line,
  OptOut,
  PacingDetails,
  PacingSession,
  Preflight,
  Status,
} from './results.ts';

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

/** Who may send a command: `read` looks, `lead` runs campaigns, `ops` changes what the law or the PBX rests on. */
export type Role = 'read' | 'lead' | 'ops';

export type ImportKind = 'lead' | 'consent' | 'optout';

/** A row as the CLI decoded it: known columns under our names, the rest under theirs. All text, trimmed. */
export interface ImportRow {
  /** Row of the sheet, from 1, the header included. */
  readonly row: number;
  readonly values: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
}

export interface RejectedRow {
  readonly row: number;
  readonly code: string;
  readonly reason: string;
}

export interface ImportCounts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
}

type None = Readonly<Record<string, never>>;
type Named = { readonly name: string };
type CampaignMove = { args: Named; result: { readonly name: string; readonly state: CampaignState } };
type OptOutScope = { readonly scope?: OptOut['scope']; readonly entity?: string; readonly purpose?: Purpose };
type AgentMove = { args: { readonly id: string }; result: { readonly id: string; readonly state: AgentState } };

/** Every command: what it takes and what it answers. */
export interface Commands {
  status: { args: None; result: Status };
  reload: { args: None; result: { readonly changed: readonly string[]; readonly needRestart: readonly string[] } };
  'campaign.apply': {
    args: { readonly text: string; readonly file: string };
    result: { readonly name: string; readonly created: boolean; readonly changed: boolean };
  };
  'campaign.list': { args: None; result: { readonly campaigns: readonly CampaignSummary[] } };
  'campaign.show': { args: Named; result: CampaignDetails };
  'campaign.history': {
    /** At most so many of the latest attempts, none older than so many days. */
    args: { readonly name: string; readonly days: number; readonly attempts: number };
    result: CampaignHistory;
  };
  'campaign.plan': { args: Named & { readonly at?: number }; result: CampaignPlan };
  'campaign.start': { args: Named; result: Preflight };
  'campaign.pause': CampaignMove;
  'campaign.resume': CampaignMove;
  'campaign.stop': CampaignMove;
  'import.begin': {
    /** `campaign` goes with leads; `list` names the source and defaults to the file's name. */
    args: { readonly kind: ImportKind; readonly list: string; readonly campaign?: string };
    result: { readonly import: string };
  };
  'import.rows': {
    args: { readonly import: string; readonly rows: readonly ImportRow[] };
    result: { readonly accepted: number; readonly duplicate: number; readonly rejected: readonly RejectedRow[] };
  };
  'import.end': { args: { readonly import: string }; result: ImportCounts };
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
  'line.list': { args: None; result: { readonly lines: readonly Line[] } };
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
  'report.campaign': { args: Named; result: CampaignReport };
  'gate.explain': {
    /** A text that is no number is explained too. */
    args: { readonly campaign: string; readonly phone: string; readonly at?: number };
    result: Explanation;
  };
}

export type CommandName = keyof Commands;

/** What each command is for and who may send it. Its arguments' schema is `$defs/<name>` of schemas/control.json. */
export const COMMANDS: Readonly<Record<CommandName, { readonly role: Role; readonly doc: string }>> = {
  status: { role: 'read', doc: 'the daemon, the PBX, trunks, agents and campaigns now' },
  reload: { role: 'ops', doc: 'read the config again; a wrong one changes nothing' },
  'campaign.apply': { role: 'lead', doc: 'create or change a campaign from its file' },
  'campaign.list': { role: 'read', doc: 'all campaigns' },
  'campaign.show': { role: 'read', doc: 'one campaign: leads, calls, refusals, pacing' },
  'campaign.history': { role: 'read', doc: 'what its past calls and open leads say, for simulations' },
  'campaign.plan': {
    role: 'read',
    doc: 'who would be called now and who not, over the whole base; nothing is written',
  },
  'campaign.start': { role: 'lead', doc: 'start dialing; says what will be dialed, what will not, and why' },
  'campaign.pause': { role: 'lead', doc: 'no new calls; live ones go on' },
  'campaign.resume': { role: 'lead', doc: 'dial on after a pause or a halt' },
  'campaign.stop': { role: 'lead', doc: 'end the campaign when its live calls are over' },
  'import.begin': { role: 'lead', doc: 'begin to import leads, consents or opt-outs' },
  'import.rows': { role: 'lead', doc: 'one batch of rows; each batch is written or not as a whole' },
  'import.end': { role: 'lead', doc: 'end an import' },
  'consent.show': { role: 'read', doc: 'the consents of a phone' },
  'optout.add': { role: 'lead', doc: 'never call this phone again' },
  'optout.lift': { role: 'ops', doc: 'take an opt-out back, on evidence that the person did' },
  'optout.show': { role: 'read', doc: 'whether a phone is opted out' },
  'line.add': { role: 'ops', doc: 'a caller number and its МАВ registration' },
  'line.list': { role: 'read', doc: 'caller numbers and their registrations' },
  'agent.list': { role: 'read', doc: 'agents and what they do now' },
  'agent.login': { role: 'lead', doc: "call the agent's phone" },
  'agent.ready': { role: 'lead', doc: 'the agent takes calls' },
  'agent.pause': { role: 'lead', doc: 'the agent takes no calls' },
  'agent.optout': { role: 'lead', doc: 'never call the person again with whom the agent talks, or has just talked' },
  'agent.logout': { role: 'lead', doc: "end the agent's leg, after the talk if there is one" },
  'call.list': { role: 'read', doc: 'attempts, the newest first' },
  'call.show': { role: 'read', doc: 'one attempt: its verdict, its moves, its outcome' },
  'pacing.show': { role: 'read', doc: 'how a campaign is paced: its limits, its numbers, its last decisions and why' },
  'pacing.sessions': { role: 'read', doc: 'recorded stretches of pacing, for replay' },
  'pacing.part': { role: 'read', doc: 'a part of a pacing recording' },
  'report.campaign': { role: 'read', doc: 'the report of a campaign' },
  'gate.explain': { role: 'read', doc: 'whether a phone may be called, and why not' },
};

/** Whether this daemon and this CLI share the command. */
export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
