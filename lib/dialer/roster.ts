import { isDeepStrictEqual } from 'node:util';
import { createAnswerBreaker } from '../core/guard/answer-breaker.ts';
import { ceilingOf } from '../core/guard/ceilings.ts';
import { USUAL_PREFIXES, type PrefixRules } from '../core/guard/prefixes.ts';
import { createTrunkBreaker } from '../core/guard/trunk-breaker.ts';
import type { Price } from '../core/price.ts';
import { moveAgent } from './agents.ts';
import { freeReserved } from './attempt-run.ts';
import { mendedForAll } from './mended.ts';
import type { AgentRun, Floor, Safety, Trunk } from './floor.ts';
import type { AgentId } from './pbx.ts';

/** The limits of one trunk. */
export interface TrunkSettings {
  readonly channels: number;
  readonly originatesPerSecond: number;
  /** True when not given. */
  readonly answerCheck?: boolean;
  /** In any 24 hours. */
  readonly ceilings?: { readonly attemptsPerDay?: number; readonly spendPerDay?: number };
  readonly price?: Price;
}

/** What config gives the engine; handed in again on reload. */
export interface EngineSettings {
  readonly trunks: Readonly<Record<string, TrunkSettings>>;
  readonly agents: Readonly<Record<string, { readonly name: string; readonly endpoint: string }>>;
  /** `USUAL_SAFETY` when not given. */
  readonly safety?: Safety;
  /** `USUAL_PREFIXES` when not given. */
  readonly dial?: PrefixRules;
}

/** As config has it when nothing is said. */
export const USUAL_SAFETY: Safety = { minFreeMb: 500, ballastMb: 64 };

/** Takes trunks and agents from config; agents gone from it leave after their call. */
export function configure(floor: Floor, settings: EngineSettings): void {
  const { clock } = floor;
  floor.safety = settings.safety ?? USUAL_SAFETY;
  const dial = settings.dial ?? USUAL_PREFIXES;
  if (!isDeepStrictEqual(dial, floor.dial)) {
    floor.dial = dial;
    mendedForAll(floor, 'policy');
  }
  for (const [name, written] of Object.entries(settings.trunks)) {
    const { channels, originatesPerSecond, answerCheck = true, ceilings, price } = written;
    const ceiling = ceilings === undefined ? null : ceilingOf('trunk', name, ceilings, price);
    const limits = { channels, originatesPerSecond, answerCheck, ceiling };
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

function newTrunk(
  name: string,
  limits: Pick<Trunk, 'channels' | 'originatesPerSecond' | 'answerCheck' | 'ceiling'>,
  now: number,
): Trunk {
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
