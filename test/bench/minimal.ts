import http from 'node:http';
import { WebSocket } from 'ws';

/**
 * The yardstick: the least an ARI program can do to give an answered callee to an agent. One WebSocket, keep-alive
 * HTTP, a list of free agents; no store, no gate, no log, no recovery. Runs in a process of its own, as the daemon does.
 */
export interface MinimalSetup {
  readonly httpUrl: string;
  readonly user: string;
  readonly secret: string;
  readonly app: string;
  readonly context: string;
  /** `PJSIP/trunk/sip:{number}@host` */
  readonly dial: string;
  readonly callerId: string;
  /** Endpoints of the agents' phones. */
  readonly agents: readonly string[];
}

export type MinimalOrder =
  | { readonly do: 'login' }
  | { readonly do: 'dial'; readonly numbers: readonly string[]; readonly perSecond: number }
  | { readonly do: 'logout' };

/** To an order: done, with each call's time from StasisStart to the reply of addChannel; or the error. */
export type MinimalReply = { readonly bridgedMs: readonly number[] } | { readonly error: string };

const setup = JSON.parse(process.argv[2] ?? '{}') as MinimalSetup;
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const auth = `Basic ${Buffer.from(`${setup.user}:${setup.secret}`).toString('base64')}`;
const free: string[] = [];
const takenBy = new Map<string, string>();
const waiters = new Map<string, () => void>();
/** Leg → its bridge. */
let legs = new Map<string, string>();
let bridgedMs: number[] = [];
let serial = 0;
let round = 0;

function rest(method: string, path: string, body?: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      Authorization: auth,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    };
    const request = http.request(new URL(`/ari${path}`, setup.httpUrl), { method, agent, headers }, (response) => {
      response.resume().on('end', () => {
        const status = response.statusCode ?? 0;
        if (status < 300) resolve();
        else reject(new Error(`${method} ${path}: ${status}`));
      });
    });
    request.on('error', reject).end(text);
  });
}

function hear(event: { type: string; args?: string[]; channel?: { id: string } }): void {
  const id = event.channel?.id ?? '';
  if (event.type === 'StasisStart' && event.args?.[0] === 'callee') void connect(id).catch(fail);
  else if (event.type === 'StasisStart') waiters.get(id)?.();
  else if (event.type === 'StasisEnd') {
    const bridge = takenBy.get(id);
    if (bridge !== undefined && takenBy.delete(id)) free.push(bridge);
  }
}

async function connect(callee: string): Promise<void> {
  const from = performance.now();
  const bridge = free.shift();
  if (bridge === undefined) throw new Error('no agent is free');
  takenBy.set(callee, bridge);
  await rest('POST', `/bridges/${bridge}/addChannel?channel=${callee}`);
  bridgedMs.push(performance.now() - from);
}

async function login(): Promise<void> {
  round += 1;
  await Promise.all(
    setup.agents.map(async (endpoint, i) => {
      // ids of one length: Asterisk takes the beginning of a live id for a duplicate
      const id = `${round}-${String(i).padStart(3, '0')}`;
      const leg = `mn-agent-${id}`;
      const bridge = `mn-bridge-${id}`;
      legs.set(leg, bridge);
      // as the daemon makes them: two RTP legs are then not joined natively
      await rest('POST', `/bridges/${bridge}?type=mixing,dtmf_events`);
      const up = new Promise<void>((resolve) => waiters.set(leg, resolve));
      await rest('POST', `/channels/${leg}`, { endpoint, app: setup.app, appArgs: 'agent' });
      await up;
      await rest('POST', `/bridges/${bridge}/addChannel?channel=${leg}`);
      free.push(bridge);
    }),
  );
}

async function dial(numbers: readonly string[], perSecond: number): Promise<void> {
  const from = performance.now();
  for (const [k, number] of numbers.entries()) {
    const wait = from + (k * 1_000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    serial += 1;
    const id = `mn-call-${String(serial).padStart(6, '0')}`;
    void rest('POST', `/channels/${id}`, {
      endpoint: setup.dial.replace('{number}', number),
      callerId: setup.callerId,
      timeout: 20,
      variables: { OBZ_APP: setup.app, OBZ_ATTEMPT: id, 'TIMEOUT(absolute)': '35' },
      context: setup.context,
      extension: 'answered',
      priority: 1,
    }).catch(fail);
  }
}

async function logout(): Promise<void> {
  await Promise.all(
    [...legs].map(async ([leg, bridge]) => {
      await rest('DELETE', `/channels/${leg}`);
      await rest('DELETE', `/bridges/${bridge}`);
    }),
  );
  legs = new Map();
  free.length = 0;
}

function tell(reply: MinimalReply | 'connected'): void {
  process.send?.(reply);
}

function fail(error: unknown): void {
  tell({ error: error instanceof Error ? error.message : String(error) });
}

async function obey(order: MinimalOrder): Promise<void> {
  if (order.do === 'login') await login();
  else if (order.do === 'dial') await dial(order.numbers, order.perSecond);
  else await logout();
  tell({ bridgedMs });
  if (order.do === 'logout') bridgedMs = [];
}

process.on('message', (order: MinimalOrder) => void obey(order).catch(fail));
process.on('disconnect', () => process.exit());
const url = new URL(`/ari/events?app=${setup.app}`, setup.httpUrl.replace(/^http/, 'ws'));
new WebSocket(url, { headers: { Authorization: auth }, perMessageDeflate: false })
  .on('open', () => tell('connected'))
  .on('message', (data: Buffer) => hear(JSON.parse(data.toString('utf8')) as Parameters<typeof hear>[0]))
  .on('error', fail);
