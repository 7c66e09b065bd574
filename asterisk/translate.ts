import type { AttemptId } from '../lib/core/attempt.ts';
import type { PbxEvent } from '../lib/dialer/pbx.ts';
import type { AriEvent } from './ari-events.ts';

/** What has been heard of one callee's channel, between its first event and its end. */
interface Call {
  rangAt: number | null;
  upAt: number | null;
  answered: boolean;
  /** The far side asked for the end before we did. */
  byFarSide: boolean;
  /** We asked for the end. */
  byUs: boolean;
  sipCallId: string | null;
  /** Numbers of the last hang-up request, for ends that carry none. */
  cause: number | null;
  sipCode: number | null;
  /** Asterisk's own stamps of the last digit and playback: with two subscriptions each event comes twice. */
  lastDigit: string;
  lastPlayback: string;
}

/** What the last event of a channel says. */
export interface Ending {
  readonly cause: number | null;
  readonly sipCode: number | null;
  /** It had been answered. */
  readonly wasUp: boolean;
}

/** Turns ARI's events into the port's, bearing duplicates and any order. */
export interface Translator {
  translate(event: AriEvent, at: number): readonly PbxEvent[];
  /** The hang-up that follows is our own. */
  hangingUp(attempt: AttemptId): void;
  /** The end of a channel as AMI tells it; empty when ARI was first. */
  witness(attempt: AttemptId, ending: Ending, at: number): readonly PbxEvent[];
  /** Forgets channels that ended unheard. */
  keepOnly(live: ReadonlyMap<AttemptId, unknown>): void;
  /** Channels remembered; for the leak test. */
  size(): number;
}

/** Duplicates come within a second; a busy PBX ends some tens of calls in one. */
const REMEMBERED_ENDS = 5_000;

export function createTranslator(app: string): Translator {
  const calls = new Map<AttemptId, Call>();
  const ended = new Set<AttemptId>();

  /** The channel's memory; null for channels of others and for those already reported as ended. */
  function callOf(id: unknown): { attempt: AttemptId; call: Call } | null {
    const attempt = attemptIn(id);
    if (attempt === null || ended.has(attempt)) return null;
    let call = calls.get(attempt);
    if (call === undefined) {
      call = {
        rangAt: null,
        upAt: null,
        answered: false,
        byFarSide: false,
        byUs: false,
        sipCallId: null,
        cause: null,
        sipCode: null,
        lastDigit: '',
        lastPlayback: '',
      };
      calls.set(attempt, call);
    }
    return { attempt, call };
  }

  function rang(attempt: AttemptId, call: Call, at: number): readonly PbxEvent[] {
    if (call.rangAt !== null || call.upAt !== null) return [];
    call.rangAt = at;
    return [{ type: 'attempt.rang', at, attempt, sipCallId: call.sipCallId }];
  }

  function end(attempt: AttemptId, ending: Ending, at: number): readonly PbxEvent[] {
    const found = callOf(attempt);
    if (found === null) return [];
    const { call } = found;
    const cause = ending.cause ?? call.cause;
    const sipCode = ending.sipCode ?? call.sipCode;
    const { byFarSide, rangAt } = call;
    // The answer may have fallen into a gap of ours: that a person was on the line must not be lost with it.
    const answeredAt = call.upAt ?? (ending.wasUp ? at : null);
    calls.delete(attempt);
    ended.add(attempt);
    const [oldest] = ended;
    if (oldest !== undefined && ended.size > REMEMBERED_ENDS) ended.delete(oldest);
    return [{ type: 'attempt.hung-up', at, attempt, cause, sipCode, byFarSide, rangAt, answeredAt }];
  }

  return {
    translate(event, at) {
      const channel = objectIn(event[event.type === 'Dial' ? 'peer' : 'channel']);
      const found = callOf(event.type === 'PlaybackFinished' ? playedTo(event['playback']) : channel['id']);
      if (found === null) return [];
      const { attempt, call } = found;
      if (typeof channel['protocol_id'] === 'string' && channel['protocol_id'] !== '') {
        call.sipCallId = channel['protocol_id'];
      }
      const stamp = typeof event['timestamp'] === 'string' ? event['timestamp'] : String(at);

      switch (event.type) {
        case 'ChannelStateChange':
          if (channel['state'] === 'Ringing') return rang(attempt, call, at);
          if (channel['state'] === 'Up') call.upAt ??= at;
          return [];
        case 'Dial': {
          const status = event['dialstatus'];
          if (status === 'RINGING' || status === 'PROGRESS') return rang(attempt, call, at);
          if (status === 'ANSWER') call.upAt ??= at;
          return [];
        }
        case 'StasisStart': {
          const [role] = Array.isArray(event['args']) ? (event['args'] as unknown[]) : [];
          if (role !== 'callee' || event['application'] !== app || call.answered) return [];
          call.answered = true;
          call.upAt ??= at;
          return [{ type: 'attempt.answered', at: call.upAt, attempt, sipCallId: call.sipCallId }];
        }
        case 'ChannelDtmfReceived': {
          const digit = digitIn(event['digit']);
          if (digit === null || call.lastDigit === digit + stamp) return [];
          call.lastDigit = digit + stamp;
          return [{ type: 'attempt.digit', at, attempt, digit }];
        }
        case 'PlaybackFinished':
          if (call.lastPlayback === stamp) return [];
          call.lastPlayback = stamp;
          return [{ type: 'attempt.message-played', at, attempt }];
        case 'ChannelHangupRequest':
          // `soft` marks a request from inside this PBX: our own, or another program's.
          if (!call.byUs && event['soft'] !== true) call.byFarSide = true;
          call.cause = numberIn(event['cause']) ?? call.cause;
          call.sipCode = numberIn(event['tech_cause']) ?? call.sipCode;
          return [];
        case 'ChannelDestroyed':
          return end(
            attempt,
            {
              cause: numberIn(event['cause']),
              sipCode: numberIn(event['tech_cause']),
              wasUp: channel['state'] === 'Up',
            },
            at,
          );
        default:
          return [];
      }
    },

    hangingUp(attempt) {
      const call = calls.get(attempt);
      if (call !== undefined && !call.byFarSide) call.byUs = true;
    },
    witness: end,
    keepOnly(live) {
      for (const attempt of calls.keys()) if (!live.has(attempt)) calls.delete(attempt);
    },
    size: () => calls.size,
  };
}

/** The attempt behind a channel id; null for agents' legs, other people's channels and halves of Local channels. */
export function attemptIn(channelId: unknown): AttemptId | null {
  return typeof channelId === 'string' && /^at-[\w-]{1,125}$/.test(channelId) ? (channelId as AttemptId) : null;
}

/** The channel a message of ours was played to. */
function playedTo(playback: unknown): unknown {
  const { id } = objectIn(playback);
  return typeof id === 'string' && id.startsWith('pb-') ? id.slice(3) : null;
}

/** A map of JSON; an empty one for anything else. */
export function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A key of a telephone; null for anything else. */
export function digitIn(value: unknown): string | null {
  return typeof value === 'string' && /^[0-9*#A-D]$/.test(value) ? value : null;
}

/** A cause or a SIP code, as a number or as AMI's text; null for Asterisk's 0, "none", and for what can be neither. */
export function numberIn(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= 999 ? number : null;
}
