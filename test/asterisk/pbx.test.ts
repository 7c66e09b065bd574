import { fork } from 'node:child_process';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { createAsteriskPbx, type AsteriskConfig } from '../../asterisk/pbx.ts';
import type { Timings } from '../../asterisk/timings.ts';
import { systemClock } from '../../lib/clock.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { Phone } from '../../lib/core/phone.ts';
import type { AgentId, Pbx, PbxEvent } from '../../lib/dialer/pbx.ts';
import { createLog } from '../../lib/log.ts';
import { mintPermit, PermittedAttempt, type Permit } from '../../lib/store/permits.ts';
import { FAKE_SECRET, FAKE_USER, startFakeAri, type FakeAri, type Reply } from '../helpers/fake-ari.ts';
import { startFakeAmi, type FakeAmi } from '../helpers/fake-ami.ts';
import { rejection } from '../helpers/rejection.ts';

const TIMINGS: Partial<Timings> = {
  deadlineMs: 1_000,
  pingMs: 100,
  backoffMs: { min: 5, max: 20 },
  moduleGraceMs: 60,
  bootedMs: 200,
  witnessMs: 30,
};
const AMI_SECRET = 'ami-secret-of-the-test';
const A = 'at-1' as AttemptId;
const ANNA = 'anna' as AgentId;

interface Bed {
  readonly ari: FakeAri;
  readonly ami: FakeAmi;
  readonly pbx: Pbx;
  readonly events: PbxEvent[];
  readonly logged: string[];
  readonly start: () => Promise<void>;
  /** The next event of this type that is not yet taken, waited for. */
  readonly next: <T extends PbxEvent['type']>(type: T) => Promise<Extract<PbxEvent, { type: T }>>;
}

async function setUp(
  t: Test,
  change: { ari?: Partial<AsteriskConfig['ari']>; amiSecret?: string; ami?: null; timings?: Partial<Timings> } = {},
): Promise<Bed> {
  const ari = await startFakeAri();
  const ami = await startFakeAmi({ secret: AMI_SECRET });
  const events: PbxEvent[] = [];
  const taken = new Set<PbxEvent>();
  const logged: string[] = [];
  let tell = (): void => undefined;
  const pbx = createAsteriskPbx(
    {
      ari: { url: ari.url, user: FAKE_USER, secret: FAKE_SECRET, app: 'obzvon', ...change.ari },
      ami:
        change.ami === null
          ? null
          : { host: '127.0.0.1', port: ami.port, user: 'obzvon', secret: change.amiSecret ?? AMI_SECRET },
      celFile: null,
      context: 'obzvon-out',
      trunks: {
        pstn: { dial: 'PJSIP/{number}@pstn', endpoint: 'PJSIP/pstn', plus: false },
        plus: { dial: 'PJSIP/{number}@plus', endpoint: 'PJSIP/plus', plus: true },
      },
      maxTalkMs: 3_600_000,
      agentShiftMs: 43_200_000,
    },
    {
      clock: systemClock,
      log: createLog({ level: 'trace', stream: { write: (line) => void logged.push(line) } }),
      timings: { ...TIMINGS, ...change.timings },
    },
  );
  t.teardown(async () => {
    await pbx.stop();
    await Promise.all([ari.stop(), ami.stop()]);
  });
  return {
    ari,
    ami,
    pbx,
    events,
    logged,
    start: () =>
      pbx.start((event) => {
        events.push(event);
        tell();
      }),
    async next(type) {
      for (;;) {
        const found = events.find((event) => event.type === type && !taken.has(event));
        if (found !== undefined) {
          taken.add(found);
          return found as Extract<PbxEvent, { type: typeof type }>;
        }
        await new Promise<void>((resolve) => (tell = resolve));
      }
    },
  };
}

function permit(change: Partial<Permit> = {}): Permit {
  return {
    attempt: A,
    phone: '+79161234567' as Phone,
    caller: '+74951112233' as Phone,
    trunk: 'pstn',
    ringTimeoutMs: 29_500,
    allowedAt: systemClock.now(),
    allowedAtMonotonic: systemClock.monotonic(),
    ...change,
  };
}

