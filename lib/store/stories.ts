import type { ErasureAct } from './erasures.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { chained, GENESIS, readHead } from './ledger.ts';
import type { Db } from './open.ts';
import type { StoredPolicy } from './policies.ts';
import type { LedgerBody } from './verdicts.ts';

/** A row as it stands in its table. */
export type StoredRow = Readonly<Record<string, string | number | null>>;

/** A row of the ledger with all that is needed to check it by hand. */
export interface StoryVerdict {
  readonly id: number;
  /** Hash of the row before, hex. */
  readonly previousHash: string;
  /** The very text that is hashed. */
  readonly body: string;
  /** Hex. */
  readonly hash: string;
  /** `hash` is the SHA-256 of `previousHash`, `id` and `body`, a line each. */
  readonly holds: boolean;
  /** The row names this person: its subject is the keyed hash of his number. */
  readonly isHis: boolean;
  readonly verdict: LedgerBody;
}

/** One person's whole story, from the tables as they are. */
export interface Story {
  readonly subject: string;
  readonly pseudonym: number;
  readonly erasure: ErasureAct | null;
  /** The oldest first. */
  readonly verdicts: readonly StoryVerdict[];
  /** How many there are; more than `verdicts` has when only the last were asked for. */
  readonly verdictCount: number;
  readonly campaigns: readonly StoredRow[];
  readonly leads: readonly StoredRow[];
  /** All numbers of those leads, in the order they are called; `next`: the one the lead is called on next. */
  readonly numbers: readonly StoredRow[];
  readonly attempts: readonly StoredRow[];
  /** His calls to a number of ours. */
  readonly inbound: readonly StoredRow[];
  readonly callbacks: readonly StoredRow[];
  /** What agents said of talks with him, whichever number of his leads was called. */
  readonly results: readonly StoredRow[];
  readonly consents: readonly StoredRow[];
  readonly optOuts: readonly StoredRow[];
  readonly refusals: readonly StoredRow[];
  readonly reassignments: readonly StoredRow[];
  readonly debtorFlags: readonly StoredRow[];
  readonly demands: readonly StoredRow[];
  readonly doNotCallLists: readonly StoredRow[];
  /** Of the caller numbers his calls came from. */
  readonly registrations: readonly StoredRow[];
  readonly policies: readonly {
    readonly hash: string;
    readonly id: string;
    readonly version: string;
    readonly used_at: number;
    readonly files: StoredPolicy['files'];
  }[];
  readonly head: { readonly id: number; readonly hash: string; readonly signed: boolean } | null;
}

