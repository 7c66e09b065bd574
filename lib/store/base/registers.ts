import { optOutReaches } from '../../core/opt-out.ts';
import type { GateCampaign } from '../facts.ts';
import type { Db } from '../open.ts';
import { standing, type OptOutAct } from '../opt-outs.ts';
import { eachPage, isAsked, type PhoneIndex, type Round, type Signatures } from './columns.ts';

/** A register longer than so many times the base is looked up for each lead; a shorter one is read through. */
const READ_THROUGH = 4;

/** Where a register's rows are; `columns` of them are read, `t` is the register. */
interface Register {
  readonly table: string;
  readonly columns: string;
  readonly join?: string;
  readonly where?: string;
  /** What a person said of one of his numbers holds for all of them: rows of the leads' other numbers are read too. */
  readonly ofPerson?: true;
}

/** Reads the rows registers have of the leads' numbers, in no order that counts. */
export type RegisterScan = ReturnType<typeof createRegisterScan>;

/** Reads registers for the leads of a round, whichever way costs less. */
export function createRegisterScan(
  db: Db,
  base: {
    readonly campaign: number;
    readonly round: Round;
    readonly index: PhoneIndex;
    /** Leads by their other numbers; null: none has any. */
    readonly others: PhoneIndex | null;
    readonly leads: number;
  },
) {
  const { round, index, others } = base;
  const most = (base.leads * (round.again ? 1 : round.part.of) + 1_000) * READ_THROUGH;
  const numbers = round.again
    ? 'temp.renumbered AS r CROSS JOIN lead_numbers AS n ON n.lead = r.lead'
    : 'lead_numbers AS n INDEXED BY lead_numbers_by_phone';
  const lookedUp = (table: string): string =>
    `${numbers} CROSS JOIN ${table} AS t ON t.phone = n.phone AND n.campaign = ${base.campaign}`;

  /** `id`: the register's rows have ids. Then those are the first column of each row, else NULL is; the number is the second. */
  function scan<Row extends readonly unknown[]>(
    { table, columns, join = '', where = 'TRUE', ofPerson }: Register,
    id: string | null,
    visit: (slot: number, row: readonly [id: number, phone: number, ...Row]) => void,
  ): void {
    const rows = db.prepare<[], number>(`SELECT count(*) FROM (SELECT 1 FROM ${table} LIMIT ${most})`).pluck().get();
    if (rows === 0) return;
    const short = rows !== most;
    const sql = `SELECT ${id ?? 'NULL'}, t.phone, ${columns} FROM ${short ? `${table} AS t` : lookedUp(table)} ${join}
      WHERE ${ofPerson === true && others !== null ? 'TRUE' : isAsked(round, '+t.phone')} AND ${where}`;
    const see = (row: readonly unknown[]): void => {
      const phone = row[1] as number;
      let slot = index.slotOf(phone);
      if (slot === -1 && ofPerson === true && others !== null) slot = others.slotOf(phone);
      if (slot !== -1) visit(slot, row as readonly [id: number, phone: number, ...Row]);
    };
    if (short && id !== null) eachPage(db, sql, id, see);
    else for (const row of db.prepare<[], unknown[]>(sql).raw().iterate()) see(row);
  }

  return {
    /** Of a register whose rows have ids. */
    numbered: <Row extends readonly unknown[]>(
      register: Register,
      visit: (slot: number, row: readonly [id: number, phone: number, ...Row]) => void,
    ) => scan(register, 't.id', visit),
    /** Of one whose rows are a number and something else. */
    plain: <Row extends readonly unknown[]>(
      register: Register,
      visit: (slot: number, row: readonly [none: null, phone: number, ...Row]) => void,
    ) => scan<Row>(register, null, (slot, [, ...rest]) => visit(slot, [null, ...rest])),
  };
}

/** The newest row of each key of each lead. */
function createNewest<V>() {
  type Keys = Map<string, { readonly id: number; readonly value: V }>;
  const newest = new Map<number, Keys>();
  return {
    see(slot: number, key: string, id: number, value: V): void {
      let keys = newest.get(slot);
      if (keys === undefined) newest.set(slot, (keys = new Map() as Keys));
      const known = keys.get(key);
      if (known === undefined || known.id < id) keys.set(key, { id, value });
    },
    /** Each lead with what counts of it, by key. */
    *all(): Generator<readonly [slot: number, rows: readonly (readonly [key: string, value: V])[]]> {
      for (const [slot, keys] of newest) yield [slot, [...keys].map(([key, { value }]) => [key, value] as const)];
    },
  };
}

