import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { call } from '../../lib/control/client.ts';
import { COMMANDS } from '../../lib/control/commands.ts';
import { MAX_LINE_BYTES } from '../../lib/control/protocol.ts';
import { startControl, type Handlers } from '../../lib/control/server.ts';
import { ObzvonError } from '../../lib/errors.ts';
import { readSchema } from '../../lib/validate.ts';
import { keptLog } from '../helpers/kept-log.ts';
import { shortDir } from '../helpers/short-dir.ts';

const MOVED = { name: 'x', state: 'paused' } as const;

async function serve(t: Test, handlers: Handlers) {
  const socketPath = join(shortDir(t), 'c.sock');
  const { log, lines } = keptLog();
  const server = await startControl({ socketPath, mode: 0o660, role: 'ops', handlers, log });
  t.teardown(() => server.close());
  return { socketPath, server, logged: lines };
}

/** Sends raw bytes and gives every reply line until the server ends the connection or `count` have come. */
async function raw(socketPath: string, bytes: string, count: number): Promise<Record<string, unknown>[]> {
  const socket = connect(socketPath);
  socket.write(bytes);
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.split('\n').length > count) break;
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

await t.test('every command has its arguments’ schema and every command schema its command', async (t) => {
  const shared = [
    'phone',
    'campaignName',
    'agentId',
    'importId',
    'callbackId',
    'callbackWindow',
    'localTime',
    'fingerprint',
    'listName',
    'scheduleName',
    'scheduleAction',
    'filePath',
    'rowCount',
    'time',
    'date',
    'texts',
    'optOutScope',
    'resultCode',
    'resultNote',
    'resultSource',
    'segmentMove',
    'inn',
    'purpose',
    'rowRegister',
    'anyRegister',
  ];
  const defs = Object.keys(readSchema('control')['$defs'] as object).filter((name) => !shared.includes(name));
  t.same(defs.sort(), Object.keys(COMMANDS).sort());
});

await t.test('a command goes there and its result comes back, progress lines first', async (t) => {
  const { socketPath } = await serve(t, {
    'campaign.pause': ({ name }, { progress }) => {
      progress({ live: 2 });
      progress({ live: 1 });
      return { name, state: 'paused' };
    },
  });
  const seen: unknown[] = [];
  const result = await call(
    socketPath,
    'campaign.pause',
    { name: 'осень' },
    { onProgress: (value) => seen.push(value) },
  );
  t.same(result, { name: 'осень', state: 'paused' });
  t.same(seen, [{ live: 2 }, { live: 1 }]);
});

await t.test('defaults of arguments are filled in before the handler sees them', async (t) => {
  let limit = 0;
  const { socketPath } = await serve(t, {
    'call.list': (args) => {
      limit = args.limit;
      return { calls: [] };
    },
  });
  t.same(await raw(socketPath, '{"id":7,"command":"call.list"}\n', 1), [{ id: 7, ok: true, result: { calls: [] } }]);
  t.equal(limit, 50);
});

await t.test('a refusal arrives as the ObzvonError it was', async (t) => {
  const { socketPath } = await serve(t, {
    'campaign.show': () => {
      throw new ObzvonError('NOT_FOUND', 'no campaign “x”', { details: ['known: a'] });
    },
  });
  await t.rejects(call(socketPath, 'campaign.show', { name: 'x' }), {
    code: 'NOT_FOUND',
    exit: 9,
    message: 'no campaign “x”',
    details: ['known: a'],
  });
});

await t.test('a bug in a handler is logged with its stack and told without it', async (t) => {
  const { socketPath, logged } = await serve(t, {
    status: () => {
      throw new TypeError('undefined is not a function');
    },
  });
  await t.rejects(call(socketPath, 'status', {}), {
    code: 'BUG',
    exit: 1,
    message: /^the daemon met a bug: undefined/,
  });
  t.match(logged.join(''), /control command failed.*|TypeError/);
});

await t.test('wrong arguments are refused all at once and never reach the handler', async (t) => {
  const { socketPath } = await serve(t, { 'optout.add': () => t.fail('reached') as never });
  const [reply] = await raw(socketPath, '{"id":1,"command":"optout.add","args":{"phone":7,"sorce":"sms"}}\n', 1);
  t.match(reply, { ok: false, error: { code: 'USAGE', exit: 2 } });
  t.equal((reply as { error: { details: string[] } }).error.details.length, 3);
});

await t.test('garbage is answered with an error and the connection lives on', async (t) => {
  const { socketPath } = await serve(t, { 'campaign.pause': () => MOVED });
  const good = '{"id":5,"command":"campaign.pause","args":{"name":"x"}}\n';
  for (const garbage of ['not json', 'null', '[]', '"x"', '{"id":"1","command":"status"}', '{"id":1}']) {
    const replies = await raw(socketPath, `${garbage}\n${good}`, 2);
    t.match(
      replies,
      [
        { id: null, ok: false, error: { code: 'USAGE' } },
        { id: 5, ok: true },
      ],
      garbage,
    );
  }
  for (const command of ['nonsense', 'status', '__proto__', 'constructor']) {
    const [reply] = await raw(socketPath, `${JSON.stringify({ id: 3, command })}\n`, 1);
    t.match(reply, { id: 3, ok: false, error: { code: 'USAGE', message: /has no command/ } }, command);
  }
});