/** Gathers one person's rows from all tables; an erased person's by his pseudonym. */
export function createStories(db: Db, keyed: KeyedHash) {
  const own = (sql: string) => db.prepare<{ phone: number; pseudonym: number }, StoredRow>(sql);
  const hisIn = (table: string, order = 'id') =>
    own(`SELECT * FROM ${table} WHERE phone IN (@phone, @pseudonym) ORDER BY ${order}`);
  const tables = {
    leads: own(
      'SELECT l.* FROM lead_numbers AS n JOIN leads AS l ON l.id = n.lead WHERE n.phone IN (@phone, @pseudonym) ORDER BY l.id',
    ),
    numbers: own(
      `SELECT DISTINCT m.lead, m.place, m.phone, m.attempts, m.closed, m.place = l.place AS next FROM lead_numbers AS n
         JOIN leads AS l ON l.id = n.lead JOIN lead_numbers AS m ON m.lead = n.lead
       WHERE n.phone IN (@phone, @pseudonym) ORDER BY m.lead, m.place`,
    ),
    attempts: hisIn('attempts', 'planned_at'),
    inbound: hisIn('inbound_calls'),
    results: own(
      `SELECT * FROM call_results WHERE lead IN (SELECT lead FROM lead_numbers WHERE phone IN (@phone, @pseudonym))
        UNION SELECT * FROM call_results WHERE attempt IN (SELECT id FROM attempts WHERE phone IN (@phone, @pseudonym)
          UNION ALL SELECT id FROM inbound_calls WHERE phone IN (@phone, @pseudonym))
        ORDER BY id`,
    ),
    callbacks: own(
      'SELECT c.* FROM lead_numbers AS n JOIN callbacks AS c ON c.lead = n.lead WHERE n.phone IN (@phone, @pseudonym) ORDER BY c.id',
    ),
    consents: hisIn('consents'),
    refusals: hisIn('refusals'),
    reassignments: hisIn('reassignments'),
    debtorFlags: hisIn('debtor_flags'),
    demands: hisIn('demands'),
    optOuts: own(
      'SELECT a.* FROM opt_outs AS o JOIN opt_out_acts AS a ON a.id = o.act WHERE o.phone IN (@phone, @pseudonym) ORDER BY a.id',
    ),
    doNotCallLists: own(
      'SELECT l.* FROM dnc_numbers AS n JOIN dnc_lists AS l ON l.id = n.list WHERE n.phone IN (@phone, @pseudonym) ORDER BY l.id',
    ),
    campaigns: own(
      `SELECT * FROM campaigns WHERE id IN (SELECT campaign FROM lead_numbers WHERE phone IN (@phone, @pseudonym)
         UNION SELECT campaign FROM attempts WHERE phone IN (@phone, @pseudonym)) ORDER BY id`,
    ),
  };
  const last = db.prepare<
    { phone: number; pseudonym: number; limit: number },
    { id: number; body: string; hash: Buffer }
  >('SELECT id, body, hash FROM verdicts WHERE phone IN (@phone, @pseudonym) ORDER BY id DESC LIMIT @limit');
  const count = db
    .prepare<
      { phone: number; pseudonym: number },
      number
    >('SELECT count(*) FROM verdicts WHERE phone IN (@phone, @pseudonym)')
    .pluck();
  const hashOf = db
    .prepare<
      { id: number },
      Buffer
    >('SELECT hash FROM verdicts WHERE id = @id UNION ALL SELECT hash FROM audit WHERE id = @id')
    .pluck();
  const registration = db.prepare<[number], StoredRow>('SELECT * FROM registrations WHERE caller = ? ORDER BY id');
  const policy = db.prepare<[string], { hash: string; id: string; version: string; body: string; used_at: number }>(
    'SELECT * FROM policies WHERE hash = ?',
  );
  const act = db.prepare<[number], string>('SELECT act FROM erasures WHERE pseudonym = ?').pluck();
  const head = readHead(db, keyed);

  return {
    /** With the last `limit` verdicts, or all. */
    of(phone: number, limit = -1): Story {
      const [subject, pseudonym] = [keyed.subject(phone), keyed.pseudonym(phone)];
      const his = { phone, pseudonym };
      const verdicts = last
        .all({ ...his, limit })
        .reverse()
        .map(({ id, body, hash }): StoryVerdict => {
          const previousHash = id === 1 ? GENESIS.hash : (hashOf.get({ id: id - 1 })?.toString('hex') ?? '');
          const verdict = JSON.parse(body) as LedgerBody;
          const hex = hash.toString('hex');
          const holds = chained(previousHash, id, body) === hex;
          return { id, previousHash, body, hash: hex, holds, isHis: verdict.subject === subject, verdict };
        });
      const callers = new Set(verdicts.flatMap(({ verdict }) => verdict.caller ?? []));
      const hashes = new Set(verdicts.map(({ verdict }) => verdict.policy.hash));
      const erasure = act.get(pseudonym);
      return {
        subject,
        pseudonym,
        erasure: erasure === undefined ? null : (JSON.parse(erasure) as ErasureAct),
        verdicts,
        verdictCount: count.get(his) ?? 0,
        campaigns: tables.campaigns.all(his),
        leads: tables.leads.all(his),
        numbers: tables.numbers.all(his),
        attempts: tables.attempts.all(his),
        inbound: tables.inbound.all(his),
        callbacks: tables.callbacks.all(his),
        results: tables.results.all(his),
        consents: tables.consents.all(his),
        optOuts: tables.optOuts.all(his),
        refusals: tables.refusals.all(his),
        reassignments: tables.reassignments.all(his),
        debtorFlags: tables.debtorFlags.all(his),
        demands: tables.demands.all(his),
        doNotCallLists: tables.doNotCallLists.all(his),
        registrations: [...callers].flatMap((caller) => registration.all(caller)),
        policies: [...hashes].flatMap((hash) => {
          const row = policy.get(hash);
          return row === undefined
            ? []
            : {
                hash: row.hash,
                id: row.id,
                version: row.version,
                used_at: row.used_at,
                files: (JSON.parse(row.body) as StoredPolicy).files,
              };
        }),
        head: head() ?? null,
      };
    },
  };
}
