import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { PacingSnapshot } from '../../lib/core/pacing/contract.ts';
import { createPacer } from '../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING } from '../../lib/core/pacing/settings.ts';
import { DEFAULT_WISHES } from '../../lib/sim/methods.ts';
import { PEERS } from '../../lib/sim/peers/all.ts';
import { runJobs } from '../../lib/sim/pool.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { runJob, type Job, type RunResult } from '../../lib/sim/run.ts';
import { loadScenario, referenceScenario, shippedScenarios, type Scenario } from '../../lib/sim/scenario.ts';
import { simulateShift } from '../../lib/sim/shift.ts';

/*
 * npm run bench:pacing: what predictive pacing reaches in the simulator, from a cold start every day, beside its peers.
 *
 * Talk utilisation is talk with live people ÷ (waiting + talking + wrap-up); abandonment is pooled over all days; a day
 * is 8 h with a seed of its own. The n-th originate of a seed meets the same person whoever dials. First the reference
 * model by pool size, then every shipped scenario, then a target of 1 %, then what decisions and shifts cost.
 *
 * --quick: two days of 4 h and no peers. --seeds 21..28: other days. --no-peers. --json: the figures for machines.
 */
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: true },
    seeds: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
  allowNegative: true,
});

/** Every day is this Monday, 09:00 in Moscow. */
const MONDAY = Date.UTC(2026, 0, 5, 6);

const GOALS: readonly { readonly agents: number; readonly pass: number; readonly goal: number }[] = [
  { agents: 3, pass: 57, goal: 59.5 },
  { agents: 5, pass: 61, goal: 63 },
  { agents: 10, pass: 67, goal: 69 },
  { agents: 20, pass: 72.5, goal: 74.5 },
  { agents: 50, pass: 78, goal: 80 },
  { agents: 200, pass: 82, goal: 84.2 },
];

/** A scenario under a pacer, all its days. */
interface Row {
  readonly scenario: Scenario;
  readonly pacer: string;
  readonly target: number;
  readonly talk: number;
  /** Half-width of talk's 95 % interval over days. */
  readonly talkError: number;
  readonly abandonment: number;
  readonly worstDay: number;
  readonly worstHalfHour: number;
  readonly originatesPerAnswer: number;
}

const seeds = seedsOf(options.seeds ?? (options.quick ? '1..2' : '1..8'));
const shorter = (scenario: Scenario): Scenario =>
  options.quick ? { ...scenario, durationS: Math.min(scenario.durationS, 4 * 3600) } : scenario;
const say = (text: string): void => void process.stderr.write(text);
const lines: string[] = [];
const print = (text = ''): void => {
  lines.push(text);
  if (!options.json) console.log(text);
};
const failures: string[] = [];

