import { byDebtor } from '../gate-rehearsal.ts';
import type { HistoryFact } from '../../core/facts.ts';
import { frequencyLimits } from '../../core/gate/frequency.ts';
import { gapFor, type Policy } from '../../core/policy.ts';
import { ANSWERED_AT, HISTORY_MS, LONGEST_RING_MS, PLACED, type GateCampaign } from '../facts.ts';
import type { Db } from '../open.ts';
import { inPart, isAsked, type PhoneIndex, type Round } from './columns.ts';

const DAY_MS = 86_400_000;

type Row = [key: number, ...history: (number | null)[]];

/**
 * The history of the leads whose past calls stand against a call at `now`: of the others the gate would learn the
 * same from none. Reads the calls in the order of their numbers, from their index alone.
 */
export function eachBound(
  db: Db,
  campaign: GateCampaign,
  policy: Policy,
  now: number,
  base: { readonly round: Round; readonly index: PhoneIndex; readonly slotOfLead: (id: number) => number },
  visit: (slot: number, history: HistoryFact) => void,
): void {
  const wanted = campaign.purpose;
  const purpose = wanted === null || gapFor(policy, wanted) !== null ? null : wanted;
  const limits = frequencyLimits(campaign, policy, purpose);
  const caps = [
    [1, limits.answered.day],
    [7, limits.answered.week],
    [31, limits.answered.month],
  ] as const;
  const since = (days: number): number => now - days * DAY_MS;
  const answered = (days: number): string => `FILTER (WHERE ${ANSWERED_AT} > ${since(days)})`;
  // What is held against no limit is not looked at. The names are no column's: HAVING would take that.
  const only = (cap: number | null, expression: string): string => (cap === null ? 'NULL' : expression);
  const columns = [
    'max(planned_at) AS its_last',
    only(limits.attemptsDay, `count(*) FILTER (WHERE planned_at > ${since(1)})`) + ' AS its_tried',
    only(limits.attemptsDay, `min(planned_at) FILTER (WHERE planned_at > ${since(1)})`),
    only(limits.attemptsWeek, `count(*) FILTER (WHERE planned_at > ${since(7)})`) + ' AS its_tried7',
    only(limits.attemptsWeek, `min(planned_at) FILTER (WHERE planned_at > ${since(7)})`),
    ...caps.map(([days, cap]) => `${only(cap, `count(*) ${answered(days)}`)} AS its_answered${days}`),
    ...caps.map(([days, cap]) => only(cap, `min(${ANSWERED_AT}) ${answered(days)}`)),
    only(limits.cooldownMs, `max(planned_at) FILTER (WHERE disposition = 'abandoned')`) + ' AS its_abandoned',
  ].join(', ');
  const binds = [
    `its_last > ${now - limits.minIntervalMs}`,
    ...(limits.attemptsDay === null ? [] : [`its_tried >= ${limits.attemptsDay}`]),
    ...(limits.attemptsWeek === null ? [] : [`its_tried7 >= ${limits.attemptsWeek}`]),
    ...caps.flatMap(([days, cap]) => (cap === null ? [] : [`its_answered${days} >= ${cap}`])),
    ...(limits.cooldownMs === null ? [] : [`its_abandoned > ${now - limits.cooldownMs}`]),
  ].join(' OR ');
  const window = Math.max(
    limits.minIntervalMs,
    limits.cooldownMs ?? 0,
    limits.attemptsDay === null ? 0 : DAY_MS,
    limits.attemptsWeek === null ? 0 : 7 * DAY_MS,
    ...caps.map(([days, cap]) => (cap === null ? 0 : days * DAY_MS + LONGEST_RING_MS)),
  );
  const recent = `planned_at > ${now - Math.min(HISTORY_MS, window)} AND ${PLACED}`;

  const tell = (slot: number, row: Row): void => {
    const [
      ,
      last,
      tried1,
      oldest1,
      tried7,
      oldest7,
      answered1,
      answered7,
      answered31,
      first1,
      first7,
      first31,
      abandoned,
    ] = row;
    visit(slot, {
      lastAttemptAt: last ?? null,
      attempts24h: tried1 ?? 0,
      oldestAttempt24hAt: oldest1 ?? null,
      attempts7d: tried7 ?? 0,
      oldestAttempt7dAt: oldest7 ?? null,
      answered24h: answered1 ?? 0,
      answered7d: answered7 ?? 0,
      answered31d: answered31 ?? 0,
      oldestAnswered24hAt: first1 ?? null,
      oldestAnswered7dAt: first7 ?? null,
      oldestAnswered31dAt: first31 ?? null,
      lastAbandonedAt: abandoned ?? null,
    });
  };
  const byNumber = db.prepare<[], Row>(
    `SELECT phone, ${columns} FROM attempts INDEXED BY attempts_by_phone WHERE ${recent} AND ${isAsked(base.round, 'phone')}
     GROUP BY phone HAVING ${binds}`,
  );
  for (const row of byNumber.raw().iterate()) {
    const slot = base.index.slotOf(row[0]);
    if (slot !== -1) tell(slot, row);
  }
  if (!byDebtor(policy, campaign)) return;
  const { part, again } = base.round;
  const among = again ? 'l.id IN (SELECT lead FROM temp.renumbered)' : inPart(part, 'l.phone');
  // A debtor's calls to all his numbers take the place of those to this one.
  const byPerson = db.prepare<[string], Row>(
    `SELECT l.id, ${columns} FROM leads AS l CROSS JOIN attempts AS a WHERE l.campaign = ${campaign.id}
       AND l.person IS NOT NULL AND ${among} AND ${recent} AND (a.phone = coalesce((SELECT phone FROM temp.renumbered WHERE lead = l.id), l.phone) OR (a.person = l.person
         AND (SELECT spec ->> '$.entity.inn' FROM campaigns WHERE id = a.campaign) = ?))
     GROUP BY l.id HAVING ${binds}`,
  );
  for (const row of byPerson.raw().iterate(campaign.entity)) {
    const slot = base.slotOfLead(row[0]);
    if (slot !== -1) tell(slot, row);
  }
}
