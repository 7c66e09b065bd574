import { moveAgent } from '../../dialer/agents.ts';
import { freeReserved } from '../../dialer/attempt-run.ts';
import type { AgentRun } from '../../dialer/floor.ts';
import type { AgentId } from '../../dialer/pbx.ts';
import { ObzvonError } from '../../errors.ts';
import type { Handlers } from '../server.ts';
import type { Daemon } from './daemon.ts';

/** Agent commands. */
export function agentHandlers(daemon: Daemon) {
  const { floor } = daemon.engine;

  function agentNamed(id: string): AgentRun {
    const agent = floor.agents.get(id as AgentId);
    if (agent === undefined) throw new ObzvonError('NOT_FOUND', `there is no agent “${id}” in the config`);
    return agent;
  }

  function move(agent: AgentRun, event: 'login' | 'ready' | 'pause' | 'logout') {
    if (event === 'pause' || event === 'logout') freeReserved(floor, agent);
    if (!moveAgent(floor, agent, event)) {
      throw new ObzvonError('MOVE_REFUSED', `agent ${agent.id} is ${agent.state}: ${event} is not possible now`);
    }
    return { id: agent.id, state: agent.state };
  }

  return {
    'agent.list': () => {
      const today = new Map(
        daemon.store.reports.agentsSince(localMidnight(daemon.clock.now())).map((row) => [row.agent, row]),
      );
      return {
        agents: [...floor.agents.values()].map((agent) => ({
          id: agent.id,
          name: agent.name,
          endpoint: agent.endpoint,
          state: agent.state,
          since: agent.since,
          attempt: agent.attempt?.id ?? agent.caller?.id ?? null,
          callsToday: today.get(agent.id)?.calls ?? 0,
          talkTodayMs: today.get(agent.id)?.talkMs ?? 0,
        })),
      };
    },
    'agent.login': ({ id, ready }) => {
      const agent = agentNamed(id);
      const moved = move(agent, 'login');
      agent.onUp = ready ? 'available' : 'paused';
      return moved;
    },
    'agent.ready': ({ id }) => move(agentNamed(id), 'ready'),
    'agent.pause': ({ id }) => move(agentNamed(id), 'pause'),
    'agent.logout': ({ id }) => {
      const agent = agentNamed(id);
      agent.callAgainUntil = 0;
      agent.dropped = null;
      return move(agent, 'logout');
    },
  } satisfies Handlers;
}

function localMidnight(now: number): number {
  return new Date(now).setHours(0, 0, 0, 0);
}
