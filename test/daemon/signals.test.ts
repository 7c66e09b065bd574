import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  allDayPack,
  asteriskConfig,
  campaignText,
  prepareCampaign,
  simulatedConfig,
  startDaemon,
} from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { startFakeAri } from '../helpers/fake-ari.ts';
import { fakeExchange } from '../helpers/fake-exchange.ts';
import { rejection } from '../helpers/rejection.ts';
import { shortDir } from '../helpers/short-dir.ts';

const PHONES = ['+79160000001', '+79160000002'];

void t.test('SIGTERM drains: the live call ends by itself, no other is placed, then the exit is 0', async (t) => {
  const { daemon, dir, ari, agentUp, nthPlaced, placed, end } = await fakeExchange(t);
  await prepareCampaign(daemon.ask, PHONES);
  await agentUp('a1');
  await daemon.ask('campaign.start', { name: 'test' });
  const [first = ''] = await nthPlaced(1);
  daemon.kill('SIGTERM');
  await daemon.logged('draining: no new calls, live ones finish');
  t.match(await daemon.ask('status', {}), {
    state: 'draining',
    dialing: { ok: false, reasons: [{ hold: 'draining' }] },
    calls: { dialing: 1 },
  });
  t.match(await daemon.ask('call.show', { id: first }), { disposition: null }, 'it still answers');
  end(first, 17, 486);
  t.strictSame(await daemon.exited(), { code: 0, signal: null });
  t.strictSame(placed(), [first], 'the second lead was not dialed');
  t.notOk(ari.requests.some(({ method, path }) => method === 'DELETE' && path.includes(first)));
  t.notOk(existsSync(join(dir, 'control.sock')));
  t.notOk(daemon.lines().some(({ level }) => level === 'error' || level === 'fatal'));

  const next = startDaemon(t, dir);
  await next.dialing();
  t.match((await next.ask('call.list', { limit: 10 })).calls, [{ id: first, disposition: 'busy' }]);
  t.match(await next.ask('campaign.show', { name: 'test' }), { state: 'running', leads: { callable: 1, waiting: 1 } });
});

void t.test(
  'a second SIGTERM leaves at once; the call goes on in Asterisk and is known at the next start',
  async (t) => {
    const { daemon, dir, ari, agentUp, nthPlaced, end } = await fakeExchange(t);
    await prepareCampaign(daemon.ask, PHONES);
    await agentUp('a1');
    await daemon.ask('campaign.start', { name: 'test' });
    const [first = ''] = await nthPlaced(1);
    daemon.kill('SIGTERM');
    await daemon.logged('draining: no new calls, live ones finish');
    daemon.kill('SIGTERM');
    t.strictSame(await daemon.exited(), { code: 0, signal: null });
    t.match(await daemon.logged('leaving at once; live calls go on in Asterisk'), { level: 'warn', live: 1 });
    t.notOk(
      ari.requests.some(({ method }) => method === 'DELETE'),
      'nobody was hung up on',
    );

    ari.answer(/^GET \/ari\/channels$/, { status: 200, body: [{ id: first, name: 'PJSIP/pstn', state: 'Ringing' }] });
    const next = startDaemon(t, dir);
    await next.dialing();
    t.match(await next.ask('call.show', { id: first }), { state: 'ringing', disposition: null });
    end(first, 17, 486);
    await eventually('the call has its outcome', async () => {
      return (await next.ask('call.show', { id: first })).disposition === 'busy';
    });
  },
);

void t.test('SIGTERM before the PBX was ever reached is an ordinary end', async (t) => {
  const ari = await startFakeAri();
  await ari.stop();
  const dir = shortDir(t, {
    'config.yaml': asteriskConfig({ url: ari.url }),
    'policy.json': allDayPack(),
    'ari.secret': 'x',
  });
  const daemon = startDaemon(t, dir);
  await daemon.logged('ARI is down');
  t.match(await daemon.ask('status', {}), {
    pbx: { state: 'connecting', reason: /ECONNREFUSED/ },
    dialing: { ok: false },
  });
  daemon.kill('SIGTERM');
  t.strictSame(await daemon.exited(), { code: 0, signal: null });
  t.notOk(
    daemon.lines().some(({ level }) => level === 'error' || level === 'fatal'),
    daemon.out(),
  );
  t.equal(daemon.err(), '');
});

