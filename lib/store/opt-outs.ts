import { phoneToInteger, type Phone } from '../core/phone.ts';
import type { Db } from './open.ts';

/** By which channel the person told us: `dtmf`, `cli`, `agent`, `import NAME` and so on. */
export type OptOutSource = string;

export interface OptOutRow {
  readonly at: number;
  readonly source: OptOutSource;
  readonly attempt: string | null;
  readonly note: string | null;
}

/** "Never again": one row a phone, for every campaign and entity, from its commit and for ever. */
export function createOptOuts(db: Db) {
  const byPhone = db.prepare<[number], OptOutRow>('SELECT at, source, attempt, note FROM opt_outs WHERE phone = ?');
  const insert = db.prepare(
    'INSERT INTO opt_outs (phone, at, source, attempt, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  return {
    of: (phone: Phone) => byPhone.get(phoneToInteger(phone)),
    /** False when the phone is opted out already; the first record stands. */
    insert(phone: Phone, at: number, source: OptOutSource, more: { attempt?: string; note?: string } = {}): boolean {
      return insert.run(phoneToInteger(phone), at, source, more.attempt ?? null, more.note ?? null).changes === 1;
    },
  };
}
