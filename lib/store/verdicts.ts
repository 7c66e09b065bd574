import type { Db } from './open.ts';

export interface VerdictRow {
  readonly id: number;
  readonly at: number;
  readonly campaign: number;
  readonly lead: number;
  readonly phone: number;
  readonly caller: number | null;
  readonly verdict: 'ALLOW' | 'DENY' | 'HOLD' | 'DEFER';
  readonly code: string | null;
  readonly codes: string;
  readonly not_before: number | null;
  readonly policy_id: string;
  readonly policy_version: string;
  readonly policy_hash: string;
  readonly consent: number | null;
  readonly registration: number | null;
  readonly label: string | null;
  readonly zone: string;
}

/** Verdicts as the gate's transaction wrote them. */
export function createVerdicts(db: Db) {
  const byId = db.prepare<[number], VerdictRow>('SELECT * FROM verdicts WHERE id = ?');
  return { byId: (id: number) => byId.get(id) };
}