function seedsOf(text: string): number[] {
  const [from = 1, to = from] = text.split('..').map(Number);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function rowsOf(cases: readonly Case[]): Promise<Row[]> {
  const jobs = cases.flatMap((one) => seeds.map((seed) => jobOf(one, seed)));
  const days = await runJobs(jobs, {
    threads: availableParallelism(),
    onDay: (count) => say(`\r${count}/${jobs.length} shifts `),
  });
  say('\r');
  return cases.map((one, index) => rowOf(one, days.slice(index * seeds.length, (index + 1) * seeds.length)));
}

/** A scenario under a pacer: `predictive`, or a peer's name. */
interface Case {
  readonly scenario: Scenario;
  readonly pacer: string;
  readonly target: number;
}

function jobOf({ scenario, pacer, target }: Case, seed: number): Job {
  const limit = Math.max(target, DEFAULT_WISHES.limit);
  return { scenario, method: pacer, wishes: { ...DEFAULT_WISHES, target, limit }, seed, from: MONDAY };
}

function rowOf({ scenario, pacer, target }: Case, days: readonly RunResult[]): Row {
  const total = (name: 'talk' | 'abandoned' | 'answers' | 'originates'): number =>
    days.reduce((sum, day) => sum + day[name], 0);
  const talk = total('talk') / days.length;
  const variance = days.reduce((sum, day) => sum + (day.talk - talk) ** 2, 0) / Math.max(1, days.length - 1);
  return {
    scenario,
    pacer,
    target,
    talk: 100 * talk,
    talkError: 196 * Math.sqrt(variance / days.length),
    abandonment: (100 * total('abandoned')) / Math.max(1, total('answers')),
    worstDay: Math.max(...days.map((day) => (100 * day.abandoned) / Math.max(1, day.answers))),
    worstHalfHour: Math.max(...days.map((day) => 100 * day.worstHalfHour)),
    originatesPerAnswer: total('originates') / Math.max(1, total('answers')),
  };
}

const agentsOf = ({ crews }: Scenario): number => crews.reduce((sum, crew) => sum + crew.count, 0);
const figure = (value: number, digits = 1): string => value.toFixed(digits).padStart(6);

function expect(ok: boolean, what: string): string {
  if (!ok) failures.push(what);
  return ok ? '' : '  ✗';
}

/** Checks that hold for every row of ours; short days of the quick form have more luck in them. */
function limitsOf({ scenario, target, abandonment, worstDay, worstHalfHour }: Row): string {
  const { name } = scenario;
  const luck = options.quick ? 0.3 : 0;
  if (target < 0.02) return expect(abandonment <= 1.3 + luck, `${name} at 1 %: ${abandonment.toFixed(2)} % abandoned`);
  const day = agentsOf(scenario) >= 20 ? 3 : 3.3;
  return (
    expect(abandonment <= 3 + luck, `${name}: ${abandonment.toFixed(2)} % abandoned`) +
    expect(worstDay <= day + luck, `${name}: a day of ${worstDay.toFixed(2)} %`) +
    expect(worstHalfHour <= 15, `${name}: half an hour of ${worstHalfHour.toFixed(1)} %`)
  );
}

async function referenceTable(): Promise<Row[]> {
  const peers = options.peers && !options.quick ? PEERS : [];
  const sizes = GOALS.filter(({ agents }) => !options.quick || agents <= 20);
  const pacers = ['predictive', ...peers.map(({ name }) => name)];
  const scenarios = sizes.map(({ agents }) => shorter(referenceScenario(agents)));
  const rows = await rowsOf(
    pacers.flatMap((pacer) => scenarios.map((scenario) => ({ scenario, pacer, target: 0.03 }))),
  );
  print('talk utilisation % (abandoned % where over 3): 35 % answers, 60 s talk, 10 s wrap-up, target 3 %');
  print(`${' '.repeat(24)}${sizes.map(({ agents }) => `N=${agents}`.padStart(14)).join('')}`);
  for (const pacer of pacers) {
    const cells = rows
      .filter((row) => row.pacer === pacer)
      .map(({ talk, abandonment }) => {
        return `${figure(talk)}${abandonment > 3.005 ? ` (${abandonment.toFixed(1)})` : ''}`.padStart(14);
      });
    print(`${pacer.padEnd(24)}${cells.join('')}`);
  }
  for (const name of ['pass', 'goal'] as const) {
    print(`${name.padEnd(24)}${sizes.map((size) => figure(size[name]).padStart(14)).join('')}`);
  }
  print();
  for (const [index, { agents, pass, goal }] of sizes.entries()) {
    const row = rows[index] as Row;
    const reached = row.talk >= goal ? 'goal' : row.talk + row.talkError >= goal ? 'goal within ±' : 'pass';
    const marks =
      expect(row.talk >= pass, `N=${agents}: ${row.talk.toFixed(1)} % talk, ${pass} to pass`) + limitsOf(row);
    print(`N=${String(agents).padEnd(4)} ${describe(row)}  ${reached}${marks}`);
    for (const peer of rows.filter(({ scenario, pacer }) => scenario === row.scenario && pacer !== 'predictive')) {
      if (peer.abandonment <= 3) expect(row.talk > peer.talk, `N=${agents}: ${peer.pacer} talks more`);
    }
  }
  return rows;
}

function describe({ talk, talkError, abandonment, worstDay, worstHalfHour, originatesPerAnswer }: Row): string {
  return (
    `talk ${figure(talk)} ±${talkError.toFixed(1)}  abandoned ${figure(abandonment, 2)}  worst day ${figure(worstDay, 2)}` +
    `  worst 30 min ${figure(worstHalfHour)}  dials an answer ${figure(originatesPerAnswer, 2)}`
  );
}

async function scenarioTable(target: number, scenarios: readonly Scenario[]): Promise<Row[]> {
  print();
  print(`scenarios, target ${100 * target} %`);
  const rows = await rowsOf(scenarios.map((scenario) => ({ scenario, pacer: 'predictive', target })));
  for (const row of rows) print(`${row.scenario.name.padEnd(20)} ${describe(row)}${limitsOf(row)}`);
  return rows;
}

/** A floor in the middle of a shift, and a pacer that has seen one. */
function decisionCost(agents: number): number {
  const warm = simulateShift({
    scenario: referenceScenario(Math.min(agents, 50), {}, { durationS: 1800 }),
    seed: 1,
    pacer: () => createPacer({ ...DEFAULT_PACING, target: 0.03 }),
  }).estimates[0];
  const pacer = createPacer({ ...DEFAULT_PACING, target: 0.03 }, warm);
  const random = seededRandom(1);
  const floor = (now: number): PacingSnapshot => ({
    now,
    agents: Array.from({ length: agents }, (_, index) => ({
      id: `a${index}`,
      state: index < 0.03 * agents ? 'available' : index < 0.16 * agents ? 'wrap-up' : 'talking',
      since: now - Math.floor(random() * 60_000),
    })),
    calls: Array.from({ length: Math.round(0.6 * agents) }, (_, index) => ({
      id: `c${index}`,
      state: index % 10 === 0 ? 'dialing' : 'ringing',
      since: now - Math.floor(random() * 28_000),
    })),
    channelsFree: Infinity,
    rateAllows: Infinity,
  });
  // Right after the shift it learned from: what is older it would try first.
  let now = Date.UTC(2026, 0, 5, 6, 31);
  let spent = 0;
  const rounds = 4000;
  for (let round = 0; round < rounds; round += 1) {
    now += 200;
    const snapshot = floor(now);
    const begun = performance.now();
    pacer.decide(snapshot);
    if (round >= rounds / 2) spent += performance.now() - begun;
  }
  return (spent * 1000) / (rounds / 2);
}

function costTable(): Record<string, number> {
  print();
  const us50 = decisionCost(50);
  const us1000 = decisionCost(1000);
  print(`a decision at N=50: ${us50.toFixed(1)} µs${expect(us50 <= 50, `${us50} µs at N=50`)}`);
  print(`a decision at N=1000: ${us1000.toFixed(1)} µs${expect(us1000 <= 500, `${us1000} µs at N=1000`)}`);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  runJob(jobOf({ scenario: referenceScenario(50), pacer: 'predictive', target: 0.03 }, 1));
  const wallMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000;
  print(
    `8 h at N=50 simulated in ${(wallMs / 1000).toFixed(2)} s (${(cpuMs / 1000).toFixed(2)} s of processor)` +
      expect(Math.min(wallMs, cpuMs) <= 3000, `8 h at N=50 in ${cpuMs} ms`),
  );
  return { us50, us1000, wallMs, cpuMs };
}

const begun = performance.now();
const cost = costTable();
const shipped = shippedScenarios().map((name) => shorter(loadScenario({ name })));
const quickly = (name: string): boolean =>
  !options.quick || ['shift-change-n20', 'trunk-lost-n20', 'drift-n10'].includes(name);
const rows = [
  ...(await referenceTable()),
  ...(await scenarioTable(
    0.03,
    shipped.filter(({ name }) => quickly(name)),
  )),
  ...(await scenarioTable(
    0.01,
    [...[3, 10, 50].map((agents) => shorter(referenceScenario(agents))), ...shipped].filter(
      ({ name }) => !options.quick || name === 'n10',
    ),
  )),
];
print();
print(
  `${seeds.length} days each, seeds ${seeds[0]}..${seeds.at(-1)}; ${((performance.now() - begun) / 60_000).toFixed(1)} min`,
);
for (const failure of failures) print(`✗ ${failure}`);
print(failures.length === 0 ? 'all limits held' : `${failures.length} limits broken`);
if (options.json) {
  const plain = rows.map(({ scenario, ...row }) => ({ scenario: scenario.name, ...row }));
  console.log(JSON.stringify({ seeds, rows: plain, cost, failures }, null, 2));
}
process.exitCode = failures.length === 0 ? 0 : 1;
