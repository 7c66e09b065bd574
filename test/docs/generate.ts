import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { COMMAND_TABLES } from './commands.ts';
import { ERROR_TABLES } from './errors.ts';
import { KEY_TABLES } from './keys.ts';
import { LAW_TABLES } from './law.ts';
import { OUTCOME_TABLES } from './outcomes.ts';
import { PACING_TABLES } from './pacing.ts';
import { REDIAL_TABLES } from './redial.ts';
import { REGISTER_TABLES } from './registers.ts';
import { RESULT_TABLES } from './results.ts';
import { ROLE_TABLES } from './roles.ts';
import { STATE_TABLES } from './states.ts';

/*
 * The reference tables of docs/ come from the code. `node test/docs/generate.ts` writes them between
 * `<!-- table: name -->` and `<!-- end -->`; test/docs/generated.test.ts fails when a page and the code differ.
 */

export const TABLES: Readonly<Record<string, () => string>> = {
  ...STATE_TABLES,
  ...OUTCOME_TABLES,
  ...ERROR_TABLES,
  ...COMMAND_TABLES,
  ...KEY_TABLES,
  ...LAW_TABLES,
  ...PACING_TABLES,
  ...REDIAL_TABLES,
  ...REGISTER_TABLES,
  ...RESULT_TABLES,
  ...ROLE_TABLES,
};

const DOCS = new URL('../../docs/', import.meta.url);
const PLACE = /<!-- table: ([a-z ]+) -->[^]*?<!-- end -->/g;

/** The pages directly in docs/. */
export function pages(): string[] {
  return readdirSync(DOCS).filter((name) => name.endsWith('.md'));
}

export function readPage(name: string): string {
  return readFileSync(new URL(name, DOCS), 'utf8');
}

/** Names of the tables a page has places for. */
export function tablesIn(text: string): string[] {
  return [...text.matchAll(PLACE)].map(([, name = '']) => name);
}

/** The page as it must be now. */
export async function regenerated(text: string): Promise<string> {
  const filled = text.replace(PLACE, (_, name: string) => {
    const make = TABLES[name];
    if (make === undefined)
      throw new Error(`no table is called "${name}"; there are: ${Object.keys(TABLES).join(', ')}`);
    return `<!-- table: ${name} -->\n\n${make()}\n\n<!-- end -->`;
  });
  const path = new URL('page.md', DOCS).pathname;
  return format(filled, { ...(await resolveConfig(path)), filepath: path });
}

if (import.meta.main) {
  for (const name of pages()) {
    const text = readPage(name);
    if (tablesIn(text).length > 0) writeFileSync(new URL(name, DOCS), await regenerated(text));
  }
}
