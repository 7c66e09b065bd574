import Database from 'better-sqlite3';
import { buildBase, type BaseSize } from './gate-base.ts';

/** The size of the goal: each lead has a consent, one in ten opted out, and the last attempt was an hour ago. */
export const REDIAL_SIZE: BaseSize = {
  optOuts: 1_000,
  consents: 1_000_000,
  leads: 1_000_000,
  attempts: 2_000_000,
  lastAttemptDays: 1 / 24,
};

/** As many as the register of numbering ranges has. */
const RANGES = 400_000;
/** Numbers of a range that leads lie in. */
const RANGE_NUMBERS = 800;
const FIRST = 79_000_000_000;
/** Beside the first one, where no other lead's lies; it has a consent too. Every eighth lead's first has none any more. */
export const SECOND_NUMBERS = `
  INSERT INTO lead_numbers (lead, place, campaign, phone) SELECT id, 2, campaign, phone + 1 FROM leads;
  INSERT INTO consents (phone, kinds, purposes, entities, given_at, verified_by, evidence, source, created_at)
    SELECT phone + 1, kinds, purposes, entities, given_at, verified_by, evidence, source, created_at FROM consents;
  DELETE FROM consents WHERE phone IN (SELECT phone FROM leads WHERE id % 8 = 1);`;

/**
 * A base for `redial plan`: that of bench:gate, with what a worked base has besides: opt-outs of its own people, zones and
 * regions for some and the range register for the rest, leads that are done, refused, or to be called again.
 */
export function buildRedialBase(path: string, size: BaseSize, twoNumbers: boolean, say: (text: string) => void): void {
  buildBase(path, size, say);
  const db = new Database(path);
  db.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; PRAGMA foreign_keys = OFF;',
  );
  const step = (what: string, sql: string): void => {
    const from = performance.now();
    db.exec(sql);
    say(`${what} in ${((performance.now() - from) / 1_000).toFixed(1)} s`);
  };
  step(
    'opt-outs of one lead in ten, an act each',
    `INSERT INTO opt_out_acts (at, kind, scope, source) SELECT 1 + id, 'opt-out', 'global', 'dtmf' FROM leads WHERE id % 10 = 3;
     INSERT INTO opt_outs (phone, act) SELECT l.phone, a.id FROM opt_out_acts AS a JOIN leads AS l ON l.id = a.at - 1
       WHERE a.source = 'dtmf';`,
  );
  step(
    'states, zones and regions of leads',
    `UPDATE leads SET priority = id % 3,
       zone = CASE id % 5 WHEN 0 THEN 'Europe/Moscow' WHEN 1 THEN 'Asia/Vladivostok' END,
       region = CASE WHEN id % 5 = 2 THEN 'Свердловская область' END,
       last_disposition = CASE WHEN id % 7 < 4 THEN 'no-answer' WHEN id % 7 = 4 THEN 'busy' WHEN id % 7 = 5 THEN 'talked' END,
       state = CASE WHEN id % 7 = 5 THEN 'done' WHEN id % 7 = 6 AND id % 2 = 0 THEN 'spent' ELSE state END,
       next_at = CASE WHEN id % 7 = 5 OR (id % 7 = 6 AND id % 2 = 0) THEN NULL ELSE next_at END;`,
  );
  const rows = `WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${RANGES})`;
  step(
    `${RANGES} ranges`,
    `INSERT INTO range_registers (id, state, imported_at, files, ranges, codes) VALUES (1, 'active', 0, '[]', ${RANGES}, 400);
     ${rows} INSERT INTO range_operators (id, name, inn) SELECT i + 1, 'Operator ' || i, printf('77%08d', i) FROM n LIMIT 60;
     INSERT INTO range_places (id, text, regions) VALUES (1, 'Москва', '["Москва"]'), (2, 'Свердловская область', '["Свердловская область"]'),
       (3, 'Приморский край', '["Приморский край"]'), (4, 'Российская Федерация', '[]'),
       (5, 'Москва, Московская область', '["Москва","Московская область"]');
     ${rows} INSERT INTO ranges (register, first, last, operator, place)
       SELECT 1, ${FIRST} + i * ${RANGE_NUMBERS}, ${FIRST} + (i + 1) * ${RANGE_NUMBERS} - 1, 1 + i % 60, 1 + i % 5 FROM n;`,
  );
  if (twoNumbers) step('a second number of each lead', SECOND_NUMBERS);
  db.exec('ANALYZE; PRAGMA journal_mode = WAL;');
  db.close();
}
