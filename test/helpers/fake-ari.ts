import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** What a fake answers: a reply, silence, or a cut connection. */
export type Reply = { readonly status: number; readonly body?: unknown } | 'silence' | 'cut';

export interface HeardRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

export interface FakeAri {
  readonly url: string;
  readonly port: number;
  readonly requests: HeardRequest[];
  /** URLs of event streams asked for, with their Authorization header. */
  readonly streams: { readonly url: string; readonly authorization: string | undefined }[];
  secret: string;
  startupTime: string;
  modules: string[];
  /** Whether the event stream is opened, refused or left hanging. */
  stream: 'open' | 'hang' | number;
  /** Most TCP connections open at one time. */
  readonly mostConnections: () => number;
  /** Replies to requests whose `METHOD /path` matches, instead of the usual. The last rule wins; null takes it back. */
  answer(match: RegExp, reply: Reply | null): void;
  /** Sends an event, or text as it is, on every open stream. */
  send(event: object | string): void;
  /** The streams stop answering pings, as a half-open connection does. */
  freeze(): void;
  /** Cuts every connection. */
  cut(): void;
  /** Resolves with the next stream that opens. */
  nextStream(): Promise<void>;
  /** Resolves when a request matching has come, from now on. */
  nextRequest(match: RegExp): Promise<HeardRequest>;
  stop(): Promise<void>;
}

export const FAKE_USER = 'obzvon';
export const FAKE_SECRET = 'correct-horse-battery';

/** The operations the adapter uses, as Asterisk's api-docs would list them: resource, nickname, method, path, body. */
const OPERATIONS: readonly (readonly [string, string, string, string, (readonly string[])?, string?])[] = [
  ['asterisk', 'getInfo', 'GET', '/asterisk/info'],
  ['asterisk', 'ping', 'GET', '/asterisk/ping'],
  ['asterisk', 'listModules', 'GET', '/asterisk/modules'],
  ['channels', 'list', 'GET', '/channels'],
  ['channels', 'get', 'GET', '/channels/{channelId}'],
  ['channels', 'hangup', 'DELETE', '/channels/{channelId}'],
  [
    'channels',
    'originateWithId',
    'POST',
    '/channels/{channelId}',
    ['endpoint', 'extension', 'context', 'priority', 'app', 'appArgs', 'callerId', 'timeout'],
    'variables',
  ],
  ['channels', 'playWithId', 'POST', '/channels/{channelId}/play/{playbackId}', ['media']],
  ['bridges', 'list', 'GET', '/bridges'],
  ['bridges', 'get', 'GET', '/bridges/{bridgeId}'],
  ['bridges', 'createWithId', 'POST', '/bridges/{bridgeId}', ['type']],
  ['bridges', 'removeChannel', 'POST', '/bridges/{bridgeId}/removeChannel', ['channel']],
  ['endpoints', 'get', 'GET', '/endpoints/{tech}/{resource}'],
  ['applications', 'subscribe', 'POST', '/applications/{applicationName}/subscription', ['eventSource']],
  ['applications', 'filter', 'PUT', '/applications/{applicationName}/eventFilter', [], 'filter'],
  // Of the event stream the api-docs tell which types there are; ari-client by itself reads them, the adapter does not.
  ['events', 'eventWebsocket', 'GET', '/events', ['app']],
];
const EVENT_MODELS = { StasisStart: { id: 'StasisStart', properties: { type: { type: 'string' } } } };

/** The modules of a whole Asterisk. */
export const FAKE_MODULES = [
  'app_stasis.so',
  'chan_pjsip.so',
  'res_ari_applications.so',
  'res_ari_bridges.so',
  'res_ari_channels.so',
  'res_ari_endpoints.so',
  'res_ari_events.so',
  'res_stasis.so',
  'res_stasis_playback.so',
];

