import { connect } from 'node:net';
import { ERRORS, ObzvonError, type ErrorCode } from '../errors.ts';
import { createLineSplitter } from './lines.ts';
import type { CommandName, Commands } from './commands.ts';
import type { Reply, WireError } from './protocol.ts';

/** A result is as long as it must be: only requests are held to the line limit. */
const MAX_REPLY_BYTES = 256 * 1024 * 1024;

/** Sends one command to the daemon and gives its result; the daemon's refusal comes back as an ObzvonError. */
export function call<C extends CommandName>(
  socketPath: string,
  command: C,
  args: Commands[C]['args'],
  options: {
    readonly onProgress?: (value: unknown) => void;
    readonly timeoutMs?: number;
    /** Who asks, as he says. */
    readonly user?: string;
  } = {},
): Promise<Commands[C]['result']> {
  const { onProgress, timeoutMs, user } = options;
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            socket.destroy();
            const seconds = Math.round(timeoutMs / 100) / 10;
            reject(new ObzvonError('WAIT_TIMED_OUT', `the daemon did not answer ${command} in ${seconds} s`));
          }, timeoutMs);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      act();
    };
    const onLine = (line: string): void => {
      const reply = parseReply(line);
      if (reply === null) settle(() => reject(notTheDaemon(socketPath)));
      else if ('progress' in reply) onProgress?.(reply.progress);
      else if (reply.ok) settle(() => resolve(reply.result as Commands[C]['result']));
      else settle(() => reject(fromWire(reply.error)));
    };
    socket.on(
      'data',
      createLineSplitter(MAX_REPLY_BYTES, onLine, () => settle(() => reject(notTheDaemon(socketPath)))),
    );
    socket.on('connect', () =>
      socket.write(`${JSON.stringify({ id: 1, command, args, ...(user === undefined ? {} : { user }) })}\n`),
    );
    socket.on('error', (error) => settle(() => reject(connectionError(error, socketPath))));
    socket.on('close', () => {
      settle(() => reject(new ObzvonError('DAEMON_NOT_RUNNING', `the daemon went away before it answered ${command}`)));
    });
  });
}

function parseReply(line: string): Reply | null {
  try {
    const reply = JSON.parse(line) as Partial<Record<'progress' | 'ok', unknown>> | null;
    return reply !== null && ('progress' in reply || typeof reply.ok === 'boolean') ? (reply as Reply) : null;
  } catch {
    return null;
  }
}

function notTheDaemon(socketPath: string): ObzvonError {
  return new ObzvonError('DAEMON_NOT_RUNNING', `what answers on ${socketPath} is not obzvond`);
}

/** The daemon may be newer than this program: an unknown code keeps its text and hint. */
function fromWire(error: WireError): ObzvonError {
  const code: ErrorCode = Object.hasOwn(ERRORS, error.code) ? error.code : 'BUG';
  return new ObzvonError(code, error.message, { hint: error.hint, details: [...error.details] });
}

function connectionError(error: NodeJS.ErrnoException, socketPath: string): ObzvonError {
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return new ObzvonError('SOCKET_PERMISSION', `no permission to use ${socketPath}`, { cause: error });
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new ObzvonError('DAEMON_NOT_RUNNING', `nobody answers on ${socketPath}`, { cause: error });
    default:
      return new ObzvonError('DAEMON_NOT_RUNNING', `the connection to the daemon broke: ${error.message}`, {
        cause: error,
      });
  }
}
