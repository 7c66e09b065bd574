import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { countOf, DEFAULT_CONFIG_FILE, readConfig, type Config, type ConfigReading } from '../config.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { formatProblem, type Problem } from '../problems.ts';
import { clean } from './clean.ts';
import type { Cli } from './cli.ts';

/** `obzvon config check [FILE]`: works without a daemon; exits 6 when the daemon would not start with this file. */
export async function check(cli: Cli, file: string | undefined): Promise<ExitCode> {
  const path = file ?? cli.configFile ?? DEFAULT_CONFIG_FILE;
  const reading = readConfig(path, cli.io.env);
  const folders = reading.config === null ? [] : checkFolders(reading.config, reading.problemAt);
  const errors = [...reading.errors, ...folders.filter(({ fatal }) => fatal).map(({ problem }) => problem)];
  const warnings = [...reading.warnings, ...folders.filter(({ fatal }) => !fatal).map(({ problem }) => problem)];
  cli.show({ file: path, ok: errors.length === 0, errors, warnings }, () => {
    const verdict = errors.length === 0 ? `${path} is ok` : `${path} has ${countOf(errors.length)}`;
    return [
      ...errors.map(formatProblem),
      ...warnings.map((warning) => `warning: ${formatProblem(warning)}`),
      `${verdict}${warnings.length === 0 ? '' : `, ${warnings.length} to look at`}`,
    ]
      .map((line) => `${clean(line)}\n`)
      .join('');
  });
  return errors.length === 0 ? EXIT.ok : EXIT.configInvalid;
}

/** `obzvon reload` */
export async function reload(cli: Cli): Promise<void> {
  cli.show(await cli.call('reload', {}), ({ changed, needRestart }) => {
    const restart = needRestart.length === 0 ? '' : `a restart is needed for: ${needRestart.join(', ')}\n`;
    return `${changed.length === 0 ? 'nothing changed' : `changed: ${changed.join(', ')}`}\n${restart}`;
  });
}

/** What cannot be written by who asks may still be writable by the daemon; what is not there is not there for both. */
function checkFolders(
  config: Config,
  problemAt: ConfigReading['problemAt'],
): { readonly fatal: boolean; readonly problem: Problem }[] {
  return (['database', 'socket'] as const).flatMap((key) => {
    const folder = dirname(config[key]);
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found === undefined) {
      // systemd makes the folder of the socket when it starts the daemon.
      const fatal = key === 'database';
      const mend = fatal ? `: mkdir -p ${folder}` : '; systemd makes it at start (RuntimeDirectory=)';
      return [{ fatal, problem: problemAt([key], `there is no folder ${folder}${mend}`) }];
    }
    if (!found.isDirectory()) return [{ fatal: true, problem: problemAt([key], `${folder} is not a folder`) }];
    try {
      accessSync(folder, constants.W_OK);
      return [];
    } catch {
      return [{ fatal: false, problem: problemAt([key], `you may not write in ${folder}: may the daemon's user?`) }];
    }
  });
}
