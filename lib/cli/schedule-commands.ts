import { Option, type Command } from 'commander';
import { COMMANDS } from '../control/commands.ts';
import type { RefreshedRegister } from '../core/schedule.ts';
import { addFile, parseCount, parseLate } from './options.ts';
import type { Run } from './program.ts';

const REGISTERS: readonly RefreshedRegister[] = [
  'consent',
  'optout',
  'line',
  'refusal',
  'debtor',
  'demand',
  'reassignment',
  'dnc',
  'ranges',
];

/** Declares what is done by the clock. */
export function declareSchedules(group: (name: string, description: string) => Command, run: Run): void {
  const schedule = group('schedule', 'what is done by the clock');
  schedule
    .command('add <name>')
    .description(COMMANDS['schedule.add'].doc)
    .requiredOption('--cron <expression>', "minute, hour, day of month, month, weekday, such as '0 2 * * *'")
    .requiredOption('--zone <zone>', 'whose local time it is: an IANA zone such as Europe/Moscow')
    .option('--late <duration>', 'how long after its time it may still begin, such as 4h, or skip', parseLate, 240)
    .option('--redial <campaign>', 'a new pass over its base, once a local date')
    .option('--start <campaign>', 'start it')
    .option('--stop <campaign>', 'stop it')
    .option('--pause <campaign>', 'pause it')
    .option('--resume <campaign>', 'resume it')
    .addOption(new Option('--refresh <register>', 'read --file into this register').choices(REGISTERS))
    .option('--report <campaign>', 'write its report into --file')
    .option('--redial-report <campaign>', 'write the report of its last pass into --file')
    .option('--file <file>', 'file to read, repeatable; or to write: {date} in it is the local date', addFile)
    .option('--registry <name>', 'whose do-not-call list it is, with --refresh dnc')
    .action(run(async () => (await import('./schedule.ts')).add));
  schedule
    .command('list')
    .description(COMMANDS['schedule.list'].doc)
    .action(run(async () => (await import('./schedule.ts')).list));
  schedule
    .command('show <name>')
    .description(COMMANDS['schedule.show'].doc)
    .option('--limit <n>', 'how many slots', parseCount, 20)
    .action(run(async () => (await import('./schedule.ts')).show));
  schedule
    .command('remove <name>')
    .description(COMMANDS['schedule.remove'].doc)
    .action(run(async () => (await import('./schedule.ts')).remove));
  schedule
    .command('run <name>')
    .description(COMMANDS['schedule.run'].doc)
    .option('--slot <time>', 'which, by its local time such as 2026-11-25T02:00 (default: the last that has come)')
    .action(run(async () => (await import('./schedule.ts')).run));
}