await t.test(
  'start: subscribed to each trunk, then up, with each trunk’s state; no secret in any log line',
  async (t) => {
    const { ari, start, next, logged } = await setUp(t);
    await start();
    t.match(await next('pbx.up'), { restarted: false });
    t.match([await next('trunk.state'), await next('trunk.state')], [{ trunk: 'pstn', up: true }, { trunk: 'plus' }]);
    t.strictSame(
      ari.requests.filter(({ path }) => path.endsWith('/subscription')).map(({ query }) => query['eventSource']),
      ['endpoint:PJSIP/pstn', 'endpoint:PJSIP/plus'],
    );
    t.match(ari.requests.find(({ path }) => path.endsWith('/eventFilter'))?.body, {
      disallowed: [{ type: 'ChannelVarset' }],
    });
    t.notMatch(logged.join(''), new RegExp(`${FAKE_SECRET}|${AMI_SECRET}|Basic `));
    t.ok(ari.requests.every(({ url }) => !url.includes(FAKE_SECRET)));
  },
);

await t.test('start: mistakes that no retry mends are told with what to mend', async (t) => {
  const cases: readonly [string, (bed: Bed) => void, object, Parameters<typeof setUp>[1]?][] = [
    [
      'wrong ARI secret',
      () => undefined,
      { code: 'PBX_AUTH', hint: /\[obzvon\] of ari\.conf/ },
      { ari: { secret: 'x' } },
    ],
    ['wrong AMI secret', () => undefined, { code: 'PBX_AUTH', hint: /manager\.conf/ }, { amiSecret: 'x' }],
    [
      'read-only ARI user',
      ({ ari }) => ari.answer(/POST/, { status: 403, body: { message: 'Write access denied' } }),
      { code: 'PBX_AUTH', hint: /read_only = no/ },
    ],
    ['no ARI at all', ({ ari }) => ari.answer(/./, { status: 404 }), { code: 'PBX_MODULE_MISSING', hint: /res_ari/ }],
    [
      'something else answers',
      ({ ari }) => ari.answer(/./, { status: 200, body: '<html>' }),
      { code: 'PBX_MODULE_MISSING', hint: /http\.conf/ },
    ],
    [
      'a module is missing',
      ({ ari }) => void ari.modules.splice(ari.modules.indexOf('app_stasis.so'), 1),
      { code: 'PBX_MODULE_MISSING', message: /app_stasis\.so/ },
    ],
    [
      'the trunk’s endpoint is missing',
      ({ ari }) => ari.answer(/subscription/, { status: 422, body: { message: 'Event source does not exist' } }),
      { code: 'PBX_REFUSED', message: /PJSIP\/pstn/, hint: /pjsip\.conf/ },
    ],
  ];
  for (const [title, spoil, told, change] of cases) {
    await t.test(title, async (t) => {
      const bed = await setUp(t, change);
      spoil(bed);
      t.match(await rejection(bed.start()), { name: 'ObzvonError', ...told });
    });
  }
});

await t.test('start: a module that is only late is waited for', async (t) => {
  const { ari, start, next } = await setUp(t, { timings: { moduleGraceMs: 5_000 } });
  ari.answer(/./, { status: 404 });
  const started = start();
  t.match(await next('pbx.lost'), { reason: /not loaded/ });
  ari.answer(/./, null);
  await started;
});

await t.test('start: an absent PBX is waited for and told; stop ends the waiting', async (t) => {
  const { ari, start, next, pbx } = await setUp(t);
  await ari.stop();
  const started = start();
  t.match(await next('pbx.lost'), { reason: /ECONNREFUSED/ });
  const again = await startFakeAri({ port: ari.port });
  t.teardown(() => again.stop());
  await started;
  await next('pbx.up');

  const other = await setUp(t);
  await other.ari.stop();
  const pending = rejection(other.start());
  await other.next('pbx.lost');
  await other.pbx.stop();
  t.match(await pending, { message: /stopped/ });
  await pbx.stop();
});

