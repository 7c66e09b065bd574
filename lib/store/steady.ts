import type BetterSqlite3 from 'better-sqlite3';
import type { Db } from './open.ts';

/**
 * SQLite peeks at the value of a bare parameter when it weighs plans (`= ?`, `LIMIT ?`), and then prepares the statement
 * anew at each run: 10 to 60 µs a statement, a dozen times a call. A unary plus, which changes no value, hides the parameter.
 */
export function steady(sql: string): string {
  return sql.replace(/(<=|>=|<>|[=<>]|\bIS(?: NOT)?\b|\bLIMIT\b)(\s*)(?=\?|@\w)/g, '$1$2+');
}

/**
 * All statements of this connection keep the plan they were prepared with, and are prepared when they are run first: of
 * hundreds a process needs some dozens, and a daemon that was killed is back so much sooner.
 */
export function keepPlans(db: Db): void {
  const prepare = db.prepare.bind(db) as (sql: string) => Statement;
  db.prepare = ((sql: string) => whenRun(() => prepare(steady(sql)))) as Db['prepare'];
}

/** What the rooms of the store ask of a statement. */
type Statement = Pick<Whole, 'run' | 'get' | 'all' | 'iterate' | 'pluck' | 'raw'>;
type Whole = BetterSqlite3.Statement<unknown[]>;

function whenRun(prepare: () => Statement): Statement {
  let prepared: Statement | undefined;
  let shape: 'pluck' | 'raw' | null = null;
  const statement = (): Statement => {
    if (prepared === undefined) {
      prepared = prepare();
      if (shape !== null) prepared[shape]();
    }
    return prepared;
  };
  const shaped = (as: 'pluck' | 'raw'): Whole => {
    shape = as;
    prepared?.[as]();
    return lazy as Whole;
  };
  const lazy: Statement = {
    run: (...given) => statement().run(...given),
    get: (...given) => statement().get(...given),
    all: (...given) => statement().all(...given),
    iterate: (...given) => statement().iterate(...given),
    pluck: () => shaped('pluck'),
    raw: () => shaped('raw'),
  };
  return lazy;
}
