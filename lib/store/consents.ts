import type { Purpose } from '../core/campaign.ts';
import type { ConsentChannel, ConsentFact, ConsentKind } from '../core/facts.ts';
import { phoneToInteger, type Phone } from '../core/phone.ts';
import type { Db } from './open.ts';

export interface NewConsent {
  readonly phone: Phone;
  readonly kinds: readonly ConsentKind[];
  readonly purposes: readonly Purpose[];
  readonly entities: readonly string[];
  readonly givenAt: number;
  readonly expiresAt: number | null;
  readonly verifiedBy: string | null;
  readonly evidence: string | null;
  readonly source: string;
}

interface ConsentRow {
  readonly id: number;
  readonly kinds: string;
  readonly purposes: string;
  readonly entities: string;
  readonly channels: string;
  readonly given_at: number;
  readonly expires_at: number | null;
  readonly withdrawn_at: number | null;
  readonly verified_by: string | null;
  readonly evidence: string | null;
  readonly source: string;
  readonly created_at: number;
}

export type ConsentRecord = ConsentFact & { readonly source: string; readonly createdAt: number };

/** The register of consents: recorded prior agreement, append-only. */
export function createConsents(db: Db) {
  const ofPhone = db.prepare<[number], ConsentRow>(
    `SELECT * FROM consents AS c WHERE phone = ?
       AND NOT EXISTS (SELECT 1 FROM consents WHERE phone = c.phone AND replaces = c.id) ORDER BY id`,
  );
  const insert = db.prepare(
    `INSERT INTO consents (phone, kinds, purposes, entities, given_at, expires_at, verified_by, evidence, source, created_at)
     VALUES (@phone, @kinds, @purposes, @entities, @givenAt, @expiresAt, @verifiedBy, @evidence, @source, @now)
     ON CONFLICT DO NOTHING`,
  );
  return {
    of(phone: Phone): ConsentRecord[] {
      return ofPhone.all(phoneToInteger(phone)).map((row) => ({
        id: row.id,
        kinds: JSON.parse(row.kinds) as ConsentKind[],
        purposes: JSON.parse(row.purposes) as Purpose[],
        channels: JSON.parse(row.channels) as ConsentChannel[],
        entities: JSON.parse(row.entities) as string[],
        givenAt: row.given_at,
        expiresAt: row.expires_at,
        withdrawnAt: row.withdrawn_at,
        verifiedBy: row.verified_by,
        evidence: row.evidence,
        source: row.source,
        createdAt: row.created_at,
      }));
    },
    /** False when the very same consent is recorded already. */
    insert(consent: NewConsent, now: number): boolean {
      const lists = {
        kinds: JSON.stringify([...consent.kinds].sort()),
        purposes: JSON.stringify([...consent.purposes].sort()),
        entities: JSON.stringify([...consent.entities].sort()),
      };
      return insert.run({ ...consent, ...lists, phone: phoneToInteger(consent.phone), now }).changes === 1;
    },
  };
}
