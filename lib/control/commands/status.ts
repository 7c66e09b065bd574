import type { AgentState } from '../../core/agent.ts';
import type { AttemptState } from '../../core/attempt.ts';
import type { CampaignSummary } from './campaigns.ts';
import type { LineBlock } from './lines.ts';
import type { None, Told } from './shape.ts';

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

/** The daemon itself. */
export interface StatusCommands {
  status: { args: None; result: Status };
  reload: { args: None; result: { readonly changed: readonly string[]; readonly needRestart: readonly string[] } };
}

/** Each of `StatusCommands`. */
export const STATUS_COMMANDS: Told<StatusCommands> = {
  status: { role: 'read', doc: 'the daemon, the PBX, trunks, agents and campaigns now' },
  reload: { role: 'ops', doc: 'read the config again; a wrong one changes nothing' },
};
