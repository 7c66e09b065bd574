import type { Layout } from './field.ts';
import { isWrong, writeRow, type AnyRow, type Texts } from './read.ts';

/** What is said of a state anew when the state changes. */
const OF_A_STATE = ['since', 'evidence'];

/** The texts of a row that follows another with these changes; who brings it and what he notes are his own. */
export function amendedTexts(layout: Layout, row: AnyRow, change: Texts): Record<string, string> {
  const kept = Object.entries(writeRow(layout, row)).filter(
    ([name]) => name !== 'source' && name !== 'note' && !('state' in change && OF_A_STATE.includes(name)),
  );
  return { ...Object.fromEntries(kept), ...change };
}

/** Whether a row's columns are these, however they are written. */
export function matches(layout: Layout, row: AnyRow, wanted: Texts): boolean {
  const has = writeRow(layout, row);
  return Object.entries(wanted).every(([name, text]) => has[name] === canonical(layout, name, text));
}

function canonical({ columns }: Layout, name: string, text: string): string | null {
  const field = columns.find((column) => column.name === name)?.field;
  const value = field?.read(text.trim());
  return field === undefined || isWrong(value) ? null : field.write(value);
}
