import { Option, type Command } from 'commander';
import type { Column } from '../core/register/field.ts';
import { LAYOUTS } from '../core/register/layouts.ts';
import { COMMANDS } from '../control/commands.ts';
import { ROW_REGISTERS, type RegisterName, type RowRegister } from '../control/commands/registers.ts';
import { addToList, parseCount, parseCursor, parseTime } from './options.ts';
import type { Run } from './program.ts';
import type { Verb } from './register.ts';

interface VerbCommand extends Verb {
  readonly name: string;
  readonly doc: string;
  /** Columns that may be said besides; required ones with `!`. */
  readonly options: readonly string[];
}

/** How rows are followed: each verb is a new row beside the one it follows. */
const VERBS: Readonly<Record<Exclude<RowRegister, 'consent'>, readonly VerbCommand[]>> = {
  line: [
    {
      name: 'verify',
      doc: 'its state was checked with the operator now',
      match: ['operator', 'entity'],
      change: { verified_at: 'now' },
      options: ['source', 'note', 'evidenceSha256'],
    },
    ...(['suspend', 'revoke', 'activate'] as const).map((name) => ({
      name,
      doc: {
        suspend: 'no calls from it for now',
        revoke: 'its registration is over',
        activate: 'its registration is good again',
      }[name],
      match: ['operator', 'entity'],
      change: { status: { suspend: 'suspended', revoke: 'revoked', activate: 'active' }[name] },
      options: ['source', 'note', 'evidenceSha256'],
    })),
  ],
  refusal: [
    {
      name: 'confirm',
      doc: 'the refusal suspected is certain',
      match: [],
      change: { state: 'confirmed' },
      options: ['since', 'evidence', 'source', 'note'],
    },
    {
      name: 'lift',
      doc: 'the subscriber took his refusal back',
      match: [],
      change: { state: 'lifted' },
      options: ['evidence!', 'since', 'source', 'note'],
    },
  ],
  debtor: [
    {
      name: 'clear',
      doc: 'what barred the contact is over',
      match: ['flag', 'entity'],
      change: { state: 'cleared' },
      options: ['evidence!', 'since', 'source', 'note'],
    },
  ],
  demand: [
    {
      name: 'done',
      doc: 'what was demanded is done',
      match: ['kind'],
      change: { state: 'done' },
      options: ['evidence', 'source', 'note'],
    },
    {
      name: 'withdraw',
      doc: 'the person took the demand back',
      match: ['kind'],
      change: { state: 'withdrawn' },
      options: ['evidence!', 'source', 'note'],
    },
  ],
  reassignment: [
    {
      name: 'mistaken',
      doc: 'the number did not pass to another person then',
      match: ['at'],
      change: { state: 'mistaken' },
      options: ['source', 'note'],
    },
  ],
};

/** Declares what the group of a register has besides its import; names taken already stay as they are. */
export function declareRegister(group: Command, name: RegisterName, run: Run): void {
  const command = (usage: string, description: string): Command => group.command(usage).description(description);
  const has = (usage: string): boolean => group.commands.some((one) => one.name() === usage);

  if (isRowRegister(name)) declareWriting(group, name, run);
  if (!has('show')) {
    command('show <phone>', COMMANDS['register.show'].doc).action(
      run(async () => (await import('./register.ts')).show(name)),
    );
  }
  if (name === 'dnc') {
    command('list', COMMANDS['dnc.lists'].doc)
      .option('--whole', 'lists of the past too')
      .action(run(async () => (await import('./register.ts')).dncLists));
  } else if (!has('list')) {
    command('list', COMMANDS['register.list'].doc)
      .option('--limit <n>', 'how many', parseCount, 50)
      .option('--after <n>', 'go on behind what the page before ended with', parseCursor, 0)
      .option('--whole', 'rows that no longer count too')
      .action(run(async () => (await import('./register.ts')).list(name)));
  }
  if (!has('history')) {
    command('history <phone>', COMMANDS['register.history'].doc).action(
      run(async () => (await import('./register.ts')).history(name)),
    );
  }
  const exporting = command('export <file>', 'write the register as CSV; importing it again changes nothing')
    .addOption(new Option('--delimiter <sign>', 'between cells').choices([';', ',']).default(';'))
    .option('--no-bom', 'without the mark by which Excel knows UTF-8');
  if (name === 'dnc') exporting.requiredOption('--registry <name>', 'numbers of this list');
  else exporting.option('--whole', 'rows that no longer count too');
  exporting.action(run(async () => (await import('./register.ts')).exportRows(name)));
}

function declareWriting(group: Command, name: RowRegister, run: Run): void {
  const { columns } = LAYOUTS[name];
  if (!group.commands.some((one) => one.name() === 'add')) {
    const adding = group.command('add <phone>').description('record a row; a row that counts and says the same stays');
    for (const column of columns) adding.addOption(optionOf(column, column.field.absent === null));
    adding.action(run(async () => (await import('./register.ts')).add(name)));
  }
  if (name === 'consent') return declareConsent(group, run);
  for (const { name: verb, doc, match, change, options } of VERBS[name]) {
    const following = group.command(`${verb} <phone>`).description(doc);
    const wanted = [...match, ...options];
    for (const column of columns) {
      const required = wanted.includes(`${column.property}!`);
      if (required || wanted.includes(column.property)) following.addOption(optionOf(column, required));
    }
    following.action(run(async () => (await import('./register.ts')).follow(name, { match, change })));
  }
}

function declareConsent(group: Command, run: Run): void {
  group
    .command('withdraw <phone>')
    .description(COMMANDS['consent.withdraw'].doc)
    .option('--kinds <list>', 'kinds withdrawn (default: all)', addToList)
    .option('--entity <inn>', 'from whom, by ИНН; repeatable (default: all)', addToList)
    .option('--at <time>', 'when (default: now)', parseTime)
    .option('--source <channel>', 'how the person told us', 'agent')
    .option('--note <text>', 'anything worth keeping')
    .action(run(async () => (await import('./register.ts')).withdraw));
  const correcting = group.command('correct <id>').description('replace a consent by its correction');
  correcting.argument('<id>');
  for (const column of LAYOUTS.consent.columns) {
    if (column.property !== 'withdrawnAt') correcting.addOption(optionOf(column, false));
  }
  correcting.action(run(async () => (await import('./register.ts')).correct));
}

function optionOf({ name, field }: Column, required: boolean): Option {
  const flag = name.replaceAll('_', '-');
  const closed = field.shown === 'word' || field.shown === 'list';
  const doc = closed ? `${field.doc}; ${field.wants}` : field.doc;
  return new Option(`--${flag} <${field.shown}>`, doc).makeOptionMandatory(required);
}

function isRowRegister(name: RegisterName): name is RowRegister {
  return (ROW_REGISTERS as readonly string[]).includes(name);
}
