import type { Db } from './open.ts';

/** Slots of schedules: the unique key is what keeps a restart or a second firing from running a slot twice. */
export function createScheduleSlots(db: Db) {
  const claim = db.prepare(
    'INSERT INTO schedule_slots (schedule, slot, due_at, claimed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const finish = db.prepare(
    'UPDATE schedule_slots SET finished_at = ?, outcome = ?, result = ? WHERE schedule = ? AND slot = ?',
  );
  return {
    /** True for the first claimant alone. */
    claim: (schedule: string, slot: string, dueAt: number, now: number) =>
      claim.run(schedule, slot, dueAt, now).changes === 1,
    finish(schedule: string, slot: string, now: number, outcome: 'done' | 'failed' | 'missed', result: string): void {
      finish.run(now, outcome, result, schedule, slot);
    },
  };
}