/** An HTTP and WebSocket server that speaks as much ARI as the adapter asks, and misbehaves on demand. */
export async function startFakeAri(options: { port?: number } = {}): Promise<FakeAri> {
  const rules: { match: RegExp; reply: Reply | null }[] = [];
  const waits: { match: RegExp; tell: (request: HeardRequest) => void }[] = [];
  const opened: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const streams = new WebSocketServer({ noServer: true, autoPong: true });
  let most = 0;

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', fake.url);
      const text = Buffer.concat(chunks).toString('utf8');
      const heard: HeardRequest = {
        method: request.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        body: text === '' ? null : (JSON.parse(text) as unknown),
        url: request.url ?? '',
        authorization: request.headers.authorization,
        host: request.headers.host,
      };
      fake.requests.push(heard);
      const line = `${heard.method} ${heard.path}`;
      const reply = rules.findLast((rule) => rule.match.test(line))?.reply ?? usual(heard);
      for (const wait of waits.filter(({ match }) => match.test(line))) {
        waits.splice(waits.indexOf(wait), 1);
        wait.tell(heard);
      }
      if (reply === 'silence') return;
      if (reply === 'cut') {
        request.socket.destroy();
        return;
      }
      const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? null);
      response.writeHead(reply.status, { 'Content-Type': 'application/json' });
      response.end(reply.status === 204 ? undefined : body);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    most = Math.max(most, sockets.size);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    fake.streams.push({ url: request.url ?? '', authorization: request.headers.authorization });
    if (fake.stream === 'hang') return;
    const key = new URL(request.url ?? '/', fake.url).searchParams.get('api_key');
    const known = authorized(request.headers.authorization) || key === `${FAKE_USER}:${fake.secret}`;
    const status = known ? fake.stream : 401;
    if (typeof status === 'number') {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    streams.handleUpgrade(request, socket, head, (stream) => {
      streams.emit('connection', stream, request);
      for (const tell of opened.splice(0)) tell();
    });
  });

  function authorized(header: string | undefined): boolean {
    return header === `Basic ${Buffer.from(`${FAKE_USER}:${fake.secret}`).toString('base64')}`;
  }

  function usual(request: HeardRequest): Reply {
    // ari-client's probe of the host carries no credentials, as with the real one.
    if (!authorized(request.authorization)) return { status: 401, body: { error: 'Unauthorized' } };
    const docs = /^\/ari\/api-docs\/(\w+)\.json$/.exec(request.path)?.[1];
    if (docs !== undefined) return { status: 200, body: apiDocs(docs, `http://${request.host}`) };
    switch (`${request.method} ${request.path.replace(/^\/ari/, '')}`) {
      case 'GET /asterisk/info':
        return {
          status: 200,
          body: { system: { version: '22.0-fake' }, status: { startup_time: fake.startupTime } },
        };
      case 'GET /asterisk/ping':
        return { status: 200, body: { ping: 'pong' } };
      case 'GET /asterisk/modules':
        return { status: 200, body: fake.modules.map((name) => ({ name, status: 'Running' })) };
      case 'GET /channels':
      case 'GET /bridges':
        return { status: 200, body: [] };
    }
    if (request.method === 'GET' && request.path.startsWith('/ari/endpoints/')) {
      return { status: 200, body: { state: 'online' } };
    }
    if (request.method === 'GET') return { status: 404, body: { message: 'not found' } };
    return request.method === 'POST' && /^\/ari\/channels\/[^/]+$/.test(request.path)
      ? { status: 200, body: { id: request.path.split('/').at(-1), state: 'Down' } }
      : { status: 204 };
  }

  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const fake: FakeAri = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: [],
    streams: [],
    secret: FAKE_SECRET,
    startupTime: '2026-01-01T00:00:00.000+0000',
    modules: [...FAKE_MODULES],
    stream: 'open',
    mostConnections: () => most,
    answer: (match, reply) => void rules.push({ match, reply }),
    send(event) {
      const text = typeof event === 'string' ? event : JSON.stringify(event);
      for (const stream of streams.clients) stream.send(text);
    },
    freeze() {
      for (const stream of streams.clients) (stream as WebSocket & { _autoPong: boolean })._autoPong = false;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    nextStream: () => new Promise((tell) => opened.push(tell)),
    nextRequest: (match) => new Promise((tell) => waits.push({ match, tell })),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      streams.close();
      await closed;
    },
  };
  return fake;
}

/** What `/ari/api-docs/NAME.json` of such a server says. */
export function apiDocs(name: string, url: string): unknown {
  const basePath = `${url}/ari`;
  if (name === 'resources') {
    const resources = [...new Set(OPERATIONS.map(([resource]) => resource))];
    const apis = resources.map((resource) => ({ path: `/api-docs/${resource}.{format}`, description: resource }));
    return { swaggerVersion: '1.1', apiVersion: '1', basePath, apis };
  }
  const apis = OPERATIONS.filter(([resource]) => resource === name).map(
    ([, nickname, httpMethod, path, query = [], body]) => ({
      path,
      operations: [
        {
          httpMethod,
          nickname,
          summary: nickname,
          responseClass: httpMethod === 'GET' ? 'object' : 'void',
          parameters: [
            ...[...path.matchAll(/{(\w+)}/g)].map(([, field]) => parameter(field ?? '', 'path')),
            ...query.map((field) => parameter(field, 'query')),
            ...(body === undefined ? [] : [parameter(body, 'body')]),
          ],
        },
      ],
    }),
  );
  return {
    swaggerVersion: '1.1',
    apiVersion: '1',
    basePath,
    resourcePath: `/api-docs/${name}.{format}`,
    apis,
    models: name === 'events' ? EVENT_MODELS : {},
  };
}

function parameter(name: string, paramType: string): object {
  return { name, paramType, dataType: 'string', required: paramType === 'path', allowMultiple: false };
}
