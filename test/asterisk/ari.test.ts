import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { AriHttpError, createAriHttp } from '../../asterisk/ari-http.ts';
import { askInfo, loadAri, unloadAri, type Ari } from '../../asterisk/ari.ts';
import { systemClock } from '../../lib/clock.ts';
import { rejection } from '../helpers/rejection.ts';
import { FAKE_SECRET, FAKE_USER, startFakeAri, type FakeAri } from '../helpers/fake-ari.ts';

const DEADLINE_MS = 1_000;

async function loaded(t: Test): Promise<{ fake: FakeAri; ari: Ari }> {
  const fake = await startFakeAri();
  const http = createAriHttp({ url: fake.url, user: FAKE_USER, secret: FAKE_SECRET }, systemClock, DEADLINE_MS);
  t.teardown(async () => {
    unloadAri(http);
    await fake.stop();
  });
  return { fake, ari: await loadAri(http, systemClock, DEADLINE_MS) };
}

await t.test(
  'a request settles although the connection breaks, is refused or stays silent (ari-client #78)',
  async (t) => {
    const { fake, ari } = await loaded(t);
    fake.answer(/GET \/ari\/channels\/cut/, 'cut');
    fake.answer(/GET \/ari\/channels\/silent/, 'silence');
    t.match(await rejection(ari.channel('cut')), { status: 0, sent: true });
    t.match(await rejection(ari.channel('silent')), { status: 0, sent: true, message: /no answer within 1000 ms/ });
    fake.answer(/./, 'silence');
    const pending = rejection(ari.channels());
    fake.cut();
    t.match(await pending, { status: 0, sent: true });
    await fake.stop();
    t.match(await rejection(ari.channels()), { status: 0, sent: false });
  },
);

await t.test('the HTTP status and Asterisk’s own words are kept', async (t) => {
  const { fake, ari } = await loaded(t);
  fake.answer(/POST \/ari\/channels\/dup/, { status: 409, body: { message: 'Channel with given ID already exists' } });
  fake.answer(/POST \/ari\/channels\/bad/, { status: 400, body: { error: 'Endpoint not specified' } });
  const call = { endpoint: 'PJSIP/x', timeoutS: 1, variables: {}, to: { app: 'a', args: 'b' } };
  t.match(await rejection(ari.originate('dup', call)), {
    status: 409,
    message: 'ARI 409: Channel with given ID already exists',
  });
  t.match(await rejection(ari.originate('bad', call)), { status: 400, message: 'ARI 400: Endpoint not specified' });
  t.equal(await ari.channel('nobody'), null, '404 of a look-up is an answer');
  await ari.hangUp('nobody');
});

await t.test('a reply that is no JSON rejects and throws nothing', async (t) => {
  const { fake, ari } = await loaded(t);
  fake.answer(/GET \/ari\/channels$/, { status: 200, body: '<html>' });
  await t.rejects(ari.channels(), AriHttpError);
});

await t.test('a wrong password rejects; the process lives on', async (t) => {
  const fake = await startFakeAri();
  t.teardown(() => fake.stop());
  const http = createAriHttp({ url: fake.url, user: FAKE_USER, secret: 'wrong' }, systemClock, DEADLINE_MS);
  t.match(await rejection(askInfo(http, DEADLINE_MS)), { status: 401 });
  await t.rejects(
    loadAri(http, systemClock, DEADLINE_MS),
    Error,
    'ari-client itself throws a string from a callback here',
  );
});

await t.test('a host that is not ARI rejects, whatever it answers', async (t) => {
  for (const body of ['<html>hello</html>', '{}', 'null', '{"apis":[]}', '{"apis":[{}]}', '']) {
    const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const http = createAriHttp({ url, user: 'u', secret: 's' }, systemClock, DEADLINE_MS);
    t.match(await rejection(askInfo(http, DEADLINE_MS)), { code: 'PBX_MODULE_MISSING' });
    await t.rejects(loadAri(http, systemClock, DEADLINE_MS), Error, body);
    unloadAri(http);
    server.close();
  }
});

await t.test('nothing is printed and no deprecation is raised', async (t) => {
  const said: unknown[] = [];
  const note = (warning: Error): void => void said.push(warning.message);
  const { log, error, warn } = console;
  console.log = console.error = console.warn = (...words: unknown[]) => void said.push(words);
  process.on('warning', note);
  const { ari } = await loaded(t);
  await ari.channels();
  await new Promise(setImmediate);
  Object.assign(console, { log, error, warn });
  process.off('warning', note);
  t.strictSame(said, []);
});

await t.test('two hosts keep two accounts: the last client does not win', async (t) => {
  const [one, two] = [await startFakeAri(), await startFakeAri()];
  two.secret = 'another';
  const https = [one, two].map(({ url, secret }) =>
    createAriHttp({ url, user: FAKE_USER, secret }, systemClock, DEADLINE_MS),
  );
  const aris = await Promise.all(https.map((http) => loadAri(http, systemClock, DEADLINE_MS)));
  for (const ari of aris) t.strictSame(await ari.channels(), []);
  https.forEach(unloadAri);
  await Promise.all([one.stop(), two.stop()]);
});

await t.test('200 requests at once go over 16 connections and all settle', async (t) => {
  const { fake, ari } = await loaded(t);
  const settled = await Promise.allSettled(Array.from({ length: 200 }, (_, i) => ari.channel(`c${i}`)));
  t.equal(settled.filter(({ status }) => status === 'fulfilled').length, 200);
  t.ok(fake.mostConnections() <= 18, `${fake.mostConnections()} connections`);
});

await t.test(
  'a kept-alive connection that Asterisk closed meanwhile costs no look-up, but never repeats an originate',
  async (t) => {
    const { fake, ari } = await loaded(t);
    await ari.channels();
    fake.answer(/DELETE|GET \/ari\/channels$/, 'cut');
    const again = fake.nextRequest(/GET/).then(() => fake.answer(/DELETE|GET \/ari\/channels$/, null));
    t.strictSame(await ari.channels(), []);
    await again;
    fake.answer(/POST/, 'cut');
    t.match(
      await rejection(
        ari.originate('at-1', { endpoint: 'PJSIP/x', timeoutS: 1, variables: {}, to: { app: 'a', args: '' } }),
      ),
      {
        status: 0,
        sent: true,
      },
    );
    t.equal(fake.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('at-1')).length, 1);
  },
);
