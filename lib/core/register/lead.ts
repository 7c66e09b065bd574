import { parsePhones, type Phone } from '../phone.ts';
import { absentIs, integer, optional, register, text, zone, type Fault } from './field.ts';
import { PHONE_HEADERS } from './headers.ts';
import type { Texts } from './read.ts';

/** Columns of a lead base; every other column is a variable of the lead under its own name. */
export const leadRegister = register({
  name: 'lead',
  doc: 'a lead base',
  phoneHeaders: [
    ...PHONE_HEADERS,
    'mobile',
    'tel',
    'phone number',
    'контактный телефон',
    'рабочий телефон',
    'тел моб',
    'сотовый',
  ],
  key: [],
  fields: {
    name: optional(
      text({
        doc: 'name of the person',
        headers: ['имя', 'фио', 'ф и о', 'full name', 'клиент', 'контактное лицо'],
      }),
    ),
    person: optional(
      text(
        {
          doc: 'the base’s own key of the person or debtor: his numbers share it',
          headers: [
            'person_id',
            'person id',
            'debtor',
            'debtor_id',
            'id клиента',
            'код клиента',
            'должник',
            'id должника',
          ],
        },
        255,
      ),
    ),
    zone: optional(
      zone({
        doc: 'where the person is',
        headers: ['часовой пояс', 'timezone', 'time zone', 'tz', 'пояс'],
        code: 'ZONE_UNKNOWN',
      }),
    ),
    region: optional(text({ doc: 'region of the person, by its name', headers: ['регион', 'область', 'субъект рф'] })),
    priority: absentIs(() => 0, integer({ doc: 'higher goes first; 0 when not given', headers: ['приоритет'] })),
  },
});

/** How many numbers a lead may have. */
export const MOST_NUMBERS = 10;

/** Why a number is not taken that is one. */
export const TOO_MANY: Fault = { code: 'NUMBERS_TOO_MANY', reason: `a lead has ${MOST_NUMBERS} numbers at most` };

/** Columns of a lead's numbers, the first one first: `phone`, `phone2` … */
export const PHONE_COLUMNS: readonly string[] = Array.from({ length: MOST_NUMBERS }, (_, i) =>
  i === 0 ? 'phone' : `phone${i + 1}`,
);

/** The numbers of a row in their order, each once, and what was no number. */
export interface RowNumbers {
  readonly phones: readonly Phone[];
  readonly faults: readonly Fault[];
}

/** Reads all numbers of a row; a cell may hold several. A fault names the column, and the place in its cell. */
export function numbersOf(values: Texts): RowNumbers {
  const phones = new Set<Phone>();
  const faults: Fault[] = [];
  for (const column of PHONE_COLUMNS) {
    const text = values[column] ?? '';
    if (text.trim() === '') continue;
    const read = parsePhones(text);
    for (const [i, number] of read.entries()) {
      const where = read.length === 1 ? column : `${column}, number ${i + 1} of the cell`;
      if (!number.ok) faults.push({ code: number.code, reason: `${where}: ${number.reason}` });
      else if (phones.size < MOST_NUMBERS || phones.has(number.phone)) phones.add(number.phone);
      else faults.push({ ...TOO_MANY, reason: `${where}: ${TOO_MANY.reason}` });
    }
  }
  return { phones: [...phones], faults };
}
