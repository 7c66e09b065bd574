import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { openStore } from '../../lib/store/open.ts';
import { allDayPack, campaignText, simulatedConfig, startDaemon, type DaemonProcess } from '../helpers/daemon.ts';
import { KEYED, TEST_KEY } from '../helpers/keyed.ts';
import { specWith } from '../helpers/rig.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** The real daemon at its start: what it refuses, in which words, with which exit code. */
const FILES = { 'config.yaml': simulatedConfig(), 'policy.json': allDayPack(), 'obzvon.db.key': TEST_KEY };

/** A daemon that will not start: a sentence and a hint on stderr, the same in the log, no stack, no socket. */
async function refused(t: Test, dir: string, exit: number, ...says: readonly RegExp[]): Promise<DaemonProcess> {
  const daemon = startDaemon(t, dir);
  t.strictSame(await daemon.exited(), { code: exit, signal: null }, daemon.err());
  for (const words of says) t.match(daemon.err(), words);
  t.match(daemon.err(), /^obzvond: .+\n(?: {2}.+\n)*.+\n$/, 'a sentence, details, a hint');
  t.notMatch(daemon.out() + daemon.err(), /\n\s+at |node:internal|\.ts:\d+/, 'no stack');
  return daemon;
}

void t.test('it starts, says so in one line, and answers on a socket with the permissions of config', async (t) => {
  const dir = shortDir(t, { ...FILES, 'config.yaml': `${simulatedConfig()}socketMode: "0600"\n` });
  const daemon = startDaemon(t, dir);
  await daemon.dialing();
  t.equal(statSync(join(dir, 'control.sock')).mode & 0o777, 0o600);
  t.equal(statSync(join(dir, 'obzvon.db')).mode & 0o777, 0o600, 'the base of phones is nobody else’s to read');
  t.equal(statSync(join(dir, 'obzvon.db-wal')).mode & 0o777, 0o600);
  t.match(await daemon.logged('started'), { level: 'info', pbx: 'simulated', socket: join(dir, 'control.sock') });
  t.match(await daemon.logged('the PBX is simulated: no telephone rings'), { level: 'warn' });
  t.match(await daemon.ask('status', {}), {
    state: 'running',
    pid: daemon.pid,
    pbx: { kind: 'simulated', state: 'up' },
  });
  daemon.kill('SIGTERM');
  t.strictSame(await daemon.exited(), { code: 0, signal: null });
  t.notOk(existsSync(join(dir, 'control.sock')), 'no socket is left behind');
  t.equal(daemon.err(), '');
});

void t.test('a second daemon on one database is refused, whatever its socket; the first does not notice', async (t) => {
  const other = simulatedConfig().replace('control.sock', 'other.sock');
  const dir = shortDir(t, { ...FILES, 'other.yaml': other });
  const first = startDaemon(t, dir);
  await first.dialing();
  for (const config of ['config.yaml', 'other.yaml']) {
    const second = startDaemon(t, dir, { config });
    t.strictSame(await second.exited(), { code: 1, signal: null });
    t.match(second.err(), /another daemon works on the database .*obzvon\.db\n.*stop the other one first/);
    t.match(second.lines(), [{ level: 'fatal', code: 'DAEMON_ALREADY_RUNNING', msg: 'cannot start' }]);
    t.notMatch(second.out() + second.err(), /\n\s+at /);
  }
  t.notOk(existsSync(join(dir, 'other.sock')));
  t.equal((await first.ask('status', {})).pid, first.pid);
});

void t.test('a second daemon on one socket is refused too', async (t) => {
  const other = simulatedConfig().replace('obzvon.db', 'other.db');
  const dir = shortDir(t, { ...FILES, 'other.yaml': other });
  const first = startDaemon(t, dir);
  await first.dialing();
  const second = startDaemon(t, dir, { config: 'other.yaml' });
  t.strictSame(await second.exited(), { code: 1, signal: null });
  t.match(second.err(), /another daemon answers on .*control\.sock/);
  t.equal((await first.ask('status', {})).pid, first.pid);
});

void t.test('killed, it leaves a socket and a lock file: the next start is not held up by either', async (t) => {
  const dir = shortDir(t, FILES);
  const killed = startDaemon(t, dir);
  await killed.dialing();
  killed.kill('SIGKILL');
  await killed.exited();
  t.ok(lstatSync(join(dir, 'control.sock')).isSocket());
  t.ok(existsSync(join(dir, 'obzvon.db.lock')));
  const next = startDaemon(t, dir);
  await next.dialing();
  t.equal((await next.ask('status', {})).pid, next.pid);
});

