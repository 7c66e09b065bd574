import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { startTestbed } from '../../asterisk/testbed/start.ts';

/** What the shipped snippets let in, asked of a real Asterisk that runs on them. */
const bed = await startTestbed({ agents: 1, seed: 7 });
t.teardown(() => bed.stop());
const { pbx } = bed;

/**
 * Actions Asterisk gives every AMI account, whatever its classes: of one's own session, and those of its bridge core,
 * by which calls can be ended or listed but none placed.
 */
const OF_NO_CLASS = new Set([
  ...['Challenge', 'Events', 'Filter', 'ListCommands', 'Login', 'Logoff', 'Ping', 'WaitEvent', 'AuthEvents'],
  ...['BridgeDestroy', 'BridgeInfo', 'BridgeKick', 'BridgeList'],
  ...['BridgeTechnologyList', 'BridgeTechnologySuspend', 'BridgeTechnologyUnsuspend'],
]);

await t.test('the AMI account can place no call, run no command, touch no file, variable or module', async (t) => {
  const ami = await amiSession();
  t.match(await ami.login(pbx.amiUser, pbx.amiSecret), /Response: Success/);
  const target = join(bed.dir, 'written-by-ami.conf');
  for (const [action, ...fields] of [
    ['Command', 'Command: core show version'],
    ['Originate', `Channel: PJSIP/79160000001@${bed.trunk}`, 'Application: System', `Data: touch ${target}`],
    ['Originate', `Channel: Local/answered@obzvon-out`, 'Context: obzvon-out', 'Exten: answered', 'Priority: 1'],
    ['GetConfig', 'Filename: manager.conf'],
    ['GetConfigJSON', 'Filename: manager.conf'],
    ['ListCategories', 'Filename: pjsip.conf'],
    ['CreateConfig', `Filename: ${target}`],
    ['UpdateConfig', 'SrcFilename: manager.conf', `DstFilename: ${target}`, 'Action-000000: NewCat', 'Cat-000000: x'],
    ['Reload'],
    ['ModuleLoad', 'Module: res_ari.so', 'LoadType: unload'],
    ['Setvar', 'Variable: SHELL(id)', 'Value: 1'],
    ['Getvar', 'Variable: SHELL(id)'],
    ['Hangup', 'Channel: /.*/'],
    ['Redirect', 'Channel: x', 'Context: obzvon-out', 'Exten: answered', 'Priority: 1'],
    ['DBPut', 'Family: a', 'Key: b', 'Val: c'],
    ['DialplanExtensionAdd', 'Context: obzvon-out', 'Extension: 1', 'Priority: 1', 'Application: System'],
    ['UserEvent', 'UserEvent: FullyBooted'],
    ['MixMonitor', 'Channel: x', `File: ${target}`],
    ['PJSIPNotify', 'Endpoint: agent1', 'Variable: Event=check-sync'],
    ['CoreSettings'],
    ['CoreShowChannels'],
    ['LoggerRotate'],
  ] as const) {
    const answer = await ami.ask(action, fields);
    // A module that is not loaded brings no action: none to be allowed.
    t.match(answer, /Response: Error\r\n[^]*Message: (?:Permission denied|Invalid\/unknown command)/, action);
  }
  t.notOk(existsSync(target));
  const may = [...(await ami.ask('ListCommands', [])).matchAll(/^(\w+): .*\(Priv: ([^)]*)\)/gm)].map(
    ([, name]) => name,
  );
  t.strictSame(
    may.filter((name) => !OF_NO_CLASS.has(name ?? '')),
    [],
    'nothing more than what Asterisk gives everybody',
  );
  ami.close();
});

await t.test('AMI and ARI let nobody in with another password, and AMI nobody from another address', async (t) => {
  for (const [user, secret] of [
    [pbx.amiUser, 'wrong'],
    [pbx.amiUser, ''],
    ['admin', 'amp111'],
    ['obzvon', '{{ami_secret}}'],
  ] as const) {
    const ami = await amiSession();
    t.match(await ami.login(user, secret), /Response: Error\r\n[^]*Authentication failed/, user);
    ami.close();
  }
  const elsewhere = await amiSession('127.0.0.9');
  t.match(await elsewhere.login(pbx.amiUser, pbx.amiSecret), /Response: Error/, 'permit names one address');
  elsewhere.close();
  for (const secret of ['wrong', '', '{{ari_secret}}'])
    t.equal((await ari('GET', 'asterisk/info', { secret })).status, 401);
  t.equal((await fetch(`${pbx.httpUrl}/ari/asterisk/info`)).status, 401, 'nor with none at all');
});

