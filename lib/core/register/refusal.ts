import { absentIs, choice, inns, optional, register, text, time, type RecordOf } from './field.ts';
import { NOTE_HEADERS, PHONE_HEADERS, SOURCE_HEADERS } from './headers.ts';

/** Subscribers' own refusals, lodged with their operators. */
export const refusalRegister = register({
  name: 'refusal',
  doc: 'subscribers’ refusals of mass calls, lodged with their operators',
  phoneHeaders: PHONE_HEADERS,
  key: [],
  fields: {
    state: absentIs<'suspected' | 'confirmed' | 'lifted'>(
      () => 'confirmed',
      choice({ doc: 'confirmed when not given', headers: ['состояние', 'статус'] }, [
        'suspected',
        'confirmed',
        'lifted',
      ]),
    ),
    since: absentIs(({ now }) => now, time({ doc: 'since when; now when not given', headers: ['дата', 'с'] })),
    allowEntities: absentIs(
      () => [],
      inns({ doc: 'entities the subscriber still allows', headers: ['allow', 'разрешено', 'разрешенные инн'] }),
    ),
    evidence: optional(text({ doc: 'attempts, complaint, feed', headers: ['доказательство', 'документ'] })),
    source: absentIs(
      ({ source }) => source,
      text({ doc: 'who told: operator feed, agent, complaint, network', headers: SOURCE_HEADERS }, 255),
    ),
    note: optional(text({ doc: 'anything worth keeping', headers: NOTE_HEADERS })),
  },
  check: ({ state, evidence }) =>
    state === 'lifted' && evidence === null
      ? { code: 'EVIDENCE_INVALID', reason: 'evidence is missing: a refusal is lifted only with it' }
      : null,
  opens: ({ state }) => state === 'lifted',
});

export type RefusalRow = RecordOf<typeof refusalRegister.fields>;
