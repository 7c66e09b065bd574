import { messageOf, ObzvonError } from '../lib/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { openEvents, type AriEvent } from './ari-events.ts';
import { AriHttpError, type AriHttp } from './ari-http.ts';
import { askInfo, loadAri, unloadAri, type Ari } from './ari.ts';
import { supervise, type Connection, type Supervised } from './supervise.ts';
import type { Timings } from './timings.ts';

export interface AriLinkOptions {
  readonly http: AriHttp;
  readonly app: string;
  /** Event sources the application follows, as `endpoint:PJSIP/pstn`. */
  readonly eventSources: readonly string[];
  readonly timings: Timings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Settles when Asterisk, `restarted` or the process known before, has loaded everything. */
  readonly booted: (restarted: boolean) => Promise<void>;
  /** Checks a new Asterisk process; throws ObzvonError for what an operator must mend. */
  readonly inspect: (ari: Ari) => Promise<void>;
  readonly onEvent: (event: AriEvent) => void;
  /** Subscribed, not yet told: the adapter learns again what is live. */
  readonly prepare: () => Promise<void>;
  readonly onUp: (restarted: boolean) => void;
  readonly onLost: (reason: string) => void;
  readonly onAlarm: (reason: string) => void;
}

export interface AriLink extends Supervised {
  /** The operations, while the link is up; null otherwise: nothing is ever held for later. */
  current(): Ari | null;
}

/** Types nobody here reads; they are more than half of all events of an answered call. */
const UNREAD = [
  'ChannelVarset',
  'ChannelDialplan',
  'ChannelConnectedLine',
  'ChannelCallerId',
  'ChannelEnteredBridge',
  'ChannelLeftBridge',
  'EndpointStateChange',
  'RTCPReceived',
  'RTCPSent',
];
const REPLACED = 'another program has taken the ARI application';

