import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { actionText, type Action, type ScheduleSpec, type SlotOutcome } from '../core/schedule.ts';
import {
  decideSlot,
  lastSlot,
  localMs,
  localText,
  lookAt,
  reachedMinute,
  slotAt,
  slotsAfter,
  type Look,
  type Slot,
} from '../core/slots.ts';
import { matchingMinutes, type CronFields } from '../core/cron.ts';
import { isZone } from '../core/zone-clock.ts';
import { createClockWatch } from '../dialer/clock-watch.ts';
import { messageOf, ObzvonError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ScheduleRow, SlotRow } from '../store/schedules.ts';
import type { Store } from '../store/store.ts';
import { readCron } from './cron.ts';
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
  /** Whether a slot of it runs now. */
  isRunning(name: string): boolean;
}

const TICK_MS = 15_000;
const MINUTE_MS = 60_000;
/** Slots of a schedule that are remembered: a clock set back by as many repeats none. */
const KEPT_SLOTS = 10_000;

/** Runs schedules: each slot is claimed under a unique key in the transaction that journals it, then run, then finished. */
export function createScheduler(parts: {
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Logger;
  readonly run: RunAction;
}): Scheduler {
  const { clock, store, log } = parts;
  const stopping = new AbortController();
  const watch = createClockWatch(clock);
  const startedAt = clock.now();
  /** What runs, by schedule: no schedule overlaps itself. */
  const busy = new Map<string, Promise<void>>();
  const lastRuns = new Map<string, Past['lastRun']>();
  /** Before this nothing is due; forgotten whenever the clock jumps. */
  const quietUntil = new Map<string, { readonly of: string; readonly until: number }>();
  let jump: Past['jump'] = null;
  let cancel: (() => void) | null = null;
  let cutShort: readonly SlotRow[] = [];

  const journal = (name: string, event: string, data: Readonly<Record<string, unknown>>): void =>
    store.journal.write({ at: clock.now(), subject: 'schedule', id: name, event, data });

  const pastOf = (name: string): Past => ({ startedAt, jump, lastRun: lastRuns.get(name) ?? null });

  function tick(): void {
    const byMs = watch.look();
    const now = clock.now();
    if (byMs !== 0) quietUntil.clear();
    if (byMs > 0) jump = { from: now - byMs, to: now };
    if (byMs < 0) noteBehind(`the clock was set back by ${minutes(-byMs)}`);
    for (const schedule of schedules()) {
      if (busy.has(schedule.name) || isQuiet(schedule, now)) continue;
      hold(schedule.name, attend(schedule.name));
    }
  }

  /**
   * Time that is lived through again. Slots that ran have their rows and are not run again; those that were only jumped
   * over come at their time.
   */
  function noteBehind(why: string): void {
    const now = clock.now();
    for (const { name, zone, handledTo, lateMin, createdAt } of schedules()) {
      if ((slotAt(zone, localMs(handledTo))?.dueAt ?? 0) <= now + MINUTE_MS) continue;
      store.commit(() => {
        const from = Math.max(now - Math.max(lateMin, 1) * MINUTE_MS, Math.min(createdAt, now));
        store.schedules.setHandled(name, localText(reachedMinute(zone, from)));
        journal(name, 'set-back', { handledTo, why: `${why}: slots that ran do not run again` });
      });
      log.warn({ schedule: name, handledTo, why }, 'slots of a schedule come again; those that ran do not run again');
    }
  }

  /** Those that can be timed: a zone may have vanished with an update of the system. */
  const schedules = (): ScheduleRow[] => store.schedules.all().filter(({ zone }) => isZone(zone));

  const isQuiet = (schedule: ScheduleRow, now: number): boolean => {
    const quiet = quietUntil.get(schedule.name);
    if (quiet === undefined || cutShort.some((row) => row.schedule === schedule.name)) return false;
    return quiet.of === keyOf(schedule) && now < quiet.until;
  };

  /** Keeps a schedule's work where others see it; what it throws is the store's or a bug, and the next tick tries again. */
  function hold(name: string, work: Promise<void>): void {
    const held = work
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
      const look = lookOf(schedule);
      if (look.missed !== null) giveUp(schedule, look.missed);
      if (look.due === null) {
        quietUntil.set(name, { of: keyOf(schedule), until: look.next?.dueAt ?? Infinity });
        return;
      }
      const { slot } = look.due;
      const why = whyOdd(look.due, clock.now(), pastOf(name));
      if (claim(schedule, slot, why)) await perform(schedule, slot.local);
    }
  }

  function lookOf({ cron, zone, handledTo, lateMin }: ScheduleRow): Look {
    return lookAt(fieldsOf(cron), zone, localMs(handledTo), clock.now(), lateMin * MINUTE_MS);
  }

  /** True when the slot is ours to run. */
  function claim(schedule: ScheduleRow, slot: Slot, why: string | null): boolean {
    const { name } = schedule;
    const now = clock.now();
    return store.commit(() => {
      store.schedules.setHandled(name, slot.local);
      store.schedules.prune(name, KEPT_SLOTS);
      if (!store.schedules.claim(name, slot.local, slot.dueAt, now, why)) {
        if (store.schedules.slot(name, slot.local)?.outcome !== 'missed') return false;
        beginAgain(name, slot.local, 'the clock was set back: it was missed before');
        return true;
      }
      journal(name, 'begun', { slot: slot.local, dueAt: slot.dueAt, ...(why === null ? {} : { why }) });
      return true;
    });
  }

  function giveUp(schedule: ScheduleRow, missed: NonNullable<Look['missed']>): void {
    const { name, lateMin } = schedule;
    const { first, last, count, orMore, dueTo } = missed;
    const why = whyMissed(missed, lateMin, pastOf(name));
    const sum = `${count}${orMore ? ' or more' : ''} missed from ${first} to ${last}`;
    store.commit(() => {
      store.schedules.setHandled(name, last);
      store.schedules.miss(name, last, dueTo, clock.now(), count === 1 ? 'missed' : sum, why);
      journal(name, 'missed', { first, last, count, orMore, why });
    });
    log.warn({ schedule: name, first, last, count, why }, 'slots of a schedule were missed');
  }

  /** A slot the daemon died in: begun again inside its window, given up after it. */
  async function resume({ schedule: name, slot, due_at }: SlotRow): Promise<void> {
    const schedule = store.schedules.byName(name);
    if (schedule === undefined || stopping.signal.aborted) return;
    const now = clock.now();
    const cut = 'the daemon stopped in the midst of it';
    if (decideSlot(due_at, now, schedule.lateMin * MINUTE_MS) === 'missed') {
      settle(name, slot, 'failed', `${cut}; ${overWindow(schedule.lateMin)}`);
      return;
    }
    beginAgain(name, slot, cut);
    await perform(schedule, slot);
  }

  function beginAgain(name: string, slot: string, why: string): void {
    store.commit(() => {
      store.schedules.reclaim(name, slot, clock.now(), why);
      journal(name, 'begun-again', { slot, why });
    });
  }

  async function perform({ name, action }: ScheduleSpec, slot: string): Promise<void> {
    const from = clock.now();
    log.info({ schedule: name, slot, action: actionText(action) }, 'a schedule runs');
    try {
      const result = await parts.run(action, { slot, signal: stopping.signal });
      settle(name, slot, 'done', result);
    } catch (error) {
      if (stopping.signal.aborted) {
        log.warn({ schedule: name, slot }, 'a schedule’s run is cut short; it begins again after the next start');
        return;
      }
      if (!(error instanceof ObzvonError)) log.error({ schedule: name, slot, err: error }, 'a schedule’s run threw');
      const details = error instanceof ObzvonError ? error.details : [];
      settle(name, slot, 'failed', [messageOf(error), ...details].join('; '));
    } finally {
      lastRuns.set(name, { from, to: clock.now() });
    }
  }

  function settle(name: string, slot: string, outcome: 'done' | 'failed', result: string): void {
    store.commit(() => {
      store.schedules.finish(name, slot, clock.now(), outcome, result);
      journal(name, outcome, { slot, result });
    });
    log[outcome === 'done' ? 'info' : 'error']({ schedule: name, slot, result }, `a schedule’s run is ${outcome}`);
  }

  function scheduleNamed(name: string): ScheduleRow {
    const schedule = store.schedules.byName(name);
    if (schedule === undefined) throw new ObzvonError('NOT_FOUND', `there is no schedule “${name}”`);
    return schedule;
  }

  /** The slot a person means. */
  function slotTyped({ name, cron, zone }: ScheduleRow, local: string | null): Slot {
    const fields = fieldsOf(cron);
    const now = clock.now();
    if (local === null) {
      const last = lastSlot(fields, zone, now);
      if (last === null) throw new ObzvonError('NOT_FOUND', `no slot of ${name} has come in the last ten years`);
      return last;
    }
    const ms = localMs(local);
    const matches = !Number.isNaN(ms) && !matchingMinutes(fields, ms - MINUTE_MS, ms).next().done;
    const slot = matches ? slotAt(zone, ms) : null;
    if (slot === null) {
      throw new ObzvonError('USAGE', `${local} is no slot of ${name} (${cron}, ${zone})`, {
        hint: 'slots are local times such as 2026-11-25T02:00; see obzvon schedule show',
      });
    }
    if (slot.dueAt > now) throw new ObzvonError('MOVE_REFUSED', `the slot ${local} of ${name} has not come yet`);
    return slot;
  }

  return {
    start() {
      cutShort = store.schedules.unfinished();
      noteBehind('the clock shows a time before slots that are handled');
      cancel = clock.every(TICK_MS, guardedTick);
      guardedTick();
    },
    async close() {
      cancel?.();
      stopping.abort();
      await Promise.all(busy.values());
    },
    add(spec) {
      const now = clock.now();
      const known = store.schedules.byName(spec.name);
      if (known !== undefined) {
        if (isDeepStrictEqual(contentOf(known), contentOf(spec))) return 'unchanged';
        throw new ObzvonError('SCHEDULE_INVALID', `schedule ${spec.name} is not added`, {
          details: [
            `name: there is another schedule “${spec.name}”: ${known.cron} ${known.zone}, ${actionText(known.action)}`,
          ],
          hint: `give another name, or remove that one first: obzvon schedule remove ${spec.name}`,
        });
      }
      store.commit(() => {
        // What came before it was added is none of its slots.
        store.schedules.insert(spec, localText(reachedMinute(spec.zone, now)), now);
        journal(spec.name, 'added', { ...contentOf(spec) });
      });
      log.info({ schedule: spec.name, action: actionText(spec.action) }, 'schedule added');
      return 'created';
    },
    remove(name) {
      const schedule = scheduleNamed(name);
      refuseWhenBusy(name);
      store.commit(() => {
        store.schedules.remove(name);
        journal(name, 'removed', { ...contentOf(schedule) });
      });
      log.info({ schedule: name }, 'schedule removed');
    },
    async run(name, local) {
      const schedule = scheduleNamed(name);
      refuseWhenBusy(name);
      const slot = slotTyped(schedule, local);
      const before = store.schedules.slot(name, slot.local);
      if (before?.outcome === 'done') return manualRun(before, false);
      const why = 'run by hand';
      if (before === undefined) claimByHand(name, slot, why);
      else beginAgain(name, slot.local, before.outcome === null ? why : `${why}; it was ${before.outcome} before`);
      const work = perform(schedule, slot.local);
      hold(name, work);
      await work;
      const after = store.schedules.slot(name, slot.local);
      if (after?.outcome == null) throw new ObzvonError('MOVE_REFUSED', 'the daemon stops: the run was cut short');
      return manualRun(after, true);
    },
    next: ({ cron, zone, handledTo }) => {
      const now = clock.now();
      const after = Math.max(localMs(handledTo), reachedMinute(zone, now));
      const [first] = slotsAfter(fieldsOf(cron), zone, after);
      return first ?? null;
    },
    isRunning: (name) => busy.has(name),
  };

  function guardedTick(): void {
    try {
      tick();
    } catch (error) {
      log.error({ err: error }, 'the schedules could not be looked at');
    }
  }

  function claimByHand(name: string, slot: Slot, why: string): void {
    store.commit(() => {
      store.schedules.claim(name, slot.local, slot.dueAt, clock.now(), why);
      journal(name, 'begun', { slot: slot.local, dueAt: slot.dueAt, why });
    });
  }

  function refuseWhenBusy(name: string): void {
    if (busy.has(name)) throw new ObzvonError('MOVE_REFUSED', `schedule ${name} runs now`);
  }
}

/** A stored expression was read when it was added. */
function fieldsOf(cron: string): CronFields {
  const read = readCron(cron);
  if (!read.ok)
    throw new ObzvonError('SCHEDULE_INVALID', `“${cron}” is no cron expression`, { details: [...read.reasons] });
  return read.fields;
}

function contentOf({ name, cron, zone, lateMin, action }: ScheduleSpec): ScheduleSpec {
  return { name, cron, zone, lateMin, action };
}

/** What a look at a schedule depends on. */
function keyOf({ cron, zone, handledTo, lateMin }: ScheduleRow): string {
  return [cron, zone, handledTo, lateMin].join(' ');
}

function manualRun({ slot, outcome, result }: SlotRow, ran: boolean): ManualRun {
  return { slot, ran, outcome: outcome ?? 'failed', result: result ?? '' };
}