await t.test('a line of 2 MB is refused, and the next caller is served', async (t) => {
  const { socketPath } = await serve(t, { 'campaign.pause': () => MOVED });
  const [reply] = await raw(socketPath, `{"id":1,"x":"${'x'.repeat(2 * MAX_LINE_BYTES)}"}\n`, 1);
  t.match(reply, { id: null, ok: false, error: { message: /longer than 1048576 bytes/ } });
  t.same(await call(socketPath, 'campaign.pause', { name: 'x' }), MOVED);
});

await t.test('a caller that vanishes aborts its handler’s signal and harms nobody', async (t) => {
  const aborted = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const { socketPath } = await serve(t, {
    'campaign.pause': () => MOVED,
    'campaign.resume': async (_, { signal, progress }) => {
      started.resolve();
      await once(signal, 'abort');
      progress('nobody hears this');
      aborted.resolve();
      return MOVED;
    },
  });
  const socket = connect(socketPath);
  socket.write('{"id":1,"command":"campaign.resume","args":{"name":"x"}}\n');
  await started.promise;
  socket.destroy();
  await aborted.promise;
  t.same(await call(socketPath, 'campaign.pause', { name: 'x' }), MOVED);
});

await t.test('a caller that never reads is let go before its replies fill the memory', async (t) => {
  const big = 'x'.repeat(1024 * 1024);
  const { socketPath } = await serve(t, { 'campaign.pause': () => ({ name: big, state: 'paused' }) });
  const socket = connect(socketPath);
  socket.pause();
  const closed = once(socket, 'close').catch(() => undefined);
  socket.on('error', () => undefined);
  for (let id = 1; id <= 32; id++) socket.write(`{"id":${id},"command":"campaign.pause","args":{"name":"x"}}\n`);
  t.equal((await call(socketPath, 'campaign.pause', { name: 'x' })).state, 'paused', 'others are served meanwhile');
  socket.resume();
  await closed;
  t.pass('closed');
});

await t.test('the socket has the permissions asked for, and no file stays behind a close', async (t) => {
  const { socketPath, server } = await serve(t, {});
  t.equal(statSync(socketPath).mode & 0o777, 0o660);
  await server.close();
  t.notOk(existsSync(socketPath));
});

await t.test('close tells running handlers, and their callers still get the answer', async (t) => {
  const started = Promise.withResolvers<void>();
  const { socketPath, server } = await serve(t, {
    'campaign.stop': async (_, { signal }) => {
      started.resolve();
      await once(signal, 'abort');
      return MOVED;
    },
  });
  const answer = call(socketPath, 'campaign.stop', { name: 'x' });
  await started.promise;
  await server.close();
  t.same(await answer, MOVED);
});

await t.test('a second daemon on a living socket is refused, on a dead one it takes over', async (t) => {
  const { socketPath } = await serve(t, { 'campaign.pause': () => MOVED });
  const again = { socketPath, mode: 0o660, role: 'ops' as const, handlers: {}, log: keptLog().log };
  await t.rejects(startControl(again), { code: 'DAEMON_ALREADY_RUNNING' });
  t.same(await call(socketPath, 'campaign.pause', { name: 'x' }), MOVED, 'the first one still answers');

  const dead = join(shortDir(t), 'd.sock');
  const { spawnSync } = await import('node:child_process');
  const script = `require('net').createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  t.ok(existsSync(dead), 'a crash leaves its socket file');
  const second = await startControl({ ...again, socketPath: dead, handlers: { 'campaign.pause': () => MOVED } });
  t.same(await call(dead, 'campaign.pause', { name: 'x' }), MOVED);
  await second.close();
});

await t.test('a path that is taken by a plain file is left alone', async (t) => {
  const socketPath = join(shortDir(t), 'precious');
  writeFileSync(socketPath, 'data');
  await t.rejects(startControl({ socketPath, mode: 0o660, role: 'ops', handlers: {}, log: keptLog().log }), {
    code: 'PORT_TAKEN',
  });
  t.equal(readFileSync(socketPath, 'utf8'), 'data');
});

await t.test('where nobody answers, the daemon is not running', async (t) => {
  await t.rejects(call(join(shortDir(t), 'none.sock'), 'status', {}), { code: 'DAEMON_NOT_RUNNING', exit: 3 });
});

await t.test('what is not our daemon, falls silent or hangs up is told apart from an answer', async (t) => {
  const listen = async (onLine: (reply: (text: string) => void, end: () => void) => void): Promise<string> => {
    const path = join(shortDir(t), 'x.sock');
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        onLine(
          (text) => socket.write(text),
          () => socket.end(),
        ),
      );
      t.teardown(() => socket.destroy());
    });
    t.teardown(() => server.close());
    await once(server.listen(path), 'listening');
    return path;
  };
  const http = await listen((reply) => reply('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await t.rejects(call(http, 'status', {}), { code: 'DAEMON_NOT_RUNNING', message: /is not obzvond/ });
  const gone = await listen((_, end) => end());
  await t.rejects(call(gone, 'status', {}), { code: 'DAEMON_NOT_RUNNING', message: /went away/ });
  const silent = await listen(() => undefined);
  await t.rejects(call(silent, 'status', {}, { timeoutMs: 20 }), { code: 'WAIT_TIMED_OUT', exit: 8 });
});
