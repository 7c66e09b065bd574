import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { KEYED, TEST_KEY } from '../helpers/keyed.ts';
import { lockStore, openStore } from '../../lib/store/open.ts';
import { createStore } from '../../lib/store/store.ts';
import { shortDir } from '../helpers/short-dir.ts';

const MIGRATIONS = new URL('../../lib/store/migrations/', import.meta.url);

void t.test('a commit survives a power cut: synchronous FULL in WAL, read back; keys are enforced', async (t) => {
  const file = join(shortDir(t), 'obzvon.db');
  const db = openStore(file, KEYED);
  for (const [pragma, wanted] of [
    ['synchronous', 2],
    ['journal_mode', 'wal'],
    ['foreign_keys', 1],
    ['secure_delete', 1],
  ] as const) {
    t.equal(db.pragma(pragma, { simple: true }), wanted, pragma);
  }
  t.throws(
    () => db.exec("INSERT INTO agents (id, state, since) VALUES ('a', 'asleep', 0)"),
    /CHECK/,
    'states are a closed list',
  );
  t.throws(
    () => db.exec("INSERT INTO agents (id, state, since) VALUES ('a', 'offline', 'noon')"),
    /INTEGER/,
    'types are strict',
  );
  t.throws(
    () =>
      db.exec("INSERT INTO leads (campaign, phone, list, list_row, created_at, updated_at) VALUES (9, 1, '', 1, 0, 0)"),
    /FOREIGN KEY/,
  );
  for (const name of ['obzvon.db', 'obzvon.db-wal'])
    t.equal(statSync(join(file, '..', name)).mode & 0o777, 0o600, name);
  db.close();
});

void t.test('a fresh database has every migration, once, with its checksum; opening it again adds none', async (t) => {
  const file = join(shortDir(t), 'obzvon.db');
  const names = readdirSync(MIGRATIONS).sort();
  const rows = () => {
    const db = openStore(file, KEYED);
    const all = db.prepare('SELECT version, name, sha256, applied_at FROM migrations ORDER BY version').all();
    db.close();
    return all as { version: number; name: string; sha256: string; applied_at: number }[];
  };
  const first = rows();
  t.strictSame(
    first.map(({ version, name, sha256 }) => ({ version, name, sha256 })),
    names.map((name, i) => ({
      version: i + 1,
      name,
      sha256: createHash('sha256')
        .update(readFileSync(new URL(name, MIGRATIONS)))
        .digest('hex'),
    })),
  );
  t.strictSame(rows(), first);
});

void t.test('a database of a newer program, or made by another migration, is not touched', async (t) => {
  const cases = [
    [
      "INSERT INTO migrations SELECT max(version) + 1, '0099-future.sql', 'x', 0 FROM migrations",
      { code: 'STORE_NEWER', exit: 1, message: /0099-future\.sql, unknown to this program/ },
    ],
    [
      "UPDATE migrations SET sha256 = 'x' WHERE version = 1",
      { code: 'STORE_FAILED', exit: 1, message: /migration 0001-first\.sql is not the one/, hint: /never changes/ },
    ],
  ] as const;
  for (const [sql, wanted] of cases) {
    const file = join(shortDir(t, { 'obzvon.db.key': TEST_KEY }), 'obzvon.db');
    const db = openStore(file, KEYED);
    db.exec(sql);
    db.close();
    const before = readFileSync(file);
    t.throws(() => openStore(file, KEYED), wanted);
    t.throws(() => createStore(file), wanted, 'and again: a refusal leaves no lock behind');
    t.ok(readFileSync(file).equals(before), 'not a byte is changed');
  }
});

void t.test('one holder a database; the lock goes with its release', async (t) => {
  const file = join(shortDir(t), 'obzvon.db');
  const unlock = lockStore(file);
  t.throws(() => lockStore(file), { code: 'DAEMON_ALREADY_RUNNING', exit: 1, message: /obzvon\.db/ });
  unlock();
  lockStore(file)();
  const store = createStore(file);
  t.throws(() => createStore(file), { code: 'DAEMON_ALREADY_RUNNING' });
  store.close();
  createStore(file).close();
});

void t.test('a path that cannot be a database is told in a sentence', async (t) => {
  const dir = shortDir(t, { notes: 'phone;name\n'.repeat(200) });
  mkdirSync(join(dir, 'folder'));
  for (const [path, message] of [
    [join(dir, 'none', 'obzvon.db'), /none\/obzvon\.db/],
    [join(dir, 'notes'), /notes: file is not a database/],
    [join(dir, 'folder'), /cannot open the database/],
  ] as const) {
    t.throws(() => createStore(path), { name: 'ObzvonError', code: 'STORE_FAILED', message });
  }
});
