import type { Report } from './month-check.ts';
import type { AttemptRow, MonthRows } from './month-rows.ts';

const FINAL = new Set(['done', 'spent', 'opted-out', 'blocked']);
/** `callable`: for its turn; `waiting`: for its time; `promised`: for its callback; `held`: for a person. */
const WAITS = new Set(['callable', 'waiting', 'promised', 'held']);

/** Ends that were no call to the person, as the campaign's limits count. */
const UNCHARGED = new Set(['trunk-failure', 'congestion', 'cancelled', 'not-placed']);
/** A number that ended so is no person's. */
const NO_NUMBER = new Set(['unallocated', 'invalid-number']);

/** The laws about leads. */
export function leadLaws(month: MonthRows, report: Report): void {
  states(month, report);
  sums(month, report);
  charges(month, report);
  optOuts(month, report);
  callbacks(month, report);
  gone(month, report);
}

function states({ db, leads, byLead }: MonthRows, report: Report): void {
  const journalled = new Map<number, string>();
  const moves = db
    .prepare<
      [],
      { lead: number; event: string; from: string | null; to: string }
    >(`SELECT CAST(id_of AS INTEGER) AS lead, event, "from", "to" FROM journal WHERE subject = 'lead' AND "to" IS NOT NULL ORDER BY id`)
    .iterate();
  for (const { lead, event, from, to } of moves) {
    const before = journalled.get(lead) ?? 'callable';
    if (from !== before) report('state', `lead ${lead} was ${before}; ${event} moved it from ${from}`);
    journalled.set(lead, to);
  }
  for (const lead of leads) {
    const { id, state, nextAt } = lead;
    if (!FINAL.has(state) && !WAITS.has(state)) report('state', `lead ${id} is ${state}`);
    if ((journalled.get(id) ?? 'callable') !== state) {
      report('state', `lead ${id} is ${state}; its journal ends ${journalled.get(id) ?? 'callable'}`);
    }
    if ((state === 'waiting') !== (nextAt !== null)) report('state', `lead ${id} is ${state} until ${nextAt}`);
    const last = lastEnded(byLead.get(id) ?? []);
    if ((last?.disposition ?? null) !== lead.lastDisposition) {
      report('state', `lead ${id} says its last call was ${lead.lastDisposition}; it was ${last?.disposition}`);
    }
  }
}

function lastEnded(attempts: readonly AttemptRow[]): AttemptRow | undefined {
  return attempts.reduce<AttemptRow | undefined>(
    (last, one) => (last === undefined || (one.endedAt ?? 0) >= (last.endedAt ?? 0) ? one : last),
    undefined,
  );
}

function sums({ db, attempts, leads, numbers, byLead, byPhone }: MonthRows, report: Report): void {
  for (const { id, disposition, endedAt, plannedAt } of attempts) {
    if (disposition === null || endedAt === null) report('outcome', `attempt ${id} has none`);
    else if (endedAt < plannedAt) report('outcome', `attempt ${id} ended before it was planned`);
  }
  const total = attempts.length;
  const same = (what: string, found: number): void => {
    if (found !== total) report('sums', `${total} attempts, ${found} ${what}`);
  };
  const byDisposition = db
    .prepare<[], number>('SELECT count(*) FROM attempts WHERE disposition IS NOT NULL GROUP BY disposition')
    .pluck()
    .all();
  same(
    'outcomes by disposition',
    byDisposition.reduce((sum, n) => sum + n, 0),
  );
  const of = (rows: ReadonlyMap<number, readonly AttemptRow[]>, key: number): number => rows.get(key)?.length ?? 0;
  same(
    'outcomes by lead',
    leads.reduce((sum, { id }) => sum + of(byLead, id), 0),
  );
  same(
    'outcomes by number',
    numbers.reduce((sum, { phone }) => sum + of(byPhone, phone), 0),
  );
  const ends = db
    .prepare<[], { attempt: string; n: number; said: string | null }>(
      `SELECT id_of AS attempt, count(*) AS n, max(data ->> '$.disposition') AS said FROM journal
       WHERE subject = 'attempt' AND "to" IN ('ended', 'lost') GROUP BY id_of`,
    )
    .all();
  same(
    'ends in the journal',
    ends.reduce((sum, { n }) => sum + n, 0),
  );
  const ended = new Map(attempts.map(({ id, disposition }) => [id, disposition]));
  for (const { attempt, n, said } of ends) {
    if (n > 1) report('outcome', `attempt ${attempt} ended ${n} times`);
    if (ended.get(attempt) !== said) {
      report('outcome', `attempt ${attempt} is ${ended.get(attempt)}, its journal says ${said}`);
    }
  }
}

