import { CommanderError } from 'commander';
import { EXIT, ERRORS, messageOf, ObzvonError, type ExitCode } from '../errors.ts';
import { clean, cleanLines, safeJson } from './clean.ts';
import type { Io } from './io.ts';
import { buildProgram } from './program.ts';

/** Runs one command line and gives its exit code; nothing is thrown. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = buildProgram(io, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    // Commander has printed its sentence already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return printError(error, argv.includes('--json'), io);
  }
}

/** An operator's mistake prints a sentence and a hint, a bug prints its stack. */
function printError(error: unknown, json: boolean, io: Io): ExitCode {
  if (!(error instanceof ObzvonError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    io.err(`${cleanLines(text)}\n(${ERRORS.BUG.hint})\n`);
    return ERRORS.BUG.exit;
  }
  const { code, message, hint, exit, details } = error;
  if (json) {
    io.err(`${safeJson({ error: { code, message, hint, exit, details } })}\n`);
  } else {
    const lines = [`obzvon: ${message}`, ...details.map((detail) => `  ${detail}`), `  (${hint})`];
    io.err(`${lines.map(clean).join('\n')}\n`);
  }
  return exit;
}
