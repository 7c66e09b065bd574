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
