import type { Command } from 'commander';
import { COMMANDS } from '../control/commands.ts';
import { parseDate } from './options.ts';
import type { Run } from './program.ts';

/** Declares the commands of passes over a base. */
export function declareRedials(group: (name: string, description: string) => Command, run: Run): void {
  const redial = group('redial', 'new passes over a base');
  redial
    .command('run <campaign>')
    .description(COMMANDS['redial.run'].doc)
    .option('--for <date>', 'the local date it is for, such as 2026-11-23 (default: today)', parseDate)
    .action(run(async () => (await import('./redial.ts')).run));
  redial
    .command('list <campaign>')
    .description(COMMANDS['redial.list'].doc)
    .action(run(async () => (await import('./redial.ts')).list));
}
