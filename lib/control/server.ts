import { chmodSync, chownSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ERRORS, messageOf, ObzvonError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { formatProblem } from '../problems.ts';
import { rolesOf, type Role } from '../roles.ts';
import { validated } from '../validate.ts';
import { createLineSplitter } from './lines.ts';
import { COMMANDS, type CommandName, type Commands, isCommand } from './commands.ts';
import { shownTo } from './masking.ts';
import { MAX_LINE_BYTES, type Reply, type Request, type WireError } from './protocol.ts';

/** Who gives a command: a role's socket, or the daemon's own clock, webhook or start. */
export interface Sender {
  readonly role: Role | 'schedule' | 'webhook' | 'daemon';
  /** The user he says he is; nobody proves it. */
  readonly claims: string | null;
}

/** What a handler may use of its caller. */
export interface CallContext {
  readonly by: Sender;
  /** Sends a progress line; dropped when the caller reads too slowly. */
  readonly progress: (value: unknown) => void;
  /** Aborted when the caller has gone or the server closes. */
  readonly signal: AbortSignal;
}

/** Answers commands; arguments come checked against schemas/control.json, defaults filled in. */
export type Handlers = {
  readonly [C in CommandName]?: (
    args: Commands[C]['args'],
    context: CallContext,
  ) => Commands[C]['result'] | Promise<Commands[C]['result']>;
};

export interface ControlServer {
  /** Takes no more requests, tells running handlers by their signal, waits for them and lets the callers go. */
  close(): Promise<void>;
}

/** Requests one connection may have under way; more is a client gone mad. */
const MAX_UNDER_WAY = 32;
/** Characters of a user's name that are kept. */
const MOST_USER = 64;
/** A caller that leaves more than this unread is let go. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

type AnyHandler = (args: unknown, context: CallContext) => unknown;

/** Listens on the control socket; throws DAEMON_ALREADY_RUNNING when another daemon answers there. */
export async function startControl(options: {
  readonly socketPath: string;
  /** Permission bits of the socket. */
  readonly mode: number;
  /** Its group, by number; that of the daemon when null. */
  readonly group?: number | null;
  /** Who comes in by this socket. */
  readonly role: Role;
  readonly handlers: Handlers;
  readonly log: Logger;
}): Promise<ControlServer> {
  const { socketPath, mode, group = null, role, handlers, log } = options;
  const connections = new Map<Socket, AbortController>();
  const underWay = new Set<Promise<void>>();

  const answer = async (request: { command: string; args: unknown }, context: CallContext): Promise<unknown> => {
    const handler = isCommand(request.command) ? (handlers[request.command] as AnyHandler | undefined) : undefined;
    if (handler === undefined) {
      throw new ObzvonError('USAGE', `this daemon has no command ${JSON.stringify(request.command.slice(0, 64))}`, {
        hint: 'are obzvon and obzvond of one version?',
      });
    }
    const may = rolesOf(COMMANDS[request.command as CommandName].may);
    if (!may.includes(role)) {
      log.warn({ role, claims: context.by.claims, command: request.command }, 'command refused to this role');
      throw new ObzvonError(
        'ROLE_DENIED',
        `${request.command} is for ${may.join(', ')}: this is the socket of ${role}`,
      );
    }
    const checked = validated(`control#/$defs/${request.command}`, request.args ?? {});
    if (checked.ok) return handler(checked.value, context);
    throw new ObzvonError('USAGE', `${request.command}: the arguments are not accepted`, {
      details: checked.problems.map(formatProblem),
    });
  };

  const serve = (socket: Socket): void => {
    const gone = new AbortController();
    let running = 0;
    connections.set(socket, gone);
    const send = (reply: Reply): void => {
      if (!socket.writable) return;
      socket.write(`${JSON.stringify(reply)}\n`);
      if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
    };
    const run = async ({ id, command, args, user }: Request): Promise<void> => {
      const progress = (value: unknown): void => {
        if (!socket.writableNeedDrain) send({ id, progress: shownTo(role, value) });
      };
      running++;
      try {
        const result = await answer(
          { command, args },
          { by: { role, claims: user ?? null }, progress, signal: gone.signal },
        );
        send({ id, ok: true, result: shownTo(role, result ?? null) });
      } catch (error) {
        if (!(error instanceof ObzvonError)) log.error({ err: error, command }, 'control command failed');
        send({ id, ok: false, error: shownTo(role, toWire(error)) as WireError });
      } finally {
        running--;
      }
    };
    const refuse = (id: number | null, message: string): void => {
      send({
        id,
        ok: false,
        error: toWire(new ObzvonError('USAGE', message, { hint: 'see lib/control/protocol.ts' })),
      });
    };
    const onLine = (line: string): void => {
      const request = parseRequest(line);
      if (typeof request === 'string') return refuse(null, request);
      if (running >= MAX_UNDER_WAY) return refuse(request.id, `more than ${MAX_UNDER_WAY} requests at once`);
      const job = run(request);
      underWay.add(job);
      void job.finally(() => underWay.delete(job));
    };
    const onTooLong = (): void => {
      refuse(null, `a line is longer than ${MAX_LINE_BYTES} bytes`);
      socket.end();
    };
    socket.on('data', createLineSplitter(MAX_LINE_BYTES, onLine, onTooLong));
    // A caller that vanishes in mid-reply is its own business.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      connections.delete(socket);
      gone.abort();
    });
  };

  await removeStale(socketPath);
  const server = createServer(serve);
  await listen(server, socketPath, mode, group);
  server.on('error', (error) => log.error({ err: error }, 'control socket failed'));
  return {
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const gone of connections.values()) gone.abort();
      await Promise.allSettled(underWay);
      for (const socket of connections.keys()) socket.destroySoon();
      await closed;
    },
  };
}

