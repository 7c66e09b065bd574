import t from 'tap';
import { createAbandonment } from '../../lib/store/abandonment.ts';
import { ruDefault } from '../helpers/policy.ts';
import { addLead, NOON, phoneOf } from '../helpers/rig.ts';
import { createRooms, request, runningCampaign } from '../helpers/rooms.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A campaign with answered calls at these instants, each bridged so many ms later; null: never. */
function history(calls: readonly (readonly [answeredAt: number, bridgedAfterMs: number | null])[]) {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  const put = (n: number, answeredAt: number, bridgedAfterMs: number | null) => {
    addLead(rooms, campaign, phoneOf(`+7916000${String(n).padStart(4, '0')}`), NOON);
    const [allowed] = rooms.gate.ask(request(campaign, { want: 1 })).allowed;
    if (allowed === undefined) throw new Error('not allowed');
    rooms.attempts.setState(allowed.permitted.permit.attempt, 'ended', {
      answered_at: answeredAt,
      ended_at: answeredAt + 60_000,
      disposition: bridgedAfterMs === null ? 'abandoned' : 'talked',
      ...(bridgedAfterMs === null ? {} : { bridged_at: answeredAt + bridgedAfterMs }),
    });
  };
  calls.forEach(([at, after], index) => put(index, at, after));
  return { rooms, campaign, put };
}

void t.test('answers are counted over the window, and those that found no agent in time among them', async (t) => {
  const { rooms, campaign } = history([
    [NOON - 31 * DAY, null],
    [NOON - 30 * DAY, null],
    [NOON - DAY, 2_000],
    [NOON - HOUR, 2_001],
    [NOON - 1, null],
  ]);
  const of = createAbandonment(rooms.db);
  t.strictSame(of(campaign, ruDefault, NOON), { answered: 4, abandoned: 3 }, 'connected after 2.001 s is abandoned');
  t.strictSame(of(campaign, ruDefault, NOON + HOUR), { answered: 3, abandoned: 2 }, 'the oldest hour has left');
  const longer = { ...ruDefault, abandon: { ...ruDefault.abandon, windowDays: 1, messageWithinS: 3 } };
  t.strictSame(of(campaign, longer, NOON), { answered: 3, abandoned: 1 }, 'another limit is counted anew');
  t.strictSame(of(campaign + 1, ruDefault, NOON), { answered: 0, abandoned: 0 }, 'another campaign');
});

void t.test('what was counted once is remembered, what came since is added, also after a clock set back', async (t) => {
  const { rooms, campaign, put } = history([[NOON - 10 * HOUR, null]]);
  const of = createAbandonment(rooms.db);
  t.strictSame(of(campaign, ruDefault, NOON), { answered: 1, abandoned: 1 });
  put(1, NOON - HOUR, 500);
  t.strictSame(of(campaign, ruDefault, NOON), { answered: 2, abandoned: 1 });
  for (const hours of [5, 7, 12, 30]) {
    t.strictSame(of(campaign, ruDefault, NOON + hours * HOUR), { answered: 2, abandoned: 1 }, `${hours} h on`);
  }
  t.strictSame(of(campaign, ruDefault, NOON), { answered: 2, abandoned: 1 }, 'the clock was set back');
});
