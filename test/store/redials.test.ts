import t from 'tap';
import { openNumbers } from '../../lib/control/handlers/redial-choice.ts';
import { NOON, phoneOf, specWith } from '../helpers/rig.ts';
import { createRooms, runningCampaign } from '../helpers/rooms.ts';

void t.test('numbers closed for what is called again are open again, those closed for good are not', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  const { leads, redials, db } = rooms;
  const [phone, ...others] = ['01', '02', '03'].map((tail) => phoneOf(`+791600001${tail}`));
  const rest = { person: null, name: null, zone: null, region: null, priority: 0, vars: {}, list: 'test', listRow: 1 };
  leads.insert({ campaign, phone: phone!, others, ...rest }, NOON);
  leads.setState(1, 'spent', { disposition: 'no-answer', charged: { place: 1 } }, NOON);
  db.exec(`UPDATE lead_numbers SET attempts = 2, closed = CASE place WHEN 1 THEN 'unallocated' WHEN 2 THEN 'no-answer' END;
    UPDATE leads SET fired = '{"no-answer":2}', tried = 5`);

  const spec = { ...specWith(), redial: { ...specWith().redial, again: ['no-answer' as const] } };
  const open = openNumbers({ spec }, leads.numbersOf(1));
  t.strictSame(
    open.map(({ place }) => place),
    [2, 3],
  );
  const back = { lead: 1, redial: 7, phone: open[0]!.phone, place: 2, segment: 0, opened: [2] };
  t.equal(redials.putBack(back, NOON), true);
  t.match(leads.byId(1), {
    state: 'callable',
    phone: 79160000102,
    place: 2,
    attempts: 0,
    fired: '{}',
    tried: 5,
    pass: 7,
  });
  t.strictSame(
    leads.numbersOf(1).map(({ closed, attempts }) => [closed, attempts]),
    [
      ['unallocated', 0],
      [null, 0],
      [null, 0],
    ],
  );
  t.equal(redials.putBack(back, NOON), false, 'a second time in one pass it is left alone');
  t.equal(leads.byId(1)?.passes, 1);
  t.equal(db.prepare("SELECT count(*) FROM journal WHERE event = 'released'").pluck().get(), 1);
});

void t.test('numbers the gate closed are open again for a lead on its way; no others', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  const [phone, ...others] = ['01', '02', '03'].map((tail) => phoneOf(`+791600001${tail}`));
  const rest = { person: null, name: null, zone: null, region: null, priority: 0, vars: {}, list: 'test', listRow: 1 };
  rooms.leads.insert({ campaign, phone: phone!, others, ...rest }, NOON);
  rooms.db.exec(`UPDATE lead_numbers SET closed = CASE place WHEN 1 THEN 'DNC_EXTERNAL' WHEN 2 THEN 'unallocated' END`);
  rooms.redials.openRefused(1);
  t.strictSame(
    rooms.leads.numbersOf(1).map(({ closed }) => closed),
    [null, 'unallocated', null],
  );
});
