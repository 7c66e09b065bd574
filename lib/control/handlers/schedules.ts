import { accessSync, constants, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import type { Action, ScheduleSpec } from '../../core/schedule.ts';
import { isZone } from '../../core/zone-clock.ts';
import { messageOf, ObzvonError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { formatPath, type Path } from '../../problems.ts';
import type { ScheduleRow, SlotRow } from '../../store/schedules.ts';
import { reportPlace } from '../actions.ts';
import type { ScheduleNow, ScheduleSlot } from '../commands/schedules.ts';
import type { Handlers } from '../server.ts';
import type { Daemon } from './daemon.ts';

/** What is wrong with a schedule, and where in it. */
interface Fault {
  readonly path: Path;
  readonly message: string;
}

/** Schedules: what is to be done by the clock. */
export function scheduleHandlers(daemon: Daemon) {
  const { store, schedules } = daemon;

  return {
    'schedule.add': (spec, { by }) => {
      // The daemon reads the file with its own rights, and tells of its rows.
      if (spec.action.do === 'refresh' && by.role !== 'ops') {
        throw new ObzvonError(
          'ROLE_DENIED',
          'schedule.add of a refresh is for ops: it reads any file the daemon may read',
        );
      }
      const faults = [...timeFaults(daemon, spec), ...actionFaults(daemon, spec.action)];
      if (faults.length > 0) {
        throw new ObzvonError('SCHEDULE_INVALID', `schedule ${spec.name} is not added`, {
          details: faults.map(({ path, message }) => `${formatPath(path)}: ${message}`),
        });
      }
      const created = schedules.add(spec) === 'created';
      return { created, schedule: now(daemon, named(daemon, spec.name)) };
    },
    'schedule.list': () => ({ schedules: store.schedules.all().map((row) => now(daemon, row)) }),
    'schedule.show': ({ name, limit }) => {
      const row = named(daemon, name);
      const slots = store.schedules.last(name, limit).map((slot) => shown(daemon, slot));
      return { ...now(daemon, row), slots };
    },
    'schedule.remove': ({ name }) => {
      schedules.remove(name);
      return { name };
    },
    'schedule.run': async ({ name, slot }) => ({ name, ...(await schedules.run(name, slot ?? null)) }),
  } satisfies Handlers;
}

/** Schedules that cannot do their work as things stand, and why. */
export function troubledSchedules(daemon: Daemon): { name: string; problem: string }[] {
  return daemon.store.schedules.all().flatMap((row) => {
    const problem = problemOf(daemon, row);
    return problem === null ? [] : [{ name: row.name, problem }];
  });
}

function named(daemon: Daemon, name: string): ScheduleRow {
  const row = daemon.store.schedules.byName(name);
  if (row !== undefined) return row;
  const near = nearest(
    name,
    daemon.store.schedules.all().map((one) => one.name),
  );
  throw new ObzvonError(
    'NOT_FOUND',
    `there is no schedule “${name}”${near === null ? '' : `: did you mean “${near}”?`}`,
  );
}

function now(daemon: Daemon, row: ScheduleRow): ScheduleNow {
  const { name, cron, zone, lateMin, action, createdAt } = row;
  const next = isZone(zone) ? daemon.schedules.next(row) : null;
  const [last] = daemon.store.schedules.last(name, 1);
  return {
    name,
    cron,
    zone,
    lateMin,
    action,
    createdAt,
    running: daemon.schedules.isRunning(name),
    next: next === null ? null : { slot: next.local, at: next.dueAt },
    last: last === undefined ? null : shown(daemon, last),
    problem: problemOf(daemon, row),
  };
}

function shown(daemon: Daemon, row: SlotRow): ScheduleSlot {
  const open = daemon.schedules.isRunning(row.schedule) ? 'running' : 'cut-short';
  return {
    slot: row.slot,
    dueAt: row.due_at,
    beganAt: row.claimed_at,
    finishedAt: row.finished_at,
    outcome: row.outcome ?? open,
    result: row.result,
    why: row.why,
  };
}

function problemOf(daemon: Daemon, { zone, action }: ScheduleRow): string | null {
  if (!isZone(zone)) return `this system knows no zone ${zone} any more`;
  if ('campaign' in action && !daemon.engine.floor.campaigns.has(action.campaign)) {
    return `campaign ${action.campaign} is gone`;
  }
  return null;
}

function timeFaults(daemon: Daemon, { cron, zone }: ScheduleSpec): Fault[] {
  const faults: Fault[] = [];
  if (!isZone(zone)) faults.push({ path: ['zone'], message: `there is no zone “${zone}”${nearestZone(zone)}` });
  const messages = daemon.schedules.faultsOf(cron, isZone(zone) ? zone : 'UTC');
  return [...messages.map((message): Fault => ({ path: ['cron'], message })), ...faults];
}

/** A zone is often known by its city alone. */
function nearestZone(zone: string): string {
  const zones = Intl.supportedValuesOf('timeZone');
  const city = zone.toLowerCase().replaceAll(' ', '_');
  const near = zones.find((one) => one.toLowerCase().endsWith(`/${city}`)) ?? nearest(zone, zones);
  return near === null ? '; give an IANA name such as Europe/Moscow' : `: did you mean “${near}”?`;
}

function actionFaults(daemon: Daemon, action: Action): Fault[] {
  switch (action.do) {
    case 'refresh':
      return refreshFaults(action);
    case 'report':
    case 'redial-report':
      return [...campaignFaults(daemon, action.campaign), ...reportFaults(daemon, action.file)];
    default:
      return campaignFaults(daemon, action.campaign);
  }
}

function campaignFaults({ engine }: Daemon, name: string): Fault[] {
  if (engine.floor.campaigns.has(name)) return [];
  const near = nearest(name, [...engine.floor.campaigns.keys()]);
  const hint = near === null ? '' : `: did you mean “${near}”?`;
  return [{ path: ['action', 'campaign'], message: `there is no campaign “${name}”${hint}` }];
}

function refreshFaults({ register, files, registry }: Extract<Action, { do: 'refresh' }>): Fault[] {
  const faults: Fault[] = [];
  if (register === 'dnc' && registry === undefined) {
    faults.push({ path: ['action', 'registry'], message: 'a do-not-call list needs the name of its registry' });
  }
  if (register !== 'dnc' && registry !== undefined) {
    faults.push({ path: ['action', 'registry'], message: `only a do-not-call list is of a registry, not ${register}` });
  }
  for (const [index, file] of files.entries()) {
    const reason = isAbsolute(file) ? unreadable(file) : 'give an absolute path';
    if (reason !== null) faults.push({ path: ['action', 'files', index], message: `${file}: ${reason}` });
  }
  return faults;
}

function unreadable(file: string): string | null {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile() ? null : 'it is no file';
  } catch (error) {
    return `the daemon cannot read it: ${messageOf(error)}`;
  }
}

function reportFaults(daemon: Daemon, file: string): Fault[] {
  const path: Path = ['action', 'file'];
  try {
    const folder = dirname(reportPlace(daemon.config().reports, file, '2026-11-22'));
    accessSync(folder, constants.W_OK);
    return [];
  } catch (error) {
    return [{ path, message: messageOf(error) }];
  }
}
