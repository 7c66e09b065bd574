import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * Mistakes put into a copy of the program: who finds none in the program must find these. Each is a piece of text that
 * stands there once, and what is put in its place.
 */

export interface Planted {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

export const PLANTED: readonly Planted[] = [
  {
    name: 'dial-before-commit',
    file: 'lib/store/gate-transaction.ts',
    text: 'return writing(() => commit.immediate(request));',
    instead: `if (!db.inTransaction) {
        db.exec('BEGIN IMMEDIATE');
        setTimeout(() => db.exec('COMMIT'), 50);
      }
      return writing(() => commit(request));`,
  },
  {
    name: 'dial-before-reconcile',
    file: 'lib/dialer/engine.ts',
    text: "floor.holds.set('reconciling', 'comparing stored calls with live ones');",
    instead: "floor.holds.delete('starting');\n    floor.wake();",
  },
  {
    name: 're-dial-of-open-intents',
    file: 'lib/dialer/recovery.ts',
    text: 'const record = records?.get(run.id);',
    instead: `const record = records?.get(run.id);
  if (run.state === 'planned') {
    close(floor, run, 'vanished', 'not-placed', { witness: 'record' });
    return;
  }`,
  },
  {
    name: 'no-quarantine',
    file: 'lib/dialer/recovery.ts',
    text: 'const quarantinedUntil = run.plannedAt + run.ringLimitMs + IN_FLIGHT_MS;',
    instead: 'const quarantinedUntil = 0;',
  },
  {
    name: 'talks-cut-at-start',
    file: 'lib/dialer/recovery.ts',
    text: 'if (live.agent === null || live.agent !== run.agent?.id) moveAttempt',
    instead: 'moveAttempt',
  },
  {
    name: 'opt-out-answered-before-written',
    file: 'lib/control/handlers/opt-outs.ts',
    text: "'optout.add': (given) => recordOptOut(daemon, given),",
    instead: `'optout.add': (given) => {
      setTimeout(() => recordOptOut(daemon, given), 300);
      return { phone: phoneTyped(given.phone), added: true, optOut: null as never };
    },`,
  },
];

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A copy of the program with this mistake, in a new folder. */
export function plant({ name, file, text, instead }: Planted, folder: string): string {
  const tree = join(folder, name);
  mkdirSync(tree, { recursive: true });
  for (const part of ['bin', 'lib', 'asterisk', 'schemas', 'package.json']) {
    cpSync(join(ROOT, part), join(tree, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  const path = join(tree, file);
  const parts = readFileSync(path, 'utf8').split(text);
  if (parts.length !== 2) throw new Error(`${name}: its place stands ${parts.length - 1} times in ${file}`);
  writeFileSync(path, parts.join(instead));
  return tree;
}
