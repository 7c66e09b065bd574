import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { createStore } from '../../lib/store/store.ts';
import { eventually } from '../helpers/eventually.ts';
import { NOON } from '../helpers/rig.ts';
import { shortDir } from '../helpers/short-dir.ts';

const MIB = 1024 * 1024;

/** Rows of the journal a file holds without its log. */
function inTheFile(path: string, folder: string): number {
  const copy = join(folder, 'copy.db');
  copyFileSync(path, copy);
  const db = new Database(copy);
  try {
    return db.prepare<[], number>('SELECT count(*) FROM journal').pluck().get() ?? 0;
  } catch {
    // Copied in the middle of a checkpoint.
    return 0;
  } finally {
    db.close();
  }
}

const note = (text: string) => ({ at: NOON, subject: 'daemon', id: 'test', event: 'noted', data: { text } }) as const;

void t.test('what is committed is moved into the database by the thread, no commit does it', async (t) => {
  const folder = shortDir(t);
  const path = join(folder, 'obzvon.db');
  const store = createStore(path);
  t.teardown(() => store.close());
  for (let i = 0; i < 100; i += 1) store.commit(() => store.journal.write(note('x')));
  await eventually('the rows are in the file', () => inTheFile(path, folder) === 100);
});

void t.test('the log stays within its bound while commits follow one another without a break', async (t) => {
  const path = join(shortDir(t), 'obzvon.db');
  const store = createStore(path);
  t.teardown(() => store.close());
  const page = 'x'.repeat(4_096);
  let longest = 0;
  for (let i = 0; i < 200; i += 1) {
    store.commit(() => {
      for (let row = 0; row < 200; row += 1) store.journal.write(note(page));
    });
    longest = Math.max(longest, statSync(`${path}-wal`).size);
  }
  t.ok(
    longest < 128 * MIB,
    `${Math.round(longest / MIB)} MiB of log for ${Math.round((200 * 200 * 4_096) / MIB)} MiB written`,
  );
});

void t.test('closed, the store leaves no log behind, and no thread', async (t) => {
  const folder = shortDir(t);
  const path = join(folder, 'obzvon.db');
  const store = createStore(path);
  store.commit(() => store.journal.write(note('last')));
  store.close();
  t.notOk(existsSync(`${path}-wal`));
  t.equal(inTheFile(path, folder), 1);
});

void t.test('a process killed while its log is being moved loses no commit it had told of', async (t) => {
  const path = join(shortDir(t), 'obzvon.db');
  const script = `
    import { writeSync } from 'node:fs';
    import { createStore } from '${new URL('../../lib/store/store.ts', import.meta.url).href}';
    const store = createStore(${JSON.stringify(path)});
    const data = { text: 'x'.repeat(2000) };
    for (let i = 1; ; i += 1) {
      store.commit(() => store.journal.write({ at: 1, subject: 'daemon', id: 'test', event: 'noted', data }));
      writeSync(1, i + '\\n');
    }`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  let told = '';
  child.stdout.setEncoding('utf8');
  const lastTold = (): number => Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1));
  for await (const chunk of child.stdout) {
    told += String(chunk);
    // Some thousand pages in: the thread has been at work several times.
    if (lastTold() > 2_000) child.kill('SIGKILL');
  }
  await gone;
  const last = lastTold();
  const store = createStore(path);
  t.teardown(() => store.close());
  t.ok(last > 2_000, `${last} commits were told`);
  t.ok(store.journal.of('daemon', 'test', 1_000_000).length >= last);
});
