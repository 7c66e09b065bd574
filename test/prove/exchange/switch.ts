import { appendFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import type { AttemptId } from '../../../lib/core/attempt.ts';
import type { AgentId } from '../../../lib/dialer/pbx.ts';
import type { Random } from '../../../lib/sim/random.ts';
import type { WireCall } from '../lives/history.ts';
import type { Person } from './people.ts';

/*
 * A switch as Asterisk 22 is towards the daemon, in a process that outlives it: channels, bridges, the dialplan of
 * asterisk/conf, its record of events on disk, people at the other end. It keeps what it saw, with its own clock.
 */

/** What the switch answers: HTTP status and body. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/** A call as it was seen, growing. */
export interface SeenCall extends WireCall {
  rangAt: number | null;
  answeredAt: number | null;
  readonly bridges: { at: number; agent: AgentId }[];
  toldAt: number | null;
  endedAt: number | null;
  /** Who asked for its end first. */
  endedBy: 'person' | 'daemon' | 'switch' | null;
  /** The phone of an agent it was with hung up. */
  legGone: boolean;
}

interface Channel {
  readonly id: string;
  readonly name: string;
  state: 'Down' | 'Ringing' | 'Up';
  /** In the application; the dialplan has it otherwise. */
  inStasis: boolean;
  bridge: string | null;
  /** Null: an agent's leg. */
  readonly call: SeenCall | null;
  readonly answersTo: { readonly app: string; readonly args: readonly string[] };
  readonly timers: Set<NodeJS.Timeout>;
  dead: NodeJS.Timeout | null;
}

export interface Originate {
  readonly endpoint: string;
  readonly callerId: string;
  readonly timeoutS: number;
  readonly variables: Readonly<Record<string, string>>;
  /** Null: into the dialplan, extension `answered`. */
  readonly app: { readonly name: string; readonly args: readonly string[] } | null;
}

export interface SwitchParts {
  readonly celFile: string;
  /** How long an agent's phone stays up, on average; null: for ever. */
  readonly legLastsMs: number | null;
  readonly random: Random;
  /** What the person behind a number does, called for the nth time, from 0. */
  readonly people: (phone: number, nth: number) => Person;
  /** The message that confirms an opt-out. */
  readonly optOutMessage: string;
  /** To the connected application. */
  readonly tell: (event: object) => void;
  /** To AMI. */
  readonly tellAmi: (event: Readonly<Record<string, string>>) => void;
  /** Whether the application is connected. */
  readonly listening: () => boolean;
  /** A person heard that his opt-out was taken. */
  readonly onConfirmed: (phone: number) => void;
}

export interface Switch {
  readonly calls: SeenCall[];
  originate(id: string, asked: Originate): Answer | Promise<Answer>;
  channels(): Answer;
  channel(id: string): Answer;
  hangUp(id: string): Answer;
  play(id: string, playback: string, media: string): Answer;
  setVariable(id: string, variable: string, value: string): Answer;
  bridges(): Answer;
  bridge(id: string): Answer;
  createBridge(id: string): Answer;
  addToBridge(bridge: string, channel: string): Answer | Promise<Answer>;
  removeFromBridge(bridge: string, channel: string): Answer;
  /** The next originate is acted upon so late, as when the network or the switch is slow. */
  delayNext(ms: number): void;
  /** The application's connection went: nobody follows the endpoints any more. */
  unsubscribe(): void;
  subscribe(): void;
  /** Live calls. */
  live(): readonly SeenCall[];
  legs(): number;
  stop(): void;
}

/** Most requests are acted upon at once, some late. */
const LATE_SHARE = 0.04;
const LATE_MS = 1_500;
const APOLOGY_MS = 800;
const CEL_KEPT_BYTES = 2_000_000;

export function createSwitch(parts: SwitchParts): Switch {
  const { random, tell, listening } = parts;
  const channels = new Map<string, Channel>();
  const bridges = new Map<string, Set<string>>();
  const calls: SeenCall[] = [];
  const timesCalled = new Map<number, number>();
  let subscribed = false;
  let delay: number | null = null;
  let celBytes = 0;
  writeFileSync(parts.celFile, '');

  const NOT_FOUND: Answer = { status: 404, body: { message: 'Channel not found' } };
  const DONE: Answer = { status: 204 };
  const stamp = (): string => new Date().toISOString().replace('Z', '+0000');
  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  function record(eventtype: string, { id, name }: Channel, extra: object = {}): void {
    const line = JSON.stringify({
      eventtype,
      eventtime: (Date.now() / 1_000).toFixed(6),
      uniqueid: id,
      channame: name,
      eventextra: JSON.stringify(extra),
    });
    appendFileSync(parts.celFile, `${line}\n`);
    celBytes += line.length + 1;
    // As logrotate does it.
    if (celBytes > CEL_KEPT_BYTES && statSync(parts.celFile).size > CEL_KEPT_BYTES) {
      renameSync(parts.celFile, `${parts.celFile}.1`);
      writeFileSync(parts.celFile, '');
      celBytes = 0;
    }
  }

  const shown = ({ id, name, state }: Channel): object => ({ id, name, state, protocol_id: '' });

  /** Events of a channel reach the application while it follows the trunk, or has the channel. */
  function event(type: string, channel: Channel, more: object = {}): void {
    if (!listening() || !(channel.inStasis || (subscribed && channel.call !== null))) return;
    tell({ type, application: 'obzvon', timestamp: stamp(), channel: shown(channel), ...more });
  }

  function later(channel: Channel, ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      channel.timers.delete(timer);
      act();
    }, ms);
    channel.timers.add(timer);
  }

  /** TIMEOUT(absolute): 0 takes it away. */
  function deadline(channel: Channel, seconds: number): void {
    if (channel.dead !== null) clearTimeout(channel.dead);
    channel.dead = seconds > 0 ? setTimeout(() => end(channel, 'switch', 16), seconds * 1_000) : null;
  }

  function end(channel: Channel, by: 'person' | 'daemon' | 'switch', cause: number, sipCode = 0): void {
    if (!channels.has(channel.id)) return;
    for (const timer of channel.timers) clearTimeout(timer);
    deadline(channel, 0);
    const { call } = channel;
    if (by !== 'switch') event('ChannelHangupRequest', channel, { cause, ...(by === 'daemon' ? { soft: true } : {}) });
    if (channel.inStasis) event('StasisEnd', channel);
    record('HANGUP', channel, { hangupcause: cause, tech_cause: sipCode });
    record('CHAN_END', channel);
    channels.delete(channel.id);
    event('ChannelDestroyed', channel, { cause, cause_txt: '', tech_cause: sipCode });
    parts.tellAmi({
      Event: 'Hangup',
      Uniqueid: channel.id,
      Cause: String(cause),
      ChannelStateDesc: channel.state,
      TechCause: String(sipCode),
    });
    const members = channel.bridge === null ? undefined : bridges.get(channel.bridge);
    members?.delete(channel.id);
    if (call !== null) {
      call.endedAt = Date.now();
      call.endedBy = by;
    } else {
      for (const id of members ?? []) {
        const with_ = channels.get(id)?.call;
        if (with_ != null) with_.legGone = true;
      }
    }
  }

  /** Into the application if it is there, else the dialplan apologises. */
  function pickUp(channel: Channel): void {
    channel.state = 'Up';
    record('ANSWER', channel);
    if (channel.call !== null) channel.call.answeredAt = Date.now();
    event('ChannelStateChange', channel);
    if (listening()) {
      channel.inStasis = true;
      event('StasisStart', channel, { args: channel.answersTo.args });
      return;
    }
    if (channel.call === null) return end(channel, 'switch', 16);
    record('USER_DEFINED', channel, { extra: 'OBZ_NOAPP' });
    later(channel, APOLOGY_MS, () => end(channel, 'switch', 16));
  }

  function ring(channel: Channel): void {
    channel.state = 'Ringing';
    if (channel.call !== null) channel.call.rangAt = Date.now();
    event('ChannelStateChange', channel);
  }

  function create(id: string, asked: Originate, call: SeenCall | null): Answer {
    if (channels.has(id)) return { status: 409, body: { message: 'Channel with given unique ID already exists' } };
    const [tech = '', rest = ''] = asked.endpoint.split('/', 2);
    const channel: Channel = {
      id,
      name: `${tech}/${rest.split('@').at(-1)}-${String(channels.size).padStart(8, '0')}`,
      state: 'Down',
      inStasis: false,
      bridge: null,
      call,
      answersTo:
        asked.app === null
          ? { app: asked.variables['OBZ_APP'] ?? '', args: ['callee', asked.variables['OBZ_ATTEMPT'] ?? ''] }
          : { app: asked.app.name, args: asked.app.args },
      timers: new Set(),
      dead: null,
    };
    channels.set(id, channel);
    record('CHAN_START', channel);
    event('ChannelCreated', channel);
    deadline(channel, Number(asked.variables['TIMEOUT(absolute)'] ?? 0));
    if (call === null) {
      later(channel, 30 + random() * 150, () => {
        pickUp(channel);
        if (parts.legLastsMs === null) return;
        later(channel, -Math.log(1 - random()) * parts.legLastsMs, () => end(channel, 'person', 16));
      });
      return { status: 200, body: shown(channel) };
    }
    const stopRinging = setTimeout(() => end(channel, 'switch', 19), asked.timeoutS * 1_000);
    channel.timers.add(stopRinging);
    const nth = timesCalled.get(call.phone) ?? 0;
    timesCalled.set(call.phone, nth + 1);
    const person = parts.people(call.phone, nth);
    if (person.kind === 'refuses') {
      later(channel, person.afterMs, () => end(channel, 'person', person.cause, person.sipCode));
    } else {
      later(channel, 40, () => ring(channel));
      if (person.kind === 'answers') {
        later(channel, Math.max(50, person.ringMs), () => {
          clearTimeout(stopRinging);
          pickUp(channel);
          later(channel, person.staysMs, () => end(channel, 'person', 16));
          if (person.optsOutAfterMs !== null) {
            later(channel, person.optsOutAfterMs, () => event('ChannelDtmfReceived', channel, { digit: '9' }));
          }
        });
      }
    }
    return { status: 200, body: shown(channel) };
  }

  function leaveBridge(channel: Channel): void {
    if (channel.bridge !== null) bridges.get(channel.bridge)?.delete(channel.id);
    channel.bridge = null;
  }

  function late(): number {
    return random() < LATE_SHARE ? random() * LATE_MS : 0;
  }

  return {
    calls,
    originate(id, asked) {
      let call: SeenCall | null = null;
      if (id.startsWith('at-')) {
        const found = /^PJSIP\/\+?(\d+)@(\w+)$/.exec(asked.endpoint);
        call = {
          attempt: id as AttemptId,
          phone: Number(found?.[1]),
          caller: Number(asked.callerId),
          trunk: found?.[2] ?? asked.endpoint,
          placedAt: Date.now(),
          rangAt: null,
          answeredAt: null,
          bridges: [],
          toldAt: null,
          endedAt: null,
          endedBy: null,
          legGone: false,
        };
        calls.push(call);
      }
      const ms = delay ?? late();
      delay = null;
      return ms === 0 ? create(id, asked, call) : wait(ms).then(() => create(id, asked, call));
    },
    channels: () => ({ status: 200, body: [...channels.values()].map(shown) }),
    channel(id) {
      const channel = channels.get(id);
      return channel === undefined ? NOT_FOUND : { status: 200, body: shown(channel) };
    },
    hangUp(id) {
      const channel = channels.get(id);
      if (channel === undefined) return NOT_FOUND;
      end(channel, 'daemon', 16);
      return DONE;
    },
    play(id, playback, media) {
      const channel = channels.get(id);
      if (channel === undefined) return NOT_FOUND;
      if (!channel.inStasis) return { status: 409, body: { message: 'Channel not in a Stasis application' } };
      if (channel.call !== null) {
        channel.call.toldAt ??= Date.now();
        if (media === parts.optOutMessage) parts.onConfirmed(channel.call.phone);
      }
      later(channel, 300, () => {
        if (listening()) {
          tell({
            type: 'PlaybackFinished',
            application: 'obzvon',
            timestamp: stamp(),
            playback: { id: playback, target_uri: `channel:${id}` },
          });
        }
      });
      return { status: 201, body: { id: playback } };
    },
    setVariable(id, variable, value) {
      const channel = channels.get(id);
      if (channel === undefined) return NOT_FOUND;
      if (variable === 'TIMEOUT(absolute)') deadline(channel, Number(value));
      return DONE;
    },
    bridges: () => ({
      status: 200,
      body: [...bridges].map(([id, members]) => ({ id, channels: [...members] })),
    }),
    bridge(id) {
      const members = bridges.get(id);
      if (members === undefined) return { status: 404, body: { message: 'Bridge not found' } };
      return { status: 200, body: { id, channels: [...members] } };
    },
    createBridge(id) {
      if (!bridges.has(id)) bridges.set(id, new Set());
      return { status: 200, body: { id, channels: [] } };
    },
    addToBridge(bridge, id) {
      const at = Date.now();
      const join = (): Answer => {
        const members = bridges.get(bridge);
        const channel = channels.get(id);
        if (members === undefined) return { status: 404, body: { message: 'Bridge not found' } };
        if (channel === undefined) return { status: 400, body: { message: 'Channel not found' } };
        if (!channel.inStasis) return { status: 422, body: { message: 'Channel not in Stasis application' } };
        leaveBridge(channel);
        members.add(id);
        channel.bridge = bridge;
        channel.call?.bridges.push({ at, agent: bridge.slice(3) as AgentId });
        return DONE;
      };
      const ms = late();
      return ms === 0 ? join() : wait(ms).then(join);
    },
    removeFromBridge(bridge, id) {
      const channel = channels.get(id);
      if (channel === undefined) return { status: 400, body: { message: 'Channel not found' } };
      if (channel.bridge !== bridge) return { status: 422, body: { message: 'Channel not in this bridge' } };
      leaveBridge(channel);
      return DONE;
    },
    delayNext: (ms) => void (delay = ms),
    subscribe: () => void (subscribed = true),
    unsubscribe: () => void (subscribed = false),
    live: () => [...channels.values()].flatMap(({ call }) => call ?? []),
    legs: () => [...channels.values()].filter(({ call, state }) => call === null && state === 'Up').length,
    stop() {
      for (const channel of channels.values()) {
        for (const timer of channel.timers) clearTimeout(timer);
        deadline(channel, 0);
      }
    },
  };
}
