import type { AgentState } from '../../core/agent.ts';
import type { AttemptState } from '../../core/attempt.ts';
import type { Status } from '../commands/status.ts';
import type { Handlers } from '../server.ts';
import { busyChannels } from '../../dialer/floor.ts';
import { trunkRest } from '../../dialer/trunk-watch.ts';
import { readiness } from '../../dialer/engine.ts';
import { summary } from './campaigns.ts';
import type { Daemon } from './daemon.ts';
import { suspendedLines } from './registers.ts';
import { troubledSchedules } from './schedules.ts';

/** The daemon now. */
export function statusHandlers(daemon: Daemon) {
  return { status: () => status(daemon), reload: () => daemon.reload() } satisfies Handlers;
}

function status(daemon: Daemon): Status {
  const { floor } = daemon.engine;
  const { ok, reasons } = readiness(floor);
  const runs = [...floor.attempts.values()];
  return {
    version: daemon.version,
    state: floor.holds.has('draining') ? 'draining' : 'running',
    pid: process.pid,
    now: daemon.clock.now(),
    startedAt: daemon.startedAt,
    dialing: { ok, reasons },
    pbx: { kind: daemon.config().pbx.kind, ...daemon.engine.pbxHealth() },
    trunks: [...floor.trunks.values()].map((trunk) => ({
      name: trunk.name,
      state: trunk.up ? 'up' : 'down',
      channels: trunk.channels,
      busy: busyChannels(floor, trunk),
      resting: trunkRest(floor, trunk),
    })),
    agents: countBy<AgentState>([...floor.agents.values()].map((agent) => agent.state)),
    calls: countBy<AttemptState>(runs.map((run) => run.state)),
    campaigns: [...floor.campaigns.values()].map((campaign) => summary(daemon, campaign)),
    suspendedLines: suspendedLines(floor),
    troubledSchedules: troubledSchedules(daemon),
    database: { path: daemon.store.path, bytes: daemon.store.bytes() },
  };
}

function countBy<K extends string>(keys: readonly K[]): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
