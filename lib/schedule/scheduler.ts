import type { Clock } from '../clock.ts';
import { matchingMinutes, type CronFields } from '../core/cron.ts';
import { actionText, type Action, type ScheduleSpec, type SlotOutcome } from '../core/schedule.ts';
import { decideSlot, lastSlot, localMs, lookAt, reachedMinute, slotAt, slotsAfter, type Slot } from '../core/slots.ts';
import { isZone } from '../core/zone-clock.ts';
import { createClockWatch } from '../dialer/clock-watch.ts';
import { messageOf, ObzvonError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ScheduleRow, SlotRow } from '../store/schedules.ts';
import type { Store } from '../store/store.ts';
import { everComes, readCron } from './cron.ts';
import { createSlotBook } from './slot-book.ts';
import { minutes, overWindow, whyMissed, whyOdd, type Past } from './why.ts';

/** What a run of an action is told beside it. */
export interface RunContext {
  /** The slot's local date and time. */
  readonly slot: string;
  /** Aborted when the daemon stops: what is cut short begins again after its next start. */
  readonly signal: AbortSignal;
}

/** Does what an action says and answers with a sentence; a rejection is its failure. Running it again must do no harm. */
export type RunAction = (action: Action, context: RunContext) => Promise<string>;

/** A run that was asked for by hand. */
export interface ManualRun {
  readonly slot: string;
  /** False when the slot was done before: it is not done twice. */
  readonly ran: boolean;
  readonly outcome: SlotOutcome;
  readonly result: string;
}

export interface Scheduler {
  /** Looks at the clock from now on; first at what was cut short and at what went by while nobody looked. */
  start(): void;
  /** Begins nothing more, tells running actions to stop and waits for them. */
  close(): Promise<void>;
  /** `unchanged` when the same is there; throws SCHEDULE_INVALID when another is. */
  add(spec: ScheduleSpec): 'created' | 'unchanged';
  /** Throws MOVE_REFUSED while it runs. */
  remove(name: string): void;
  /** Runs a slot that has come, the last one when none is named; one that is done is left. */
  run(name: string, local: string | null): Promise<ManualRun>;
  /** The next slot; null: none in sight. */
  next(schedule: ScheduleRow): Slot | null;
  /** What is wrong with an expression in a zone: each field's mistake, or that it never comes. */
  faultsOf(cron: string, zone: string): readonly string[];
  /** Whether a slot of it runs now. */
  isRunning(name: string): boolean;
}

const TICK_MS = 15_000;
const MINUTE_MS = 60_000;