void t.test('SIGHUP takes a good config: agents, trunks’ limits and log level change at once', async (t) => {
  const dir = shortDir(t, { 'config.yaml': simulatedConfig(), 'policy.json': allDayPack() });
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  writeFileSync(
    join(dir, 'config.yaml'),
    simulatedConfig({ agents: 3, more: 'log: { level: debug }\n' })
      .replace('@pstn" }', '@pstn", channels: 7 }')
      .replace('agents:\n', 'agents:\n  a9: { name: Nine, endpoint: PJSIP/nine }\n')
      .replace('  a1: { endpoint: PJSIP/agent1 }\n', ''),
  );
  daemon.kill('SIGHUP');
  const { changed, needRestart } = await daemon.logged('config reloaded');
  t.strictSame([...(changed as string[])].sort(), ['agents', 'log', 'trunks']);
  t.strictSame(needRestart, []);
  t.strictSame((await daemon.ask('agent.list', {})).agents.map(({ id }) => id).sort(), ['a2', 'a3', 'a9']);
  t.match(await daemon.ask('status', {}), { trunks: [{ name: 'pstn', channels: 7 }] });
});

void t.test('a reload tells what waits for a restart', async (t) => {
  const dir = shortDir(t, { 'config.yaml': simulatedConfig(), 'policy.json': allDayPack() });
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  const cases: readonly (readonly [what: string, from: string, to: string, restart: readonly string[]])[] = [
    ['nothing', '', '', []],
    ['a trunk’s limit', '@pstn" }', '@pstn", originatesPerSecond: 3 }', []],
    ['a trunk’s dial string', '{number}@pstn', '{number}@other', ['trunks']],
    [
      'a further trunk',
      'trunks:\n',
      'trunks:\n  sip2: { endpoint: PJSIP/s2, dial: "PJSIP/{number}@s2" }\n',
      ['trunks'],
    ],
    ['the socket', 'socket: control.sock', 'socket: next.sock', ['socket']],
    ['the database', 'obzvon.db', 'next.db', ['database', 'ledger', 'keyFile']],
  ];
  for (const [what, from, to, restart] of cases) {
    writeFileSync(join(dir, 'config.yaml'), simulatedConfig());
    await daemon.ask('reload', {});
    writeFileSync(join(dir, 'config.yaml'), simulatedConfig().replace(from, to));
    t.strictSame((await daemon.ask('reload', {})).needRestart, restart, what);
  }
  t.equal((await daemon.ask('status', {})).pid, daemon.pid, 'and it goes on where it is');
});

void t.test('SIGHUP with a broken config, pack or missing policy changes nothing and says why', async (t) => {
  const good = { 'config.yaml': simulatedConfig(), 'policy.json': allDayPack() };
  const dir = shortDir(t, good);
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  await daemon.ask('campaign.apply', { text: campaignText(), file: 'test.yaml' });
  const cases: readonly (readonly [what: string, files: Record<string, string>, reason: RegExp, details: RegExp])[] = [
    [
      'a config with two mistakes',
      { 'config.yaml': simulatedConfig({ agents: 5, more: 'soket: x\nlog: { level: loud }\n' }) },
      /config\.yaml has 2 mistakes/,
      /config\.yaml:\d+:\d+.*soket.*config\.yaml:\d+:\d+.*level/s,
    ],
    ['no YAML', { 'config.yaml': 'database: [' }, /config\.yaml has \d+ mistake/, /config\.yaml:\d+/],
    ['a broken policy pack', { 'policy.json': '{' }, /policy\.json is not JSON/, /^$/],
    [
      'a pack wider than the shipped one',
      {
        'policy.json': allDayPack().replace(/"advertising":\s*\{\s*"manual":\s*\["AD"\]/, '"advertising":{"manual":[]'),
      },
      /policy\.json is not a valid pack/,
      /matrix\.advertising\.manual: wider than ru-default/,
    ],
    [
      'the policy of a campaign gone',
      { 'config.yaml': simulatedConfig({ agents: 5 }).replace('policies: [policy.json]\n', '') },
      /campaign test goes by policy pack all-day, which is gone/,
      /^$/,
    ],
  ];
  for (const [i, [what, files, reason, details]] of cases.entries()) {
    for (const [name, text] of Object.entries({ ...good, ...files })) writeFileSync(join(dir, name), text);
    daemon.kill('SIGHUP');
    const refusals = await eventually(`${what} is refused`, () => {
      const lines = daemon.lines().filter(({ msg }) => msg === 'config not reloaded; the old one stays');
      return lines.length > i ? lines : null;
    });
    t.match(refusals[i], { level: 'error', reason }, what);
    t.match((refusals[i]?.['details'] as string[]).join('\n'), details, what);
    t.equal((await daemon.ask('agent.list', {})).agents.length, 2, `${what}: the old agents`);
    t.match(
      await rejection(daemon.ask('reload', {})),
      { message: reason, exit: 6 },
      `${what}: the command says so too`,
    );
  }
  t.match(await daemon.ask('gate.explain', { campaign: 'test', phone: PHONES[0] ?? '' }), {
    policy: { id: 'all-day' },
  });
});
