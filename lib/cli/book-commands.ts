import { Option, type Command } from 'commander';
import { COMMANDS } from '../control/commands.ts';
import { addColumn, addToList, parseCount, parseTime } from './options.ts';
import type { Run } from './program.ts';

/** Declares the books the gate reads: lead bases, consents, opt-outs, lists, caller numbers, ranges, registers. */
export function declareBooks(group: (name: string, description: string) => Command, run: Run): void {
  const imports = (parent: Command, description: string): Command =>
    parent
      .command('import <file>')
      .description(description)
      .option('--list <name>', "name of the list (default: the file's name)")
      .option('--sheet <name>', 'sheet of a workbook (default: its first)')
      .option('--column <field=header>', 'which column holds a field; repeatable', addColumn)
      .option('--rejects <file>', 'where wrong rows go (default: FILE.rejects.csv)')
      .option('--dry-run', 'show the columns and the first rows, import nothing');
  const lead = group('lead', 'lead bases and the people in them');
  imports(lead, 'import a lead base from CSV or xlsx')
    .requiredOption('--campaign <name>', 'the campaign the leads are for')
    .option('--unless-in <campaigns>', 'not those whom these campaigns have, separated by commas', addToList)
    .action(run(async () => (await import('./import.ts')).importLeads));
  lead
    .command('duplicates <campaign>')
    .description(COMMANDS['lead.duplicates'].doc)
    .option('--limit <n>', 'how many numbers to name for each other campaign', parseCount, 10)
    .action(run(async () => (await import('./lead.ts')).duplicates));
  lead
    .command('why <phone>')
    .description(COMMANDS['person.story'].doc)
    .option('--limit <n>', 'how many of the last verdicts', parseCount, 20)
    .action(run(async () => (await import('./person.ts')).why));
  lead
    .command('erase <phone>')
    .description(COMMANDS['person.erase'].doc)
    .requiredOption('--reason <text>', 'why: the demand it answers')
    .option('--yes', 'erase; without it the counts are shown')
    .action(run(async () => (await import('./person.ts')).erase));

  const consent = group('consent', 'recorded consents');
  imports(consent, 'import consents from CSV or xlsx').action(
    run(async () => (await import('./import.ts')).importRegister('consent')),
  );
  consent
    .command('show <phone>')
    .description(COMMANDS['consent.show'].doc)
    .action(run(async () => (await import('./consent.ts')).show));

  const optout = group('optout', 'people who must not be called');
  optout
    .command('add <phone>')
    .description(COMMANDS['optout.add'].doc)
    .addOption(scopeOption())
    .option('--entity <inn>', 'ИНН whose calls are unwanted, with --scope entity or purpose')
    .option('--purpose <purpose>', 'purpose of the unwanted calls, with --scope purpose')
    .option('--source <channel>', 'how the person told us: agent, sms, mail, operator, court', 'agent')
    .option('--note <text>', 'anything worth keeping')
    .action(run(async () => (await import('./optout.ts')).add));
  optout
    .command('lift <phone>')
    .description(COMMANDS['optout.lift'].doc)
    .requiredOption('--evidence <text>', 'what proves it: a letter, a recording, and where it is kept')
    .addOption(scopeOption())
    .option('--entity <inn>', 'as in the opt-out')
    .option('--purpose <purpose>', 'as in the opt-out')
    .option('--source <channel>', 'how the person told us', 'agent')
    .option('--note <text>', 'anything worth keeping')
    .action(run(async () => (await import('./optout.ts')).lift));
  imports(optout, 'import opt-outs from CSV or xlsx; a file of numbers alone may have millions')
    .addOption(
      new Option('--scope <scope>', 'what they opted out of (default: global, or as the next two say)').choices([
        'global',
        'entity',
        'purpose',
      ]),
    )
    .option('--entity <inn>', 'calls for this legal entity only, by its ИНН')
    .option('--purpose <purpose>', 'calls of this purpose only')
    .option('--source <channel>', 'how they told us (default: import and the name of the list)')
    .option('--note <text>', 'anything worth keeping')
    .action(run(async () => (await import('./import-numbers.ts')).importOptOuts));
  optout
    .command('show <phone>')
    .description(COMMANDS['optout.show'].doc)
    .action(run(async () => (await import('./optout.ts')).show));

  imports(
    group('dnc', 'external do-not-call lists'),
    'load an external do-not-call list; it takes the place of the one before in one step',
  )
    .requiredOption('--registry <name>', 'whose list it is')
    .requiredOption('--taken-at <date>', 'as of when its keeper issued it', parseTime)
    .option('--force', 'though it is older than the one in force, or has less than half of its numbers')
    .action(run(async () => (await import('./import-numbers.ts')).importDnc));

  const line = group('line', 'caller numbers and their МАВ registration');
  line
    .command('add <phone>')
    .description(COMMANDS['line.add'].doc)
    .requiredOption('--entity <inn>', 'ИНН of the legal entity')
    .requiredOption('--purposes <list>', 'purposes covered, separated by commas', addToList)
    .requiredOption('--label <text>', "text on the callee's screen, 32 characters at most")
    .requiredOption('--category <name>', 'category of the registration')
    .option('--operator <name>', 'called operator, * for all', '*')
    .option('--contract <number>', 'contract with the carrier')
    .option('--valid-from <date>', 'valid from (default: now)', parseTime)
    .option('--valid-to <date>', 'valid to', parseTime)
    .option('--status <status>', 'active, suspended or revoked', 'active')
    .action(run(async () => (await import('./line.ts')).add));
  line
    .command('list')
    .description(COMMANDS['line.list'].doc)
    .action(run(async () => (await import('./line.ts')).list));
  line
    .command('unblock <phone>')
    .description(COMMANDS['line.unblock'].doc)
    .requiredOption('--operator <inn>', 'the operator, as obzvon status names it; ? for unknown')
    .requiredOption('--note <text>', 'what was mended, and who says so')
    .action(run(async () => (await import('./line.ts')).unblock));

  const ranges = group('ranges', 'the register of numbering ranges');
  ranges
    .command('import <file...>')
    .description('put a register of numbering ranges in force: its files as Минцифры publishes them, all at once')
    .option('--force-small', 'take it although it is no whole register, or clearly smaller than the one in force')
    .action(run(async () => (await import('./ranges.ts')).importRanges));
  ranges
    .command('show <phone>')
    .description(COMMANDS['ranges.show'].doc)
    .action(run(async () => (await import('./ranges.ts')).show));
  ranges
    .command('status')
    .description(COMMANDS['ranges.status'].doc)
    .option('--history', 'past registers too')
    .action(run(async () => (await import('./ranges.ts')).status));

  imports(line, 'import registrations from CSV or xlsx').action(
    run(async () => (await import('./import.ts')).importRegister('line')),
  );

  for (const [name, description] of [
    ['refusal', 'subscribers’ refusals of mass calls, lodged with their operators'],
    ['debtor', 'what bars contact with a debtor (230-ФЗ)'],
    ['demand', 'demands of persons about their data (152-ФЗ)'],
    ['reassignment', 'numbers that passed to other persons'],
  ] as const) {
    imports(group(name, description), 'import rows from CSV or xlsx').action(
      run(async () => (await import('./import.ts')).importRegister(name)),
    );
  }
}

/** What an opt-out or a lift speaks of. */
export function scopeOption(): Option {
  return new Option('--scope <scope>', 'any call, calls of one entity, or calls for one purpose')
    .choices(['global', 'entity', 'purpose'])
    .default('global');
}
