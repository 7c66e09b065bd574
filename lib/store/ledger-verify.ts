import type { AnchorLine } from './anchors.ts';
import { AUDIT_BODY } from './audit.ts';
import { pseudonymOf, type KeyedHash } from './keyed-hash.ts';
import { chained, GENESIS, readHead, type LedgerHead } from './ledger.ts';
import type { Db } from './open.ts';
import { erasureText, type ErasureRow } from './erasures.ts';
import { policyHash } from './policies.ts';

/** One thing that is not as the gate wrote it. */
export interface Fault {
  /** `row 17`, `head`, `anchor 3`, `attempt at-…`, `erasure -5`, `policy 1f…`. */
  readonly where: string;
  readonly found: string;
  readonly means: string;
}

/** What a verification found. */
export interface LedgerProof {
  readonly ok: boolean;
  readonly rows: number;
  readonly attempts: number;
  readonly anchors: number;
  /** As stored; null when there is none. */
  readonly head: LedgerHead | null;
  readonly faultCount: number;
  /** The first of them, in the order of the rows. */
  readonly faults: readonly Fault[];
}

/** Faults told apart; past these they are counted. */
const FAULTS_TOLD = 50;
/** Numbers whose keyed hash is remembered. */
const MEMO = 500_000;
const PROGRESS_ROWS = 50_000;
const SUBJECT_CHARS = 43;

type Row = readonly [
  id: number,
  /** Null in an audit row. */
  phone: number | null,
  body: string,
  hash: string,
  attempt: string | null,
  attemptPhone: number,
  attemptLead: number,
  attemptCampaign: number,
  attemptCaller: number,
];

/**
 * Reads the whole ledger in one transaction and compares it with its chain, its signed head, its anchors, the numbers,
 * the attempts, the acts of erasure and the policies kept. Changes nothing; `onRows` hears of progress.
 */
export function verifyLedger(
  db: Db,
  keyed: KeyedHash,
  anchors: readonly AnchorLine[],
  onRows: (rows: number) => void = () => undefined,
): LedgerProof {
  return db.transaction(() => readAll(db, keyed, anchors, onRows))();
}

function readAll(
  db: Db,
  keyed: KeyedHash,
  anchors: readonly AnchorLine[],
  onRows: (rows: number) => void,
): LedgerProof {
  const faults: Fault[] = [];
  let faultCount = 0;
  const fault = (where: string, found: string, means: string): void => {
    faultCount += 1;
    if (faults.length < FAULTS_TOLD) faults.push({ where, found, means });
  };
  const erased = readErasures(db, keyed, fault);
  const personOf = createPersonCheck(keyed, erased);
  const anchored = Map.groupBy(
    anchors.filter((anchor) => anchor.signed),
    ({ id }) => id,
  );
  const isAt = ({ id, hash }: LedgerHead): void => {
    for (const anchor of anchored.get(id) ?? []) {
      if (anchor.hash !== hash) {
        fault(`anchor ${anchor.line}`, `row ${id} has another hash than it had at ${timeOf(anchor)}`, MEANS.rewritten);
      }
    }
  };

  const rows = db
    .prepare<[], Row>(
      `SELECT v.id, v.phone, v.body, lower(hex(v.hash)), a.id, a.phone, a.lead, a.campaign, a.caller
       FROM verdicts AS v LEFT JOIN attempts AS a ON a.verdict = v.id
       UNION ALL SELECT id, NULL, body, lower(hex(hash)), NULL, NULL, NULL, NULL, NULL FROM audit
       ORDER BY 1`,
    )
    .raw();
  let last: LedgerHead = GENESIS;
  let count = 0;
  let attempts = 0;
  isAt(last);
  for (const row of rows.iterate()) {
    const [id, phone, body, hash, attempt] = row;
    if (id !== last.id + 1) {
      const gone = id - last.id - 1;
      fault(
        `row ${id}`,
        gone === 1 ? `row ${id - 1} is not there` : `${gone} rows before it are not there`,
        MEANS.gone,
      );
    }
    if (chained(last.hash, id, body) !== hash) {
      fault(`row ${id}`, `its hash is not that of row ${last.id} and its own content`, MEANS.changed);
    }
    if (body.startsWith(AUDIT_BODY) !== (phone === null)) {
      fault(`row ${id}`, 'it stands among rows of another kind', MEANS.changed);
    }
    const stranger = phone === null ? null : personOf(phone, subjectOf(body));
    if (stranger !== null) fault(`row ${id}`, stranger, MEANS.otherPerson);
    if (attempt !== null) attempts += 1;
    if (phone !== null && (attempt !== null || allows(body))) {
      const wrong = attemptFault(row);
      if (wrong !== null) fault(attempt === null ? `row ${id}` : `attempt ${attempt}`, wrong, MEANS.attempt);
    }
    last = { id, hash };
    isAt(last);
    count += 1;
    if (count % PROGRESS_ROWS === 0) onRows(count);
  }

  const head = readHead(db, keyed)();
  if (head === undefined) fault('head', 'there is none', MEANS.head);
  else {
    if (!head.signed) fault('head', 'it is not signed with this installation’s key', MEANS.head);
    if (head.id > last.id) fault('head', `it names row ${head.id}, the last one is ${last.id}`, MEANS.cut);
    else if (head.id < last.id) fault('head', `it names row ${head.id}, there are rows up to ${last.id}`, MEANS.added);
    else if (head.hash !== last.hash)
      fault('head', `row ${last.id} has another hash than the head says`, MEANS.rewritten);
  }
  for (const { line, id, signed, at } of anchors) {
    if (!signed) fault(`anchor ${line}`, 'it is not signed with this installation’s key', MEANS.anchor);
    else if (id > last.id) fault(`anchor ${line}`, `row ${id} was there at ${timeOf({ at })}`, MEANS.cut);
  }
  const orphans = db
    .prepare<
      [],
      { id: string; verdict: number }
    >('SELECT id, verdict FROM attempts AS a WHERE NOT EXISTS (SELECT 1 FROM verdicts WHERE id = a.verdict) ORDER BY verdict')
    .iterate();
  for (const { id, verdict } of orphans) {
    attempts += 1;
    fault(`attempt ${id}`, `its verdict, row ${verdict}, is not there`, MEANS.attempt);
  }
  checkPolicies(db, fault);
  return {
    ok: faultCount === 0,
    rows: count,
    attempts,
    anchors: anchors.length,
    head: head === undefined ? null : { id: head.id, hash: head.hash },
    faultCount,
    faults,
  };
}

