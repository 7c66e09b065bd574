import { createAnswerBreaker } from '../core/guard/answer-breaker.ts';
import { createTrunkBreaker } from '../core/guard/trunk-breaker.ts';
import { moveAgent } from './agents.ts';
import { freeReserved } from './attempt-run.ts';
import type { AgentRun, Floor, Safety, Trunk } from './floor.ts';
import type { AgentId } from './pbx.ts';

/** The limits of one trunk. */
export interface TrunkSettings {
  readonly channels: number;
  readonly originatesPerSecond: number;
  /** True when not given. */
  readonly answerCheck?: boolean;
}

/** What config gives the engine; handed in again on reload. */
export interface EngineSettings {
  readonly trunks: Readonly<Record<string, TrunkSettings>>;
  readonly agents: Readonly<Record<string, { readonly name: string; readonly endpoint: string }>>;
  /** `USUAL_SAFETY` when not given. */
  readonly safety?: Safety;
}

/** As config has it when nothing is said. */
export const USUAL_SAFETY: Safety = { minFreeMb: 500, ballastMb: 64 };

/** Takes trunks and agents from config; agents gone from it leave after their call. */
export function configure(floor: Floor, settings: EngineSettings): void {
  const { clock } = floor;
  floor.safety = settings.safety ?? USUAL_SAFETY;
  for (const [name, { channels, originatesPerSecond, answerCheck = true }] of Object.entries(settings.trunks)) {
    const limits = { channels, originatesPerSecond, answerCheck };
    const known = floor.trunks.get(name);
    if (known === undefined) floor.trunks.set(name, newTrunk(name, limits, clock.now()));
    else Object.assign(known, limits);
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

function newTrunk(name: string, limits: Required<TrunkSettings>, now: number): Trunk {
  return {
    name,
    ...limits,
    up: true,
    tokens: 1,
    refilledAt: now,
    breaker: createTrunkBreaker(),
    answers: createAnswerBreaker(),
  };
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
    dropped: null,
    wrapUpMs: 0,
    timer: null,
  };
}
