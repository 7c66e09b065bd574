import { join } from 'node:path';
import type { Test } from 'tap';
import { main } from '../../lib/cli/main.ts';
import type { Io } from '../../lib/cli/io.ts';
import { startControl, type Handlers } from '../../lib/control/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { keptLog } from './kept-log.ts';
import { shortDir } from './short-dir.ts';

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process, against a terminal that is none; timers fire at once. */
export async function runCli(argv: readonly string[], io: Partial<Io> = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const exit = await main(argv, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    outIsTty: false,
    errIsTty: false,
    env: {},
    clock: { ...systemClock, after: (_, fn) => systemClock.after(0, fn) },
    paint: (_, text) => text,
    onInterrupt: () => () => undefined,
    ...io,
  });
  return { exit, out, err };
}

/** A daemon that answers with these handlers; gives a runner that speaks to it. */
export async function stubDaemon(
  t: Test,
  handlers: Handlers,
): Promise<(argv: readonly string[], io?: Partial<Io>) => Promise<Ran>> {
  const socketPath = join(shortDir(t), 'c.sock');
  const server = await startControl({ socketPath, mode: 0o600, role: 'ops', handlers, log: keptLog().log });
  t.teardown(() => server.close());
  return (argv, io) => runCli(['--socket', socketPath, ...argv], io);
}
