import type Database from 'better-sqlite3';
import { readAnchors } from '../../../lib/store/anchors.ts';
import { installationKey, keyedHash } from '../../../lib/store/keyed-hash.ts';
import { verifyLedger } from '../../../lib/store/ledger-verify.ts';
import { openForReading } from '../../../lib/store/open.ts';
import type { Report, Terms } from './invariants.ts';

/* The invariants that speak of what the daemons left in the database. */

export interface AttemptRow {
  readonly id: string;
  readonly campaign: number;
  readonly lead: number;
  readonly callback: number | null;
  readonly phone: number;
  readonly caller: number;
  readonly trunk: string;
  readonly state: string;
  readonly plannedAt: number;
  readonly answeredAt: number | null;
  readonly bridgedAt: number | null;
  readonly endedAt: number | null;
  readonly disposition: string | null;
  readonly verdictId: number;
  readonly verdict: string | null;
  readonly verdictAt: number | null;
  readonly verdictPhone: number | null;
  readonly told: number;
}

/** Outcomes that are not charged to a lead: it was not called, or not by us. */
const UNCHARGED = new Set(['trunk-failure', 'congestion', 'cancelled', 'not-placed']);
/** Calls that a dead trunk may cost before somebody has looked. */
const MOST_WASTED = 10;
const WASTED = new Set(['trunk-failure', 'congestion']);
/** What is due is done within this, ms. */
const DUE_MS = 60_000;

