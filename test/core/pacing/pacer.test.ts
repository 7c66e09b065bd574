import t from 'tap';
import type { Estimates } from '../../../lib/core/pacing/estimates.ts';
import { createPacer } from '../../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING, type PacingSettings } from '../../../lib/core/pacing/settings.ts';
import { referenceScenario } from '../../../lib/sim/scenario.ts';
import { simulateShift } from '../../../lib/sim/shift.ts';
import { floorOf, NOW } from './floor.ts';

const settings = (change: Partial<PacingSettings> = {}): PacingSettings => ({
  ...DEFAULT_PACING,
  target: 0.03,
  ...change,
});

/** What an hour of the reference model with 20 agents teaches; its counters are of that hour. */
const learned = simulateShift({
  scenario: referenceScenario(20, {}, { durationS: 3600 }),
  seed: 7,
  startAt: NOW - 3_600_000,
  pacer: () => createPacer(settings()),
}).estimates[0] as Estimates;
const warm = (change: Partial<PacingSettings> = {}) => createPacer(settings(change), learned);

const PROGRESSIVE = [
  {
    agents: 5,
    pending: 2,
    channelsFree: 10,
    rateAllows: 10,
    originate: 3,
    limit: 'agents',
    sentence: '5 agents free, 2 calls under way for them',
  },
  {
    agents: 2,
    pending: 5,
    channelsFree: 10,
    rateAllows: 10,
    originate: 0,
    limit: 'agents',
    sentence: '2 agents free, 5 calls under way for them',
  },
  {
    agents: 5,
    pending: 0,
    channelsFree: 3,
    rateAllows: 10,
    originate: 3,
    limit: 'channels',
    sentence: '3 channels free on the trunk, 5 wanted',
  },
  {
    agents: 5,
    pending: 0,
    channelsFree: 10,
    rateAllows: 1,
    originate: 1,
    limit: 'rate',
    sentence: "the trunk's rate allows 1 now, 5 wanted",
  },
  {
    agents: 5,
    pending: 0,
    channelsFree: 2,
    rateAllows: 2,
    originate: 2,
    limit: 'channels',
    sentence: '2 channels free on the trunk, 5 wanted',
  },
  {
    agents: 5,
    pending: 0,
    channelsFree: -3,
    rateAllows: 4,
    originate: 0,
    limit: 'channels',
    sentence: '0 channels free on the trunk, 5 wanted',
  },
  {
    agents: 0,
    pending: 0,
    channelsFree: 10,
    rateAllows: 10,
    originate: 0,
    limit: 'agents',
    sentence: '0 agents free, 0 calls under way for them',
  },
] as const;

for (const { agents, pending, channelsFree, rateAllows, originate, limit, sentence } of PROGRESSIVE) {
  void t.test(
    `progressive: ${agents} free, ${pending} under way, ${channelsFree} channels, rate ${rateAllows} → ${originate}`,
    async (t) => {
      const pacer = createPacer(settings({ method: 'progressive' }));
      // Someone who talks, pauses or is reserved is not free, and his call is not under way to anyone.
      const floor = floorOf(
        { available: agents, talking: 2, paused: 1, reserved: 1, 'wrap-up': 1 },
        { ringing: pending, talking: 3 },
        { channelsFree, rateAllows },
      );
      const decision = pacer.decide(floor);
      t.equal(decision.originate, originate);
      t.equal(decision.why.limit, limit);
      t.equal(decision.why.sentence, sentence);
      t.equal(decision.at, NOW);
    },
  );
}

void t.test('ratio: so many originates a free agent, less what is under way', async (t) => {
  const pacer = createPacer(settings({ method: 'ratio', ratio: 2.5 }));
  t.equal(pacer.decide(floorOf({ available: 4 })).originate, 10);
  t.equal(pacer.decide(floorOf({ available: 4 }, { dialing: 3, ringing: 2, detecting: 1, waiting: 1 })).originate, 3);
  t.equal(pacer.decide(floorOf({ talking: 4 })).originate, 0);
});

void t.test('a cold start dials one call a free agent', async (t) => {
  const decision = createPacer(settings()).decide(floorOf({ available: 8 }, { ringing: 3 }));
  t.equal(decision.originate, 5);
  t.equal(decision.why.limit, 'cold-start');
});