/** Adds what the registers say of people, but for consents: those hang on when they were given. */
export function addRegisters(
  scan: RegisterScan,
  { add, feature }: Signatures,
  campaign: Pick<GateCampaign, 'entity' | 'purpose'>,
): void {
  addOptOuts(scan, { add, feature }, campaign);

  scan.plain<[string]>(
    {
      table: 'dnc_numbers',
      columns: 'l.registry',
      join: `JOIN dnc_lists AS l ON l.id = t.list AND l.state = 'active'`,
    },
    (slot, [, , registry]) => add(slot, feature(`listed ${registry}`)),
  );

  const demands = createNewest<string>();
  scan.numbered<[string, string]>(
    { table: 'demands', columns: 't.kind, t.state', where: `t.kind IN ('stop', 'erase')`, ofPerson: true },
    (slot, [id, phone, kind, state]) => demands.see(slot, `${phone} ${kind}`, id, state),
  );
  for (const [slot, rows] of demands.all()) {
    if (rows.some(([, state]) => state !== 'withdrawn')) add(slot, feature('demand'));
  }

  const refusals = createNewest<string>();
  scan.numbered<[string, string]>(
    { table: 'refusals', columns: 't.state, t.allow_entities' },
    (slot, [id, , state, allowed]) => refusals.see(slot, '', id, `${state} ${allowed}`),
  );
  for (const [slot, [newest]] of refusals.all()) add(slot, feature(`refusal ${newest?.[1] ?? ''}`));

  const flags = createNewest<string>();
  scan.numbered<[string, string, string]>(
    { table: 'debtor_flags', columns: 't.flag, t.entity, t.state' },
    (slot, [id, , flag, entity, state]) => flags.see(slot, `${flag} ${entity}`, id, state),
  );
  for (const [slot, rows] of flags.all()) {
    const set = rows.filter(([, state]) => state === 'set').map(([key]) => key);
    if (set.length > 0) add(slot, feature(`flags ${set.sort().join()}`));
  }
}

function addOptOuts(
  scan: RegisterScan,
  { add, feature }: Pick<Signatures, 'add' | 'feature'>,
  campaign: Pick<GateCampaign, 'entity' | 'purpose'>,
): void {
  type Act = Pick<OptOutAct, 'kind' | 'scope' | 'entity' | 'purpose'> & { readonly id: number };
  // Each number's acts by themselves: a lift of one leaves what was said of another.
  const acts = new Map<number, { readonly slot: number; readonly acts: Act[] }>();
  scan.plain<[number, Act['kind'], Act['scope'], Act['entity'], Act['purpose']]>(
    {
      table: 'opt_outs',
      columns: 'a.id, a.kind, a.scope, a.entity, a.purpose',
      join: 'JOIN opt_out_acts AS a ON a.id = t.act',
      ofPerson: true,
    },
    (slot, [, phone, id, kind, scope, entity, purpose]) => {
      const act = { id, kind, scope, entity, purpose };
      const known = acts.get(phone);
      if (known === undefined) acts.set(phone, { slot, acts: [act] });
      else known.acts.push(act);
    },
  );
  for (const { slot, acts: all } of acts.values()) {
    const reaching = standing(all.sort((a, b) => a.id - b.id)).filter((act) => optOutReaches(act, campaign));
    for (const scope of new Set(reaching.map((act) => act.scope))) add(slot, feature(`opt-out ${scope}`));
  }
}

/** When each lead's number last passed to another person, for those it did. */
export function reassignments(scan: RegisterScan): ReadonlyMap<number, number> {
  const said = createNewest<string>();
  scan.numbered<[number, string]>({ table: 'reassignments', columns: 't.at, t.state' }, (slot, [id, , at, state]) =>
    said.see(slot, String(at), id, state),
  );
  const last = new Map<number, number>();
  for (const [slot, rows] of said.all()) {
    const passed = rows.filter(([, state]) => state === 'passed').map(([at]) => Number(at));
    if (passed.length > 0) last.set(slot, Math.max(...passed));
  }
  return last;
}
