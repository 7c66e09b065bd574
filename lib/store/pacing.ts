import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AttemptId } from '../core/attempt.ts';
import type { PacingDecision } from '../core/pacing/contract.ts';
import type { Db } from './open.ts';

/** A decision as it was journalled. */
export interface PacingDecisionRow {
  readonly id: number;
  readonly campaign: number;
  readonly at: number;
  readonly originate: number;
  readonly bound_by: string;
  readonly sentence: string;
  /** JSON. */
  readonly numbers: string;
}

/** Live answers of an hour of the epoch, and those among them that found no agent in time. */
export interface AnsweredHour {
  readonly hour: number;
  readonly answers: number;
  readonly abandoned: number;
}

/** A recorded stretch of pacing. */
export interface PacingSessionRow {
  readonly session: number;
  readonly parts: number;
  readonly lastAt: number;
  readonly bytes: number;
}

/** What a pacer had learned, at an hour of the day. */
export interface EstimatesRow {
  readonly hour: number;
  readonly at: number;
  readonly data: unknown;
}

/** Rows deleted at a time when the past is forgotten: holds the event loop for some milliseconds. */
const PRUNE_ROWS = 500;
/** The database grows slower, and one thread has other things to do. */
const DEFLATE_LEVEL = 3;

/** Pacing's own tables: decisions, recordings, estimates; and the counts its limits rest on. */
export function createPacing(db: Db) {
  const insertDecision = db.prepare(
    `INSERT INTO pacing_decisions (campaign, at, originate, bound_by, sentence, numbers) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const setDecision = db.prepare('UPDATE attempts SET decision = ? WHERE id = ?');
  const decisionOf = db.prepare<[string], PacingDecisionRow>(
    'SELECT d.* FROM pacing_decisions d JOIN attempts a ON a.decision = d.id WHERE a.id = ?',
  );
  const decisions = db.prepare<[number, number], PacingDecisionRow>(
    'SELECT * FROM pacing_decisions WHERE campaign = ? ORDER BY at DESC, id DESC LIMIT ?',
  );
  const insertPart = db.prepare('INSERT INTO pacing_log (campaign, session, part, at, body) VALUES (?, ?, ?, ?, ?)');
  const sessions = db.prepare<[number], PacingSessionRow>(
    `SELECT session, count(*) AS parts, max(at) AS lastAt, sum(length(body)) AS bytes FROM pacing_log
     WHERE campaign = ? GROUP BY session ORDER BY session DESC`,
  );
  const lastSession = db
    .prepare<[number], number | null>('SELECT max(session) FROM pacing_log WHERE campaign = ?')
    .pluck();
  const partOf = db
    .prepare<
      [number, number, number],
      Buffer
    >('SELECT body FROM pacing_log WHERE campaign = ? AND session = ? AND part = ?')
    .pluck();
  const saveEstimates = db.prepare(
    `INSERT INTO pacing_estimates (campaign, hour, at, data) VALUES (?, ?, ?, ?)
     ON CONFLICT (campaign, hour) DO UPDATE SET at = excluded.at, data = excluded.data`,
  );
  const estimates = db.prepare<[number], { hour: number; at: number; data: string }>(
    'SELECT hour, at, data FROM pacing_estimates WHERE campaign = ? ORDER BY hour',
  );
  // Connected later than the limit counts as abandoned, as the regulators define it; a call still waiting, as neither.
  const answered = db.prepare<{ campaign: number; since: number; limitMs: number }, AnsweredHour>(
    `SELECT answered_at / 3600000 AS hour, count(*) AS answers,
       count(*) FILTER (WHERE bridged_at - answered_at > @limitMs OR (bridged_at IS NULL AND disposition IS NOT NULL))
         AS abandoned
     FROM attempts INDEXED BY attempts_answered
     WHERE campaign = @campaign AND answered_at >= @since GROUP BY hour ORDER BY hour`,
  );
  const oldDecisions = db.prepare(
    `DELETE FROM pacing_decisions WHERE id IN (SELECT id FROM pacing_decisions WHERE at < ? LIMIT ${PRUNE_ROWS})`,
  );
  // A recording without its beginning is of no use: a session goes whole, its newest parts last.
  const oldParts = db.prepare(
    `DELETE FROM pacing_log WHERE rowid IN (
       SELECT rowid FROM pacing_log AS old WHERE at < @before AND NOT EXISTS (
         SELECT 1 FROM pacing_log AS newer
         WHERE newer.campaign = old.campaign AND newer.session = old.session AND newer.at >= @before)
       LIMIT ${PRUNE_ROWS})`,
  );
  return {
    /** Journals a decision that placed these attempts. */
    journal(campaign: number, decision: PacingDecision, attempts: readonly AttemptId[]): void {
      const { at, originate, why } = decision;
      const { lastInsertRowid } = insertDecision.run(
        campaign,
        at,
        originate,
        why.limit,
        why.sentence,
        JSON.stringify(why.numbers),
      );
      for (const attempt of attempts) setDecision.run(lastInsertRowid, attempt);
    },
    /** The decision an attempt was placed by; undefined for attempts of old, and when it was pruned. */
    decisionOf: (attempt: string) => decisionOf.get(attempt),
    /** The newest first. */
    decisions: (campaign: number, limit: number) => decisions.all(campaign, limit),
    appendLog(campaign: number, session: number, part: number, at: number, text: string): void {
      insertPart.run(campaign, session, part, at, deflateRawSync(text, { level: DEFLATE_LEVEL }));
    },
    lastSession: (campaign: number) => lastSession.get(campaign) ?? null,
    /** The newest first. */
    sessions: (campaign: number) => sessions.all(campaign),
    /** The lines of a part; undefined past the last. */
    logPart(campaign: number, session: number, index: number): string | undefined {
      const body = partOf.get(campaign, session, index);
      return body === undefined ? undefined : inflateRawSync(body).toString('utf8');
    },
    saveEstimates: (campaign: number, hour: number, at: number, data: unknown): void =>
      void saveEstimates.run(campaign, hour, at, JSON.stringify(data)),
    estimates: (campaign: number): EstimatesRow[] =>
      estimates.all(campaign).map(({ hour, at, data }) => ({ hour, at, data: JSON.parse(data) as unknown })),
    /** By hours of the epoch, the oldest first. */
    answered: (campaign: number, since: number, limitMs: number) => answered.all({ campaign, since, limitMs }),
    /** Forgets decisions and recordings from before; false when there is more to do. */
    prune: (before: number): boolean =>
      oldDecisions.run(before).changes + oldParts.run({ before }).changes < PRUNE_ROWS,
  };
}
