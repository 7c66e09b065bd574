import Database from 'better-sqlite3';
import { copyFileSync } from 'node:fs';
import type { Law } from './month-check.ts';
import type { Month } from './month-drive.ts';

/** A fault put into a sound month, and the law it breaks. */
export interface Fault {
  readonly law: Law;
  readonly what: string;
  /** Changes rows of a copy, or what is known beside them. */
  readonly plant: (db: Database.Database, month: Month) => Month | void;
}

const FIRST_TALK = `(SELECT id FROM attempts WHERE disposition = 'talked' AND callback IS NULL ORDER BY id LIMIT 1)`;
/** Two calls to one number, the first of which is no talk. */
const PAIR = `SELECT a.id AS a, b.id AS b, a.phone, a.planned_at AS first FROM attempts AS a JOIN attempts AS b
  ON b.phone = a.phone AND b.planned_at > a.planned_at AND b.callback IS NULL ORDER BY a.id LIMIT 1`;

const sql =
  (...statements: readonly string[]) =>
  (db: Database.Database): void => {
    for (const statement of statements) {
      if (db.prepare(statement).run().changes === 0) throw new Error(`nothing to change: ${statement}`);
    }
  };

/** Puts `count` calls to one number, so far apart; taken from calls to others. */
const burst =
  (count: number, apartMs: number, set = '') =>
  (db: Database.Database): void => {
    const [first, ...others] = db
      .prepare<
        [],
        { id: string; phone: number; at: number }
      >(`SELECT id, phone, planned_at AS at FROM attempts WHERE callback IS NULL AND disposition = 'no-answer' ORDER BY id LIMIT ${count}`)
      .all();
    if (first === undefined) throw new Error('no calls');
    const move = db.prepare(
      `UPDATE attempts SET phone = ?, planned_at = ?, ended_at = ? + 1000, answered_at = NULL${set} WHERE id = ?`,
    );
    for (const [i, { id }] of others.entries()) {
      const at = first.at + (i + 1) * apartMs;
      move.run(first.phone, at, at, id);
    }
  };

