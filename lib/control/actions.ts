import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Action, CampaignTurn } from '../core/schedule.ts';
import type { Clock } from '../clock.ts';
import { EXIT, messageOf, ObzvonError } from '../errors.ts';
import { placeUnder } from '../paths.ts';
import { campaignNamed, type Daemon } from './handlers/daemon.ts';
import type { CallContext, Handlers } from './server.ts';

/** How a run of `obzvon` ended. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs this installation's own `obzvon` against this daemon: reading files and laying out reports is its work. */
export type RunObzvon = (argv: readonly string[], signal: AbortSignal) => Promise<Ran>;

/** The longest a process of a schedule may take: no file or report needs so long, one that hangs needs for ever. */
export const OBZVON_LIMIT_MS = 2 * 3_600_000;

type Refresh = Extract<Action, { do: 'refresh' }>;
type Report = Extract<Action, { file: string }>;

/**
 * What schedules do, by the handlers of the commands a person would give. Each may be run again for the same slot: a pass
 * is begun once a date, a campaign that is there already stays, a file read twice says nothing new.
 */
export function createActions(daemon: Daemon, handlers: Required<Handlers>, run: RunObzvon) {
  const obzvon = endedInTime(run, daemon.clock);
  return async (action: Action, { slot, signal }: { slot: string; signal: AbortSignal }): Promise<string> => {
    const context: CallContext = { by: { role: 'schedule', claims: null }, progress: () => undefined, signal };
    switch (action.do) {
      case 'redial':
        return redial(handlers, action.campaign, slot.slice(0, 10), context);
      case 'refresh':
        return refresh(action, obzvon, signal);
      case 'report':
      case 'redial-report':
        return report(action, { root: daemon.config().reports, date: slot.slice(0, 10) }, obzvon, signal);
      default:
        return turn(daemon, handlers, action.do, action.campaign, context);
    }
  };
}

/** Ends a process that takes longer than it may: its schedule's later slots would wait for it. */
function endedInTime(run: RunObzvon, clock: Clock): RunObzvon {
  return async (argv, signal) => {
    const tooLate = new AbortController();
    const cancel = clock.after(OBZVON_LIMIT_MS, () => tooLate.abort());
    try {
      return await run(argv, AbortSignal.any([signal, tooLate.signal]));
    } catch (error) {
      if (!tooLate.signal.aborted || signal.aborted) throw error;
      const hours = OBZVON_LIMIT_MS / 3_600_000;
      throw new ObzvonError('WAIT_TIMED_OUT', `obzvon ${argv[0]} was ended: it took more than ${hours} hours`, {
        cause: error,
        hint: 'run it by hand and see what it waits for',
      });
    } finally {
      cancel();
    }
  };
}

/** States in which a campaign is where the turn would take it. */
const THERE: Readonly<Record<CampaignTurn, readonly string[]>> = {
  start: ['running'],
  resume: ['running'],
  pause: ['paused'],
  stop: ['draft', 'draining', 'stopped'],
};

async function turn(
  daemon: Daemon,
  handlers: Required<Handlers>,
  what: CampaignTurn,
  name: string,
  context: CallContext,
): Promise<string> {
  const { state } = campaignNamed(daemon, name);
  if (THERE[what].includes(state)) return `${name} is ${state} already`;
  const after = await handlers[`campaign.${what}`]({ name }, context);
  return `${name} is ${after.state}`;
}

async function redial(handlers: Required<Handlers>, campaign: string, date: string, context: CallContext) {
  const { already, called, waiting, leads } = await handlers['redial.run']({ campaign, for: date }, context);
  const pass = `the pass of ${date} over ${campaign}`;
  if (already) return `${pass} was begun before`;
  return `${pass} has begun: ${called} of ${leads} leads are called, ${waiting} more at times of their own`;
}

async function refresh({ register, files, registry }: Refresh, obzvon: RunObzvon, signal: AbortSignal) {
  const lists = register === 'ranges' ? [files] : files.map((file) => [file]);
  const said: string[] = [];
  for (const list of lists) {
    const more = registry === undefined ? [] : ['--registry', registry, '--taken-at', takenAt(list[0] ?? '')];
    const { exit, out, err } = await obzvon([register, 'import', ...list, ...more], signal);
    // Rows put aside are told with the counts.
    if (exit !== EXIT.ok && exit !== EXIT.partial) throw new ObzvonError('IMPORT_UNREADABLE', sentence(err));
    said.push(sentence(out));
  }
  return said.join('; ');
}

/** A list is as old as its file. */
function takenAt(file: string): string {
  try {
    return statSync(file).mtime.toISOString();
  } catch (error) {
    throw new ObzvonError('IMPORT_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

async function report(
  { do: what, campaign, file }: Report,
  place: { readonly root: string; readonly date: string },
  obzvon: RunObzvon,
  signal: AbortSignal,
) {
  const path = reportPlace(place.root, file, place.date);
  const json = path.endsWith('.json') ? ['--json'] : [];
  const command = what === 'report' ? ['report', 'campaign'] : ['redial', 'report'];
  const { out, err, exit } = await obzvon([...command, campaign, ...json], signal);
  if (out === '') throw new ObzvonError('EXPORT_FAILED', sentence(err));
  const beside = `${path}.${randomBytes(4).toString('hex')}.new`;
  try {
    // Whole or not at all: somebody may be reading it. And into a file of our own: nobody puts a link in its place.
    writeFileSync(beside, out, { mode: 0o640, flag: 'wx' });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new ObzvonError('EXPORT_FAILED', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
  if (exit !== EXIT.ok) throw new ObzvonError('EXPORT_FAILED', `written to ${path}: a law of the dialer does not hold`);
  return `written to ${path}`;
}

/** The file of a report, under the folder of reports: `{date}` is the slot's local date; EXPORT_FAILED when it lies elsewhere. */
export function reportPlace(root: string, file: string, date: string): string {
  const named = file.replaceAll('{date}', date);
  mkdirSync(root, { recursive: true, mode: 0o750 });
  const place = placeUnder(root, named);
  if (place.ok) return place.path;
  throw new ObzvonError('EXPORT_FAILED', `cannot write the report ${named}: ${place.reason}`, {
    hint: 'reports in config says where schedules may write',
  });
}

/** What a command printed, on one line. */
function sentence(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ');
}
