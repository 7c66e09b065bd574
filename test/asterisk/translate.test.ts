import t from 'tap';
import type { AriEvent } from '../../asterisk/ari-events.ts';
import { createTranslator } from '../../asterisk/translate.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { PbxEvent } from '../../lib/dialer/pbx.ts';

const A = 'at-1' as AttemptId;
const SIP = 'call-1@pbx';

/** Events of the callee's channel, as Asterisk 22.10 sends them. */
const channel = (state: string, protocol = SIP): object => ({ id: A, state, protocol_id: protocol });
const created: AriEvent = { type: 'ChannelCreated', channel: channel('Down', '') };
const state = (to: string): AriEvent => ({ type: 'ChannelStateChange', channel: channel(to) });
const dial = (dialstatus: string): AriEvent => ({ type: 'Dial', dialstatus, peer: channel('Down') });
const stasisStart: AriEvent = {
  type: 'StasisStart',
  application: 'obzvon',
  args: ['callee', A],
  channel: channel('Up'),
};
const farHangup: AriEvent = { type: 'ChannelHangupRequest', channel: channel('Up') };
const softHangup: AriEvent = { type: 'ChannelHangupRequest', soft: true, cause: 16, channel: channel('Up') };
const destroyed = (cause: number, tech_cause?: number, state = 'Ringing'): AriEvent => ({
  type: 'ChannelDestroyed',
  cause,
  cause_txt: '',
  ...(tech_cause === undefined ? {} : { tech_cause }),
  channel: channel(state),
});
const digit = (key: string, timestamp: string): AriEvent => ({
  type: 'ChannelDtmfReceived',
  digit: key,
  timestamp,
  channel: channel('Up'),
});

/** Plays events at 1, 2, 3… ms. */
function play(events: readonly AriEvent[], copies = 1): PbxEvent[] {
  const translator = createTranslator('obzvon');
  return events.flatMap((event, i) =>
    Array.from({ length: copies }, () => translator.translate({ timestamp: `t${i}`, ...event }, i + 1)).flat(),
  );
}

const rang = (at: number): object => ({ type: 'attempt.rang', at, attempt: A, sipCallId: SIP });
const answered = (at: number): object => ({ type: 'attempt.answered', at, attempt: A, sipCallId: SIP });
const ended = (at: number, how: object): object => ({
  type: 'attempt.hung-up',
  at,
  attempt: A,
  cause: null,
  sipCode: null,
  byFarSide: false,
  rangAt: null,
  answeredAt: null,
  ...how,
});

const sequences: readonly { readonly title: string; readonly events: AriEvent[]; readonly told: object[] }[] = [
  {
    title: 'ringing, answered, hung up by the callee',
    events: [
      created,
      dial(''),
      state('Ringing'),
      dial('RINGING'),
      state('Up'),
      dial('ANSWER'),
      stasisStart,
      farHangup,
      { type: 'StasisEnd', channel: channel('Up') },
      softHangup,
      destroyed(16),
    ],
    told: [rang(3), answered(5), ended(11, { cause: 16, byFarSide: true, rangAt: 3, answeredAt: 5 })],
  },
  {
    title: 'early media is ringing, though the channel stays Down',
    events: [created, dial(''), dial('PROGRESS'), destroyed(19, 480)],
    told: [rang(3), ended(4, { cause: 19, sipCode: 480, rangAt: 3 })],
  },
  {
    title: 'busy',
    events: [created, dial(''), farHangup, dial('BUSY'), destroyed(17, 486)],
    told: [ended(5, { cause: 17, sipCode: 486, byFarSide: true })],
  },
  {
    title: '607, which only the SIP code tells',
    events: [created, dial(''), farHangup, dial('NOANSWER'), destroyed(127, 607)],
    told: [ended(5, { cause: 127, sipCode: 607, byFarSide: true })],
  },
  {
    title: 'our own ring time-out: no hang-up request',
    events: [created, dial(''), state('Ringing'), dial('RINGING'), destroyed(19, 480)],
    told: [rang(3), ended(5, { cause: 19, sipCode: 480, rangAt: 3 })],
  },
  {
    title: '480 from the network: the same numbers, but the far side asked',
    events: [created, dial(''), state('Ringing'), farHangup, dial('NOANSWER'), destroyed(19, 480)],
    told: [rang(3), ended(6, { cause: 19, sipCode: 480, rangAt: 3, byFarSide: true })],
  },
  {
    title: 'a dead trunk: nothing but the end',
    events: [created, dial(''), destroyed(19, 480)],
    told: [ended(3, { cause: 19, sipCode: 480 })],
  },
  {
    title: 'the dead-man’s switch or a hang-up from inside is not the far side',
    events: [created, state('Up'), stasisStart, softHangup, destroyed(0)],
    told: [answered(2), ended(5, { cause: 16, answeredAt: 2 })],
  },
  {
    title: 'answered without a ring, Up told by Dial alone',
    events: [created, dial(''), dial('ANSWER'), stasisStart, destroyed(16)],
    told: [answered(3), ended(5, { cause: 16, answeredAt: 3 })],
  },
  {
    title: 'the end alone, after a gap in the events',
    events: [destroyed(16)],
    told: [ended(1, { cause: 16 })],
  },
  {
    title: 'nothing moves after the end',
    events: [created, destroyed(16), state('Ringing'), stasisStart, digit('9', 'x'), farHangup, destroyed(16)],
    told: [ended(2, { cause: 16 })],
  },
  {
    title: 'two presses of one digit are two digits',
    events: [stasisStart, digit('9', 'a'), digit('9', 'b')],
    told: [
      answered(1),
      { type: 'attempt.digit', at: 2, attempt: A, digit: '9' },
      { type: 'attempt.digit', at: 3, attempt: A, digit: '9' },
    ],
  },
  {
    title: 'a message played to its end',
    events: [stasisStart, { type: 'PlaybackFinished', playback: { id: `pb-${A}`, state: 'done' } }],
    told: [answered(1), { type: 'attempt.message-played', at: 2, attempt: A }],
  },
];

