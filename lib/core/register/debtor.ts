import { DEBTOR_FLAGS } from '../facts.ts';
import { absentIs, choice, inn, optional, register, text, time, type RecordOf } from './field.ts';
import { NOTE_HEADERS, PHONE_HEADERS, SOURCE_HEADERS } from './headers.ts';

/** What bars contact with a debtor (230-ФЗ). */
export const debtorRegister = register({
  name: 'debtor',
  doc: 'what bars contact with a debtor (230-ФЗ)',
  phoneHeaders: PHONE_HEADERS,
  key: ['entity', 'flag'],
  fields: {
    flag: choice({ doc: 'what bars the contact', headers: ['признак', 'основание'] }, DEBTOR_FLAGS),
    entity: absentIs(
      () => '*',
      inn({ doc: 'the creditor; * (all) when not given', headers: ['инн', 'inn', 'кредитор'] }, { anyone: true }),
    ),
    state: absentIs<'set' | 'cleared'>(
      () => 'set',
      choice({ doc: 'set when not given', headers: ['состояние', 'статус'] }, ['set', 'cleared']),
    ),
    since: absentIs(({ now }) => now, time({ doc: 'since when; now when not given', headers: ['дата', 'с'] })),
    evidence: optional(text({ doc: 'where the proof is kept', headers: ['доказательство', 'документ'] })),
    source: absentIs(({ source }) => source, text({ doc: 'where the row comes from', headers: SOURCE_HEADERS }, 255)),
    note: optional(text({ doc: 'anything worth keeping', headers: NOTE_HEADERS })),
  },
  check: ({ state, evidence }) =>
    state === 'cleared' && evidence === null
      ? { code: 'EVIDENCE_INVALID', reason: 'evidence is missing: a flag is cleared only with it' }
      : null,
  opens: ({ state }) => state === 'cleared',
});

export type DebtorRow = RecordOf<typeof debtorRegister.fields>;
