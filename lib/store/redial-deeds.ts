import type { Disposition } from '../core/outcome.ts';
import type { Db } from './open.ts';

/** An attempt as the report of a pass counts it. */
export interface DeedAttempt {
  readonly id: string;
  readonly lead: number;
  readonly planned_at: number;
  readonly answered_at: number | null;
  readonly bridged_at: number | null;
  readonly ended_at: number | null;
  readonly callback: number | null;
  /** null: it is live. */
  readonly disposition: Disposition | null;
}

/** An agent's word on a talk. */
export interface DeedResult {
  readonly id: number;
  readonly at: number;
  readonly attempt: string;
  readonly code: string;
  readonly stage: string;
  readonly target: 0 | 1;
}

/** A move of an agent. */
export interface AgentMove {
  readonly id: number;
  readonly at: number;
  readonly from: string | null;
  readonly to: string | null;
}

/** A stretch of time: from inclusive, until exclusive, epoch ms. */
export interface Stretch {
  readonly from: number;
  readonly until: number;
}

/** What was done since a pass began, page by page: each page goes on behind the last row of the one before. */
export function createRedialDeeds(db: Db) {
  const attempts = db.prepare<{ campaign: number; until: number; at: number; id: string; limit: number }, DeedAttempt>(
    `SELECT id, lead, planned_at, answered_at, bridged_at, ended_at, callback, disposition FROM attempts
     WHERE campaign = @campaign AND planned_at < @until AND (planned_at, id) > (@at, @id)
     ORDER BY planned_at, id LIMIT @limit`,
  );
  const results = db.prepare<{ campaign: number; until: number; at: number; id: number; limit: number }, DeedResult>(
    `SELECT id, at, attempt, code, stage, target FROM call_results
     WHERE campaign = @campaign AND at < @until AND (at, id) > (@at, @id) ORDER BY at, id LIMIT @limit`,
  );
  const moves = db.prepare<[string, number, number], AgentMove>(
    `SELECT id, at, "from", "to" FROM journal WHERE subject = 'agent' AND id_of = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  );
  const answers = db.prepare<
    { campaign: number; from: number; until: number; limitMs: number },
    { answers: number; abandoned: number }
  >(
    `SELECT count(*) AS answers, count(*) FILTER (WHERE bridged_at - answered_at > @limitMs
       OR (bridged_at IS NULL AND disposition IS NOT NULL)) AS abandoned
     FROM attempts INDEXED BY attempts_answered
     WHERE campaign = @campaign AND answered_at >= @from AND answered_at < @until`,
  );
  return {
    /** Attempts of a campaign planned in a stretch, behind the given one, the oldest first. */
    attempts(campaign: number, { from, until }: Stretch, last: DeedAttempt | undefined, limit: number): DeedAttempt[] {
      return attempts.all({ campaign, until, at: last?.planned_at ?? from - 1, id: last?.id ?? '~', limit });
    },
    /** Words of agents in a stretch, behind the given one, the oldest first. */
    results(campaign: number, { from, until }: Stretch, last: DeedResult | undefined, limit: number): DeedResult[] {
      return results.all({ campaign, until, at: last?.at ?? from - 1, id: last?.id ?? Number.MAX_SAFE_INTEGER, limit });
    },
    /** Moves of an agent before the given one, the newest first. */
    agentMoves: (agent: string, last: AgentMove | undefined, limit: number) =>
      moves.all(agent, last?.id ?? Number.MAX_SAFE_INTEGER, limit),
    /** Calls answered in a stretch, and those of them that found no agent in time. */
    answers(campaign: number, stretch: Stretch, limitMs: number): { answers: number; abandoned: number } {
      return answers.get({ campaign, ...stretch, limitMs }) ?? { answers: 0, abandoned: 0 };
    },
  };
}
