import type { Phone } from '../core/phone.ts';
import { lineRegister, type LineRow } from '../core/register/line.ts';
import type { Db } from './open.ts';
import { createRegisterTable, type StoredRow } from './register-table.ts';

export type RegistrationRecord = StoredRow<typeof lineRegister.fields>;

/** A registration as the caller number's owner has it; the rest may be left out. */
export type NewRegistration = Omit<LineRow, 'phone' | 'evidenceSha256' | 'source' | 'note'> &
  Partial<Pick<LineRow, 'evidenceSha256' | 'source' | 'note'>> & { readonly caller: Phone };

/** SQLite's own word for it. */
const NO_LIMIT = -1;

/** МАВ registrations of caller numbers: the newest row of a (caller, operator, entity) counts. */
export function createRegistrations(db: Db) {
  const table = createRegisterTable(db, lineRegister, { table: 'registrations', phone: 'caller' });
  return {
    ...table,
    ofCaller: (caller: Phone): RegistrationRecord[] => table.standing(caller),
    /** Every registration that counts, by caller number. */
    all: (): RegistrationRecord[] =>
      table.page(0, NO_LIMIT).sort((a, b) => a.phone.localeCompare(b.phone) || a.id - b.id),
    /** Writes a row whatever is known; its id. */
    insert({ caller, ...registration }: NewRegistration, now: number): number {
      return table.write({ evidenceSha256: null, source: 'cli', note: null, ...registration, phone: caller }, now);
    },
  };
}
