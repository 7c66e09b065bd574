import { phoneToInteger, type Phone } from '../../core/phone.ts';
import { withdrawalAlone, withdrawFrom } from '../../core/register/consent.ts';
import type { Fault } from '../../core/register/field.ts';
import type { Texts } from '../../core/register/read.ts';
import { ObzvonError } from '../../errors.ts';
import type { DncList as StoredList } from '../../store/dnc.ts';
import type { Commands } from '../commands.ts';
import type { DncList, RegisterName, RegisterRow, RowRegister } from '../commands/registers.ts';
import type { Handlers } from '../server.ts';
import { phoneTyped, type Daemon } from './daemon.ts';
import { createDesks, type RegisterDesk } from './register-desks.ts';

/** A page's rows take no more than this, as JSON. */
const PAGE_CHARS = 256 * 1024;
const DAY_MS = 86_400_000;

/** What can be looked up in any register. */
type Reader = Pick<RegisterDesk, 'history' | 'standing'> & {
  readonly page: (args: Commands['register.list']['args']) => Page;
};

/** Rows behind a cursor, each with its own; `end` goes on behind all that was looked through, null when there is no more. */
interface Page {
  readonly rows: readonly { readonly at: number; readonly row: RegisterRow }[];
  readonly end: number | null;
}

/** Registers: adding rows, following them, looking at them. */
export function registerRowHandlers(daemon: Daemon) {
  const { store, engine, clock } = daemon;
  const desks = createDesks(daemon);
  const readers: Readonly<Record<RegisterName, Reader>> = {
    ...readersOf(desks),
    optout: optoutReader(daemon),
    dnc: dncReader(daemon),
  };
  const note = (register: RowRegister, id: number, event: string, data: Readonly<Record<string, unknown>>): void =>
    store.journal.write({ at: clock.now(), subject: register, id: String(id), event, data });

  return {
    'register.add': ({ register, values }) => {
      const phone = phoneTyped(values['phone'] ?? '');
      const source = values['source'] ?? 'cli';
      const added = engine.floor.act(() => {
        const given = { now: clock.now(), source };
        const written = desks[register].add(values, given, { known: 'standing', opening: false });
        if (!written.ok) throw refused(register, written.fault);
        if (written.id !== null) note(register, written.id, 'added', { source });
        return written.id !== null;
      });
      return { added, rows: desks[register].standing(phone) };
    },
    'register.amend': ({ register, id, phone, match, change }) => {
      const desk = desks[register];
      const rows = id === undefined ? matching(desk, phoneTyped(phone ?? ''), match) : [rowOf(desk, id)];
      const source = change['source'] ?? 'cli';
      const changed = engine.floor.act(() => {
        const written = rows.flatMap((row) => {
          const next = desk.amend(row, change, { now: clock.now(), source });
          if (!next.ok) throw refused(register, next.fault);
          return next.id === null ? [] : [{ id: next.id, after: row.id }];
        });
        for (const { id, after } of written) note(register, id, 'amended', { source, after });
        return written.length;
      });
      const phones = new Set(rows.map((row) => row.phone as Phone));
      return { changed, rows: [...phones].flatMap((one) => desk.standing(one)) };
    },
    'register.show': ({ register, phone: text }) => {
      const phone = phoneTyped(text);
      return { phone, rows: readers[register].standing(phone) };
    },
    'register.history': ({ register, phone: text }) => {
      const phone = phoneTyped(text);
      return { phone, rows: readers[register].history(phone) };
    },
    'register.list': (args) => cut(readers[args.register].page(args)),
    'dnc.lists': () => ({ lists: store.dnc.lists().map((list) => aged(list, clock.now())) }),
    'consent.withdraw': ({ phone: text, kinds = null, entities = null, at = clock.now(), source, note: remark }) => {
      const phone = phoneTyped(text);
      const withdrawal = { kinds, entities, at, source, note: remark ?? null };
      const withdrawn = engine.floor.act(() => {
        const now = clock.now();
        const done = store.consents.of(phone).flatMap((consent) => {
          const rows = withdrawFrom(consent, withdrawal);
          const ids = rows.map((row) => ({ row, id: store.consents.write(row, now, consent.id) }));
          return ids.filter(({ row }) => row.withdrawnAt !== null).map(({ id }) => ({ id, after: consent.id }));
        });
        for (const { id, after } of done) note('consent', id, 'withdrawn', { source, after });
        if (done.length > 0) return done.length;
        const alone = withdrawalAlone(phone, withdrawal);
        const id = alone === null ? null : store.consents.add(alone, now);
        if (id !== null) note('consent', id, 'withdrawn', { source });
        return id === null ? 0 : 1;
      });
      if (withdrawn === 0) {
        throw new ObzvonError('NOT_FOUND', 'no consent of this phone is left to withdraw', {
          hint: 'name whom the person refuses with --entity, so that consents that turn up later fall under it',
        });
      }
      return { withdrawn, rows: desks.consent.standing(phone) };
    },
  } satisfies Handlers;
}

