import type { Db } from './open.ts';

/** Slots of schedules: the unique key is what keeps a restart or a second firing from running a slot twice. */
export function createScheduleSlots(db: Db) {
  const claim = db.prepare(
    'INSERT INTO schedule_slots (schedule, slot, claimed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const finish = db.prepare('UPDATE schedule_slots SET finished_at = ?, result = ? WHERE schedule = ? AND slot = ?');
  return {
    /** True for the first claimant alone. */
    claim: (schedule: string, slot: string, now: number) => claim.run(schedule, slot, now).changes === 1,
    finish(schedule: string, slot: string, now: number, result: string): void {
      finish.run(now, result, schedule, slot);
    },
  };
}
