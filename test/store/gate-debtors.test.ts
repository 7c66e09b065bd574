import t from 'tap';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { createStore } from '../../lib/store/store.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { GateRequest } from '../../lib/store/gate-transaction.ts';
import { ruDefault } from '../helpers/policy.ts';
import { addLead, buildRig, login, NOON, phoneOf, registerCaller, serialIds, specWith } from '../helpers/rig.ts';
import { createRooms, request, runningCampaign, type Rooms } from '../helpers/rooms.ts';

const number = (tail: string) => phoneOf(`+7916000${tail}`);
const add = (rooms: Rooms, campaign: number, tail: string, more: Parameters<typeof addLead>[4]) =>
  addLead(rooms, campaign, number(tail), NOON, more);

void t.test(
  'a debtor’s numbers are one: a call to one of them defers the other, and its talk uses up both',
  async (t) => {
    const rooms = createRooms();
    const [one, two] = [runningCampaign(rooms, 'one'), runningCampaign(rooms, 'two')];
    const asked = (campaign: number, changes: Partial<GateRequest> = {}): GateRequest => {
      const base = request(campaign, changes);
      return { ...base, campaign: { ...base.campaign, purpose: 'collection', maxAttemptsPerDay: null } };
    };
    const person = 'debtor 1';
    registerCaller(rooms, NOON, ['collection']);
    add(rooms, one, '0001', { person });
    add(rooms, two, '0002', { person });
    add(rooms, two, '0003', { person: 'debtor 2' });
    const [first] = rooms.gate.ask(asked(one)).allowed;
    const raced = rooms.gate.ask(asked(two));
    t.match(raced.refused, [{ lead: { phone: 79160000002 }, verdict: { primary: 'NUMBER_IN_FLIGHT' } }]);
    t.match(raced.allowed, [{ lead: { phone: 79160000003 } }], 'another debtor may be called meanwhile');

    const attempt = first?.permitted.permit.attempt ?? ('' as AttemptId);
    rooms.attempts.setState(attempt, 'ended', { answered_at: NOON + 1, ended_at: NOON + 2, disposition: 'talked' });
    const other = { id: null, phone: 79160000002, person, zone: 'Europe/Moscow', region: null };
    const ask = (now: number) =>
      rooms.gate.rehearse({ ...asked(two).campaign, state: 'running' }, other, ruDefault, now).verdict;
    const DAY = 86_400_000;
    t.match(ask(NOON + 1 + DAY - 1), { primary: 'FREQ_DAY', notBefore: NOON + 1 + DAY }, 'a millisecond too early');
    t.equal(ask(NOON + 1 + DAY).verdict, 'ALLOW', 'the talk has left the 24 hours');
  },
);

void t.test(
  'two campaigns racing over debtors with two numbers each: one call at a time, one talk a day',
  async (t) => {
    const clock = createVirtualClock(NOON);
    const pbx = createSimulatedPbx({
      clock,
      random: seededRandom(7),
      callees: (phone) =>
        Number(phone.slice(-1)) % 3 === 0 ? { kind: 'ring' } : { kind: 'answer', ringMs: 900, talkMs: 4_000 },
    });
    const store = createStore(':memory:', { newAttemptId: serialIds() });
    const spec = { purpose: 'collection', wrapUpS: 0, minIntervalMin: 1 } as const;
    const second = store.campaigns.insert('second', JSON.stringify(specWith({ name: 'second', ...spec })), NOON);
    const rig = buildRig({ clock, pbx, store, agents: 6, spec });
    registerCaller(store, NOON, ['collection']);
    await rig.engine.start();
    for (let n = 10; n < 22; n += 1) {
      const person = `debtor ${n}`;
      addLead(store, rig.campaign.id, number(`10${n}`), NOON, { person });
      addLead(store, second, number(`20${n}`), NOON, { person });
    }
    login(rig);
    await clock.advance(1_000);
    const { floor } = rig.engine;
    for (const campaign of floor.campaigns.values()) moveCampaign(floor, campaign, 'start');
    await clock.advance(1_800_000);
    const byDebtor = Map.groupBy(store.attempts.recent(null, null, 1_000), ({ phone }) => String(phone).slice(-2));
    t.equal(byDebtor.size, 12, 'each of them was called');
    for (const [debtor, rows] of byDebtor) {
      const calls = rows.toSorted((a, b) => a.planned_at - b.planned_at);
      t.ok(calls.filter(({ answered_at }) => answered_at !== null).length <= 1, `${debtor}: one talk`);
      t.ok(calls.length <= 4, `${debtor}: four attempts`);
      for (const [index, { planned_at }] of calls.entries()) {
        const before = calls[index - 1]?.ended_at ?? 0;
        t.ok(before <= planned_at, `${debtor}: call ${index + 1} begins when the one before is over`);
      }
    }
    t.strictSame(rig.fatal, []);
    await rig.engine.stop();
  },
);

void t.test('what another creditor did with the debtor is not counted', async (t) => {
  const rooms = createRooms();
  const mine = runningCampaign(rooms, 'mine');
  const other = rooms.campaigns.insert(
    'other',
    JSON.stringify(specWith({ name: 'other', entity: { inn: '7700000000', name: 'Other' } })),
    NOON,
  );
  registerCaller(rooms, NOON, ['collection']);
  rooms.campaigns.setState(other, 'running', null, NOON);
  const person = 'debtor 1';
  add(rooms, other, '0001', { person });
  add(rooms, mine, '0002', { person });
  const lead = rooms.leads.find(other, number('0001'));
  // His own gate let him: the row is what counts here.
  rooms.gate.ask({ ...request(mine), campaign: { ...request(mine).campaign, id: other } });
  t.equal(lead?.person, person);
  const asked = { ...request(mine).campaign, purpose: 'collection', maxAttemptsPerDay: null } as const;
  t.match(rooms.gate.ask({ ...request(mine), campaign: asked }).allowed, [{ lead: { phone: 79160000002 } }]);
});
