import { absentIs, optional, register, text } from './field.ts';
import { NOTE_HEADERS, PHONE_HEADERS, SOURCE_HEADERS } from './headers.ts';

/** "Never call again". */
export const optoutRegister = register({
  name: 'optout',
  doc: 'people who must not be called',
  phoneHeaders: PHONE_HEADERS,
  key: [],
  fields: {
    source: absentIs(
      ({ source }) => `import ${source}`,
      text({ doc: 'by which channel the person told us', headers: SOURCE_HEADERS }, 255),
    ),
    note: optional(text({ doc: 'anything worth keeping', headers: NOTE_HEADERS })),
  },
});
