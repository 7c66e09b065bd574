import type { Register as MendingRegister } from '../../core/mended-by.ts';
import type { Phone } from '../../core/phone.ts';
import { amendedTexts, matches } from '../../core/register/amend.ts';
import { consentRegister } from '../../core/register/consent.ts';
import { debtorRegister } from '../../core/register/debtor.ts';
import { demandRegister, dueAt } from '../../core/register/demand.ts';
import type { Fault, Fields, Given, Layout, RecordOf, Register } from '../../core/register/field.ts';
import { lineRegister } from '../../core/register/line.ts';
import { readRow, sameRow, type Texts } from '../../core/register/read.ts';
import { reassignmentRegister } from '../../core/register/reassignment.ts';
import { refusalRegister } from '../../core/register/refusal.ts';
import { mendedFor, mendedForAll } from '../../dialer/mended.ts';
import type { Known, RegisterTable, StoredRow } from '../../store/register-table.ts';
import type { RegisterRow, RowRegister } from '../commands/registers.ts';
import type { Daemon } from './daemon.ts';

/** What came of a row: its id, null when it was known before. */
export type Written =
  | { readonly ok: true; readonly phone: Phone; readonly id: number | null }
  | { readonly ok: false; readonly fault: Fault };

/** One register as the handlers use it, whatever its rows are. All writing joins the caller's transaction. */
export interface RegisterDesk {
  readonly layout: Layout;
  readonly history: (phone: Phone) => RegisterRow[];
  readonly standing: (phone: Phone) => RegisterRow[];
  readonly byId: (id: number) => RegisterRow | null;
  readonly page: (after: number, limit: number, options: { readonly whole: boolean }) => RegisterRow[];
  /** Writes a row unless it is known; `opening` lets rows in that take away what stops calls. */
  readonly add: (texts: Texts, given: Given, how: { known: Known; opening: boolean }) => Written;
  /** Writes what follows a row; null as its id when that changes nothing. */
  readonly amend: (row: RegisterRow, change: Texts, given: Given) => Written;
  readonly matches: (row: RegisterRow, wanted: Texts) => boolean;
}

/** A desk for each register kept in rows. */
export function createDesks(daemon: Daemon): Readonly<Record<RowRegister, RegisterDesk>> {
  const { store, engine } = daemon;
  const mends = (register: MendingRegister) => (phone: Phone) => mendedFor(engine.floor, register, phone);
  const dueDates = (record: RecordOf<typeof demandRegister.fields>) => {
    const policy = [...daemon.policies().values()].find(({ country }) => country === 'RU');
    return { ...record, dueAt: record.dueAt ?? dueAt(record.kind, record.receivedAt, policy?.calendarOf ?? {}) };
  };
  return {
    consent: deskOf(consentRegister, store.consents, { wrote: mends('consent') }),
    line: deskOf(lineRegister, store.registrations, { wrote: () => mendedForAll(engine.floor, 'line') }),
    refusal: deskOf(refusalRegister, store.refusals, { wrote: mends('refusal') }),
    debtor: deskOf(debtorRegister, store.debtorFlags, { wrote: mends('debtor') }),
    demand: deskOf(demandRegister, store.demands, { wrote: mends('demand'), complete: dueDates }),
    reassignment: deskOf(reassignmentRegister, store.reassignments, { wrote: mends('reassignment') }),
  };
}

function deskOf<F extends Fields>(
  register: Register<F>,
  table: Pick<RegisterTable<F>, 'history' | 'standing' | 'byId' | 'page' | 'add' | 'write'>,
  more: {
    /** Hears of each phone a row was written for. */
    readonly wrote: (phone: Phone) => void;
    /** Fills in what follows from the rest. */
    readonly complete?: (record: RecordOf<F>) => RecordOf<F>;
  },
): RegisterDesk {
  const { complete = (record) => record } = more;
  const read = (texts: Texts, given: Given, opening: boolean) => {
    const row = readRow(register, texts, given);
    if (!row.ok) return row;
    const record = complete(row.record);
    if (!opening && register.opens?.(record) === true) {
      return { ok: false, fault: { code: 'ROW_OPENS', reason: 'this row takes away what stops calls' } } as const;
    }
    return { ok: true, record } as const;
  };
  const written = (phone: Phone, id: number | null): Written => {
    if (id !== null) more.wrote(phone);
    return { ok: true, phone, id };
  };
  return {
    layout: register,
    history: (phone) => table.history(phone).map(toRow),
    standing: (phone) => table.standing(phone).map(toRow),
    byId(id) {
      const row = table.byId(id);
      return row === null ? null : toRow(row);
    },
    page: (after, limit, options) => table.page(after, limit, options).map(toRow),
    add(texts, given, { known, opening }) {
      const row = read(texts, given, opening);
      return row.ok ? written(row.record.phone, table.add(row.record, given.now, known)) : row;
    },
    amend(row, change, given) {
      const next = read(amendedTexts(register, row, change), given, true);
      if (!next.ok) return next;
      const before = row as unknown as StoredRow<F>;
      const moved = register.key?.find((property) => before[property] !== next.record[property]);
      if (moved !== undefined) {
        return {
          ok: false,
          fault: { code: 'KEY_CHANGED', reason: `${moved} is what the row is known by: add another` },
        };
      }
      if (sameRow(register, before, next.record)) return { ok: true, phone: before.phone, id: null };
      return written(before.phone, table.write(next.record, given.now, before.id));
    },
    matches: (row, wanted) => matches(register, row, wanted),
  };
}

function toRow<F extends Fields>(row: StoredRow<F>): RegisterRow {
  return row;
}
