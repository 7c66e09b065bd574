import { accessSync, constants } from 'node:fs';
import { userInfo } from 'node:os';
import { call as callDaemon } from '../control/client.ts';
import { COMMANDS, type CommandName, type Commands } from '../control/commands.ts';
import { ObzvonError } from '../errors.ts';
import { besideSocket, ROLES, rolesOf, type Role, type RoleSockets } from '../roles.ts';
import { cleaned, safeJson } from './clean.ts';
import type { Io } from './io.ts';

/** Where the daemon's control socket is when nobody says otherwise; the config schema's own default. */
export const DEFAULT_SOCKET = '/run/obzvon/control.sock';

/** How long a command may take before the CLI gives up waiting. */
const TIMEOUT_MS = 60_000;

/** What the options before or behind any command say. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly socket?: string;
  readonly as?: Role;
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
      const socket = chooseSocket(await socketsFor(io, options), command, options.as);
      return callDaemon(socket, command, args, { ...(patient ?? { timeoutMs: TIMEOUT_MS }), user: userOf(io) });
    },
    show(result, text) {
      io.out(json ? `${safeJson(result, 2)}\n` : text(cleaned(result)));
    },
  };
}

/** Who asks: the person behind sudo, else the user himself. */
function userOf(io: Io): string {
  const behindSudo = io.env['SUDO_USER'];
  if (behindSudo !== undefined) return behindSudo;
  try {
    return userInfo().username;
  } catch {
    // A user without a name in this machine's books.
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** `--socket` alone; else beside each other: `socket` and `sockets` of the file in `--config`, OBZVON_SOCKET, the default. */
async function socketsFor(io: Io, { socket, config }: GlobalOptions): Promise<RoleSockets> {
  if (socket !== undefined) return { ops: socket };
  if (config !== undefined) {
    // YAML and the schema checker are slow to load: only for who asks.
    const { configSockets } = await import('../config.ts');
    return configSockets(config, io.env);
  }
  const main = io.env['OBZVON_SOCKET'] ?? DEFAULT_SOCKET;
  return Object.fromEntries(ROLES.map((role) => [role, besideSocket(main, role)]));
}

/**
 * The socket of the most powerful role this user may come in as and that may send the command; when there is none, the
 * daemon or the kernel says why not.
 */
function chooseSocket(sockets: RoleSockets, command: CommandName, as: Role | undefined): string {
  if (as !== undefined) {
    const socket = sockets[as];
    if (socket !== undefined) return socket;
    throw new ObzvonError('USAGE', `there is no socket of the role ${as}`, { hint: 'name it under sockets in config' });
  }
  const open = ROLES.filter((role) => mayOpen(sockets[role]));
  const able = open.find((role) => rolesOf(COMMANDS[command].may).includes(role));
  return sockets[able ?? open[0] ?? 'ops'] ?? DEFAULT_SOCKET;
}

function mayOpen(socket: string | undefined): boolean {
  if (socket === undefined) return false;
  try {
    accessSync(socket, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