/** Keeps REST and the event stream of ARI together as one link that is either wholly up or down. */
export function createAriLink(options: AriLinkOptions): AriLink {
  const { http, app, timings, clock, random, log, booted, inspect, prepare, onUp, onLost, onAlarm } = options;
  let ari: Ari | null = null;
  let up = false;
  /** Of the process last told as up, and of the one whose operations were read. */
  let startupTime: string | null = null;
  let readFrom: string | null = null;
  let lostBecause: string | null = null;
  let missingSince: number | null = null;
  const stopping = new AbortController();
  const alarmed = new Set<string>();

  function alarm(reason: string): void {
    if (alarmed.has(reason)) return;
    alarmed.add(reason);
    onAlarm(reason);
  }

  async function openStream(onEvent: (event: AriEvent) => void): Promise<Connection> {
    const { deadlineMs, pingMs, pingsMissed } = timings;
    try {
      return await openEvents({
        http,
        app,
        clock,
        log,
        handshakeMs: deadlineMs,
        pingMs,
        pingsMissed,
        onEvent,
        signal: stopping.signal,
      });
    } catch (error) {
      if (error instanceof AriHttpError && error.status !== 0) throw error;
      const answers = await http.send('GET', '/ari/asterisk/ping', { repeatable: true }).then(
        () => true,
        () => false,
      );
      if (answers) {
        alarm('ARI answers but opens no event stream: it is deadlocked, restart Asterisk');
      }
      throw error;
    }
  }

  async function connect(): Promise<Connection> {
    const info = await askInfo(http, timings.knockMs);
    const restarted = startupTime !== null && startupTime !== info.startupTime;
    await booted(restarted);
    if (ari === null || readFrom !== info.startupTime) {
      // A new process may be a new version: its operations and event types are read again.
      const fresh = await loadAri(http, clock, timings.deadlineMs);
      await inspect(fresh);
      ari = fresh;
      readFrom = info.startupTime;
    }
    const operations = ari;
    let replaced = false;
    const stream: Connection = await openStream((event) => {
      if (event.type === 'ApplicationReplaced' && event['application'] === app) {
        replaced = true;
        stream.close(REPLACED);
        return;
      }
      options.onEvent(event);
    });
    // A socket that dies while the link is still being set up must not be reported as up.
    let gone: string | null = null;
    void stream.closed.then((reason) => {
      gone = reason;
      // What took the stream may have taken the other connections too, without a word.
      http.drop(reason);
    });
    try {
      for (const source of options.eventSources) await operations.subscribe(app, source);
      await operations.withhold(app, UNREAD).catch((error: unknown) => {
        log.debug({ err: error }, 'Asterisk has no event filter, all events come');
      });
      up = true;
      await prepare();
      if (gone !== null && !replaced) throw new Error(gone);
    } catch (error) {
      up = false;
      stream.close(messageOf(error));
      throw error;
    }
    startupTime = info.startupTime;
    missingSince = null;
    lostBecause = null;
    alarmed.clear();
    onUp(restarted);
    log.info({ host: http.host, version: info.version, restarted }, 'ARI is up');
    return stream;
  }

  function isFatal(error: unknown): boolean {
    if (!(error instanceof ObzvonError)) return false;
    if (error.code !== 'PBX_MODULE_MISSING') return true;
    // While Asterisk starts, its modules come one by one.
    missingSince ??= clock.monotonic();
    return clock.monotonic() - missingSince >= timings.moduleGraceMs;
  }

  const supervised = supervise({
    connect: () =>
      connect().catch((error: unknown) => {
        http.drop(messageOf(error));
        throw mistakeIn(error, http, options.eventSources);
      }),
    onDown(why, retryMs) {
      up = false;
      const reason = messageOf(why);
      log.warn({ host: http.host, text: reason, retryMs }, 'ARI is down');
      if (why instanceof ObzvonError && startupTime !== null) alarm(`${reason}: ${why.hint}`);
      if (reason !== lostBecause) onLost(reason);
      lostBecause = reason;
    },
    isFatal,
    isFinal(reason) {
      if (reason !== REPLACED) return false;
      up = false;
      alarm(`${REPLACED} "${app}": stop the other daemon, then restart this one`);
      onLost(REPLACED);
      return true;
    },
    clock,
    random,
    backoffMs: timings.backoffMs,
  });

  return {
    start: () => supervised.start(),
    hurry: () => supervised.hurry(),
    async stop() {
      up = false;
      stopping.abort();
      unloadAri(http);
      await supervised.stop();
    },
    current: () => (up ? ari : null),
  };
}

/** Turns the answers that only an operator can change into errors which say what to change. */
function mistakeIn(error: unknown, http: AriHttp, sources: readonly string[]): unknown {
  if (!(error instanceof AriHttpError)) return error;
  const user = JSON.stringify(http.account.user);
  switch (error.status) {
    case 401:
      return new ObzvonError('PBX_AUTH', `Asterisk refuses ARI user ${user} at ${http.host}: unknown or wrong secret`, {
        cause: error,
        hint: `compare pbx.ari.user and its secret in config with the section [${http.account.user}] of ari.conf`,
      });
    case 403:
      return new ObzvonError('PBX_AUTH', `ARI user ${user} at ${http.host} may only read`, {
        cause: error,
        hint: `set read_only = no in the section [${http.account.user}] of ari.conf`,
      });
    case 404:
      return new ObzvonError('PBX_MODULE_MISSING', `Asterisk's REST interface is not loaded at ${http.host}`, {
        cause: error,
        hint: 'load res_ari.so and its kin (modules.conf), and set enabled = yes in ari.conf',
      });
    case 422:
      return new ObzvonError('PBX_REFUSED', `Asterisk cannot follow ${sources.join(', ')}: ${error.message}`, {
        cause: error,
        hint: 'the endpoint of each trunk in config must be a section of pjsip.conf',
      });
    default:
      return error;
  }
}
