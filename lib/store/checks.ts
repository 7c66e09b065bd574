import { listed } from '../core/charges.ts';
import type { Db } from './open.ts';

/** One law of the dialer held against the stored rows. */
export interface LawCheck {
  readonly law: string;
  readonly ok: boolean;
  /** The figures behind it. */
  readonly found: string;
}

interface Counts {
  readonly attempts: number;
  readonly outcomes: number;
  readonly live: number;
  readonly withoutAllow: number;
  readonly verdicts: number;
  readonly afterOptOut: number;
  readonly withoutConsent: number;
  readonly answered: number;
  readonly inTime: number;
  readonly late: number;
  readonly unbridged: number;
  readonly unbridgedNotAbandoned: number;
  readonly liveAnswered: number;
}

/** Recounts, from the rows alone and without the dialer's code, what the dialer promises of a campaign. */
export function createChecks(db: Db) {
  // A consent counts when it was given before the call, had not expired then, and names the entity (json text match on ИНН).
  const counts = db.prepare<{ campaign: number; limit: number; entity: string; purpose: string }, Counts>(
    `SELECT count(*) AS attempts,
       count(a.disposition) AS outcomes,
       count(*) FILTER (WHERE a.disposition IS NULL) AS live,
       count(*) FILTER (WHERE v.verdict IS NOT 'ALLOW' OR v.phone <> a.phone OR v.lead <> a.lead OR v.at > a.planned_at)
         AS withoutAllow,
       count(DISTINCT a.verdict) AS verdicts,
       count(*) FILTER (WHERE EXISTS (
         SELECT 1 FROM opt_outs AS o JOIN opt_out_acts AS act ON act.id = o.act
           WHERE o.phone = a.phone AND act.kind = 'opt-out' AND act.at <= a.planned_at
           AND (act.scope = 'global' OR (coalesce(act.entity, @entity) = @entity
             AND coalesce(act.purpose, @purpose) = @purpose))
           AND NOT EXISTS (SELECT 1 FROM opt_outs AS lifted JOIN opt_out_acts AS lift ON lift.id = lifted.act
             WHERE lifted.phone = o.phone AND lift.kind = 'lift' AND lift.id > act.id AND lift.at <= a.planned_at
               AND lift.scope = act.scope AND lift.entity IS act.entity AND lift.purpose IS act.purpose)))
         AS afterOptOut,
       count(*) FILTER (WHERE NOT EXISTS (
         SELECT 1 FROM consents AS c WHERE c.phone = a.phone AND c.given_at <= a.planned_at
           AND coalesce(c.expires_at, 9e15) > a.planned_at AND coalesce(c.withdrawn_at, 9e15) > a.planned_at
           AND instr(c.entities, @entity) > 0
           AND NOT EXISTS (SELECT 1 FROM consents AS later WHERE later.phone = c.phone AND later.replaces = c.id
             AND later.created_at <= a.planned_at))) AS withoutConsent,
       count(a.answered_at) AS answered,
       count(*) FILTER (WHERE a.bridged_at - a.answered_at <= @limit) AS inTime,
       count(*) FILTER (WHERE a.bridged_at - a.answered_at > @limit) AS late,
       count(*) FILTER (WHERE a.answered_at IS NOT NULL AND a.bridged_at IS NULL AND a.disposition IS NOT NULL) AS unbridged,
       count(*) FILTER (WHERE a.answered_at IS NOT NULL AND a.bridged_at IS NULL
         AND a.disposition NOT IN (${listed('abandonment', true)})) AS unbridgedNotAbandoned,
       count(*) FILTER (WHERE a.answered_at IS NOT NULL AND a.bridged_at IS NULL AND a.disposition IS NULL) AS liveAnswered
     FROM attempts AS a LEFT JOIN verdicts AS v ON v.id = a.verdict
     WHERE a.campaign = @campaign`,
  );
  const leads = db.prepare<[number], { total: number; final: number; waiting: number; refused: number; open: number }>(
    `SELECT count(*) AS total,
       count(*) FILTER (WHERE state IN ('done', 'spent', 'opted-out')) AS final,
       count(*) FILTER (WHERE state = 'promised' OR (state = 'waiting' AND reason IS NULL)) AS waiting,
       count(*) FILTER (WHERE state IN ('blocked', 'held') OR (state = 'waiting' AND reason IS NOT NULL)) AS refused,
       count(*) FILTER (WHERE state IN ('callable', 'dialing')) AS open
     FROM leads WHERE campaign = ?`,
  );
  const results = db.prepare<[number], { talks: number; others: number }>(
    `SELECT count(*) FILTER (WHERE a.bridged_at IS NOT NULL) AS talks,
       count(*) FILTER (WHERE a.bridged_at IS NULL) AS others
     FROM (SELECT DISTINCT attempt FROM call_results WHERE campaign = ?) AS r JOIN attempts AS a ON a.id = r.attempt`,
  );
  const dialedTwiceAtOnce = db
    .prepare<[number], number>(
      `SELECT count(*) FROM attempts AS a JOIN attempts AS b ON b.phone = a.phone AND b.id > a.id
         AND b.planned_at < coalesce(a.ended_at, 9e15) WHERE a.campaign = ?`,
    )
    .pluck();

  return {
    of(campaign: number, entity: string, purpose: string, limitMs: number): LawCheck[] {
      const c = counts.get({ campaign, limit: limitMs, entity, purpose });
      const l = leads.get(campaign);
      if (c === undefined || l === undefined) throw new Error('an aggregate without a row');
      const said = results.get(campaign) ?? { talks: 0, others: 0 };
      const overlaps = dialedTwiceAtOnce.get(campaign) ?? 0;
      return [
        {
          law: 'attempts = outcomes, one each',
          ok: c.attempts === c.outcomes + c.live,
          found: `${c.attempts} attempts, ${c.outcomes} outcomes, ${c.live} live`,
        },
        {
          law: 'no originate without its ALLOW',
          ok: c.withoutAllow === 0 && c.verdicts === c.attempts,
          found: `${Math.min(c.verdicts, c.attempts - c.withoutAllow)} of ${c.attempts} have one`,
        },
        {
          law: 'never two calls to one number at a time',
          ok: overlaps === 0,
          found: `${overlaps} overlaps`,
        },
        { law: 'no originate to an opted-out number', ok: c.afterOptOut === 0, found: `${c.afterOptOut} found` },
        { law: 'no originate without consent', ok: c.withoutConsent === 0, found: `${c.withoutConsent} found` },
        {
          law: `every answered call connected within ${limitMs / 1000} s or counted abandoned`,
          ok: c.unbridgedNotAbandoned === 0 && c.answered === c.inTime + c.late + c.unbridged + c.liveAnswered,
          found: `${c.answered} answered: ${c.inTime} in time, ${c.late + c.unbridged} abandoned or opted out first`,
        },
        {
          law: 'results of talks alone, one each that counts',
          ok: said.others === 0 && said.talks <= c.inTime + c.late,
          found: `${said.talks} of ${c.inTime + c.late} talks have one`,
        },
        {
          law: 'leads = done + waiting + refused by code',
          ok: l.total === l.final + l.waiting + l.refused + l.open,
          found: `${l.total} = ${l.final} + ${l.waiting} + ${l.refused}${l.open > 0 ? ` + ${l.open} still to dial` : ''}`,
        },
      ];
    },
  };
}
