import { CommanderError, type Command, type Option } from 'commander';
import type { Io } from '../../lib/cli/io.ts';
import { buildWholeProgram } from '../../lib/cli/program.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Random } from '../../lib/sim/random.ts';
import { below, chance, of, type Fuzzer, type Made } from './fuzzer.ts';
import { BAD, VALUES } from './option-values.ts';

/*
 * Command lines of the whole tree, parsed and not run: every command's own words with values of each kind, and mutations
 * of them. The command that would run is the one the first words name, with the values an oracle of its own reads.
 */

interface CliCase extends Made {
  readonly input: readonly string[];
  /** What must come of it; null: whatever the first words allow. */
  readonly right: 'refused' | Right | null;
}

interface Right {
  readonly leaf: Command;
  readonly words: readonly unknown[];
  readonly values: Readonly<Record<string, unknown>>;
}

let said = '';
const say = (text: string): void => void (said += text);
const io: Io = {
  ...{ out: say, err: say, outIsTty: false, errIsTty: false, env: {}, clock: systemClock },
  paint: (_, text) => text,
  onInterrupt: () => () => undefined,
};

const program = await buildWholeProgram(io);
const leaves: { command: Command; path: string[] }[] = [];
let ran: { command: Command; given: readonly unknown[] } | null = null;
(function collect(command: Command, path: string[]): void {
  for (const child of command.commands) collect(child, [...path, child.name()]);
  if (command.commands.length > 0) return;
  command.action((...given: unknown[]) => void (ran = { command, given }));
  // `help` takes words it then parses as a command line of its own.
  if (path[0] !== 'help') leaves.push({ command, path });
})(program, []);

const WORDS = [
  ...['spring', 'anna', '+79161234567', '8 (916) 123-45-67', 'база.csv', '', ' ', '-', '0', '__proto__', 'constructor'],
  ...['a\nb', 'a\0b', '\ud800', '😀', '$(id)', '../../etc', 'x'.repeat(5_000), "'", '%s', 'prototype', 'help'],
];
const GLOBAL = new Set(['--json', '--socket', '--config', '--help', '-h', '--version', '--']);

/** A value for an option, and what it means. */
function valueOf(random: Random, option: Option): { text: string; right: unknown } {
  if (option.argChoices !== undefined) {
    const text = chance(random, 0.9) ? of(random, option.argChoices) : of(random, WORDS);
    return { text, right: option.argChoices.includes(text) ? text : BAD };
  }
  if (option.parseArg === undefined) {
    const text = of(random, WORDS);
    return { text, right: text };
  }
  const known = VALUES.get(option.parseArg);
  if (known === undefined) throw new Error(`no oracle for ${option.flags}`);
  return known(random);
}

/** A line the grammar has, and what it means. */
function line(random: Random): CliCase {
  const { command, path } = of(random, leaves);
  const words: unknown[] = [];
  const operands: string[] = [];
  for (const argument of command.registeredArguments) {
    if (!argument.required && chance(random, 0.5)) break;
    const count = argument.variadic ? 1 + below(random, 3) : 1;
    const taken = Array.from({ length: count }, () => of(random, WORDS));
    operands.push(...taken);
    words.push(argument.variadic ? taken : taken[0]);
  }
  const optionTokens: string[][] = [];
  const values: Record<string, unknown> = {};
  let bad = false;
  for (const option of command.options) {
    if (!option.mandatory && chance(random, 0.7)) continue;
    const flag = option.long ?? '';
    if (!option.required && !option.optional) {
      optionTokens.push([flag]);
      values[option.attributeName()] = !option.negate;
      continue;
    }
    const { text, right } = valueOf(random, option);
    bad ||= right === BAD;
    values[option.attributeName()] = right;
    optionTokens.push(GLOBAL.has(text) || chance(random, 0.5) ? [`${flag}=${text}`] : [flag, text]);
  }
  const globals = chance(random, 0.2) ? [['--json']] : chance(random, 0.1) ? [['--socket', 'x.sock']] : [];
  const input = [...path, ...[...optionTokens, ...globals].flat(), ...(operands.length > 0 ? ['--'] : []), ...operands];
  const right = bad ? 'refused' : { leaf: command, words, values };
  return { kind: bad ? 'a value of no meaning' : 'as the grammar has it', input, right };
}

