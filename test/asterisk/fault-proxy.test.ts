import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { systemClock } from '../../lib/clock.ts';
import { startFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';

/** Holds the tool itself: each toxic does what its name says, and its cure undoes it. */
interface Bed {
  readonly proxy: FaultProxy;
  /** A client through the proxy, with the server's end of it. */
  readonly pair: () => Promise<{ client: End; server: End }>;
}

interface End {
  readonly socket: Socket;
  /** Text received so far, in the pieces it came in. */
  readonly pieces: { readonly text: string; readonly at: number }[];
  readonly text: () => string;
  /** Resolves when so much was received. */
  readonly has: (text: string) => Promise<void>;
  /** `fin`, `rst`, or null while it is open. */
  readonly ended: () => 'fin' | 'rst' | null;
  readonly end: () => Promise<'fin' | 'rst'>;
}

function endOf(socket: Socket): End {
  const pieces: { text: string; at: number }[] = [];
  let ended: 'fin' | 'rst' | null = null;
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => pieces.push({ text, at: systemClock.monotonic() }));
  socket.on('end', () => (ended ??= 'fin'));
  socket.on('error', () => (ended ??= 'rst'));
  const text = (): string => pieces.map((piece) => piece.text).join('');
  return {
    socket,
    pieces,
    text,
    has: async (wanted) => {
      while (text() !== wanted) await once(socket, 'data');
    },
    ended: () => ended,
    end: () =>
      new Promise((resolve) => {
        if (ended !== null) return resolve(ended);
        socket.once('end', () => resolve('fin'));
        socket.once('error', () => resolve('rst'));
      }),
  };
}

async function listen(t: Test): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function setUp(t: Test): Promise<Bed> {
  const { server, port } = await listen(t);
  const proxy = await startFaultProxy({ to: { host: '127.0.0.1', port }, seed: 7 });
  t.teardown(() => proxy.stop());
  return {
    proxy,
    async pair() {
      const arrived = once(server, 'connection') as Promise<[Socket]>;
      const client = endOf(connect({ port: proxy.port, allowHalfOpen: true }));
      const [socket] = await arrived;
      return { client, server: endOf(socket) };
    },
  };
}

/** Anything that was on its way in this process has had its chance to arrive. */
async function settled(bed: Bed): Promise<void> {
  const { client, server } = await bed.pair();
  client.socket.write('over');
  await server.has('over');
}

await t.test('without a toxic it is a wire: bytes and FIN both ways, each end for itself', async (t) => {
  const { pair, proxy } = await setUp(t);
  const { client, server } = await pair();
  client.socket.end('question');
  await server.has('question');
  t.equal(await server.end(), 'fin');
  server.socket.end('answer');
  await client.has('answer');
  t.equal(await client.end(), 'fin');
  t.equal(proxy.accepted(), 1);
});

await t.test('latency: later by so much, in order, one way alone', async (t) => {
  const { pair, proxy } = await setUp(t);
  const { client, server } = await pair();
  const cure = proxy.add({ kind: 'latency', direction: 'up', ms: 100, jitterMs: 40 });
  const sentAt = systemClock.monotonic();
  client.socket.write('a');
  server.socket.write('b');
  await client.has('b');
  t.equal(server.text(), '', 'the other way is not late');
  await server.has('a');
  t.ok((server.pieces[0]?.at ?? 0) - sentAt >= 59, 'at least ms − jitterMs');
  client.socket.write('c');
  client.socket.end('d');
  await server.has('acd');
  t.equal(await server.end(), 'fin');
  cure();
});

await t.test('cut: nothing passes, nothing opens, nobody is told; the cure brings all that was held', async (t) => {
  const bed = await setUp(t);
  const { client, server } = await bed.pair();
  const cure = bed.proxy.add({ kind: 'cut' });
  client.socket.write('a');
  server.socket.end('b');
  const late = bed.pair();
  // A second proxy proves that time enough has passed.
  await settled(await setUp(t));
  t.strictSame([client.text(), server.text(), client.ended(), server.ended()], ['', '', null, null]);
  t.equal(bed.proxy.open(), 1, 'the new one has not reached the server');
  cure();
  await Promise.all([server.has('a'), client.has('b'), late]);
  t.equal(await client.end(), 'fin');
});

