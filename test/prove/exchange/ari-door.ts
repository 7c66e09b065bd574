import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { apiDocs, FAKE_MODULES, FAKE_SECRET, FAKE_USER } from '../../helpers/fake-ari.ts';
import type { Answer, Switch } from './switch.ts';

/** A moment of the wire that whoever kills may wait for. */
export type Moment =
  | 'info'
  | 'stream'
  | 'survey'
  | 'surveyed'
  | 'originate'
  | 'originated'
  | 'bridge'
  | 'bridged'
  | 'hang-up'
  | 'play';

export interface AriDoor {
  readonly url: string;
  /** Whether the application's event stream is open. */
  readonly listening: () => boolean;
  readonly tell: (event: object) => void;
  stop(): Promise<void>;
}

/** The switch's REST interface and event stream, as ARI has them. `late`: how long an answer to a survey takes, ms. */
export async function openAri(parts: {
  readonly exchange: () => Switch;
  readonly moment: (moment: Moment) => void;
  readonly late: () => number;
}): Promise<AriDoor> {
  const { moment } = parts;
  const startedAt = new Date().toISOString();
  const authorization = `Basic ${Buffer.from(`${FAKE_USER}:${FAKE_SECRET}`).toString('base64')}`;
  const sockets = new Set<Socket>();
  const streams = new WebSocketServer({ noServer: true });
  let stream: WebSocket | null = null;
  let url = '';
  const EMPTY: Answer = { status: 204 };

  function answer(method: string, path: string, query: URLSearchParams, body: string): Answer | Promise<Answer> {
    const exchange = parts.exchange();
    const [room = '', id = '', act = '', more = ''] = path.split('/').slice(2).map(decodeURIComponent);
    switch (room) {
      case 'api-docs':
        return { status: 200, body: apiDocs(id.replace('.json', ''), url) };
      case 'asterisk':
        if (id === 'info') {
          moment('info');
          return { status: 200, body: { system: { version: '22.0-fake' }, status: { startup_time: startedAt } } };
        }
        if (id === 'ping') return { status: 200, body: { ping: 'pong' } };
        return { status: 200, body: FAKE_MODULES.map((name) => ({ name, status: 'Running' })) };
      case 'endpoints':
        return { status: 200, body: { technology: id, resource: act, state: 'online' } };
      case 'applications':
        if (act === 'subscription') exchange.subscribe();
        return EMPTY;
      case 'channels':
        if (id === '') return surveyed(exchange.channels());
        if (act === 'play') {
          moment('play');
          return exchange.play(id, more, query.get('media') ?? '');
        }
        if (act === 'variable') return exchange.setVariable(id, query.get('variable') ?? '', query.get('value') ?? '');
        if (method === 'DELETE') {
          moment('hang-up');
          return exchange.hangUp(id);
        }
        if (method === 'POST') return originate(id, query, body);
        return exchange.channel(id);
      case 'bridges':
        if (id === '') return exchange.bridges();
        if (act === 'addChannel') {
          moment('bridge');
          const added = exchange.addToBridge(id, query.get('channel') ?? '');
          return told('bridged', added);
        }
        if (act === 'removeChannel') return exchange.removeFromBridge(id, query.get('channel') ?? '');
        return method === 'POST' ? exchange.createBridge(id) : exchange.bridge(id);
    }
    return { status: 404, body: { message: 'Resource not found' } };
  }

  async function surveyed(found: Answer): Promise<Answer> {
    moment('survey');
    await new Promise((resolve) => setTimeout(resolve, parts.late()));
    moment('surveyed');
    return found;
  }

  async function told(what: Moment, answered: Answer | Promise<Answer>): Promise<Answer> {
    const settled = await answered;
    moment(what);
    return settled;
  }

  function originate(id: string, query: URLSearchParams, body: string): Answer | Promise<Answer> {
    const callee = id.startsWith('at-');
    if (callee) moment('originate');
    const app = query.get('app');
    const variables = (JSON.parse(body === '' ? '{}' : body) as { variables?: Record<string, string> }).variables;
    const answered = parts.exchange().originate(id, {
      endpoint: query.get('endpoint') ?? '',
      callerId: query.get('callerId') ?? '',
      timeoutS: Number(query.get('timeout')),
      variables: variables ?? {},
      app: app === null ? null : { name: app, args: (query.get('appArgs') ?? '').split(',') },
    });
    return callee ? told('originated', answered) : answered;
  }

  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', url);
      // ari-client's probe of the host carries no credentials.
      const answered =
        request.headers.authorization === authorization
          ? answer(request.method ?? '', pathname, searchParams, body)
          : { status: 401, body: { error: 'Unauthorized' } };
      void Promise.resolve(answered).then((reply) => {
        response.writeHead(reply.status, { 'Content-Type': 'application/json' });
        response.end(reply.status === 204 ? undefined : JSON.stringify(reply.body));
      });
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    streams.handleUpgrade(request, socket, head, (opened) => {
      stream = opened;
      opened.on('error', () => undefined);
      opened.on('close', () => {
        if (stream !== opened) return;
        stream = null;
        parts.exchange().unsubscribe();
      });
      moment('stream');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    listening: () => stream !== null,
    tell: (event) => stream?.send(JSON.stringify(event)),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      streams.close();
      await closed;
    },
  };
}
