import fc from 'fast-check';
import t from 'tap';
import { createPacer } from '../../../lib/core/pacing/pacer.ts';
import { createPlayer, createRecorder, type RecordedLine } from '../../../lib/core/pacing/recording.ts';
import { DEFAULT_PACING } from '../../../lib/core/pacing/settings.ts';
import { recordShift } from '../../helpers/recording.ts';

const linesOf = (text: string): RecordedLine[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedLine);

for (const name of ['two-campaigns-n20', 'channels-n50', 'shift-change-n20']) {
  void t.test(`a recording of ${name} replays every decision bit for bit`, (t) => {
    const { text, decisions } = recordShift(name, { ...DEFAULT_PACING, target: 0.03 });
    const player = createPlayer();
    const replayed = linesOf(text).flatMap((line) => player.line(line) ?? []);
    t.equal(replayed.length, decisions);
    t.ok(replayed.some(({ recorded }) => recorded > 0));
    t.strictSame(
      replayed.filter(({ same }) => !same),
      [],
    );
    t.end();
  });
}

void t.test('a replay with other settings decides otherwise on the same floor', (t) => {
  const { text } = recordShift('channels-n50', { ...DEFAULT_PACING, target: 0.01 });
  const bolder = createPlayer((settings) => ({ ...settings, target: 0.03 }));
  const none = createPlayer((settings) => ({ ...settings, maxUnanswered: 0 }));
  let more = 0;
  let placed = 0;
  for (const line of linesOf(text)) {
    const replayed = bolder.line(line);
    if (replayed !== null && replayed.decision.originate > replayed.recorded) more += 1;
    placed += none.line(line)?.decision.originate ?? 0;
  }
  t.equal(placed, 0, 'an operator’s limit of 0 places nothing');
  t.ok(more > 0, 'a higher target asks for more somewhere');
  t.end();
});

void t.test('one bit changed in a recording is found', (t) => {
  const { text } = recordShift('channels-n50', DEFAULT_PACING);
  const lines = linesOf(text).filter(
    (line, index) => line[0] !== 'heard' || line[1].type !== 'ringing' || index % 2 === 0,
  );
  const player = createPlayer();
  t.ok(
    lines.some((line) => player.line(line)?.same === false),
    'half of the ringing is missing',
  );
  t.end();
});

void t.test('a recording that does not begin with its pacer is refused', (t) => {
  t.throws(() => createPlayer().line(['heard', { at: 1, type: 'ringing', call: 'c' }]), RangeError);
  t.end();
});

void t.test('whatever the floor does, its changes add up to it again', (t) => {
  const agent = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    state: fc.constantFrom('available' as const, 'talking' as const, 'wrap-up' as const),
    since: fc.integer({ min: 0, max: 5 }),
  });
  const call = fc.record({
    id: fc.constantFrom('x', 'y', 'z'),
    state: fc.constantFrom('dialing' as const, 'ringing' as const, 'waiting' as const),
    since: fc.integer({ min: 0, max: 5 }),
  });
  const floor = fc.record({
    agents: fc.uniqueArray(agent, { selector: ({ id }) => id }),
    calls: fc.uniqueArray(call, { selector: ({ id }) => id }),
    channelsFree: fc.constantFrom(Infinity, 0, 5),
    rateAllows: fc.constantFrom(Infinity, 2),
  });
  fc.assert(
    fc.property(fc.array(floor, { maxLength: 12 }), (floors) => {
      const recorder = createRecorder();
      const pacer = createPacer(DEFAULT_PACING);
      recorder.made(0, DEFAULT_PACING, undefined);
      floors.forEach((one, index) => {
        const snapshot = { now: 1000 * index, ...one };
        recorder.asked(snapshot, pacer.decide(snapshot));
      });
      const player = createPlayer();
      return linesOf(recorder.take(Infinity)).every((line) => player.line(line)?.same ?? true);
    }),
  );
  t.end();
});