await t.test('cut: what its sender took back with a RST never arrives; what it closed upon does', async (t) => {
  const bed = await setUp(t);
  const [taken, left] = [await bed.pair(), await bed.pair()];
  const cure = bed.proxy.add({ kind: 'cut', direction: 'up' });
  taken.client.socket.write('a');
  left.client.socket.end('b');
  await settled(await setUp(t));
  taken.client.socket.resetAndDestroy();
  await settled(await setUp(t));
  cure();
  t.equal(await taken.server.end(), 'rst');
  await left.server.has('b');
  t.equal(taken.server.text(), '');
});

await t.test(
  'half-open: those open now are dead without a word, new ones are well; the cure tells the dead',
  async (t) => {
    const bed = await setUp(t);
    const { client, server } = await bed.pair();
    const cure = bed.proxy.add({ kind: 'half-open' });
    client.socket.write('a');
    server.socket.resetAndDestroy();
    await settled(bed);
    t.strictSame([client.text(), server.text(), client.ended(), server.ended()], ['', '', null, null]);
    cure();
    t.equal(await client.end(), 'rst');
  },
);

await t.test('slice: the same bytes in small pieces', async (t) => {
  const { pair, proxy } = await setUp(t);
  const { client, server } = await pair();
  const cure = proxy.add({ kind: 'slice', bytes: 4, ms: 2 });
  const text = 'Ответ: Success\r\n\r\n'.repeat(4);
  client.socket.write(text);
  await server.has(text);
  t.ok(server.pieces.length >= 10, `${server.pieces.length} pieces`);
  cure();
});

await t.test('reset: a RST to both ends, and to whoever comes while it lasts', async (t) => {
  const { pair, proxy } = await setUp(t);
  const { client, server } = await pair();
  const cure = proxy.add({ kind: 'reset' });
  t.strictSame(await Promise.all([client.end(), server.end()]), ['rst', 'rst']);
  const next = endOf(connect(proxy.port));
  t.equal(await next.end(), 'rst');
  cure();
  const { client: well, server: other } = await pair();
  well.socket.write('a');
  await other.has('a');
});

await t.test('slow close: the bytes in time, the FIN late', async (t) => {
  const { pair, proxy } = await setUp(t);
  const { client, server } = await pair();
  const cure = proxy.add({ kind: 'slow-close', direction: 'down', ms: 80 });
  server.socket.end('a');
  await client.has('a');
  const at = systemClock.monotonic();
  t.equal(client.ended(), null);
  t.equal(await client.end(), 'fin');
  t.ok(systemClock.monotonic() - at >= 60);
  cure();
});

await t.test('limit: so many bytes more on each connection, then the end', async (t) => {
  const { pair, proxy } = await setUp(t);
  const { client, server } = await pair();
  server.socket.write('before');
  await client.has('before');
  const cure = proxy.add({ kind: 'limit', direction: 'down', bytes: 5 });
  server.socket.write('abc');
  await client.has('beforeabc');
  server.socket.write('defg');
  t.equal(await client.end(), 'fin');
  t.equal(client.text(), 'beforeabcde');
  const { client: second, server: other } = await pair();
  other.socket.write('123456');
  await second.end();
  t.equal(second.text(), '12345', 'counted for each');
  cure();
});

await t.test('in a process of its own it obeys the same orders', async (t) => {
  const { server, port } = await listen(t);
  const child = fork(new URL('../helpers/fault-proxy-process.ts', import.meta.url), [
    JSON.stringify({ to: { host: '127.0.0.1', port } }),
  ]);
  const [proxyPort] = (await once(child, 'message')) as [number];
  const arrived = once(server, 'connection');
  const client = endOf(connect(proxyPort));
  await arrived;
  child.send({ add: 'rst', toxic: { kind: 'reset' } });
  t.equal(await client.end(), 'rst');
  const cured = new Promise<void>((resolve) => {
    child.on('message', (done) => done === 'cured rst' && resolve());
  });
  child.send({ cure: 'rst' });
  await cured;
  const again = once(server, 'connection');
  endOf(connect(proxyPort));
  await again;
  child.disconnect();
  t.strictSame(await once(child, 'exit'), [0, null]);
});
