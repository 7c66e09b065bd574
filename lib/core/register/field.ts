import type { Phone } from '../phone.ts';

/** What is wrong with one value of a row: a code for programs, a sentence for people. */
export interface Fault {
  readonly code: string;
  readonly reason: string;
}

/** The moment and the channel that fill in what a row leaves out. */
export interface Given {
  readonly now: number;
  /** Who brings the row: the name of an imported list, `cli` and so on. */
  readonly source: string;
}

/** The part of a text that is not what the field wants. */
export interface Wrong {
  readonly wrong: string;
}

/**
 * One column of a register: how people write it, how it is read and written again. `read` and `write` are methods, so that
 * fields of all kinds fit one list.
 */
export interface Field<T> {
  /** What it means, for help and docs. */
  readonly doc: string;
  /** What a text must be: `a date such as 2026-05-31`. */
  readonly wants: string;
  /** Headers people write over it, besides its own name; lower case, without dots. */
  readonly headers: readonly string[];
  /** What stands for a value on a command line: `date`, `list`. */
  readonly shown: string;
  /** It holds several values. */
  readonly list: boolean;
  /** Code of a wrong value; `NAME_INVALID` when null. */
  readonly code: string | null;
  /** Null: a row without it is wrong. */
  readonly absent: ((given: Given) => T) | null;
  /** Reads a text that is trimmed and not empty. */
  read(text: string): T | Wrong;
  /** The way back: a text `read` takes; empty for nothing. */
  write(value: T): string;
}

/** Fields by the names of the record's properties; a column's name is the same in snake_case. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What the fields read. */
export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** One row of a register: whom it is about and what it says. */
export type RecordOf<F extends Fields> = Values<F> & { readonly phone: Phone };

/** A field at its place in a register. */
export interface Column {
  /** Of the record. */
  readonly property: string;
  /** In a header or a row of texts. */
  readonly name: string;
  readonly field: Field<unknown>;
}

/** The columns of a register: headers, options and docs are made from them. */
export interface Layout {
  readonly name: string;
  readonly doc: string;
  /** Headers people write over its phone column. */
  readonly phoneHeaders: readonly string[];
  /** All but the phone's, which every row begins with. */
  readonly columns: readonly Column[];
}

/** What a register is. */
export interface Register<F extends Fields> extends Layout {
  readonly fields: F;
  /** Properties that, with the phone, name one thing whose newest row counts; null: a row names the one it replaces. */
  readonly key: readonly (keyof F & string)[] | null;
  /** What no single field can see; null: all is well. */
  readonly check?: (record: RecordOf<F>) => Fault | null;
  /** The row takes away what stopped calls, so that recording it is not for everybody. */
  readonly opens?: (record: RecordOf<F>) => boolean;
}

/** Makes a register of its fields, and holds what is said of it to their types. */
export function register<const F extends Fields>(descriptor: Omit<Register<F>, 'columns'>): Register<F> {
  const columns = Object.entries(descriptor.fields).map(([property, one]) => ({
    property,
    name: columnName(property),
    field: one,
  }));
  return { ...descriptor, columns };
}

/** `givenAt` → `given_at`: what a property is called in a column, a header and a text. */
export function columnName(property: string): string {
  return property.replace(/[A-Z0-9]+/g, (part, at: number) =>
    at === 0 || /^\d/.test(part) ? part : `_${part.toLowerCase()}`,
  );
}

type Meaning = Pick<Field<unknown>, 'doc'> & { readonly headers?: readonly string[]; readonly code?: string };

function field<T>(
  { doc, headers = [], code }: Meaning,
  how: Pick<Field<T>, 'wants' | 'shown' | 'read' | 'write'>,
): Field<T> {
  return { doc, headers, code: code ?? null, absent: null, list: false, ...how };
}

/** The field may be left out and is null then. */
export function optional<T>(of: Field<T>): Field<T | null> {
  return {
    ...of,
    absent: () => null,
    read: (text) => of.read(text),
    write: (value) => (value === null ? '' : of.write(value)),
  };
}

/** The field may be left out and is this then. */
export function absentIs<T>(absent: (given: Given) => T, of: Field<T>): Field<T> {
  return { ...of, absent };
}

/** Free text of so many characters at most. */
export function text(meaning: Meaning, maxChars = 1_000): Field<string> {
  return field<string>(meaning, {
    wants: `a text of at most ${maxChars} characters`,
    shown: 'text',
    read: (given) => ([...given].length > maxChars ? { wrong: `${[...given].slice(0, 40).join('')}…` } : given),
    write: (value) => value,
  });
}

