import { agentTable, type AgentEvent, type AgentState } from '../core/agent.ts';
import { step } from '../core/machine.ts';
import type { PacingEvent } from '../core/pacing/contract.ts';
import { drawMs } from './model-duration.ts';
import { streamOf } from './model.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { columnOf, type ShiftMinutes } from './shift-figures.ts';
import type { ShiftQueue } from './shift-queue.ts';

/** What the crew and the calls of a shift have in common. */
export interface World {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly startAt: number;
  readonly queue: ShiftQueue;
  readonly minutes: ShiftMinutes;
  now: number;
  /** The column of `minutes` that time goes to. */
  minute: number;
  /** Every campaign of the crew hears everything. */
  readonly tellAll: (event: PacingEvent) => void;
}

/** An agent of the shift. */
export interface Agent {
  readonly id: string;
  readonly number: number;
  readonly luck: Random;
  state: AgentState;
  since: number;
  accruedAt: number;
  /** With a machine, while it talks. */
  withMachine: boolean;
  /** Of the timers set for it; an older timer means nothing. */
  version: number;
  /** The end of its shift has come. */
  done: boolean;
}

/** What becomes due for agents. */
export const LOGIN = 0;
export const LOGOUT = 1;
export const PAUSE = 2;
export const PAUSE_END = 3;
export const WRAP_UP_END = 4;
/** The first kind that is not the crew's own. */
export const CREW_KINDS = 5;

const AGENTS = 2;

/** The agents of a shift and how they move. */
export interface ShiftCrew {
  readonly agents: readonly Agent[];
  /** Those not offline. */
  readonly present: readonly Agent[];
  move(agent: Agent, event: AgentEvent): void;
  /** The agent's call is over: on to wrap-up, pause or home. */
  callEnded(agent: Agent, call: string, wrapUpMs: number): void;
  longestFree(): Agent | null;
  handle(kind: number, agent: Agent, version: number): void;
  /** Books everyone's time up to now. */
  accrueAll(): void;
}

/** The crew of a scenario, all offline, its comings and goings in the queue; `onFree` hears who can take a call. */
export function createShiftCrew(world: World, onFree: (agent: Agent) => void): ShiftCrew {
  const { scenario, queue, minutes, tellAll } = world;
  const agents: Agent[] = [];
  const present: Agent[] = [];

  function accrue(agent: Agent): void {
    const column = columnOf(agent.state, agent.withMachine);
    if (column !== null) {
      const cells = minutes[column];
      cells[world.minute] = (cells[world.minute] as number) + (world.now - agent.accruedAt) / 1000;
    }
    agent.accruedAt = world.now;
  }

  function move(agent: Agent, event: AgentEvent): void {
    const moved = step(agentTable, agent.state, event);
    if (!moved.ok) throw new Error(`agent ${agent.id}: no ${event} in ${agent.state}`);
    accrue(agent);
    if (agent.state === 'offline') present.push(agent);
    agent.state = moved.to;
    agent.since = world.now;
    if (moved.to === 'offline') present.splice(present.indexOf(agent), 1);
  }

  /** A move no other event tells of. */
  function moveAndTell(agent: Agent, event: AgentEvent): void {
    move(agent, event);
    tellAll({ at: world.now, type: 'agent', agent: agent.id, state: agent.state });
  }

  function longestFree(): Agent | null {
    let best: Agent | null = null;
    for (const agent of present) {
      if (agent.state === 'available' && (best === null || agent.since < best.since)) best = agent;
    }
    return best;
  }

  function login(agent: Agent): void {
    move(agent, 'login');
    move(agent, 'leg-up');
    moveAndTell(agent, 'ready');
    setNextPause(agent);
    onFree(agent);
  }

  function logout(agent: Agent): void {
    agent.done = true;
    if (agent.state === 'offline') return;
    agent.version += agent.state === 'talking' || agent.state === 'finishing' ? 0 : 1;
    move(agent, 'logout');
    if (agent.state === 'leaving')
      tellAll({ at: world.now, type: 'agent-request', agent: agent.id, request: 'logout' });
    else tellAll({ at: world.now, type: 'agent', agent: agent.id, state: agent.state });
  }

  function setNextPause(agent: Agent): void {
    if (scenario.pauses === null || scenario.pauses.perHour === 0) return;
    const gapMs = (-Math.log(1 - agent.luck()) * 3_600_000) / scenario.pauses.perHour;
    queue.push(world.now + Math.round(gapMs), PAUSE, agent.number, 0);
  }

  function pause(agent: Agent): void {
    if (agent.done) return;
    move(agent, 'pause');
    if (agent.state === 'finishing') {
      tellAll({ at: world.now, type: 'agent-request', agent: agent.id, request: 'pause' });
      return;
    }
    agent.version += 1;
    tellAll({ at: world.now, type: 'agent', agent: agent.id, state: agent.state });
    pauseBegins(agent);
  }

  function pauseBegins(agent: Agent): void {
    if (scenario.pauses !== null) {
      queue.push(world.now + drawMs(agent.luck, scenario.pauses.length), PAUSE_END, agent.number, agent.version);
    }
  }

  function pauseEnded(agent: Agent): void {
    moveAndTell(agent, 'ready');
    setNextPause(agent);
    onFree(agent);
  }

  function callEnded(agent: Agent, call: string, wrapUpMs: number): void {
    const { state } = agent;
    move(agent, 'call-ended');
    agent.withMachine = false;
    agent.version += 1;
    tellAll({ at: world.now, type: 'talk-ended', call, agent: agent.id });
    if (agent.state === 'wrap-up') queue.push(world.now + wrapUpMs, WRAP_UP_END, agent.number, agent.version);
    else tellAll({ at: world.now, type: 'agent', agent: agent.id, state: agent.state });
    if (state === 'finishing') pauseBegins(agent);
  }

  function handle(kind: number, agent: Agent, version: number): void {
    if (kind === LOGIN) return login(agent);
    if (kind === LOGOUT) return logout(agent);
    if (kind === PAUSE) return pause(agent);
    if (version !== agent.version) return;
    if (kind === PAUSE_END) return pauseEnded(agent);
    move(agent, 'wrapped-up');
    tellAll({ at: world.now, type: 'wrap-up-ended', agent: agent.id });
    onFree(agent);
  }

  for (const crew of scenario.crews) {
    for (let member = 0; member < crew.count; member += 1) {
      const number = agents.length;
      agents.push({
        id: `a${number}`,
        number,
        luck: streamOf(world.seed, AGENTS, number),
        state: 'offline',
        since: world.startAt,
        accruedAt: world.startAt,
        withMachine: false,
        version: 0,
        done: false,
      });
      const spreadMs = Math.round((1000 * crew.spreadS * member) / crew.count);
      queue.push(world.startAt + 1000 * crew.fromS + spreadMs, LOGIN, number, 0);
      if (crew.untilS !== null) queue.push(world.startAt + 1000 * crew.untilS + spreadMs, LOGOUT, number, 0);
    }
  }
  return { agents, present, move, callEnded, longestFree, handle, accrueAll: () => present.forEach(accrue) };
}
