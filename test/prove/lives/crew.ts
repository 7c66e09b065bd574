import type { Callees } from '../../../lib/sim/callees.ts';
import { logNormal } from '../../../lib/sim/random.ts';
import { checkInvariants, type Breach } from './invariants.ts';
import { createWorld, phoneOfLead } from './world.ts';

/** What came of a shift of a large crew. */
export interface CrewFound {
  readonly breaches: readonly Breach[];
  readonly placed: number;
  readonly talks: number;
  readonly lives: number;
  readonly virtualMs: number;
  readonly tookMs: number;
  readonly cpuMs: number;
}

const LEADS_EACH = 60;

/** People as they are: some 45 % answer, and those talk about two minutes. */
const people: Callees = (_phone, random) => {
  const lot = random();
  if (lot < 0.15) return { kind: 'refuse', afterMs: 300 + random() * 1_500, rings: false, cause: 17, sipCode: 486 };
  if (lot < 0.22) return { kind: 'refuse', afterMs: 300 + random() * 1_500, rings: false, cause: 1, sipCode: 404 };
  if (lot < 0.55) return { kind: 'ring' };
  const [ringMs, talkMs] = [logNormal(random, 8_000, 0.4), logNormal(random, 110_000, 0.6)];
  return { kind: 'answer', ringMs: Math.min(18_000, ringMs), talkMs: Math.min(600_000, talkMs) };
};

/**
 * A shift of `agents` agents in predictive pacing for so many minutes, with a death, a lost connection and some opt-outs;
 * measured without the making of its base.
 */
export async function runCrew(seed: number, agents: number, minutes: number): Promise<CrewFound> {
  const leads = agents * LEADS_EACH;
  const world = createWorld({
    seed,
    agents,
    leads,
    callees: people,
    spec: { mode: 'predictive', wrapUpS: 10, ringTimeoutS: 20 },
    trunk: { channels: 4 * agents, originatesPerSecond: 50 },
  });
  try {
    const startedMs = performance.now();
    const cpu = process.cpuUsage();
    await world.begin();
    for (let minute = 1; minute <= minutes; minute += 1) {
      await world.pass(60_000);
      world.optOut(phoneOfLead(Math.floor(world.random() * leads)));
      if (minute === Math.floor(minutes / 3)) world.lose(3_000);
      if (minute === Math.floor((2 * minutes) / 3)) await world.kill();
    }
    const tookMs = performance.now() - startedMs;
    const used = process.cpuUsage(cpu);
    await world.end();
    const history = world.history();
    return {
      breaches: checkInvariants(history, world.path, world.terms(false)),
      placed: history.calls.length,
      talks: history.calls.filter(({ bridges }) => bridges.length > 0).length,
      lives: history.lives.length,
      virtualMs: world.clock.monotonic(),
      tookMs,
      cpuMs: (used.user + used.system) / 1_000,
    };
  } finally {
    world.remove();
  }
}
