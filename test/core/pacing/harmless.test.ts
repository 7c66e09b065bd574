import fc from 'fast-check';
import t from 'tap';
import type { AgentState } from '../../../lib/core/agent.ts';
import type { PacedCallState, PacingEvent, PacingSnapshot } from '../../../lib/core/pacing/contract.ts';
import { createPacer } from '../../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING, type PacingSettings } from '../../../lib/core/pacing/settings.ts';
import { referenceScenario } from '../../../lib/sim/scenario.ts';
import { simulateShift } from '../../../lib/sim/shift.ts';
import { floorOf, NOW } from './floor.ts';

const settings: PacingSettings = { ...DEFAULT_PACING, target: 0.03 };
const learned = simulateShift({
  scenario: referenceScenario(20, {}, { durationS: 3600 }),
  seed: 7,
  startAt: NOW - 3_600_000,
  pacer: () => createPacer(settings),
}).estimates[0];

const id = fc.integer({ min: 0, max: 6 }).map(String);
const AGENT_STATES: AgentState[] = [
  'offline',
  'connecting',
  'paused',
  'available',
  'reserved',
  'talking',
  'finishing',
  'leaving',
  'wrap-up',
];
const CALL_STATES: PacedCallState[] = ['dialing', 'ringing', 'detecting', 'waiting', 'talking'];
/** Mostly onwards, now and then far back or far ahead. */
const hop = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 3000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -10_000_000, max: 0 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3_000_000_000 }) },
);
const happening = fc.oneof(
  fc.record({
    type: fc.constantFrom('originated', 'ringing', 'answered', 'abandoned'),
    call: id,
    foreign: fc.boolean(),
  }),
  fc.record({ type: fc.constant('detected'), call: id, verdict: fc.constantFrom('human', 'machine') }),
  fc.record({ type: fc.constantFrom('connected', 'talk-ended'), call: id, agent: id }),
  fc.record({
    type: fc.constant('failed'),
    call: id,
    reason: fc.constantFrom('busy', 'no-answer', 'refused', 'trunk', 'cancelled'),
  }),
  fc.record({ type: fc.constant('wrap-up-ended'), agent: id }),
  fc.record({ type: fc.constant('agent'), agent: id, state: fc.constantFrom(...AGENT_STATES) }),
  fc.record({ type: fc.constant('agent-request'), agent: id, request: fc.constantFrom('pause', 'logout', 'ready') }),
);
const floorArbitrary = fc.record({
  agents: fc.array(fc.record({ id, state: fc.constantFrom(...AGENT_STATES), ago: hop }), { maxLength: 30 }),
  calls: fc.array(fc.record({ id, state: fc.constantFrom(...CALL_STATES), ago: hop, foreign: fc.boolean() }), {
    maxLength: 30,
  }),
  channelsFree: fc.oneof(fc.constant(Infinity), fc.integer({ min: -5, max: 60 })),
  rateAllows: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 20 })),
});
const story = fc.array(fc.oneof(fc.record({ hop, happening }), fc.record({ hop, floor: floorArbitrary })), {
  maxLength: 120,
});
type Story = (typeof story extends fc.Arbitrary<infer S> ? S : never)[number][];

function tell(lines: Story, warmStart: unknown, onDecision: (snapshot: PacingSnapshot, originate: number) => void) {
  const pacer = createPacer(settings, warmStart);
  let now = NOW;
  for (const line of lines) {
    now += line.hop;
    if ('happening' in line) {
      pacer.observe({ at: now, ...line.happening });
      continue;
    }
    const { agents, calls, channelsFree, rateAllows } = line.floor;
    const aged = <T extends { ago: number }>(one: T) => ({ ...one, since: now - one.ago });
    const snapshot: PacingSnapshot = {
      now,
      agents: agents.map(aged),
      calls: calls.map(aged),
      channelsFree,
      rateAllows,
    };
    onDecision(snapshot, pacer.decide(snapshot).originate);
  }
  return pacer;
}

const WORKING = new Set<AgentState>(['available', 'reserved', 'talking', 'wrap-up']);
const UNANSWERED = new Set<PacedCallState>(['dialing', 'ringing', 'detecting']);

