import { phoneFromInteger, phoneToInteger, type Phone } from '../core/phone.ts';
import { columnName, type Fields, type RecordOf, type Register } from '../core/register/field.ts';
import { sameRow } from '../core/register/read.ts';
import type { Db } from './open.ts';

/** A row as it stands in its register. */
export type StoredRow<F extends Fields> = RecordOf<F> & {
  readonly id: number;
  readonly createdAt: number;
  /** No later row corrects or ends it. */
  readonly standing: boolean;
};

/** Among which rows a new one is looked for: said again, it changes nothing. */
export type Known = 'standing' | 'ever';

/** A register's table: append-only, a correction is a new row. */
export type RegisterTable<F extends Fields> = ReturnType<typeof createRegisterTable<F>>;

type SqlRow = Readonly<Record<string, string | number | null>>;

/** The statements of a register, from its descriptor: a property is the column of its name, a list is kept as JSON. */
export function createRegisterTable<F extends Fields>(
  db: Db,
  register: Register<F>,
  { table, phone = 'phone' }: { readonly table: string; readonly phone?: string },
) {
  const { columns } = register;
  const later =
    register.key === null
      ? 'later.replaces = r.id'
      : ['later.id > r.id', ...register.key.map(columnName).map((name) => `later.${name} = r.${name}`)].join(' AND ');
  const stands = `NOT EXISTS (SELECT 1 FROM ${table} AS later WHERE later.${phone} = r.${phone} AND ${later})`;
  const standing = db.prepare<[number], SqlRow>(
    `SELECT *, 1 AS standing FROM ${table} AS r WHERE r.${phone} = ? AND ${stands} ORDER BY r.id`,
  );
  const history = db.prepare<[number], SqlRow>(
    `SELECT *, ${stands} AS standing FROM ${table} AS r WHERE r.${phone} = ? ORDER BY r.id`,
  );
  const byId = db.prepare<[number], SqlRow>(`SELECT *, ${stands} AS standing FROM ${table} AS r WHERE r.id = ?`);
  // Erased persons have pseudonyms below zero: they are in no list.
  const standingPage = db.prepare<[number, number], SqlRow>(
    `SELECT *, 1 AS standing FROM ${table} AS r WHERE r.id > ? AND r.${phone} > 0 AND ${stands} ORDER BY r.id LIMIT ?`,
  );
  const wholePage = db.prepare<[number, number], SqlRow>(
    `SELECT *, ${stands} AS standing FROM ${table} AS r WHERE r.id > ? AND r.${phone} > 0 ORDER BY r.id LIMIT ?`,
  );
  const names = [phone, ...columns.map(({ name }) => name), 'created_at'];
  if (register.key === null) names.push('replaces');
  const insert = db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`);

  function toRow(row: SqlRow): StoredRow<F> {
    // Filled in place: the gate reads several at each verdict.
    const found: Record<string, unknown> = { id: row['id'], phone: phoneFromInteger(Number(row[phone])) };
    for (const { property, name, field } of columns) {
      found[property] = field.list ? (JSON.parse(String(row[name])) as unknown) : row[name];
    }
    found['createdAt'] = row['created_at'];
    found['standing'] = row['standing'] === 1;
    return found as unknown as StoredRow<F>;
  }

  /** Writes a row whatever is known; `replaces` names the row it corrects where the register wants that. */
  function write(record: RecordOf<F>, now: number, replaces: number | null = null): number {
    const values = columns.map(({ property, field }) => {
      const value = record[property];
      return field.list ? JSON.stringify(value) : (value ?? null);
    });
    const all = [phoneToInteger(record.phone), ...values, now];
    if (register.key === null) all.push(replaces);
    return Number(insert.run(...all).lastInsertRowid);
  }

  /** Every row of a phone, the oldest first. */
  const historyOf = (number: Phone): StoredRow<F>[] => history.all(phoneToInteger(number)).map(toRow);

  return {
    write,
    history: historyOf,
    /** The rows of a phone that count now. */
    standing: (number: Phone): StoredRow<F>[] => standing.all(phoneToInteger(number)).map(toRow),
    byId(id: number): StoredRow<F> | null {
      const row = byId.get(id);
      return row === undefined || Number(row[phone]) < 0 ? null : toRow(row);
    },
    /** Up to `limit` rows with ids above `after`; `whole` brings the rows of the past too. */
    page(after: number, limit: number, { whole = false }: { readonly whole?: boolean } = {}): StoredRow<F>[] {
      return (whole ? wholePage : standingPage).all(after, limit).map(toRow);
    },
    /** Writes a row unless it is known; null then. */
    add(record: RecordOf<F>, now: number, known: Known): number | null {
      const rows = historyOf(record.phone).filter((row) => known === 'ever' || row.standing);
      return rows.some((row) => sameRow(register, row, record)) ? null : write(record, now);
    },
  };
}
