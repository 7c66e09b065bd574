import type { Estimate } from '../sim/summary.ts';
import type { Io } from './io.ts';
import { offsetMs } from '../core/zone-clock.ts';
import { percent, table, type Cell as TableCell } from './print.ts';
import type { Plan } from './simulate-plan.ts';
import type { CellResult, Simulation } from './simulate-result.ts';

/** So many of the seeds must finish for a number of agents to be called enough. */
const SURE = 0.95;

/** A column of the result table: its head, what it means, and its cell. */
export interface Column {
  readonly head: string;
  readonly about: string;
  readonly cell: (result: CellResult) => { readonly text: string; readonly over?: boolean };
}

const plusMinus = ({ mean, high }: Estimate, digits: number, times = 1): string => {
  const half = (high - mean) * times;
  return `${(mean * times).toFixed(digits)}${half > 0 ? ` ±${half.toFixed(digits)}` : ''}`;
};

/** Shares are cut at 0 and 1, so the wider side of the interval is the honest one. */
function shareText({ mean, low, high }: Estimate, digits = 1): string {
  const half = 100 * Math.max(high - mean, mean - low);
  return `${(100 * mean).toFixed(digits)}${half >= 0.5 * 10 ** -digits ? ` ±${half.toFixed(digits)}` : ''}`;
}

const OCCUPANCY: Column = {
  head: 'OCCUPANCY %',
  about: 'all of that time but the waiting',
  cell: ({ summary }) => ({ text: shareText(summary.occupancy) }),
};
const WORST_HALF_HOUR: Column = {
  head: 'WORST 30 MIN %',
  about: 'the highest abandonment of any 30 minutes, of all seeds',
  cell: ({ summary }) => ({ text: (100 * summary.worstHalfHour).toFixed(1) }),
};

/** The columns of a plan's table. */
export function columnsOf({ agents, methods, until, wishes, doneShare, scenario, bestHour }: Plan): Column[] {
  const columns: Column[] = [];
  if (agents.length > 1 || until !== undefined) {
    columns.push({ head: 'AGENTS', about: 'agents at work', cell: (one) => ({ text: String(one.agents) }) });
  }
  if (agents.length === 1 || methods.length > 1) {
    columns.push({ head: 'METHOD', about: 'how originates are paced', cell: (one) => ({ text: one.method }) });
  }
  if (bestHour) {
    const cell = (one: CellResult) => ({ text: one.bestHour === true ? 'best hour' : 'as they stand' });
    columns.push({ head: 'LEADS', about: 'in which order they are called', cell });
  }
  if (until !== undefined) columns.push(...baseColumns(doneShare, until, scenario.shift.zone));
  const shift = until === undefined;
  columns.push(
    {
      head: 'TALK %',
      about: 'talk with people ÷ (waiting + talk + wrap-up) of all agents',
      cell: ({ summary }) => ({ text: shareText(summary.talk) }),
    },
    ...(shift ? [OCCUPANCY] : []),
    {
      head: 'ABANDONED %',
      about: 'live answers that got no agent in time ÷ live answers, pooled over seeds',
      cell: ({ summary }) => ({
        text: shareText(summary.abandonment, 2),
        over: summary.abandonment.mean > wishes.limit,
      }),
    },
    {
      head: 'WORST DAY %',
      about: 'the highest abandonment of a day, of all seeds',
      cell: ({ summary }) => ({ text: (100 * summary.worstDay).toFixed(2), over: summary.worstDay > wishes.limit }),
    },
    ...(shift ? [WORST_HALF_HOUR] : []),
    {
      head: 'WAIT S',
      about: 'an agent’s mean wait for the next call, s',
      cell: ({ summary }) => ({ text: plusMinus(summary.agentWaitS, 1) }),
    },
    {
      head: 'CONNECTS/H',
      about: 'people connected in an hour of an agent',
      cell: ({ summary }) => ({ text: plusMinus(summary.connectsPerAgentHour, 1) }),
    },
    {
      head: 'ORIGINATES',
      about: 'calls placed in the run',
      cell: ({ summary }) => ({ text: plusMinus(summary.originates, 0) }),
    },
  );
  return columns;
}

