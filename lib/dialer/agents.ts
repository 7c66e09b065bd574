import { agentTable, type AgentEvent, type AgentState } from '../core/agent.ts';
import { messageOf } from '../errors.ts';
import { agentsOf, clearTimer, setTimer, type AgentRun, type CampaignRun, type Floor } from './floor.ts';
import { move } from './move.ts';
import { tellAgent } from './pacing-feed.ts';
import type { AgentId } from './pbx.ts';

/** A phone that lost its PBX needs some seconds to register again. */
const CALL_AGAIN_MS = 3_000;

/** Moves an agent by its table. */
export function moveAgent(floor: Floor, agent: AgentRun, event: AgentEvent): boolean {
  const call = agent.attempt?.id ?? agent.caller?.id ?? '';
  return move<AgentState, AgentEvent>(floor, {
    subject: 'agent',
    id: agent.id,
    table: agentTable,
    state: agent.state,
    event,
    store(to, now) {
      floor.store.agents.put({ ...agent, state: to, since: now });
      agent.state = to;
      agent.since = now;
      clearTimer(agent);
    },
    then(to, from) {
      tellAgent(floor, agent, { from, to, event, call });
      if (agent.state === to) entered[to](floor, agent);
    },
  });
}

/** What each agent state asks for once it is committed. */
const entered: Record<AgentState, (floor: Floor, agent: AgentRun) => void> = {
  offline(floor, agent) {
    forgetTalk(agent);
    if (floor.clock.now() < agent.callAgainUntil) {
      setTimer(floor, agent, CALL_AGAIN_MS, () => moveAgent(floor, agent, 'login'));
    }
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
    agent.callAgainUntil = 0;
    if (agent.onUp === 'paused') return;
    agent.onUp = 'paused';
    moveAgent(floor, agent, 'ready');
  },
  available(floor, agent) {
    forgetTalk(agent);
    floor.wake();
  },
  reserved: () => {},
  talking: () => {},
  finishing: () => {},
  leaving: () => {},
  'wrap-up'(floor, agent) {
    setTimer(floor, agent, agent.wrapUpMs, () => moveAgent(floor, agent, 'wrapped-up'));
  },
};

/** The next talk is another: what was typed of the last one is of no use. */
function forgetTalk(agent: AgentRun): void {
  agent.lastCall = null;
  agent.entry.typed = '';
  clearTimer(agent.entry);
}

/** What the agent wants to be once his phone has its leg again. */
export function askedFor({ state, onUp }: AgentRun): 'paused' | 'available' {
  if (state === 'connecting') return onUp;
  return state === 'paused' || state === 'finishing' || state === 'leaving' ? 'paused' : 'available';
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
