import type { Purpose } from '../core/campaign.ts';
import type { RefusalFact, RegistrationFact } from '../core/facts.ts';
import { phoneFromInteger, phoneToInteger, type Phone } from '../core/phone.ts';
import type { Db } from './open.ts';

export interface NewRegistration {
  readonly caller: Phone;
  readonly operator: string;
  readonly entity: string;
  readonly purposes: readonly Purpose[];
  readonly label: string;
  readonly category: string;
  readonly contract: string | null;
  readonly validFrom: number;
  readonly validTo: number | null;
  readonly status: RegistrationFact['status'];
  /** When its state was checked with the operator. */
  readonly verifiedAt: number | null;
}

interface RegistrationRow {
  readonly id: number;
  readonly caller: number;
  readonly operator: string;
  readonly entity: string;
  readonly purposes: string;
  readonly label: string;
  readonly category: string;
  readonly contract: string | null;
  readonly valid_from: number;
  readonly valid_to: number | null;
  readonly status: RegistrationFact['status'];
  readonly verified_at: number | null;
  readonly created_at: number;
}

export type RegistrationRecord = RegistrationFact & {
  readonly caller: Phone;
  readonly contract: string | null;
  readonly createdAt: number;
};

function toRecord(row: RegistrationRow): RegistrationRecord {
  return {
    id: row.id,
    caller: phoneFromInteger(row.caller),
    operator: row.operator,
    entity: row.entity,
    purposes: JSON.parse(row.purposes) as Purpose[],
    label: row.label,
    category: row.category,
    contract: row.contract,
    validFrom: row.valid_from,
    validTo: row.valid_to,
    status: row.status,
    verifiedAt: row.verified_at,
    createdAt: row.created_at,
  };
}

/** МАВ registrations of caller numbers: append-only, the newest row of a (caller, operator, entity) counts. */
export function createRegistrations(db: Db) {
  const newest = `SELECT * FROM registrations AS r WHERE NOT EXISTS (
    SELECT 1 FROM registrations AS later WHERE later.caller = r.caller AND later.operator = r.operator
      AND later.entity = r.entity AND later.id > r.id)`;
  const ofCaller = db.prepare<[number], RegistrationRow>(`${newest} AND r.caller = ? ORDER BY r.id`);
  const all = db.prepare<[], RegistrationRow>(`${newest} ORDER BY r.caller, r.id`);
  const insert = db.prepare(
    `INSERT INTO registrations (caller, operator, entity, purposes, label, category, contract, valid_from, valid_to, status,
       verified_at, created_at)
     VALUES (@caller, @operator, @entity, @purposes, @label, @category, @contract, @validFrom, @validTo, @status, @verifiedAt,
       @now)`,
  );
  return {
    ofCaller: (caller: Phone) => ofCaller.all(phoneToInteger(caller)).map(toRecord),
    all: () => all.all().map(toRecord),
    insert(registration: NewRegistration, now: number): number {
      const { lastInsertRowid } = insert.run({
        ...registration,
        caller: phoneToInteger(registration.caller),
        purposes: JSON.stringify([...registration.purposes].sort()),
        now,
      });
      return Number(lastInsertRowid);
    },
  };
}

/** Subscribers' refusals lodged with their operators: append-only, the newest row of a phone counts. */
export function createRefusals(db: Db) {
  const newest = db.prepare<[number], { state: RefusalFact['state']; since: number; allow_entities: string }>(
    'SELECT state, since, allow_entities FROM refusals WHERE phone = ? ORDER BY id DESC LIMIT 1',
  );
  const insert = db.prepare(
    'INSERT INTO refusals (phone, state, source, since, allow_entities, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  return {
    of(phone: Phone): RefusalFact | null {
      const row = newest.get(phoneToInteger(phone));
      if (row === undefined) return null;
      return { state: row.state, since: row.since, allowEntities: JSON.parse(row.allow_entities) as string[] };
    },
    insert(phone: Phone, refusal: RefusalFact, source: string, now: number): void {
      insert.run(
        phoneToInteger(phone),
        refusal.state,
        source,
        refusal.since,
        JSON.stringify(refusal.allowEntities),
        now,
      );
    },
  };
}