/** Runs schedules: each slot is claimed under a unique key in the transaction that journals it, then run, then finished. */
export function createScheduler(parts: {
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Logger;
  readonly run: RunAction;
}): Scheduler {
  const { clock, store, log } = parts;
  const book = createSlotBook(parts);
  const stopping = new AbortController();
  const watch = createClockWatch(clock);
  const startedAt = clock.now();
  /** What runs, by schedule: no schedule overlaps itself. */
  const busy = new Map<string, Promise<void>>();
  const lastRuns = new Map<string, Past['lastRun']>();
  /** Before this nothing is due; forgotten whenever the clock jumps. */
  const quietUntil = new Map<string, { readonly of: string; readonly until: number }>();
  const cancels: (() => void)[] = [];
  let jump: Past['jump'] = null;
  let cutShort: readonly SlotRow[] = [];

  /** Those that can be timed: a zone may have vanished with an update of the system. */
  const schedules = (): ScheduleRow[] => store.schedules.all().filter(({ zone }) => isZone(zone));
  const pastOf = (name: string): Past => ({ startedAt, jump, lastRun: lastRuns.get(name) ?? null });

  function tick(): void {
    const byMs = watch.look();
    const now = clock.now();
    if (byMs !== 0) quietUntil.clear();
    if (byMs > 0) jump = { from: now - byMs, to: now };
    for (const schedule of schedules()) {
      if (byMs < 0) book.setBack(schedule, `the clock was set back by ${minutes(-byMs)}`);
      if (!busy.has(schedule.name) && !isQuiet(schedule, now)) hold(schedule.name, attend(schedule.name));
    }
  }

  /** What a timer starts must not end the daemon: what goes wrong is the store's or a bug, and the next tick tries again. */
  function guardedTick(): void {
    try {
      tick();
    } catch (error) {
      log.error({ err: error }, 'the schedules could not be looked at');
    }
  }

  function isQuiet(schedule: ScheduleRow, now: number): boolean {
    const quiet = quietUntil.get(schedule.name);
    if (quiet === undefined || cutShort.some((row) => row.schedule === schedule.name)) return false;
    return quiet.of === keyOf(schedule) && now < quiet.until;
  }

  /** Keeps a schedule's work where others see it. */
  function hold(name: string, work: Promise<unknown>): void {
    const held = work
      .then(() => undefined)
      .catch((error: unknown) => log.error({ schedule: name, err: error }, 'a schedule could not be attended to'))
      .finally(() => busy.delete(name));
    busy.set(name, held);
  }

  /** Runs what is due of one schedule, slot by slot, until nothing is. */
  async function attend(name: string): Promise<void> {
    const mine = cutShort.filter((row) => row.schedule === name);
    cutShort = cutShort.filter((row) => row.schedule !== name);
    for (const row of mine) await resume(row);
    while (!stopping.signal.aborted) {
      const schedule = store.schedules.byName(name);
      if (schedule === undefined) return;
      const { cron, zone, handledTo, lateMin } = schedule;
      const look = lookAt(fieldsOf(cron), zone, localMs(handledTo), clock.now(), lateMin * MINUTE_MS);
      if (look.missed !== null) book.giveUp(name, look.missed, whyMissed(look.missed, lateMin, pastOf(name)));
      if (look.due === null) {
        quietUntil.set(name, { of: keyOf(schedule), until: look.next?.dueAt ?? Infinity });
        return;
      }
      const { slot } = look.due;
      const why = whyOdd(look.due, clock.now(), pastOf(name));
      if (book.begin(name, slot, why)) await perform(schedule, slot.local);
    }
  }

  /** A slot the daemon died in: begun again inside its window, given up after it. */
  async function resume({ schedule: name, slot, due_at }: SlotRow): Promise<void> {
    const schedule = store.schedules.byName(name);
    if (schedule === undefined || stopping.signal.aborted) return;
    const cut = 'the daemon stopped in the midst of it';
    if (decideSlot(due_at, clock.now(), schedule.lateMin * MINUTE_MS) === 'missed') {
      book.finish(name, slot, 'failed', `${cut}; ${overWindow(schedule.lateMin)}`);
      return;
    }
    book.beginAgain(name, slot, cut);
    await perform(schedule, slot);
  }

  async function perform({ name, action }: ScheduleSpec, slot: string): Promise<void> {
    const from = clock.now();
    log.info({ schedule: name, slot, action: actionText(action) }, 'a schedule runs');
    const ended = await parts.run(action, { slot, signal: stopping.signal }).then(
      (result) => ({ outcome: 'done' as const, result }),
      (error: unknown) => ({ outcome: 'failed' as const, result: reasonOf(error), error }),
    );
    lastRuns.set(name, { from, to: clock.now() });
    if (ended.outcome === 'failed' && stopping.signal.aborted) {
      log.warn({ schedule: name, slot }, 'a schedule’s run is cut short; it begins again after the next start');
      return;
    }
    if (ended.outcome === 'failed' && !(ended.error instanceof ObzvonError)) {
      log.error({ schedule: name, slot, err: ended.error }, 'a schedule’s run threw');
    }
    book.finish(name, slot, ended.outcome, ended.result);
  }

  /** The schedule of this name while nothing of it runs. */
  function idleSchedule(name: string): ScheduleRow {
    const schedule = store.schedules.byName(name);
    if (schedule === undefined) throw new ObzvonError('NOT_FOUND', `there is no schedule “${name}”`);
    if (busy.has(name)) throw new ObzvonError('MOVE_REFUSED', `schedule ${name} runs now`);
    return schedule;
  }

  return {
    start() {
      cutShort = store.schedules.unfinished();
      for (const schedule of schedules()) {
        book.setBack(schedule, 'the clock shows a time before slots that are handled');
      }
      cancels.push(clock.after(0, guardedTick), clock.every(TICK_MS, guardedTick));
    },
    async close() {
      for (const cancel of cancels) cancel();
      stopping.abort();
      await Promise.all(busy.values());
    },
    add: (spec) => book.add(spec),
    remove: (name) => book.remove(idleSchedule(name)),
    async run(name, local) {
      const schedule = idleSchedule(name);
      const slot = slotTyped(schedule, local, clock.now());
      const before = store.schedules.slot(name, slot.local);
      if (before?.outcome === 'done') return manualRun(before, false);
      book.beginByHand(name, slot, 'run by hand');
      const work = perform(schedule, slot.local);
      hold(name, work);
      await busy.get(name);
      await work;
      const after = store.schedules.slot(name, slot.local);
      if (after?.outcome == null) throw new ObzvonError('MOVE_REFUSED', 'the daemon stops: the run was cut short');
      return manualRun(after, true);
    },
    next({ cron, zone, handledTo }) {
      const after = Math.max(localMs(handledTo), reachedMinute(zone, clock.now()));
      const [first] = slotsAfter(fieldsOf(cron), zone, after);
      return first ?? null;
    },
    faultsOf(cron, zone) {
      const read = readCron(cron);
      if (!read.ok) return read.reasons;
      return everComes(read.fields, zone, clock.now()) ? [] : [`“${cron}” never comes: no date has all it asks for`];
    },
    isRunning: (name) => busy.has(name),
  };
}

