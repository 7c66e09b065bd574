import type { Report } from './month-check.ts';
import { closedBecause } from './month-hours.ts';
import type { AttemptRow, MonthRows, Stretch } from './month-rows.ts';
import type { Witnessed } from './month-world.ts';

/*
 * The policy's numbers for surveys, written here by hand. A call that never left our own side is none.
 */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const POLICY = {
  attemptsDay: 3,
  minIntervalMs: 300_000,
  answered: { 1: 1, 7: 2, 31: 4 } as Readonly<Record<number, number>>,
  leftAloneMs: 72 * HOUR_MS,
};
const NO_CALL = new Set(['not-placed', 'trunk-failure']);

/** The laws about calls. */
export function callLaws(month: MonthRows, witness: readonly Witnessed[], report: Report): void {
  witnessed(month, witness, report);
  permits(month, report);
  for (const calls of month.byPhone.values()) frequency(month, calls, report);
  for (const calls of month.byLead.values()) oneAtATime('lead', calls, report);
  for (const calls of month.byPhone.values()) oneAtATime('number', calls, report);
  const { limits, leadById, running, registered } = month;
  for (const { id, lead, plannedAt } of month.attempts) {
    const closed = closedBecause(leadById.get(lead)?.zone ?? null, plannedAt, limits.hours);
    if (closed !== null) report('hours', `attempt ${id}: ${closed}`);
    if (!within(running, plannedAt)) report('campaign', `attempt ${id} while the campaign did not run`);
    if (!within(registered, plannedAt)) report('campaign', `attempt ${id} while the caller number was not registered`);
  }
  consents(month, report);
}

function within(stretches: readonly Stretch[], at: number): boolean {
  return stretches.some(({ from, to }) => from <= at && at < to);
}

function witnessed({ attempts }: MonthRows, witness: readonly Witnessed[], report: Report): void {
  const seen = new Map<string, Witnessed>();
  for (const one of witness) {
    if (seen.has(one.attempt)) report('witness', `the PBX was asked twice for ${one.attempt}`);
    seen.set(one.attempt, one);
  }
  for (const { id, phone, plannedAt, disposition } of attempts) {
    const call = seen.get(id);
    seen.delete(id);
    if (call === undefined) {
      if (disposition !== 'not-placed') report('witness', `the PBX never saw attempt ${id}`);
    } else if (call.phone !== phone || Math.abs(call.at - plannedAt) > 1_000) {
      report('witness', `the PBX saw attempt ${id} to another number, or at another time`);
    }
  }
  for (const attempt of seen.keys()) report('witness', `the PBX saw ${attempt}, which is no attempt`);
}

function permits({ db }: MonthRows, report: Report): void {
  const wrong = db
    .prepare<[], string>(
      `SELECT a.id FROM attempts AS a LEFT JOIN verdicts AS v ON v.id = a.verdict
       WHERE v.id IS NULL OR v.verdict <> 'ALLOW' OR v.phone <> a.phone OR v.lead <> a.lead OR v.at <> a.planned_at`,
    )
    .pluck()
    .all();
  for (const id of wrong) report('permit', `attempt ${id}`);
  const twice = db
    .prepare<[], number>('SELECT verdict FROM attempts GROUP BY verdict HAVING count(*) > 1')
    .pluck()
    .all();
  for (const id of twice) report('permit', `verdict ${id} has several attempts`);
}

/** What of these lies within so many days before. */
function lately(times: readonly number[], at: number, days: number): number {
  return times.filter((one) => one > at - days * DAY_MS && one <= at).length;
}

function frequency({ limits }: MonthRows, attempts: readonly AttemptRow[], report: Report): void {
  const perDay = Math.min(POLICY.attemptsDay, limits.maxAttemptsPerDay);
  const perWeek = limits.maxAttemptsPerWeek ?? Infinity;
  const calls = attempts.filter(({ disposition }) => !NO_CALL.has(disposition ?? ''));
  const times = calls.map(({ plannedAt }) => plannedAt);
  for (const [i, call] of calls.entries()) {
    const { id, plannedAt, callback } = call;
    const before = calls.slice(0, i);
    const own = callback === null ? limits.minIntervalMin * 60_000 : 0;
    const last = before.at(-1);
    if (last !== undefined && plannedAt - last.plannedAt < Math.max(POLICY.minIntervalMs, own)) {
      report('interval', `attempt ${id} is ${plannedAt - last.plannedAt} ms after the one before`);
    }
    const earlier = times.slice(0, i);
    if (lately(earlier, plannedAt, 1) >= perDay) report('day-cap', `attempt ${id} is one too many in 24 h`);
    if (lately(earlier, plannedAt, 7) >= perWeek) report('week-cap', `attempt ${id} is one too many in 7 days`);
    const talks = before
      .filter(({ answeredAt, disposition }) => answeredAt !== null || disposition === 'unknown')
      .map((one) => one.answeredAt ?? one.plannedAt);
    for (const [days, cap] of Object.entries(POLICY.answered)) {
      if (lately(talks, plannedAt, Number(days)) >= cap)
        report('answered', `attempt ${id}: ${cap} answered in ${days} d`);
    }
    const abandoned = before.filter(({ disposition }) => disposition === 'abandoned').at(-1);
    if (callback === null && abandoned !== undefined && plannedAt - abandoned.plannedAt < POLICY.leftAloneMs) {
      report('abandoned', `attempt ${id} is ${plannedAt - abandoned.plannedAt} ms after ${abandoned.id}`);
    }
  }
}

function oneAtATime(what: string, attempts: readonly AttemptRow[], report: Report): void {
  for (const [i, { id, plannedAt }] of attempts.entries()) {
    const before = i === 0 ? undefined : attempts[i - 1];
    if (before !== undefined && (before.endedAt ?? Infinity) > plannedAt) {
      report('one-call', `attempt ${id}: the ${what} was in ${before.id}`);
    }
  }
}

function consents({ db, attempts }: MonthRows, report: Report): void {
  const said = Map.groupBy(
    db
      .prepare<
        [],
        { phone: number; from: number; withdrawn: number | null }
      >(`SELECT phone, max(given_at, created_at) AS "from", withdrawn_at AS withdrawn FROM consents ORDER BY id`)
      .all(),
    ({ phone }) => phone,
  );
  for (const { id, phone, plannedAt } of attempts) {
    const last = (said.get(phone) ?? []).filter(({ from }) => from <= plannedAt).at(-1);
    if (last === undefined) report('consent', `attempt ${id}: there was none`);
    else if (last.withdrawn !== null && last.withdrawn <= plannedAt)
      report('consent', `attempt ${id}: it was withdrawn`);
  }
}