const MEANS = {
  gone: 'rows were deleted',
  changed: 'this row, or the one before it, was edited, replaced, put in or moved after it was written',
  otherPerson: 'the number of this row was edited: the gate judged another person',
  attempt: 'a call was put in, deleted or changed after the gate allowed it, or was placed past the gate',
  head: 'somebody without the key has written to the ledger, or the key file is another installation’s',
  cut: 'rows were cut off at the end, or this is a copy older than what it is compared with',
  added: 'rows were put in past the gate',
  rewritten: 'the chain was written anew up to here: any row before it may be another',
  anchor: 'the line was edited, or belongs to another installation',
  erasure: 'this person was not erased by the program, or his act of erasure was edited',
  policy: 'the policy kept is not the one the verdicts rest on',
} as const;

const timeOf = ({ at }: { readonly at: number }): string => new Date(at).toISOString();

/** Tells what is wrong with a row's number, if anything is: it must be the subject's, or the pseudonym of one erased. */
function createPersonCheck(
  keyed: KeyedHash,
  erased: ReadonlySet<number>,
): (phone: number, subject: string) => string | null {
  let known = new Map<number, string>();
  return (phone, subject) => {
    if (phone < 0) {
      if (pseudonymOf(subject) !== phone) return 'its pseudonym is not that of the person judged';
      return erased.has(phone) ? null : 'its number was replaced and there is no act of erasure';
    }
    let own = known.get(phone);
    if (own === undefined) {
      if (known.size >= MEMO) known = new Map();
      known.set(phone, (own = keyed.subject(phone)));
    }
    return own === subject ? null : 'its number is not that of the person judged';
  };
}

/** What is wrong between a row and its attempt; null: nothing. */
function attemptFault([id, phone, body, , attempt, attemptPhone, lead, campaign, caller]: Row): string | null {
  if (attempt === null) return 'the call it allowed is not there';
  if (!allows(body)) return `its verdict, row ${id}, is not ALLOW`;
  if (attemptPhone !== phone) return `row ${id} allows a call to another number`;
  if (!says(body, '"lead":', lead)) return `row ${id} is of another lead`;
  if (!says(body, '"campaign":', campaign)) return `row ${id} is of another campaign`;
  return says(body, '"caller":', caller) ? null : `row ${id} allows another caller number`;
}

/*
 * A body is looked into without reading it as JSON, which would take longer than hashing it. A key in quotes can stand
 * inside no JSON text, and those asked for stand before all that is nested; an edited body is found by its hash.
 */

function says(body: string, key: string, value: number): boolean {
  const from = body.indexOf(key) + key.length;
  return from >= key.length && body.startsWith(`${value},`, from);
}

function allows(body: string): boolean {
  return body.startsWith('"ALLOW"', body.indexOf('"verdict":') + 10);
}

/** The keyed hash in a body: its last value, but in rows that an older version wrote. */
function subjectOf(body: string): string {
  const key = '"subject":"';
  const last = body.length - key.length - SUBJECT_CHARS - 2;
  const from = (body.startsWith(key, last) ? last : body.indexOf(key)) + key.length;
  return from < key.length ? '' : body.slice(from, from + SUBJECT_CHARS);
}

type Report = (where: string, found: string, means: string) => void;

/** Pseudonyms with a sound act of erasure. */
function readErasures(db: Db, keyed: KeyedHash, fault: Report): ReadonlySet<number> {
  const rows = db.prepare<[], ErasureRow>('SELECT pseudonym, subject, at, act, mac FROM erasures').all();
  return new Set(
    rows.flatMap((row) => {
      if (row.pseudonym === pseudonymOf(row.subject) && keyed.mac(erasureText(row)).equals(row.mac))
        return row.pseudonym;
      fault(`erasure ${row.pseudonym}`, 'it is not signed with this installation’s key', MEANS.erasure);
      return [];
    }),
  );
}

function checkPolicies(db: Db, fault: Report): void {
  const rows = db.prepare<[], { hash: string; body: string }>('SELECT hash, body FROM policies').all();
  for (const { hash, body } of rows) {
    if (policyHash(body) !== hash) fault(`policy ${hash.slice(0, 12)}`, 'its files do not have its hash', MEANS.policy);
  }
}
