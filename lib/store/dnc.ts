import { phoneFromInteger, phoneToInteger, type Phone } from '../core/phone.ts';
import type { Db } from './open.ts';

export type DncListState = 'loading' | 'active' | 'replaced';

/** An external do-not-call list as it was loaded. */
export interface DncList {
  readonly id: number;
  readonly registry: string;
  /** As of when its keeper issued it. */
  readonly takenAt: number;
  readonly importedAt: number;
  readonly state: DncListState;
  readonly numbers: number;
  readonly sha256: string | null;
}

/** The columns of a list `l` and where they come from. */
export const DNC_LIST =
  'l.id, l.registry, l.taken_at AS takenAt, l.imported_at AS importedAt, l.state, l.numbers, l.sha256 FROM dnc_lists AS l';

/** External do-not-call lists: read here, loaded whole by an import. */
export function createDnc(db: Db) {
  const all = db.prepare<[], DncList>(`SELECT ${DNC_LIST} ORDER BY l.registry, l.id`);
  const holding = db.prepare<[number], DncList>(
    `SELECT ${DNC_LIST} JOIN dnc_numbers AS n ON n.list = l.id WHERE n.phone = ? ORDER BY l.id`,
  );
  const page = db
    .prepare<
      [number, number, number],
      number
    >('SELECT phone FROM dnc_numbers WHERE phone > ? AND list = ? ORDER BY phone LIMIT ?')
    .pluck();
  return {
    /** Every list ever loaded. */
    lists: (): DncList[] => all.all(),
    /** The lists, of the past too, that hold the phone. */
    holding: (phone: Phone): DncList[] => holding.all(phoneToInteger(phone)),
    /** Up to `limit` numbers of a list above `after`, an integer as `phoneToInteger` makes it. */
    numbers: (list: number, after: number, limit: number): Phone[] =>
      page.all(after, list, limit).map(phoneFromInteger),
  };
}