/** All attempts with their verdicts, in the order they were planned. */
export function attemptRows(db: Database.Database): ReadonlyMap<string, AttemptRow> {
  const rows = db
    .prepare<[], AttemptRow>(
      `SELECT a.id, a.campaign, a.lead, a.callback, a.phone, a.caller, a.trunk, a.state, a.planned_at AS plannedAt,
         a.answered_at AS answeredAt, a.bridged_at AS bridgedAt, a.ended_at AS endedAt, a.disposition,
         a.verdict AS verdictId, v.verdict, v.at AS verdictAt, v.phone AS verdictPhone,
         (SELECT count(*) FROM journal AS j WHERE j.subject = 'attempt' AND j.id_of = a.id AND j."to" IN ('ended', 'lost'))
           AS told
       FROM attempts AS a LEFT JOIN verdicts AS v ON v.id = a.verdict ORDER BY a.verdict`,
    )
    .all();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Each lead in one state, charged with the calls it had, and not with more than it may have. */
export function leadLaws(
  db: Database.Database,
  attempts: ReadonlyMap<string, AttemptRow>,
  { perLead = Infinity, atRest }: Terms,
  report: Report,
): void {
  const own = Map.groupBy(attempts.values(), ({ lead }) => lead);
  const verdicts = new Set<number>();
  for (const { id, verdictId } of attempts.values()) {
    if (verdicts.has(verdictId)) report('I2', `${id} rests on a verdict that another attempt used`);
    verdicts.add(verdictId);
  }
  const leads = db
    .prepare<[], { id: number; state: string; attempts: number }>('SELECT id, state, attempts FROM leads')
    .all();
  for (const { id, state, attempts: charged } of leads) {
    const calls = own.get(id) ?? [];
    const live = calls.filter(({ disposition }) => disposition === null).length;
    // A lead closed in mid-call (an opt-out, an erasure) is not dialing any more; its call ends.
    if (state === 'dialing' && live !== 1) report('I14', `lead ${id} is dialing with ${live} live attempts`);
    if (state === 'dialing' && atRest) report('I14', `lead ${id} is left in a call`);
    if (live > 1) report('I14', `lead ${id} has ${live} live attempts`);
    const chargeable = calls.filter(({ disposition }) => disposition !== null && !UNCHARGED.has(disposition)).length;
    if (charged !== chargeable) report('I14', `lead ${id} had ${chargeable} calls, and is charged with ${charged}`);
    // A callback is kept even when the lead has had its calls.
    const unasked = calls.filter(({ callback, disposition }) => callback === null && !UNCHARGED.has(disposition ?? ''));
    if (unasked.length > perLead) report('I6', `lead ${id} had ${unasked.length} calls, ${perLead} allowed`);
  }
}

const TOLD = [
  ['attempt', 'attempts', 'id'],
  ['lead', 'leads', 'id'],
  ['campaign', 'campaigns', 'name'],
  ['agent', 'agents', 'id'],
  ['callback', 'callbacks', 'id'],
] as const;

interface Told {
  readonly at: number;
  readonly subject: string;
  readonly id: string;
  readonly event: string;
  readonly from: string | null;
  readonly to: string;
}

/** The journal against the states, and against itself; and what it tells of trunks. `starts`: of daemons, by their clock. */
export function journalLaws(
  db: Database.Database,
  attempts: ReadonlyMap<string, AttemptRow>,
  starts: readonly number[],
  report: Report,
): void {
  const rows = db
    .prepare<
      [],
      Told
    >(`SELECT at, subject, id_of AS id, event, "from", "to" FROM journal WHERE "to" IS NOT NULL ORDER BY journal.id`)
    .all();
  const last = new Map<string, string>();
  const failures = new Map<string, number>();
  let life = 0;
  for (const { at, subject, id, event, from, to } of rows) {
    // What a daemon had counted its death forgets.
    for (; (starts[life] ?? Infinity) <= at; life += 1) failures.clear();
    const key = `${subject} ${id}`;
    const before = last.get(key);
    if (before !== undefined && from !== before) {
      report('journal', `${key}: ${event} from ${from ?? 'nothing'}, where it was ${before}`);
    }
    last.set(key, to);
    // Who starts a campaign again has looked at the trunk.
    if (subject === 'campaign' && to === 'running') failures.clear();
    const attempt = subject === 'attempt' && to === 'ended' ? attempts.get(id) : undefined;
    if (attempt === undefined) continue;
    const { trunk, disposition } = attempt;
    const count = WASTED.has(disposition ?? '') ? (failures.get(trunk) ?? 0) + 1 : 0;
    failures.set(trunk, count);
    if (count === MOST_WASTED + 1) report('breaker', `${trunk}: ${count} calls in a row found it dead`);
  }
  for (const [subject, table, id] of TOLD) {
    for (const { name, state } of db
      .prepare<[], { name: string | number; state: string }>(`SELECT ${id} AS name, state FROM ${table}`)
      .all()) {
      const told = last.get(`${subject} ${name}`);
      if (told !== undefined ? told !== state : !UNTOLD.has(state)) {
        report('journal', `${subject} ${name} is ${state}, and the journal says ${told ?? 'nothing'}`);
      }
    }
  }
}

/** States in which things are made. */
const UNTOLD = new Set(['callable', 'draft', 'offline', 'planned', 'waiting']);

/** Everything is over, and was done. */
export function restLaws(db: Database.Database, now: number, report: Report): void {
  const ids = (sql: string, ...given: unknown[]): (string | number)[] =>
    db
      .prepare<unknown[], string | number>(sql)
      .pluck()
      .all(...given);
  const waits = ids(`SELECT DISTINCT campaign FROM callbacks WHERE state = 'waiting' AND due_at > ?`, now);
  // Who called us may be a lead since, of a campaign that was over.
  for (const id of ids(`SELECT id FROM leads WHERE state = 'callable' AND list <> 'callback'`))
    report('liveness', `nobody called lead ${id}`);
  for (const id of ids(`SELECT id FROM campaigns WHERE state <> 'stopped'`)) {
    if (!waits.includes(id)) report('liveness', `campaign ${id} does not come to its end`);
  }
  // Those of a campaign that is stopped wait for its next start.
  const due = `SELECT c.id FROM callbacks AS c JOIN campaigns AS p ON p.id = c.campaign
    WHERE (p.state = 'running' AND c.state = 'waiting' AND c.due_at < ?) OR c.state = 'dialing'`;
  for (const id of ids(due, now - DUE_MS)) {
    report('liveness', `callback ${id} is not kept, and not given up`);
  }
  for (const id of ids(`SELECT id FROM agents WHERE state NOT IN ('available', 'offline')`)) {
    report('liveness', `agent ${id} is not free`);
  }
}

/** The ledger verifies. */
export function ledgerLaw(path: string, report: Report): void {
  const keyed = keyedHash(installationKey(`${path}.key`, () => false));
  const db = openForReading(path, keyed);
  try {
    const proof = verifyLedger(db, keyed, readAnchors(`${path}.anchors`, keyed));
    for (const { where, found } of proof.faults) report('I12', `${where}: ${found}`);
  } finally {
    db.close();
  }
}
