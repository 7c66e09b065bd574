import t, { type Test } from 'tap';
import { openEvents, type AriEvent, type EventSocket } from '../../asterisk/ari-events.ts';
import { createAriHttp } from '../../asterisk/ari-http.ts';
import { systemClock } from '../../lib/clock.ts';
import { createLog } from '../../lib/log.ts';
import { rejection } from '../helpers/rejection.ts';
import { FAKE_SECRET, FAKE_USER, startFakeAri, type FakeAri } from '../helpers/fake-ari.ts';

interface Opened {
  readonly fake: FakeAri;
  readonly heard: AriEvent[];
  readonly logged: string[];
  readonly open: (secret?: string) => Promise<EventSocket>;
}

async function setUp(t: Test): Promise<Opened> {
  const fake = await startFakeAri();
  const heard: AriEvent[] = [];
  const logged: string[] = [];
  const over = new AbortController();
  t.teardown(async () => {
    over.abort();
    await fake.stop();
  });
  const log = createLog({ level: 'debug', stream: { write: (line) => void logged.push(line) } });
  return {
    fake,
    heard,
    logged,
    async open(secret = FAKE_SECRET) {
      const http = createAriHttp({ url: fake.url, user: FAKE_USER, secret }, systemClock, 100);
      return openEvents({
        http,
        app: 'obzvon',
        clock: systemClock,
        log,
        handshakeMs: 100,
        pingMs: 20,
        pingsMissed: 2,
        signal: over.signal,
        onEvent(event) {
          heard.push(event);
          if (event.type === 'Throw') throw new Error('a handler’s bug');
        },
      });
    },
  };
}

await t.test('frames that are no event are dropped and logged; the events after them arrive', async (t) => {
  const { fake, heard, logged, open } = await setUp(t);
  await open();
  for (const frame of ['{"type":"Chan', 'null', '[]', '7', '"text"', '{}', '{"type":null}', '']) fake.send(frame);
  fake.send({ type: 'NeverHeardOf', field: 1 });
  fake.send({ type: 'Throw' });
  fake.send({ type: 'ChannelDestroyed' });
  while (heard.length < 3) await new Promise(setImmediate);
  t.strictSame(
    heard.map(({ type }) => type),
    ['NeverHeardOf', 'Throw', 'ChannelDestroyed'],
  );
  t.match(logged.filter((line) => line.includes('no event')).at(-1), '"oddFrames":8');
  t.equal(logged.filter((line) => line.includes('could not be handled')).length, 1);
});

await t.test('a half-open connection is taken for dead after two unanswered pings', async (t) => {
  const { fake, open } = await setUp(t);
  const socket = await open();
  fake.freeze();
  t.equal(await socket.closed, 'no answer to 2 pings');
});

await t.test('a stall of our own event loop is not taken for a dead peer', async (t) => {
  const { fake, open, heard } = await setUp(t);
  const socket = await open();
  const until = performance.now() + 200;
  while (performance.now() < until);
  const over = await Promise.race([socket.closed, new Promise((resolve) => setTimeout(resolve, 60, 'alive'))]);
  t.equal(over, 'alive');
  fake.send({ type: 'StasisStart' });
  while (heard.length < 1) await new Promise(setImmediate);
});

await t.test('Asterisk closing the stream is told once, with a reason', async (t) => {
  const { fake, open } = await setUp(t);
  const socket = await open();
  fake.cut();
  t.type(await socket.closed, 'string');
});

await t.test('the password travels in a header, never in the URL', async (t) => {
  const { fake, open } = await setUp(t);
  await open();
  t.equal(fake.streams[0]?.url, '/ari/events?app=obzvon');
  t.match(fake.streams[0]?.authorization, /^Basic /);
});

await t.test('refused, hanging and absent streams reject with the status', async (t) => {
  const { fake, open } = await setUp(t);
  t.match(await rejection(open('wrong')), { status: 401 });
  fake.stream = 503;
  t.match(await rejection(open()), { status: 503 });
  fake.stream = 'hang';
  t.match(await rejection(open()), { status: 0 });
  await fake.stop();
  t.match(await rejection(open()), { status: 0 });
});
