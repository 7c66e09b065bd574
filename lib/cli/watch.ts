import { EXIT, ObzvonError, type ExitCode } from '../errors.ts';
import { cleaned, safeJson } from './clean.ts';
import type { Cli } from './cli.ts';

const PERIOD_MS = 1_000;
/** Home, then clear to the end: no flicker. */
const REDRAW = '\u001b[H\u001b[J';

/** Draws again every second until Ctrl-C; on a terminal in place, else one after another (a JSON line each). */
export async function watch<T>(cli: Cli, read: () => Promise<T>, text: (value: T) => string): Promise<ExitCode> {
  const { io } = cli;
  let going = true;
  let wake = (): void => undefined;
  const release = io.onInterrupt(() => {
    going = false;
    wake();
  });
  try {
    if (io.outIsTty && !cli.json) io.out('\u001b[2J');
    while (going) {
      const value = await read();
      if (cli.json) io.out(`${safeJson(value)}\n`);
      else io.out(io.outIsTty ? REDRAW + text(cleaned(value)) : `${text(cleaned(value))}\n`);
      if (!going) break;
      await new Promise<void>((resolve) => {
        const cancel = io.clock.after(PERIOD_MS, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
    return EXIT.ok;
  } finally {
    release();
  }
}

/** Reads every second until `done` says so; throws WAIT_TIMED_OUT after `timeoutMs`. */
export async function waitFor<T>(
  cli: Cli,
  read: () => Promise<T>,
  done: (value: T) => boolean,
  timeoutMs: number,
): Promise<T> {
  const { clock } = cli.io;
  const deadline = clock.monotonic() + timeoutMs;
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    if (clock.monotonic() + PERIOD_MS > deadline) throw new ObzvonError('WAIT_TIMED_OUT', 'the wait timed out');
    await new Promise<void>((resolve) => {
      clock.after(PERIOD_MS, resolve);
    });
  }
}
