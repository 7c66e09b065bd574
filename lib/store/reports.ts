import type { Disposition } from '../core/outcome.ts';
import type { Db } from './open.ts';

/** Figures of a campaign's attempts; the same numbers for CLI, demo and docs. */
export interface AttemptFigures {
  readonly attempts: number;
  readonly resolved: number;
  readonly answered: number;
  readonly connected: number;
  /** Connected later than the answer limit: counted abandoned by the regulators' definition. */
  readonly connectedLate: number;
  readonly abandoned: number;
  readonly talkMs: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
}

/** Reports read the committed rows alone. */
export function createReports(db: Db) {
  const figures = db.prepare<{ campaign: number; limit: number; since: number }, AttemptFigures>(
    `SELECT count(*) AS attempts,
       count(disposition) AS resolved,
       count(answered_at) AS answered,
       count(bridged_at) AS connected,
       count(*) FILTER (WHERE bridged_at - answered_at > @limit) AS connectedLate,
       count(*) FILTER (WHERE disposition = 'abandoned') AS abandoned,
       coalesce(sum(ended_at - bridged_at), 0) AS talkMs,
       min(planned_at) AS firstAt,
       max(coalesce(ended_at, planned_at)) AS lastAt
     FROM attempts WHERE campaign = @campaign AND planned_at >= @since`,
  );
  const dispositions = db.prepare<[number], { disposition: Disposition | null; n: number }>(
    'SELECT disposition, count(*) AS n FROM attempts WHERE campaign = ? GROUP BY disposition ORDER BY n DESC',
  );
  const leadsTried = db
    .prepare<[number], number>('SELECT count(DISTINCT lead) FROM attempts WHERE campaign = ?')
    .pluck();
  const byAgent = db.prepare<[number], { agent: string; calls: number; talkMs: number }>(
    `SELECT agent, count(*) AS calls, coalesce(sum(ended_at - bridged_at), 0) AS talkMs FROM attempts
     WHERE campaign = ? AND bridged_at IS NOT NULL GROUP BY agent ORDER BY agent`,
  );
  const agentsSince = db.prepare<[number], { agent: string; calls: number; talkMs: number }>(
    `SELECT agent, count(*) AS calls, coalesce(sum(ended_at - bridged_at), 0) AS talkMs FROM attempts
     WHERE bridged_at >= ? GROUP BY agent`,
  );
  const durations = (column: string) =>
    db
      .prepare<
        [number],
        number
      >(`SELECT ${column} AS ms FROM attempts WHERE campaign = ? AND bridged_at IS NOT NULL AND ended_at IS NOT NULL ORDER BY ms`)
      .pluck();
  const talks = durations('ended_at - bridged_at');
  const waits = durations('bridged_at - answered_at');
  return {
    figures: (campaign: number, limitMs: number, since = 0): AttemptFigures => {
      const row = figures.get({ campaign, limit: limitMs, since });
      if (row === undefined) throw new Error('an aggregate without a row');
      return row;
    },
    dispositions: (campaign: number) => dispositions.all(campaign),
    /** Leads called at all. */
    leadsTried: (campaign: number) => leadsTried.get(campaign) ?? 0,
    byAgent: (campaign: number) => byAgent.all(campaign),
    agentsSince: (since: number) => agentsSince.all(since),
    /** Talk times, shortest first, ms. */
    talks: (campaign: number) => talks.all(campaign),
    /** Times from answer to bridge, shortest first, ms. */
    waits: (campaign: number) => waits.all(campaign),
  };
}
