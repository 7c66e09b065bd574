import { resolve } from 'node:path';
import type { Field, Layout } from '../core/register/field.ts';
import { LAYOUTS } from '../core/register/layouts.ts';
import { writeRow } from '../core/register/read.ts';
import type { DncList, RegisterName, RegisterRow, RowRegister } from '../control/commands/registers.ts';
import { ObzvonError } from '../errors.ts';
import type { Cli } from './cli.ts';
import { clean } from './clean.ts';
import { writeCsv } from './export.ts';
import type { Io } from './io.ts';
import { localTime, table, timeOrNull, type Cell } from './print.ts';

/** Rows of one request of an export. */
const PAGE = 500;

/** Options of a row, by property; commander leaves out what was not given. */
type RowOptions = Readonly<Record<string, string | undefined>>;

interface ListOptions {
  readonly limit: number;
  readonly after: number;
  readonly whole?: boolean;
  readonly registry?: string;
}

interface ExportOptions {
  readonly whole?: boolean;
  readonly registry?: string;
  readonly delimiter: string;
  readonly bom: boolean;
}

/** `obzvon REGISTER add PHONE` */
export const add =
  (register: RowRegister) =>
  async (cli: Cli, phone: string, options: RowOptions): Promise<void> => {
    const values = { phone, ...textsOf(LAYOUTS[register], options) };
    cli.show(await cli.call('register.add', { register, values }), ({ added, rows }) =>
      added ? rowTable(cli.io, register, rows) : `known before, nothing changed\n${rowTable(cli.io, register, rows)}`,
    );
  };

/** What a verb such as `refusal lift` does to the rows of a phone. */
export interface Verb {
  /** Columns a row is chosen by. */
  readonly match: readonly string[];
  /** What becomes of it; `now` is the moment of the command. */
  readonly change: Readonly<Record<string, string>>;
}

/** `obzvon REGISTER VERB PHONE` */
export const follow =
  (register: RowRegister, { match, change }: Verb) =>
  async (cli: Cli, phone: string, options: RowOptions): Promise<void> => {
    const given = Object.entries(textsOf(LAYOUTS[register], options));
    const now = new Date(cli.io.clock.now()).toISOString();
    const changed = Object.entries(change).map(([column, text]) => [column, text === 'now' ? now : text]);
    const result = await cli.call('register.amend', {
      register,
      phone,
      match: Object.fromEntries(given.filter(([column]) => match.includes(column))),
      change: Object.fromEntries([...changed, ...given.filter(([column]) => !match.includes(column))]) as Record<
        string,
        string
      >,
    });
    cli.show(result, ({ changed, rows }) => `${changed} changed\n${rowTable(cli.io, register, rows)}`);
  };

/** `obzvon consent correct ID` */
export async function correct(cli: Cli, id: number, options: RowOptions): Promise<void> {
  const change = textsOf(LAYOUTS.consent, options);
  if (Object.keys(change).length === 0) throw new ObzvonError('USAGE', 'say what is to be corrected');
  const result = await cli.call('register.amend', { register: 'consent', id, match: {}, change });
  cli.show(result, ({ changed, rows }) => `${changed} changed\n${rowTable(cli.io, 'consent', rows)}`);
}

/** `obzvon consent withdraw PHONE` */
export async function withdraw(
  cli: Cli,
  phone: string,
  options: { kinds?: string[]; entity?: string[]; at?: number; source: string; note?: string },
): Promise<void> {
  const { kinds, entity, at, source, note } = options;
  const result = await cli.call('consent.withdraw', {
    phone,
    source,
    ...(kinds === undefined ? {} : { kinds: kinds.map((kind) => kind.toUpperCase()) as 'AD'[] }),
    ...(entity === undefined ? {} : { entities: entity }),
    ...(at === undefined ? {} : { at }),
    ...(note === undefined ? {} : { note }),
  });
  cli.show(result, ({ withdrawn, rows }) => `${withdrawn} withdrawn\n${rowTable(cli.io, 'consent', rows)}`);
}

/** `obzvon REGISTER show PHONE` */
export const show =
  (register: RegisterName) =>
  async (cli: Cli, phone: string): Promise<void> => {
    cli.show(await cli.call('register.show', { register, phone }), ({ phone, rows }) =>
      rows.length === 0 ? `${phone}: nothing in this register\n` : rowTable(cli.io, register, rows),
    );
  };

/** `obzvon REGISTER history PHONE` */
export const history =
  (register: RegisterName) =>
  async (cli: Cli, phone: string): Promise<void> => {
    cli.show(await cli.call('register.history', { register, phone }), ({ phone, rows }) =>
      rows.length === 0 ? `${phone}: never in this register\n` : rowTable(cli.io, register, rows, { standing: true }),
    );
  };

