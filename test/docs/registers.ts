import { LAYOUTS } from '../../lib/core/register/layouts.ts';
import type { Layout } from '../../lib/core/register/field.ts';
import { code, table } from './markdown.ts';

/** The columns of imports and exports, from the registers' own descriptors. */
export const REGISTER_TABLES: Readonly<Record<string, () => string>> = {
  'register columns': () => Object.values<Layout>(LAYOUTS).map(section).join('\n\n'),
};

function section({ name, doc, phoneHeaders, columns }: Layout): string {
  const rows = columns.map(({ name: column, field }) => [
    code(column) + (field.absent === null ? ', required' : ''),
    field.doc,
    field.wants,
    field.headers.join(', '),
  ]);
  const phone = [`${code('phone')}, required`, 'the number', 'a phone number', phoneHeaders.join(', ')];
  return `### ${name}\n\nColumns of ${doc}.\n\n${table(['Column', 'Meaning', 'Written as', 'Other headers'], [phone, ...rows])}`;
}
