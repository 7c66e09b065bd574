import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { shortDir } from '../helpers/short-dir.ts';

const ENTRY = join(import.meta.dirname, '../../bin/obzvon.mjs');

/** Prints every module file a run loaded, ESM and CommonJS. */
const TRACER = `
import { registerHooks } from 'node:module';
const seen = [];
registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
process.on('exit', () => process.stderr.write('\\nLOADED ' + JSON.stringify(seen) + '\\n'));
`;

await t.test('obzvon status loads nothing it does not need: scripts and wallboards call it every second', async (t) => {
  const folder = shortDir(t, { 'trace.mjs': TRACER });
  const args = ['--import', join(folder, 'trace.mjs'), ENTRY, 'status', '--socket', join(folder, 'none.sock')];
  const ran = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
  t.equal(ran.status, 3, ran.stderr);
  const loaded = JSON.parse(/LOADED (.*)/.exec(ran.stderr)![1]!) as string[];
  const packages = new Set(loaded.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []));
  t.ok(packages.has('commander'), 'the trace sees packages');
  for (const heavy of ['ajv', 'yaml', 'pino', 'better-sqlite3', 'libphonenumber-js', 'saxes', 'ari-client']) {
    t.notOk(packages.has(heavy), heavy);
  }
  const own = loaded.filter((url) => url.includes('/lib/'));
  t.ok(own.some((url) => url.endsWith('/lib/cli/status.ts')));
  for (const foreign of ['validate', 'config', 'cli/import', 'store/', 'dialer/', 'core/']) {
    t.notOk(
      own.some((url) => url.includes(`/lib/${foreign}`)),
      `lib/${foreign}`,
    );
  }
});
