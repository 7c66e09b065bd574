import type { NumberText } from '../number-text.ts';
import type { KeyedHash } from './keyed-hash.ts';
import type { Db } from './open.ts';

/** What became of a file that obzvon wrote and that may hold the number. */
export interface CleanedFile {
  readonly path: string;
  readonly kind: string;
  readonly outcome: 'untouched' | 'cleaned' | 'removed' | 'absent' | 'failed' | 'not yet looked at';
  /** Records that held the number. */
  readonly records: number;
  /** Why it failed; null otherwise. */
  readonly reason: string | null;
}

/** Where the number was looked for, byte by byte, after all was done. */
export interface ErasureSearch {
  readonly at: number;
  readonly files: readonly string[];
  readonly bytes: number;
  /** Places where it still stands: copies in freed space that the next compaction clears. */
  readonly remains: number;
  /** When the database was rebuilt without its freed space; null: there was no need, or not yet. */
  readonly compactedAt: number | null;
}

/** The act of erasure: proves, with an extract of the log, that a person's data were destroyed. */
export interface ErasureAct {
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  /** Keyed hash of the number: keeps a new import of it closed, tells nobody the number. */
  readonly subject: string;
  readonly pseudonym: number;
  /** Rows in which the number was replaced, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Texts of other rows in which it was mentioned, by table. */
  readonly mentions: Readonly<Record<string, number>>;
  readonly callsHungUp: number;
  readonly demandsDone: number;
  readonly files: readonly CleanedFile[];
  /** null: not yet searched. */
  readonly search: ErasureSearch | null;
  /** Acts of earlier erasures of the same number. */
  readonly earlier: readonly ErasureAct[];
}

export interface ErasureRow {
  readonly pseudonym: number;
  readonly subject: string;
  readonly at: number;
  readonly act: string;
  readonly mac: Buffer;
}

/** What the signature of an act covers. */
export function erasureText({ pseudonym, subject, at, act }: Omit<ErasureRow, 'mac'>): string {
  return `erasure\n${pseudonym}\n${subject}\n${at}\n${act}`;
}

/**
 * What is cleared, besides the number, where a person has rows; kept is what proves that a call was lawful and says
 * nothing of him. The leads of a campaign are told apart by number: a second one of his, and each other number of his
 * leads, gets a filler of its own. Rows elsewhere of those other numbers are theirs: they are erased by themselves.
 */
const CLEARED = {
  leads: `person = NULL, name = NULL, zone = NULL, region = NULL, vars = '{}', reason = 'OPT_OUT_ERASED'`,
  lead_numbers: `closed = 'OPT_OUT_ERASED'`,
  attempts: 'person = NULL, sip_call_id = NULL',
  inbound_calls: null,
  verdicts: null,
  consents: 'evidence = NULL, note = NULL',
  reassignments: 'note = NULL',
  refusals: 'evidence = NULL, note = NULL',
  debtor_flags: 'evidence = NULL, note = NULL',
  demands: 'evidence = NULL, note = NULL',
  opt_outs: null,
  dnc_numbers: null,
} as const satisfies Record<string, string | null>;

/** Tables a person has rows in, each with a column `phone`. */
export const PERSON_TABLES = Object.keys(CLEARED) as readonly (keyof typeof CLEARED)[];

/** Fillers lie below every pseudonym. */
const FILLER = -(2 ** 52) - 1;

