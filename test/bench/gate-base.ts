import { closeSync, fsyncSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { NO_HISTORY } from '../../lib/core/facts.ts';
import { installationKey, keyedHash } from '../../lib/store/keyed-hash.ts';
import { chained, GENESIS, headText } from '../../lib/store/ledger.ts';
import { createStore } from '../../lib/store/store.ts';
import { ENTITY, registerCaller, specWith } from '../helpers/rig.ts';

/** How many rows a bench's database has. */
export interface BaseSize {
  readonly optOuts: number;
  readonly consents: number;
  readonly leads: number;
  readonly attempts: number;
  /** How long ago the last of them was; two days when not given. */
  readonly lastAttemptDays?: number;
}

/** The size the goals are for. */
export const FULL_SIZE: BaseSize = { optOuts: 10_000_000, consents: 1_000_000, leads: 1_000_000, attempts: 2_000_000 };

/** Disk a database takes, with what SQLite needs beside it while it is built; bytes. */
export const bytesNeeded = ({ optOuts, consents, leads, attempts }: BaseSize): number =>
  optOuts * 45 + consents * 420 + leads * 420 + attempts * 1_400;

/** The name of the one campaign in it. */
export const CAMPAIGN = 'bench';

const FIRST = 79_000_000_000;
/** Numbers opted out are every so many; a lead's number lies half-way between two of them. */
const STRIDE = 80;

/** The number of the `i`th opt-out. */
export const optedOut = (i: number): number => FIRST + i * STRIDE;

/** A number nobody opted out, beside the `i`th that is. */
export const notOptedOut = (i: number): number => optedOut(i) + STRIDE / 2;

const DAY_MS = 86_400_000;

/**
 * Builds the database by SQL alone, its indexes last: bench only. Leads lie in an order that has nothing to do with
 * their numbers, as in a real base; each has a consent and, in turn, past attempts with verdicts and journal.
 */
export function buildBase(path: string, size: BaseSize, say: (text: string) => void): void {
  const now = Date.now();
  const made = createStore(path);
  made.commit(() => {
    registerCaller(made, now);
    made.campaigns.insert(CAMPAIGN, JSON.stringify(specWith({ name: CAMPAIGN })), now);
    made.campaigns.setState(made.campaigns.byName(CAMPAIGN)?.id ?? 0, 'running', null, now);
  });
  const campaign = made.campaigns.byName(CAMPAIGN)?.id ?? 0;
  made.close();

  const db = new Database(path);
  db.exec(
    'PRAGMA foreign_keys = OFF; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;',
  );
  const later = db
    .prepare<
      [],
      { type: string; name: string; sql: string }
    >(`SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL`)
    .all();
  for (const { type, name } of later) db.exec(`DROP ${type} ${name}`);

  const step = (what: string, sql: string, values: Readonly<Record<string, unknown>>): void => {
    const from = performance.now();
    db.prepare(sql).run(values);
    say(`${what} in ${((performance.now() - from) / 1_000).toFixed(1)} s`);
  };
  const rows = 'WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @count)';
  // A multiplier with no factor in common with the count shuffles all of them.
  const shuffled = (of: string): string => `((${of}) * 7919 % @leads)`;
  const phone = (of: string): string => `${FIRST + STRIDE / 2} + ${shuffled(of)} * @apart`;
  const leads = { leads: size.leads, apart: Math.max(1, Math.floor(size.optOuts / size.leads)) * STRIDE };
  const common = { campaign, now, ...leads };

  db.prepare(`INSERT INTO opt_out_acts (at, kind, scope, source) VALUES (?, 'opt-out', 'global', 'import bench')`).run(
    now - DAY_MS,
  );
  step(
    `${size.optOuts} opt-outs`,
    `${rows} INSERT INTO opt_outs (phone, act) SELECT ${FIRST} + i * ${STRIDE}, 1 FROM n`,
    { count: size.optOuts },
  );
  step(
    `${size.leads} leads`,
    `${rows} INSERT INTO leads (campaign, phone, name, zone, list, list_row, state, next_at, attempts, created_at, updated_at)
       SELECT @campaign, ${phone('i')}, 'Person ' || i, 'Europe/Moscow', 'bench.csv', i + 2,
         iif(i % 4 = 0, 'waiting', 'callable'), iif(i % 4 = 0, @now + 86400000 + i * 60, NULL), i % 3, @now, @now FROM n`,
    { ...common, count: size.leads },
  );
  step(
    `${size.consents} consents`,
    `${rows} INSERT INTO consents (phone, kinds, purposes, entities, given_at, verified_by, evidence, source, created_at)
       SELECT ${phone('i * 31')}, '["CALL","PD"]', '[]', '["${ENTITY}"]', @now - 86400000, 'sms', 'bench ' || i, 'bench', @now FROM n`,
    { now, ...leads, count: size.consents },
  );
  step(
    'their numbers',
    'INSERT INTO lead_numbers (lead, place, campaign, phone, attempts) SELECT id, 1, campaign, phone, attempts FROM leads',
    {},
  );
  // Of 60 days up to the day before yesterday or so; three in ten answered, one in a hundred of those abandoned.
  const days = 60 - (size.lastAttemptDays ?? 2);
  const planned = `CAST(@now - 60 * 86400000 + i * (${days} * 86400000.0 / @count) AS INTEGER)`;
  let head = GENESIS;
  db.function('chained', (id: unknown, body: unknown) => {
    head = { id: Number(id), hash: chained(head.hash, Number(id), String(body)) };
    return Buffer.from(head.hash, 'hex');
  });
  step(
    `${size.attempts} verdicts`,
    `${rows} INSERT INTO verdicts (id, phone, body, hash) SELECT id, phone, body, chained(id, body) FROM (
       SELECT i + 1 AS id, ${phone('i')} AS phone, replace(replace(replace(@body, '"at":0', '"at":' || (${planned})), '"lead":0', '"lead":' || (i % @leads + 1)),
         '"subject":""', '"subject":"' || printf('%043d', i) || '"') AS body FROM n)`,
    { ...leads, now, count: size.attempts, body: JSON.stringify(bodyOf(campaign)) },
  );
  const key = keyedHash(installationKey(`${path}.key`, () => false));
  db.prepare('UPDATE ledger_head SET id = ?, hash = ?, mac = ?').run(
    head.id,
    Buffer.from(head.hash, 'hex'),
    key.mac(headText(head)),
  );
  step(
    `${size.attempts} attempts`,
    `${rows} INSERT INTO attempts (id, campaign, lead, verdict, phone, caller, trunk, ring_limit_ms, state, planned_at,
         originated_at, rang_at, answered_at, bridged_at, ended_at, disposition, cause, sip_code, sip_call_id, witness)
       SELECT printf('at-%019d', i), @campaign, i % @leads + 1, i + 1, ${phone('i')}, 74951234567, 'pstn', 20000, 'ended', ${planned},
         ${planned} + 20, ${planned} + 900, iif(i % 10 < 3, ${planned} + 8000, NULL), iif(i % 10 < 3 AND i % 1000 > 2, ${planned} + 8100, NULL),
         ${planned} + 20000, iif(i % 10 < 3, iif(i % 1000 > 2, 'talked', 'abandoned'), 'no-answer'), 16, 200,
         printf('%032d', i), 'event' FROM n`,
    { ...common, count: size.attempts },
  );
  step(
    `${size.attempts} rows of the journal`,
    `${rows} INSERT INTO journal (at, subject, id_of, event, "from", "to", data)
       SELECT ${planned}, 'lead', i % @leads + 1, 'dialed', 'callable', 'dialing', '{}' FROM n`,
    { now, leads: size.leads, count: size.attempts },
  );
  const from = performance.now();
  for (const { sql } of later) db.exec(sql);
  say(`${later.length} indexes and triggers in ${((performance.now() - from) / 1_000).toFixed(1)} s`);
  db.exec('ANALYZE; PRAGMA journal_mode = WAL;');
  db.close();
  // What was built is on the disk before anything is measured.
  const file = openSync(path, 'r+');
  fsyncSync(file);
  closeSync(file);
}

/** As long as a real one. */
function bodyOf(campaign: number): unknown {
  return {
    at: 0,
    campaign,
    lead: 0,
    caller: 74_951_234_567,
    purpose: 'informational',
    mode: 'progressive',
    entity: ENTITY,
    verdict: 'ALLOW',
    code: null,
    codes: [],
    notBefore: null,
    policy: { id: 'ru-default', version: '1', hash: '0'.repeat(64) },
    consents: [1],
    registration: 1,
    label: 'Test',
    refusal: null,
    operator: null,
    zone: { zones: ['Europe/Moscow'], source: 'lead' },
    opinion: null,
    history: NO_HISTORY,
    subject: '',
  };
}
