import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import t from 'tap';
import {
  allDayPack,
  loginAll,
  prepareCampaign,
  simulatedConfig,
  startDaemon,
  type DaemonProcess,
} from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { shortDir } from '../helpers/short-dir.ts';

const ENTRY = fileURLToPath(new URL('../../bin/obzvond.mjs', import.meta.url));
const FILES = {
  'config.yaml': simulatedConfig(),
  'other.yaml': simulatedConfig().replace('control.sock', 'other.sock'),
  'policy.json': allDayPack(),
};

/** Processor time of a whole process, ms: what it takes on a machine where nobody else is at work. */
function processorMs(args: readonly string[], status: number): number {
  const script = '"$@" >/dev/null 2>&1; status=$?; times; exit $status';
  const run = spawnSync('sh', ['-c', script, 'sh', process.execPath, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
    encoding: 'utf8',
  });
  if (run.status !== status) throw new Error(`it ended with ${run.status}`);
  // The second line is of the children: minutes and seconds of user and system.
  const spent = [...(run.stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return spent.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1_000, 0);
}

void t.test('a second daemon on the same database is gone within 500 ms', async (t) => {
  const dir = shortDir(t, FILES);
  await startDaemon(t, dir).dialing();
  const spentMs = Math.min(
    ...Array.from({ length: 3 }, () => processorMs([ENTRY, '--config', join(dir, 'other.yaml')], 1)),
  );
  t.comment(`${spentMs} ms`);
  t.ok(spentMs > 20 && spentMs < 500, `${spentMs} ms`);
});

/** Stops the process where it holds no lock of the database: who stands still inside a commit stops everybody. */
async function standStill(daemon: DaemonProcess, database: string): Promise<void> {
  const witness = new Database(database, { timeout: 0 });
  await eventually('it stands still outside a commit', () => {
    daemon.kill('SIGSTOP');
    try {
      witness.exec('BEGIN IMMEDIATE; ROLLBACK');
      return true;
    } catch {
      daemon.kill('SIGCONT');
      return false;
    }
  });
  witness.close();
}

void t.test(
  'a daemon that stood still while another took its database neither commits nor dials when it goes on: it ends',
  async (t) => {
    const dir = shortDir(t, FILES);
    const database = join(dir, 'obzvon.db');
    const first = startDaemon(t, dir);
    await first.dialing();
    const phones = Array.from({ length: 400 }, (_, i) => `+7916${String(1_000_000 + i)}`);
    await prepareCampaign(first.ask, phones);
    await loginAll(first.ask);
    await first.ask('campaign.start', { name: 'test' });
    await first.logged('attempt planned');
    await standStill(first, database);
    // Somebody "cleans up": the lock the first one holds is of a file nobody finds any more.
    rmSync(`${database}.lock`);
    const second = startDaemon(t, dir, { config: 'other.yaml' });
    await second.logged('reconciled; dialing may go on');
    const linesBefore = first.lines().length;
    first.kill('SIGCONT');
    t.strictSame(await first.exited(), { code: 1, signal: null });
    const after = first.lines().slice(linesBefore);
    t.match(
      after.find(({ level }) => level === 'fatal'),
      { err: { code: 'STORE_FENCED' }, msg: 'stopping: the store or the dialer failed' },
    );
    t.strictSame(
      after.filter(({ msg }) => msg === 'attempt planned'),
      [],
      'no call is planned',
    );
    const db = new Database(database, { readonly: true });
    t.equal(db.prepare('SELECT epoch FROM epoch').pluck().get(), 2);
    const planned = [...first.lines(), ...second.lines()].flatMap(({ msg, attempt }) =>
      msg === 'attempt planned' ? [attempt] : [],
    );
    const stored = db.prepare('SELECT id FROM attempts').pluck().all();
    t.strictSame(
      stored.filter((id) => !planned.includes(id)),
      [],
      'each stored call was told of by the daemon that had the database then',
    );
    db.close();
  },
);
