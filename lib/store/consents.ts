import type { Phone } from '../core/phone.ts';
import { consentRegister, NOTHING_MORE, type ConsentRow } from '../core/register/consent.ts';
import { sameRow } from '../core/register/read.ts';
import type { Db } from './open.ts';
import { createRegisterTable, type StoredRow } from './register-table.ts';

export type ConsentRecord = StoredRow<typeof consentRegister.fields>;

/** What a consent must say; the rest may be left out. */
export type NewConsent = Partial<ConsentRow> &
  Pick<ConsentRow, 'phone' | 'kinds' | 'purposes' | 'entities' | 'givenAt' | 'source'>;

/** The register of consents: a row that replaces another corrects or withdraws it. */
export function createConsents(db: Db) {
  const table = createRegisterTable(db, consentRegister, { table: 'consents' });
  return {
    ...table,
    of: (phone: Phone): ConsentRecord[] => table.standing(phone),
    /**
     * Writes a consent, or a correction of one with the same kinds, purposes, entities and date; null when nothing changes.
     * A withdrawn consent is not revived by either: the person gives a new one.
     */
    add(consent: ConsentRow, now: number): number | null {
      const known = table.history(consent.phone);
      const agreed = known.filter((row) => sameAgreement(row, consent));
      const corrected = agreed.find((row) => row.standing);
      if (corrected === undefined) return agreed.length > 0 ? null : table.write(consent, now);
      const whole = { ...consent, withdrawnAt: consent.withdrawnAt ?? corrected.withdrawnAt };
      const said = known.some((row) => sameRow(consentRegister, row, consent) || sameRow(consentRegister, row, whole));
      return said ? null : table.write(whole, now, corrected.id);
    },
    /** As `add`; false when nothing changes. */
    insert(consent: NewConsent, now: number): boolean {
      return this.add({ ...NOTHING_MORE, ...consent }, now) !== null;
    },
  };
}

function sameAgreement(one: ConsentRow, other: ConsentRow): boolean {
  const agreement = ({ kinds, purposes, entities, givenAt }: ConsentRow): string =>
    [kinds, purposes, entities].map((list) => [...list].sort().join(' ')).join('|') + givenAt;
  return agreement(one) === agreement(other);
}
