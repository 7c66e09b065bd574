import type { AgentId } from '../lib/dialer/pbx.ts';
import { PbxError, type PbxEvent } from '../lib/dialer/pbx.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { AriEvent } from './ari-events.ts';
import { AriHttpError } from './ari-http.ts';
import type { Ari, AriBridge, AriChannel } from './ari.ts';
import { digitIn, numberIn } from './translate.ts';

export interface AgentLegs {
  connect(agent: AgentId, endpoint: string): Promise<void>;
  disconnect(agent: AgentId): Promise<void>;
  /** Plays a sound to the leg alone: Asterisk queues it on the channel, whatever bridge it is in. */
  announce(agent: AgentId, sound: string): Promise<void>;
  /** Takes events of agents' channels; others are ignored. */
  hear(event: AriEvent): void;
  /** Learns from a survey whose legs are in their bridges; returns those agents. */
  adopt(channels: readonly AriChannel[], bridges: readonly AriBridge[]): ReadonlySet<AgentId>;
  /** After a gap in the events: forgets each leg that is not among these channels; the survey tells who is left. */
  forget(channels: readonly AriChannel[]): void;
  isUp(agent: AgentId): boolean;
}

export interface AgentLegsOptions {
  readonly app: string;
  readonly shiftMs: number;
  /** The link's operations; throws PbxError when it is down. */
  readonly ari: () => Ari;
  readonly emit: (event: PbxEvent) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const RING_S = 30;
/** A SIP endpoint as Dial() takes it, without anything Dial() would read as more than one. */
const ENDPOINT = /^[A-Za-z0-9]+\/[\w.@:+/-]+$/;

/** Agents' nailed-up legs: a channel `ag-<agent>-<time>` each, kept in the bridge `br-<agent>`. */
export function createAgentLegs({ app, shiftMs, ari, emit, clock, log }: AgentLegsOptions): AgentLegs {
  const legs = new Map<AgentId, { readonly channel: string; up: boolean }>();
  let sounds = 0;

  function up(agent: AgentId, channel: string): void {
    legs.set(agent, { channel, up: true });
    emit({ type: 'agent.up', at: clock.now(), agent });
  }
  function down(agent: AgentId, reason: string): void {
    legs.delete(agent);
    emit({ type: 'agent.down', at: clock.now(), agent, reason });
  }

  async function nail(agent: AgentId, channel: string): Promise<void> {
    const known = legs.get(agent);
    try {
      if (known !== undefined && known.up && known.channel !== channel) {
        await ari().hangUp(channel);
        return;
      }
      await ari().addToBridge(bridgeOf(agent), channel);
      up(agent, channel);
    } catch (error) {
      log.warn({ agent, channel, err: error }, "an agent's leg could not be put into its bridge");
      down(agent, `the leg could not be kept: ${messageOf(error)}`);
      await ari().hangUp(channel);
    }
  }

  return {
    async connect(agent, endpoint) {
      if (!ENDPOINT.test(endpoint)) {
        throw new PbxError('refused', `not an endpoint of one phone: ${JSON.stringify(endpoint)}`);
      }
      const operations = ari();
      const bridge = await operations.bridge(bridgeOf(agent)).catch(rethrowUnclear);
      const live = bridge?.channels.find((it) => agentOf(it) === agent);
      if (live !== undefined) return up(agent, live);
      if (legs.get(agent)?.up === false) return;
      if (bridge === null) await operations.createBridge(bridgeOf(agent)).catch(rethrowUnclear);

      const channel = `ag-${agent}-${clock.now().toString(36)}`;
      legs.set(agent, { channel, up: false });
      try {
        await operations.originate(channel, {
          endpoint,
          timeoutS: RING_S,
          variables: { 'TIMEOUT(absolute)': String(Math.ceil(shiftMs / 1_000)) },
          callerId: 'obzvon',
          to: { app, args: `agent,${agent}` },
        });
      } catch (error) {
        const refused = error instanceof AriHttpError && (error.status !== 0 || !error.sent);
        if (!refused) await operations.hangUp(channel).catch(() => undefined);
        down(
          agent,
          refused ? `${endpoint} cannot be called: is the phone registered? (${messageOf(error)})` : messageOf(error),
        );
      }
    },

    async disconnect(agent) {
      const operations = ari();
      const known = legs.get(agent)?.channel;
      const channel =
        known ??
        (await operations.bridge(bridgeOf(agent)).catch(rethrowUnclear))?.channels.find((it) => agentOf(it) === agent);
      if (channel !== undefined) await operations.hangUp(channel).catch(rethrowUnclear);
    },

    async announce(agent, sound) {
      const leg = legs.get(agent);
      if (leg?.up !== true) throw new PbxError('gone', `agent ${agent} has no leg`);
      await ari().play(leg.channel, `pa-${leg.channel}-${(sounds += 1)}`, sound);
    },

    hear(event) {
      const channel = event['channel'] as { id?: unknown } | undefined;
      const agent = agentOf(channel?.id);
      if (agent === null || typeof channel?.id !== 'string') return;
      if (event.type === 'StasisStart' && event['application'] === app) {
        const known = legs.get(agent);
        if (known?.up === true && known.channel === channel.id) return;
        nail(agent, channel.id).catch((error: unknown) =>
          log.warn({ agent, err: error }, "an agent's leg is in doubt"),
        );
      }
      const digit = event.type === 'ChannelDtmfReceived' ? digitIn(event['digit']) : null;
      if (digit !== null && legs.get(agent)?.channel === channel.id) {
        emit({ type: 'agent.digit', at: clock.now(), agent, digit });
      }
      if (event.type === 'ChannelDestroyed' && legs.get(agent)?.channel === channel.id) {
        down(agent, reasonOf(numberIn(event['cause']), event['cause_txt']));
      }
    },

    adopt(channels, bridges) {
      const live = new Map(channels.map((channel) => [channel.id, channel]));
      // A leg that is only being called may be younger than the survey.
      for (const [agent, leg] of legs) if (leg.up && !live.has(leg.channel)) legs.delete(agent);
      for (const bridge of bridges) {
        for (const channel of bridge.channels) {
          const agent = agentOf(channel);
          if (agent === null || bridge.id !== bridgeOf(agent) || live.get(channel)?.state !== 'Up') continue;
          legs.set(agent, { channel, up: true });
        }
      }
      return new Set([...legs].filter(([, leg]) => leg.up).map(([agent]) => agent));
    },

    forget(channels) {
      const live = new Set(channels.map(({ id }) => id));
      for (const [agent, { channel }] of legs) if (!live.has(channel)) legs.delete(agent);
    },

    isUp: (agent) => legs.get(agent)?.up === true,
  };
}

export function bridgeOf(agent: AgentId): string {
  return `br-${agent}`;
}

/** `br-anna` → `anna`; null for any other bridge. */
export function agentOfBridge(bridge: string): AgentId | null {
  return bridge.startsWith('br-') ? (bridge.slice(3) as AgentId) : null;
}

/** `ag-anna-lx2k1` → `anna`; null for any other channel. */
function agentOf(channelId: unknown): AgentId | null {
  const found = typeof channelId === 'string' ? /^ag-([a-z][a-z0-9-]{0,31})-[0-9a-z]+$/.exec(channelId) : null;
  return found === null ? null : (found[1] as AgentId);
}

function rethrowUnclear(error: unknown): never {
  throw new PbxError('unclear', messageOf(error), { cause: error });
}

function reasonOf(cause: number | null, text: unknown): string {
  switch (cause) {
    case 16:
      return 'hung up';
    case 17:
      return 'busy';
    case 18:
    case 19:
      return 'no answer';
    case 3:
    case 20:
      return 'not registered';
    case 21:
      return 'declined';
    default:
      return typeof text === 'string' && text !== '' ? text.toLowerCase() : `cause ${cause ?? 'unknown'}`;
  }
}
