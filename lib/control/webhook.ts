import { hash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, ObzvonError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { formatProblem } from '../problems.ts';
import { validated } from '../validate.ts';
import type { Commands } from './commands.ts';

/** `POST /opt-out` for the sites and programs where people say "do not call me". */
export interface Webhook {
  readonly port: number;
  close(): Promise<void>;
}

type OptOutOrder = Commands['optout.add']['args'];

const MAX_BODY_BYTES = 16 * 1024;
/** For a whole request; an honest one is there at once. */
const REQUEST_MS = 10_000;
const MAX_CONNECTIONS = 64;

/** Listens on `host:port`; `record` returns after the commit. Rejects with PORT_TAKEN when it cannot listen. */
export function startWebhook(options: {
  readonly listen: string;
  readonly secret: string;
  readonly record: (order: OptOutOrder) => Commands['optout.add']['result'] | Promise<Commands['optout.add']['result']>;
  readonly log: Logger;
}): Promise<Webhook> {
  const { listen, secret, record, log } = options;
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      serve(request, response).catch((error: unknown) => {
        log.error({ err: error }, 'webhook failed');
        response.destroy();
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = await answer(request);
    const body = JSON.stringify(reply.body);
    response.writeHead(reply.status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      // What was not read to its end cannot be followed by another request.
      ...(request.complete ? {} : { Connection: 'close' }),
      ...reply.headers,
    });
    response.end(body);
    log.info({ status: reply.status }, 'webhook answered');
  }

  async function answer(request: IncomingMessage): Promise<Reply> {
    if (request.url !== '/opt-out') return refusal(404, 'there is no such path: POST to /opt-out');
    if (request.method !== 'POST') return refusal(405, 'only POST is answered here', { Allow: 'POST' });
    if (!isAllowed(request.headers.authorization, secret)) {
      return refusal(401, 'authorization: send the header “Authorization: Bearer” with the webhook’s token', {
        'WWW-Authenticate': 'Bearer',
      });
    }
    const text = await bodyOf(request);
    if (text === null)
      return refusal(413, `the body is longer than ${MAX_BODY_BYTES} bytes: send one opt-out a request`);
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch {
      return refusal(400, 'the body is not JSON: send {"phone": "+7…", "source": "site"}');
    }
    const checked = validated('control#/$defs/optout.add', given);
    if (!checked.ok) return refusal(400, checked.problems.map(formatProblem).join('; '));
    try {
      return { status: 200, body: await record(checked.value as OptOutOrder) };
    } catch (error) {
      if (!(error instanceof ObzvonError)) log.error({ err: error }, 'webhook failed');
      if (error instanceof ObzvonError && error.code === 'USAGE') {
        return refusal(422, `${error.message}; ${error.hint}`);
      }
      return refusal(503, `not recorded: ${messageOf(error)}; send it again until the answer is 200`, {
        'Retry-After': '5',
      });
    }
  }

  return new Promise((resolve, reject) => {
    const { host, port } = addressIn(listen);
    const fail = (error: Error): void => {
      reject(
        new ObzvonError('PORT_TAKEN', `webhook: cannot listen on ${listen}: ${error.message}`, {
          cause: error,
          hint: 'give webhook.listen in config another port',
        }),
      );
    };
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      server.on('error', (error) => log.error({ err: error }, 'webhook failed'));
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeIdleConnections();
          }),
      });
    });
  });
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function refusal(status: number, error: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body: { error }, headers };
}

/** Hashes of equal length are compared, in the same time whatever they are. */
function isAllowed(authorization: string | undefined, secret: string): boolean {
  const token = /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(hash('sha256', token, 'buffer'), hash('sha256', secret, 'buffer'));
}

/** Null when it is too long; the rest is not read. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function addressIn(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}
