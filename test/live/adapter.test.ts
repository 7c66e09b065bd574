import t, { type Test } from 'tap';
import { createAsteriskPbx } from '../../asterisk/pbx.ts';
import { numberFor, type BehaviourName } from '../../asterisk/testbed/behaviours.ts';
import { systemClock } from '../../lib/clock.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { Phone } from '../../lib/core/phone.ts';
import type { AgentId, Pbx, PbxEvent } from '../../lib/dialer/pbx.ts';
import { createLog } from '../../lib/log.ts';
import { mintPermit } from '../../lib/store/permits.ts';
import { adapterTo, startTestbed, until } from '../helpers/live.ts';
import { rejection } from '../helpers/rejection.ts';

/** What only a real Asterisk can show: refusals at the door, its death, its stall, a rival daemon, a phone hung up. */
const bed = await startTestbed({ agents: 2, seed: 11 });
t.teardown(() => bed.stop());
const AGENT = 'agent1' as AgentId;
let serial = 0;

interface Line {
  readonly pbx: Pbx;
  /** The first event from `from` on that matches; waited for. */
  readonly heard: (wanted: Partial<PbxEvent> & { type: PbxEvent['type'] }, from?: number) => Promise<PbxEvent>;
  readonly mark: () => number;
  readonly call: (behaviour: BehaviourName, options?: { ringMs?: number; talkS?: number }) => Promise<AttemptId>;
}

async function line(t: Test, app = 'obzvon'): Promise<Line> {
  const { pbx } = adapterTo(bed, app);
  const events: PbxEvent[] = [];
  t.teardown(() => pbx.stop());
  await pbx.start((event) => void events.push(event));
  return {
    pbx,
    mark: () => events.length,
    async heard(wanted, from = 0) {
      const fits = (event: PbxEvent): boolean =>
        Object.entries(wanted).every(([key, value]) => event[key as keyof PbxEvent] === value);
      await until(JSON.stringify(wanted), () => events.slice(from).some(fits), 15_000);
      const found = events.slice(from).find(fits);
      if (found === undefined) throw new Error('unreachable');
      return found;
    },
    async call(behaviour, options = {}) {
      const attempt = `at-live-${process.pid}-${(serial += 1)}` as AttemptId;
      await pbx.originate(
        mintPermit({
          attempt,
          phone: numberFor(behaviour, { ...options, serial }) as Phone,
          caller: '+74951234567' as Phone,
          trunk: 'pstn',
          ringTimeoutMs: 10_000,
          allowedAt: systemClock.now(),
          allowedAtMonotonic: systemClock.monotonic(),
        }),
      );
      return attempt;
    },
  };
}

await t.test('wrong passwords and a missing trunk are told at start', async (t) => {
  const { pbx } = bed;
  const good = {
    ari: { url: pbx.httpUrl, user: pbx.ariUser, secret: pbx.ariSecret, app: 'refused' },
    ami: { host: pbx.amiHost, port: pbx.amiPort, user: pbx.amiUser, secret: pbx.amiSecret },
    celFile: pbx.celFile,
    context: 'obzvon-out',
    trunks: { pstn: { dial: 'PJSIP/{number}@pstn', endpoint: 'PJSIP/pstn', plus: true } },
    maxTalkMs: 60_000,
    agentShiftMs: 60_000,
  };
  const nowhere = { dial: 'PJSIP/{number}@nowhere', endpoint: 'PJSIP/nowhere', plus: true };
  for (const [bad, wanted] of [
    [{ ari: { ...good.ari, secret: 'wrong' } }, { code: 'PBX_AUTH', message: /ARI user "obzvon"/ }],
    [{ ari: { ...good.ari, user: 'nobody' } }, { code: 'PBX_AUTH', message: /ARI user "nobody"/ }],
    [{ ami: { ...good.ami, secret: 'wrong' } }, { code: 'PBX_AUTH', message: /AMI user "obzvon"/ }],
    [{ trunks: { nowhere } }, { code: 'PBX_REFUSED', message: /PJSIP\/nowhere/ }],
  ] as const) {
    const wrong = createAsteriskPbx({ ...good, ...bad }, { clock: systemClock, log: createLog({ level: 'silent' }) });
    t.match(await rejection(wrong.start(() => undefined)), wanted);
  }
});

