import type { Purpose } from '../core/campaign.ts';
import type { OptOutFact } from '../core/facts.ts';
import { phoneFromInteger, phoneToInteger, type Phone } from '../core/phone.ts';
import type { Db } from './open.ts';

/** By which channel the person told us: `dtmf`, `cli`, `agent`, `import NAME` and so on. */
export type OptOutSource = string;

/** What was said. */
export interface OptOutAct {
  readonly kind: 'opt-out' | 'lift';
  readonly scope: OptOutFact['scope'];
  readonly entity: string | null;
  readonly purpose: Purpose | null;
  readonly source: OptOutSource;
  readonly attempt: string | null;
  /** Required to lift. */
  readonly evidence: string | null;
  readonly note: string | null;
}

export interface OptOutRow extends OptOutAct {
  readonly id: number;
  /** Epoch ms of the commit. */
  readonly at: number;
}

/** "Never again" for everything, said now. */
export const GLOBAL_OPT_OUT = {
  kind: 'opt-out',
  scope: 'global',
  entity: null,
  purpose: null,
  attempt: null,
  evidence: null,
  note: null,
} as const satisfies Omit<OptOutAct, 'source'>;

/**
 * "Never again": acts, and the numbers each covers; append-only. An act holds from its commit, for ever, unless a later
 * act of the same scope lifts it.
 */
export function createOptOuts(db: Db) {
  const byPhone = db.prepare<[number], OptOutRow>(
    'SELECT a.* FROM opt_outs AS o JOIN opt_out_acts AS a ON a.id = o.act WHERE o.phone = ? ORDER BY o.act',
  );
  const insertAct = db.prepare(
    `INSERT INTO opt_out_acts (at, kind, scope, entity, purpose, source, attempt, evidence, note)
     VALUES (@at, @kind, @scope, @entity, @purpose, @source, @attempt, @evidence, @note)`,
  );
  const insert = db.prepare('INSERT INTO opt_outs (phone, act) VALUES (?, ?)');
  const phones = db
    .prepare<[number, number], number>('SELECT DISTINCT phone FROM opt_outs WHERE phone > ? ORDER BY phone LIMIT ?')
    .pluck();
  const history = (phone: Phone): OptOutRow[] => byPhone.all(phoneToInteger(phone));
  return {
    /** What holds now: each scope by its first act since it was last lifted. */
    of: (phone: Phone): OptOutRow[] => standing(history(phone)),
    /** Every act, lifts too, the oldest first. */
    history,
    /** Up to `limit` numbers above `after` (0 for the first), an integer as `phoneToInteger` makes it, that ever opted out. */
    phones: (after: number, limit: number): Phone[] => phones.all(after, limit).map(phoneFromInteger),
    /** False when this very scope holds (or, for a lift, does not hold) already; the first record stands. */
    insert(phone: Phone, at: number, act: OptOutAct): boolean {
      const holds = standing(history(phone)).some((row) => sameScope(row, act));
      if (holds === (act.kind === 'opt-out')) return false;
      insert.run(phoneToInteger(phone), insertAct.run({ ...act, at }).lastInsertRowid);
      return true;
    },
  };
}

type Scoped = Pick<OptOutAct, 'kind' | 'scope' | 'entity' | 'purpose'>;

/** Acts in their order leave what still holds: an opt-out said again changes nothing, a lift ends its scope. */
export function standing<Act extends Scoped>(acts: readonly Act[]): Act[] {
  return acts.reduce<Act[]>((held, act) => {
    if (act.kind === 'lift') return held.filter((row) => !sameScope(row, act));
    return held.some((row) => sameScope(row, act)) ? held : [...held, act];
  }, []);
}

function sameScope(a: Scoped, b: Scoped): boolean {
  return a.scope === b.scope && a.entity === b.entity && a.purpose === b.purpose;
}
