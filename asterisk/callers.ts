import { parsePhone, type Phone } from '../lib/core/phone.ts';
import { PbxError, type AgentId, type CallerId, type PbxEvent, type PbxSurvey } from '../lib/dialer/pbx.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { agentOfBridge, bridgeOf } from './agents.ts';
import type { AriEvent } from './ari-events.ts';
import type { Ari, AriBridge, AriChannel } from './ari.ts';

export interface Callers {
  /** Takes events of callers' channels; others are ignored. */
  hear(event: AriEvent): void;
  /** Puts him into the agent's own bridge, with the longest talk before him. */
  bridge(caller: CallerId, agent: AgentId): Promise<void>;
  /** Takes him out of the agent's bridge, plays the message, then hangs up; at once without one. */
  dismiss(caller: CallerId, message: string | null): Promise<void>;
  /** Learns from a survey who is on the line, and in whose bridge. */
  adopt(channels: readonly AriChannel[], bridges: readonly AriBridge[]): PbxSurvey['callers'];
}

export interface CallersOptions {
  readonly app: string;
  /** The longest talk. */
  readonly maxTalkMs: number;
  /** The link's operations; throws PbxError when it is down. */
  readonly ari: () => Ari;
  readonly emit: (event: PbxEvent) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is known of a caller's channel. */
interface Caller {
  /** In whose bridge he is. */
  agent: AgentId | null;
  /** Messages played to him; the end of the last ends his call. */
  messages: number;
  /** Asterisk's own stamp of the last digit: with two subscriptions each event comes twice. */
  lastDigit: string;
}

/** Ends that went unheard must not fill the memory. */
const REMEMBERED = 5_000;

/**
 * People who called one of our numbers: the dialplan's `obzvon-incoming` answers and hands them over with the number they
 * dialed. Their channels have ids of Asterisk's own.
 */
export function createCallers({ app, maxTalkMs, ari, emit, clock, log }: CallersOptions): Callers {
  const here = new Map<CallerId, Caller>();

  function enter(id: CallerId): Caller {
    const caller = here.get(id) ?? { agent: null, messages: 0, lastDigit: '' };
    here.set(id, caller);
    const [oldest] = here.keys();
    if (oldest !== undefined && here.size > REMEMBERED) here.delete(oldest);
    return caller;
  }

  function played(playback: unknown): void {
    const found = typeof playback === 'string' ? /^pc-(.+)-(\d+)$/.exec(playback) : null;
    const id = found?.[1] as CallerId | undefined;
    if (id === undefined || here.get(id)?.messages !== Number(found?.[2])) return;
    ari()
      .hangUp(id)
      .catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'a caller was not hung up'));
  }

  return {
    hear(event) {
      if (event.type === 'PlaybackFinished') {
        played((event['playback'] as { id?: unknown } | undefined)?.id);
        return;
      }
      const channel = event['channel'] as { id?: unknown; caller?: { number?: unknown } } | undefined;
      if (typeof channel?.id !== 'string') return;
      const id = channel.id as CallerId;
      const known = here.get(id);
      if (event.type === 'StasisStart' && event['application'] === app && known === undefined) {
        const [role, dialed] = Array.isArray(event['args']) ? (event['args'] as unknown[]) : [];
        if (role !== 'caller') return;
        enter(id);
        const [phone, line] = [phoneIn(channel.caller?.number), phoneIn(dialed)];
        emit({ type: 'caller.arrived', at: clock.now(), caller: id, phone, line });
      }
      if (known === undefined) return;
      if (event.type === 'ChannelDtmfReceived') {
        const digit = String(event['digit']);
        const stamp = `${digit} ${String(event['timestamp'])}`;
        if (known.lastDigit === stamp) return;
        known.lastDigit = stamp;
        emit({ type: 'caller.digit', at: clock.now(), caller: id, digit });
      }
      if (event.type === 'ChannelDestroyed') {
        here.delete(id);
        emit({ type: 'caller.hung-up', at: clock.now(), caller: id });
      }
    },

    async bridge(id, agent) {
      const caller = here.get(id);
      if (caller === undefined) throw new PbxError('gone', `caller ${id} is gone`);
      await ari().addToBridge(bridgeOf(agent), id);
      caller.agent = agent;
      ari()
        .setVariable(id, 'TIMEOUT(absolute)', String(Math.ceil(maxTalkMs / 1_000)))
        .catch((error: unknown) => {
          log.warn({ reason: messageOf(error) }, 'the talk with a caller could not be given its full length');
        });
    },

    async dismiss(id, message) {
      if (message === null) {
        await ari().hangUp(id);
        return;
      }
      const caller = here.get(id);
      if (caller === undefined) throw new PbxError('gone', `caller ${id} is gone`);
      if (caller.agent !== null) {
        await ari().removeFromBridge(bridgeOf(caller.agent), id);
        caller.agent = null;
      }
      caller.messages += 1;
      await ari().play(id, `pc-${id}-${caller.messages}`, message);
    },

    adopt(channels, bridges) {
      const bridgeWith = (id: string) => bridges.find((bridge) => bridge.channels.includes(id));
      const live = new Map<CallerId, AgentId | null>();
      for (const channel of channels) {
        if (channel.dialplan?.app_data?.startsWith(`${app},caller`) !== true) continue;
        const id = channel.id as CallerId;
        const bridge = bridgeWith(id);
        const agent = bridge === undefined ? null : agentOfBridge(bridge.id);
        live.set(id, agent);
        enter(id).agent = agent;
      }
      return live;
    },
  };
}

/** A number as the network gave it; null when it is withheld, or none. */
function phoneIn(text: unknown): Phone | null {
  const parsed = parsePhone(typeof text === 'string' ? text : '');
  return parsed.ok ? parsed.phone : null;
}
