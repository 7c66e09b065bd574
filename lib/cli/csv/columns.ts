import type { ImportKind } from '../../control/commands/imports.ts';
import type { Layout } from '../../core/register/field.ts';
import { LAYOUTS } from '../../core/register/layouts.ts';
import { PHONE_COLUMNS } from '../../core/register/lead.ts';
import { ObzvonError } from '../../errors.ts';

/** Where each cell of a row goes: a field of ours, a variable under the sheet's own name, or nowhere. */
export type Column =
  | { readonly header: string; readonly field: string }
  | { readonly header: string; readonly variable: string }
  | { readonly header: string; readonly ignored: true };

/** Columns we add to a rejects file; importing that file again must not take them for data. */
export const REJECT_COLUMNS = ['obzvon_row', 'obzvon_reason'] as const;

/** Headers people write, by our column; compared without case, dots and spaces around. */
function headersOf({ phoneHeaders, columns }: Layout): Readonly<Record<string, readonly string[]>> {
  const own = columns.map(({ name, field }) => [name, [name, ...field.headers]] as const);
  return { phone: ['phone', ...phoneHeaders], ...Object.fromEntries(own) };
}

/** Words over a phone that may be over a row's own number or a person's name as well: alone they make no second phone. */
const VAGUE_PHONES: ReadonlySet<string> = new Set(['контакт', 'номер']);
const FURTHER =
  '(?:доп|дополнительный|другой|второй|еще|раб|рабочий|дом|домашний|личный|other|second|extra|alt|home|work)';

/**
 * Columns of a lead's further numbers, by the place of the column: `phone2`, `phone 3`, «Телефон 2», «Доп. телефон», or
 * one more header that means a phone. Numbered ones come first, then the others from left to right.
 */
function furtherPhones(words: readonly string[], { phoneHeaders }: Layout): ReadonlyMap<number, string> {
  const base = `(?:${['phone', ...phoneHeaders].map((word) => word.replaceAll(' ', ' ?')).join('|')})`;
  const numbered = new RegExp(`^${base}[ _№#-]*([2-9]|10)$`, 'u');
  const further = new RegExp(`^(?:${FURTHER} ${base}|${base} \\(?${FURTHER}\\)?)$`, 'u');
  const found = words.flatMap((word, column) => {
    const place = numbered.exec(word)?.[1];
    const meant = place !== undefined || further.test(word) || (isPhone(word, phoneHeaders) && !VAGUE_PHONES.has(word));
    return meant ? [{ column, place: place === undefined ? Infinity : Number(place) }] : [];
  });
  found.sort((a, b) => a.place - b.place || a.column - b.column);
  return new Map(found.map(({ column }, i) => [column, PHONE_COLUMNS[i + 1] ?? '']));
}

function isPhone(word: string, phoneHeaders: readonly string[]): boolean {
  return word === 'phone' || phoneHeaders.includes(word);
}

/** Columns a row of the register cannot do without. */
function requiredOf({ columns }: Layout): string[] {
  return ['phone', ...columns.filter(({ field }) => field.absent === null).map(({ name }) => name)];
}

/**
 * Decides what each column is. The first header that means a field is that field; further ones, and unknown ones, are
 * variables. `chosen` (field → header) goes before our synonyms.
 */
export function mapColumns(
  kind: ImportKind,
  headers: readonly string[],
  chosen: Readonly<Record<string, string>> = {},
): Column[] {
  const register: Layout = LAYOUTS[kind];
  const further = kind === 'lead' ? PHONE_COLUMNS.slice(1) : [];
  const fields: Readonly<Record<string, readonly string[]>> = {
    ...headersOf(register),
    ...Object.fromEntries(further.map((field) => [field, [field]])),
  };
  for (const [field, header] of Object.entries(chosen)) {
    if (!Object.hasOwn(fields, field)) {
      throw new ObzvonError('USAGE', `there is no field “${field}”; fields: ${Object.keys(fields).join(', ')}`);
    }
    if (!headers.some((written) => plain(written) === plain(header))) {
      throw new ObzvonError('USAGE', `the file has no column “${header}”; columns: ${headers.join(', ')}`);
    }
  }
  const words = headers.map(plain);
  const taken = new Set<string>(Object.keys(chosen));
  const chosenWords = new Set(Object.values(chosen).map(plain));
  // The first header that means a phone is the first number; what follows it is not asked for again.
  const first = taken.has('phone') ? -1 : words.findIndex((word) => isPhone(word, register.phoneHeaders));
  const own = words.map((word, i) => (i === first || chosenWords.has(word) ? '' : word));
  const more = new Map([...(kind === 'lead' ? furtherPhones(own, register) : [])].filter(([, field]) => field !== ''));
  const variables = new Set<string>();
  const columns = headers.map((header, i): Column => {
    const word = plain(header);
    if ((REJECT_COLUMNS as readonly string[]).includes(word)) return { header, ignored: true };
    const wanted = Object.keys(chosen).find((field) => plain(chosen[field] ?? '') === word);
    if (wanted !== undefined) return { header, field: wanted };
    const place = more.get(i);
    if (place !== undefined && !taken.has(place)) {
      taken.add(place);
      return { header, field: place };
    }
    const meant = Object.keys(fields).find((field) => fields[field]?.includes(word) === true);
    if (meant !== undefined && !taken.has(meant)) {
      taken.add(meant);
      return { header, field: meant };
    }
    let variable = header.trim() === '' ? `column ${i + 1}` : header.trim();
    while (variables.has(variable)) variable += ' (2)';
    variables.add(variable);
    return { header, variable };
  });
  const missing = requiredOf(register).filter((field) => !taken.has(field));
  if (missing.length > 0) {
    const known = missing.map((field) => `${field} (${(fields[field] ?? []).slice(0, 6).join(', ')}…)`).join('; ');
    throw new ObzvonError('IMPORT_UNREADABLE', `no column for ${known} among: ${headers.join(', ')}`, {
      hint: `the first row must hold the headers; or say --column ${missing[0]}=HEADER`,
    });
  }
  return columns;
}

function plain(header: string): string {
  return header.toLowerCase().replaceAll('ё', 'е').replaceAll('.', ' ').trim().replace(/\s+/g, ' ');
}
