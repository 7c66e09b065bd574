import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunObzvon } from '../lib/control/actions.ts';

const ENTRY = fileURLToPath(new URL('./obzvon.mjs', import.meta.url));
/** A report is some kilobytes. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs this installation's own `obzvon` against the daemon on this socket: a process of its own, no shell between. */
export function ownCli(socket: string): RunObzvon {
  return (argv, signal) =>
    new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [ENTRY, '--socket', socket, ...argv],
        // What is called off is over at once: whatever it was at, the next run does again.
        { signal, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES },
        (error, out, err) => {
          if (error === null) resolve({ exit: 0, out, err });
          else if (typeof error.code === 'number') resolve({ exit: error.code, out, err });
          else reject(new Error(`obzvon ${argv[0]} was not run to its end: ${error.message}`, { cause: error }));
        },
      );
    });
}
