import { Command, Option } from 'commander';
import { COMMANDS } from '../control/commands.ts';
import { ROW_REGISTERS, type RegisterName } from '../control/commands/registers.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { createCli, DEFAULT_SOCKET, type Cli, type GlobalOptions } from './cli.ts';
import { ROLES } from '../roles.ts';
import { VERSION } from '../version.ts';
import { declareBooks, scopeOption } from './book-commands.ts';
import { declareResults } from './result-commands.ts';
import { declareCallbacks } from './callback-commands.ts';
import type { Io } from './io.ts';
import { declareRedials } from './redial-commands.ts';
import { declareSchedules } from './schedule-commands.ts';
import { addToList, parseCount, parseDuration, parseMethod, parseNumber, parseTime } from './options.ts';
import { declareSegments } from './segment-commands.ts';
import {
  parseAbandonment,
  parseAgents,
  parseClock,
  parseDays,
  parseDone,
  parseHours,
  parseMaxRatio,
  parseSeed,
  parseSeeds,
  parseUntil,
} from './simulate-options.ts';

/** A command's work; its answer is the exit code, nothing means 0. */
type Handler<A extends unknown[]> = (cli: Cli, ...args: A) => Promise<ExitCode | void>;

/** Makes commander's action of a command whose work is loaded only when it runs. */
function runner(io: Io, onExit: (code: ExitCode) => void) {
  return <A extends unknown[]>(load: () => Promise<Handler<A>>) =>
    async (...given: unknown[]): Promise<void> => {
      // Commander hands over the arguments, then the options, then the command itself.
      const command = given.pop() as Command;
      const handler = await load();
      onExit((await handler(createCli(io, command.optsWithGlobals<GlobalOptions>()), ...(given as A))) ?? EXIT.ok);
    };
}

export type Run = ReturnType<typeof runner>;

const REGISTER_GROUPS: readonly string[] = [...ROW_REGISTERS, 'optout', 'dnc'] satisfies RegisterName[];

/** The whole tree of commands, for its docs: what registers have is declared only when one is named. */
export async function buildWholeProgram(io: Io): Promise<Command> {
  const program = buildProgram(io, () => undefined);
  for (const group of program.commands)
    await declareGroup(
      group,
      runner(io, () => undefined),
    );
  return program;
}

/** What a register's commands take comes from its descriptor: that is not loaded for the others. */
async function declareGroup(group: Command, run: Run): Promise<void> {
  if (!REGISTER_GROUPS.includes(group.name()) || group.commands.some((one) => one.name() === 'history')) return;
  (await import('./register-commands.ts')).declareRegister(group, group.name() as RegisterName, run);
}

/**
 * Declares every command. The work of each is imported only when it runs: `status` must not pay for reading CSV.
 * `onExit` hears the exit code.
 */
