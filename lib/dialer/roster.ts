import { moveAgent } from './agents.ts';
import { freeReserved } from './attempt-run.ts';
import type { AgentRun, Floor, Trunk } from './floor.ts';
import type { AgentId } from './pbx.ts';

/** What config gives the engine; handed in again on reload. */
export interface EngineSettings {
  readonly trunks: Readonly<Record<string, { readonly channels: number; readonly originatesPerSecond: number }>>;
  readonly agents: Readonly<Record<string, { readonly name: string; readonly endpoint: string }>>;
}

/** Takes trunks and agents from config; agents gone from it leave after their call. */
export function configure(floor: Floor, settings: EngineSettings): void {
  const { clock } = floor;
  for (const [name, { channels, originatesPerSecond }] of Object.entries(settings.trunks)) {
    const known = floor.trunks.get(name);
    const fresh: Trunk = { name, channels, originatesPerSecond, up: true, tokens: 1, refilledAt: clock.now() };
    floor.trunks.set(name, Object.assign(known ?? fresh, { channels, originatesPerSecond }));
  }
  for (const name of floor.trunks.keys()) if (!(name in settings.trunks)) floor.trunks.delete(name);
  for (const [id, { name, endpoint }] of Object.entries(settings.agents)) {
    const known = floor.agents.get(id as AgentId);
    if (known === undefined) floor.agents.set(id as AgentId, newAgent(id as AgentId, name, endpoint, clock.now()));
    else Object.assign(known, { name, endpoint });
  }
  for (const agent of [...floor.agents.values()]) {
    if (agent.id in settings.agents) continue;
    freeReserved(floor, agent);
    if (agent.state !== 'offline') moveAgent(floor, agent, 'logout');
    if (agent.attempt === null && agent.caller === null) floor.agents.delete(agent.id);
  }
}

function newAgent(id: AgentId, name: string, endpoint: string, now: number): AgentRun {
  return {
    id,
    name,
    endpoint,
    state: 'offline',
    since: now,
    attempt: null,
    caller: null,
    lastCall: null,
    entry: { typed: '', timer: null },
    onUp: 'paused',
    callAgainUntil: 0,
    wrapUpMs: 0,
    timer: null,
  };
}
