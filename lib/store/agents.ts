import type { AgentState } from '../core/agent.ts';
import type { Db } from './open.ts';

export interface AgentRow {
  readonly id: string;
  readonly state: AgentState;
  readonly since: number;
  /** What was asked for once the leg is up. */
  readonly onUp: 'paused' | 'available';
  /** The PBX dropped the leg: until then the phone is called again. */
  readonly callAgainUntil: number;
}

/** Agents' states as last committed, for recovery after a crash. Who the agents are is in config. */
export function createAgents(db: Db) {
  const all = db.prepare<[], AgentRow>(
    'SELECT id, state, since, on_up AS onUp, call_again_until AS callAgainUntil FROM agents',
  );
  const put = db.prepare<[AgentRow]>(
    `INSERT INTO agents (id, state, since, on_up, call_again_until) VALUES (@id, @state, @since, @onUp, @callAgainUntil)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, since = excluded.since, on_up = excluded.on_up,
       call_again_until = excluded.call_again_until`,
  );
  return {
    all: () => all.all(),
    put({ id, state, since, onUp, callAgainUntil }: AgentRow): void {
      put.run({ id, state, since, onUp, callAgainUntil });
    },
  };
}
