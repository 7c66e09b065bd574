import { call as callDaemon } from '../control/client.ts';
import type { CommandName, Commands } from '../control/commands.ts';
import type { Io } from './io.ts';

/** Where the daemon's control socket is when nobody says otherwise; the config schema's own default. */
export const DEFAULT_SOCKET = '/run/obzvon/control.sock';

/** How long a command may take before the CLI gives up waiting. */
const TIMEOUT_MS = 60_000;

/** What the options before or behind any command say. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly socket?: string;
  readonly config?: string;
}

/** For work that takes as long as it takes: progress is heard, and nobody gives up waiting. */
export interface CallOptions {
  readonly onProgress: (value: unknown) => void;
}

/** What every command works with. */
export interface Cli {
  readonly io: Io;
  /** `--json`: data for programs instead of people. */
  readonly json: boolean;
  /** `--config` or OBZVON_CONFIG; null when neither is given. */
  readonly configFile: string | null;
  /** Sends a command to the daemon. */
  readonly call: <C extends CommandName>(
    command: C,
    args: Commands[C]['args'],
    options?: CallOptions,
  ) => Promise<Commands[C]['result']>;
  /** Prints a result: as JSON with `--json`, else as `text` makes it. */
  readonly show: <T>(result: T, text: (result: T) => string) => void;
}

/** Makes the commands' surroundings; the socket is looked up only when a command calls. */
export function createCli(io: Io, options: GlobalOptions): Cli {
  const json = options.json === true;
  const configFile = options.config ?? io.env['OBZVON_CONFIG'] ?? null;
  return {
    io,
    json,
    configFile,
    call: async (command, args, patient) => {
      const socket = await socketPath(io, options);
      return callDaemon(socket, command, args, patient ?? { timeoutMs: TIMEOUT_MS });
    },
    show(result, text) {
      io.out(json ? `${JSON.stringify(result, null, 2)}\n` : text(result));
    },
  };
}

/** `--socket`, then `socket` of the file in `--config`, then OBZVON_SOCKET, then the default. */
async function socketPath(io: Io, options: GlobalOptions): Promise<string> {
  if (options.socket !== undefined) return options.socket;
  const file = options.config;
  if (file === undefined) return io.env['OBZVON_SOCKET'] ?? DEFAULT_SOCKET;
  // YAML and the schema checker are slow to load: only for who asks.
  const { configSocket } = await import('../config.ts');
  return configSocket(file, io.env);
}