export function buildProgram(io: Io, onExit: (code: ExitCode) => void): Command {
  const run = runner(io, onExit);
  const program = new Command('obzvon')
    .description('talks to the dialer daemon obzvond')
    .version(VERSION, '--version', 'print the version')
    .option('--json', 'print data as JSON')
    .option('--socket <path>', `control socket of the daemon (or OBZVON_SOCKET; default ${DEFAULT_SOCKET})`)
    .addOption(new Option('--as <role>', 'come in by the socket of this role').choices(ROLES))
    .option('--config <file>', "the daemon's config, to find its sockets in")
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see --help)')
    .hook('preSubcommand', (_, group) => declareGroup(group, run))
    .helpCommand(false);

  const group = (name: string, description: string): Command => program.command(name).description(description);

  // Commander's own would show a register's group before its commands are declared.
  program
    .command('help [command...]')
    .description('show what a command takes')
    .action(async (path: string[]) => void (await program.parseAsync([...path, '--help'], { from: 'user' })));
  program
    .command('status')
    .description(COMMANDS.status.doc)
    .option('--watch', 'redraw every second')
    .action(run(async () => (await import('./status.ts')).status));
  program
    .command('reload')
    .description(COMMANDS.reload.doc)
    .action(run(async () => (await import('./config.ts')).reload));

  const campaign = group('campaign', 'campaigns');
  campaign
    .command('apply <file>')
    .description(COMMANDS['campaign.apply'].doc)
    .action(run(async () => (await import('./campaign.ts')).apply));
  campaign
    .command('list')
    .description(COMMANDS['campaign.list'].doc)
    .action(run(async () => (await import('./campaign.ts')).list));
  campaign
    .command('show <name>')
    .description(COMMANDS['campaign.show'].doc)
    .option('--watch', 'redraw every second')
    .action(run(async () => (await import('./campaign.ts')).show));
  campaign
    .command('plan <name>')
    .description(COMMANDS['campaign.plan'].doc)
    .option('--at <time>', 'as if it were then', parseTime)
    .action(run(async () => (await import('./campaign.ts')).plan));
  campaign
    .command('start <name>')
    .description(COMMANDS['campaign.start'].doc)
    .option('--wait', 'wait until the campaign has stopped')
    .option('--timeout <duration>', 'how long to wait, such as 30m', parseDuration)
    .action(run(async () => (await import('./campaign.ts')).start));
  for (const move of ['pause', 'resume', 'stop'] as const) {
    campaign
      .command(`${move} <name>`)
      .description(COMMANDS[`campaign.${move}`].doc)
      .action(run(async () => (await import('./campaign.ts'))[move]));
  }

  declareRedials(group, run);
  declareSegments(group, run);
  declareBooks(group, run);

  const agent = group('agent', 'the people who talk');
  agent
    .command('list')
    .description(COMMANDS['agent.list'].doc)
    .action(run(async () => (await import('./agent.ts')).list));
  agent
    .command('login <id>')
    .description(COMMANDS['agent.login'].doc)
    .option('--ready', 'take calls at once')
    .action(run(async () => (await import('./agent.ts')).login));
  for (const move of ['ready', 'pause', 'logout'] as const) {
    agent
      .command(`${move} <id>`)
      .description(COMMANDS[`agent.${move}`].doc)
      .action(run(async () => (await import('./agent.ts'))[move]));
  }
  agent
    .command('optout <id>')
    .description(COMMANDS['agent.optout'].doc)
    .addOption(scopeOption())
    .option('--note <text>', 'anything worth keeping')
    .action(run(async () => (await import('./agent.ts')).optOut));

  declareCallbacks(group, run);

  const call = group('call', 'call attempts');
  call
    .command('list')
    .description(COMMANDS['call.list'].doc)
    .option('--campaign <name>', 'of this campaign only')
    .option('--state <state>', 'in this state only')
    .option('--limit <n>', 'how many', parseCount, 50)
    .action(run(async () => (await import('./call.ts')).list));
  call
    .command('show <id>')
    .description(COMMANDS['call.show'].doc)
    .action(run(async () => (await import('./call.ts')).show));

  declareResults({ agent, call, result: group('result', 'what agents say of talks') }, run);

  group('pacing', 'how campaigns are paced')
    .command('show <campaign>')
    .description(COMMANDS['pacing.show'].doc)
    .option('--limit <n>', 'how many decisions', parseCount, 20)
    .option('--watch', 'redraw every second')
    .action(run(async () => (await import('./pacing.ts')).show));
  program
    .command('replay [file]')
    .description('play recorded pacing again: are the decisions the same, and what would other settings have decided')
    .option('--campaign <name>', "a campaign's recording instead of a file")
    .option('--session <n>', 'which of its recordings (default: the last)', parseCount)
    .option('--list', 'list its recordings')
    .option('--save <file>', 'write its recording into a file, to be replayed anywhere')
    .option('--method <method>', 'progressive, ratio:N or predictive', parseMethod)
    .option('--target <share>', 'another target, such as 2%', parseAbandonment)
    .option('--limit <share>', 'another limit', parseAbandonment)
    .option('--max-ratio <n>', 'another limit of unanswered calls an agent', parseMaxRatio)
    .option('--max-unanswered <n>', 'another limit of unanswered calls', parseNumber)
    .action(run(async () => (await import('./replay.ts')).replay));

  declareSchedules(group, run);

  group('report', 'reports')
    .command('campaign <name>')
    .description(COMMANDS['report.campaign'].doc)
    .action(run(async () => (await import('./report.ts')).campaign));

  group('gate', 'the check before every call')
    .command('explain [campaign] [phone]')
    .description(COMMANDS['gate.explain'].doc)
    .option('--campaign <name>', 'the campaign, when it is not the first argument')
    .option('--phone <phone>', 'the phone, or any text given for one, when it is not the second argument')
    .option('--at <time>', 'as if it were then', parseTime)
    .action(run(async () => (await import('./gate.ts')).explain));

  group('audit', 'the record of commands that changed something')
    .command('list')
    .description(COMMANDS['audit.list'].doc)
    .option('--since <time>', 'from this local time on', parseTime)
    .option('--limit <n>', 'the last so many', parseCount, 100)
    .action(run(async () => (await import('./audit.ts')).list));

  const ledger = group('ledger', 'the record of every verdict');
  ledger
    .command('verify')
    .description(COMMANDS['ledger.verify'].doc)
    .option('--database <file>', 'a copy, read without a daemon')
    .option('--key <file>', 'its installation key (default: the copy and .key)')
    .option('--anchors <file>', 'its anchors (default: compare with none)')
    .action(run(async () => (await import('./ledger.ts')).verify));
  ledger
    .command('anchor')
    .description(COMMANDS['ledger.anchor'].doc)
    .action(run(async () => (await import('./ledger.ts')).anchor));
  ledger
    .command('export')
    .description("one person's whole story, as JSON on stdout or as a page to print")
    .requiredOption('--phone <phone>', 'whose')
    .option('--html <file>', 'write a page')
    .action(run(async () => (await import('./ledger.ts')).exportStory));

  program
    .command('simulate [scenario]')
    .description('what dialing would bring: a scenario file, one of --list, or --campaign by its own calls')
    .option('--list', 'the scenarios that ship with obzvon')
    .option('--campaign <name>', "take answers, times and leads from this campaign's own calls; asks the daemon")
    .option('--agents <n>', 'agents: 12, a range 8..20 (8..20..4 by fours), or 8,12,16', parseAgents)
    .option(
      '--compare <methods>',
      'predictive, progressive, ratio:N, or peers such as vicidial-average, separated by commas',
      addToList,
    )
    .option('--best-hour', 'with leads ordered by their best hour and without, side by side on the same seeds')
    .option('--target <share>', 'abandonment to aim at: 2% or 0.02 (default 1%)', parseAbandonment)
    .option(
      '--limit <share>',
      'abandonment not to pass (default 3%, or the target when that is more)',
      parseAbandonment,
    )
    .option('--max-ratio <n>', 'calls not yet answered per agent, at most (default 20)', parseMaxRatio)
    .option('--max-unanswered <n>', 'calls not yet answered, at most (default: any number)', parseCount)
    .option('--until <day>', 'work the base by then: friday, 2026-11-27 or 2026-11-27T18:00', parseUntil)
    .option('--done <share>', 'the base is done when this share of its leads is final', parseDone, 0.99)
    .option('--start <time>', 'when the run begins (default: now for a base)', parseTime)
    .option('--from <time>', 'when shifts begin, such as 09:00', parseClock)
    .option('--to <time>', 'when shifts end', parseClock)
    .option('--hours <n>', 'how long a shift is, hours', parseHours)
    .option('--days <days>', 'days agents work: mon-fri, mon,wed or all', parseDays)
    .option('--seeds <n>', 'how many runs, each with luck of its own', parseSeeds, 8)
    .option('--seed <n>', 'the first seed; the same seeds give the same figures', parseSeed, 1)
    .option('--threads <n>', 'processor threads (default: all); the result does not depend on it', parseCount)
    .option('--html <file>', 'write a page with plots')
    .option('--save <file>', 'write the scenario, to edit it and run it again')
    .action(run(async () => (await import('./simulate.ts')).simulate));

  group('config', "the daemon's config file")
    .command('check [file]')
    .description('check a config file without a daemon')
    .action(run(async () => (await import('./config.ts')).check));
  return program;
}