await t.test('start: FullyBooted is waited for, but not for ever', async (t) => {
  const { ami, start, events } = await setUp(t, { timings: { bootedMs: 60_000 } });
  ami.booted = false;
  const login = ami.nextAction('Events');
  const started = start();
  await login;
  t.strictSame(events, []);
  ami.send({ Event: 'FullyBooted', Status: 'Fully Booted' });
  await started;

  const silent = await setUp(t, { timings: { bootedMs: 30 } });
  silent.ami.booted = false;
  await silent.start();
  t.match(silent.logged.join(''), /AMI did not say FullyBooted/);
});

await t.test('start: without AMI, ARI alone is enough; an AMI that is away does not hold calls up', async (t) => {
  const alone = await setUp(t, { ami: null });
  await alone.start();
  const { ami, start } = await setUp(t, { timings: { bootedMs: 30 } });
  await ami.stop();
  await start();
});

await t.test('a lost stream comes back for ever and subscribes anew; a new Asterisk process is told', async (t) => {
  const { ari, start, next } = await setUp(t);
  await start();
  t.match(await next('pbx.up'), { restarted: false });
  for (let round = 0; round < 12; round++) {
    if (round === 6) ari.startupTime = 'later';
    const subscribed = ari.nextRequest(/subscription/);
    ari.cut();
    await next('pbx.lost');
    await subscribed;
    t.match(await next('pbx.up'), { restarted: round === 6 });
  }
  const docs = ari.requests.filter(({ path }) => path.endsWith('/resources.json') && path.includes('api-docs'));
  t.equal(docs.filter(({ authorization }) => authorization !== undefined).length, 2, 'operations read once a process');
});

await t.test(
  'an Asterisk that just restarted says its trunk is offline: not believed until it may have asked',
  async (t) => {
    const unaskedMs = 400;
    const { ari, start, next, events } = await setUp(t, { timings: { unaskedMs } });
    await start();
    await next('trunk.state');
    await next('trunk.state');
    await next('pbx.up');
    ari.answer(/endpoints\/PJSIP\/pstn/, { status: 200, body: { state: 'offline' } });
    ari.startupTime = 'later';
    const asked = ari.nextRequest(/endpoints\/PJSIP\/pstn/);
    ari.cut();
    const up = await next('pbx.up');
    await asked;
    t.equal(events.filter(({ type }) => type === 'trunk.state').length, 2, 'nothing is told yet');
    const down = await next('trunk.state');
    t.match(down, { trunk: 'pstn', up: false });
    t.ok(down.at - up.at >= unaskedMs - 5, `${down.at - up.at} ms`);
  },
);

await t.test('a half-open stream is noticed and replaced', async (t) => {
  const { ari, start, next } = await setUp(t);
  await start();
  await next('pbx.up');
  ari.freeze();
  t.match(await next('pbx.lost'), { reason: /no answer to 2 pings/ });
  await next('pbx.up');
});

await t.test('an application taken by another daemon is an alarm and no fight', async (t) => {
  const { ari, start, next, pbx } = await setUp(t);
  await start();
  ari.send({ type: 'ApplicationReplaced', application: 'another' });
  ari.send({ type: 'ApplicationReplaced', application: 'obzvon' });
  t.match(await next('pbx.alarm'), { reason: /stop the other daemon/ });
  await next('pbx.lost');
  t.equal(ari.streams.length, 1);
  t.match(await rejection(pbx.originate(mintPermit(permit()))), { kind: 'refused' });
});

await t.test(
  'a stream that never opens while ARI answers is the deadlock only a restart of Asterisk mends',
  async (t) => {
    const { ari, start, next } = await setUp(t);
    ari.stream = 'hang';
    const started = start();
    t.match(await next('pbx.alarm'), { reason: /restart Asterisk/ });
    ari.stream = 'open';
    await started;
  },
);

