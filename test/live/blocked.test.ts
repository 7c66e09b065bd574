import t from 'tap';
import { numberFor, type BehaviourName } from '../../asterisk/testbed/behaviours.ts';
import { systemClock } from '../../lib/clock.ts';
import { adapterTo, startTestbed, until } from '../helpers/live.ts';
import { openAllHours } from '../helpers/policy.ts';
import { addLead, buildRig, login, phoneOf, startCampaign } from '../helpers/rig.ts';

/** What a real Asterisk makes of each refusal, at once and after ringing, and how it is classed. */
const CALLS: readonly (readonly [name: BehaviourName, ringMs: number, expected: string | null])[] = [
  ['declined', 0, 'blocked_603'],
  ['unwanted', 0, 'blocked_607'],
  ['rejected', 0, 'blocked_608'],
  ['declined', 500, null],
  ['unwanted', 500, null],
  ['rejected', 500, null],
  ['busy', 0, null],
  ['unallocated', 0, null],
];

void t.test('a refusal at once is the network’s, one after ringing a person’s', async (t) => {
  const testbed = await startTestbed({ agents: 1 });
  t.teardown(() => testbed.stop());
  const { pbx } = adapterTo(testbed);
  const rig = buildRig({
    clock: systemClock,
    pbx,
    agents: 1,
    policy: openAllHours,
    spec: { ends: 'pass', ringTimeoutS: 8, wrapUpS: 0 },
  });
  await rig.engine.start();
  t.teardown(() => rig.engine.stop());
  const phones = CALLS.map(([name, ringMs], serial) => phoneOf(numberFor(name, { ringMs, serial })));
  for (const phone of phones) addLead(rig.store, rig.campaign.id, phone, systemClock.now());
  await until('the engine reconciled', () => rig.engine.floor.holds.size === 0, 10_000);
  login(rig);
  await until('the agent is ready', rig.crewReady, 10_000);
  startCampaign(rig);
  await until('the pass is done', () => rig.campaign.state === 'stopped', 60_000);

  for (const [i, [name, ringMs, expected]] of CALLS.entries()) {
    const row = rig.store.attempts.ofPhone(phones[i] ?? phoneOf('+79160000000'), 1)[0];
    const line = rig.lines.find(({ attempt, msg }) => attempt === row?.id && msg === 'call blocked by the network');
    const what = `${name}, ${ringMs === 0 ? 'at once' : 'after ringing'}: SIP ${row?.sip_code}, Q.850 ${row?.cause}`;
    t.equal(line?.['class'] ?? null, expected, what);
    t.equal(row?.rang_at !== null, ringMs > 0, `${what}: ringing was heard`);
  }
  const [replies] = [...rig.engine.floor.network.replies.values()];
  t.equal(replies?.blocked.filter(Boolean).length, 3);
  t.equal(replies?.blocked.length, CALLS.length, 'each reply counts');
  t.strictSame(rig.fatal, []);
});
