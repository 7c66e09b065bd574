import { createRequire } from 'node:module';
import { connect } from 'ari-client';
import { messageOf, ObzvonError } from '../lib/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { AriHttpError, type AriHttp } from './ari-http.ts';

/**
 * The one door to ari-client. It and its nested swagger-client are used for what the server's own api-docs describe;
 * what they do badly is replaced below, each line against a defect measured on 2.2.0:
 * promises that never settle, no deadlines, the HTTP status lost, credentials shared by the whole process, a string
 * thrown from a callback on a wrong password, words printed to stdout. Its WebSocket is not used at all, see ari-events.ts.
 */
interface SwaggerCall {
  readonly url: string;
  readonly method: string;
  readonly body?: string;
  readonly on: { response(reply: { data: string; obj?: unknown }): void; error(error: AriHttpError): void };
}
interface Swagger {
  readonly SwaggerHttp: { prototype: { execute(call: SwaggerCall): void } };
  readonly SwaggerApi: { prototype: { fail(this: { failure(error: Error): void }, message: unknown): void } };
  readonly PasswordAuthorization: { prototype: { apply(): boolean } };
}

const require = createRequire(import.meta.resolve('ari-client'));
const swagger = require('swagger-client') as Swagger;

/** Whose credentials and connections serve which host; the library knows only one of each for the whole process. */
const hosts = new Map<string, AriHttp>();

swagger.SwaggerHttp.prototype.execute = (call) => void execute(call);
swagger.PasswordAuthorization.prototype.apply = () => true;
swagger.SwaggerApi.prototype.fail = function (message) {
  this.failure(new Error(messageOf(message)));
};
// swagger-client's `log` is an implicit global; it prints a warning to stdout at each connect and keeps all it printed.
(globalThis as { log?: unknown }).log = () => undefined;

async function execute(call: SwaggerCall): Promise<void> {
  try {
    const url = new URL(call.url);
    const http = hosts.get(url.host);
    if (http === undefined) throw new AriHttpError(0, `no ARI account for ${url.host}`, { sent: false });
    const method = call.method.toUpperCase();
    const data = await http.send(method, url.pathname + url.search, {
      ...(call.body ? { body: call.body } : {}),
      repeatable: method !== 'POST',
    });
    call.on.response({ data });
  } catch (error) {
    call.on.error(
      error instanceof AriHttpError ? error : new AriHttpError(0, `ARI answered nonsense: ${messageOf(error)}`),
    );
  }
}

export interface AriChannel {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly protocol_id?: string;
  /** The application it runs and its arguments, as the dialplan wrote them. */
  readonly dialplan?: { readonly app_data?: string };
}
export interface AriBridge {
  readonly id: string;
  readonly channels: readonly string[];
}
export interface AriInfo {
  /** When this Asterisk process started, in its own words; another value is another process. */
  readonly startupTime: string;
  readonly version: string;
}
export interface Originate {
  readonly endpoint: string;
  readonly timeoutS: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly callerId?: string;
  /** Where the answered channel goes. */
  readonly to:
    | { readonly context: string; readonly extension: string }
    | { readonly app: string; readonly args: string };
}

/** The operations of ARI the adapter needs; each settles within the deadline and rejects with AriHttpError. */
export interface Ari {
  originate(channel: string, call: Originate): Promise<void>;
  channel(id: string): Promise<AriChannel | null>;
  channels(): Promise<readonly AriChannel[]>;
  hangUp(channel: string): Promise<void>;
  play(channel: string, playback: string, media: string): Promise<void>;
  setVariable(channel: string, variable: string, value: string): Promise<void>;
  bridge(id: string): Promise<AriBridge | null>;
  bridges(): Promise<readonly AriBridge[]>;
  createBridge(id: string): Promise<void>;
  addToBridge(bridge: string, channel: string): Promise<void>;
  /** Resolves also when the channel is not in the bridge. */
  removeFromBridge(bridge: string, channel: string): Promise<void>;
  /** `PJSIP/pstn` → `online`, `offline` or `unknown`; null when Asterisk has no such endpoint. */
  endpointState(endpoint: string): Promise<string | null>;
  subscribe(app: string, eventSource: string): Promise<void>;
  /** Asks Asterisk to keep these event types to itself. */
  withhold(app: string, types: readonly string[]): Promise<void>;
  /** Names of the running modules, as `res_ari.so`. */
  modules(): Promise<ReadonlySet<string>>;
}

/** Asks Asterisk who it is, without ari-client: the first words of every connection, and its test of the password. */
export async function askInfo(http: AriHttp, deadlineMs: number): Promise<AriInfo> {
  const text = await http.send('GET', '/ari/asterisk/info', { repeatable: true, deadlineMs });
  try {
    const info = JSON.parse(text) as { status: { startup_time: string }; system: { version: string } };
    return { startupTime: String(info.status.startup_time), version: String(info.system.version) };
  } catch (error) {
    throw new ObzvonError('PBX_MODULE_MISSING', `what answers at ${http.host} is not Asterisk's REST interface`, {
      cause: error,
      hint: 'ari.url in config must be the address of http.conf: http://<bindaddr>:<bindport>',
    });
  }
}