await t.test('originate: what goes over the wire', async (t) => {
  const { ari, start, pbx } = await setUp(t);
  await start();
  await pbx.originate(mintPermit(permit()));
  await pbx.originate(mintPermit(permit({ attempt: 'at-2' as AttemptId, trunk: 'plus', ringTimeoutMs: 1 })));
  const [first, second] = ari.requests.filter(({ path }) => path.startsWith('/ari/channels/at-'));
  t.match(first, {
    method: 'POST',
    path: '/ari/channels/at-1',
    query: {
      endpoint: 'PJSIP/79161234567@pstn',
      context: 'obzvon-out',
      extension: 'answered',
      priority: '1',
      callerId: '74951112233',
      timeout: '30',
    },
    body: { variables: { OBZ_APP: 'obzvon', OBZ_ATTEMPT: 'at-1', 'TIMEOUT(absolute)': '45' } },
  });
  t.match(second?.query, { endpoint: 'PJSIP/+79161234567@plus', callerId: '+74951112233', timeout: '1' });
});

await t.test('originate: forged, used and stale permits, odd numbers and trunks reach no wire', async (t) => {
  const { ari, start, pbx } = await setUp(t);
  await start();
  const used = mintPermit(permit());
  used.redeem(systemClock);
  await t.rejects(pbx.originate(new PermittedAttempt(permit())), /without a permit/);
  await t.rejects(pbx.originate({ redeem: undefined } as unknown as PermittedAttempt));
  await t.rejects(pbx.originate(used), /used/);
  for (const [clock, paused] of [
    ['wall', { allowedAt: systemClock.now() - 2_000 }],
    ['wall set back', { allowedAt: systemClock.now() + 2_000 }],
    ['monotonic', { allowedAtMonotonic: systemClock.monotonic() - 2_000 }],
    ['none', { allowedAtMonotonic: NaN }],
  ] as const) {
    await t.rejects(pbx.originate(mintPermit(permit(paused))), /ask the gate again/, clock);
  }
  const bad: Partial<Permit>[] = [
    { phone: '79161234567' as Phone },
    { phone: '+7916\r\nX: 1' as Phone },
    { phone: '+79161234567&PJSIP/1@x' as Phone },
    { phone: '+7916 123 45 67' as Phone },
    { caller: 'Anonymous' as Phone },
    { trunk: 'nowhere' },
    { trunk: 'constructor' },
    { attempt: 'at-1/../../bridges' as AttemptId },
  ];
  for (const change of bad) {
    t.match(await rejection(pbx.originate(mintPermit(permit(change)))), { kind: 'refused' }, JSON.stringify(change));
  }
  t.strictSame(
    ari.requests.filter(({ method, path }) => method === 'POST' && path.startsWith('/ari/channels')),
    [],
  );
});

await t.test('originate: called off, it does not go on the wire any more, wherever it waits', async (t) => {
  const { ari, start, pbx } = await setUp(t);
  await start();
  // Eight under way take all turns: the ninth waits for its own.
  ari.answer(/POST \/ari\/channels\/at-busy/, 'silence');
  const busy = Array.from({ length: 8 }, (_, i) =>
    rejection(pbx.originate(mintPermit(permit({ attempt: `at-busy${i}` as AttemptId })))),
  );
  const waiting = rejection(pbx.originate(mintPermit(permit({ attempt: 'at-waits' as AttemptId }))));
  await pbx.hangUp('at-waits' as AttemptId);
  t.match(await waiting, { kind: 'refused', message: /called off before it was sent/ });
  t.match(
    await Promise.all(busy),
    Array.from({ length: 8 }, () => ({ kind: 'unclear' })),
  );
  // It has its turn, but no socket yet.
  ari.answer(/POST \/ari\/channels\/at-busy/, null);
  const going = rejection(pbx.originate(mintPermit(permit({ attempt: 'at-goes' as AttemptId }))));
  await pbx.hangUp('at-goes' as AttemptId);
  t.match(await going, { kind: 'refused', message: /called off before it was sent/ });
  t.strictSame(
    ari.requests.filter(({ method, path }) => method === 'POST' && /at-(waits|goes)/.test(path)),
    [],
    'Asterisk never hears of them',
  );
});

