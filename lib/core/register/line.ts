import { PURPOSES } from '../campaign.ts';
import { absentIs, choice, choices, inn, optional, register, sha256, text, time, type RecordOf } from './field.ts';
import { NOTE_HEADERS, PHONE_HEADERS, SOURCE_HEADERS } from './headers.ts';

/** МАВ registrations: a caller number × a called operator × an entity. */
export const lineRegister = register({
  name: 'line',
  doc: 'caller numbers and their МАВ registration',
  phoneHeaders: ['caller', 'номер звонящего', 'исходящий номер', ...PHONE_HEADERS],
  key: ['operator', 'entity'],
  fields: {
    operator: absentIs(
      () => '*',
      text({ doc: 'called operator by its ИНН or name, * for all', headers: ['оператор'] }, 64),
    ),
    entity: inn({ doc: 'legal entity that calls', headers: ['инн', 'inn', 'организация'] }),
    purposes: choices({ doc: 'purposes covered', headers: ['purpose', 'цель', 'цели'] }, PURPOSES),
    label: text({ doc: 'text on the callee’s screen', headers: ['метка', 'подпись', 'маркировка'] }, 32),
    category: text({ doc: 'category of the registration', headers: ['категория'] }, 100),
    contract: optional(text({ doc: 'contract with the carrier', headers: ['договор'] }, 100)),
    validFrom: absentIs(
      ({ now }) => now,
      time({ doc: 'valid from; now when not given', headers: ['from', 'действует с', 'начало'] }),
    ),
    validTo: optional(time({ doc: 'valid to', headers: ['to', 'действует по', 'действует до', 'окончание'] })),
    status: absentIs<'active' | 'suspended' | 'revoked'>(
      () => 'active',
      choice({ doc: 'its state', headers: ['state', 'статус', 'состояние'] }, ['active', 'suspended', 'revoked']),
    ),
    verifiedAt: optional(
      time({ doc: 'when its state was last checked with the operator', headers: ['verified', 'проверено'] }),
    ),
    evidenceSha256: optional(sha256({ doc: 'SHA-256 of the proof', headers: ['хеш документа'] })),
    source: absentIs(({ source }) => source, text({ doc: 'where the row comes from', headers: SOURCE_HEADERS }, 255)),
    note: optional(text({ doc: 'anything worth keeping', headers: NOTE_HEADERS })),
  },
  check: ({ validFrom, validTo }) =>
    validTo !== null && validTo <= validFrom
      ? { code: 'VALID_TO_INVALID', reason: 'the registration ends before it begins' }
      : null,
  opens: () => true,
});

export type LineRow = RecordOf<typeof lineRegister.fields>;
