import type { TalkId } from '../core/caller.ts';
import type { Db } from './open.ts';

/** What an agent said of a talk. */
export interface NewCallResult {
  /** The attempt, or the call of a person who called us. */
  readonly attempt: TalkId;
  readonly campaign: number;
  readonly lead: number;
  /** Who talked. */
  readonly agent: string | null;
  readonly code: string;
  readonly stage: string;
  readonly target: boolean;
  readonly note: string | null;
  /** By which way it came: `digits`, `cli`, `socket`. */
  readonly source: string;
}

export interface CallResultRow extends Omit<NewCallResult, 'target'> {
  readonly id: number;
  readonly target: 0 | 1;
  readonly at: number;
}

/** Talks of a campaign with this result, by the newest word on each. */
export interface ResultCount {
  readonly code: string;
  readonly stage: string;
  readonly target: 0 | 1;
  readonly talks: number;
}

/** Results of an agent's talks. */
export interface AgentResults {
  readonly agent: string;
  readonly results: number;
  readonly targets: number;
}

const NEWEST = 'NOT EXISTS (SELECT 1 FROM call_results WHERE attempt = r.attempt AND id > r.id)';

/** Agents' results: every word is kept, the newest of an attempt counts. */
export function createResults(db: Db) {
  const insert = db.prepare(
    `INSERT INTO call_results (attempt, campaign, lead, agent, code, stage, target, note, source, at)
     VALUES (@attempt, @campaign, @lead, @agent, @code, @stage, @target, @note, @source, @now)`,
  );
  const of = db.prepare<[string], CallResultRow>(
    'SELECT * FROM call_results WHERE attempt = ? ORDER BY id DESC LIMIT 1',
  );
  const history = db.prepare<[string], CallResultRow>('SELECT * FROM call_results WHERE attempt = ? ORDER BY id');
  const counts = db.prepare<[number], ResultCount>(
    `SELECT code, stage, target, count(*) AS talks FROM call_results AS r WHERE campaign = ? AND ${NEWEST}
     GROUP BY code, stage, target ORDER BY talks DESC, code`,
  );
  const byAgent = db.prepare<[number], AgentResults>(
    `SELECT agent, count(*) AS results, coalesce(sum(target), 0) AS targets FROM call_results AS r
     WHERE campaign = ? AND agent IS NOT NULL AND ${NEWEST} GROUP BY agent`,
  );
  const targetLeads = db
    .prepare<
      [number],
      number
    >(`SELECT count(DISTINCT lead) FROM call_results AS r WHERE campaign = ? AND target = 1 AND ${NEWEST}`)
    .pluck();
  // Ids sort by time behind their first three letters.
  const later = db
    .prepare<
      [number, string],
      number
    >('SELECT 1 FROM call_results WHERE lead = ? AND substr(attempt, 4) > substr(?, 4) LIMIT 1')
    .pluck();
  // By the number, of which there are few calls, not by the campaign, of which there are all.
  const calledSince = db
    .prepare<{ attempt: string; lead: number }, number>(
      `SELECT 1 FROM lead_numbers AS n JOIN attempts AS a ON a.phone = n.phone AND +a.campaign = n.campaign
       WHERE n.lead = @lead AND a.lead = @lead AND a.planned_at >= coalesce((SELECT planned_at FROM attempts WHERE id = @attempt),
           (SELECT arrived_at FROM inbound_calls WHERE id = @attempt))
         AND a.id <> @attempt LIMIT 1`,
    )
    .pluck();
  return {
    insert(result: NewCallResult, now: number): void {
      insert.run({ ...result, target: result.target ? 1 : 0, now });
    },
    /** The word that counts; undefined: nobody has said anything. */
    of: (attempt: string) => of.get(attempt),
    /** Every word on a talk, the oldest first. */
    history: (attempt: string) => history.all(attempt),
    /** Talks by their result, the most frequent first. */
    counts: (campaign: number) => counts.all(campaign),
    byAgent: (campaign: number) => byAgent.all(campaign),
    /** Leads with a talk that reached what the campaign is for. */
    targetLeads: (campaign: number) => targetLeads.get(campaign) ?? 0,
    /** Whether no later talk of the lead has a result. */
    isLatest: (attempt: string, lead: number) => later.get(lead, attempt) === undefined,
    /** Whether the lead was called again after this attempt. */
    calledSince: (attempt: string, lead: number) => calledSince.get({ attempt, lead }) !== undefined,
  };
}