for (const [start, warmStart] of [
  ['cold', undefined],
  ['warm', learned],
] as const) {
  void t.test(
    `any story, ${start}: never more than the caps allow, never a fraction, never below nothing`,
    async (t) => {
      fc.assert(
        fc.property(story, (lines) => {
          tell(lines, warmStart, ({ agents, calls, channelsFree, rateAllows }, originate) => {
            const working = agents.filter(({ state }) => WORKING.has(state)).length;
            const unanswered = calls.filter(({ state }) => UNANSWERED.has(state)).length;
            const most = Math.max(0, Math.min(channelsFree, rateAllows, settings.maxRatio * working - unanswered));
            if (!Number.isInteger(originate) || originate < 0 || originate > most)
              throw new Error(`${originate} of ${most}`);
          });
        }),
        { numRuns: 300 },
      );
      t.pass();
    },
  );

  void t.test(`any story, ${start}: told twice it ends in the same decisions and the same estimates`, async (t) => {
    fc.assert(
      fc.property(story, (lines) => {
        const [one, two]: [number[], number[]] = [[], []];
        const first = tell(lines, warmStart, (_, originate) => one.push(originate));
        const second = tell(lines, warmStart, (_, originate) => two.push(originate));
        return one.join() === two.join() && JSON.stringify(first.estimates()) === JSON.stringify(second.estimates());
      }),
      { numRuns: 50 },
    );
    t.pass();
  });

  void t.test(`any story, ${start}: what it learned from it can be handed on`, async (t) => {
    fc.assert(
      fc.property(story, (lines) => {
        const estimates = tell(lines, warmStart, () => undefined).estimates();
        const text = JSON.stringify(estimates);
        if (text.includes('null') && !text.includes('"lastAt":null')) throw new Error('a number that is none');
        const next = createPacer(settings, JSON.parse(text));
        return Number.isInteger(next.decide(floorOf({ available: 5 })).originate);
      }),
      { numRuns: 100 },
    );
    t.pass();
  });
}

/** Calls that may be answered before anyone noticed that something is wrong: what a sane floor has at most. */
const SANE = (() => {
  const decision = createPacer(settings, learned).decide(floorOf({ available: 20 }));
  return decision.originate;
})();

void t.test('the clock jumps: calls that ring are not taken for dead, and no second crowd is sent', async (t) => {
  for (const jump of [-3_600_000, -20_000, 15_000, 60_000, 3_600_000]) {
    const pacer = createPacer(settings, learned);
    pacer.decide(floorOf({ available: 4, talking: 16 }, {}, { agoMs: 2000 }));
    const full = pacer.decide(floorOf({ available: 4, talking: 16 }, { ringing: 12 }, { agoMs: 2000 }));
    const after = pacer.decide(
      floorOf({ available: 4, talking: 16 }, { ringing: 12 + full.originate }, { now: NOW + jump, agoMs: 2000 + jump }),
    );
    t.ok(after.originate <= 1, `${jump} ms: ${after.originate} more`);
    t.ok((after.why.numbers.oddities as number) >= 1, 'counted');
  }
});

void t.test('numbers that are none: no call comes of them', async (t) => {
  const ringing = { available: 4, talking: 16 };
  for (const rest of [{ now: NaN }, { agoMs: NaN }, { channelsFree: NaN }, { rateAllows: NaN }, { agoMs: -Infinity }]) {
    const pacer = createPacer(settings, learned);
    pacer.decide(floorOf(ringing, { ringing: 40 }));
    pacer.observe({ at: NaN, type: 'originated', call: 'c' });
    t.equal(pacer.decide(floorOf(ringing, { ringing: 40 }, rest)).originate, 0, JSON.stringify(rest));
  }
});

