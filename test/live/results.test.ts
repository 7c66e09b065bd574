import t from 'tap';
import { numberFor } from '../../asterisk/testbed/behaviours.ts';
import { systemClock } from '../../lib/clock.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import { addLead, buildRig, login, phoneOf, startCampaign } from '../helpers/rig.ts';
import { adapterTo, startTestbed, until } from '../helpers/live.ts';
import { openAllHours } from '../helpers/policy.ts';

const A1 = 'a1' as AgentId;

await t.test('an agent types the result of his talk on a real phone, in the talk and after it', async (t) => {
  const bed = await startTestbed({ agents: 1 });
  t.teardown(() => bed.stop());
  const { pbx } = adapterTo(bed);
  const rig = buildRig({
    clock: systemClock,
    pbx,
    agents: 1,
    policy: openAllHours,
    endpoint: () => 'PJSIP/agent1',
    spec: { wrapUpS: 8, ends: 'pass', maxAttemptsPerDay: 24 },
  });
  const { store, engine } = rig;
  await engine.start();
  t.teardown(() => engine.stop());
  const { floor } = engine;
  const people = {
    interested: phoneOf(numberFor('human', { ringMs: 200, talkS: 1, serial: 1 })),
    machine: phoneOf(numberFor('machine', { ringMs: 200, talkS: 60, serial: 2 })),
    never: phoneOf(numberFor('human-stays', { ringMs: 200, serial: 3 })),
  };
  for (const [i, phone] of Object.values(people).entries()) {
    addLead(store, rig.campaign.id, phone, systemClock.now(), { priority: 9 - i });
  }
  login(rig);
  await until('the agent is ready', rig.crewReady, 15_000);
  startCampaign(rig);
  const agent = floor.agents.get(A1)!;
  const row = (phone: keyof typeof people) => store.attempts.ofPhone(people[phone], 1)[0]!;
  const said = (phone: keyof typeof people) => store.results.of(row(phone).id)?.code;

  await until('wrap-up after the first talk', () => agent.state === 'wrap-up', 15_000);
  t.ok(await bed.pstn.pressPhone('agent1', '1'));
  await until('its result', () => said('interested') === 'interested', 5_000);
  t.match(store.leads.find(rig.campaign.id, people.interested), { state: 'done', result: 'interested' });

  await until(
    'the agent hears a machine',
    () => agent.attempt?.phone === people.machine && agent.state === 'talking',
    20_000,
  );
  t.ok(await bed.pstn.pressPhone('agent1', '4*4'));
  await until('the machine is hung up', () => row('machine').disposition !== null, 5_000);
  t.match(row('machine'), { disposition: 'machine' });
  t.equal(said('machine'), 'machine');

  await until('the third talk', () => agent.attempt?.phone === people.never && agent.state === 'talking', 20_000);
  t.ok(await bed.pstn.pressPhone('agent1', '*99'));
  await until('the opt-out', () => store.optOuts.of(people.never).length === 1, 5_000);
  t.equal(row('never').opted_out_at, null, 'the agent’s keys are not the callee’s');
  t.equal(agent.state, 'talking', 'the talk goes on');
  await pbx.hangUp(row('never').id);
  await until('the end', () => floor.attempts.size === 0, 5_000);
  t.match(store.leads.find(rig.campaign.id, people.never), { state: 'opted-out' });
  t.strictSame(rig.fatal, []);
  t.notOk(
    rig.lines.some(({ msg }) => msg === 'agent not told'),
    'every sound was taken',
  );
});
