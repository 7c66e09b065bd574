import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_SOCKET } from '../../lib/cli/cli.ts';
import { DEFAULT_CONFIG_FILE, loadConfig, readConfig } from '../../lib/config.ts';
import { EXIT } from '../../lib/errors.ts';
import { parseYaml } from '../../lib/validate.ts';

const SAMPLE = fileURLToPath(new URL('../../asterisk/systemd/config.yaml', import.meta.url));
const unit = readFileSync(new URL('../../asterisk/systemd/obzvon.service', import.meta.url), 'utf8');
const settings = (key: string): string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, it = '']) => it);

void t.test('the sample config starts a daemon once systemd gives the credentials the unit names', async (t) => {
  const folder = t.testdir();
  for (const name of settings('LoadCredential').map((it) => it.split(':')[0] ?? '')) {
    writeFileSync(join(folder, name), 'secret\n');
    chmodSync(join(folder, name), 0o400);
  }
  const config = loadConfig(SAMPLE, { CREDENTIALS_DIRECTORY: folder });
  t.equal(config.database, `/var/lib/${settings('StateDirectory')[0]}/obzvon.db`);
  t.equal(config.socket, `/run/${settings('RuntimeDirectory')[0]}/control.sock`);
  t.equal(config.socket, DEFAULT_SOCKET, 'the CLI finds it without being told');
});

void t.test('asked by a person, the sample is right, and what only systemd has is a warning', async (t) => {
  const { config, errors, warnings } = readConfig(SAMPLE, {});
  t.not(config, null);
  t.strictSame(errors, []);
  t.equal(warnings.length, 2);
});

void t.test('the unit runs the daemon on the config the CLI and the docs name', async (t) => {
  t.match(settings('ExecStart')[0], new RegExp(`/bin/obzvond\\.mjs --config ${DEFAULT_CONFIG_FILE}$`));
  t.strictSame(settings('RestartPreventExitStatus'), [`${EXIT.usage} ${EXIT.configInvalid}`]);
  t.strictSame(settings('MemoryDenyWriteExecute'), [], 'V8 compiles while it runs');
  t.equal(settings('KillSignal')[0], 'SIGTERM');
});

void t.test('every config and campaign shown in the docs is accepted', async (t) => {
  for (const page of ['install.md', 'configuration.md']) {
    const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
    for (const [, yaml = ''] of text.matchAll(/```yaml\n([^]*?)```/g)) {
      const schema = yaml.includes('database:') ? 'config' : 'campaign';
      t.match(parseYaml(yaml, page, schema), { ok: true }, `${schema} in ${page}`);
    }
  }
});