/** A text of a pattern. */
function shaped(meaning: Meaning, wants: string, shown: string, shape: RegExp): Field<string> {
  return field<string>(meaning, {
    wants,
    shown,
    read: (given) => (shape.test(given) ? given : { wrong: given }),
    write: (value) => value,
  });
}

/** A legal entity by its ИНН; `anyone` lets `*` stand for all. */
export function inn(meaning: Meaning, options: { readonly anyone?: boolean } = {}): Field<string> {
  return options.anyone === true
    ? shaped(meaning, 'an ИНН of 10 or 12 digits, or * for all', 'inn', /^(?:\d{10}|\d{12}|\*)$/)
    : shaped(meaning, 'an ИНН of 10 or 12 digits', 'inn', /^(?:\d{10}|\d{12})$/);
}

/** SHA-256 in hex. */
export function sha256(meaning: Meaning): Field<string> {
  return field<string>(meaning, {
    wants: 'a SHA-256 of 64 hex digits',
    shown: 'hex',
    read: (given) => (/^[0-9a-f]{64}$/i.test(given) ? given.toLowerCase() : { wrong: given }),
    write: (value) => value,
  });
}

/** One of a closed list, in any case. */
export function choice<const W extends string>(meaning: Meaning, words: readonly W[]): Field<W> {
  return field<W>(meaning, {
    wants: `one of ${words.join(', ')}`,
    shown: 'word',
    read: (given) => words.find((word) => same(word, given)) ?? { wrong: given },
    write: (value) => value,
  });
}

/** Some of a closed list, kept sorted and each once. */
export function choices<const W extends string>(meaning: Meaning, words: readonly W[]): Field<readonly W[]> {
  return listOf(meaning, choice(meaning, words), `some of ${words.join(', ')}`);
}

/** Some entities by their ИНН. */
export function inns(meaning: Meaning): Field<readonly string[]> {
  return listOf(meaning, inn(meaning), 'ИНН of 10 or 12 digits');
}

function listOf<T extends string>(meaning: Meaning, one: Field<T>, wants: string): Field<readonly T[]> {
  const several = field<readonly T[]>(meaning, {
    wants,
    shown: 'list',
    read(given) {
      const read = given
        .split(/[\s,;|+]+/)
        .filter((word) => word !== '')
        .map((word) => one.read(word));
      const wrong = read.find((value) => typeof value !== 'string');
      return wrong ?? [...new Set(read as T[])].sort();
    },
    write: (value) => value.join(' '),
  });
  return { ...several, list: true };
}

/** A whole number. */
export function integer(meaning: Meaning): Field<number> {
  return field<number>(meaning, {
    wants: 'a whole number',
    shown: 'n',
    read: (given) => (/^[+-]?\d{1,15}$/.test(given) ? Number(given) : { wrong: given }),
    write: (value) => String(value),
  });
}

/** An IANA time zone. */
export function zone(meaning: Meaning): Field<string> {
  return field<string>(meaning, {
    wants: 'an IANA time zone such as Europe/Moscow',
    shown: 'zone',
    read: (given) => (isZone(given) ? given : { wrong: given }),
    write: (value) => value,
  });
}

/** A date or an instant, epoch ms; without a zone it is Moscow's. */
export function time(meaning: Meaning): Field<number> {
  return field<number>(meaning, {
    wants: 'a date such as 2026-05-31',
    shown: 'date',
    read: (given) => instant(given) ?? { wrong: given },
    write: (value) => new Date(value).toISOString(),
  });
}

function same(word: string, given: string): boolean {
  return word.toLowerCase() === given.toLowerCase();
}

function isZone(given: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: given });
    return given.includes('/');
  } catch {
    return false;
  }
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?(Z|[+-]\d\d:?\d\d)?)?$/;
const RUSSIAN_DATE = /^(\d\d)\.(\d\d)\.(\d{4})(?=$| )/;

/** `2026-05-31`, `2026-05-31T12:00:00Z`, `31.05.2026 12:00`; without a zone it is Moscow's. */
function instant(given: string): number | null {
  const match = DATE.exec(given.replace(RUSSIAN_DATE, '$3-$2-$1'));
  if (match === null) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', zoneText = '+03:00'] = match;
  const ms = fraction.padEnd(3, '0');
  const offset = zoneText.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}${offset}`);
  const real = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return Number.isNaN(at) || real.getUTCDate() !== Number(day) ? null : at;
}
