import { spawn } from 'node:child_process';
import { ObzvonError } from '../../lib/errors.ts';

/** Runs a program to its end and gives its standard output; a failure carries what it said on standard error. */
export function run(command: readonly string[], options: { cwd?: string; timeoutMs?: number } = {}): Promise<string> {
  const [file, ...args] = command;
  if (file === undefined) throw new TypeError('run() needs a program');
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // what apt says is read here, so it must say it in English
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
      cwd: options.cwd,
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', (cause) => {
      reject(new ObzvonError('TESTBED_FAILED', `${file} could not be run: ${cause.message}`, { cause }));
    });
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const said = (err.trim() || out.trim()).split('\n').slice(-6);
      reject(
        new ObzvonError('TESTBED_FAILED', `${file} ended with ${signal ?? code}: ${said.join(' / ')}`, {
          details: said,
        }),
      );
    });
  });
}
