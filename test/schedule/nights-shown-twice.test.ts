import t from 'tap';
import { threeNights } from '../helpers/nights.ts';

for (const [zone, cron, change] of [
  ['Europe/Moscow', '0 2 * * *', '2026-11-25T02:00'],
  ['America/New_York', '30 1 * * *', '2026-11-01T01:30'],
  ['Europe/Berlin', '30 2 * * *', '2026-10-25T02:30'],
  ['Australia/Lord_Howe', '45 1 * * *', '2026-04-05T01:45'],
  ['America/Havana', '30 0 * * *', '2026-11-01T00:30'],
  ['Asia/Beirut', '30 23 * * *', '2026-10-24T23:30'],
] as const) {
  void t.test(`${zone} about ${change}, shown twice where clocks change: each base is dialed once a night`, (t) =>
    threeNights(t, zone, cron, change),
  );
}