/** Erasing a person: his number is replaced by a pseudonym in every row, what is personal is cleared, the act is kept. */
export function createErasures(db: Db, keyed: KeyedHash) {
  const byPseudonym = db.prepare<[number], ErasureRow>('SELECT * FROM erasures WHERE pseudonym = ?');
  const save = db.prepare(
    `INSERT INTO erasures (pseudonym, subject, at, act, mac) VALUES (@pseudonym, @subject, @at, @act, @mac)
     ON CONFLICT (pseudonym) DO UPDATE SET act = excluded.act, mac = excluded.mac`,
  );
  const isCaller = db.prepare<[number], number>('SELECT 1 FROM registrations WHERE caller = ?').pluck();
  const unfinished = db.prepare<[], string>(`SELECT act FROM erasures WHERE act ->> '$.search.remains' > 0`).pluck();
  const openDemands = `SELECT * FROM demands AS d WHERE phone = @phone AND state = 'open'
    AND NOT EXISTS (SELECT 1 FROM demands WHERE phone = d.phone AND kind = d.kind AND id > d.id)`;
  const endDemands = db.prepare(
    `INSERT INTO demands (phone, kind, received_at, due_at, state, source, created_at)
     SELECT phone, kind, received_at, due_at, 'done', 'erasure', @now FROM (${openDemands})`,
  );
  // An act of an import may cover many numbers, and its note is of none of them: only then the others are looked for.
  const freeActs = db.prepare(
    `UPDATE opt_out_acts AS a SET note = NULL, evidence = CASE kind WHEN 'lift' THEN 'erased' END
     WHERE id IN (SELECT act FROM opt_outs WHERE phone = @phone) AND (note IS NOT NULL OR evidence IS NOT NULL)
       AND (source NOT GLOB 'import *' OR NOT EXISTS (SELECT 1 FROM opt_outs WHERE act = a.id AND phone <> @phone))`,
  );
  const freeCallbacks = db.prepare(
    `UPDATE callbacks SET note = NULL WHERE note IS NOT NULL AND lead IN (SELECT lead FROM lead_numbers WHERE phone = @phone)`,
  );
  const freeResults = db.prepare(
    `UPDATE call_results SET note = NULL WHERE note IS NOT NULL AND lead IN (SELECT lead FROM lead_numbers WHERE phone = @phone)`,
  );
  const free: Partial<Record<string, string>> = {
    leads: `CASE WHEN EXISTS (SELECT 1 FROM leads AS o WHERE o.campaign = leads.campaign AND o.phone = @pseudonym)
      THEN ${FILLER} - id ELSE @pseudonym END`,
    lead_numbers: `CASE WHEN phone <> @phone OR EXISTS (SELECT 1 FROM lead_numbers AS o
      WHERE o.campaign = lead_numbers.campaign AND o.phone = @pseudonym)
      THEN ${FILLER} - 1000 * lead - place ELSE @pseudonym END`,
  };
  // By whichever of its numbers a lead is erased, none of the others is called for it any more.
  const his = 'IN (SELECT lead FROM lead_numbers WHERE phone = @phone)';
  const where: Partial<Record<string, string>> = { leads: `id ${his}`, lead_numbers: `lead ${his}` };
  const replace = PERSON_TABLES.map((table) => {
    const cleared = CLEARED[table] === null ? '' : `, ${CLEARED[table]}`;
    const twice = table === 'opt_outs' || table === 'dnc_numbers' ? 'OR IGNORE ' : '';
    return {
      table,
      update: db.prepare(
        `UPDATE ${twice}${table} SET phone = ${free[table] ?? '@pseudonym'}${cleared} WHERE ${where[table] ?? 'phone = @phone'}`,
      ),
      drop: twice === '' ? null : db.prepare(`DELETE FROM ${table} WHERE phone = @phone`),
    };
  });

  const write = (act: ErasureAct, at: number): void => {
    const { pseudonym, subject } = act;
    const row = { pseudonym, subject, at, act: JSON.stringify(act) };
    save.run({ ...row, mac: keyed.mac(erasureText(row)) });
  };
  const find = (phone: number): ErasureRow | null => {
    const row = byPseudonym.get(keyed.pseudonym(phone));
    return row !== undefined && row.subject === keyed.subject(phone) ? row : null;
  };
  const actOf = (phone: number): ErasureAct | null => {
    const row = find(phone);
    return row === null ? null : (JSON.parse(row.act) as ErasureAct);
  };

  return {
    /** When this person was erased, epoch ms; null: he was not. */
    erasedAt: (phone: number): number | null => find(phone)?.at ?? null,
    actOf,
    /** Whether the number is one of our own. */
    isCaller: (phone: number): boolean => isCaller.get(phone) !== undefined,
    /** Acts after which copies remain in freed space. */
    unfinished: (): ErasureAct[] => unfinished.all().map((act) => JSON.parse(act) as ErasureAct),
    /** Call inside a transaction. */
    erase(phone: number, given: Pick<ErasureAct, 'at' | 'by' | 'reason' | 'callsHungUp' | 'files'>): ErasureAct {
      const subject = keyed.subject(phone);
      const pseudonym = keyed.pseudonym(phone);
      const before = actOf(phone);
      const demandsDone = endDemands.run({ phone, now: given.at }).changes;
      freeActs.run({ phone });
      freeCallbacks.run({ phone });
      freeResults.run({ phone });
      const rows = replace.map(({ table, update, drop }) => {
        const { changes } = update.run({ phone, pseudonym });
        return [table, changes + (drop?.run({ phone }).changes ?? 0)] as const;
      });
      const act: ErasureAct = {
        ...given,
        subject,
        pseudonym,
        rows: Object.fromEntries(rows.filter(([, n]) => n > 0)),
        mentions: {},
        demandsDone,
        search: null,
        earlier: before === null ? [] : [...before.earlier, { ...before, earlier: [] }],
      };
      write(act, find(phone)?.at ?? given.at);
      return act;
    },
    /** Completes the act of a person erased; call inside a transaction. */
    amend(act: ErasureAct, more: Partial<Pick<ErasureAct, 'mentions' | 'files' | 'search'>>): ErasureAct {
      const row = byPseudonym.get(act.pseudonym);
      if (row === undefined) throw new Error('an act of erasure that is not there');
      const amended = { ...(JSON.parse(row.act) as ErasureAct), ...more };
      write(amended, row.at);
      return amended;
    },
    /**
     * Goes through the free texts of all tables and takes the number out of each, some thousand rows at a call; answers
     * with the table and the count of each page, and `done` is the last. Each step wants a transaction.
     */
    sweep: (number: NumberText) => sweep(db, number),
  };
}

