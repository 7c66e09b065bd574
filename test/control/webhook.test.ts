import { request as httpRequest } from 'node:http';
import t, { type Test } from 'tap';
import { recordOptOut } from '../../lib/control/handlers/opt-outs.ts';
import { startWebhook } from '../../lib/control/webhook.ts';
import { ObzvonError } from '../../lib/errors.ts';
import { desk, number } from '../helpers/desk.ts';
import { ENTITY, memoryLog } from '../helpers/rig.ts';

const SECRET = 'a-long-token-of-the-site';
const PHONE = number('0001');
const BEARER = { Authorization: `Bearer ${SECRET}` };

/** A webhook before a dialer on the simulated PBX. */
async function site(t: Test) {
  const { rig, ask } = await desk();
  const { log, lines } = memoryLog();
  const daemon = { engine: rig.engine, store: rig.store } as Parameters<typeof recordOptOut>[0];
  const webhook = await startWebhook({
    listen: '127.0.0.1:0',
    secret: SECRET,
    record: (order) => recordOptOut(daemon, order),
    log,
  });
  t.teardown(() => webhook.close());
  const send = async (body: unknown, more: RequestInit & { path?: string } = {}) => {
    const { path = '/opt-out', ...init } = more;
    const response = await fetch(`http://127.0.0.1:${webhook.port}${path}`, {
      method: 'POST',
      headers: BEARER,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as { error?: string } };
  };
  return { rig, ask, lines, send, port: webhook.port };
}

void t.test('an opt-out is answered 200 when it is committed, and again when it was recorded before', async (t) => {
  const { rig, send, lines } = await site(t);
  const first = await send({ phone: '8 (916) 000-00-01', source: 'site', note: 'a form' });
  t.match(first, { status: 200, body: { phone: PHONE, added: true, optOut: { scope: 'global', source: 'site' } } });
  t.match(rig.store.optOuts.of(PHONE), [{ scope: 'global', source: 'site', note: 'a form' }]);
  t.match(await send({ phone: PHONE, source: 'site' }), { status: 200, body: { added: false } });
  const scoped = { phone: PHONE, source: 'site', scope: 'purpose', purpose: 'survey', entity: ENTITY };
  t.match(await send(scoped), { status: 200, body: { added: true, optOut: { purpose: 'survey', entity: ENTITY } } });
  t.notMatch(JSON.stringify(lines), /9160000001/, 'no number is in its log');
});

void t.test('what is wrong is refused with its field and what to do, and records nothing', async (t) => {
  const { rig, send } = await site(t);
  const good = { phone: PHONE, source: 'site' };
  const cases: readonly (readonly [what: string, body: unknown, status: number, error: RegExp])[] = [
    ['no JSON', 'phone=1', 400, /the body is not JSON: send \{"phone"/],
    ['nothing', '', 400, /not JSON/],
    ['a list', [], 400, /must be/],
    ['no phone', { source: 'site' }, 400, /phone/],
    ['no source', { phone: PHONE }, 400, /source/],
    ['an unknown field', { ...good, fone: 1 }, 400, /fone/],
    ['an unknown scope', { ...good, scope: 'galaxy' }, 400, /scope.*global/],
    ['no number', { ...good, phone: 'ask me' }, 422, /“ask me” is not a number to call/],
    ['two numbers', { ...good, phone: '+79160000001, +79160000002' }, 422, /more than one number/],
    ['an entity that is no ИНН', { ...good, scope: 'entity', entity: '12' }, 400, /entity/],
    ['a scope without its entity', { ...good, scope: 'entity' }, 422, /entity: scope entity needs .* give entity/],
    ['a scope without its purpose', { ...good, scope: 'purpose', entity: ENTITY }, 422, /purpose: .* give purpose/],
    ['an entity too much', { ...good, entity: ENTITY }, 422, /entity: .* leave entity out/],
    ['too long', { ...good, note: 'x'.repeat(17_000) }, 413, /longer than 16384 bytes: send one/],
  ];
  for (const [what, body, status, error] of cases) {
    t.match(await send(body), { status, body: { error } }, what);
  }
  t.match(await send(good, { path: '/' }), { status: 404, body: { error: /POST to \/opt-out/ } });
  const got = await send('', { method: 'PUT' });
  t.equal(got.status, 405);
  t.equal(got.headers.get('allow'), 'POST');
  t.strictSame(rig.store.optOuts.of(PHONE), []);
});

void t.test('without the token, or with a wrong one, nothing is recorded', async (t) => {
  const { rig, send } = await site(t);
  for (const [what, authorization] of [
    ['none', ''],
    ['another', 'Bearer another'],
    ['the beginning of it', `Bearer ${SECRET.slice(0, -1)}`],
    ['more than it', `Bearer ${SECRET}x`],
    ['another scheme', `Basic ${SECRET}`],
  ] as const) {
    const headers = authorization === '' ? {} : { Authorization: authorization };
    t.match(
      await send({ phone: PHONE, source: 'site' }, { headers }),
      { status: 401, body: { error: /Bearer/ } },
      what,
    );
  }
  t.strictSame(rig.store.optOuts.of(PHONE), []);
});

void t.test('what cannot be written is answered 503, never 200, and dialing stops', async (t) => {
  const { rig, send } = await site(t);
  (rig.store as { commit: unknown }).commit = () => {
    throw new ObzvonError('STORE_FAILED', 'the database failed: disk full');
  };
  const first = await send({ phone: PHONE, source: 'site' });
  t.match(first, { status: 503, body: { error: /not recorded: .*disk full; send it again until the answer is 200/ } });
  t.equal(first.headers.get('retry-after'), '5');
  t.equal(rig.fatal.length, 1);
  t.equal(rig.engine.floor.holds.has('store-failed'), true);
  t.match(await send({ phone: PHONE, source: 'site' }), { status: 503 }, 'nor the next');
});

void t.test('a body that never ends is cut off', async (t) => {
  const { port } = await site(t);
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path: '/opt-out', method: 'POST', headers: BEARER });
    request.on('response', (response) => resolve(response.statusCode));
    request.on('error', reject);
    request.flushHeaders();
    const more = (): void => void (request.destroyed || request.write('x'.repeat(1_024), () => setImmediate(more)));
    more();
    t.teardown(() => request.destroy());
  });
  t.equal(status, 413);
});

void t.test('a port that is taken is said at the start', async (t) => {
  const { port } = await site(t);
  const { log } = memoryLog();
  await t.rejects(startWebhook({ listen: `127.0.0.1:${port}`, secret: SECRET, record: () => t.fail() as never, log }), {
    code: 'PORT_TAKEN',
    message: /webhook: cannot listen on 127\.0\.0\.1/,
  });
});