await t.test('the ARI user who watches may look and change nothing', async (t) => {
  const watch = { user: 'obzvon-watch', secret: pbx.ariWatchSecret };
  t.equal((await ari('GET', 'channels', watch)).status, 200);
  const body = { endpoint: 'Local/answered@obzvon-out', app: 'obzvon' };
  for (const [method, path] of [
    ['POST', `channels/at-${randomUUID()}`],
    ['POST', 'bridges'],
    ['DELETE', 'channels/x'],
    ['PUT', 'asterisk/logging/x?configuration=error'],
    ['DELETE', 'asterisk/modules/res_ari.so'],
  ] as const) {
    t.equal((await ari(method, path, { ...watch, body })).status, 403, `${method} ${path}`);
  }
});

await t.test('no function of the dialplan that runs programs or reads files answers over ARI', async (t) => {
  for (const variable of ['SHELL(id)', 'FILE(/etc/passwd,0,40)', 'ENV(PATH)', 'DB(a/b)', 'EVAL(${SHELL(id)})']) {
    const response = await ari('GET', `asterisk/variable?variable=${encodeURIComponent(variable)}`, {});
    t.notMatch(await response.text(), /uid=|root:|\/bin/, variable);
  }
});

await t.test('HTTP serves ARI and nothing else', async (t) => {
  for (const path of [
    '/',
    '/static/index.html',
    '/httpstatus',
    '/rawman?action=ping',
    '/mxml',
    '/manager',
    '/phoneprov/',
  ]) {
    t.equal((await fetch(`${pbx.httpUrl}${path}`)).status, 404, path);
  }
});

await t.test('Asterisk listens on loopback alone', (t) => {
  const own = socketsOf(pbx.pid);
  const listening = ['tcp', 'tcp6'].flatMap((file) =>
    readFileSync(`/proc/net/${file}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((field) => field[3] === '0A' && own.has(field[9] ?? ''))
      .map((field) => field[1] ?? ''),
  );
  t.ok(listening.length >= 2, `HTTP and AMI: ${listening.join(' ')}`);
  t.strictSame(
    listening.filter((address) => !address.startsWith('0100007F:')),
    [],
  );
  t.end();
});

/** Inodes of a process's sockets. */
function socketsOf(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fd`;
  return new Set(
    readdirSync(folder).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(join(folder, fd)))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
}

async function ari(
  method: string,
  path: string,
  { user = pbx.ariUser, secret = pbx.ariSecret, body }: { user?: string; secret?: string; body?: object },
): Promise<Response> {
  return fetch(`${pbx.httpUrl}/ari/${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** A bare AMI session: what Asterisk answers, as text. */
async function amiSession(localAddress = '127.0.0.1') {
  const socket = connect({ host: pbx.amiHost, port: pbx.amiPort, localAddress });
  await once(socket, 'connect');
  let heard = '';
  let tell = (): void => undefined;
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    tell();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => tell());
  const ask = async (action: string, fields: readonly string[]): Promise<string> => {
    const id = randomUUID();
    socket.write(`${[`Action: ${action}`, `ActionID: ${id}`, ...fields].join('\r\n')}\r\n\r\n`);
    for (;;) {
      const whole = heard.split('\r\n\r\n').slice(0, -1);
      const answer = whole.find((one) => one.includes(`ActionID: ${id}`));
      if (answer !== undefined) return answer;
      if (socket.closed) return heard;
      await new Promise<void>((resolve) => (tell = resolve));
    }
  };
  return {
    ask,
    login: (user: string, secret: string) => ask('Login', [`Username: ${user}`, `Secret: ${secret}`]),
    close: () => socket.destroy(),
  };
}
