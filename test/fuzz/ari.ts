import { readFrame } from '../../asterisk/ari-events.ts';
import { createTranslator } from '../../asterisk/translate.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { PbxEvent } from '../../lib/dialer/pbx.ts';
import type { Random } from '../../lib/sim/random.ts';
import { below, chance, of, type Fuzzer, type Made } from './fuzzer.ts';

/*
 * Frames of ARI's event stream: as Asterisk sends them, and mutated in keys, types, nesting and text. The oracle reads
 * each frame strictly and by itself, and says of every sequence exactly which events may come of it.
 */

const APP = 'obzvon';
const ATTEMPTS = ['at-1', 'at-2-x'] as const;
type Json = Record<string, unknown>;

const channelIds = [
  ...ATTEMPTS,
  ...ATTEMPTS,
  'ag-anna-1',
  'at-',
  'at-1;2',
  '1700000000.12',
  'AT-1',
  'at-1\n',
  '__proto__',
];
const stamps = ['2026-11-22T15:00:00.000+0000', '2026-11-22T15:00:00.001+0000', '2026-11-22T15:00:01.000+0000'];
const states = ['Down', 'Ring', 'Ringing', 'Up', 'Busy'];
const causes = [0, 1, 16, 17, 19, 34, 127];

function channel(random: Random): Json {
  return {
    id: of(random, channelIds),
    name: 'PJSIP/pstn-00000001',
    state: of(random, states),
    protocol_id: of(random, ['', 'a84b4c76e66710', 'b2@10.0.0.1']),
    caller: { name: '', number: '' },
    dialplan: { context: 'obzvon', exten: 's', priority: 1 },
  };
}

const MAKERS: Readonly<Record<string, (random: Random) => Json>> = {
  ChannelStateChange: (random) => ({ channel: channel(random) }),
  ChannelCreated: (random) => ({ channel: channel(random) }),
  Dial: (random) => ({
    dialstatus: of(random, ['', 'RINGING', 'PROGRESS', 'ANSWER', 'BUSY', 'CANCEL']),
    peer: channel(random),
    ...(chance(random, 0.5) ? { caller: channel(random) } : {}),
  }),
  StasisStart: (random) => ({
    application: of(random, [APP, APP, APP, 'other']),
    args: of(random, [['callee'], ['callee', 'x'], ['agent'], [], ['caller', '+79161234567']]),
    channel: channel(random),
  }),
  StasisEnd: (random) => ({ application: APP, channel: channel(random) }),
  ChannelDtmfReceived: (random) => ({
    digit: of(random, [...'0123456789*#ABCD']),
    duration_ms: 120,
    channel: channel(random),
  }),
  PlaybackFinished: (random) => ({
    playback: {
      id: of(random, ['pb-at-1', 'pb-at-2-x', 'pc-17.1', 'at-1', 'pb-']),
      state: 'done',
      media_uri: 'sound:x',
    },
  }),
  ChannelHangupRequest: (random) => ({
    channel: channel(random),
    ...(chance(random, 0.7) ? { cause: of(random, causes) } : {}),
    ...(chance(random, 0.3) ? { soft: chance(random, 0.7) } : {}),
    ...(chance(random, 0.3) ? { tech_cause: of(random, [0, 200, 486, 603]) } : {}),
  }),
  ChannelDestroyed: (random) => ({
    cause: of(random, causes),
    cause_txt: 'Normal Clearing',
    ...(chance(random, 0.3) ? { tech_cause: of(random, [0, 200, 486, 603]) } : {}),
    channel: channel(random),
  }),
  ContactStatusChange: () => ({ endpoint: { technology: 'PJSIP', resource: 'pstn' } }),
  Invented: (random) => ({ channel: channel(random) }),
};
const TYPES = Object.keys(MAKERS);

