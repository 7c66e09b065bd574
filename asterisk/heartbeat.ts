import type { Clock } from '../lib/clock.ts';

export interface Heartbeat {
  /** The peer was heard. */
  beat(): void;
  stop(): void;
}

/**
 * Asks a peer for a sign of life each `pingMs`, and tells once when `pingsMissed` of them in a row brought none: a dead
 * peer is found within `pingMs` × (`pingsMissed` + 1). Pings are counted, not timed: a stall of our own event loop,
 * after which the answers are still waiting to be read, must not look like a dead peer.
 */
export function startHeartbeat(options: {
  readonly clock: Clock;
  readonly pingMs: number;
  readonly pingsMissed: number;
  readonly ping: () => void;
  readonly onDead: (why: string) => void;
}): Heartbeat {
  const { clock, pingMs, pingsMissed, ping, onDead } = options;
  let unanswered = 0;
  const stop = clock.every(pingMs, () => {
    if (unanswered >= pingsMissed) {
      stop();
      onDead(`no answer to ${unanswered} pings`);
      return;
    }
    unanswered += 1;
    ping();
  });
  return { beat: () => void (unanswered = 0), stop };
}
