import type { CampaignHistory } from '../campaign-history.ts';
import type { RedialForecast, RedialForesight, Spread } from '../control/commands/redials.ts';
import { costOf } from '../core/price.ts';
import { ObzvonError } from '../errors.ts';
import { runJob, type Job, type RunResult } from '../sim/run.ts';
import { cellsOf, jobsOf, planForCampaign, type Plan } from './simulate-plan.ts';

/** How the night's agents work, as far as the command line says. */
export interface ForecastOptions {
  readonly agents?: number;
  readonly from?: string;
  readonly to?: string;
}

/** A forecast, or why there is none. */
export type Forecast = { readonly forecast: RedialForecast } | { readonly none: string };

const WEEK = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** Runs of the same evening with other luck, as many as their time allows. */
const MOST_RUNS = 9;
const LEAST_RUNS = 3;
const BUDGET_MS = 500;
/** A larger crew is simulated by so many of its agents, with their share of the leads and channels. */
const MOST_SIMULATED = 5;
/** Nobody's agents place more calls in an hour: leads past that cannot have their turn. */
const CALLS_AN_HOUR = 250;
/** What a carrier adds to a talk, whose begun minutes he counts. */
const ROUNDED_UP_MIN = 0.5;

/** Simulates the date of a plan with the campaign's own past calls and its agents; the same for the same plan. */
export function forecastOf(
  { plan, open, until, zone }: RedialForesight,
  history: CampaignHistory,
  options: ForecastOptions,
): Forecast {
  if (open.length === 0) return { none: 'nobody is called' };
  let made: Plan;
  try {
    made = planForCampaign(
      { ...history, now: plan.at, open },
      {
        ...(options.agents === undefined ? {} : { agents: [options.agents] }),
        ...(options.from === undefined ? {} : { from: options.from }),
        ...(options.to === undefined ? {} : { to: options.to }),
        zone,
        days: WEEK,
        start: plan.at,
        until: { at: until },
        seeds: MOST_RUNS,
        seed: 1,
        done: 1,
      },
      plan.at,
    );
  } catch (error) {
    if (error instanceof ObzvonError && error.code === 'USAGE') return { none: error.message };
    throw error;
  }
  const agents = made.agents[0] ?? 1;
  const times = Math.max(1, agents / MOST_SIMULATED);
  const bounded = withinReach({ ...made, agents: [Math.round(agents / times)] }, times);
  const [cell] = cellsOf(bounded);
  const runs = cell === undefined ? [] : runWithin(jobsOf(bounded, cell));
  return { forecast: { ...told(bounded, runs, history, times), agents } };
}

/** The first runs alone, when one takes long. */
function runWithin(jobs: readonly Job[]): RunResult[] {
  const runs: RunResult[] = [];
  const from = performance.now();
  for (const job of jobs) {
    if (runs.length >= LEAST_RUNS && performance.now() - from > BUDGET_MS) break;
    runs.push(runJob(job));
  }
  return runs;
}

/** Who is called first stays, in one part of `times`; a million leads for ten agents would be simulated for nothing. */
function withinReach(plan: Plan, times: number): Plan {
  const agents = plan.agents[0] ?? 1;
  let left = Math.ceil(agents * (plan.scenario.durationS / 3_600) * CALLS_AN_HOUR);
  const campaigns = plan.scenario.campaigns.map((campaign) => {
    if (campaign.base === null) return campaign;
    const groups = campaign.base.groups.flatMap((group) => {
      const count = Math.min(left, Math.ceil(group.count / times));
      left -= count;
      return count === 0 ? [] : [{ ...group, count }];
    });
    return { ...campaign, base: { ...campaign.base, groups } };
  });
  const { channels, originatesPerSecond, failures } = plan.scenario.trunk;
  const trunk = {
    channels: channels === null ? null : Math.max(1, Math.round(channels / times)),
    originatesPerSecond: originatesPerSecond === null ? null : originatesPerSecond / times,
    failures,
  };
  return { ...plan, scenario: { ...plan.scenario, campaigns, trunk } };
}

function told(
  plan: Plan,
  runs: readonly RunResult[],
  history: CampaignHistory,
  times: number,
): Omit<RedialForecast, 'agents'> {
  const spread = (of: (run: RunResult) => number): Spread => {
    const sorted = runs.map(of).sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
    return { p10: at(0.1), p50: at(0.5), p90: at(0.9) };
  };
  const { price } = history.spec;
  const cost = (run: RunResult): number => {
    const minutes = times * (run.talk * run.agentHours * 60 + run.connects * ROUNDED_UP_MIN);
    const used = { attempts: times * run.originates, minutes, agentMs: times * run.agentHours * 3_600_000 };
    return price === undefined ? 0 : costOf(price, used);
  };
  const { shift, durationS } = plan.scenario;
  return {
    attempts: spread((run) => Math.round(times * run.originates)),
    answers: spread((run) => Math.round(times * run.answers)),
    agentHours: spread((run) => Math.round(times * run.agentHours * 10) / 10),
    endsAt: spread((run) => run.base?.doneAt ?? run.base?.days.at(-1)?.endAt ?? plan.from),
    money: price === undefined ? null : { ...spread(cost), currency: price.currency ?? 'RUB' },
    runs: runs.length,
    shift: { from: shift.from, hours: durationS / 3_600, zone: shift.zone },
    origins: plan.origins,
  };
}
