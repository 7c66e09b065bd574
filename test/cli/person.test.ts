import t from 'tap';
import type { PersonStory } from '../../lib/control/commands/ledger.ts';
import { stubDaemon } from '../helpers/cli.ts';
import { number } from '../helpers/desk.ts';
import { addLead, NOON } from '../helpers/rig.ts';
import { createRooms, runningCampaign } from '../helpers/rooms.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';

void t.test('why shows every number of the person’s leads, and where each stands', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  const phone = number('0002');
  addLead(rooms, campaign, number('0001'), NOON, {});
  const [lead] = rooms.leads.byPhone(number('0001'));
  rooms.leads.addNumbers(lead!, [phone, number('0003')], 10);
  rooms.db.prepare("UPDATE lead_numbers SET closed = 'unallocated', attempts = 1 WHERE place = 1").run();
  rooms.db.prepare('UPDATE leads SET place = 2, phone = ? WHERE id = ?').run(phoneToInteger(phone), lead!.id);
  const story: PersonStory = { phone, at: NOON, ...rooms.stories.of(phoneToInteger(phone)) };
  const run = await stubDaemon(t, { 'person.story': () => story });
  const { out, exit } = await run(['lead', 'why', phone]);
  t.equal(exit, 0);
  t.match(out, /LEAD +PLACE +NUMBER +ATTEMPTS +STANDING\n/);
  t.match(
    out,
    /1 +1 +\+79160000001 +1 +not called: unallocated\n *1 +2 +\+79160000002 +0 +called next\n *1 +3 +\+79160000003 +0 +may be called\n/,
  );
});
