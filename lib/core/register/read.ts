import { parsePhone, type Phone } from '../phone.ts';
import { type Fault, type Fields, type Given, type Layout, type RecordOf, type Register, type Wrong } from './field.ts';

/** A row's values as text, by column. */
export type Texts = Readonly<Record<string, string>>;

/** Takes off the apostrophe by which an export keeps spreadsheets from taking a text for a formula. */
export function plain(text: string): string {
  return text.trim().replace(/^'(?='*[=+\-@\t\r\n])/, '');
}

/** A record of whatever register. */
export type AnyRow = Readonly<Record<string, unknown>> & { readonly phone: string };

/** A whole row, or the first thing wrong with it. */
export type ReadRow<F extends Fields> =
  | { readonly ok: true; readonly record: RecordOf<F> }
  | { readonly ok: false; readonly fault: Fault };

/** Reads a row of a register from texts: a spreadsheet's, a command line's. */
export function readRow<F extends Fields>(register: Register<F>, texts: Texts, given: Given): ReadRow<F> {
  const parsed = parsePhone(texts['phone'] ?? '');
  if (!parsed.ok) return { ok: false, fault: { code: parsed.code, reason: parsed.reason } };
  const values: Record<string, unknown> & { phone: Phone } = { phone: parsed.phone };
  for (const { property, name, field } of register.columns) {
    const text = plain(texts[name] ?? '');
    const fault = (found: string): ReadRow<F> => ({
      ok: false,
      fault: { code: field.code ?? `${name.toUpperCase()}_INVALID`, reason: `${name} ${found}` },
    });
    if (text === '') {
      if (field.absent === null) return fault(`is missing: it must be ${field.wants}`);
      values[property] = field.absent(given);
      continue;
    }
    const value = field.read(text);
    if (isWrong(value)) return fault(`“${value.wrong}” is not ${field.wants}`);
    values[property] = value;
  }
  const record = values as RecordOf<F>;
  const fault = register.check?.(record) ?? null;
  return fault === null ? { ok: true, record } : { ok: false, fault };
}

/** The texts of a row, by column: what `readRow` reads back as the same record. */
export function writeRow({ columns }: Layout, record: AnyRow): Record<string, string> {
  const texts = columns.map(({ property, name, field }) => [name, field.write(record[property])]);
  return { phone: record.phone, ...(Object.fromEntries(texts) as Record<string, string>) };
}

/** Whether a field could not read its text. */
export function isWrong(value: unknown): value is Wrong {
  return typeof value === 'object' && value !== null && 'wrong' in value;
}

/** Whether two rows say the same, by whomever they were brought. */
export function sameRow({ columns }: Layout, one: AnyRow, other: AnyRow): boolean {
  if (one.phone !== other.phone) return false;
  return columns.every(
    ({ name, property, field }) => name === 'source' || field.write(one[property]) === field.write(other[property]),
  );
}
