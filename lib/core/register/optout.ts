import { PURPOSES } from '../campaign.ts';
import { absentIs, choice, inn, optional, register, text, type RecordOf } from './field.ts';
import { NOTE_HEADERS, PHONE_HEADERS, SOURCE_HEADERS } from './headers.ts';

/** "Never call again": for everything, for one entity or for one purpose. */
export const optoutRegister = register({
  name: 'optout',
  doc: 'people who must not be called',
  phoneHeaders: PHONE_HEADERS,
  key: ['scope', 'entity', 'purpose'],
  fields: {
    scope: absentIs<'global' | 'entity' | 'purpose'>(
      () => 'global',
      choice({ doc: 'how far it goes; global when not given', headers: ['охват'] }, ['global', 'entity', 'purpose']),
    ),
    entity: optional(inn({ doc: 'by whom not to be called', headers: ['инн', 'inn', 'организация'] })),
    purpose: optional(choice({ doc: 'for what not to be called', headers: ['цель'] }, PURPOSES)),
    source: absentIs(
      ({ source }) => `import ${source}`,
      text({ doc: 'by which channel the person told us', headers: SOURCE_HEADERS }, 255),
    ),
    evidence: optional(text({ doc: 'where the proof is kept', headers: ['доказательство', 'документ'] })),
    note: optional(text({ doc: 'anything worth keeping', headers: NOTE_HEADERS })),
  },
  check({ scope, entity, purpose }) {
    if (scope === 'entity' && entity === null) return { code: 'ENTITY_INVALID', reason: 'entity is missing' };
    if (scope === 'purpose' && purpose === null) return { code: 'PURPOSE_INVALID', reason: 'purpose is missing' };
    return scope === 'global' && (entity !== null || purpose !== null)
      ? { code: 'SCOPE_INVALID', reason: 'scope is global, but an entity or a purpose is named' }
      : null;
  },
});

export type OptOutRow = RecordOf<typeof optoutRegister.fields>;
