import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { messageOf, ObzvonError } from '../errors.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { chained, GENESIS, headText } from './ledger.ts';
import { keepPlans } from './steady.ts';

export type Db = Database.Database;

/**
 * Holds the lock file beside the database for the life of the process; the kernel frees it on any death. A second
 * daemon on the same database is refused at once. Returns its release.
 */
export function lockStore(path: string): () => void {
  if (path === ':memory:') return () => {};
  let lock: Db | undefined;
  try {
    lock = new Database(`${path}.lock`, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if ((error as { code?: string }).code === 'SQLITE_BUSY') {
      throw new ObzvonError('DAEMON_ALREADY_RUNNING', `another daemon works on the database ${path}`);
    }
    throw new ObzvonError('STORE_FAILED', `cannot lock the database ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'check that the folder exists and that the daemon’s user may write there',
    });
  }
  return () => lock.close();
}

/** Inner pages of the big indexes stay in memory. */
const CACHE_KIB = 65_536;

const MIGRATIONS = new URL('./migrations/', import.meta.url);

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

function readMigrations(): Migration[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name, index) => {
      const version = Number(name.slice(0, 4));
      if (version !== index + 1) throw new Error(`migration ${name} leaves a gap before it`);
      const sql = readFileSync(new URL(name, MIGRATIONS), 'utf8');
      return { version, name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Opens the database for the one daemon: WAL, synchronous FULL read back (the library's own default in WAL is NORMAL,
 * which may lose the last commits on power loss), foreign keys, migrations. Path `:memory:` is for tests. Throws STORE_FAILED
 * when the database was made with another key.
 */
export function openStore(path: string, keyed: KeyedHash): Db {
  const fresh = path !== ':memory:' && !existsSync(path);
  let db: Db;
  try {
    db = new Database(path, { timeout: 50 });
  } catch (error) {
    throw cannotOpen(path, error);
  }
  try {
    if (fresh) chmodSync(path, 0o600);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('secure_delete = ON');
    db.pragma('temp_store = MEMORY');
    db.pragma(`cache_size = -${CACHE_KIB}`);
    if (db.pragma('synchronous', { simple: true }) !== 2) {
      throw new ObzvonError('STORE_FAILED', 'the database refuses synchronous=FULL: a crash could forget a call');
    }
    migrate(db, path, keyed);
    sameKey(db, path, keyed);
    keepPlans(db);
    return db;
  } catch (error) {
    db.close();
    if (error instanceof ObzvonError) throw error;
    throw new ObzvonError('STORE_FAILED', `database ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Opens a database of the present version to read only, the daemon's own or a copy; the key must be its own. */
export function openForReading(path: string, keyed: KeyedHash): Db {
  let db: Db | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: 1_000 });
    const applied = db.prepare<[], number>('SELECT count(*) FROM migrations').pluck().get() ?? 0;
    if (applied !== readMigrations().length) {
      throw new ObzvonError('STORE_FAILED', `the database ${path} is of another version of obzvon`, {
        hint: 'use the obzvon that wrote it',
      });
    }
    sameKey(db, path, keyed);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof ObzvonError) throw error;
    throw new ObzvonError('STORE_FAILED', `cannot read the database ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'a copy must lie where you may write, with its -wal file if there is one',
    });
  }
}

function cannotOpen(path: string, error: unknown): ObzvonError {
  return new ObzvonError('STORE_FAILED', `cannot open the database ${path}: ${messageOf(error)}`, {
    cause: error,
    hint: 'check that the folder exists and that the daemon’s user may write there',
  });
}

/** What migrations need of the program: a chain cannot be made in SQL. */
function lendFunctions(db: Db, keyed: KeyedHash): void {
  let before = GENESIS.hash;
  const own = { directOnly: true };
  db.function('subject', own, (phone: unknown) => keyed.subject(Number(phone)));
  db.function('chained', own, (id: unknown, body: unknown) => {
    before = chained(before, Number(id), String(body));
    return Buffer.from(before, 'hex');
  });
  db.function('head_mac', own, (id: unknown, hash: unknown) =>
    keyed.mac(headText({ id: Number(id), hash: (hash as Buffer).toString('hex') })),
  );
}

/** Whether this database was never keyed yet: it is new, or made by a version before the key. */
export function mayMakeKey(path: string): boolean {
  if (!existsSync(path)) return true;
  let db: Db | undefined;
  try {
    db = new Database(path, { timeout: 50, readonly: true });
    return db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'installation'`).get() === undefined;
  } catch (error) {
    throw cannotOpen(path, error);
  } finally {
    db?.close();
  }
}

/** The key of this database is this one; another would not know the persons erased under the first. */
function sameKey(db: Db, path: string, keyed: KeyedHash): void {
  const check = keyed.mac('installation');
  const stored = db.prepare<[], Buffer>('SELECT key_check FROM installation').pluck().get();
  if (stored === undefined) {
    db.prepare('INSERT INTO installation (one, key_check, created_at) VALUES (1, ?, ?)').run(check, Date.now());
  } else if (!stored.equals(check)) {
    throw new ObzvonError('STORE_FAILED', `the database ${path} was made with another installation key`, {
      hint: 'put back the key file that belongs to this database, from its backup: keyFile in config',
    });
  }
}

function migrate(db: Db, path: string, keyed: KeyedHash): void {
  db.exec(`CREATE TABLE IF NOT EXISTS migrations (
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL
  ) STRICT`);
  const known = readMigrations();
  const applied = db.prepare<[], { version: number; name: string; sha256: string }>('SELECT * FROM migrations').all();
  for (const row of applied) {
    const migration = known[row.version - 1];
    if (migration === undefined) {
      throw new ObzvonError('STORE_NEWER', `database ${path} has migration ${row.name}, unknown to this program`);
    }
    if (migration.sha256 !== row.sha256) {
      throw new ObzvonError('STORE_FAILED', `migration ${row.name} is not the one that made ${path}`, {
        hint: 'a released migration never changes: restore the program’s files',
      });
    }
  }
  lendFunctions(db, keyed);
  const record = db.prepare('INSERT INTO migrations VALUES (?, ?, ?, ?)');
  for (const migration of known.slice(applied.length)) {
    db.transaction(() => {
      db.exec(migration.sql);
      record.run(migration.version, migration.name, migration.sha256, Date.now());
    }).immediate();
  }
}

/** Whether the database said no, as opposed to a mistake in our own code. */
export function isSqliteError(error: unknown): boolean {
  return error instanceof Database.SqliteError;
}

/** Whether the disk, or the database's own limit, had no room: the transaction is rolled back for certain. */
export function isFull(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_FULL';
}

/** Results of SQLite that say the file cannot be used now; the rest are mistakes of ours, such as a broken constraint. */
const UNAVAILABLE =
  /^SQLITE_(?:BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL|NOLFS|PERM|AUTH)/;

/** Whether the database cannot be read or written now: busy, full, damaged, not to be reached. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Database.SqliteError && UNAVAILABLE.test(error.code);
}