void t.test(
  'a thousand calls that never end, a thousand failures, a thousand answers told twice: no burst after it',
  async (t) => {
    const flood = (event: (n: number) => PacingEvent[]): number => {
      const pacer = createPacer(settings, learned);
      for (let n = 0; n < 1000; n += 1) for (const one of event(n)) pacer.observe(one);
      return pacer.decide(floorOf({ available: 20 }, {}, { now: NOW + 1000 })).originate;
    };
    const at = NOW + 500;
    t.ok(flood((n) => [{ at, type: 'originated', call: `${n}` }]) <= 1.3 * SANE);
    t.ok(
      flood((n) => [{ at, type: 'failed', call: `${n}`, reason: 'no-answer' }]) <= 1.3 * SANE,
      'of calls nobody placed',
    );
    t.ok(
      flood((n) => [{ at, type: 'connected', call: `${n}`, agent: 'a' }]) <= 1.3 * SANE,
      'answers of calls nobody placed',
    );
    t.ok(flood(() => [{ at, type: 'wrap-up-ended', agent: 'a' }]) <= 1.3 * SANE);
    const twice = (n: number): PacingEvent[] => {
      const call = `${n}`;
      const events: PacingEvent[] = [
        { at, type: 'originated', call },
        { at, type: 'ringing', call },
        { at, type: 'answered', call },
        { at, type: 'connected', call, agent: call },
      ];
      return [...events, ...events];
    };
    t.ok(flood(twice) <= 1.3 * SANE);
  },
);

void t.test('a shift told to the pacer without a tenth of its events ends near the target all the same', async (t) => {
  let number = 0;
  const shift = simulateShift({
    scenario: referenceScenario(10, {}, { durationS: 3 * 3600 }),
    seed: 5,
    pacer: () => {
      const pacer = createPacer(settings);
      const deaf = (): boolean => (number += 1) % 10 === 0;
      return { ...pacer, observe: (event) => void (deaf() || pacer.observe(event)) };
    },
  });
  t.ok(shift.abandonment < 0.05, `${shift.abandonment}`);
  t.ok(shift.talkUtilisation > 0.6, `${shift.talkUtilisation}`);
});

/** Ways to tell a shift wrongly: what the pacer hears of one event, given the one before it. */
const MANGLED: Readonly<Record<string, (event: PacingEvent, before: PacingEvent, number: number) => PacingEvent[]>> = {
  'every event twice': (event) => [event, event],
  'every third event after the next one': (event, before, number) =>
    number % 3 === 0 ? [] : number % 3 === 1 ? [event, before] : [event],
  'every fifth time of an event no number': (event, _, number) => [number % 5 === 0 ? { ...event, at: NaN } : event],
  'a clock that hops a second back and forth': (event, _, number) => [
    { ...event, at: event.at + (number % 2 === 0 ? 900 : -900) },
  ],
  'a clock that jumps an hour every thousand events': (event, _, number) => [
    { ...event, at: event.at + 3_600_000 * (Math.floor(number / 1000) % 2) },
  ],
  'agents nobody knows': (event) => ('agent' in event ? [{ ...event, agent: `x${event.at}` }] : [event]),
  'no word of what became of the agents': (event) => ('agent' in event && event.type !== 'connected' ? [] : [event]),
};

for (const [title, mangle] of Object.entries(MANGLED)) {
  void t.test(`a shift told wrongly, ${title}: no burst, and the target is not lost sight of`, async (t) => {
    let number = 0;
    const shift = simulateShift({
      scenario: referenceScenario(10, {}, { durationS: 3 * 3600 }),
      seed: 6,
      pacer: () => {
        const pacer = createPacer(settings);
        let before: PacingEvent | undefined;
        return {
          ...pacer,
          observe(event) {
            number += 1;
            for (const one of mangle(event, before ?? event, number)) pacer.observe(one);
            before = event;
          },
        };
      },
    });
    t.ok(shift.abandonment < 0.06, `${(100 * shift.abandonment).toFixed(2)} % abandoned`);
    t.ok(shift.worstHalfHour < 0.2, `${(100 * shift.worstHalfHour).toFixed(1)} % in the worst half hour`);
    t.ok(shift.talkUtilisation > 0.4, `${shift.talkUtilisation}`);
  });
}

void t.test('before any call has rung: never more calls under way than agents free, whatever is told', async (t) => {
  fc.assert(
    fc.property(story, (lines) => {
      const quiet = lines.filter((line) => !('happening' in line) || line.happening.type === 'agent');
      tell(quiet, undefined, ({ agents, calls }, originate) => {
        const free = agents.filter(({ state }) => state === 'available').length;
        const pending = calls.filter(({ state }) => state !== 'talking').length;
        if (originate > Math.max(0, free - pending))
          throw new Error(`${originate} for ${free} free, ${pending} under way`);
      });
    }),
    { numRuns: 200 },
  );
  t.pass();
});
