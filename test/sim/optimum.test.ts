import t, { type Test } from 'tap';
import { buildChain, longRun, tabulate, type MarkovFloor } from '../../lib/sim/optimum/chain.ts';
import { markovScenario, MARKOV_FLOORS, policyPacer } from '../../lib/sim/optimum/floor.ts';
import { optimum } from '../../lib/sim/optimum/optimum.ts';
import { ratioPeer } from '../../lib/sim/peers/ratio.ts';
import { simulateShift } from '../../lib/sim/shift.ts';
import type { Pacer } from '../../lib/core/pacing/contract.ts';

const oneStage = (agents: number): MarkovFloor => ({
  agents,
  answerRate: 0.35,
  ringMs: 10_000,
  talkMs: 70_000,
  wrapUpMs: 0,
});

void t.test(
  'one call per free agent abandons nobody: talk ÷ (talk + wrap-up + ring ÷ answer rate), whatever the crew',
  async (t) => {
    for (const { name, floor } of MARKOV_FLOORS) {
      const chain = buildChain(floor, floor.agents);
      const run = longRun(
        chain,
        tabulate(chain, (talking, wrappingUp) => floor.agents - talking - wrappingUp),
      );
      const cycleMs = floor.talkMs + floor.wrapUpMs + floor.ringMs / floor.answerRate;
      t.equal(run.abandonRate, 0, name);
      near(t, run.talkShare, floor.talkMs / cycleMs, 1e-7, name);
    }
  },
);

void t.test(
  'always six calls ringing, one agent: answers are a Poisson stream, and Erlang B of them is lost',
  async (t) => {
    const floor = oneStage(1);
    const chain = buildChain(floor, 6);
    const run = longRun(
      chain,
      tabulate(chain, () => 6),
    );
    const answersPerTalk = (6 * floor.answerRate * floor.talkMs) / floor.ringMs;
    near(t, run.abandonRate, answersPerTalk / (1 + answersPerTalk), 1e-7, 'loss');
  },
);

void t.test(
  'published optima of the one-stage floor: 82.5 % at 2.94 % with 10 agents, and the ring-up-to levels',
  async (t) => {
    near(t, optimum(oneStage(10), 0.0294).talkShare, 0.825, 0.0005, 'talk share');
    const rows: readonly (readonly [number, readonly number[]])[] = [
      [10, [0, 1, 3, 6, 8]],
      [20, [0, 1, 4, 7, 11]],
    ];
    for (const [agents, row] of rows) {
      const { within } = optimum(oneStage(agents), 0.03);
      t.strictSame(
        row.map((_, idle) => within.ringUpTo(agents - idle, 0, 0)),
        row,
        `${agents} agents`,
      );
    }
    near(t, optimum(oneStage(3), 0.03).priceMs, 119_000, 500, 'one abandonment is worth 119 s of talk with 3 agents');
  },
);

void t.test('the optimum holds the target exactly, between a policy within it and one over it', async (t) => {
  for (const { name, floor } of MARKOV_FLOORS) {
    const { talkShare, within, over } = optimum(floor, 0.02);
    t.ok(within.longRun.abandonRate <= 0.02 && over.longRun.abandonRate > 0.02, name);
    t.ok(within.longRun.talkShare <= talkShare && talkShare <= over.longRun.talkShare, name);
  }
});

void t.test('a looser target never talks less, and its abandonments are cheaper', async (t) => {
  const { floor } = MARKOV_FLOORS[1] as (typeof MARKOV_FLOORS)[number];
  const optima = [0.005, 0.01, 0.02, 0.03, 0.05].map((target) => optimum(floor, target));
  for (const [at, one] of optima.entries()) {
    const before = optima[at - 1];
    if (before === undefined) continue;
    t.ok(one.talkShare > before.talkShare, `talk at ${one.target}`);
    t.ok(one.priceMs <= before.priceMs, `price at ${one.target}`);
  }
});

void t.test('no ring-up-to policy of the floor beats the optimum at its own abandonment', async (t) => {
  const { floor } = MARKOV_FLOORS[1] as (typeof MARKOV_FLOORS)[number];
  const chain = buildChain(floor, 30);
  for (const ratio of [1.5, 2, 2.5, 3]) {
    const run = longRun(
      chain,
      tabulate(chain, (talking, wrappingUp) => Math.floor(ratio * (floor.agents - talking - wrappingUp))),
    );
    t.ok(run.talkShare < optimum(floor, run.abandonRate).talkShare, `ratio ${ratio}, ${run.abandonRate} abandoned`);
  }
});

void t.test('a target outside 0 and 1 is refused by name', async (t) => {
  t.throws(() => optimum(oneStage(3), 0), /target is 0/);
  t.throws(() => optimum(oneStage(3), 1), /target is 1/);
});

void t.test('the simulator brings what the chain says: the optimal policy, within its sampling error', async (t) => {
  for (const { name, floor } of MARKOV_FLOORS) {
    const { within } = optimum(floor, 0.03);
    agree(t, name, floor, () => policyPacer(within.ringUpTo), within.longRun);
  }
});

void t.test('the simulator brings what the chain says: fixed ratio 2, within its sampling error', async (t) => {
  const { name, floor } = MARKOV_FLOORS[1] as (typeof MARKOV_FLOORS)[number];
  const chain = buildChain(floor, 12);
  const upTo = tabulate(chain, (talking, wrappingUp) => 2 * (floor.agents - talking - wrappingUp));
  agree(t, name, floor, () => ratioPeer(2), longRun(chain, upTo));
});

/** Mean of the seeds within 3.5 standard errors of the exact value: talk and abandonment. */
function agree(
  t: Test,
  name: string,
  floor: MarkovFloor,
  pacer: () => Pacer,
  exact: { readonly talkShare: number; readonly abandonRate: number },
): void {
  const scenario = markovScenario(floor);
  const shifts = Array.from({ length: 12 }, (_, seed) => simulateShift({ scenario, pacer, seed: 300 + seed }));
  const check = (what: string, found: number[], expected: number): void => {
    const mean = found.reduce((sum, one) => sum + one, 0) / found.length;
    const variance = found.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (found.length - 1);
    near(t, mean, expected, 3.5 * Math.sqrt(variance / found.length), `${name}: ${what}`);
  };
  check(
    'talk',
    shifts.map((shift) => shift.talkUtilisation),
    exact.talkShare,
  );
  check(
    'abandoned',
    shifts.map((shift) => shift.abandonment),
    exact.abandonRate,
  );
}

function near(t: Test, found: number, expected: number, most: number, what: string): void {
  t.ok(
    Math.abs(found - expected) <= most,
    `${what}: ${found.toFixed(5)} against ${expected.toFixed(5)} ± ${most.toFixed(5)}`,
  );
}