function charges({ leads, numbers, limits, byLead, byPhone, passBegan, agreed }: MonthRows, report: Report): void {
  const account = (
    law: 'lead-cap' | 'number-cap',
    who: string,
    said: number,
    calls: readonly AttemptRow[],
    cap: number,
  ): void => {
    for (const [made, { id, callback }] of calls.entries()) {
      // Who agreed to be called is called, whatever he was called before.
      if (made >= cap && (callback === null || !agreed.has(callback)))
        report(law, `${who}: attempt ${id} is one too many`);
    }
    if (calls.length !== said) report(law, `${who} has ${said} on its account and was called ${calls.length} times`);
  };
  const charged = (rows: readonly AttemptRow[] | undefined, since: number): AttemptRow[] =>
    (rows ?? []).filter(({ disposition, plannedAt }) => plannedAt >= since && !UNCHARGED.has(disposition ?? ''));
  const { maxAttemptsPerLead, maxAttemptsPerNumber = Infinity } = limits;
  for (const { id, attempts } of leads) {
    account('lead-cap', `lead ${id}`, attempts, charged(byLead.get(id), passBegan(id)), maxAttemptsPerLead);
  }
  for (const { lead, place, phone, attempts } of numbers) {
    const calls = charged(byPhone.get(phone), passBegan(lead));
    account('number-cap', `number ${place} of lead ${lead}`, attempts, calls, maxAttemptsPerNumber);
  }
}

function optOuts({ db, numbers, leadById, byLead }: MonthRows, report: Report): void {
  const said = new Map(
    db
      .prepare<[], { phone: number; at: number }>(
        `SELECT o.phone, min(a.at) AS at FROM opt_outs AS o JOIN opt_out_acts AS a ON a.id = o.act WHERE a.kind = 'opt-out' GROUP BY 1`,
      )
      .all()
      .map(({ phone, at }) => [phone, at]),
  );
  for (const { lead, place, phone } of numbers) {
    const at = said.get(phone);
    if (at === undefined) continue;
    for (const attempt of byLead.get(lead) ?? []) {
      if (attempt.plannedAt > at) report('opt-out', `lead ${lead} said never on number ${place}; then ${attempt.id}`);
    }
    const state = leadById.get(lead);
    const closed = state?.state === 'opted-out' || (state?.state === 'blocked' && state.reason?.startsWith('OPT_OUT'));
    if (closed !== true) report('opt-out', `lead ${lead} said never on number ${place} and is ${state?.state}`);
  }
}

function callbacks({ db, leads }: MonthRows, report: Report): void {
  const open = new Map(
    db
      .prepare<[], { lead: number; n: number }>(
        `SELECT lead, count(*) AS n FROM callbacks WHERE state IN ('waiting', 'dialing') GROUP BY lead`,
      )
      .all()
      .map(({ lead, n }) => [lead, n]),
  );
  for (const { id, state } of leads) {
    const n = open.get(id) ?? 0;
    if (n !== (state === 'promised' ? 1 : 0)) report('callback', `lead ${id} is ${state} and has ${n} open callbacks`);
  }
}

/** Each number that turned out to be nobody's. */
function gone({ byPhone }: MonthRows, report: Report): void {
  for (const attempts of byPhone.values()) {
    const first = attempts.findIndex(({ disposition }) => NO_NUMBER.has(disposition ?? ''));
    const again = first === -1 ? undefined : attempts[first + 1];
    if (again !== undefined)
      report('unallocated', `attempt ${again.id} is to a number that was ${attempts[first]?.disposition}`);
  }
}
