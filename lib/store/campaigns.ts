import type { CampaignState } from '../core/campaign.ts';
import type { Db } from './open.ts';

export interface CampaignRow {
  readonly id: number;
  readonly name: string;
  readonly state: CampaignState;
  readonly reason: string | null;
  /** The campaign file as validated, JSON. */
  readonly spec: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Campaigns and their states. */
export function createCampaigns(db: Db) {
  const all = db.prepare<[], CampaignRow>('SELECT * FROM campaigns ORDER BY name');
  const byName = db.prepare<[string], CampaignRow>('SELECT * FROM campaigns WHERE name = ?');
  const insert = db.prepare<[string, string, number, number]>(
    'INSERT INTO campaigns (name, spec, created_at, updated_at) VALUES (?, ?, ?, ?)',
  );
  const respec = db.prepare<[string, number, number]>('UPDATE campaigns SET spec = ?, updated_at = ? WHERE id = ?');
  const move = db.prepare<[string, string | null, number, number]>(
    'UPDATE campaigns SET state = ?, reason = ?, updated_at = ? WHERE id = ?',
  );
  return {
    all: () => all.all(),
    byName: (name: string) => byName.get(name),
    insert(name: string, spec: string, now: number): number {
      return Number(insert.run(name, spec, now, now).lastInsertRowid);
    },
    setSpec(id: number, spec: string, now: number): void {
      respec.run(spec, now, id);
    },
    setState(id: number, state: CampaignState, reason: string | null, now: number): void {
      move.run(state, reason, now, id);
    },
  };
}
