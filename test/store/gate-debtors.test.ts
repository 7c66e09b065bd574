import t from 'tap';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { GateRequest } from '../../lib/store/gate-transaction.ts';
import { ruDefault } from '../helpers/policy.ts';
import { addLead, NOON, phoneOf, registerCaller, specWith } from '../helpers/rig.ts';
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
    const ask = (now: number) => {
      const lead = rooms.leads.find(two, number('0002'));
      if (lead !== undefined) rooms.leads.setState(lead.id, 'callable', {}, now);
      return rooms.gate.rehearse(
        { ...asked(two).campaign, state: 'running' },
        { phone: 79160000002, person, zone: 'Europe/Moscow', region: null },
        ruDefault,
        now,
      ).verdict;
    };
    const DAY = 86_400_000;
    t.match(ask(NOON + 1 + DAY - 1), { primary: 'FREQ_DAY', notBefore: NOON + 1 + DAY }, 'a millisecond too early');
    t.equal(ask(NOON + 1 + DAY).verdict, 'ALLOW', 'the talk has left the 24 hours');
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