void t.test('each limit binds, and is named', async (t) => {
  const floor = (rest = {}) => floorOf({ available: 10, talking: 10 }, {}, rest);
  const free = warm().decide(floor());
  t.equal(free.why.limit, 'abandonment');
  t.ok(free.originate > 12, `more than one a free agent: ${free.originate}`);
  for (const [decision, originate, limit] of [
    [warm().decide(floor({ channelsFree: 4 })), 4, 'channels'],
    [warm().decide(floor({ rateAllows: 5 })), 5, 'rate'],
    [warm({ maxUnanswered: 6 }).decide(floor()), 6, 'ratio'],
    [warm({ maxRatio: 1 }).decide(floorOf({ available: 10 })), 10, 'ratio'],
    [warm().decide(floorOf({ paused: 5, finishing: 3, leaving: 2, offline: 1, connecting: 1 })), 0, 'no-agents'],
    [warm().decide(floorOf({ available: 10, talking: 10 }, { ringing: 80 })), 0, 'abandonment'],
  ] as const) {
    t.equal(decision.originate, originate, limit);
    t.equal(decision.why.limit, limit);
    t.ok(decision.why.sentence.length > 10);
  }
});

void t.test('the reason gives its numbers', async (t) => {
  const { why } = warm().decide(floorOf({ available: 5, talking: 15 }, { ringing: 4 }));
  const { answerRate, answerRateLow, answerRateHigh, expectedFree, risk, price, balance } = why.numbers as Record<
    string,
    number
  >;
  t.ok(answerRateLow! < answerRate! && answerRate! < answerRateHigh!);
  // Of those that ring: 35 of 88.
  t.ok(Math.abs(answerRate! - 0.39) < 0.06, `${answerRate}`);
  t.ok(expectedFree! > 2 && expectedFree! < 10, `${expectedFree}`);
  t.ok(risk! > price!, 'one more would cost more than the price');
  t.ok(Number.isFinite(balance!));
  t.match(why.sentence, /5 of 20 agents free, .* expected, 4 calls under way, .* % of them answer/);
  t.match(JSON.parse(JSON.stringify(why)), { limit: 'abandonment', sentence: /agents free/ }, 'it can be journalled');
});

void t.test('what it looks at changes the decision the right way', async (t) => {
  const originate = (...floor: Parameters<typeof floorOf>): number => {
    const pacer = warm();
    pacer.decide(floorOf({ available: 4, talking: 16 }, { ringing: 2 }));
    return pacer.decide(floorOf(...floor)).originate;
  };
  const base = originate({ available: 4, talking: 16 }, { ringing: 2 });
  t.ok(originate({ available: 5, talking: 15 }, { ringing: 2 }) > base, 'one agent more is free');
  t.ok(originate({ available: 4, talking: 16 }, { ringing: 4 }) < base, 'more calls ring');
  t.ok(
    originate({ available: 4, talking: 16 }, { ringing: 2 }, { agoMs: 25_000 }) > base,
    'calls ringing long will hardly be answered',
  );
  t.ok(originate({ available: 4, talking: 8, 'wrap-up': 8 }, { ringing: 2 }) > base, 'wrap-up ends sooner than talk');
  t.ok(
    originate({ available: 4, talking: 8, finishing: 8 }, { ringing: 2 }) <= base,
    'who asked for a pause will not be back',
  );
  t.ok(originate({ available: 4, talking: 16 }, { ringing: 2, waiting: 2 }) < base, 'a person waits already');
});

void t.test('refused settings and unreadable warm starts: the one throws, the other is a cold start', async (t) => {
  for (const bad of [
    null,
    7,
    'x',
    {},
    { version: 2 },
    { ...learned, learned: null },
    { ...learned, learned: { ...learned.learned, races: {} } },
    { ...learned, learned: { ...learned.learned, taken: NaN } },
    { ...learned, balance: { ...learned.balance, session: 'x' } },
  ]) {
    t.equal(createPacer(settings(), bad).decide(floorOf({ available: 8 })).why.limit, 'cold-start');
  }
  const shorterRing = createPacer(settings({ ringTimeoutMs: 15_000 }), learned);
  t.equal(
    shorterRing.decide(floorOf({ available: 8 })).why.limit,
    'cold-start',
    'ages of another ring timeout do not fit',
  );
});

void t.test('estimates survive JSON: the next pacer decides the same', async (t) => {
  const again: unknown = JSON.parse(JSON.stringify(learned));
  t.strictSame(again, learned);
  const [one, two] = [warm(), createPacer(settings(), again)];
  for (let free = 0; free <= 20; free += 1) {
    const floor = floorOf({ available: free, talking: 20 - free }, { ringing: 4 });
    t.strictSame(one.decide(floor).originate, two.decide(floor).originate);
  }
  t.ok(JSON.stringify(learned).length < 20_000, 'small enough to keep for each hour');
});