/** `obzvon REGISTER list` */
export const list =
  (register: RegisterName) =>
  async (cli: Cli, options: ListOptions): Promise<void> => {
    const { limit, after, whole = false, registry } = options;
    const args = { register, limit, after, whole, ...(registry === undefined ? {} : { registry }) };
    cli.show(await cli.call('register.list', args), ({ rows, next }) => {
      if (rows.length === 0 && next === null) return 'nothing here\n';
      const more = next === null ? '' : `more: --after ${next}\n`;
      return `${rowTable(cli.io, register, rows, { standing: whole })}${more}`;
    });
  };

/** `obzvon dnc list` */
export async function dncLists(cli: Cli, { whole = false }: { whole?: boolean }): Promise<void> {
  cli.show(await cli.call('dnc.lists', {}), ({ lists }) => {
    const shown = lists.filter(({ state }) => whole || state === 'active');
    return shown.length === 0 ? 'no external list is in force\n' : listTable(cli.io, shown);
  });
}

/** `obzvon REGISTER export FILE` */
export const exportRows =
  (register: RegisterName) =>
  async (cli: Cli, file: string, options: ExportOptions): Promise<void> => {
    const { whole = false, registry, delimiter, bom } = options;
    const layout = layoutOf(register);
    const scope = { register, whole, limit: PAGE, ...(registry === undefined ? {} : { registry }) };
    const pages = async function* () {
      for (let after: number | null = 0; after !== null; ) {
        const page: { rows: readonly RegisterRow[]; next: number | null } = await cli.call('register.list', {
          ...scope,
          after,
        });
        for (const row of page.rows) yield Object.values(writeRow(layout, row));
        after = page.next;
      }
    };
    // Told first: if the machine stops in between, an erasure looks for a file that is not there, and misses none.
    await cli.call('file.written', { path: resolve(file), kind: 'export' });
    const headers = ['phone', ...layout.columns.map(({ name }) => name)];
    const rows = await writeCsv(file, headers, pages(), { delimiter, bom });
    cli.show({ file, rows }, () => `${clean(file)}: ${rows} rows\n`);
  };

const NO_COLUMNS: Layout = { name: 'dnc', doc: 'external do-not-call lists', phoneHeaders: [], columns: [] };

function layoutOf(register: RegisterName): Layout {
  return register === 'dnc' ? NO_COLUMNS : LAYOUTS[register];
}

/** The options that are columns of the register, under the columns' names. */
function textsOf({ columns }: Layout, options: RowOptions): Record<string, string> {
  const given = columns.flatMap(({ property, name }) => {
    const text = options[property];
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(given);
}

/** Rows of a register; columns empty in all of them are left out. */
function rowTable(
  io: Io,
  register: RegisterName,
  rows: readonly RegisterRow[],
  { standing = false }: { standing?: boolean } = {},
): string {
  if (register === 'dnc') return dncTable(io, rows);
  const columns = layoutOf(register).columns.filter(({ property, field }) =>
    rows.some((row) => field.write(row[property]) !== ''),
  );
  const head = columns.map(({ name }) => name.replaceAll('_', ' ').toUpperCase());
  return table(
    io,
    ['ID', 'PHONE', ...head, 'RECORDED', ...(standing ? ['COUNTS'] : [])],
    rows.map((row): Cell[] => [
      row.id,
      row.phone,
      ...columns.map(({ property, field }) => cellOf(field, row[property])),
      localTime(row.createdAt),
      ...(standing ? [row.standing ? 'yes' : 'no'] : []),
    ]),
  );
}

function cellOf(field: Field<unknown>, value: unknown): Cell {
  if (field.shown === 'date') return timeOrNull(typeof value === 'number' ? value : null);
  return field.write(value).replaceAll(' ', field.list ? ',' : ' ') || null;
}

function dncTable(io: Io, rows: readonly RegisterRow[]): string {
  return table(
    io,
    ['PHONE', 'REGISTRY', 'ISSUED', 'AGE, DAYS', 'IN FORCE'],
    rows.map(({ phone, registry, takenAt, ageDays, standing }) => [
      phone,
      String(registry),
      localTime(Number(takenAt)),
      Number(ageDays),
      standing ? 'yes' : 'no',
    ]),
  );
}

function listTable(io: Io, lists: readonly DncList[]): string {
  return table(
    io,
    ['ID', 'REGISTRY', 'STATE', 'ISSUED', 'AGE, DAYS', 'LOADED', 'NUMBERS'],
    lists.map(({ id, registry, state, takenAt, ageDays, importedAt, numbers }) => [
      id,
      registry,
      state,
      localTime(takenAt),
      ageDays,
      localTime(importedAt),
      numbers,
    ]),
  );
}
