import t from 'tap';
import { openStore } from '../../lib/store/open.ts';
import { steady } from '../../lib/store/steady.ts';
import { KEYED } from '../helpers/keyed.ts';

void t.test('a parameter that is compared, or limits, stands behind a plus; no other is touched', async (t) => {
  const cases: readonly (readonly [sql: string, wanted: string])[] = [
    ['SELECT 1 FROM t WHERE a = ? AND b <= @b LIMIT ?', 'SELECT 1 FROM t WHERE a = +? AND b <= +@b LIMIT +?'],
    ['SELECT 1 FROM t WHERE a IS ? AND b IS NOT @b', 'SELECT 1 FROM t WHERE a IS +? AND b IS NOT +@b'],
    ['INSERT INTO t VALUES (?, @b)', 'INSERT INTO t VALUES (?, @b)'],
    ["SELECT spec ->> '$.a' FROM t WHERE a IS NULL", "SELECT spec ->> '$.a' FROM t WHERE a IS NULL"],
  ];
  for (const [sql, wanted] of cases) t.equal(steady(sql), wanted);
});

void t.test('values of every kind go through the plus unchanged', async (t) => {
  const db = openStore(':memory:', KEYED);
  for (const value of ['07', '+7', '', 7, 7.5, Buffer.from([7]), null]) {
    db.exec('CREATE TEMP TABLE kept (v)');
    db.prepare('INSERT INTO kept (v) VALUES (1)').run();
    db.prepare('UPDATE kept SET v = ?').run(value);
    t.strictSame(db.prepare('SELECT v FROM kept').pluck().get(), value, `stored ${JSON.stringify(value)}`);
    t.equal(db.prepare('SELECT count(*) FROM kept WHERE v IS ?').pluck().get(value), 1, 'and found');
    db.exec('DROP TABLE kept');
  }
});

void t.test('a statement is prepared when it is run first, once, in the shape asked for before or after', async (t) => {
  const db = openStore(':memory:', KEYED);
  t.doesNotThrow(() => db.prepare('SELECT 1 FROM not_there'), 'nothing is looked at yet');
  t.throws(() => db.prepare('SELECT 1 FROM not_there').get(), /no such table: not_there/);
  const one = db.prepare('SELECT 7 AS a, 8 AS b');
  t.strictSame(one.get(), { a: 7, b: 8 });
  t.strictSame(one.raw().get(), [7, 8]);
  t.equal(db.prepare('SELECT 7').pluck().get(), 7);
  t.strictSame([...db.prepare('SELECT 7 AS a').raw().iterate()], [[7]]);
  const later = db.prepare('INSERT INTO kept VALUES (?)');
  db.exec('CREATE TEMP TABLE kept (v)');
  t.equal(later.run(5).changes + later.run(6).changes, 2);
  t.strictSame(db.prepare('SELECT v FROM kept').pluck().all(), [5, 6]);
});
