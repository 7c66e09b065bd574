import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { FAKE_SECRET, FAKE_USER, startFakeAri, type FakeAri } from '../helpers/fake-ari.ts';

/**
 * What ari-client 2.2.0 does by itself, without `asterisk/ari.ts`: the reasons for our door, listed in
 * docs/reliability.md. A test that fails here tells of an update that mended a hazard, or made a new one.
 */
const RAW = fileURLToPath(new URL('../helpers/raw-ari.ts', import.meta.url));

interface Raw {
  /** Resolves when it has said these words. */
  readonly said: (words: string) => Promise<void>;
  readonly prod: () => void;
  readonly end: () => Promise<{ code: number | null; out: string; err: string }>;
}

function run(t: Test, what: string, fake: FakeAri, secret = FAKE_SECRET, more: readonly string[] = []): Raw {
  const child = spawn(process.execPath, [RAW, what, fake.url, FAKE_USER, secret, ...more], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close') as Promise<[number | null]>;
  t.teardown(() => void child.kill('SIGKILL'));
  return {
    async said(words) {
      while (!out.includes(words)) await Promise.race([once(child.stdout, 'data'), ended]);
    },
    prod: () => void child.stdin.write('\n'),
    end: async () => ({ code: (await ended)[0], out, err }),
  };
}

async function fakeFor(t: Test): Promise<FakeAri> {
  const fake = await startFakeAri();
  t.teardown(() => fake.stop());
  return fake;
}

for (const [title, frame, error] of [
  [
    'an event type its api-docs do not know',
    '{"type":"NeverHeardOf"}',
    /TypeError.*undefined \(reading 'properties'\)/,
  ],
  ['broken JSON', '{"type":"Chan', /SyntaxError/],
  ['a null frame', 'null', /TypeError.*null \(reading 'type'\)/],
] as const) {
  await t.test(`${title} ends the process`, async (t) => {
    const fake = await fakeFor(t);
    const raw = run(t, 'events', fake);
    await raw.said('started');
    fake.send(frame);
    t.match(await raw.end(), { code: 1, err: error });
  });
}

await t.test('a request whose connection breaks never settles (#78)', async (t) => {
  const fake = await fakeFor(t);
  fake.answer(/GET \/ari\/channels$/, 'cut');
  t.match(await run(t, 'list', fake).end(), { code: 13, err: /unsettled top-level await/ });
});

await t.test('a request without an answer has no deadline: no timer runs in the whole process', async (t) => {
  const fake = await fakeFor(t);
  fake.answer(/GET \/ari\/channels$/, 'silence');
  const asked = fake.nextRequest(/GET \/ari\/channels$/);
  const raw = run(t, 'timers', fake);
  await asked;
  raw.prod();
  t.match(await raw.end(), { code: 0, out: /found: \[\]/ });
});

await t.test('a half-open event stream is never noticed: nothing pings and no timer runs', async (t) => {
  const fake = await fakeFor(t);
  const raw = run(t, 'events', fake);
  await raw.said('started');
  fake.freeze();
  raw.prod();
  t.match(await raw.end(), { code: 0, out: /found: \[\]/ });
});

await t.test('it gives up to connect again after ten tries and less than a minute', async (t) => {
  const fake = await fakeFor(t);
  const raw = run(t, 'reconnect', fake);
  await raw.said('started');
  fake.stream = 503;
  fake.cut();
  const { out } = await raw.end();
  const { waits, totalMs } = JSON.parse(/found: (\{.*\})/.exec(out)?.[1] ?? '{}') as { waits: number; totalMs: number };
  t.comment(`${waits} tries in ${totalMs} ms`);
  t.equal(waits, 10);
  t.ok(totalMs > 20_000 && totalMs < 60_000, `${totalMs} ms`);
  t.equal(fake.streams.length, 11);
});

await t.test('the account of the last client serves all clients of the process', async (t) => {
  const [one, two] = [await fakeFor(t), await fakeFor(t)];
  two.secret = 'another';
  await run(t, 'two accounts', one, FAKE_SECRET, [two.url, two.secret]).end();
  const listed = one.requests.find(({ path }) => path === '/ari/channels');
  t.equal(listed?.authorization, `Basic ${Buffer.from(`${FAKE_USER}:another`).toString('base64')}`);
});

await t.test('a wrong password ends the process with a thrown string', async (t) => {
  const { code, err } = await run(t, 'connect', await fakeFor(t), 'wrong').end();
  t.equal(code, 1);
  t.match(err, /throw message;[^]*401 :/);
});

await t.test('the password stands in the URL of the event stream', async (t) => {
  const fake = await fakeFor(t);
  const raw = run(t, 'events', fake);
  await raw.said('started');
  t.match(fake.streams[0]?.url, `api_key=${FAKE_USER}:${FAKE_SECRET}`);
  raw.prod();
  await raw.end();
});

await t.test('it prints on stdout, where a program’s own words belong', async (t) => {
  const { out } = await run(t, 'connect', await fakeFor(t)).end();
  t.match(out, /deprecated/);
});
