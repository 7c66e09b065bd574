import type { Command } from 'commander';
import { COMMANDS } from '../control/commands.ts';
import { parseCount, parseDuration } from './options.ts';
import type { Run } from './program.ts';

/** Declares `obzvon callback …`. */
export function declareCallbacks(group: (name: string, description: string) => Command, run: Run): void {
  const callback = group('callback', 'calls agreed with people, asked for by them, or owed to them');
  callback
    .command('add <campaign> <phone>')
    .description(COMMANDS['callback.add'].doc)
    .option('--at <time>', "by the callee's clock: 2026-11-25T14:05 (default: as soon as an agent is free)")
    .option('--zone <zone>', 'where he is, such as Asia/Vladivostok (default: by the lead, its region or its range)')
    .option('--agent <id>', 'the agent who promised it (default: whoever is free first)')
    .option('--window <duration>', 'how long it may wait for its agent, such as 30m', parseDuration)
    .option('--source <channel>', 'how he asked: agent, site, mail', 'agent')
    .option('--evidence <text>', 'where the proof of his request is kept')
    .option('--note <text>', 'anything worth keeping')
    .action(run(async () => (await import('./callback.ts')).add));
  callback
    .command('list <campaign>')
    .description(COMMANDS['callback.list'].doc)
    .option('--all', 'those that are over too')
    .option('--limit <n>', 'how many', parseCount, 100)
    .action(run(async () => (await import('./callback.ts')).list));
  callback
    .command('move <id>')
    .description(COMMANDS['callback.move'].doc)
    .requiredOption('--at <time>', "by the callee's clock: 2026-11-25T14:05")
    .option('--agent <id>', 'another agent')
    .option('--window <duration>', 'how long it may wait for its agent, such as 30m', parseDuration)
    .action(run(async () => (await import('./callback.ts')).move));
  callback
    .command('cancel <id>')
    .description(COMMANDS['callback.cancel'].doc)
    .action(run(async () => (await import('./callback.ts')).cancel));
}