/** A stored expression was read when it was added. */
function fieldsOf(cron: string): CronFields {
  const read = readCron(cron);
  if (read.ok) return read.fields;
  throw new ObzvonError('SCHEDULE_INVALID', `“${cron}” is no cron expression`, { details: [...read.reasons] });
}

/** The slot a person means; it must have come. */
function slotTyped({ name, cron, zone }: ScheduleRow, local: string | null, now: number): Slot {
  const fields = fieldsOf(cron);
  if (local === null) {
    const last = lastSlot(fields, zone, now);
    if (last === null) throw new ObzvonError('NOT_FOUND', `no slot of ${name} has come in the last ten years`);
    return last;
  }
  const ms = localMs(local);
  const matches = !Number.isNaN(ms) && matchingMinutes(fields, ms - MINUTE_MS, ms).next().done !== true;
  const slot = matches ? slotAt(zone, ms) : null;
  if (slot === null) {
    throw new ObzvonError('USAGE', `${local} is no slot of ${name} (${cron}, ${zone})`, {
      hint: 'slots are local times such as 2026-11-25T02:00; see obzvon schedule show',
    });
  }
  if (slot.dueAt > now) throw new ObzvonError('MOVE_REFUSED', `the slot ${local} of ${name} has not come yet`);
  return slot;
}

/** What a look at a schedule depends on. */
function keyOf({ cron, zone, handledTo, lateMin }: ScheduleRow): string {
  return [cron, zone, handledTo, lateMin].join(' ');
}

function manualRun({ slot, outcome, result }: SlotRow, ran: boolean): ManualRun {
  return { slot, ran, outcome: outcome ?? 'failed', result: result ?? '' };
}

function reasonOf(error: unknown): string {
  return [messageOf(error), ...(error instanceof ObzvonError ? error.details : [])].join('; ');
}
