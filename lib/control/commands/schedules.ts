import type { Action, ScheduleSpec, SlotOutcome } from '../../core/schedule.ts';
import type { Named, None, Told } from './shape.ts';

/** A slot of a schedule that has come. */
export interface ScheduleSlot {
  /** Local date and time, such as `2026-11-25T02:00`. */
  readonly slot: string;
  readonly dueAt: number;
  /** When it was last begun, or given up. */
  readonly beganAt: number;
  readonly finishedAt: number | null;
  /** `cut-short`: the daemon died in it, or stopped; it begins again after the next start. */
  readonly outcome: SlotOutcome | 'running' | 'cut-short';
  /** What the action said, or why it failed; null while it runs. */
  readonly result: string | null;
  /** What was odd about it: late, missed, skipped or shown twice by the zone's clocks, run by hand. */
  readonly why: string | null;
}

/** A schedule now. */
export interface ScheduleNow {
  readonly name: string;
  readonly cron: string;
  /** IANA. */
  readonly zone: string;
  /** How long after its slot a run may still begin; 0: not late at all. */
  readonly lateMin: number;
  readonly action: Action;
  readonly createdAt: number;
  readonly running: boolean;
  /** null: none in sight. */
  readonly next: { readonly slot: string; readonly at: number } | null;
  readonly last: ScheduleSlot | null;
  /** Why it cannot do its work as things stand: its campaign or its zone is gone; null: it can. */
  readonly problem: string | null;
}

/** A schedule and its newest slots, the newest first. */
export interface ScheduleDetails extends ScheduleNow {
  readonly slots: readonly ScheduleSlot[];
}

/** A run by hand. */
export interface ScheduleRun {
  readonly name: string;
  readonly slot: string;
  /** False when the slot was done before: it is not done twice. */
  readonly ran: boolean;
  readonly outcome: SlotOutcome;
  readonly result: string;
}

/** What is done by the clock. */
export interface ScheduleCommands {
  'schedule.add': {
    args: ScheduleSpec;
    /** `created` is false when the very same was there. */
    result: { readonly created: boolean; readonly schedule: ScheduleNow };
  };
  'schedule.list': { args: None; result: { readonly schedules: readonly ScheduleNow[] } };
  'schedule.show': { args: Named & { readonly limit: number }; result: ScheduleDetails };
  'schedule.remove': { args: Named; result: { readonly name: string } };
  /** The last slot that has come when none is named. */
  'schedule.run': { args: Named & { readonly slot?: string }; result: ScheduleRun };
}

/** Each of `ScheduleCommands`. */
export const SCHEDULE_COMMANDS: Told<ScheduleCommands> = {
  'schedule.add': {
    may: 'lead',
    changes: 'at once',
    doc: 'do something by the clock: a new pass over a base, a window, a register, a report',
  },
  'schedule.list': { may: 'read', changes: 'nothing', doc: 'schedules: what comes next, and how the last slot went' },
  'schedule.show': { may: 'read', changes: 'nothing', doc: 'one schedule and its last slots, each with its why' },
  'schedule.remove': { may: 'lead', changes: 'at once', doc: 'remove a schedule; the journal keeps its story' },
  'schedule.run': {
    may: 'lead',
    changes: 'at length',
    doc: 'run a slot that has come, by hand; one that is done is not done twice',
  },
};
