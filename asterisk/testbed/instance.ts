import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, closeSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, ObzvonError } from '../../lib/errors.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import { own, render } from './render.ts';
import { run } from './run.ts';
import type { AsteriskInstall } from './tree.ts';

/** One running Asterisk with folders of its own. */
export interface Instance {
  readonly name: string;
  readonly dir: string;
  readonly logFile: string;
  /** Of the process that runs now; another one after `restart`. */
  readonly pid: number;
  /** Asks the PBX's console. */
  rx(command: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Ends the process if it still runs and starts it anew with the same configuration; resolves when fully booted. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const BOOT_TIMEOUT_MS = 15_000;
const STOP_GRACE_MS = 2000;
/** What a Unix socket's path may measure, its end mark included. */
const SOCKET_PATH_MAX = 108;
/** Asterisk asks for these and grumbles in the log when they are not there. */
const EMPTY = [
  'acl',
  'amd',
  'ccss',
  'cdr',
  'features',
  'musiconhold',
  'pjproject',
  'sorcery',
  'stasis',
  'udptl',
  'websocket_client',
];
const PORT_TAKEN = /address already in use|EADDRINUSE/i;
const PDEATHSIG = ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'];

/** Writes the configuration and starts Asterisk in the foreground of nothing; resolves when it has fully booted. */
export async function startInstance(
  install: AsteriskInstall,
  options: { name: string; dir: string; files: Readonly<Record<string, string>> },
): Promise<Instance> {
  const { name, dir } = options;
  const control = join(dir, 'run/asterisk.ctl');
  if (Buffer.byteLength(control) >= SOCKET_PATH_MAX) {
    throw new ObzvonError('TESTBED_FAILED', `the path of Asterisk's control socket is too long: ${control}`, {
      hint: 'give the test bed a folder with a shorter path',
    });
  }
  await writeConfiguration(install, name, dir, options.files);
  const logFile = join(dir, 'log/messages.log');
  const base = [...install.command, '-C', join(dir, 'etc/asterisk.conf')];
  let child: ChildProcess;

  const boot = async (): Promise<void> => {
    const from = sizeOf(logFile);
    const out = openSync(join(dir, 'log/console.log'), 'a');
    // the kernel ends the PBX with us, even when we are killed
    const leash = existsSync(PDEATHSIG[0] ?? '') ? PDEATHSIG : [];
    const [file = '', ...args] = [...leash, ...base, '-f'];
    // out of our process group, so that Ctrl-C reaches us first and the PBX stops in its turn
    child = spawn(file, args, { stdio: ['ignore', out, out], cwd: dir, detached: leash.length > 0 });
    closeSync(out);
    const killWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', killWithUs);
    child.once('exit', () => process.off('exit', killWithUs));
    await booted(child, (command) => run([...base, '-rx', command], { timeoutMs: BOOT_TIMEOUT_MS }), control).catch(
      async (cause: unknown) => {
        await end(child);
        throw failure(name, dir, messageOf(cause), from);
      },
    );
    // Asterisk goes on without a port it could not have; we do not
    const complaints = errorsOf(logFile, from).filter((line) => PORT_TAKEN.test(line));
    if (complaints.length > 0) {
      await end(child);
      throw failure(name, dir, 'a port is taken', from);
    }
  };
  const instance: Instance = {
    name,
    dir,
    logFile,
    get pid() {
      return child.pid ?? 0;
    },
    rx: (command) => run([...base, '-rx', command], { timeoutMs: 10_000 }),
    kill: (signal) => void child.kill(signal),
    async restart() {
      await end(child);
      await boot();
    },
    stop: () => end(child),
  };
  await boot();
  return instance;
}

/** The sentence for a PBX that did not come up: where its log is and what it complained of last. */
export function failure(name: string, dir: string, why: string, from = 0): ObzvonError {
  const log = join(dir, 'log/messages.log');
  const details = [...errorsOf(log, from).slice(-6), ...lastLines(join(dir, 'log/console.log'), 3)];
  const code = details.some((line) => PORT_TAKEN.test(line)) ? 'PORT_TAKEN' : 'TESTBED_FAILED';
  return new ObzvonError(code, `${[`${name} did not start: ${why}; its log is ${log}`, ...details].join('\n  ')}`, {
    details,
  });
}

function errorsOf(file: string, from: number): string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file).subarray(from).toString('utf8').split('\n');
  return lines.filter((line) => / ERROR\[/.test(line));
}

function lastLines(file: string, count: number): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-count) : [];
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

async function writeConfiguration(
  install: AsteriskInstall,
  name: string,
  dir: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const sub of ['etc', 'run', 'varlib/keys', 'db', 'spool', 'log/cel-custom', 'cache']) {
    await mkdir(join(dir, sub), { recursive: true });
  }
  const tree =
    install.dataDir === null ? [] : [`astmoddir => ${install.moduleDir}`, `astdatadir => ${install.dataDir}`];
  const all: Record<string, string> = {
    ...Object.fromEntries(EMPTY.map((file) => [`${file}.conf`, ''])),
    'asterisk.conf': render(own('common/asterisk.conf'), { name, dir, tree_directories: tree.join('\n') }),
    'logger.conf': own('common/logger.conf'),
    'rtp.conf': own('common/rtp.conf'),
    'indications.conf': own('common/indications.conf'),
    ...files,
  };
  for (const [file, text] of Object.entries(all)) await writeFile(join(dir, 'etc', file), text, { mode: 0o600 });
}

/** Polls for the control socket, then lets Asterisk itself say when it is ready. */
async function booted(child: ChildProcess, rx: (command: string) => Promise<string>, control: string): Promise<void> {
  const deadline = systemClock.monotonic() + BOOT_TIMEOUT_MS;
  for (let last = 'no control socket'; ; await sleep(systemClock, 20)) {
    if (hasEnded(child)) throw new Error(`it ended with ${child.signalCode ?? child.exitCode ?? 'no process'}`);
    if (systemClock.monotonic() > deadline) throw new Error(`not ready after ${BOOT_TIMEOUT_MS / 1000} s (${last})`);
    if (!existsSync(control)) continue;
    const said = await rx('core waitfullybooted').catch((error: unknown) => messageOf(error));
    if (said.includes('fully booted')) return;
    last = said.trim();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** SIGTERM, and SIGKILL when that takes too long; resolves when the process is gone. */
async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const cancel = systemClock.after(STOP_GRACE_MS, () => void child.kill('SIGKILL'));
  await gone;
  cancel();
}
