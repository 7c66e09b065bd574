import { absentIs, choice, optional, register, text, time, type RecordOf } from './field.ts';
import { NOTE_HEADERS, PHONE_HEADERS, SOURCE_HEADERS } from './headers.ts';

/** Numbers that passed to other persons: consents given before are void. */
export const reassignmentRegister = register({
  name: 'reassignment',
  doc: 'numbers that passed to other persons',
  phoneHeaders: PHONE_HEADERS,
  key: ['at'],
  fields: {
    at: absentIs(({ now }) => now, time({ doc: 'when it passed; now when not given', headers: ['date', 'дата'] })),
    state: absentIs<'passed' | 'mistaken'>(
      () => 'passed',
      choice({ doc: 'mistaken: it did not pass then', headers: ['состояние', 'статус'] }, ['passed', 'mistaken']),
    ),
    source: absentIs(({ source }) => source, text({ doc: 'where the row comes from', headers: SOURCE_HEADERS }, 255)),
    note: optional(text({ doc: 'anything worth keeping', headers: NOTE_HEADERS })),
  },
  opens: ({ state }) => state === 'mistaken',
});

export type ReassignmentRow = RecordOf<typeof reassignmentRegister.fields>;