/** One for each law, some for several ways to break it. */
export const FAULTS: readonly Fault[] = [
  {
    law: 'state',
    what: 'a lead left in a call',
    plant: sql(`UPDATE leads SET state = 'dialing' WHERE id = (SELECT id FROM leads WHERE state = 'done' LIMIT 1)`),
  },
  {
    law: 'state',
    what: 'a final state nobody moved it to',
    plant: sql(`UPDATE leads SET state = 'spent' WHERE id = (SELECT id FROM leads WHERE state = 'done' LIMIT 1)`),
  },
  {
    law: 'state',
    what: 'a lead that forgot its last call',
    plant: sql(
      `UPDATE leads SET last_disposition = 'busy' WHERE id = (SELECT id FROM leads WHERE last_disposition = 'talked' LIMIT 1)`,
    ),
  },
  {
    law: 'outcome',
    what: 'a call without one',
    plant: sql(`UPDATE attempts SET disposition = NULL, ended_at = NULL, state = 'talking' WHERE id = ${FIRST_TALK}`),
  },
  {
    law: 'outcome',
    what: 'an outcome told again',
    plant: sql(`UPDATE attempts SET disposition = 'busy' WHERE id = ${FIRST_TALK}`),
  },
  {
    law: 'sums',
    what: 'a call to a number of nobody',
    plant: sql(`UPDATE attempts SET phone = 79990000000 WHERE id = ${FIRST_TALK}`),
  },
  { law: 'sums', what: 'a call that was deleted', plant: sql(`DELETE FROM attempts WHERE id = ${FIRST_TALK}`) },
  {
    law: 'witness',
    what: 'a call the PBX never saw',
    plant: (_db, month) => ({ ...month, witness: month.witness.slice(1) }),
  },
  {
    law: 'witness',
    what: 'a call past the gate',
    plant: (_db, month) => ({
      ...month,
      witness: [...month.witness, { attempt: 'at-past' as never, phone: 79160000000, at: 0 }],
    }),
  },
  {
    law: 'permit',
    what: 'a call on a refusal',
    plant: sql(
      `UPDATE attempts SET verdict = (SELECT min(id) FROM verdicts WHERE verdict <> 'ALLOW') WHERE id = ${FIRST_TALK}`,
    ),
  },
  {
    law: 'lead-cap',
    what: 'a call not charged',
    plant: sql(`UPDATE leads SET attempts = attempts - 1 WHERE id = (SELECT id FROM leads WHERE attempts > 1 LIMIT 1)`),
  },
  {
    law: 'lead-cap',
    what: 'calls above the limit',
    plant: sql(`UPDATE campaigns SET spec = json_set(spec, '$.maxAttemptsPerLead', 1)`),
  },
  {
    law: 'number-cap',
    what: 'a call not charged to its number',
    plant: sql(
      `UPDATE lead_numbers SET attempts = attempts - 1 WHERE lead = (SELECT lead FROM lead_numbers WHERE attempts > 1 LIMIT 1) AND attempts > 1`,
    ),
  },
  {
    law: 'number-cap',
    what: 'calls above the limit',
    plant: sql(`UPDATE campaigns SET spec = json_set(spec, '$.maxAttemptsPerNumber', 1)`),
  },
  { law: 'day-cap', what: 'four calls in an afternoon', plant: burst(4, 2 * 3_600_000) },
  { law: 'week-cap', what: 'seven calls, one a day', plant: burst(7, 86_000_000) },
  { law: 'interval', what: 'a call a minute after another', plant: burst(2, 60_000) },
  {
    law: 'answered',
    what: 'three talks in as many days',
    plant: burst(4, 80_000_000, `, answered_at = planned_at + 5000`),
  },
  {
    law: 'abandoned',
    what: 'called again the next day',
    plant: sql(`UPDATE attempts SET disposition = 'abandoned' WHERE id = (SELECT a FROM (${PAIR}))`),
  },
  {
    law: 'one-call',
    what: 'two calls at a time',
    plant: sql(`UPDATE attempts SET ended_at = ended_at + 864000000 WHERE id = (SELECT a FROM (${PAIR}))`),
  },
  {
    law: 'hours',
    what: 'a call twelve hours later',
    plant: sql(`UPDATE attempts SET planned_at = planned_at + 43200000 WHERE id = ${FIRST_TALK}`),
  },
  {
    law: 'hours',
    what: 'a person who lives elsewhere',
    plant: sql(`UPDATE leads SET zone = 'Asia/Kamchatka' WHERE zone = 'Europe/Kaliningrad'`),
  },
  {
    law: 'consent',
    what: 'none was given',
    plant: sql(`DELETE FROM consents WHERE phone = (SELECT phone FROM attempts WHERE id = ${FIRST_TALK})`),
  },
  {
    law: 'consent',
    what: 'it was withdrawn before',
    plant: sql(
      `UPDATE consents SET withdrawn_at = given_at WHERE phone = (SELECT phone FROM attempts WHERE id = ${FIRST_TALK})`,
    ),
  },
  {
    law: 'opt-out',
    what: 'said before the call',
    plant: sql(
      `INSERT INTO opt_out_acts (id, at, kind, scope, source) VALUES (1000000, 1, 'opt-out', 'global', 'test')`,
      `INSERT INTO opt_outs (phone, act) SELECT phone, 1000000 FROM attempts WHERE id = ${FIRST_TALK}`,
    ),
  },
  {
    law: 'opt-out',
    what: 'forgotten by the lead',
    plant: sql(`UPDATE leads SET state = 'done' WHERE id = (SELECT id FROM leads WHERE state = 'opted-out' LIMIT 1)`),
  },
  {
    law: 'unallocated',
    what: 'called again',
    plant: sql(`UPDATE attempts SET disposition = 'unallocated' WHERE id = (SELECT a FROM (${PAIR}))`),
  },
  {
    law: 'campaign',
    what: 'called while it was paused',
    plant: sql(
      `INSERT INTO journal (id, at, subject, id_of, event, "from", "to") VALUES (0, 0, 'campaign', 'month', 'halt', 'running', 'halted')`,
      `DELETE FROM journal WHERE subject = 'campaign' AND event = 'start'`,
    ),
  },
  {
    law: 'campaign',
    what: 'called without a registration',
    plant: sql(`UPDATE registrations SET status = 'suspended' WHERE id = 1`),
  },
  {
    law: 'callback',
    what: 'one that nobody will keep',
    plant: sql(
      `UPDATE callbacks SET state = 'waiting', ended_at = NULL WHERE id = (SELECT c.id FROM callbacks AS c JOIN leads AS l ON l.id = c.lead WHERE c.state = 'done' AND l.state = 'done' LIMIT 1)`,
    ),
  },
  {
    law: 'callback',
    what: 'a promise without one',
    plant: sql(`UPDATE leads SET state = 'promised' WHERE id = (SELECT id FROM leads WHERE state = 'done' LIMIT 1)`),
  },
  {
    law: 'ledger',
    what: 'an edited verdict',
    plant: sql(`UPDATE verdicts SET body = replace(body, 'survey', 'callback') WHERE id = 7`),
  },
  {
    law: 'plan',
    what: 'called although it was left out',
    plant: (_db, month) => planned(month, 'REDIAL_PASSES', true),
  },
  { law: 'plan', what: 'not called although it was to be', plant: (_db, month) => planned(month, null, false) },
];

/** Turns the plan of a lead that was (or was not) called as planned into its opposite. */
function planned(month: Month, code: string | null, called: boolean): Month {
  const [night, ...later] = month.nights;
  if (night === undefined) throw new Error('no night');
  const over = new Set(
    month.witness
      .filter(({ at }) => at > night.at && at <= night.until)
      .map(({ phone }) => Math.floor((phone - 79_160_000_000) / 2) + 1),
  );
  const turned = new Map(
    [...night.planned].map(([lead, plan]) => {
      const fits = called ? plan.code === null && over.has(lead) : plan.code === 'REDIAL_OUTCOME' && !over.has(lead);
      return [lead, fits ? { ...plan, code } : plan] as const;
    }),
  );
  return { ...month, nights: [{ ...night, planned: turned }, ...later] };
}

/** A copy of the month with the fault in it. */
export function faulty(month: Month, { plant }: Fault, path: string): Month {
  copyFileSync(month.path, path);
  copyFileSync(`${month.path}.key`, `${path}.key`);
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  db.pragma('ignore_check_constraints = ON');
  db.pragma('synchronous = OFF');
  try {
    return { ...(plant(db, month) ?? month), path };
  } finally {
    db.close();
  }
}