await t.test('a digit is heard also while callee and agent talk', async (t) => {
  const { pbx, heard, call } = await line(t);
  await pbx.connectAgent(AGENT, 'PJSIP/agent1');
  await heard({ type: 'agent.up', agent: AGENT });
  const attempt = await call('human-opts-out', { talkS: 10 });
  await heard({ type: 'attempt.answered', attempt });
  await pbx.bridge(attempt, AGENT);
  t.match(await heard({ type: 'attempt.digit', attempt }), { digit: '9' });
  await pbx.hangUp(attempt);
  t.match(await heard({ type: 'attempt.hung-up', attempt }), { byFarSide: false });
});

await t.test('an agent who hangs his phone up is down; one without a phone never comes up', async (t) => {
  const { pbx, heard, mark } = await line(t);
  const from = mark();
  await pbx.connectAgent(AGENT, 'PJSIP/agent1');
  await heard({ type: 'agent.up', agent: AGENT }, from);
  t.ok(await bed.pstn.hangUpPhone('agent1'));
  t.match(await heard({ type: 'agent.down', agent: AGENT }, from), { reason: 'hung up' });
  const nobody = 'nobody' as AgentId;
  await pbx.connectAgent(nobody, 'PJSIP/nobody');
  t.match(await heard({ type: 'agent.down', agent: nobody }), { reason: /registered/ });
});

await t.test('a second daemon on the same application is an alarm to the first', async (t) => {
  const first = await line(t, 'contested');
  const second = await line(t, 'contested');
  await first.heard({ type: 'pbx.alarm' });
  await first.heard({ type: 'pbx.lost' });
  t.match(await rejection(first.call('busy')), { kind: 'refused' });
  await second.heard({ type: 'attempt.hung-up', attempt: await second.call('busy') });
});

await t.test(
  'Asterisk stalls: the originate is unclear, the link is lost and comes back, the call is found',
  async (t) => {
    const { heard, call, pbx, mark } = await line(t);
    await heard({ type: 'pbx.up' });
    const from = mark();
    bed.pbx.kill('SIGSTOP');
    const tried = rejection(call('human-stays'));
    const attempt = `at-live-${process.pid}-${serial}` as AttemptId;
    await heard({ type: 'pbx.lost' }, from);
    t.match(await tried, { kind: 'unclear' });
    bed.pbx.kill('SIGCONT');
    t.match(await heard({ type: 'pbx.up' }, from), { restarted: false });
    const live = (await pbx.survey()).attempts.has(attempt);
    const recorded = (await pbx.recall([attempt])).has(attempt);
    t.ok(live || recorded, 'the call was placed after all, and Asterisk can tell');
    await pbx.hangUp(attempt);
  },
);

await t.test(
  'kill -9 of Asterisk in a talk: lost, up again as another process, and the event log knows the call',
  async (t) => {
    const { pbx, heard, call, mark } = await line(t);
    const from = mark();
    await pbx.connectAgent(AGENT, 'PJSIP/agent1');
    await heard({ type: 'agent.up', agent: AGENT }, from);
    const attempt = await call('human-stays');
    await heard({ type: 'attempt.answered', attempt });
    await pbx.bridge(attempt, AGENT);
    const before = mark();
    bed.pbx.kill('SIGKILL');
    await heard({ type: 'pbx.lost' }, before);
    await bed.pbx.restart();
    t.match(await heard({ type: 'pbx.up' }, before), { restarted: true });
    const { attempts, agents } = await pbx.survey();
    t.notOk(attempts.has(attempt));
    t.notOk(agents.has(AGENT));
    const record = (await pbx.recall([attempt])).get(attempt);
    t.ok(record?.answeredAt);
    t.equal(record?.endedAt, null, 'no end was recorded: the PBX died first');
    await bed.ready();
    await heard({ type: 'attempt.hung-up', attempt: await call('busy') });
  },
);
