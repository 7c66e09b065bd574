import t, { type Test } from 'tap';
import { createAmiLink, openAmi, type AmiConnection, type AmiEvent } from '../../asterisk/ami.ts';
import { TIMINGS, type Timings } from '../../asterisk/timings.ts';
import { systemClock } from '../../lib/clock.ts';
import { ObzvonError } from '../../lib/errors.ts';
import { createLog } from '../../lib/log.ts';
import { startFakeAmi, type FakeAmi } from '../helpers/fake-ami.ts';
import { rejection } from '../helpers/rejection.ts';

const SECRET = 'tell-nobody';
const timings: Timings = { ...TIMINGS, deadlineMs: 1_000, pingMs: 30, backoffMs: { min: 5, max: 20 } };

const printed: unknown[] = [];
const { log } = console;
console.log = (...words: unknown[]) => void printed.push(words);

interface Bed {
  readonly fake: FakeAmi;
  readonly heard: AmiEvent[];
  readonly logged: string[];
  readonly open: (account?: { user?: string; secret?: string }) => Promise<AmiConnection>;
}

async function setUp(t: Test): Promise<Bed> {
  const fake = await startFakeAmi({ secret: SECRET });
  const heard: AmiEvent[] = [];
  const logged: string[] = [];
  const over = new AbortController();
  t.teardown(async () => {
    over.abort();
    await fake.stop();
  });
  return {
    fake,
    heard,
    logged,
    open: ({ user = 'obzvon', secret = SECRET } = {}) =>
      openAmi({
        account: { host: '127.0.0.1', port: fake.port, user, secret },
        timings,
        clock: systemClock,
        log: createLog({ level: 'debug', stream: { write: (line) => void logged.push(line) } }),
        onEvent(event) {
          heard.push(event);
          if (event['event'] === 'Throw') throw new Error('a handler’s bug');
        },
        signal: over.signal,
      }),
  };
}

await t.test('a connection logs in, masks its events by itself and hears them', async (t) => {
  const { fake, heard, open } = await setUp(t);
  const connection = await open();
  t.match(fake.actions[0], { Action: 'login', Username: 'obzvon' });
  t.match(fake.actions[1], { Action: 'Events', Eventmask: 'call,system' });
  fake.send({ Event: 'Hangup', Uniqueid: 'at-1', Cause: '17', TechCause: '486' });
  while (heard.length < 2) await new Promise(setImmediate);
  t.match(heard, [{ event: 'FullyBooted' }, { event: 'Hangup', uniqueid: 'at-1', cause: '17', techcause: '486' }]);
  t.match(await connection.action({ action: 'Ping' }), { response: 'Success' });
});

await t.test('a wrong password is told, and whose it is', async (t) => {
  const { open } = await setUp(t);
  const error = await rejection(open({ secret: 'wrong' }));
  t.type(error, ObzvonError);
  t.match(error, { code: 'PBX_AUTH', message: /"obzvon".*Authentication failed/, hint: /\[obzvon\] of manager\.conf/ });
});

await t.test('CR, LF and NUL in a key or a value are refused: they would be a second action', async (t) => {
  const { fake, open } = await setUp(t);
  for (const secret of ['a\r\nb', 'a\nb', 'a\0b']) t.match(await rejection(open({ secret })), { kind: 'refused' });
  t.strictSame(fake.actions, [], 'not even a login went out');
  const connection = await open();
  const bad: Record<string, string>[] = [
    { action: 'Ping', actionid: 'x\r\n\r\nAction: Originate' },
    { action: 'Ping\r\nAction: Originate' },
    { action: 'Ping', 'x\r\nAction': 'Originate' },
    { action: 'Ping', '': 'x' },
    { action: 'Ping', note: 'a\0b' },
  ];
  const before = fake.actions.length;
  for (const fields of bad) t.match(await rejection(connection.action(fields)), { kind: 'refused' });
  t.equal(fake.actions.length, before);
});

await t.test('an action after the connection is gone is refused at once and never sent by a later one', async (t) => {
  const { fake, open } = await setUp(t);
  const first = await open();
  fake.cut();
  await first.closed;
  t.match(await rejection(first.action({ action: 'Originate' })), { kind: 'refused' });
  const second = await open();
  await second.action({ action: 'Ping' });
  t.notOk(fake.actions.some(({ Action }) => Action === 'Originate'));
});

await t.test('an action without an answer fails by its deadline, or with the connection', async (t) => {
  const { fake, open } = await setUp(t);
  fake.deafTo.add('corestatus');
  const connection = await open();
  t.match(await rejection(connection.action({ action: 'CoreStatus' })), { kind: 'unclear', message: /within 1000 ms/ });
  const pending = rejection(connection.action({ action: 'CoreStatus' }));
  await fake.nextAction('CoreStatus');
  fake.cut();
  t.match(await pending, { kind: 'unclear' });
});

await t.test('a handler’s bug is logged, and the events after it arrive', async (t) => {
  const { fake, heard, logged, open } = await setUp(t);
  await open();
  fake.send({ Event: 'Throw' });
  fake.send({ Event: 'Hangup' });
  while (heard.length < 3) await new Promise(setImmediate);
  t.equal(logged.filter((line) => line.includes('could not be handled')).length, 1);
});

await t.test('an Asterisk that stops answering pings is taken for gone', async (t) => {
  const { fake, open } = await setUp(t);
  const connection = await open();
  fake.deafTo.add('ping');
  t.match(await connection.closed, /no answer to 2 pings/);
});

await t.test('a host that never answers the login is given up', async (t) => {
  const { fake, open } = await setUp(t);
  fake.deafTo.add('login');
  t.match(await rejection(open()), { kind: 'unclear', message: /no answer to the login/ });
});

await t.test('the link comes back for ever, each time logged in anew', async (t) => {
  const fake = await startFakeAmi({ secret: SECRET });
  const heard: AmiEvent[] = [];
  const link = createAmiLink({
    account: { host: '127.0.0.1', port: fake.port, user: 'obzvon', secret: SECRET },
    timings,
    clock: systemClock,
    random: () => 0.5,
    log: createLog({ level: 'silent' }),
    isFatal: () => false,
    onDown: () => undefined,
    onEvent: (event) => void heard.push(event),
  });
  await link.start();
  for (let round = 2; round <= 6; round++) {
    const login = fake.nextAction('Events');
    fake.cut();
    await login;
    t.equal(fake.logins(), round);
  }
  await link.stop();
  await fake.stop();
  t.ok(heard.every(({ event }) => event === 'FullyBooted'));
});

await t.test('in all of this the library printed nothing to stdout', async (t) => {
  console.log = log;
  t.strictSame(printed, []);
});
