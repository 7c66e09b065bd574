import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { ERRORS, EXIT, ObzvonError } from '../../lib/errors.ts';
import { runCli, stubDaemon } from '../helpers/cli.ts';
import { shortDir } from '../helpers/short-dir.ts';

await t.test('the exit codes are frozen: scripts rely on them', async (t) => {
  t.same(EXIT, {
    ok: 0,
    failed: 1,
    usage: 2,
    daemonNotRunning: 3,
    noPermission: 4,
    partial: 5,
    configInvalid: 6,
    refusedByGate: 7,
    waitTimedOut: 8,
    notFound: 9,
    changesPending: 10,
    pbxUnreachable: 11,
  });
});

await t.test('every refusal of the daemon ends with its own exit code, a sentence and a hint', async (t) => {
  for (const [code, { exit, hint }] of Object.entries(ERRORS)) {
    const run = await stubDaemon(t, {
      status: () => {
        throw new ObzvonError(code as keyof typeof ERRORS, 'it went wrong', { details: ['here'] });
      },
    });
    const plain = await run(['status']);
    t.same(plain, { exit, out: '', err: `obzvon: it went wrong\n  here\n  (${hint})\n` }, code);
    const json = await run(['status', '--json']);
    t.same(JSON.parse(json.err), { error: { code, message: 'it went wrong', hint, exit, details: ['here'] } }, code);
    t.equal(json.out, '', `${code}: no data, no output`);
  }
});

await t.test('a wrong command line exits 2 and says so on stderr', async (t) => {
  for (const argv of [
    [],
    ['campaign'],
    ['frobnicate'],
    ['status', '--frobnicate'],
    ['campaign', 'start'],
    ['lead', 'import', 'base.csv'],
    ['call', 'list', '--limit', 'many'],
    ['gate', 'explain', 'c', '+79161234567', '--at', 'tomorrow'],
    ['campaign', 'start', 'c', '--timeout', '5m'],
  ]) {
    const { exit, out, err } = await runCli(argv);
    t.equal(exit, 2, argv.join(' '));
    t.equal(out, '', 'stdout is for data');
    t.not(err, '');
  }
});

await t.test('help is data and no mistake', async (t) => {
  t.match(await runCli(['--help']), { exit: 0, out: /Usage: obzvon/, err: '' });
  t.match(await runCli(['campaign', 'start', '--help']), { exit: 0, out: /--wait/ });
});

await t.test('with no daemon every command that needs one exits 3 and says how to start it', async (t) => {
  const socket = join(shortDir(t), 'none.sock');
  for (const argv of [
    ['status'],
    ['campaign', 'list'],
    ['optout', 'add', '+79161234567'],
    ['agent', 'ready', 'anna'],
  ]) {
    t.match(await runCli([...argv, '--socket', socket]), { exit: 3, out: '', err: /systemctl start obzvon/ });
    t.match(await runCli(argv, { env: { OBZVON_SOCKET: socket } }), { exit: 3, err: new RegExp(socket) });
  }
});

await t.test('--config finds the daemon of that config', async (t) => {
  const folder = shortDir(t, {
    'config.yaml':
      'database: x.db\nsocket: mine.sock\npbx: { kind: simulated }\n' +
      'trunks: { pstn: { endpoint: PJSIP/pstn, dial: "PJSIP/{number}@pstn" } }\n',
  });
  const ran = await runCli(['status', '--config', join(folder, 'config.yaml')]);
  t.match(ran, { exit: 3, err: new RegExp(join(folder, 'mine.sock')) });
  t.match(await runCli(['status', '--config', join(folder, 'none.yaml')]), { exit: 6 });
});

await t.test(
  'config check works without a daemon: 0 when the file will do, 6 with every mistake otherwise',
  async (t) => {
    const folder = shortDir(t, {
      'good.yaml':
        'database: x.db\nsocket: c.sock\npbx: { kind: simulated }\n' +
        'trunks: { pstn: { endpoint: PJSIP/pstn, dial: "PJSIP/{number}@pstn" } }\n',
      'bad.yaml': 'databas: x.db\npbx: { kind: simulatd }\n',
      'no-folder.yaml':
        'database: nowhere/x.db\nsocket: nowhere/c.sock\npbx: { kind: simulated }\n' +
        'trunks: { pstn: { endpoint: PJSIP/pstn, dial: "PJSIP/{number}@pstn" } }\n',
    });
    t.match(await runCli(['config', 'check', join(folder, 'good.yaml')]), { exit: 0, out: /good\.yaml is ok\n$/ });
    const bad = await runCli(['config', 'check', join(folder, 'bad.yaml')]);
    t.match(bad, { exit: 6, out: /did you mean “database”[^]*did you mean “simulated”[^]*has 4 mistakes\n$/ });
    const json = await runCli(['config', 'check', '--json', join(folder, 'bad.yaml')]);
    t.match(JSON.parse(json.out), { ok: false, errors: [{ line: 1, column: 1 }, {}, {}, {}], warnings: [] });
    const folders = await runCli(['config', 'check', join(folder, 'no-folder.yaml')]);
    t.match(folders, { exit: 6, out: /database: there is no folder [^]*warning: [^]*socket: there is no folder/ });
  },
);

await t.test('a terminal is never steered by what the daemon relays', async (t) => {
  const run = await stubDaemon(t, {
    'campaign.show': () => {
      throw new ObzvonError('NOT_FOUND', 'no \u001b[31mred\u001b[0m\u009b2J campaign\r\n');
    },
  });
  const { err } = await run(['campaign', 'show', 'x']);
  t.notMatch(err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  t.match(err, /no red/);
});

await t.test('an old Node is told what is needed, in one sentence, before anything can crash', async (t) => {
  const guard = (await import(new URL('../../bin/node-floor.mjs', import.meta.url).href)) as {
    checkNode: (version: string) => string | null;
  };
  for (const version of ['22.14.0', '22.18.1', '24.0.0', '26.10.0']) t.equal(guard.checkNode(version), null, version);
  for (const version of ['18.20.4', '20.19.2', '22.13.1']) {
    t.match(guard.checkNode(version), new RegExp(`^obzvon needs Node 22.14 or newer, this is ${version}: npm run `));
  }
});

await t.test('where Node strips no types and nothing is built, the guard says to build', async (t) => {
  for (const name of ['obzvon', 'obzvond']) {
    const entry = join(import.meta.dirname, '../../bin', `${name}.mjs`);
    const folder = shortDir(t);
    const { cpSync } = await import('node:fs');
    for (const file of [`${name}.mjs`, 'node-floor.mjs']) cpSync(join(entry, '..', file), join(folder, 'bin', file));
    const ran = spawnSync(process.execPath, ['--no-strip-types', join(folder, 'bin', `${name}.mjs`)], {
      encoding: 'utf8',
    });
    t.match(ran, { status: 1, stdout: '', stderr: /does not run TypeScript: build it first with npm run build\n$/ });
  }
});