function baseColumns(doneShare: number, until: number | null, zone: string): Column[] {
  const share = (head: string, about: string, of: 'worked' | 'tried' | 'talked'): Column => ({
    head,
    about,
    cell: ({ summary }) => ({ text: summary.base === null ? '-' : shareText(summary.base[of]) }),
  });
  const end = until === null ? 'the end' : 'the deadline';
  return [
    share('WORKED %', `leads that are final by ${end}`, 'worked'),
    share('TRIED %', `leads called at least once by ${end}`, 'tried'),
    share('TALKED %', `leads an agent talked with by ${end}`, 'talked'),
    {
      head: 'DONE AT',
      about: `when ${percent(doneShare)} of the leads are final: the median of the seeds`,
      cell: ({ summary }) => ({
        text: summary.base?.doneAt == null ? 'not done' : zoneTime(summary.base.doneAt, zone),
      }),
    },
    {
      head: 'SEEDS DONE %',
      about: `seeds in which that is so by ${end}`,
      cell: ({ summary }) => ({ text: (100 * (summary.base?.seedsDone ?? 0)).toFixed(0) }),
    },
    {
      head: 'NO LEADS %',
      about: 'agents’ time in which no lead could be called; it is in no other figure',
      cell: ({ summary }) => ({ text: shareText(summary.noLeads) }),
    },
  ];
}