function parseRequest(line: string): Request | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'a line is not JSON';
  }
  const { id, command, args, user } = (value ?? {}) as Partial<Record<keyof Request, unknown>>;
  if (typeof id !== 'number' || typeof command !== 'string') return 'a request is {id: number, command: text, args}';
  return { id, command, args, ...(typeof user === 'string' ? { user: user.slice(0, MOST_USER) } : {}) };
}

function toWire(error: unknown): WireError {
  if (error instanceof ObzvonError) {
    const { code, message, hint, exit, details } = error;
    return { code, message, hint, exit, details };
  }
  const { exit, hint } = ERRORS.BUG;
  return { code: 'BUG', message: `the daemon met a bug: ${messageOf(error)}`, hint, exit, details: [] };
}

/** A socket file on which nobody answers is left from a crash. */
async function removeStale(socketPath: string): Promise<void> {
  const there = lstatSync(socketPath, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket()) {
    throw new ObzvonError('PORT_TAKEN', `${socketPath} is there and is not a socket`, { hint: 'choose another path' });
  }
  if (await someoneAnswers(socketPath)) {
    throw new ObzvonError('DAEMON_ALREADY_RUNNING', `another daemon answers on ${socketPath}`);
  }
  unlinkSync(socketPath);
}

function someoneAnswers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Any other failure (EACCES, a full backlog) may hide a living daemon.
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

function listen(server: Server, socketPath: string, mode: number, group: number | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(new ObzvonError('PORT_TAKEN', `cannot listen on ${socketPath}: ${error.message}`, { cause: error }));
    };
    server.once('error', fail);
    // Bound with no permissions at all: nobody connects before the mode is right.
    const umask = process.umask(0o777);
    try {
      server.listen(socketPath, () => {
        try {
          if (group !== null) chownSync(socketPath, -1, group);
          chmodSync(socketPath, mode);
        } catch (error) {
          server.close();
          return fail(error as Error);
        }
        server.off('error', fail);
        resolve();
      });
    } finally {
      process.umask(umask);
    }
  });
}
