import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig, readConfig } from '../../lib/config.ts';
import { ObzvonError } from '../../lib/errors.ts';
import { readSecret } from '../../lib/secret.ts';
import { shortDir } from '../helpers/short-dir.ts';

const TRUNKS = 'trunks:\n  pstn: { endpoint: PJSIP/pstn, dial: "PJSIP/{number}@pstn" }\n';
const ASTERISK = `database: data/obzvon.db
socket: control.sock
pbx:
  kind: asterisk
  ari: { url: http://127.0.0.1:8088, user: obzvon, secretFile: ari.secret }
  cel: cel.json
${TRUNKS}agents:
  anna: { endpoint: PJSIP/agent1 }
policies: [more/policy.json]
`;

await t.test('relative paths start at the folder of the config file, whatever the current one', async (t) => {
  const folder = shortDir(t, { 'config.yaml': ASTERISK, 'ari.secret': 'hunter2\n' });
  const config = loadConfig(join(folder, 'config.yaml'));
  t.match(config, {
    database: join(folder, 'data/obzvon.db'),
    socket: join(folder, 'control.sock'),
    socketMode: 0o660,
    policies: [join(folder, 'more/policy.json')],
    agents: { anna: { name: 'anna' } },
    pbx: {
      kind: 'asterisk',
      ari: { secretFile: join(folder, 'ari.secret') },
      ami: null,
      cel: join(folder, 'cel.json'),
    },
  });
  t.notMatch(JSON.stringify(config), /hunter2/, 'the secret itself is not in the config');
  t.ok(Object.isFrozen(config.pbx), 'frozen');
});

await t.test('a wrong config is refused with every mistake in the details', async (t) => {
  const folder = shortDir(t, { 'config.yaml': 'databas: x\npbx: { kind: freeswitch }\n' });
  try {
    loadConfig(join(folder, 'config.yaml'));
    t.fail('loaded');
  } catch (error) {
    t.ok(error instanceof ObzvonError && error.code === 'CONFIG_INVALID');
    t.equal((error as ObzvonError).details.length, 4);
  }
});

await t.test('a config that is not there is unreadable, not invalid', async (t) => {
  t.throws(() => loadConfig(join(shortDir(t), 'none.yaml')), { code: 'CONFIG_UNREADABLE', exit: 6 });
});

await t.test('a secret file open to everybody is refused, with its line in the config', async (t) => {
  const folder = shortDir(t, { 'config.yaml': ASTERISK, 'ari.secret': 'hunter2\n' });
  chmodSync(join(folder, 'ari.secret'), 0o644);
  const { config, errors } = readConfig(join(folder, 'config.yaml'));
  t.equal(config, null);
  t.match(errors, [{ line: 5, path: 'pbx.ari.secretFile', message: /is open to everybody: chmod o= / }]);
});

await t.test('a systemd credential outside systemd is a warning to a reader and a mistake to the daemon', async (t) => {
  const folder = shortDir(t, { 'config.yaml': ASTERISK.replace('secretFile: ari.secret', 'credential: ari') });
  const file = join(folder, 'config.yaml');
  const reading = readConfig(file, {});
  t.not(reading.config, null);
  t.match(reading.warnings, [{ path: 'pbx.ari.credential', message: /LoadCredential=/ }]);
  t.throws(() => loadConfig(file, {}), { code: 'CONFIG_INVALID' });
});

await t.test('a secret is one line without control characters, its last line-break left out', async (t) => {
  const folder = shortDir(t, { good: 's3cret\r\n', empty: '\n', two: 'a\nb\n', injected: 'a\rAction: Command\n' });
  const read = (credential: string) => readSecret({ credential }, { CREDENTIALS_DIRECTORY: folder });
  t.same(read('good'), { ok: true, secret: 's3cret' });
  for (const name of ['empty', 'two', 'injected', 'absent']) t.equal(read(name).ok, false, name);
});

await t.test('the webhook’s token is read like every secret, and a missing one is found at its line', async (t) => {
  const text = `${ASTERISK}webhook: { listen: "127.0.0.1:8090", secretFile: webhook.secret }\n`;
  const folder = shortDir(t, { 'config.yaml': text, 'ari.secret': 'hunter2\n' });
  const file = join(folder, 'config.yaml');
  t.match(readConfig(file), { config: null, errors: [{ line: 12, path: 'webhook.secretFile', message: /no file/ }] });
  const good = shortDir(t, { 'config.yaml': text, 'ari.secret': 'hunter2\n', 'webhook.secret': 'token\n' });
  t.match(loadConfig(join(good, 'config.yaml')).webhook, { listen: '127.0.0.1:8090' });
});