/** The result for a terminal: what was simulated, the table, one sentence. */
export function simulationText(io: Io, simulation: Simulation): string {
  const { plan, cells, conclusion } = simulation;
  const columns = columnsOf(plan);
  const rows = cells.map((result) =>
    columns.map(({ cell }): TableCell => {
      const { text, over } = cell(result);
      return over === true ? { text: `${text} !`, style: 'red' } : text;
    }),
  );
  const over = cells.some((result) => columns.some(({ cell }) => cell(result).over === true));
  return [
    `${headline(plan)}\n`,
    originsText(io, plan),
    table(
      io,
      columns.map(({ head }) => head),
      rows,
    ),
    over ? `! over the limit of ${percent(plan.wishes.limit)}\n` : '',
    `${conclusion}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** What was simulated, in a line. */
export function headline({ source, seeds, wishes, until, from, scenario, doneShare }: Plan): string {
  const { zone } = scenario.shift;
  const hours = (scenario.durationS / 3600).toFixed(1).replace('.0', '');
  const span =
    until === undefined
      ? `a shift of ${hours} h from ${scenario.shift.from}`
      : `from ${zoneTime(from, zone)} ${until === null ? `until ${percent(doneShare)} of the base is final` : `to ${deadlineText(until, zone)}`}, ` +
        `shifts of ${hours} h from ${scenario.shift.from} (${zone})`;
  const many = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`;
  const aim = `target ${percent(wishes.target)}, limit ${percent(wishes.limit)}`;
  return `${source}: ${span}, ${many}, ${aim}${seeds.length === 1 ? '' : '; ± is the 95 % interval of the mean'}`;
}

/** `2026-11-27 18:04` in a zone. */
export function zoneTime(at: number, zone: string): string {
  return new Date(at + offsetMs(zone, at)).toISOString().slice(0, 16).replace('T', ' ');
}

/** As `zoneTime`; midnight is the end of the day before. */
export function deadlineText(at: number, zone: string): string {
  const text = zoneTime(at, zone);
  return text.endsWith(' 00:00') ? `the end of ${zoneTime(at - 1, zone).slice(0, 10)}` : text;
}

function originsText(io: Io, { origins }: Plan): string {
  if (origins.length === 0) return '';
  return table(
    io,
    ['MODEL', 'FROM', 'FIGURE'],
    origins.map(({ what, calls, figure }) => [
      what,
      calls === 0 ? { text: 'assumed', style: 'yellow' as const } : `${calls} measured`,
      figure,
    ]),
  );
}

/** What it comes to, in a sentence. */
export function conclusionOf(plan: Plan, cells: readonly CellResult[]): string {
  return plan.until === undefined ? shiftConclusion(plan, cells) : baseConclusion(plan, cells);
}

const talkOf = ({ summary }: CellResult): string => `${(100 * summary.talk.mean).toFixed(1)} %`;
const abandonedOf = ({ summary }: CellResult): string => `${(100 * summary.abandonment.mean).toFixed(2)} % abandoned`;

function shiftConclusion({ agents, methods, wishes }: Plan, cells: readonly CellResult[]): string {
  const most = agents.at(-1) ?? 0;
  const last = cells.filter((cell) => cell.agents === most);
  const lawful = last.filter(({ summary }) => summary.abandonment.mean <= wishes.limit);
  const best = lawful.reduce<CellResult | null>(
    (a, b) => (a === null || b.summary.talk.mean > a.summary.talk.mean ? b : a),
    null,
  );
  if (best === null)
    return `No method stays within the limit of ${percent(wishes.limit)} abandoned with ${most} agents.`;
  const range = ((): string => {
    const least = cells.find((cell) => cell.agents === agents[0] && cell.method === best.method);
    if (agents.length === 1 || least === undefined) return '';
    return `From ${least.agents} to ${most} agents ${best.method} raises talk from ${talkOf(least)} to ${talkOf(best)}. `;
  })();
  const others = last.filter((cell) => cell !== best);
  const second = others
    .filter((cell) => lawful.includes(cell))
    .reduce<CellResult | null>((a, b) => (a === null || b.summary.talk.mean > a.summary.talk.mean ? b : a), null);
  const broken = others.filter((cell) => !lawful.includes(cell)).map(({ method }) => method);
  const beside =
    methods.length === 1 || second === null ? '' : `, ${second.method} ${talkOf(second)} (${abandonedOf(second)})`;
  const over = broken.length === 0 ? '' : `; over the limit: ${broken.join(', ')}`;
  return `${range}With ${most} agents ${best.method} keeps them talking ${talkOf(best)} of the time (${abandonedOf(best)})${beside}${over}.`;
}

/** What ordering by the best hour brings, for each method and number of agents. */
function bestHourConclusion(cells: readonly CellResult[]): string {
  return cells
    .filter(({ bestHour }) => bestHour === true)
    .map((best) => {
      const plain = cells.find((one) => one.agents === best.agents && one.method === best.method && one !== best);
      const [a, b] = [plain, best].map((one) => one?.summary.base?.talked.mean ?? 0) as [number, number];
      const gain = a === 0 ? '' : ` (${b >= a ? '+' : ''}${(100 * (b / a - 1)).toFixed(1)} %)`;
      return `${count(best.agents)}, ${best.method}: ordered by the best hour ${percent(b)} of the leads are talked with, as they stand ${percent(a)}${gain}.`;
    })
    .join('\n');
}

function baseConclusion(plan: Plan, cells: readonly CellResult[]): string {
  if (plan.bestHour) return bestHourConclusion(cells);
  const { methods, until, doneShare, agents, scenario } = plan;
  const { zone } = scenario.shift;
  return methods
    .map((method) => {
      const own = cells.filter((cell) => cell.method === method);
      const by = until == null ? 'within 31 days' : `by ${deadlineText(until, zone)}`;
      const enough = own.find(({ summary }) => (summary.base?.seedsDone ?? 0) >= SURE);
      const name = methods.length > 1 ? `${method}: ` : '';
      if (enough !== undefined) {
        const least = enough.agents === agents[0] && agents.length > 1 ? ' (the least asked for)' : '';
        const at = enough.summary.base?.doneAt;
        return (
          `${name}${count(enough.agents)} ${enough.agents === 1 ? 'is' : 'are'} enough${least}: ${percent(doneShare)} of the base is final ${by} in ` +
          `${(100 * (enough.summary.base?.seedsDone ?? 0)).toFixed(0)} % of the runs` +
          (at == null ? '.' : `, in most of them by ${zoneTime(at, zone)}.`)
        );
      }
      const best = own.reduce((a, b) =>
        (b.summary.base?.worked.mean ?? 0) > (a.summary.base?.worked.mean ?? 0) ? b : a,
      );
      const { base } = best.summary;
      const worked = base === null ? '-' : percent(base.worked.mean);
      const reason =
        base !== null && base.tried.mean > 0.999
          ? ' Every lead has been called by then: retries, daily caps and cool-downs set the pace, not agents.'
          : '';
      const none =
        agents.length > 1
          ? `no number of agents from ${agents[0]} to ${agents.at(-1)} finishes`
          : `${count(best.agents)} do not finish`;
      return `${name}${none} ${by}; ${agents.length > 1 ? `at most ${count(best.agents)} bring` : 'they bring'} ${worked} of the base to an end.${reason}`;
    })
    .map((sentence) => sentence.charAt(0).toUpperCase() + sentence.slice(1))
    .join('\n');
}

const count = (agents = 0): string => (agents === 1 ? '1 agent' : `${agents} agents`);
