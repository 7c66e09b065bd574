import type { Command } from 'commander';
import { COMMANDS } from '../control/commands.ts';
import { parseCount, parseDate } from './options.ts';
import type { Run } from './program.ts';
import { parseClock } from './simulate-options.ts';

/** Declares the commands of passes over a base. */
export function declareRedials(group: (name: string, description: string) => Command, run: Run): void {
  const redial = group('redial', 'new passes over a base');
  redial
    .command('run <campaign>')
    .description(COMMANDS['redial.run'].doc)
    .option('--for <date>', 'the local date it is for, such as 2026-11-23 (default: today)', parseDate)
    .action(run(async () => (await import('./redial.ts')).run));
  redial
    .command('plan <campaign>')
    .description(COMMANDS['redial.plan'].doc)
    .option('--for <date>', 'the local date it is for, such as 2026-11-23 (default: today)', parseDate)
    .option(
      '--agents <n>',
      'of the forecast: how many agents work (default: those who did, or the campaign’s)',
      parseCount,
    )
    .option('--from <hh:mm>', 'of the forecast: when they begin (default: 09:00)', parseClock)
    .option('--to <hh:mm>', 'of the forecast: when they end (default: eight hours later)', parseClock)
    .action(run(async () => (await import('./redial.ts')).plan));
  redial
    .command('report <campaign>')
    .description(COMMANDS['redial.report'].doc)
    .option('--for <date>', 'of the pass of this date (default: the last)', parseDate)
    .option('--html <file>', 'write a page')
    .action(run(async () => (await import('./redial.ts')).report));
  redial
    .command('list <campaign>')
    .description(COMMANDS['redial.list'].doc)
    .action(run(async () => (await import('./redial.ts')).list));
}
