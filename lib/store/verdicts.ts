import type { Code, Evidence, Opinion } from '../core/verdict.ts';
import type { DialMode, Purpose } from '../core/campaign.ts';
import type { HistoryFact, RefusalFact } from '../core/facts.ts';
import type { Db } from './open.ts';

/** A row of the ledger: the verdict and all it rests on, as hashed. */
export interface LedgerBody {
  readonly at: number;
  readonly campaign: number;
  readonly lead: number;
  /** Keyed hash of the person's number. */
  readonly subject: string;
  /** Our own number, shown to the person. */
  readonly caller: number | null;
  readonly verdict: 'ALLOW' | 'DENY' | 'HOLD' | 'DEFER';
  /** Primary code; null for ALLOW. */
  readonly code: Code | null;
  readonly codes: readonly Code[];
  readonly notBefore: number | null;
  readonly policy: Evidence['policy'];
  readonly consents: readonly number[];
  readonly registration: number | null;
  readonly label: string | null;
  readonly zone: Evidence['zone'];
  /** Rows written before version 3 of the database lack what follows. */
  readonly purpose?: Purpose | null;
  readonly mode?: DialMode;
  readonly entity?: string;
  readonly operator?: string | null;
  readonly refusal?: RefusalFact['state'] | null;
  readonly personalData?: Evidence['personalData'];
  readonly dnc?: Evidence['dnc'];
  readonly opinion?: Opinion | null;
  readonly history?: HistoryFact;
}

export interface VerdictRow extends LedgerBody {
  readonly id: number;
  /** Integer of the phone; negative: the pseudonym of an erased person. */
  readonly phone: number;
}

interface StoredVerdict {
  readonly id: number;
  readonly phone: number;
  readonly body: string;
}

/** Verdicts as the gate's transaction wrote them. */
export function createVerdicts(db: Db) {
  const byId = db.prepare<[number], StoredVerdict>('SELECT id, phone, body FROM verdicts WHERE id = ?');
  const byPhone = db.prepare<[number, number], StoredVerdict>(
    'SELECT id, phone, body FROM verdicts WHERE phone = ? ORDER BY id DESC LIMIT ?',
  );
  const read = ({ id, phone, body }: StoredVerdict): VerdictRow => ({ ...(JSON.parse(body) as LedgerBody), id, phone });
  return {
    byId(id: number): VerdictRow | undefined {
      const row = byId.get(id);
      return row === undefined ? undefined : read(row);
    },
    /** The newest first. */
    byPhone: (phone: number, limit: number): VerdictRow[] => byPhone.all(phone, limit).map(read),
  };
}
