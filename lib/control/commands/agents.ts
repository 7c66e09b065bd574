import type { AgentState } from '../../core/agent.ts';
import type { None, Told } from './shape.ts';

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

type AgentMove = { args: { readonly id: string }; result: { readonly id: string; readonly state: AgentState } };

/** Agents at their phones. */
export interface AgentCommands {
  'agent.list': { args: None; result: { readonly agents: readonly Agent[] } };
  'agent.login': {
    /** `ready`: available as soon as the leg is up; otherwise paused. */
    args: { readonly id: string; readonly ready: boolean };
    result: AgentMove['result'];
  };
  'agent.ready': AgentMove;
  'agent.pause': AgentMove;
  'agent.logout': AgentMove;
}

/** Each of `AgentCommands`. */
export const AGENT_COMMANDS: Told<AgentCommands> = {
  'agent.list': { may: 'read', changes: 'nothing', doc: 'agents and what they do now' },
  'agent.login': { may: 'lead', changes: 'at once', doc: "call the agent's phone" },
  'agent.ready': { may: 'lead', changes: 'at once', doc: 'the agent takes calls' },
  'agent.pause': { may: 'lead', changes: 'at once', doc: 'the agent takes no calls' },
  'agent.logout': { may: 'lead', changes: 'at once', doc: "end the agent's leg, after the talk if there is one" },
};
