import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { actionText, type ScheduleSpec } from '../core/schedule.ts';
import { localMs, localText, reachedMinute, slotAt, type MissedSlots, type Slot } from '../core/slots.ts';
import { ObzvonError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ScheduleRow } from '../store/schedules.ts';
import type { Store } from '../store/store.ts';

export type SlotBook = ReturnType<typeof createSlotBook>;

const MINUTE_MS = 60_000;
/** Slots of a schedule that are remembered: a clock set back by as many repeats none. */
const KEPT_SLOTS = 10_000;

/** Every move of schedules and their slots: the row and the journal's row in one transaction, then one line in the log. */
export function createSlotBook({ clock, store, log }: { clock: Clock; store: Store; log: Logger }) {
  const journal = (name: string, event: string, data: Readonly<Record<string, unknown>>): void =>
    store.journal.write({ at: clock.now(), subject: 'schedule', id: name, event, data });

  /** Claims the slot under its unique key; `why`: what is odd about it. */
  function claim(name: string, { local, dueAt }: Slot, why: string | null): boolean {
    return store.commit(() => {
      if (!store.schedules.claim(name, local, dueAt, clock.now(), why)) return false;
      store.schedules.prune(name, KEPT_SLOTS);
      journal(name, 'begun', { slot: local, dueAt, ...(why === null ? {} : { why }) });
      return true;
    });
  }

  /** A slot that was cut short, failed or missed is begun again. */
  function beginAgain(name: string, slot: string, why: string): void {
    store.commit(() => {
      store.schedules.reclaim(name, slot, clock.now(), why);
      journal(name, 'begun-again', { slot, why });
    });
  }

  return {
    beginAgain,
    /** By hand: one that is done is not begun. */
    beginByHand(name: string, slot: Slot, why: string): void {
      const before = store.schedules.slot(name, slot.local);
      if (before === undefined) claim(name, slot, why);
      else beginAgain(name, slot.local, before.outcome === null ? why : `${why}; it was ${before.outcome} before`);
    },
    /** True when the slot that is due is ours to run; it is handled in any case. */
    begin(name: string, slot: Slot, why: string | null): boolean {
      return store.commit(() => {
        store.schedules.setHandled(name, slot.local);
        if (claim(name, slot, why)) return true;
        if (store.schedules.slot(name, slot.local)?.outcome !== 'missed') return false;
        beginAgain(name, slot.local, 'the clock was set back: it was missed before');
        return true;
      });
    },
    /** Slots that nobody may make up for, however many, are one row each of the journal and of the slots. */
    giveUp(name: string, { first, last, count, orMore, dueTo }: MissedSlots, why: string): void {
      const sum = count === 1 ? 'missed' : `${count}${orMore ? ' or more' : ''} missed from ${first} to ${last}`;
      store.commit(() => {
        store.schedules.setHandled(name, last);
        store.schedules.miss(name, last, dueTo, clock.now(), sum, why);
        journal(name, 'missed', { first, last, count, orMore, why });
      });
      log.warn({ schedule: name, first, last, count, why }, 'slots of a schedule were missed');
    },
    finish(name: string, slot: string, outcome: 'done' | 'failed', result: string): void {
      store.commit(() => {
        store.schedules.finish(name, slot, clock.now(), outcome, result);
        journal(name, outcome, { slot, result });
      });
      log[outcome === 'done' ? 'info' : 'error']({ schedule: name, slot, result }, `a schedule’s run is ${outcome}`);
    },
    /**
     * Time that is lived through again. Slots that ran have their rows and do not run again; those that were only jumped
     * over come at their time.
     */
    setBack({ name, zone, handledTo, lateMin, createdAt }: ScheduleRow, why: string): void {
      const now = clock.now();
      if ((slotAt(zone, localMs(handledTo))?.dueAt ?? 0) <= now + MINUTE_MS) return;
      const from = Math.max(now - Math.max(lateMin, 1) * MINUTE_MS, Math.min(createdAt, now));
      store.commit(() => {
        store.schedules.setHandled(name, localText(reachedMinute(zone, from)));
        journal(name, 'set-back', { handledTo, why: `${why}: slots that ran do not run again` });
      });
      log.warn({ schedule: name, handledTo, why }, 'slots of a schedule come again; those that ran do not run again');
    },
    /** `unchanged` when the same is there; throws SCHEDULE_INVALID when another is. */
    add(spec: ScheduleSpec): 'created' | 'unchanged' {
      const now = clock.now();
      const known = store.schedules.byName(spec.name);
      if (known !== undefined) {
        if (isDeepStrictEqual(contentOf(known), contentOf(spec))) return 'unchanged';
        const { cron, zone, action } = known;
        throw new ObzvonError('SCHEDULE_INVALID', `schedule ${spec.name} is not added`, {
          details: [`name: there is another schedule “${spec.name}”: ${cron} ${zone}, ${actionText(action)}`],
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
    remove(schedule: ScheduleRow): void {
      const { name } = schedule;
      store.commit(() => {
        store.schedules.remove(name);
        journal(name, 'removed', { ...contentOf(schedule) });
      });
      log.info({ schedule: name }, 'schedule removed');
    },
  };
}

function contentOf({ name, cron, zone, lateMin, action }: ScheduleSpec): ScheduleSpec {
  return { name, cron, zone, lateMin, action };
}
