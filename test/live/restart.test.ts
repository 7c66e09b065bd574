import t from 'tap';
import { numberFor } from '../../asterisk/testbed/behaviours.ts';
import { systemClock } from '../../lib/clock.ts';
import { adapterTo, startTestbed, until } from '../helpers/live.ts';
import { openAllHours } from '../helpers/policy.ts';
import { addLead, buildRig, login, phoneOf, startCampaign } from '../helpers/rig.ts';

const AGENTS = 3;

void t.test(
  'kill -9 of Asterisk in mid-campaign: its calls get an outcome, the agents’ phones are called again, dialing goes on',
  { timeout: 90_000 },
  async (t) => {
    const testbed = await startTestbed({ agents: AGENTS });
    t.teardown(() => testbed.stop());
    const { pbx } = adapterTo(testbed);
    const rig = buildRig({
      clock: systemClock,
      pbx,
      agents: AGENTS,
      policy: openAllHours,
      spec: { ends: 'pass', ringTimeoutS: 5, wrapUpS: 0 },
    });
    await rig.engine.start();
    t.teardown(() => rig.engine.stop());
    await until('the engine reconciled', () => rig.engine.floor.holds.size === 0, 10_000);
    for (let serial = 0; serial < 18; serial += 1) {
      const phone = phoneOf(numberFor('human', { ringMs: 500, talkS: 2, serial }));
      addLead(rig.store, rig.campaign.id, phone, systemClock.now());
    }
    login(rig);
    await until('agents ready', rig.crewReady, 10_000);
    startCampaign(rig);
    const runs = () => [...rig.engine.floor.attempts.values()];
    await until('somebody talks', () => runs().some((run) => run.state === 'talking'), 15_000);
    const before = rig.store.attempts.recent(null, null, 100).length;
    testbed.pbx.kill('SIGKILL');
    await until('the loss is seen', () => rig.engine.floor.holds.has('pbx-lost'), 10_000);
    t.equal(rig.store.attempts.recent(null, null, 100).length, before, 'nothing is dialed into the void');
    await testbed.pbx.restart();
    await testbed.ready();
    await until('the pass is done', () => rig.campaign.state === 'stopped', 60_000);

    const rows = rig.store.attempts.recent(null, null, 100);
    t.equal(rows.length, 18, 'each number once');
    t.ok(rows.every((row) => row.disposition !== null));
    t.ok(rows.filter((row) => row.disposition === 'talked').length >= 12);
    await until('the crew is back', rig.crewReady, 30_000);
    t.strictSame(rig.fatal, []);
  },
);
