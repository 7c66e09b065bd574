import t from 'tap';
import { CALLS_BACK, numberFor, type BehaviourName } from '../../asterisk/testbed/behaviours.ts';
import { systemClock } from '../../lib/clock.ts';
import { conformance, type Callee } from '../conformance/suite.ts';
import { adapterTo, startTestbed, until } from '../helpers/live.ts';
import { phoneOf } from '../helpers/rig.ts';

const BEHAVIOUR: Record<Callee, [BehaviourName, { ringMs?: number; talkS?: number }]> = {
  talks: ['human', { ringMs: 500, talkS: 1 }],
  stays: ['human-stays', { ringMs: 200 }],
  rings: ['no-answer', {}],
  busy: ['busy', {}],
  unallocated: ['unallocated', {}],
  unwanted: ['rejected', {}],
  'presses-9': ['human-opts-out', { ringMs: 200, talkS: 20 }],
  'silent-trunk': ['human', { ringMs: 200 }],
};

void t.test('a real Asterisk behind the adapter keeps the port’s contract', async (t) => {
  const testbed = await startTestbed({ agents: 1 });
  t.teardown(() => testbed.stop());
  const { pbx } = adapterTo(testbed);
  let serial = 0;
  let calling = false;
  // While his key is being sent he is not where the test bed looks for him.
  const hangUpCaller = async (): Promise<void> => {
    while (!(await testbed.pstn.hangUpPhone('caller'))) continue;
  };
  await conformance(t, {
    pbx,
    clock: systemClock,
    until,
    settle: (promise) => promise,
    agentEndpoint: testbed.agents[0]?.endpoint ?? '',
    pressAgent: (keys) => void testbed.pstn.pressPhone('agent1', keys),
    async callIn(line, options) {
      await testbed.pstn.callIn(line, options);
      calling = true;
      const gone = async (): Promise<void> => {
        while ((await testbed.pbx.rx('core show channels concise')).includes('!obzvon-incoming!')) continue;
        calling = false;
      };
      systemClock.after(1_000, () => void gone());
      return options.withheld ? null : phoneOf(CALLS_BACK);
    },
    isCalling: () => calling,
    callerHangsUp: () => void hangUpCaller(),
    pressCaller: (digit) => void testbed.pstn.pressPhone('caller', digit),
    callee(callee) {
      const [behaviour, options] = BEHAVIOUR[callee];
      const phone = phoneOf(numberFor(behaviour, { ringMs: 200, talkS: 1, ...options, serial: (serial += 1) }));
      return { phone, trunk: callee === 'silent-trunk' ? 'dead' : 'pstn' };
    },
  });
});