void t.test('calls abandoned by a restart are owed, and teach nothing', async (t) => {
  const pacer = warm();
  const floor = floorOf({ available: 10, talking: 10 });
  const before = pacer.decide(floor);
  for (let call = 0; call < 12; call += 1) pacer.observe({ at: NOW, type: 'abandoned', call: `before-${call}` });
  const after = pacer.decide(floor);
  t.equal(Math.round((before.why.numbers.balance as number) - (after.why.numbers.balance as number)), 12);
  t.equal(after.why.numbers.answerRate, before.why.numbers.answerRate);
  t.ok(after.originate < before.originate);
  t.ok(after.originate >= 10, 'one call a free agent is always right');
});

void t.test('connected late: owed like an abandoned call, and its talk begins as usual', async (t) => {
  const run = (late: boolean) => {
    const pacer = warm();
    const at = NOW;
    for (const event of [
      { at, type: 'originated', call: 'c' },
      { at: at + 1500, type: 'ringing', call: 'c' },
      { at: at + 9000, type: 'answered', call: 'c' },
      { at: at + 12_000, type: 'connected', call: 'c', agent: 'a', ...(late ? { late } : {}) },
      { at: at + 19_000, type: 'talk-ended', call: 'c', agent: 'a' },
    ] as const) {
      pacer.observe(event);
    }
    const { learned, balance } = pacer.estimates() as Estimates;
    return { races: learned?.races, answers: learned?.answers, hour: balance.ledger.at(-1) };
  };
  const [late, inTime] = [run(true), run(false)];
  t.strictSame(late.races, inTime.races);
  t.strictSame(late.answers, inTime.answers);
  t.match(late.hour, { answers: 1, abandoned: 1 });
  t.match(inTime.hour, { answers: 1, abandoned: 0 });
});

void t.test('calls from before a restart: what they owe is owed, what they teach is their talk alone', async (t) => {
  const pacer = warm();
  const at = NOW;
  const before = pacer.estimates() as Estimates;
  pacer.observe({ at, type: 'abandoned', call: 'old-1' });
  pacer.observe({ at, type: 'abandoned', call: 'old-1' });
  pacer.observe({ at, type: 'connected', call: 'old-2', agent: 'a', late: true });
  pacer.observe({ at, type: 'connected', call: 'old-3', agent: 'b' });
  pacer.observe({ at, type: 'abandoned', call: 'old-4', foreign: true });
  pacer.observe({ at: at + 5000, type: 'talk-ended', call: 'old-3', agent: 'b' });
  pacer.decide(floorOf({ available: 10 }, {}, { now: at + 6000 }));
  const after = pacer.estimates() as Estimates;
  t.match(after.balance.ledger.at(-1), { hour: Math.floor(at / 3_600_000), answers: 2, abandoned: 2 });
  t.strictSame(after.learned?.answers, before.learned?.answers);
  t.strictSame(after.learned?.races.ring, before.learned?.races.ring);
  t.notSame(after.learned?.races.talk, before.learned?.races.talk);
});

void t.test('a fixed ratio over the limit places one call a free agent until that is made good', async (t) => {
  const pacer = createPacer({ ...DEFAULT_PACING, method: 'ratio', ratio: 3 });
  const floor = floorOf({ available: 10, talking: 10 });
  const answers = (from: number, to: number, type: 'abandoned' | 'connected'): void => {
    for (let call = from; call < to; call += 1) {
      pacer.observe({ at: NOW, type: 'originated', call: `c${call}` });
      pacer.observe({ at: NOW, type: 'answered', call: `c${call}` });
      pacer.observe({ at: NOW, type, call: `c${call}`, agent: `a${call}` });
    }
  };
  t.match(pacer.decide(floor), { originate: 30, why: { limit: 'agents' } });
  answers(0, 3, 'abandoned');
  t.equal(pacer.decide(floor).originate, 30, 'three are bad luck');
  answers(3, 10, 'abandoned');
  t.match(pacer.decide(floor), {
    originate: 10,
    why: { limit: 'over-limit', sentence: /10 of 10 answers .* limit of 3\.0 %/ },
  });
  answers(10, 400, 'connected');
  t.equal(pacer.decide(floor).originate, 30);
});

void t.test('what a progressive campaign hears makes the predictive one after it start warm', async (t) => {
  const scenario = { ...referenceScenario(20), durationS: 3600 };
  const [estimates] = simulateShift({
    scenario,
    seed: 1,
    pacer: () => createPacer({ ...DEFAULT_PACING, method: 'progressive' }),
  }).estimates;
  const { numbers } = createPacer(DEFAULT_PACING, estimates).decide(floorOf({ available: 5 })).why;
  t.ok(Math.abs((numbers.answerRate as number) - 0.37) < 0.05, `answer rate ${numbers.answerRate}`);
});