/** Reads the server's api-docs through ari-client and returns the operations. Repeat it for each new Asterisk process. */
export async function loadAri(http: AriHttp, clock: Clock, deadlineMs: number): Promise<Ari> {
  const { url, user, secret } = http.account;
  const other = hosts.get(http.host)?.account;
  if (other !== undefined && (other.user !== user || other.secret !== secret)) {
    throw new Error(`two ARI accounts at ${http.host} in one process: requests would go out under either`);
  }
  hosts.set(http.host, http);
  const client = await new Promise<Awaited<ReturnType<typeof connect>>>((resolve, reject) => {
    // A host that lists no resources would leave ari-client's promise pending.
    const cancel = clock.after(deadlineMs * 2, () => {
      reject(new AriHttpError(0, 'ARI api-docs did not load in time', { sent: false }));
    });
    connect(new URL(url).origin, user, secret).then(
      (it) => {
        cancel();
        resolve(it);
      },
      (error: unknown) => {
        cancel();
        reject(error instanceof Error ? error : new Error(messageOf(error)));
      },
    );
  });

  async function call(resource: string, operation: string, parameters: Record<string, unknown> = {}): Promise<unknown> {
    const run = client[resource]?.[operation];
    if (run === undefined) {
      throw new ObzvonError('PBX_MODULE_MISSING', `Asterisk's api-docs know no ${resource}.${operation}`, {
        hint: 'obzvon needs Asterisk 20 or newer with its rest-api folder installed whole',
      });
    }
    try {
      return await run(parameters);
    } catch (error) {
      // Some of the library's rejections are bare strings.
      throw error instanceof Error ? error : new AriHttpError(0, messageOf(error), { sent: false });
    }
  }
  const orNull = (error: unknown): null => {
    if (error instanceof AriHttpError && error.status === 404) return null;
    throw error;
  };
  const id = encodeURIComponent;

  return {
    async originate(channelId, { endpoint, timeoutS, variables, callerId, to }) {
      const where =
        'app' in to ? { app: to.app, appArgs: to.args } : { context: to.context, extension: to.extension, priority: 1 };
      await call('channels', 'originateWithId', {
        channelId,
        endpoint,
        timeout: timeoutS,
        variables: { ...variables },
        ...(callerId === undefined ? {} : { callerId }),
        ...where,
      });
    },
    channel: (channelId) => call('channels', 'get', { channelId }).then((it) => it as AriChannel, orNull),
    channels: async () => (await call('channels', 'list')) as AriChannel[],
    hangUp: async (channelId) => void (await call('channels', 'hangup', { channelId }).catch(orNull)),
    play: async (channelId, playbackId, media) =>
      void (await call('channels', 'playWithId', { channelId, playbackId, media })),
    bridge: (bridgeId) => call('bridges', 'get', { bridgeId }).then((it) => it as AriBridge, orNull),
    bridges: async () => (await call('bridges', 'list')) as AriBridge[],
    createBridge: async (
      bridgeId, // Without dtmf_events two RTP legs are joined natively, and a digit pressed in a talk is never seen.
    ) => void (await call('bridges', 'createWithId', { bridgeId, type: 'mixing,dtmf_events' })),
    async removeFromBridge(bridgeId, channel) {
      await call('bridges', 'removeChannel', { bridgeId, channel }).catch((error: unknown) => {
        if (!(error instanceof AriHttpError) || ![400, 404, 409, 422].includes(error.status)) throw error;
      });
    },
    async endpointState(endpoint) {
      const [tech, resource] = endpoint.split('/', 2);
      const found = await call('endpoints', 'get', { tech, resource }).catch(orNull);
      return found === null ? null : String((found as { state?: string }).state ?? 'unknown');
    },
    subscribe: async (applicationName, eventSource) =>
      void (await call('applications', 'subscribe', { applicationName, eventSource })),
    async withhold(applicationName, types) {
      const filter = { disallowed: types.map((type) => ({ type })) };
      await call('applications', 'filter', { applicationName, filter });
    },
    async modules() {
      const all = (await call('asterisk', 'listModules')) as { name: string; status: string }[];
      return new Set(all.filter(({ status }) => status === 'Running').map(({ name }) => name));
    },

    // Between the answer and the agent's "hello" stands only this request, so it goes past the library's ~1 ms.
    addToBridge: async (bridge, channel) =>
      void (await http.send('POST', `/ari/bridges/${id(bridge)}/addChannel?channel=${id(channel)}`, {
        repeatable: true,
      })),
    setVariable: async (channel, variable, value) =>
      void (await http.send(
        'POST',
        `/ari/channels/${id(channel)}/variable?variable=${id(variable)}&value=${id(value)}`,
        { repeatable: true },
      )),
  };
}

/** Forgets the host's credentials and closes its connections. */
export function unloadAri(http: AriHttp): void {
  if (hosts.get(http.host) === http) hosts.delete(http.host);
  http.close();
}
