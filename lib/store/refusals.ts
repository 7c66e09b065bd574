import type { RefusalFact } from '../core/facts.ts';
import type { Phone } from '../core/phone.ts';
import { refusalRegister } from '../core/register/refusal.ts';
import type { Db } from './open.ts';
import { createRegisterTable } from './register-table.ts';

/** Subscribers' refusals lodged with their operators: the newest row of a phone counts. */
export function createRefusals(db: Db) {
  const table = createRegisterTable(db, refusalRegister, { table: 'refusals' });
  return {
    ...table,
    of(phone: Phone): RefusalFact | null {
      const row = table.standing(phone).at(-1);
      return row === undefined ? null : { state: row.state, since: row.since, allowEntities: row.allowEntities };
    },
    /** What was found out rather than told; `evidence` names the attempts it was learned from. */
    insert(phone: Phone, refusal: RefusalFact, source: string, now: number, evidence: string | null = null): number {
      return table.write({ ...refusal, phone, source, evidence, note: null }, now);
    },
  };
}
