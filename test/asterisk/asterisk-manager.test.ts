import { createRequire } from 'node:module';
import t, { type Test } from 'tap';
import { startFakeAmi, type FakeAmi } from '../helpers/fake-ami.ts';

/**
 * What asterisk-manager 0.2.0 does by itself, without `asterisk/ami.ts`: the reasons for our door, listed in
 * docs/reliability.md. A test that fails here tells of an update that mended a hazard, or made a new one.
 */
interface RawManager {
  connect(port: number, host: string, connected?: () => void): void;
  login(told?: (refusal?: unknown) => void): void;
  action(action: Record<string, string>, told?: (error: unknown, reply: unknown) => void): void;
  disconnect(): void;
  keepConnected(): void;
  on(event: string, listener: (...args: readonly unknown[]) => void): void;
  listeners(event: string): unknown[];
}
const createManager = createRequire(import.meta.url)('asterisk-manager') as (
  port: number | null,
  host: string,
  user: string,
  secret: string,
  events: boolean,
) => RawManager;

const SECRET = 'tell-nobody';

async function setUp(t: Test): Promise<{ fake: FakeAmi; manager: RawManager; login: () => Promise<void> }> {
  const fake = await startFakeAmi({ secret: SECRET });
  const manager = createManager(null, '127.0.0.1', 'obzvon', SECRET, true);
  t.teardown(async () => {
    manager.disconnect();
    await fake.stop();
  });
  return {
    fake,
    manager,
    async login() {
      await new Promise<void>((connected) => manager.connect(fake.port, '127.0.0.1', connected));
      await new Promise<void>((told) => manager.login(() => told()));
    },
  };
}

await t.test('a line end in a value is a second action', async (t) => {
  const { fake, manager, login } = await setUp(t);
  await login();
  const injected = fake.nextAction('Originate');
  manager.action({ action: 'Ping', note: 'x\r\n\r\nAction: Originate\r\nChannel: PJSIP/1' });
  t.match(await injected, { Action: 'Originate', Channel: 'PJSIP/1' });
});

await t.test('an action issued before the login is held and goes out after it, however old it is then', async (t) => {
  const { fake, manager, login } = await setUp(t);
  const sent = fake.nextAction('Originate');
  manager.action({ action: 'Originate', channel: 'PJSIP/1' });
  t.strictSame(fake.actions, []);
  await login();
  t.match(await sent, { Channel: 'PJSIP/1' });
});

await t.test('an action issued after a drop is neither sent nor told of', async (t) => {
  const { fake, manager, login } = await setUp(t);
  await login();
  const closed = new Promise<void>((tell) => manager.on('close', () => tell()));
  fake.cut();
  await closed;
  let told = false;
  manager.action({ action: 'Originate', actionid: 'lost' }, () => (told = true));
  await new Promise(setImmediate);
  await login();
  t.notOk(fake.actions.some(({ Action }) => Action === 'Originate'));
  t.equal(told, false);
  t.equal(manager.listeners('lost').length, 1, 'its listener waits for ever');
});

await t.test('an action without an answer has no deadline', async (t) => {
  const { fake, manager, login } = await setUp(t);
  await login();
  fake.deafTo.add('ping');
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const sent = fake.nextAction('Ping');
  manager.action({ action: 'Ping' }, () => undefined);
  await sent;
  t.equal(timers(), before);
});

await t.test('connecting by itself with a wrong password tells nobody but listeners of `response`', async (t) => {
  const { fake } = await setUp(t);
  const manager = createManager(null, '127.0.0.1', 'obzvon', 'wrong', true);
  const heard: unknown[] = [];
  for (const event of ['error', 'managerevent', 'connect']) manager.on(event, () => heard.push(event));
  const refused = new Promise((tell) => manager.on('response', tell));
  const closed = new Promise<void>((tell) => manager.on('close', () => tell()));
  manager.connect(fake.port, '127.0.0.1', () => manager.login());
  t.match(await refused, { response: 'Error', message: 'Authentication failed' });
  await closed;
  t.strictSame(heard, ['connect']);
});

await t.test('kept connected by itself, it waits ten seconds before it comes back, and prints that', async (t) => {
  const { fake, manager, login } = await setUp(t);
  const cut = async (): Promise<void> => {
    const closed = new Promise<void>((tell) => manager.on('close', () => tell()));
    fake.cut();
    await closed;
  };
  await login();
  await cut();
  manager.keepConnected();
  await login();

  const printed: unknown[] = [];
  const waits: unknown[] = [];
  const { log } = console;
  const { setTimeout: set } = globalThis;
  console.log = (...words: unknown[]) => void printed.push(...words);
  globalThis.setTimeout = ((_: () => void, ms: number) => void waits.push(ms)) as unknown as typeof setTimeout;
  await cut();
  console.log = log;
  globalThis.setTimeout = set;
  t.match(printed, [/Trying to reconnect to AMI in 10 seconds/]);
  t.strictSame(waits, [10_000]);
});
