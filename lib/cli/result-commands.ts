import type { Command } from 'commander';
import { COMMANDS } from '../control/commands.ts';
import type { Run } from './program.ts';

/** Declares the commands of agents' results, in the groups they belong to. */
export function declareResults(groups: { agent: Command; call: Command; result: Command }, run: Run): void {
  const given = (command: Command): Command =>
    command
      .option('--note <text>', 'anything worth keeping, 1000 characters at most')
      .option('--at <time>', "when to call back, in the callee's own time: 2026-11-25T14:05; or with a zone");
  given(groups.agent.command('result <id> <code>'))
    .description(COMMANDS['agent.result'].doc)
    .action(run(async () => (await import('./result.ts')).ofAgent));
  given(groups.call.command('result <id> <code>'))
    .description(COMMANDS['call.result'].doc)
    .action(run(async () => (await import('./result.ts')).ofCall));
  groups.result
    .command('list <campaign>')
    .description(COMMANDS['result.tree'].doc)
    .action(run(async () => (await import('./result.ts')).list));
}