await t.test('originate: what a failure means', async (t) => {
  const { ari, start, pbx } = await setUp(t);
  await start();
  const live = { status: 200, body: { id: A, state: 'Down' } };
  const cases: readonly [string, Reply, Reply | null, string | null][] = [
    ['400 is a refusal', { status: 400 }, null, 'refused'],
    ['403 is a refusal', { status: 403 }, null, 'refused'],
    ['409 and a live channel: it is ours', { status: 409 }, live, null],
    ['409 and no channel: Asterisk’s sticky 409', { status: 409 }, { status: 404 }, 'refused'],
    ['409 and no word', { status: 409 }, 'silence', 'unclear'],
    ['500 and a live channel', { status: 500 }, live, null],
    ['500 and no channel', { status: 500 }, { status: 404 }, 'refused'],
    ['503 and 500 to the look-up', { status: 503 }, { status: 500 }, 'unclear'],
    ['no answer: it may ring', 'silence', null, 'unclear'],
    ['connection cut: it may ring', 'cut', null, 'unclear'],
  ];
  for (const [i, [title, reply, lookUp, kind]] of cases.entries()) {
    ari.answer(/POST \/ari\/channels\/at-/, reply);
    ari.answer(/GET \/ari\/channels\/at-/, lookUp);
    const tried = pbx.originate(mintPermit(permit({ attempt: `at-${i}` as AttemptId })));
    if (kind === null) await t.resolves(tried, title);
    else t.match(await rejection(tried), { name: 'PbxError', kind }, title);
  }
});

await t.test('a command while the PBX is away is refused at once and never held for later', async (t) => {
  const { ari, start, pbx, next } = await setUp(t);
  await start();
  await next('pbx.up');
  ari.stream = 503;
  ari.cut();
  await next('pbx.lost');
  t.match(await rejection(pbx.originate(mintPermit(permit()))), { kind: 'refused' });
  t.match(await rejection(pbx.survey()), { kind: 'refused' });
  ari.stream = 'open';
  await next('pbx.up');
  t.notOk(ari.requests.some(({ path }) => path === '/ari/channels/at-1'));
});

/** Anna logs in: her leg is called, comes up and is put into her bridge. */
async function annaUp({ ari, pbx, next }: Bed): Promise<string> {
  const called = ari.nextRequest(/POST \/ari\/channels\/ag-/);
  await pbx.connectAgent(ANNA, 'PJSIP/anna');
  const { path, query, body } = await called;
  const leg = path.split('/').at(-1) ?? '';
  t.match(query, { endpoint: 'PJSIP/anna', app: 'obzvon', appArgs: 'agent,anna', timeout: '30' });
  t.match(body, { variables: { 'TIMEOUT(absolute)': '43200' } });
  ari.send({ type: 'StasisStart', application: 'obzvon', args: ['agent', 'anna'], channel: { id: leg, state: 'Up' } });
  t.match(await next('agent.up'), { agent: ANNA });
  return leg;
}

await t.test('an agent’s leg: called, kept in the bridge, told up and down', async (t) => {
  const bed = await setUp(t);
  const { ari, pbx, start, next } = bed;
  await start();
  const leg = await annaUp(bed);
  t.match(leg, /^ag-anna-[0-9a-z]+$/);
  const posts = ari.requests.filter(({ path }) => path.startsWith('/ari/bridges/br-anna'));
  t.match(posts.find(({ method, path }) => method === 'POST' && path.endsWith('br-anna'))?.query, {
    type: 'mixing,dtmf_events',
  });
  t.match(posts.find(({ path }) => path.endsWith('addChannel'))?.query, { channel: leg });

  const hangup = ari.nextRequest(/DELETE/);
  await pbx.disconnectAgent(ANNA);
  t.equal((await hangup).path, `/ari/channels/${leg}`);
  ari.send({ type: 'ChannelDestroyed', cause: 17, cause_txt: 'User busy', channel: { id: leg } });
  t.match(await next('agent.down'), { agent: ANNA, reason: 'busy' });
});