void t.test('a file that is no socket stands where the socket should: it is left alone', async (t) => {
  const dir = shortDir(t, { ...FILES, 'control.sock': 'somebody’s notes' });
  await refused(t, dir, 1, /control\.sock is there and is not a socket/, /choose another path/);
  t.equal(statSync(join(dir, 'control.sock')).size > 0, true);
});

void t.test('a wrong config never starts: every mistake at once, each with its line', async (t) => {
  const dir = shortDir(t, {
    'config.yaml': `database: obzvon.db
socket: control.sock
soket: control.sock
pbx: { kind: simulated }
log: { level: loud }
trunks:
  pstn: { endpoint: PJSIP/pstn, dial: "PJSIP/{number}@pstn", channels: 0 }
agents:
  anna: { endpoint: PJSIP/1 }
  boris: { endpoint: PJSIP/1 }
`,
  });
  const daemon = await refused(t, dir, 6, /has 4 mistakes/, /obzvon config check/);
  for (const line of [3, 5, 7, 10]) t.match(daemon.err(), new RegExp(`config\\.yaml:${line}:\\d+`), `line ${line}`);
  t.equal(daemon.out(), '', 'before the log is set up nothing is logged');
  t.notOk(existsSync(join(dir, 'obzvon.db')), 'and no database is made');
});

void t.test('no config, a secret that cannot be read, an unknown option: told in a sentence', async (t) => {
  await refused(t, shortDir(t), 6, /cannot read the config: .*config\.yaml/);
  const ari = simulatedConfig().replace(
    'pbx: { kind: simulated }',
    'pbx: { kind: asterisk, ari: { url: "http://127.0.0.1:1", user: obzvon, secretFile: ari.secret } }',
  );
  await refused(
    t,
    shortDir(t, { ...FILES, 'config.yaml': ari }),
    6,
    /config\.yaml:\d+:\d+.*there is no file .*ari\.secret/,
  );
  const open = shortDir(t, { ...FILES, 'config.yaml': ari, 'ari.secret': 'xyz' });
  chmodSync(join(open, 'ari.secret'), 0o644);
  await refused(t, open, 6, /ari\.secret is open to everybody: chmod/);
  const mistyped = startDaemon(t, shortDir(t, FILES), { config: 'config.yaml', args: ['--confg', 'x'] });
  t.strictSame(await mistyped.exited(), { code: 2, signal: null });
  t.match(mistyped.err(), /--confg.*\nusage: obzvond/);
  t.notMatch(mistyped.err(), /\n\s+at /);
});

void t.test('a broken policy pack never starts', async (t) => {
  const pack = JSON.parse(allDayPack()) as Record<string, unknown>;
  const cases: readonly (readonly [what: string, text: string, says: RegExp])[] = [
    ['not JSON', '{ "id": ', /policy\.json is not JSON/],
    ['a property nobody knows', JSON.stringify({ ...pack, hourz: {} }), /policy\.json.*hourz/s],
    ['the id of a shipped one', allDayPack('ru-default'), /two policy packs are called ru-default/],
  ];
  for (const [what, text, says] of cases) {
    await t.test(what, async (t) => {
      const dir = shortDir(t, { ...FILES, 'policy.json': text });
      await refused(t, dir, 6, says);
      t.notOk(existsSync(join(dir, 'obzvon.db')));
    });
  }
  await t.test('absent', async (t) => {
    await refused(t, shortDir(t, { 'config.yaml': simulatedConfig() }), 6, /policy\.json/);
  });
});