/** What is written by the program alone, or hashed; no number of a person gets in. */
const NEVER_SWEPT: ReadonlySet<string> = new Set([
  'audit',
  'verdicts',
  'campaigns',
  'erasures',
  'migrations',
  'pacing_log',
  'pacing_estimates',
]);
const SWEEP_ROWS = 2_000;

function* sweep(db: Db, number: NumberText): Generator<{ readonly table: string; readonly changed: number }> {
  const tables = db
    .prepare<
      [],
      { name: string }
    >(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND wr = 0 AND name NOT LIKE 'sqlite_%'`)
    .all();
  for (const { name } of tables.filter(({ name }) => !NEVER_SWEPT.has(name))) {
    const columns = db
      .prepare<[string], string>(`SELECT name FROM pragma_table_info(?) WHERE type = 'TEXT'`)
      .pluck()
      .all(name)
      .map((column) => `"${column}"`);
    const last = db.prepare<[], number | null>(`SELECT max(rowid) FROM ${name}`).pluck().get() ?? 0;
    if (columns.length === 0) continue;
    // A text without its last digit is passed over without a look.
    const some = columns.map((column) => `instr(${column}, @tail)`).join(' OR ');
    const page = db
      .prepare<
        { from: number; to: number; tail: string },
        (string | number | null)[]
      >(`SELECT rowid, ${columns.join(', ')} FROM ${name} WHERE rowid > @from AND rowid <= @to AND (${some})`)
      .raw();
    const set = new Map(
      columns.map((column) => [column, db.prepare(`UPDATE ${name} SET ${column} = ? WHERE rowid = ?`)]),
    );
    for (let from = 0; from < last; from += SWEEP_ROWS) {
      let changed = 0;
      for (const [rowid, ...texts] of page.all({ from, to: from + SWEEP_ROWS, tail: number.tail })) {
        for (const [i, text] of texts.entries()) {
          const clean = typeof text === 'string' ? number.without(text) : text;
          if (clean === text) continue;
          set.get(columns[i] ?? '')?.run(clean, rowid);
          changed += 1;
        }
      }
      yield { table: name, changed };
    }
  }
}
