import t from 'tap';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { NOON, phoneOf } from '../helpers/rig.ts';
import { conformance, type Callee } from './suite.ts';

const PLANS: Record<Callee, CalleePlan> = {
  talks: { kind: 'answer', ringMs: 1_000, talkMs: 2_000 },
  stays: { kind: 'answer', ringMs: 300, talkMs: null },
  rings: { kind: 'ring' },
  busy: { kind: 'refuse', afterMs: 200, rings: false, cause: 17, sipCode: 486 },
  unallocated: { kind: 'refuse', afterMs: 200, rings: false, cause: 1, sipCode: 404 },
  unwanted: { kind: 'refuse', afterMs: 200, rings: true, cause: 127, sipCode: 608 },
  'presses-9': { kind: 'answer', ringMs: 300, talkMs: null, digit: { afterMs: 1_000, digit: '9' } },
  'silent-trunk': { kind: 'silence' },
};

void t.test('the simulated PBX keeps the port’s contract', async (t) => {
  const clock = createVirtualClock(NOON);
  const plans = new Map<string, CalleePlan>();
  let serial = 0;
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(1),
    callees: (phone) => plans.get(phone) ?? { kind: 'silence' },
  });
  await conformance(t, {
    pbx,
    clock,
    agentEndpoint: 'PJSIP/agent1',
    pressAgent: (keys) => pbx.pressAgent('agent-one' as AgentId, keys),
    async callIn(line, { withheld }) {
      const phone = withheld ? null : phoneOf('+79169999999');
      pbx.callIn(phone, line);
      return phone;
    },
    isCalling: () => pbx.callers.size > 0,
    callerHangsUp: () => [...pbx.callers.keys()].forEach((caller) => pbx.hangUpCaller(caller)),
    pressCaller: (digit) => [...pbx.callers.keys()].forEach((caller) => pbx.pressCaller(caller, digit)),
    async until(what, done, limitMs) {
      try {
        await clock.until(done, limitMs);
      } catch {
        throw new Error(`not within ${limitMs} ms: ${what}`);
      }
    },
    async settle(promise) {
      let settled = false;
      const watched = promise.finally(() => {
        settled = true;
      });
      watched.catch(() => {});
      await clock.until(() => settled, 10_000);
      return watched;
    },
    callee(callee) {
      const phone = phoneOf(`+7916${String((serial += 1)).padStart(7, '0')}`);
      plans.set(phone, PLANS[callee]);
      return { phone, trunk: 'pstn' };
    },
  });
});
