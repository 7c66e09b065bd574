import { WebSocket } from 'ws';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { AriHttpError, type AriHttp } from './ari-http.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';

/** An ARI event as it came; every field may be missing or of another type. */
export interface AriEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface EventSocket {
  /** Settles with the reason when the socket is gone, for whatever reason. */
  readonly closed: Promise<string>;
  close(reason: string): void;
}

export interface EventSocketOptions {
  readonly http: AriHttp;
  readonly app: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly handshakeMs: number;
  readonly pingMs: number;
  readonly pingsMissed: number;
  readonly onEvent: (event: AriEvent) => void;
  /** Ends the socket, also one still being opened. */
  readonly signal: AbortSignal;
}

/**
 * Opens ARI's event stream on a socket of our own: a frame that is not an event is counted and logged, never thrown; a
 * half-open connection is noticed within seconds; the password travels in a header, not in the URL.
 */
export function openEvents(options: EventSocketOptions): Promise<EventSocket> {
  const { http, app, clock, log, handshakeMs, pingMs, pingsMissed, onEvent, signal } = options;
  const url = new URL(`/ari/events?app=${encodeURIComponent(app)}`, http.account.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, {
    headers: { Authorization: http.authorization },
    perMessageDeflate: false,
    handshakeTimeout: handshakeMs,
  });
  let oddFrames = 0;
  let why = 'Asterisk closed the event stream';

  function hear(frame: string): void {
    let event: unknown;
    try {
      event = JSON.parse(frame);
    } catch {
      event = null;
    }
    if (typeof event !== 'object' || event === null || typeof (event as AriEvent).type !== 'string') {
      oddFrames += 1;
      log.warn({ oddFrames, bytes: frame.length }, 'a frame from ARI that is no event was dropped');
      return;
    }
    try {
      onEvent(event as AriEvent);
    } catch (error) {
      log.error({ err: error, event: (event as AriEvent).type }, 'an ARI event could not be handled');
    }
  }

  return new Promise((resolve, reject) => {
    const { promise: closed, resolve: close } = Promise.withResolvers<string>();
    let heartbeat: Heartbeat | null = null;
    const stop = (): void => socket.terminate();
    signal.addEventListener('abort', stop);

    socket.on('open', () => {
      heartbeat = startHeartbeat({
        clock,
        pingMs,
        pingsMissed,
        ping: () => socket.ping(),
        onDead(reason) {
          why = reason;
          socket.terminate();
        },
      });
      resolve({
        closed,
        close(reason) {
          why = reason;
          socket.terminate();
        },
      });
    });
    // Events alone are no sign of life: they come, too, while nothing of ours gets there.
    socket.on('pong', () => heartbeat?.beat());
    socket.on('message', (data: Buffer) => {
      hear(data.toString('utf8'));
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      reject(new AriHttpError(response.statusCode ?? 0, `ARI refused the event stream with ${response.statusCode}`));
    });
    socket.on('error', (error) => {
      why = messageOf(error);
      reject(new AriHttpError(0, `ARI's event stream did not open: ${why}`, { cause: error }));
    });
    socket.on('close', () => {
      heartbeat?.stop();
      signal.removeEventListener('abort', stop);
      close(why);
      reject(new AriHttpError(0, `ARI's event stream did not open: ${why}`));
    });
    if (signal.aborted) stop();
  });
}