const STRAY = [
  '--help',
  '-h',
  '--version',
  '-x',
  '--nosuch',
  '--',
  '--json',
  '--__proto__',
  '--constructor=1',
  '-',
  '---',
  '--=',
];

/** A line with a word gone, doubled, changed, moved or put in. */
function mutated(random: Random): CliCase {
  const input = [...line(random).input];
  for (let left = 1 + below(random, 3); left > 0; left--) {
    const at = below(random, input.length + 1);
    switch (below(random, 6)) {
      case 0:
        input.splice(at, 1);
        break;
      case 1:
        input.splice(at, 0, of(random, STRAY));
        break;
      case 2:
        input.splice(at, 0, of(random, WORDS));
        break;
      case 3:
        input.splice(at, 0, ...input.splice(below(random, input.length + 1), 1));
        break;
      case 4:
        input.splice(at, 1, of(random, of(random, leaves).path));
        break;
      default: {
        const word = input[at] ?? '';
        const cut = below(random, word.length + 1);
        input[at] = word.slice(0, cut) + of(random, ['', 'x', '-', '=', 'е']) + word.slice(cut + below(random, 2));
      }
    }
  }
  return { kind: 'mutated', input, right: null };
}

/** The command the first words name, options of the whole program left out. */
function named(argv: readonly string[]): Command | null {
  let here = program;
  let isOver = false;
  for (let at = 0; at < argv.length && here.commands.length > 0; at++) {
    const word = argv[at]!;
    if (!isOver && word === '--') isOver = true;
    else if (!isOver && (word === '--socket' || word === '--config')) at += 1;
    else if (!isOver && word.startsWith('-') && word !== '-') continue;
    else {
      const child = here.commands.find((one) => one.name() === word);
      if (child === undefined) return null;
      here = child;
    }
  }
  return here.commands.length === 0 ? here : null;
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  return typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b);
}

function wrongRun({ command, given }: { command: Command; given: readonly unknown[] }, right: Right): string | null {
  if (command !== right.leaf) return `would run ${command.name()}`;
  const words = given.slice(0, command.registeredArguments.length);
  const odd = words.findIndex((word, i) => word !== undefined && !same(word, right.words[i]));
  if (odd !== -1 || words.filter((word) => word !== undefined).length !== right.words.length) {
    return `took the words ${JSON.stringify(words)}`;
  }
  const told = command.opts<Record<string, unknown>>();
  for (const option of command.options) {
    const name = option.attributeName();
    const wanted: unknown = Object.hasOwn(right.values, name)
      ? right.values[name]
      : (option.defaultValue ?? (option.negate ? true : undefined));
    if (!same(told[name], wanted))
      return `${name} is ${JSON.stringify(told[name])}, should be ${JSON.stringify(wanted)}`;
  }
  return null;
}

/** Command lines. */
export const fuzzCli: Fuzzer<CliCase> = {
  make: (random) => (chance(random, 0.6) ? line(random) : mutated(random)),
  async judge({ input, right }) {
    said = '';
    ran = null;
    let exit = 0;
    try {
      await program.parseAsync(input, { from: 'user' });
    } catch (error) {
      // As lib/cli/main.ts does.
      if (!(error instanceof CommanderError)) throw error;
      exit = error.exitCode === 0 ? 0 : 2;
    }
    const done = ran as { command: Command; given: readonly unknown[] } | null;
    if (/\n {4}at /.test(said)) return 'printed a stack';
    if (Object.keys(Object.prototype).length > 0) return 'changed Object.prototype';
    if (right === 'refused') return exit === 2 && done === null ? null : `exit ${exit}, should be refused`;
    if (right !== null) return done === null ? `exit ${exit}: ${said}` : wrongRun(done, right);
    if (exit === 2) return done !== null ? 'refused, and would run' : said === '' ? 'refused without a word' : null;
    if (done === null) return /^Usage: |^\d+\.\d+\.\d+/.test(said) ? null : `did nothing: ${said}`;
    if (done.command.name() === 'help') return input.includes('help') ? null : 'would run help';
    return done.command === named(input) ? null : `would run ${done.command.name()}`;
  },
};