const HOW_TO_OPEN: Readonly<Record<RowRegister, string>> = {
  consent: 'obzvon consent add',
  line: 'obzvon line add',
  refusal: 'obzvon refusal lift',
  debtor: 'obzvon debtor clear',
  demand: 'obzvon demand withdraw',
  reassignment: 'obzvon reassignment mistaken',
};

function refused(register: RowRegister, { code, reason }: Fault): ObzvonError {
  return new ObzvonError('USAGE', reason, code === 'ROW_OPENS' ? { hint: `use ${HOW_TO_OPEN[register]}` } : {});
}

function rowOf(desk: RegisterDesk, id: number): RegisterRow {
  const row = desk.byId(id);
  if (row === null) throw new ObzvonError('NOT_FOUND', `there is no row ${id}`);
  if (!row.standing) throw new ObzvonError('NOT_FOUND', `row ${id} no longer counts: another took its place`);
  return row;
}

function matching(desk: RegisterDesk, phone: Phone, match: Texts): RegisterRow[] {
  const rows = desk.standing(phone).filter((row) => desk.matches(row, match));
  if (rows.length === 0) throw new ObzvonError('NOT_FOUND', 'no such row of this phone counts');
  return rows;
}

function readersOf(desks: Readonly<Record<RowRegister, RegisterDesk>>): Readonly<Record<RowRegister, Reader>> {
  const reader = ({ history, standing, page }: RegisterDesk): Reader => ({
    history,
    standing,
    page({ after, limit, whole }) {
      const rows = page(after, limit, { whole }).map((row) => ({ at: row.id, row }));
      return { rows, end: endOf(rows, limit) };
    },
  });
  const { consent, line, refusal, debtor, demand, reassignment } = desks;
  return {
    consent: reader(consent),
    line: reader(line),
    refusal: reader(refusal),
    debtor: reader(debtor),
    demand: reader(demand),
    reassignment: reader(reassignment),
  };
}

function optoutReader({ store }: Daemon): Reader {
  const rows = (phone: Phone): RegisterRow[] => {
    const standing = new Set(store.optOuts.of(phone).map(({ id }) => id));
    return store.optOuts
      .history(phone)
      .map((act) => ({ phone, ...act, createdAt: act.at, standing: standing.has(act.id) }));
  };
  const standing = (phone: Phone) => rows(phone).filter((row) => row.standing);
  return {
    history: rows,
    standing,
    page({ after, limit, whole }) {
      const phones = store.optOuts.phones(after, limit).map((phone) => ({ phone, at: phoneToInteger(phone) }));
      const rowsOf = whole ? rows : standing;
      return {
        rows: phones.flatMap(({ phone, at }) => rowsOf(phone).map((row) => ({ at, row }))),
        end: endOf(phones, limit),
      };
    },
  };
}

function dncReader({ store, clock }: Daemon): Reader {
  const row = (phone: Phone, list: StoredList): RegisterRow => {
    const { id, registry, takenAt, importedAt, ageDays, state } = aged(list, clock.now());
    return { id, phone, registry, takenAt, ageDays, createdAt: importedAt, standing: state === 'active' };
  };
  const history = (phone: Phone) => store.dnc.holding(phone).map((list) => row(phone, list));
  return {
    history,
    standing: (phone) => history(phone).filter((one) => one.standing),
    page({ registry, after, limit }) {
      const list = store.dnc.lists().find((one) => one.state === 'active' && one.registry === registry);
      if (list === undefined) {
        throw new ObzvonError('NOT_FOUND', `no list of registry “${registry ?? ''}” is in force`, {
          hint: 'see obzvon dnc list',
        });
      }
      const rows = store.dnc
        .numbers(list.id, after, limit)
        .map((phone) => ({ at: phoneToInteger(phone), row: row(phone, list) }));
      return { rows, end: endOf(rows, limit) };
    },
  };
}

function endOf(scanned: readonly { readonly at: number }[], limit: number): number | null {
  return scanned.length < limit ? null : (scanned.at(-1)?.at ?? null);
}

/** So much of a page as fits a reply; rows of one cursor stay together. */
function cut({ rows, end }: Page): Commands['register.list']['result'] {
  let chars = 0;
  const over = rows.findIndex(({ at, row }, index) => {
    chars += JSON.stringify(row).length;
    return chars > PAGE_CHARS && index > 0 && rows[index - 1]?.at !== at;
  });
  const fits = over === -1 ? rows : rows.slice(0, over);
  return { rows: fits.map(({ row }) => row), next: over === -1 ? end : (fits.at(-1)?.at ?? null) };
}

function aged(list: StoredList, now: number): DncList {
  return { ...list, ageDays: Math.floor((now - list.takenAt) / DAY_MS) };
}
