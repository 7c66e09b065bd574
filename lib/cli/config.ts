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

interface FolderProblem {
  readonly fatal: boolean;
  readonly problem: Problem;
}

/** What cannot be written by who asks may still be writable by the daemon; what is not there is not there for both. */
function checkFolders(config: Config, problemAt: ConfigReading['problemAt']): FolderProblem[] {
  const places: readonly (readonly [path: string[], file: string])[] = [
    [['database'], config.database],
    [['keyFile'], config.keyFile],
    [['ledger', 'anchors'], config.ledger.anchors],
    [['socket'], config.socket],
  ];
  const seen = new Set<string>();
  const folders = places.flatMap(([path, file]): FolderProblem[] => {
    const folder = dirname(file);
    // The key and the anchors lie beside the database when nobody says otherwise: once is enough.
    if (seen.has(folder) && path[0] !== 'socket') return [];
    seen.add(folder);
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found === undefined) {
      // systemd makes the folder of the socket when it starts the daemon.
      const fatal = path[0] !== 'socket';
      const mend = fatal ? `: mkdir -p ${folder}` : '; systemd makes it at start (RuntimeDirectory=)';
      return [{ fatal, problem: problemAt(path, `there is no folder ${folder}${mend}`) }];
    }
    if (!found.isDirectory()) return [{ fatal: true, problem: problemAt(path, `${folder} is not a folder`) }];
    try {
      accessSync(folder, constants.W_OK);
      return [];
    } catch {
      return [{ fatal: false, problem: problemAt(path, `you may not write in ${folder}: may the daemon's user?`) }];
    }
  });
  return [...folders, ...checkKey(config, problemAt)];
}

/** The installation key: the daemon makes one for a new database only, and nobody else may read it. */
function checkKey({ database, keyFile }: Config, problemAt: ConfigReading['problemAt']): FolderProblem[] {
  const key = statSync(keyFile, { throwIfNoEntry: false });
  if (key !== undefined) {
    if ((key.mode & 0o007) === 0) return [];
    const open = `${keyFile} is open to everybody: chmod o= ${keyFile}`;
    return [{ fatal: false, problem: problemAt(['keyFile'], open) }];
  }
  if (statSync(database, { throwIfNoEntry: false }) === undefined) return [];
  const lost = `there is no key ${keyFile}, and the database is there: restore the key from its backup`;
  // A database of before the key gets one at the next start.
  return [{ fatal: false, problem: problemAt(['keyFile'], lost) }];
}
