import t from 'tap';
import type { AttemptId } from '../../lib/core/attempt.ts';
import { ruDefault } from '../helpers/policy.ts';
import { addLead, NOON, phoneOf } from '../helpers/rig.ts';
import { createRooms, request, runningCampaign } from '../helpers/rooms.ts';

const DAY = 86_400_000;
const PHONE = phoneOf('+79160000001');

/** The history the gate reads at noon of one call, placed and answered so long before. */
function historyOf(plannedBeforeMs: number, answeredBeforeMs: number | null) {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  addLead(rooms, campaign, PHONE, NOON);
  const attempt = rooms.gate.ask(request(campaign)).allowed[0]?.permitted.permit.attempt ?? ('' as AttemptId);
  const answered = answeredBeforeMs === null ? {} : { answered_at: NOON - answeredBeforeMs };
  rooms.attempts.setState(attempt, 'ended', { ...answered, ended_at: NOON, disposition: 'abandoned' });
  rooms.db.prepare('UPDATE attempts SET planned_at = ?').run(NOON - plannedBeforeMs);
  const asked = { ...request(campaign).campaign, state: 'running' } as const;
  const lead = { id: null, phone: 79160000001, zone: null, region: null, person: null };
  return rooms.gate.rehearse(asked, lead, ruDefault, NOON).facts.history;
}

void t.test('an attempt counts for 24 hours to the millisecond', async (t) => {
  t.match(historyOf(DAY - 1, null), { attempts24h: 1, oldestAttempt24hAt: NOON - DAY + 1 });
  t.match(historyOf(DAY, null), { attempts24h: 0, oldestAttempt24hAt: null, lastAttemptAt: NOON - DAY });
});

void t.test('a talk counts for 24 hours, 7 days and 31 days from its answer, to the millisecond', async (t) => {
  const windows = [
    [1, 'answered24h', 'oldestAnswered24hAt'],
    [7, 'answered7d', 'oldestAnswered7dAt'],
    [31, 'answered31d', 'oldestAnswered31dAt'],
  ] as const;
  for (const [days, count, oldest] of windows) {
    const inside = historyOf(days * DAY + 20_000, days * DAY - 1);
    t.equal(inside[count], 1, `${days} d less a millisecond, though placed before`);
    t.equal(inside[oldest], NOON - days * DAY + 1);
    const outside = historyOf(days * DAY + 20_000, days * DAY);
    t.equal(outside[count], 0, `${days} d`);
    t.equal(outside[oldest], null);
  }
});
