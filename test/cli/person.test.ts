import t from 'tap';
import type { PersonStory } from '../../lib/control/commands/ledger.ts';
import { stubDaemon } from '../helpers/cli.ts';
import { number } from '../helpers/desk.ts';
import { addLead, NOON } from '../helpers/rig.ts';
import { createRooms, request, runningCampaign } from '../helpers/rooms.ts';
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

void t.test('why shows what agents said of the lead’s talks, on whichever number, with their notes', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  const [first, second] = [number('0001'), number('0002')];
  addLead(rooms, campaign, first, NOON, {});
  const [lead] = rooms.leads.byPhone(first);
  rooms.leads.addNumbers(lead!, [second], 10);
  const { allowed } = rooms.gate.ask(request(campaign));
  const said = {
    campaign,
    lead: lead!.id,
    attempt: allowed[0]!.permitted.permit.attempt,
    stage: 'talk',
    source: 'cli',
  };
  rooms.results.insert({ ...said, agent: 'a1', code: 'call-back', target: false, note: 'после обеда' }, NOON + 1_000);
  rooms.results.insert({ ...said, agent: null, code: 'interested', target: true, note: null }, NOON + 2_000);
  for (const phone of [first, second]) {
    const story: PersonStory = { phone, at: NOON, ...rooms.stories.of(phoneToInteger(phone)) };
    const run = await stubDaemon(t, { 'person.story': () => story });
    const { out } = await run(['lead', 'why', phone]);
    t.match(out, /RESULT AT +CAMPAIGN +LEAD +RESULT +STAGE +AGENT +CALL +NOTE\n/, phone);
    t.match(
      out,
      /test +1 +interested +talk .*\n.*test +1 +call-back +talk +a1 +at-\S+ +после обеда\n/,
      'the newest first',
    );
  }
});

void t.test(
  'erase names the other numbers of the person’s leads, before and after: they are not erased unasked',
  async (t) => {
    const rooms = createRooms();
    const campaign = runningCampaign(rooms);
    const [first, second] = [number('0001'), number('0002')];
    addLead(rooms, campaign, first, NOON, { others: [second] });
    const asked: string[] = [];
    const run = await stubDaemon(t, {
      'person.story': ({ phone }) => ({
        phone,
        at: NOON,
        ...rooms.stories.of(phoneToInteger(number(phone.slice(-4)))),
      }),
      'person.erase': ({ phone, by, reason }) => {
        asked.push(phone);
        return rooms.erasures.erase(phoneToInteger(first), { at: NOON, by, reason, callsHungUp: 0, files: [] });
      },
    });
    const named = /other numbers: \+79160000002; each/;
    t.match(await run(['lead', 'erase', first, '--reason', 'demand 5']), { exit: 10, err: named });
    t.match(await run(['lead', 'erase', first, '--reason', 'demand 5', '--yes']), { exit: 0, err: named });
    t.strictSame(asked, [first]);
  },
);