for (const { title, events, told } of sequences) {
  await t.test(title, async (t) => {
    t.strictSame(play(events), told);
    t.strictSame(play(events, 3), told, 'the same when every event comes three times');
  });
}

await t.test('events of others, of agents’ legs, of another application and odd shapes tell nothing', async (t) => {
  const translator = createTranslator('obzvon');
  const odd: AriEvent[] = [
    { type: 'ChannelDestroyed', channel: { id: '1700000000.7' }, cause: 16 },
    { type: 'ChannelDestroyed', channel: { id: 'ag-anna-1' }, cause: 16 },
    { type: 'ChannelDestroyed', channel: { id: 'at-1;2' }, cause: 16 },
    { type: 'ChannelDestroyed' },
    { type: 'ChannelDestroyed', channel: null },
    { type: 'ChannelDestroyed', channel: 'at-1' },
    { type: 'ChannelStateChange', channel: { id: 7, state: {} } },
    { type: 'PlaybackFinished' },
    { type: 'PlaybackFinished', playback: { id: 'pb-ag-anna-1' } },
    { type: 'StasisStart', channel: channel('Up'), args: ['callee', A], application: 'other' },
    { type: 'StasisStart', channel: channel('Up'), args: 'callee', application: 'obzvon' },
    { type: 'NeverHeardOf', channel: channel('Up') },
  ];
  for (const event of odd) t.strictSame(translator.translate(event, 1), [], event.type);
});

await t.test('an end whose channel was up tells of an answer nobody here heard', async (t) => {
  const translator = createTranslator('obzvon');
  translator.translate(state('Ringing'), 1);
  translator.keepOnly(new Map([[A, 1]]));
  t.strictSame(translator.translate(destroyed(16, undefined, 'Up'), 9), [
    ended(9, { cause: 16, sipCode: null, rangAt: 1, answeredAt: 9 }),
  ]);
});

await t.test('our own hang-up is ours, unless the far side had asked before', async (t) => {
  for (const [before, byFarSide] of [
    [[], false],
    [[farHangup], true],
  ] as const) {
    const translator = createTranslator('obzvon');
    for (const event of [created, ...before]) translator.translate(event, 1);
    translator.hangingUp(A);
    translator.translate(farHangup, 2);
    t.match(translator.translate(destroyed(16), 3), [{ byFarSide }]);
  }
});

await t.test('the second witness tells an end that ARI missed, and only that', async (t) => {
  const translator = createTranslator('obzvon');
  translator.translate(state('Ringing'), 1);
  const ending = { cause: 17, sipCode: 486, wasUp: false };
  t.strictSame(translator.witness(A, ending, 5), [ended(5, { cause: 17, sipCode: 486, rangAt: 1 })]);
  t.strictSame(translator.translate(destroyed(17, 486), 6), [], 'ARI comes after all');
  const other = 'at-2' as AttemptId;
  t.equal(translator.translate({ type: 'ChannelDestroyed', channel: { id: other }, cause: 16 }, 7).length, 1);
  t.strictSame(translator.witness(other, ending, 8), []);
  const answered = { ...ending, cause: 16, sipCode: null, wasUp: true };
  const third = 'at-3' as AttemptId;
  t.match(translator.witness(third, answered, 9), [{ attempt: third, answeredAt: 9 }], 'nor is an answer lost');
});

await t.test('memory does not grow with the calls that ended, nor with those a survey misses', async (t) => {
  const translator = createTranslator('obzvon');
  for (let i = 0; i < 20_000; i++) {
    const it = { id: `at-${i}`, state: 'Ringing' };
    translator.translate({ type: 'ChannelStateChange', channel: it }, i);
    translator.translate({ type: 'ChannelDestroyed', channel: it, cause: 16 }, i);
  }
  t.equal(translator.size(), 0);
  translator.translate(state('Ringing'), 1);
  translator.keepOnly(new Map([[A, 1]]));
  t.equal(translator.size(), 1);
  translator.keepOnly(new Map());
  t.equal(translator.size(), 0);
});

await t.test('a frame whose fields are of another type tells nothing it does not say', async (t) => {
  const odd = { toString: 1, valueOf: 1 };
  for (const key of [undefined, null, 5, ['9'], odd, '99', 'E', '']) {
    t.same(play([{ type: 'ChannelDtmfReceived', digit: key, channel: channel('Up') }]), [], `digit ${typeof key}`);
  }
  for (const id of [A, odd, [`pb-${A}`], `pc-${A}`, undefined]) {
    t.same(play([{ type: 'PlaybackFinished', playback: { id } }]), [], 'not a message of ours');
  }
  t.same(play([{ ...stasisStart, channel: undefined, peer: channel('Up') }]), [], 'an answer is told of a channel');
});

await t.test('an end is told though its numbers are none, and no cause is made of them', async (t) => {
  for (const cause of [1e300, -1, 0.5, true, [16], '1e1', '0x10', ' 16', { toString: 1, valueOf: 1 }]) {
    const event = { type: 'ChannelDestroyed', cause, tech_cause: cause, channel: channel('Up') };
    t.match(play([event]), [{ type: 'attempt.hung-up', cause: null, sipCode: null }]);
  }
});
