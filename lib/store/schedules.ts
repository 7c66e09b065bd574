import type { Action, ScheduleSpec, SlotOutcome } from '../core/schedule.ts';
import type { Db } from './open.ts';

/** A schedule as stored. */
export interface ScheduleRow extends ScheduleSpec {
  /** Local date and time up to which its slots are claimed or missed. */
  readonly handledTo: string;
  readonly createdAt: number;
}

/** A slot that was claimed or missed. */
export interface SlotRow {
  readonly schedule: string;
  /** Local date and time. */
  readonly slot: string;
  readonly due_at: number;
  readonly claimed_at: number;
  readonly finished_at: number | null;
  /** null: it runs, or the daemon died in the midst of it. */
  readonly outcome: SlotOutcome | null;
  readonly result: string | null;
  /** What was odd about it; null: nothing. */
  readonly why: string | null;
}

interface StoredSchedule {
  readonly name: string;
  readonly cron: string;
  readonly zone: string;
  readonly action: string;
  readonly late_min: number;
  readonly handled_to: string;
  readonly created_at: number;
}

/** Schedules and their slots: the unique key of a slot is what keeps a restart or a second firing from running it twice. */
export function createSchedules(db: Db) {
  const all = db.prepare<[], StoredSchedule>('SELECT * FROM schedules ORDER BY name');
  const byName = db.prepare<[string], StoredSchedule>('SELECT * FROM schedules WHERE name = ?');
  const insert = db.prepare(
    `INSERT INTO schedules (name, cron, zone, action, late, late_min, handled_to, created_at)
     VALUES (@name, @cron, @zone, @action, @late, @lateMin, @handledTo, @now)`,
  );
  const remove = db.prepare('DELETE FROM schedules WHERE name = ?');
  const removeSlots = db.prepare('DELETE FROM schedule_slots WHERE schedule = ?');
  const setHandled = db.prepare('UPDATE schedules SET handled_to = @slot WHERE name = @name');
  const claim = db.prepare(
    `INSERT INTO schedule_slots (schedule, slot, due_at, claimed_at, why) VALUES (@schedule, @slot, @dueAt, @now, @why)
     ON CONFLICT DO NOTHING`,
  );
  const reclaim = db.prepare(
    `UPDATE schedule_slots SET claimed_at = @now, why = @why, finished_at = NULL, outcome = NULL, result = NULL
     WHERE schedule = @schedule AND slot = @slot`,
  );
  const finish = db.prepare(
    `UPDATE schedule_slots SET finished_at = @now, outcome = @outcome, result = @result
     WHERE schedule = @schedule AND slot = @slot`,
  );
  const miss = db.prepare(
    `INSERT INTO schedule_slots (schedule, slot, due_at, claimed_at, finished_at, outcome, result, why)
     VALUES (@schedule, @slot, @dueAt, @now, @now, 'missed', @result, @why) ON CONFLICT DO NOTHING`,
  );
  const slot = db.prepare<[string, string], SlotRow>('SELECT * FROM schedule_slots WHERE schedule = ? AND slot = ?');
  const last = db.prepare<[string, number], SlotRow>(
    'SELECT * FROM schedule_slots WHERE schedule = ? ORDER BY slot DESC LIMIT ?',
  );
  const unfinished = db.prepare<[], SlotRow>(
    'SELECT * FROM schedule_slots WHERE outcome IS NULL ORDER BY schedule, slot',
  );
  const prune = db.prepare(
    `DELETE FROM schedule_slots WHERE schedule = @name AND slot <=
       (SELECT slot FROM schedule_slots WHERE schedule = @name ORDER BY slot DESC LIMIT 1 OFFSET @keep)`,
  );

  return {
    all: (): ScheduleRow[] => all.all().map(scheduleOf),
    byName(name: string): ScheduleRow | undefined {
      const row = byName.get(name);
      return row === undefined ? undefined : scheduleOf(row);
    },
    insert(spec: ScheduleSpec, handledTo: string, now: number): void {
      const { name, cron, zone, lateMin } = spec;
      const late = lateMin === 0 ? 'skip' : 'run';
      insert.run({ name, cron, zone, action: JSON.stringify(spec.action), late, lateMin, handledTo, now });
    },
    /** With its slots; the journal keeps the story. */
    remove(name: string): void {
      removeSlots.run(name);
      remove.run(name);
    },
    setHandled: (name: string, slot: string) => void setHandled.run({ name, slot }),
    /** True for the first claimant alone. */
    claim: (schedule: string, slot: string, dueAt: number, now: number, why: string | null): boolean =>
      claim.run({ schedule, slot, dueAt, now, why }).changes === 1,
    /** A slot that was cut short, failed or missed is begun again. */
    reclaim: (schedule: string, slot: string, now: number, why: string) =>
      void reclaim.run({ schedule, slot, now, why }),
    finish: (schedule: string, slot: string, now: number, outcome: SlotOutcome, result: string) =>
      void finish.run({ schedule, slot, now, outcome, result }),
    /** A slot that nobody ran; `result` says how many it stands for. */
    miss: (schedule: string, slot: string, dueAt: number, now: number, result: string, why: string) =>
      void miss.run({ schedule, slot, dueAt, now, result, why }),
    slot: (schedule: string, name: string) => slot.get(schedule, name),
    /** The newest slots of a schedule. */
    last: (schedule: string, limit: number): SlotRow[] => last.all(schedule, limit),
    /** Slots that were begun and not finished: when nothing runs, those the daemon died in. */
    unfinished: (): SlotRow[] => unfinished.all(),
    /** Forgets all but the newest slots of a schedule; the journal keeps them. */
    prune: (name: string, keep: number) => void prune.run({ name, keep }),
  };
}

function scheduleOf(row: StoredSchedule): ScheduleRow {
  const { name, cron, zone, action, late_min, handled_to, created_at } = row;
  return {
    name,
    cron,
    zone,
    lateMin: late_min,
    action: JSON.parse(action) as Action,
    handledTo: handled_to,
    createdAt: created_at,
  };
}
