import { resolve } from 'node:path';
import type { ScheduleDetails, ScheduleNow, ScheduleSlot } from '../control/commands/schedules.ts';
import { actionText, CAMPAIGN_TURNS, type Action, type RefreshedRegister } from '../core/schedule.ts';
import { EXIT, ObzvonError, type ExitCode } from '../errors.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';
import { duration, pairs, table, type Cell } from './print.ts';

interface AddOptions {
  readonly cron: string;
  readonly zone: string;
  /** Minutes; 0: not late at all. */
  readonly late: number;
  readonly redial?: string;
  readonly start?: string;
  readonly stop?: string;
  readonly pause?: string;
  readonly resume?: string;
  readonly refresh?: RefreshedRegister;
  readonly report?: string;
  readonly redialReport?: string;
  readonly file?: readonly string[];
  readonly registry?: string;
}

/** `obzvon schedule add NAME` */
export async function add(cli: Cli, name: string, options: AddOptions): Promise<void> {
  const { cron, zone, late } = options;
  const added = await cli.call('schedule.add', { name, cron, zone, lateMin: late, action: actionOf(options) });
  cli.show(added, ({ created, schedule }) => {
    const next = schedule.next === null ? 'never again' : `${schedule.next.slot} ${zone} (${utc(schedule.next.at)})`;
    return `${name} ${created ? 'added' : 'is there already, the very same'}: ${actionText(schedule.action)}, next ${next}\n`;
  });
}

/** `obzvon schedule list` */
export async function list(cli: Cli): Promise<void> {
  cli.show(await cli.call('schedule.list', {}), ({ schedules }) =>
    schedules.length === 0 ? 'no schedules\n' : listTable(cli.io, schedules),
  );
}

/** `obzvon schedule show NAME` */
export async function show(cli: Cli, name: string, options: { limit: number }): Promise<void> {
  cli.show(await cli.call('schedule.show', { name, ...options }), (schedule) => details(cli.io, schedule));
}

/** `obzvon schedule remove NAME` */
export async function remove(cli: Cli, name: string): Promise<void> {
  cli.show(await cli.call('schedule.remove', { name }), () => `${name} removed\n`);
}

/** `obzvon schedule run NAME`: exit 1 when the run fails. */
export async function run(cli: Cli, name: string, options: { slot?: string }): Promise<ExitCode> {
  // A pass over a big base, or a big file, takes its time.
  const ran = await cli.call('schedule.run', { name, ...options }, { onProgress: () => undefined });
  cli.show(ran, ({ slot, ran: now, outcome, result }) => {
    return now ? `${slot} ${outcome}: ${result}\n` : `${slot} was done before: ${result}\n`;
  });
  return ran.outcome === 'done' ? EXIT.ok : EXIT.failed;
}

/** Exactly one thing to do, with what it needs. */
function actionOf(options: AddOptions): Action {
  const { redial, refresh, report, redialReport, registry, file = [] } = options;
  const files = file.map((one) => resolve(one));
  // A report lies under the daemon's own folder: a relative name begins there.
  const [written = ''] = file;
  const actions: Action[] = [];
  if (redial !== undefined) actions.push({ do: 'redial', campaign: redial });
  for (const turn of CAMPAIGN_TURNS) {
    const campaign = options[turn];
    if (campaign !== undefined) actions.push({ do: turn, campaign });
  }
  if (refresh !== undefined) {
    actions.push({ do: 'refresh', register: refresh, files, ...(registry === undefined ? {} : { registry }) });
  }
  if (report !== undefined) actions.push({ do: 'report', campaign: report, file: written });
  if (redialReport !== undefined) {
    actions.push({ do: 'redial-report', campaign: redialReport, file: written });
  }
  const [action, ...more] = actions;
  if (action === undefined || more.length > 0) {
    throw new ObzvonError('USAGE', 'say one thing to do', {
      hint: '--redial, --start, --stop, --pause, --resume, --refresh, --report or --redial-report',
    });
  }
  const wanted = action.do === 'refresh' ? 'the file to read' : 'file' in action ? 'the file to write' : null;
  if (wanted !== null && files.length === 0) throw new ObzvonError('USAGE', `--${action.do} needs ${wanted}: --file`);
  if (wanted === null && files.length > 0) throw new ObzvonError('USAGE', '--file goes with --refresh or a report');
  if ('file' in action && files.length > 1) throw new ObzvonError('USAGE', 'a report goes into one --file');
  if (registry !== undefined && action.do !== 'refresh')
    throw new ObzvonError('USAGE', '--registry goes with --refresh');
  return action;
}

function listTable(io: Io, schedules: readonly ScheduleNow[]): string {
  return table(
    io,
    ['NAME', 'DOES', 'CRON', 'ZONE', 'NEXT LOCAL', 'NEXT UTC', 'LAST', 'OUTCOME'],
    schedules.map(({ name, action, cron, zone, next, last, problem }) => [
      problem === null ? name : { text: name, style: 'red' },
      actionText(action),
      cron,
      zone,
      next?.slot ?? null,
      next === null ? null : utc(next.at),
      last?.slot ?? null,
      problem === null ? (last === null ? null : outcomeCell(last)) : { text: problem, style: 'red' },
    ]),
  );
}

function details(io: Io, schedule: ScheduleDetails): string {
  const { name, action, cron, zone, lateMin, next, problem, slots } = schedule;
  const files = action.do === 'refresh' ? action.files.join(', ') : 'file' in action ? action.file : null;
  const head = pairs(io, [
    ['schedule', name],
    ['does', actionText(action)],
    ['file', files],
    ['when', `${cron}, ${zone}`],
    ['late', lateMin === 0 ? 'never' : `up to ${duration(lateMin * 60_000)}`],
    ['next', next === null ? 'none in sight' : `${next.slot}, ${utc(next.at)}`],
    ['problem', problem === null ? null : { text: problem, style: 'red' }],
  ]);
  if (slots.length === 0) return `${head}\nno slot has come yet\n`;
  const rows = slots.map((slot): Cell[] => [slot.slot, utc(slot.beganAt), outcomeCell(slot), slot.result, slot.why]);
  return `${head}\n${table(io, ['SLOT', 'BEGAN UTC', 'OUTCOME', 'RESULT', 'WHY'], rows)}`;
}

function outcomeCell({ outcome }: ScheduleSlot): Cell {
  return outcome === 'failed' || outcome === 'missed' ? { text: outcome, style: 'red' } : outcome;
}

/** `2026-11-24 23:00Z` */
function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
