import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { allDayPack, asteriskConfig, prepareCampaign, startDaemon } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { startFakeAmi } from '../helpers/fake-ami.ts';
import { startFakeAri } from '../helpers/fake-ari.ts';
import { runCli } from '../helpers/cli.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** Secrets of this run alone; each may stand in its own file and nowhere else. */
const SECRETS = { ari: 'canary-ari-81f3c27d55', ami: 'canary-ami-4be09a61d2', webhook: 'canary-hook-c6d2e7f103' };
const FILES = Object.values({ ari: 'ari.secret', ami: 'ami.secret', webhook: 'webhook.secret' });

/** The forms a secret might leak in: as it is, in a URL, in a Basic header, in hex. */
function formsOf(secret: string): string[] {
  const basic = Buffer.from(`obzvon:${secret}`).toString('base64');
  return [secret, secret.slice(7), basic, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')];
}

/** Every place of a folder, but the files of the secrets, where one of them stands. */
function leaksIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const file = join(folder, name);
    if (FILES.includes(name) || !statSync(file).isFile()) return [];
    return leaks(name, readFileSync(file).toString('latin1'));
  });
}

function leaks(where: string, text: string): string[] {
  const forms = Object.entries(SECRETS).flatMap(([name, secret]) => formsOf(secret).map((form) => ({ name, form })));
  return forms
    .filter(({ form }) => text.includes(form))
    .map(({ name, form }) => `${where}: the secret of ${name} as ${form}`);
}

/** A daemon at level trace before a fake Asterisk, that crashes with a diagnostic report when told. */
async function trapped(t: Test) {
  const ari = await startFakeAri();
  t.teardown(() => ari.stop());
  ari.secret = SECRETS.ari;
  const ami = await startFakeAmi({ secret: SECRETS.ami });
  t.teardown(() => ami.stop());
  const config = asteriskConfig({
    url: ari.url,
    ami: { port: ami.port },
    more: 'log: { level: trace }\nwebhook: { listen: "127.0.0.1:0", secretFile: webhook.secret }\n',
  });
  const dir = shortDir(t, {
    'config.yaml': config,
    'policy.json': allDayPack(),
    'ari.secret': SECRETS.ari,
    'ami.secret': `${SECRETS.ami}\n`,
    'webhook.secret': SECRETS.webhook,
    'crash.mjs':
      "process.on('SIGUSR2', () => { process.report.writeReport(); throw new Error('crashed on purpose'); });\n",
  });
  return { ari, ami, dir, config };
}

void t.test('a secret is nowhere but in its file, whatever goes wrong, at level trace', async (t) => {
  const { ari, ami, dir } = await trapped(t);
  const daemon = startDaemon(t, dir, { node: [`--import=${join(dir, 'crash.mjs')}`, `--report-directory=${dir}`] });
  await daemon.dialing();
  await prepareCampaign(daemon.ask, ['+79167771300']);
  const cli = async (...argv: string[]) => {
    const { out, err } = await runCli(['--config', join(dir, 'config.yaml'), ...argv]);
    t.strictSame(leaks(argv.join(' '), out + err), []);
  };
  t.strictSame(leaks('argv', readFileSync(`/proc/${daemon.pid}/cmdline`, 'utf8')), []);
  t.strictSame(leaks('environment', readFileSync(`/proc/${daemon.pid}/environ`, 'utf8')), []);
  t.ok(ari.streams.length > 0 && ari.requests.length > 0);
  t.strictSame(
    [...ari.streams, ...ari.requests].flatMap(({ url }) => leaks(url, url)),
    [],
    'nor in any URL',
  );

  for (const odd of ['{', 'null', '[]', '{"type":7}', '{"type":"StasisStart"}', '"', `{"type":"x","message":`])
    ari.send(odd);
  ari.answer(/^GET \/ari\/channels/, { status: 500, body: '<html>broken' });
  ari.answer(/^GET \/ari\/endpoints/, { status: 401, body: { message: 'Authentication required' } });
  ari.cut();
  await daemon.logged('ARI is down');
  for (const argv of [['status'], ['campaign', 'start', 'test'], ['config', 'check']]) await cli(...argv, '--json');
  ari.answer(/^GET \/ari\/channels/, null);
  ari.answer(/^GET \/ari\/endpoints/, null);

  ami.secret = 'another';
  ari.secret = 'another';
  ami.cut();
  ari.cut();
  await daemon.logged('AMI is down');
  await eventually('the wrong passwords are told', async () => {
    const { pbx } = await daemon.ask('status', {});
    return /refuses (?:ARI|AMI) user/.test(`${pbx.reason} ${pbx.alarms.join(' ')}`);
  });
  await cli('status');
  daemon.kill('SIGHUP');
  await daemon.logged('config reloaded');

  daemon.kill('SIGUSR2');
  await daemon.exited();
  t.match(daemon.out(), /crashed on purpose/);
  t.ok(
    readdirSync(dir).some((name) => name.startsWith('report.')),
    'the crash left a diagnostic report',
  );
  t.strictSame([...leaks('stdout', daemon.out()), ...leaks('stderr', daemon.err()), ...leaksIn(dir)], []);
});

void t.test('a start that fails on a secret, or on the PBX that refuses it, tells none', async (t) => {
  const { ari, dir, config } = await trapped(t);
  const failing = async (what: string, text: RegExp, options: { readonly config?: string } = {}) => {
    const daemon = startDaemon(t, dir, options);
    await daemon.exited();
    t.match(daemon.out() + daemon.err(), text, what);
    t.strictSame([...leaks('stdout', daemon.out()), ...leaks('stderr', daemon.err())], [], what);
  };
  ari.secret = 'another';
  await failing('a wrong password', /refuses ARI user/);
  ari.secret = SECRETS.ari;
  writeFileSync(join(dir, 'ari.secret'), `${SECRETS.ari}\r\nAction: Command\n`);
  await failing('two lines', /must hold the secret on one line/);
  writeFileSync(join(dir, 'url.yaml'), config.replace('http://', `http://obzvon:${SECRETS.ari}@`));
  await failing('a password in the address', /with no path, user or password/, { config: 'url.yaml' });
  t.strictSame(
    leaksIn(dir).filter((leak) => !leak.startsWith('url.yaml')),
    [],
  );
});
