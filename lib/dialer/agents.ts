import { agentTable, type AgentEvent, type AgentState } from '../core/agent.ts';
import { step } from '../core/machine.ts';
import { messageOf } from '../errors.ts';
import { clearTimer, noteOddity, setTimer, type AgentRun, type CampaignRun, type Floor } from './floor.ts';
import type { AgentId } from './pbx.ts';

/** Moves an agent by its table: store, journal, one log line, then what the new state asks for. */
export function moveAgent(floor: Floor, agent: AgentRun, event: AgentEvent): boolean {
  const move = step<AgentState, AgentEvent>(agentTable, agent.state, event);
  if (!move.ok) {
    noteOddity(floor, 'agent', agent.id, agent.state, event);
    return false;
  }
  floor.act(() => {
    const now = floor.clock.now();
    floor.store.agents.setState(agent.id, move.to, now);
    floor.store.journal.write({ at: now, subject: 'agent', id: agent.id, event, from: move.from, to: move.to });
    agent.state = move.to;
    agent.since = now;
    clearTimer(agent);
    floor.log.info({ agent: agent.id, event, from: move.from, to: move.to }, 'agent moved');
    floor.then(() => {
      if (agent.state === move.to && agent.since === now) entered[move.to](floor, agent);
    });
  });
  return true;
}

/** What each agent state asks for once it is committed. */
const entered: Record<AgentState, (floor: Floor, agent: AgentRun) => void> = {
  offline(floor, agent) {
    floor.pbx.disconnectAgent(agent.id).catch((error: unknown) => {
      floor.log.warn({ agent: agent.id, reason: messageOf(error) }, 'agent leg not ended');
    });
  },
  connecting(floor, agent) {
    floor.pbx.connectAgent(agent.id, agent.endpoint).catch((error: unknown) => {
      floor.log.warn({ agent: agent.id, reason: messageOf(error) }, 'agent phone not reached');
      if (agent.state === 'connecting') moveAgent(floor, agent, 'leg-down');
    });
  },
  paused(floor, agent) {
    if (agent.onUp === 'paused') return;
    agent.onUp = 'paused';
    moveAgent(floor, agent, 'ready');
  },
  available: (floor) => floor.wake(),
  reserved: () => {},
  talking: () => {},
  finishing: () => {},
  leaving: () => {},
  'wrap-up'(floor, agent) {
    setTimer(floor, agent, agent.wrapUpMs, () => moveAgent(floor, agent, 'wrapped-up'));
  },
};

/** The agents a campaign may use. */
export function agentsOf(floor: Floor, campaign: CampaignRun): AgentRun[] {
  const { agents } = campaign.spec;
  if (agents === 'all') return [...floor.agents.values()];
  return agents.flatMap((id) => floor.agents.get(id as AgentId) ?? []);
}

/** The agent of this campaign who has waited longest; undefined when none is free. */
export function longestWaiting(
  floor: Floor,
  campaign: CampaignRun,
  except: ReadonlySet<AgentId>,
): AgentRun | undefined {
  return agentsOf(floor, campaign)
    .filter((agent) => agent.state === 'available' && !except.has(agent.id))
    .sort((a, b) => a.since - b.since)[0];
}
