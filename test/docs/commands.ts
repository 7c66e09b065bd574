import type { Command, Option } from 'commander';
import { processIo } from '../../lib/cli/io.ts';
import { buildWholeProgram } from '../../lib/cli/program.ts';
import { code, table } from './markdown.ts';

const program = await buildWholeProgram(processIo());

/** The lists of docs/cli.md, from the command tree itself. */
export const COMMAND_TABLES: Readonly<Record<string, () => string>> = {
  'global options': () => options(program.options),
  commands: () => leaves(program, []).map(section).join('\n\n'),
};

interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

function leaves(parent: Command, path: readonly string[]): Leaf[] {
  return parent.commands.flatMap((command) => {
    const here = [...path, command.name()];
    return command.commands.length === 0 ? [{ path: here, command }] : leaves(command, here);
  });
}

function section({ path, command }: Leaf): string {
  const usage = [
    ...path,
    ...command.registeredArguments.map((it) => (it.required ? `<${it.name()}>` : `[${it.name()}]`)),
  ];
  const text = `### obzvon ${path.join(' ')}\n\n${code(`obzvon ${usage.join(' ')}`)}: ${command.description()}.`;
  return command.options.length === 0 ? text : `${text}\n\n${options(command.options)}`;
}

function options(all: readonly Option[]): string {
  return table(
    ['Option', 'Meaning'],
    all.map(({ flags, description, mandatory, defaultValue }) => [
      code(flags),
      description +
        (mandatory ? '; required' : defaultValue === undefined ? '' : `; default ${code(String(defaultValue))}`),
    ]),
  );
}
