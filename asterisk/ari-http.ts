import http from 'node:http';
import https from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Cancel, Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';

/** What an ARI request came to when it did not succeed: the HTTP status, or 0 when there was no whole answer. */
export class AriHttpError extends Error {
  readonly status: number;
  /** False only when it is certain that the request never reached Asterisk. */
  readonly sent: boolean;
  /** swagger-client puts it into its own sentences. */
  readonly statusText: string;

  constructor(status: number, message: string, options: { cause?: unknown; sent?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AriHttpError';
    this.status = status;
    this.sent = options.sent ?? true;
    this.statusText = message;
  }
}

export interface AriAccount {
  /** `http://host:port`; a path is ignored. */
  readonly url: string;
  readonly user: string;
  readonly secret: string;
}

export interface AriHttp {
  readonly account: AriAccount;
  /** `host:port`. */
  readonly host: string;
  /** The `Authorization` header; never logged. */
  readonly authorization: string;
  /** One request, settled within the deadline; rejects with AriHttpError for all but 2xx. */
  send(method: string, path: string, options?: SendOptions): Promise<string>;
  /** A POST to this path (without its query) that is not on the wire yet fails, with `sent: false`, and so does a later one. */
  callOff(path: string): void;
  /** Closes all connections; what waits for an answer on them fails, unclear if it was sent. Later requests open new ones. */
  drop(reason: string): void;
  close(): void;
}

export interface SendOptions {
  /** JSON text. */
  readonly body?: string;
  /** Doing it twice is harmless: sent again when a kept-alive connection turns out to have been closed. */
  readonly repeatable?: boolean;
  /** Instead of the usual deadline. */
  readonly deadlineMs?: number;
}

/** Sockets idle for longer are closed by us, before Asterisk (`session_keep_alive`, 15 s by default) closes them. */
const IDLE_MS = 10_000;
/** Asterisk's `sessionlimit` is 100 by default, for all its clients together. */
const MAX_SOCKETS = 16;
const CALLED_OFF = 'called off before it was sent';

/** The HTTP side of ARI: keep-alive connections, own credentials, a deadline on everything. */
export function createAriHttp(account: AriAccount, clock: Clock, usualMs: number): AriHttp {
  const origin = new URL(account.url);
  const library = origin.protocol === 'https:' ? https : http;
  const agent = new library.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, timeout: IDLE_MS });
  const authorization = `Basic ${Buffer.from(`${account.user}:${account.secret}`).toString('base64')}`;

  let closed = false;
  const calledOff = new Map<string, Cancel>();
  /** POSTs whose socket is not connected yet: certainly nothing of them was sent. */
  const unsent = new Map<string, () => void>();
  /** Whoever waits for an answer. */
  const waiting = new Set<(error: Error) => void>();

  function once(method: string, path: string, { body, deadlineMs = usualMs }: SendOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      if (closed) throw new AriHttpError(0, 'the connection to ARI was let go', { sent: false });
      const [resource = ''] = path.split('?', 1);
      if (method === 'POST' && calledOff.has(resource)) throw new AriHttpError(0, CALLED_OFF, { sent: false });
      const headers: Record<string, string | number> = { Authorization: authorization, Accept: 'application/json' };
      if (body !== undefined) {
        headers['Content-Type'] = 'application/json';
        headers['Content-Length'] = Buffer.byteLength(body);
      }
      const request = library.request(new URL(path, origin), { method, agent, headers });
      // Nothing of a request has left while it waits for a socket, or its socket for the peer.
      let onWire = false;
      request.on('socket', (socket) => {
        if (socket.connecting) socket.once('connect', () => (onWire = true));
        else onWire = true;
      });
      const fail = (error: unknown): void => {
        cancel();
        const lostUnread = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'EPIPE';
        reject(
          new AriHttpError(0, `ARI did not answer: ${messageOf(error)}`, { cause: error, sent: onWire && !lostUnread }),
        );
      };
      const giveUp = (error: Error): void => {
        fail(error);
        // An orderly close would leave an originate with the kernel, which sends it for minutes yet.
        const { socket } = request;
        if (onWire && socket !== null && !socket.writableEnded && !(socket instanceof TLSSocket)) {
          socket.resetAndDestroy();
        }
        request.destroy();
      };
      const cancel = clock.after(deadlineMs, () => giveUp(new Error(`no answer within ${deadlineMs} ms`)));
      waiting.add(giveUp);
      request.on('close', () => waiting.delete(giveUp));
      if (method === 'POST') {
        const takeBack = (): void => {
          if (onWire) return;
          cancel();
          reject(new AriHttpError(0, CALLED_OFF, { sent: false }));
          request.destroy();
        };
        unsent.set(resource, takeBack);
        request.on('close', () => {
          if (unsent.get(resource) === takeBack) unsent.delete(resource);
        });
      }
      request.on('error', fail);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          cancel();
          const text = Buffer.concat(chunks).toString('utf8');
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(text);
          else reject(new AriHttpError(status, `ARI ${status}: ${sentenceIn(text) || response.statusMessage}`));
        });
      });
      request.end(body);
    });
  }

  return {
    account,
    host: origin.host,
    authorization,
    async send(method, path, options = {}) {
      try {
        return await once(method, path, options);
      } catch (error) {
        if (options.repeatable === true && isClosedUnderUs(error)) return once(method, path, options);
        throw error;
      }
    },
    callOff(path) {
      calledOff.get(path)?.();
      calledOff.set(
        path,
        clock.after(usualMs, () => calledOff.delete(path)),
      );
      unsent.get(path)?.();
    },
    drop(reason) {
      for (const giveUp of [...waiting]) giveUp(new Error(reason));
      agent.destroy();
    },
    close() {
      closed = true;
      for (const cancel of calledOff.values()) cancel();
      agent.destroy();
    },
  };
}

function isClosedUnderUs(error: unknown): boolean {
  const code = error instanceof AriHttpError && (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** ARI explains itself as `{"message"}` or `{"error"}`; anything else is cut short. */
function sentenceIn(text: string): string {
  try {
    const { message, error } = JSON.parse(text) as { message?: unknown; error?: unknown };
    const sentence = message ?? error;
    return typeof sentence === 'string' ? sentence : '';
  } catch {
    return text
      .replace(/<[^>]*>|\s+/g, ' ')
      .trim()
      .slice(0, 200);
  }
}
