import type { AgentState } from '../core/agent.ts';
import type { Db } from './open.ts';

export interface AgentRow {
  readonly id: string;
  readonly state: AgentState;
  readonly since: number;
}

/** Agents' states as last committed, for recovery after a crash. Who the agents are is in config. */
export function createAgents(db: Db) {
  const all = db.prepare<[], AgentRow>('SELECT * FROM agents');
  const put = db.prepare<[string, string, number]>(
    'INSERT INTO agents (id, state, since) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state, since = excluded.since',
  );
  return {
    all: () => all.all(),
    setState(id: string, state: AgentState, since: number): void {
      put.run(id, state, since);
    },
  };
}
