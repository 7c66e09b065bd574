import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { EXIT, messageOf, ObzvonError, type ExitCode } from '../errors.ts';
import { runJobs } from '../sim/pool.ts';
import type { RunResult } from '../sim/run.ts';
import { loadScenario, shippedScenarios } from '../sim/scenario.ts';
import type { Cli } from './cli.ts';
import { table } from './print.ts';
import { createBar } from './progress.ts';
import { assumptionsOf, commandFor, simulationPage } from './simulate-html.ts';
import type { SimulateOptions } from './simulate-options.ts';
import { cellsOf, jobsOf, planForCampaign, planForScenario, type Plan } from './simulate-plan.ts';
import { cellResult, type Simulation } from './simulate-result.ts';
import { conclusionOf, simulationText } from './simulate-text.ts';

/** `obzvon simulate [SCENARIO]` */
export async function simulate(
  cli: Cli,
  scenario: string | undefined,
  options: SimulateOptions,
): Promise<ExitCode | void> {
  if (options.list === true) return list(cli);
  const plan = await planOf(cli, scenario, options);
  // A long run must not end at a folder that is not there.
  for (const [option, path] of [
    ['--html', options.html],
    ['--save', options.save],
  ] as const) {
    if (path !== undefined) checkWritable(option, path);
  }
  if (options.save !== undefined) write('--save', options.save, `${JSON.stringify(plan.scenario, null, 2)}\n`);
  const simulation = await run(cli, plan, options.threads ?? availableParallelism());
  if (simulation === null) return EXIT.failed;
  if (options.html !== undefined) write('--html', options.html, simulationPage(simulation));
  cli.show(
    { ...simulation, assumptions: assumptionsOf(plan), command: commandFor(plan) },
    () => simulationText(cli.io, simulation) + writtenText(options),
  );
}

function list(cli: Cli): void {
  const scenarios = shippedScenarios().map((name) => {
    const { description, campaigns, crews } = loadScenario({ name });
    return { name, description, agents: crews.reduce((sum, { count }) => sum + count, 0), campaigns: campaigns.length };
  });
  cli.show({ scenarios }, () =>
    table(
      cli.io,
      ['SCENARIO', 'WHAT IT SHOWS'],
      scenarios.map(({ name, description }) => [name, description]),
    ),
  );
}

async function planOf(cli: Cli, scenario: string | undefined, options: SimulateOptions): Promise<Plan> {
  const now = cli.io.clock.now();
  if (options.campaign !== undefined) {
    if (scenario !== undefined) {
      throw new ObzvonError('USAGE', 'a scenario and --campaign both say what to simulate', {
        hint: 'give one of them',
      });
    }
    const history = await cli.call('campaign.history', { name: options.campaign, days: 30, attempts: 20_000 });
    return planForCampaign(history, options, now);
  }
  if (scenario === undefined) {
    throw new ObzvonError('USAGE', 'what is to be simulated?', {
      hint: 'give a scenario (obzvon simulate --list names some), or --campaign NAME',
    });
  }
  return planForScenario(scenario, options, now);
}

/** Null when interrupted. */
async function run(cli: Cli, plan: Plan, threads: number): Promise<Simulation | null> {
  const { io } = cli;
  const cells = cellsOf(plan);
  const jobs = cells.flatMap((cell) => jobsOf(plan, cell));
  const bar = createBar(io);
  const stop = new AbortController();
  const release = io.onInterrupt(() => stop.abort());
  let done = 0;
  let days = 0;
  let results: RunResult[];
  try {
    results = await runJobs(jobs, {
      threads,
      signal: stop.signal,
      onDay(jobsDone) {
        if (jobsDone === done) days += 1;
        done = jobsDone;
        bar.show(done / jobs.length, `${done} of ${jobs.length} runs, ${days} days simulated`);
      },
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    bar.end();
    io.err(`interrupted: ${done} of ${jobs.length} runs were done, no result is shown\n`);
    return null;
  } finally {
    release();
  }
  bar.end();
  const each = plan.seeds.length;
  const found = cells.map((cell, index) => cellResult(cell, results.slice(index * each, (index + 1) * each)));
  return { plan, cells: found, conclusion: conclusionOf(plan, found) };
}

function checkWritable(option: string, path: string): void {
  const full = resolve(path);
  try {
    if (existsSync(full)) {
      if (statSync(full).isDirectory()) throw new Error('it is a folder');
      accessSync(full, constants.W_OK);
    } else accessSync(dirname(full), constants.W_OK);
  } catch (error) {
    throw unwritable(option, path, error);
  }
}

function write(option: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw unwritable(option, path, error);
  }
}

function unwritable(option: string, path: string, cause: unknown): ObzvonError {
  return new ObzvonError('USAGE', `${option}: cannot write ${path}: ${messageOf(cause)}`, {
    cause,
    hint: 'give a file in a folder that is there and may be written',
  });
}

function writtenText({ html, save }: SimulateOptions): string {
  return `${html === undefined ? '' : `the page is in ${html}\n`}${save === undefined ? '' : `the scenario is in ${save}\n`}`;
}