void t.test('a database that cannot be used is told with its path, and dialing never begins', async (t) => {
  const at = (path: string) => ({ ...FILES, 'config.yaml': simulatedConfig().replace('obzvon.db', path) });
  await t.test('its folder is missing', async (t) => {
    await refused(t, shortDir(t, at('none/obzvon.db')), 1, /none\/obzvon\.db/, /folder exists and .* may write/);
  });
  await t.test('its folder cannot be written', async (t) => {
    // Nobody, root included, makes a file there.
    const dir = shortDir(t, at('/proc/obzvon.db'));
    await refused(t, dir, 1, /\/proc\/obzvon\.db/, /may write there/);
  });
  await t.test('it is another file', async (t) => {
    const dir = shortDir(t, { ...FILES, 'obzvon.db': 'phone;name\n+79161234567;Anna\n'.repeat(100) });
    const daemon = await refused(t, dir, 1, /obzvon\.db: file is not a database/);
    t.match(daemon.lines(), [{ level: 'fatal', code: 'STORE_FAILED' }]);
  });
  await t.test('a newer obzvon has written it', async (t) => {
    const dir = shortDir(t, FILES);
    const db = openStore(join(dir, 'obzvon.db'), KEYED);
    db.prepare("INSERT INTO migrations SELECT max(version) + 1, '0099-future.sql', 'x', 0 FROM migrations").run();
    db.close();
    await refused(t, dir, 1, /has migration 0099-future\.sql, unknown to this program/, /upgrade the program/);
  });
  await t.test('a migration that made it was another one', async (t) => {
    const dir = shortDir(t, FILES);
    const db = openStore(join(dir, 'obzvon.db'), KEYED);
    db.prepare("UPDATE migrations SET sha256 = 'x' WHERE version = 1").run();
    db.close();
    await refused(t, dir, 1, /migration 0001-first\.sql is not the one that made .*obzvon\.db/, /never changes/);
  });
});

void t.test(
  'a campaign whose policy pack is gone from config: the daemon says which, and does not start',
  async (t) => {
    const dir = shortDir(t, FILES);
    const first = startDaemon(t, dir);
    await first.dialing();
    await first.ask('campaign.apply', { text: campaignText(), file: 'test.yaml' });
    first.kill('SIGTERM');
    await first.exited();
    writeFileSync(join(dir, 'config.yaml'), simulatedConfig().replace('policies: [policy.json]\n', ''));
    await refused(
      t,
      dir,
      6,
      /campaign test goes by policy pack all-day, which is gone/,
      /name its file under policies/,
    );
  },
);

/** A database as version 1 wrote it: a campaign, a call with its verdict, and an opt-out. */
function oldDatabase(path: string, spec: string): void {
  const sql = readFileSync(new URL('../../lib/store/migrations/0001-first.sql', import.meta.url), 'utf8');
  const db = new Database(path);
  db.exec(sql);
  db.exec(`CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    applied_at INTEGER NOT NULL) STRICT`);
  const sha256 = createHash('sha256').update(sql).digest('hex');
  db.prepare('INSERT INTO migrations VALUES (1, ?, ?, 0)').run('0001-first.sql', sha256);
  db.prepare('INSERT INTO campaigns VALUES (1, ?, ?, NULL, ?, 0, 0)').run('old', 'paused', spec);
  db.exec(`INSERT INTO leads (id, campaign, phone, list, list_row, state, created_at, updated_at)
      VALUES (1, 1, 79161234567, 'a.csv', 2, 'done', 0, 0);
    INSERT INTO verdicts VALUES (1, 5, 1, 1, 79161234567, 74951234567, 'ALLOW', NULL, '[]', NULL, 'ru-default', '1', 'x', 3,
      4, 'Test', '{"zones":["Europe/Moscow"],"source":"lead-zone"}');
    INSERT INTO attempts (id, campaign, lead, verdict, phone, caller, trunk, ring_limit_ms, state, planned_at, ended_at,
      disposition) VALUES ('at-1', 1, 1, 1, 79161234567, 74951234567, 'pstn', 20000, 'ended', 5, 9, 'no-answer');
    INSERT INTO opt_outs VALUES (79161234568, 7, 'dtmf', 'at-1', 'said so')`);
  db.close();
}

void t.test(
  'a database of the version before pacing: it is migrated, and its campaigns get the defaults of today',
  async (t) => {
    const dir = shortDir(t, FILES);
    const path = join(dir, 'obzvon.db');
    const { pacing, ...before } = specWith({ name: 'old' });
    oldDatabase(path, JSON.stringify(before));
    const daemon = startDaemon(t, dir);
    await daemon.dialing();
    t.strictSame((await daemon.ask('campaign.show', { name: 'old' })).spec.pacing, pacing);
    t.match(await daemon.ask('pacing.show', { name: 'old', limit: 5 }), { method: 'progressive', decisions: [] });
    t.match(await daemon.ask('call.show', { id: 'at-1' }), {
      verdict: { verdict: 'ALLOW', consent: 3, registration: 4, label: 'Test', zone: { source: 'lead-zone' } },
    });
    t.match(await daemon.ask('optout.show', { phone: '+79161234568' }), { optOut: { at: 7, source: 'dtmf' } });
  },
);
