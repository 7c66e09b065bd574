import { offsetMs } from '../core/zone-clock.ts';
import type { Estimate } from '../sim/summary.ts';
import type { Axis, Chart, Line, Mark } from './simulate-chart.ts';
import type { CellResult, Simulation, SeriesName } from './simulate-result.ts';

/** Charts that belong together, with the sentence above them. */
export interface Plots {
  readonly heading: string;
  readonly charts: readonly Chart[];
}

const HOUR_S = 3600;
const DAY_MS = 86_400_000;
/** More lines than this cannot be told apart. */
const MOST_LINES = 6;

const SHARES: ReadonlySet<SeriesName> = new Set(['talk', 'occupancy', 'abandonment']);

const number = (value: number): string => String(value);

/** Every plot of a simulation's page. */
export function plotsOf(simulation: Simulation): Plots[] {
  const { plan } = simulation;
  const plots: Plots[] = [];
  if (plan.agents.length > 1) plots.push({ heading: 'By number of agents', charts: agentCharts(simulation) });
  if (plan.until !== undefined) plots.push({ heading: 'The base over the days', charts: [dayChart(simulation)] });
  else {
    const most = plan.agents.at(-1);
    const heading = plan.agents.length > 1 ? `Over the shift, with ${most} agents` : 'Over the shift';
    plots.push({ heading, charts: timeCharts(simulation, most ?? 0) });
  }
  return plots;
}

/** Target and limit, in percent. */
function aims({ plan }: Simulation): Mark[] {
  const { target, limit } = plan.wishes;
  const mark = (label: string, kind: Mark['kind'], share: number): Mark => {
    return { label: `${label} ${Number((100 * share).toFixed(2))} %`, kind, y: 100 * share };
  };
  return [...(target < limit ? [mark('target', 'target', target)] : []), mark('limit', 'limit', limit)];
}

function timeCharts(simulation: Simulation, agents: number): Chart[] {
  const { plan, cells } = simulation;
  const { shift } = plan.scenario;
  const startS = Number(shift.from.slice(0, 2)) * HOUR_S + Number(shift.from.slice(3)) * 60;
  const x: Axis = {
    label: 'time of day',
    format: clock,
    from: startS,
    to: startS + plan.scenario.durationS,
    steps: [300, 600, 900, 1800, HOUR_S, 2 * HOUR_S, 3 * HOUR_S, 4 * HOUR_S],
  };
  const lines = (name: SeriesName, times: number): Line[] =>
    cells
      .filter((cell) => cell.agents === agents && cell.series !== null)
      .map(({ method, series }) => ({
        name: method,
        colour: plan.methods.indexOf(method),
        points: (series?.[name] ?? []).map(({ atS, mean, low, high }) => ({
          x: startS + atS,
          mean: times * mean,
          low: times * low,
          high: SHARES.has(name) ? Math.min(100, times * high) : times * high,
        })),
      }));
  const share = { format: number, from: 0 };
  const ofTime = { ...share, to: 100 };
  return [
    { title: 'Talk, rolling 30 min', x, y: { ...ofTime, label: 'talk, %' }, series: lines('talk', 100) },
    {
      title: 'Occupancy (talk and wrap-up), rolling 30 min',
      x,
      y: { ...ofTime, label: 'occupancy, %' },
      series: lines('occupancy', 100),
    },
    {
      title: 'Abandoned, rolling 30 min',
      x,
      y: { ...share, label: 'abandoned, % of live answers' },
      series: lines('abandonment', 100),
      marks: aims(simulation),
    },
    { title: 'Agents waiting', x, y: { ...share, label: 'agents' }, series: lines('waiting', 1) },
    { title: 'Originates', x, y: { ...share, label: 'calls a minute' }, series: lines('originates', 1) },
  ];
}

function agentCharts(simulation: Simulation): Chart[] {
  const { plan, cells } = simulation;
  const x: Axis = { label: 'agents', format: number, steps: [1, 2, 5, 10, 20, 50, 100, 200, 500] };
  const lines = (of: (cell: CellResult) => Estimate, times: number): Line[] =>
    plan.methods.map((method, colour) => ({
      name: method,
      colour,
      dots: true,
      points: cells
        .filter((cell) => cell.method === method)
        .map((cell) => {
          const { mean, low, high } = of(cell);
          return { x: cell.agents, mean: times * mean, low: times * low, high: times * high };
        }),
    }));
  const none: Estimate = { mean: 0, low: 0, high: 0 };
  const worked: Chart[] =
    plan.until == null
      ? []
      : [
          {
            title: 'Base worked by the deadline',
            x,
            y: { label: 'leads final, %', format: number, from: 0 },
            series: lines(({ summary }) => summary.base?.worked ?? none, 100),
            marks: [
              {
                label: `done: ${Number((100 * plan.doneShare).toFixed(1))} %`,
                kind: 'target',
                y: 100 * plan.doneShare,
              },
            ],
          },
        ];
  return [
    ...worked,
    {
      title: 'Talk',
      x,
      y: { label: 'talk, %', format: number, from: 0 },
      series: lines(({ summary }) => summary.talk, 100),
    },
    {
      title: 'Abandoned, all seeds pooled',
      x,
      y: { label: 'abandoned, % of live answers', format: number, from: 0 },
      series: lines(({ summary }) => summary.abandonment, 100),
      marks: aims(simulation),
    },
    {
      title: 'People connected in an hour of an agent',
      x,
      y: { label: 'connects an hour', format: number, from: 0 },
      series: lines(({ summary }) => summary.connectsPerAgentHour, 1),
    },
  ];
}

function dayChart({ plan, cells }: Simulation): Chart {
  const { zone } = plan.scenario.shift;
  const one = plan.agents.length === 1;
  const chosen = one ? cells : few(cells.filter(({ method }) => method === plan.methods[0]));
  const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: zone });
  const midnight = plan.from - ((plan.from + offsetMs(zone, plan.from)) % DAY_MS);
  return {
    title: `Leads that are final${one || plan.methods.length === 1 ? '' : ` (${plan.methods[0]})`}`,
    x: {
      label: 'end of each shift',
      format: (at) => day.format(at),
      from: midnight,
      steps: [1, 2, 5, 7, 14].map((days) => days * DAY_MS),
      origin: midnight,
    },
    y: { label: 'leads final, %', format: number, from: 0, to: 100 },
    series: chosen.map(({ agents, method, summary }, index) => ({
      name: one ? method : `${agents} agents`,
      colour: one ? plan.methods.indexOf(method) : index,
      dots: true,
      points: [
        { x: plan.from, mean: 0, low: 0, high: 0 },
        ...(summary.base?.days ?? []).map(({ endAt, worked: { mean, low, high } }) => {
          return { x: endAt, mean: 100 * mean, low: 100 * low, high: 100 * high };
        }),
      ],
    })),
    marks: plan.until == null ? [] : [{ label: 'deadline', kind: 'limit', x: plan.until }],
  };
}

/** Evenly chosen, the first and the last among them. */
function few<T>(all: readonly T[]): T[] {
  if (all.length <= MOST_LINES) return [...all];
  return Array.from({ length: MOST_LINES }, (_, index) => {
    return all[Math.round((index * (all.length - 1)) / (MOST_LINES - 1))] as T;
  });
}

/** Seconds from midnight as `HH:MM`. */
function clock(seconds: number): string {
  const minutes = Math.round(seconds / 60) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
