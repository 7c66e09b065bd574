import t from 'tap';
import { BEHAVIOURS, numberFor, type BehaviourName } from '../../asterisk/testbed/behaviours.ts';
import type { Phone } from '../../lib/core/phone.ts';
import { systemClock } from '../../lib/clock.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { adapterTo, startTestbed, until } from '../helpers/live.ts';
import { openAllHours } from '../helpers/policy.ts';
import { addLead, buildRig, login, phoneOf, startCampaign } from '../helpers/rig.ts';

const AGENTS = 10;

void t.test('on a real Asterisk each callee behaviour gives its outcome, Q.850 cause and SIP code', async (t) => {
  const testbed = await startTestbed({ agents: AGENTS });
  t.teardown(() => testbed.stop());
  const { pbx } = adapterTo(testbed);
  const rig = buildRig({
    clock: systemClock,
    pbx,
    agents: AGENTS,
    policy: openAllHours,
    spec: { ends: 'pass', ringTimeoutS: 8, wrapUpS: 0 },
  });
  await rig.engine.start();
  t.teardown(() => rig.engine.stop());
  const names = (Object.keys(BEHAVIOURS) as BehaviourName[]).filter((name) => BEHAVIOURS[name].expect !== null);
  const phones = new Map<BehaviourName, Phone>(
    names.map((name, serial) => {
      // The last moment: the ring time-out is 8 s.
      const ringMs = name === 'human-late' ? 7_500 : 500;
      return [name, phoneOf(numberFor(name, { ringMs, talkS: 4, serial }))] as const;
    }),
  );
  for (const phone of phones.values()) addLead(rig.store, rig.campaign.id, phone, systemClock.now());
  await until('the engine reconciled', () => rig.engine.floor.holds.size === 0, 10_000);
  login(rig);
  await until('agents ready', rig.crewReady, 10_000);
  startCampaign(rig);
  // A callee who never hangs up is let go by the agent.
  const stays = phones.get('human-stays');
  const rowOf = (name: BehaviourName) => {
    const phone = phones.get(name);
    return phone === undefined ? undefined : rig.store.attempts.ofPhone(phone, 1)[0];
  };
  await until('the one who stays is talking', () => rowOf('human-stays')?.state === 'talking', 30_000);
  t.ok(stays !== undefined);
  await testbed.pstn.hangUpPhone(testbed.agents[Number(rowOf('human-stays')?.agent?.slice(1)) - 1]?.id ?? 'nobody');
  await until('the pass is done', () => rig.campaign.state === 'stopped', 90_000);

  for (const name of names) {
    const row = rowOf(name);
    const { expect } = BEHAVIOURS[name];
    // Who drops in the moment of answering may or may not have met an agent: both are booked.
    const disposition = name === 'human-drops' && row?.disposition === 'talked' ? 'abandoned' : row?.disposition;
    t.strictSame(
      { disposition, cause: row?.cause, sipCode: row?.sip_code },
      { disposition: expect?.disposition, cause: expect?.cause, sipCode: expect?.sipCode },
      name,
    );
  }
  for (const check of rig.store.checks.of(
    rig.campaign.id,
    rig.campaign.spec.entity.inn,
    rig.campaign.spec.purpose,
    2_000,
  )) {
    t.ok(check.ok, `${check.law}: ${check.found}`);
  }
  t.strictSame(rig.fatal, []);
  const lost = rig.engine.floor.agents.get((rowOf('human-stays')?.agent ?? '') as AgentId);
  t.equal(lost?.state, 'offline', 'the agent whose phone hung up is offline');
  for (const agent of rig.engine.floor.agents.values()) {
    if (agent.state !== 'offline') moveAgent(rig.engine.floor, agent, 'logout');
  }
});
