import type { Config } from '../../lib/config.ts';
import { createActions, type RunObzvon } from '../../lib/control/actions.ts';
import { createHandlers } from '../../lib/control/handlers/all.ts';
import type { Daemon } from '../../lib/control/handlers/daemon.ts';
import type { CommandName, Commands } from '../../lib/control/commands.ts';
import type { CallContext } from '../../lib/control/server.ts';
import type { AgentEvent } from '../../lib/core/agent.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import type { AgentRun } from '../../lib/dialer/floor.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import type { Role } from '../../lib/roles.ts';
import { formatProblem } from '../../lib/problems.ts';
import { createScheduler } from '../../lib/schedule/scheduler.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock, type VirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx, type SimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { validated } from '../../lib/validate.ts';
import { openAllHours, ruDefault } from './policy.ts';
import { buildRig, memoryLog, NOON, phoneOf, type Rig } from './rig.ts';

/** A daemon without process or socket: the real handlers over a dialer on the simulated PBX and a virtual clock. */
export interface Desk {
  readonly clock: VirtualClock;
  readonly pbx: SimulatedPbx;
  readonly rig: Rig;
  /** One command, its arguments checked as the control socket does; virtual time goes on until it is answered. */
  readonly ask: <C extends CommandName>(
    command: C,
    args: Commands[C]['args'],
    role?: Role,
  ) => Promise<Commands[C]['result']>;
  /** Takes an agent through these events of its table, with no time in between. */
  readonly lead: (agent: string, events: readonly AgentEvent[]) => AgentRun;
}

const ANSWER_LIMIT_MS = 60_000;

/** Starts one, reconciled; its store has the campaign `test` and the caller number's registration. */
export async function desk(
  plans: Readonly<Record<string, CalleePlan>> = {},
  options: Partial<Parameters<typeof buildRig>[0]> = {},
  obzvon: RunObzvon = () => Promise.reject(new Error('this desk starts no processes')),
  /** Where schedules may write. */
  reports = import.meta.dirname,
): Promise<Desk> {
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(1),
    callees: (phone) => plans[phone.slice(-4)] ?? { kind: 'answer', ringMs: 1_000, talkMs: 5_000 },
  });
  const rig = buildRig({ clock, pbx, ...options });
  const { engine, store } = rig;
  const policies: ReadonlyMap<string, Policy> = new Map(
    [ruDefault, { ...openAllHours, id: 'open' }].map((p) => [p.id, p]),
  );
  const { log } = memoryLog();
  const schedules = createScheduler({ clock, store, log, run: (action, context) => act(action, context) });
  const daemon: Daemon = {
    clock,
    log,
    store,
    engine,
    schedules,
    version: 'test',
    startedAt: NOON,
    config: () => ({ pbx: { kind: 'simulated' }, zone: 'Europe/Moscow', reports }) as Config,
    policies: () => policies,
    reload: () => ({ changed: [], needRestart: [] }),
  };
  const handlers = createHandlers(daemon);
  const act = createActions(daemon, handlers, obzvon);
  await engine.start();
  schedules.start();
  await clock.advance(1_000);
  const context: CallContext = {
    by: { role: 'ops', claims: 'tester' },
    progress: () => undefined,
    signal: new AbortController().signal,
  };

  return {
    clock,
    pbx,
    rig,
    async ask(command, args, role = 'ops') {
      const checked = validated(`control#/$defs/${command}`, args);
      if (!checked.ok) throw new Error(`${command}: ${checked.problems.map(formatProblem).join('; ')}`);
      const handler = handlers[command] as (args: unknown, context: CallContext) => unknown;
      let settled = false;
      const answer = (async () => handler(checked.value, { ...context, by: { role, claims: 'tester' } }))().finally(
        () => (settled = true),
      );
      answer.catch(() => undefined);
      await clock.until(() => settled, ANSWER_LIMIT_MS);
      return (await answer) as never;
    },
    lead(id, events) {
      const agent = engine.floor.agents.get(id as AgentId);
      if (agent === undefined) throw new Error(`no agent ${id}`);
      for (const event of events) {
        if (!moveAgent(engine.floor, agent, event)) throw new Error(`agent ${id} is ${agent.state}: no ${event}`);
      }
      return agent;
    },
  };
}

/** A number of the tests' own range, by its last four digits. */
export const number = (tail: string) => phoneOf(`+7916000${tail}`);