const ODD: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => '',
  () => 'callee',
  () => 'Up',
  () => '16',
  () => ' 16 ',
  () => '1e1',
  () => '0x10',
  () => -1,
  () => 0.5,
  () => 1e300,
  () => 2 ** 31,
  () => ['callee'],
  () => [16],
  () => ['5'],
  () => ['at-1'],
  () => 'at-1',
  () => ({}),
  () => ({ toString: 1, valueOf: 1 }),
  () => ({ toString: null, id: 'at-1' }),
  () => ({ id: { toString: 'at-1' } }),
  (random) => channel(random),
  () => 'x'.repeat(300),
  () => '\ud800\u0000',
];
const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'type', 'channel', 'peer', 'playback', 'args'];

/** Changes one place of the frame: another type, a key gone or renamed, a level more. */
function mutate(random: Random, frame: Json): void {
  let place = frame;
  for (let depth = below(random, 3); depth > 0; depth--) {
    const inner = Object.values(place).filter((value) => typeof value === 'object' && value !== null);
    if (inner.length === 0) break;
    place = of(random, inner) as Json;
  }
  const key = of(random, Object.keys(place)) ?? 'type';
  switch (below(random, 6)) {
    case 0:
      Reflect.deleteProperty(place, key);
      return;
    case 1: {
      const value = place[key];
      Reflect.deleteProperty(place, key);
      own(place, of(random, KEYS), value);
      return;
    }
    case 2:
      place[key] = { [key]: place[key] };
      return;
    case 3:
      own(place, of(random, KEYS), of(random, ODD)(random));
      return;
    default:
      place[key] = of(random, ODD)(random);
  }
}

