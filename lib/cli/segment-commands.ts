import type { Command } from 'commander';
import { COMMANDS } from '../control/commands.ts';
import type { Run } from './program.ts';

/** Declares the commands about parts of a campaign's base. */
export function declareSegments(group: (name: string, description: string) => Command, run: Run): void {
  const segment = group('segment', 'parts of a campaign’s base, as its file defines them');
  segment
    .command('list <campaign>')
    .description(COMMANDS['segment.list'].doc)
    .action(run(async () => (await import('./segment.ts')).list));
  segment
    .command('show <campaign> <name>')
    .description('one segment: whom it takes, and its leads by state and outcome')
    .action(run(async () => (await import('./segment.ts')).show));
  for (const move of ['pause', 'resume'] as const) {
    segment
      .command(`${move} <campaign> <name>`)
      .description(COMMANDS[`segment.${move}`].doc)
      .action(run(async () => (await import('./segment.ts'))[move]));
  }
}
