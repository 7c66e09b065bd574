import t from 'tap';
import { threeNights } from '../helpers/nights.ts';

for (const [zone, cron, change] of [
  ['America/New_York', '30 2 * * *', '2026-03-08T02:30'],
  ['Europe/Berlin', '30 2 * * *', '2026-03-29T02:30'],
  ['Australia/Lord_Howe', '15 2 * * *', '2026-10-04T02:15'],
  ['America/Havana', '30 0 * * *', '2026-03-08T00:30'],
  ['Asia/Beirut', '30 0 * * *', '2026-03-29T00:30'],
] as const) {
  void t.test(`${zone} skips ${change}: in three nights about it each base is dialed once a night`, (t) =>
    threeNights(t, zone, cron, change),
  );
}