await t.test(
  'an agent’s keys are told, those of a leg that is not his any more are not; a sound goes to his leg alone',
  async (t) => {
    const bed = await setUp(t);
    const { ari, pbx, start, next, events } = bed;
    await start();
    t.match(await rejection(pbx.announce(ANNA, 'sound:beep')), { kind: 'gone' });
    const leg = await annaUp(bed);
    ari.send({ type: 'ChannelDtmfReceived', digit: '7', channel: { id: 'ag-anna-gone' } });
    ari.send({ type: 'ChannelDtmfReceived', digit: '*', channel: { id: leg } });
    t.match(await next('agent.digit'), { agent: ANNA, digit: '*' });
    t.equal(events.filter(({ type }) => type === 'agent.digit' || type === 'attempt.digit').length, 1);
    const plays = [ari.nextRequest(/\/play\//), pbx.announce(ANNA, 'sound:beep')] as const;
    const { path, query } = await plays[0];
    await plays[1];
    t.ok(path.startsWith(`/ari/channels/${leg}/play/`));
    t.match(query, { media: 'sound:beep' });
    const again = ari.nextRequest(/\/play\//);
    await pbx.announce(ANNA, 'sound:beep');
    t.not((await again).path, path, 'each sound is a playback of its own');
    ari.answer(/\/play\//, { status: 404 });
    t.match(await rejection(pbx.announce(ANNA, 'sound:beep')), { kind: 'gone' });
  },
);

await t.test('a leg that ended while the event stream was away is missing in the survey', async (t) => {
  const bed = await setUp(t);
  await bed.start();
  await annaUp(bed);
  await bed.next('pbx.up');
  bed.ari.cut();
  await bed.next('pbx.lost');
  await bed.next('pbx.up');
  t.notOk((await bed.pbx.survey()).agents.has(ANNA));
});

await t.test('an agent whose leg is in the bridge already is up at once; no second call', async (t) => {
  const { ari, pbx, start, next } = await setUp(t);
  await start();
  ari.answer(/GET \/ari\/bridges\/br-anna/, { status: 200, body: { id: 'br-anna', channels: ['ag-anna-old'] } });
  await pbx.connectAgent(ANNA, 'PJSIP/anna');
  t.match(await next('agent.up'), { agent: ANNA });
  t.notOk(ari.requests.some(({ method, path }) => method === 'POST' && path.startsWith('/ari/channels/ag-')));
});

await t.test('an agent whose phone cannot be called is down, with the reason', async (t) => {
  const { ari, pbx, start, next } = await setUp(t);
  await start();
  ari.answer(/POST \/ari\/channels\/ag-/, { status: 500, body: { error: 'Allocation failed' } });
  await pbx.connectAgent(ANNA, 'PJSIP/anna');
  t.match(await next('agent.down'), { agent: ANNA, reason: /registered/ });
  t.match(await rejection(pbx.connectAgent(ANNA, 'PJSIP/anna&PJSIP/boss')), { kind: 'refused' });
});

await t.test('bridge: one request, then the dead-man’s switch moves to the longest talk', async (t) => {
  const bed = await setUp(t);
  const { ari, pbx, start } = bed;
  await start();
  t.match(await rejection(pbx.bridge(A, ANNA)), { kind: 'gone' }, 'no leg, no bridge');
  await annaUp(bed);
  const moved = ari.nextRequest(/variable/);
  const before = ari.requests.length;
  await pbx.bridge(A, ANNA);
  t.match(ari.requests[before], { path: '/ari/bridges/br-anna/addChannel', query: { channel: A } });
  t.match((await moved).query, { variable: 'TIMEOUT(absolute)', value: '3600' });
  for (const [status, kind] of [
    [400, 'gone'],
    [404, 'gone'],
    [409, 'gone'],
    [422, 'gone'],
    [500, 'unclear'],
  ] as const) {
    ari.answer(/addChannel/, { status });
    t.match(await rejection(pbx.bridge(A, ANNA)), { kind }, String(status));
  }
});

await t.test('play, hang up and extend', async (t) => {
  const { ari, pbx, start, next } = await setUp(t);
  await start();
  await pbx.play(A, 'sound:vm-goodbye');
  t.match(ari.requests.at(-1), { path: '/ari/channels/at-1/play/pb-at-1', query: { media: 'sound:vm-goodbye' } });
  ari.send({ type: 'PlaybackFinished', playback: { id: 'pb-at-1', state: 'done' } });
  t.match(await next('attempt.message-played'), { attempt: A });
  await pbx.extend(A, 90_001);
  t.match(ari.requests.at(-1)?.query, { value: '91' });
  ari.answer(/DELETE/, { status: 404 });
  await t.resolves(pbx.hangUp(A), 'gone already is fine');
  ari.answer(/DELETE/, 'silence');
  t.match(await rejection(pbx.hangUp(A)), { kind: 'unclear' });
});

await t.test('a callee in an agent’s bridge is taken out of it before a message', async (t) => {
  const bed = await setUp(t);
  const { ari, pbx, start } = bed;
  await start();
  await annaUp(bed);
  const extended = ari.nextRequest(/variable/);
  await pbx.bridge(A, ANNA);
  await extended;
  const before = ari.requests.length;
  ari.answer(/removeChannel/, { status: 422 });
  await pbx.play(A, 'sound:beep');
  await pbx.play(A, 'sound:beep');
  t.strictSame(
    ari.requests.slice(before).map(({ path }) => path),
    ['/ari/bridges/br-anna/removeChannel', '/ari/channels/at-1/play/pb-at-1', '/ari/channels/at-1/play/pb-at-1'],
  );
});

await t.test('AMI tells a hang-up that ARI does not, and keeps silent on one it did', async (t) => {
  const { ari, ami, start, next, events } = await setUp(t);
  await start();
  ami.send({ Event: 'Hangup', Uniqueid: 'at-1', Cause: '17', TechCause: '486' });
  t.match(await next('attempt.hung-up'), { attempt: A, cause: 17, sipCode: 486 });
  ami.send({ Event: 'Hangup', Uniqueid: 'at-2', Cause: '16' });
  ari.send({ type: 'ChannelDestroyed', cause: 21, tech_cause: 603, channel: { id: 'at-2' } });
  t.match(await next('attempt.hung-up'), { attempt: 'at-2', cause: 21, sipCode: 603 });
  ami.send({ Event: 'Hangup', Uniqueid: 'at-3', Cause: '16' });
  t.match(await next('attempt.hung-up'), { attempt: 'at-3' });
  t.equal(events.filter(({ type }) => type === 'attempt.hung-up').length, 3);
});

await t.test('a contact’s change over AMI or ARI is looked into, and told when it changed the trunk', async (t) => {
  const { ari, ami, start, next, pbx } = await setUp(t);
  await start();
  await next('trunk.state');
  await next('trunk.state');
  ari.answer(/endpoints\/PJSIP\/pstn/, { status: 200, body: { state: 'offline' } });
  ami.send({ Event: 'ContactStatus', EndpointName: 'pstn', ContactStatus: 'Unreachable' });
  t.match(await next('trunk.state'), { trunk: 'pstn', up: false });
  ari.answer(/endpoints\/PJSIP\/pstn/, null);
  ari.send({ type: 'ContactStatusChange', endpoint: { technology: 'PJSIP', resource: 'pstn' } });
  t.match(await next('trunk.state'), { trunk: 'pstn', up: true });
  ari.answer(/endpoints\/PJSIP\/pstn/, { status: 404 });
  t.equal(await pbx.trunkState('pstn'), 'down');
  ari.answer(/endpoints\/PJSIP\/pstn/, { status: 200, body: { state: 'unknown' } });
  t.equal(await pbx.trunkState('pstn'), 'unknown');
  t.equal(await pbx.trunkState('nowhere'), 'unknown');
});

await t.test('survey: whose calls and whose legs are live', async (t) => {
  const bed = await setUp(t);
  const { ari, pbx, start } = bed;
  await start();
  ari.answer(/GET \/ari\/channels$/, {
    status: 200,
    body: [
      { id: 'at-1', state: 'Up' },
      { id: 'at-2', state: 'Ringing' },
      { id: 'at-3', state: 'Down' },
      { id: '1700000000.1', state: 'Up' },
      { id: 'ag-anna-1', state: 'Up' },
      { id: 'ag-boris-1', state: 'Ringing' },
    ],
  });
  ari.answer(/GET \/ari\/bridges$/, {
    status: 200,
    body: [
      { id: 'br-anna', channels: ['ag-anna-1', 'at-1'] },
      { id: 'br-boris', channels: [] },
      { id: 'other', channels: ['1700000000.1'] },
    ],
  });
  const { attempts, agents } = await pbx.survey();
  t.strictSame(
    [...attempts],
    [
      ['at-1', { state: 'up', agent: 'anna' }],
      ['at-2', { state: 'ringing', agent: null }],
      ['at-3', { state: 'down', agent: null }],
    ],
  );
  t.strictSame([...agents], ['anna']);
  await t.resolves(pbx.bridge('at-2' as AttemptId, ANNA), 'a leg found by the survey can be bridged to');
  ari.answer(/GET \/ari\/bridges$/, 'silence');
  t.match(await rejection(pbx.survey()), { kind: 'unclear' });
  t.match(await rejection(pbx.recall([A])), { kind: 'unclear' }, 'no event log configured');
});

await t.test(
  'stop leaves no socket and no timer behind: the process ends by itself, whatever the adapter was doing',
  async (t) => {
    const cases: readonly [
      string,
      (bed: Bed) => void,
      (bed: Bed, told: (what: string) => Promise<void>) => Promise<unknown>,
    ][] = [
      ['up', () => undefined, (_, told) => told('started')],
      [
        'up, with a frozen stream',
        () => undefined,
        async ({ ari }, told) => {
          await told('started');
          ari.freeze();
        },
      ],
      [
        'in a request without an answer',
        ({ ari }) => ari.answer(/modules/, 'silence'),
        ({ ari }) => ari.nextRequest(/modules/),
      ],
      ['before a stream that hangs', ({ ari }) => void (ari.stream = 'hang'), ({ ari }) => ari.nextRequest(/modules/)],
      [
        'in an AMI login without an answer',
        ({ ami }) => void ami.deafTo.add('login'),
        ({ ami }) => ami.nextAction('login'),
      ],
      ['between two attempts', ({ ari }) => ari.answer(/./, { status: 503 }), (_, told) => told('pbx.lost')],
    ];
    for (const [title, spoil, reached] of cases) {
      await t.test(title, async (t) => {
        const bed = await setUp(t);
        spoil(bed);
        const { ari, ami } = bed;
        const config: AsteriskConfig = {
          ari: { url: ari.url, user: FAKE_USER, secret: FAKE_SECRET, app: 'obzvon' },
          ami: { host: '127.0.0.1', port: ami.port, user: 'obzvon', secret: AMI_SECRET },
          celFile: null,
          context: 'obzvon-out',
          trunks: {},
          maxTalkMs: 1,
          agentShiftMs: 1,
        };
        const child = fork(new URL('../helpers/adapter-child.ts', import.meta.url), [JSON.stringify(config)]);
        const ended = once(child, 'exit');
        const told = (what: string): Promise<void> =>
          new Promise((resolve) => child.on('message', (message) => message === what && resolve()));
        await reached(bed, told);
        const since = systemClock.monotonic();
        child.send('stop');
        t.strictSame(await ended, [0, null]);
        t.ok(systemClock.monotonic() - since < 2_000, 'and soon');
      });
    }
  },
);
