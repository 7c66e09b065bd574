import t, { type Test } from 'tap';
import { createAriHttp, type AriHttp } from '../../asterisk/ari-http.ts';
import { loadAri, unloadAri } from '../../asterisk/ari.ts';
import { createAsteriskPbx } from '../../asterisk/pbx.ts';
import { systemClock } from '../../lib/clock.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { Phone } from '../../lib/core/phone.ts';
import type { Pbx, PbxEvent } from '../../lib/dialer/pbx.ts';
import { createLog } from '../../lib/log.ts';
import { mintPermit, type PermittedAttempt } from '../../lib/store/permits.ts';
import { eventually } from '../helpers/eventually.ts';
import { FAKE_SECRET, FAKE_USER, startFakeAri, type FakeAri } from '../helpers/fake-ari.ts';
import { startFakeAmi, type FakeAmi } from '../helpers/fake-ami.ts';
import { startFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';
import { rejection } from '../helpers/rejection.ts';

/** The adapter behind wires that fail; what real Asterisk makes of it is test/live/toxics.test.ts. */
const HOST = '127.0.0.1';
const AMI_SECRET = 'ami-secret-of-the-test';
const LONG_MS = 60_000;

interface Bed {
  readonly ari: FakeAri;
  readonly ami: FakeAmi;
  readonly wires: { readonly ari: FaultProxy; readonly ami: FaultProxy };
  readonly pbx: Pbx;
  readonly events: PbxEvent[];
}

async function setUp(t: Test, deadlineMs = LONG_MS): Promise<Bed> {
  const ari = await startFakeAri();
  const ami = await startFakeAmi({ secret: AMI_SECRET });
  const wires = {
    ari: await startFaultProxy({ to: { host: HOST, port: ari.port } }),
    ami: await startFaultProxy({ to: { host: HOST, port: ami.port } }),
  };
  const events: PbxEvent[] = [];
  const pbx = createAsteriskPbx(
    {
      ari: { url: `http://${HOST}:${wires.ari.port}`, user: FAKE_USER, secret: FAKE_SECRET, app: 'obzvon' },
      ami: { host: HOST, port: wires.ami.port, user: 'obzvon', secret: AMI_SECRET },
      celFile: null,
      context: 'obzvon-out',
      trunks: { pstn: { dial: 'PJSIP/{number}@pstn', endpoint: 'PJSIP/pstn', plus: false } },
      maxTalkMs: 3_600_000,
      agentShiftMs: 43_200_000,
    },
    {
      clock: systemClock,
      random: () => 0.5,
      log: createLog({ level: 'silent' }),
      timings: { deadlineMs, knockMs: 2_000, pingMs: 100, backoffMs: { min: 5, max: 20 }, bootedMs: 10_000 },
    },
  );
  t.teardown(async () => {
    await pbx.stop();
    await Promise.all([wires.ari.stop(), wires.ami.stop(), ari.stop(), ami.stop()]);
  });
  await pbx.start((event) => events.push(event));
  return { ari, ami, wires, pbx, events };
}

function permit(attempt: string, allowedAt = systemClock.now()): PermittedAttempt {
  return mintPermit({
    attempt: attempt as AttemptId,
    phone: '+79161234567' as Phone,
    caller: '+74951112233' as Phone,
    trunk: 'pstn',
    ringTimeoutMs: 30_000,
    allowedAt,
    allowedAtMonotonic: systemClock.monotonic() + allowedAt - systemClock.now(),
  });
}

const times = (events: readonly PbxEvent[], type: PbxEvent['type']): number =>
  events.filter((event) => event.type === type).length;

await t.test('all connections half-open: found by pings, and none of the dead ones is used again', async (t) => {
  const { ari, wires, pbx, events } = await setUp(t);
  await Promise.all([pbx.survey(), pbx.survey(), pbx.survey()]);
  ari.answer(/POST \/ari\/channels\/at-/, 'silence');
  const asked = ari.nextRequest(/at-waits/);
  const waiting = rejection(pbx.originate(permit('at-waits')));
  await asked;
  const cure = wires.ari.add({ kind: 'half-open' });
  // Nothing here waits for a deadline: that is a minute.
  t.match(await waiting, { kind: 'unclear', message: /no answer to 2 pings/ });
  await eventually('the link is back', () => times(events, 'pbx.up') === 2);
  t.match(await pbx.survey(), { attempts: new Map() });
  cure();
});

await t.test('an originate given up never arrives later, however long the wire held it', async (t) => {
  const { ari, wires, pbx, events } = await setUp(t);
  const cure = wires.ari.add({ kind: 'cut' });
  const given = [1, 2, 3].map((i) => rejection(pbx.originate(permit(`at-held${i}`))));
  t.match(await Promise.all(given), [{ kind: 'unclear' }, { kind: 'unclear' }, { kind: 'unclear' }]);
  cure();
  await eventually('the link is back', () => times(events, 'pbx.up') === 2);
  await pbx.survey();
  t.strictSame(
    ari.requests.filter(({ path }) => path.includes('at-held')),
    [],
  );
});

await t.test(
  'a connection lost by a RST, in mid-answer, by silence or a vanished peer comes back each time',
  async (t) => {
    const { wires, pbx, events } = await setUp(t);
    const link = (): string | undefined => events.findLast(({ type }) => /^pbx\.(up|lost)$/.test(type))?.type;
    const toxics = [{ kind: 'reset' }, { kind: 'limit', bytes: 40 }, { kind: 'cut' }, { kind: 'half-open' }] as const;
    for (const toxic of toxics) {
      const before = times(events, 'pbx.lost');
      const cures = [wires.ari.add(toxic), wires.ami.add(toxic)];
      await eventually(`${toxic.kind} is told`, () => times(events, 'pbx.lost') > before);
      for (const cure of cures) cure();
      await eventually(`back after ${toxic.kind}`, () => link() === 'pbx.up');
      await t.resolves(pbx.survey(), toxic.kind);
    }
  },
);

await t.test('events cut into small pieces are heard whole', async (t) => {
  const { ari, ami, wires, events } = await setUp(t);
  wires.ari.add({ kind: 'slice', bytes: 8, ms: 0 });
  wires.ami.add({ kind: 'slice', bytes: 8, ms: 0 });
  const channel = { id: 'at-sliced', state: 'Ringing' };
  ari.send({ type: 'ChannelStateChange', application: 'obzvon', channel });
  await eventually('ringing is heard', () => times(events, 'attempt.rang') === 1);
  ami.send({ Event: 'Hangup', Uniqueid: 'at-sliced', Cause: '17', TechCause: '486', ChannelStateDesc: 'Ringing' });
  const over = await eventually('the end is heard', () => events.find(({ type }) => type === 'attempt.hung-up'));
  t.match(over, { cause: 17, sipCode: 486 });
});

await t.test('an originate that gets no socket while its permit is good is not sent any more', async (t) => {
  const { ari, pbx } = await setUp(t);
  ari.answer(/DELETE/, 'silence');
  for (let i = 0; i < 16; i += 1) pbx.hangUp(`at-${i}` as AttemptId).catch(() => undefined);
  const late = rejection(pbx.originate(permit('at-late', systemClock.now() - 800)));
  t.match(await late, { name: 'Error', message: /the permit ran out/ });
  t.notOk(ari.requests.some(({ path }) => path.endsWith('at-late')));
});

await t.test(
  'another Asterisk process: FullyBooted of the old one, on a wire that noticed nothing, is not believed',
  async (t) => {
    const { ari, ami, wires, events } = await setUp(t);
    await ami.nextAction('Ping');
    t.equal(ami.logins(), 1);
    ari.startupTime = 'later';
    ami.booted = false;
    const login = ami.nextAction('Events');
    const cure = wires.ari.add({ kind: 'reset' });
    cure();
    await login;
    t.equal(ami.logins(), 2, 'asked anew');
    t.equal(times(events, 'pbx.up'), 1, 'and not up before it says so');
    ami.send({ Event: 'FullyBooted', Status: 'Fully Booted' });
    t.match(await eventually('up', () => events.findLast(({ type }) => type === 'pbx.up')), { type: 'pbx.up' });
    await eventually('told as restarted', () => events.some((event) => event.type === 'pbx.up' && event.restarted));
  },
);

await t.test('two accounts at one host would go out under either: the second is refused', async (t) => {
  const ari = await startFakeAri();
  const https = ['one', FAKE_SECRET].map(
    (secret): AriHttp => createAriHttp({ url: ari.url, user: FAKE_USER, secret }, systemClock, 1_000),
  );
  t.teardown(async () => {
    https.forEach(unloadAri);
    await ari.stop();
  });
  const [wrong, right] = https as [AriHttp, AriHttp];
  await loadAri(right, systemClock, 1_000);
  t.match(await rejection(loadAri(wrong, systemClock, 1_000)), { message: /two ARI accounts/ });
});