/** Sets a key as JSON does, `__proto__` too. */
function own(place: Json, key: string, value: unknown): void {
  Object.defineProperty(place, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Changes the frame's text: cut, a byte gone or doubled, nested deep, another frame behind it. */
function spoil(random: Random, text: string): string {
  const at = below(random, text.length + 1);
  switch (below(random, 6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + of(random, ['"', '{', '}', ',', '\\', '\0', 'é', '[']) + text.slice(at);
    case 3:
      return text + text;
    case 4:
      return `[${text}]`;
    default:
      return chance(random, 0.01)
        ? '['.repeat(20_000)
        : of(random, ['null', '0', '""', '[]', '', 'true', '{"type":1}', '{}']);
  }
}

/** What the oracle remembers of one attempt. */
interface Known {
  rangAt: number | null;
  upAt: number | null;
  answered: boolean;
  ended: boolean;
  far: boolean;
  call: string | null;
  cause: number | null;
  sip: number | null;
  digit: string;
  played: string;
}

const unknown = (): Known => ({
  ...{ rangAt: null, upAt: null, answered: false, ended: false, far: false },
  ...{ call: null, cause: null, sip: null, digit: '', played: '' },
});

const map = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const get = (value: unknown, key: string): unknown => (Object.hasOwn(map(value), key) ? map(value)[key] : undefined);
const small = (value: unknown): number | null => {
  if (typeof value === 'string') return /^[1-9][0-9]{0,2}$/.test(value) ? Number(value) : null;
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 999 ? value : null;
};

/** Which events a frame may bring, read strictly; null for none of an attempt's. */
function expected(text: string, known: Map<string, Known>, at: number): PbxEvent | null {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  const type = get(frame, 'type');
  if (typeof type !== 'string') return null;
  const about = type === 'Dial' ? get(frame, 'peer') : get(frame, 'channel');
  let id = get(about, 'id');
  if (type === 'PlaybackFinished') {
    const playback = get(get(frame, 'playback'), 'id');
    id = typeof playback === 'string' && playback.startsWith('pb-') ? playback.slice(3) : null;
  }
  if (typeof id !== 'string' || id.length > 128 || !/^at-[A-Za-z0-9_-]+$/.test(id)) return null;
  const attempt = id as AttemptId;
  const of = known.get(id) ?? unknown();
  known.set(id, of);
  if (of.ended) return null;
  const call = get(about, 'protocol_id');
  if (typeof call === 'string' && call !== '') of.call = call;
  const stamp = get(frame, 'timestamp');
  const when = typeof stamp === 'string' ? stamp : `at ${at}`;
  const state = get(about, 'state');
  const rings =
    (type === 'ChannelStateChange' && state === 'Ringing') ||
    (type === 'Dial' && ['RINGING', 'PROGRESS'].includes(get(frame, 'dialstatus') as string));
  if (rings) {
    if (of.rangAt !== null || of.upAt !== null) return null;
    of.rangAt = at;
    return { type: 'attempt.rang', at, attempt, sipCallId: of.call };
  }
  if ((type === 'ChannelStateChange' && state === 'Up') || (type === 'Dial' && get(frame, 'dialstatus') === 'ANSWER')) {
    of.upAt ??= at;
  }
  if (type === 'StasisStart') {
    const args = get(frame, 'args');
    if (get(frame, 'application') !== APP || !Array.isArray(args) || args[0] !== 'callee' || of.answered) return null;
    of.answered = true;
    of.upAt ??= at;
    return { type: 'attempt.answered', at: of.upAt, attempt, sipCallId: of.call };
  }
  if (type === 'ChannelDtmfReceived') {
    const digit = get(frame, 'digit');
    if (typeof digit !== 'string' || digit.length !== 1 || !'0123456789*#ABCD'.includes(digit)) return null;
    if (of.digit === digit + when) return null;
    of.digit = digit + when;
    return { type: 'attempt.digit', at, attempt, digit };
  }
  if (type === 'PlaybackFinished') {
    if (of.played === when) return null;
    of.played = when;
    return { type: 'attempt.message-played', at, attempt };
  }
  const cause = small(get(frame, 'cause'));
  const sip = small(get(frame, 'tech_cause'));
  if (type === 'ChannelHangupRequest') {
    if (get(frame, 'soft') !== true) of.far = true;
    of.cause = cause ?? of.cause;
    of.sip = sip ?? of.sip;
  }
  if (type !== 'ChannelDestroyed') return null;
  of.ended = true;
  const answeredAt = of.upAt ?? (state === 'Up' ? at : null);
  return {
    ...{ type: 'attempt.hung-up', at, attempt, cause: cause ?? of.cause, sipCode: sip ?? of.sip },
    ...{ byFarSide: of.far, rangAt: of.rangAt, answeredAt },
  };
}

const FIELDS = ['type', 'at', 'attempt', 'sipCallId', 'digit', 'cause', 'sipCode', 'byFarSide', 'rangAt', 'answeredAt'];

function differ(told: readonly PbxEvent[], right: PbxEvent | null): boolean {
  if (told.length !== (right === null ? 0 : 1)) return true;
  return right !== null && FIELDS.some((field) => get(told[0], field) !== get(right, field));
}

/** Up to four frames about two attempts, in any order. */
export const fuzzAri: Fuzzer<Made & { readonly input: readonly string[] }> = {
  make(random) {
    const kind = of(random, ['as Asterisk sends them', 'mutated', 'mutated much', 'text spoiled']);
    const input = Array.from({ length: 1 + below(random, 4) }, () => {
      const type = of(random, TYPES);
      const frame: Json = { type, timestamp: of(random, stamps), ...MAKERS[type]!(random), asterisk_id: '00:1' };
      if (kind.startsWith('mutated')) for (let n = kind === 'mutated' ? 1 : 5; n > 0; n--) mutate(random, frame);
      const text = JSON.stringify(frame);
      return kind === 'text spoiled' ? spoil(random, text) : text;
    });
    return { kind, input };
  },
  judge({ input }) {
    const translator = createTranslator(APP);
    const known = new Map<string, Known>();
    for (const [at, text] of input.entries()) {
      const event = readFrame(text);
      const told = event === null ? [] : translator.translate(event, at);
      const right = expected(text, known, at);
      if (differ(told, right)) {
        return `frame ${at}: told ${JSON.stringify(told)}, should tell ${JSON.stringify(right)}`;
      }
    }
    return Object.keys(Object.prototype).length > 0 ? 'changed Object.prototype' : null;
  },
};
