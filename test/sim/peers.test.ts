import t from 'tap';
import type { Pacer, PacingSnapshot } from '../../lib/core/pacing/contract.ts';
import { PEERS } from '../../lib/sim/peers/all.ts';
import { issabelPeer, issabelPlace, issabelSoonFree, issabelTimeToAnswer } from '../../lib/sim/peers/issabel.ts';
import { every } from '../../lib/sim/peers/rhythm.ts';
import {
  VICIDIAL_DEFAULTS,
  vicidialGoal,
  vicidialLevel,
  type VicidialDrops,
} from '../../lib/sim/peers/vicidial-level.ts';
import { vicidialPeer } from '../../lib/sim/peers/vicidial.ts';

const CALM: VicidialDrops = {
  callsLastMinute: 10,
  dropsLastMinute: 0,
  callsToday: 1000,
  dropsToday: 9,
  humanAnswersToday: 300,
};
const OVER: VicidialDrops = { ...CALM, dropsToday: 10 };
/** No ready agent and no waiting call: the difference moves nothing. */
const LEVEL_FLOOR = { ready: 0, waiting: 0, loggedIn: 20 };
const NOON = 1200;

void t.test(
  'vicidial: the level moves by (ready − waiting + target) ÷ logged in, scaled by intensity, between 1 and the maximum',
  async (t) => {
    const rows: readonly (readonly [string, number, readonly [number, number], object, number])[] = [
      ['10 of 20 ready: half as much again', 1.2, [10, 0], {}, 1.8],
      ['waiting calls count against it', 2, [1, 5], {}, 1.6],
      ['never over the maximum', 2.5, [20, 0], {}, 3],
      ['never under 1', 1.1, [0, 10], {}, 1],
      ['difference target −1 keeps one agent free', 2, [1, 0], { diffTarget: -1 }, 2],
      ['intensity +50 makes upward steps larger', 1, [10, 0], { intensity: 50 }, 1.75],
      ['intensity −60 makes upward steps smaller', 1, [10, 0], { intensity: -60 }, 1.2],
      ['intensity −60 makes downward steps larger', 2, [0, 5], { intensity: -60 }, 1.2],
      ['RATIO stays where it is set', 2, [20, 0], { method: 'RATIO', level: 1.7 }, 1.7],
    ];
    for (const [title, level, [ready, waiting], changes, expected] of rows) {
      const settings = { ...VICIDIAL_DEFAULTS, ...changes };
      const moved = vicidialLevel(level, { ready, waiting, loggedIn: 20 }, CALM, NOON, settings);
      t.ok(Math.abs(moved - expected) < 1e-9, `${title}: ${moved}`);
    }
  },
);

void t.test('vicidial: what each method does over 3 % of the human answers', async (t) => {
  const rows: readonly (readonly [string, number, VicidialDrops, number, object, number])[] = [
    ['exactly 3 % is not over', 2.8, CALM, NOON, {}, 2.8],
    ['hard limit: level 1', 2.8, OVER, NOON, { method: 'ADAPT_HARD_LIMIT' }, 1],
    ['average: half', 2.8, OVER, NOON, {}, 1.4],
    ['average: never under 1', 1.2, OVER, NOON, {}, 1],
    ['not before 51 calls', 2.8, { ...OVER, callsToday: 50 }, NOON, {}, 2.8],
    ['tapered: ten "hours" before the latest time nothing', 2.8, OVER, 1059, { method: 'ADAPT_TAPERED' }, 2.8],
    ['tapered: nine hours before it, × 0.9', 2, OVER, 1200, { method: 'ADAPT_TAPERED' }, 1.8],
    ['tapered: HHMM are subtracted as numbers, 20:59 is 41 from 21:00', 3, OVER, 2059, { method: 'ADAPT_TAPERED' }, 1],
    ['tapered: 15:59 is 541 from 21:00, not 501', 2, OVER, 1559, { method: 'ADAPT_TAPERED' }, 1.082],
    ['tapered: after the latest time level 1', 3, OVER, 2101, { method: 'ADAPT_TAPERED' }, 1],
    [
      'more than half of over 20 calls dropped in a minute: half',
      2.8,
      { ...CALM, callsLastMinute: 21, dropsLastMinute: 11 },
      NOON,
      {},
      1.4,
    ],
    ['of 20 calls: nothing', 2.8, { ...CALM, callsLastMinute: 20, dropsLastMinute: 20 }, NOON, {}, 2.8],
  ];
  for (const [title, level, drops, hhmm, changes, expected] of rows) {
    const moved = vicidialLevel(level, LEVEL_FLOOR, drops, hhmm, { ...VICIDIAL_DEFAULTS, ...changes });
    t.ok(Math.abs(moved - expected) < 1e-9, `${title}: ${moved}`);
  }
});

void t.test(
  'vicidial: lines wanted are level × agents ready or in a call; counting the ready only, the calls in talk on top',
  async (t) => {
    const heads = { available: 4, withCaller: 10, talking: 10 };
    t.equal(vicidialGoal(1.3, heads, false), 18);
    t.equal(vicidialGoal(1.3, heads, true), 15);
  },
);

void t.test('vicidial: fills every 2.5 s, steps the level every 15 s, sees drops once a minute', async (t) => {
  const pacer = vicidialPeer({ method: 'ADAPT_HARD_LIMIT' });
  const at = (s: number): PacingSnapshot => floorAt(s * 1000, 10, 0);
  t.equal(pacer.decide(at(0)).originate, 20, 'all 10 ready: the first step doubles the level');
  t.equal(pacer.decide(at(1)).originate, 0, 'the fill loop sleeps');
  t.equal(pacer.decide(at(3)).originate, 20);
  t.equal(pacer.decide(at(15)).why.numbers['level'], 3, 'the next step ends at the maximum');
  for (let call = 0; call < 60; call += 1) pacer.observe({ at: 20_000, type: 'abandoned', call: `c${call}` });
  t.equal(pacer.decide(at(30)).why.numbers['level'], 3, 'drops of this minute are not seen yet');
  t.equal(pacer.decide(at(60)).why.numbers['level'], 1);
  t.equal(pacer.decide(at(15 * 3600 + 60)).why.numbers['level'], 1, 'to the end of the server’s day');
  t.ok((pacer.decide(at(21 * 3600 + 60)).why.numbers['level'] as number) > 1, 'midnight in Moscow forgets them');
});

void t.test('vicidial: agents in wrap-up and pause are not seen by the fill loop', async (t) => {
  const pacer = vicidialPeer({ method: 'RATIO', level: 2 });
  const agents = ['available', 'talking', 'wrap-up', 'paused'].map((state, id) => ({ id: `a${id}`, state, since: 0 }));
  const calls = [{ id: 'c1', state: 'talking', since: 0 }];
  const snapshot = { ...floorAt(0, 0, 0), agents, calls } as PacingSnapshot;
  t.equal(pacer.decide(snapshot).originate, 3);
});

void t.test('issabel: a busy agent counts as soon free past 3.5 mean talks, whatever is left of his', async (t) => {
  t.equal(issabelSoonFree(200_000, 8000, 60_000, 0.97), false);
  t.equal(issabelSoonFree(203_000, 8000, 60_000, 0.97), true);
});

void t.test('issabel: the time to answer is the mean of 20, short samples filled up with 8 s', async (t) => {
  t.equal(issabelTimeToAnswer([]), 8000);
  t.equal(issabelTimeToAnswer([28_000]), 9000);
  t.equal(issabelTimeToAnswer(new Array<number>(20).fill(4000)), 4000);
});

void t.test(
  'issabel: free + soon − waiting − unanswered; overcommit divides what is left by the share answered, at least 0.2',
  async (t) => {
    const heads = { free: 6, soon: 1, waiting: 1, unanswered: 4 };
    const rows: readonly (readonly [string, object, number, number, boolean, number])[] = [
      ['as shipped', {}, 100, 35, false, 2],
      ['overcommit', {}, 100, 35, true, 6],
      ['overcommit with hardly any answers', {}, 100, 1, true, 10],
      ['overcommit before ten calls', {}, 9, 1, true, 2],
      ['a batch under way holds the next one', { unanswered: 17 }, 100, 35, true, 0],
      ['more waiting than free', { waiting: 9, unanswered: 0 }, 100, 35, true, 0],
    ];
    for (const [title, changes, calls, answered, overcommit, expected] of rows) {
      t.equal(issabelPlace({ ...heads, ...changes }, { calls, answered }, overcommit), expected, title);
    }
  },
);

void t.test('issabel: asks every 5 s, and the share answered forgets what is older than 30 min', async (t) => {
  const pacer = issabelPeer({ overcommit: true });
  for (let call = 0; call < 20; call += 1) {
    pacer.observe({ at: 0, type: 'originated', call: `c${call}` });
    pacer.observe({ at: 1000, type: 'failed', call: `c${call}`, reason: 'no-answer' });
  }
  t.equal(pacer.decide(floorAt(2000, 3, 0)).originate, 15, 'none of 20 answered: five for each agent');
  t.equal(pacer.decide(floorAt(6000, 3, 0)).originate, 0);
  t.equal(pacer.decide(floorAt(7000, 3, 0)).originate, 15);
  t.equal(pacer.decide(floorAt(1_802_000, 3, 0)).originate, 3, 'half an hour later nothing is known');
});

void t.test('a rhythm keeps its beat when asked late, and a clock set back does not silence it', async (t) => {
  const beat = every(1000);
  const due = [0, 400, 1300, 1900, 2000, 9500, 9900, 10_500, 100, 500, 1100].map((now) => beat.due(now));
  t.strictSame(due, [true, false, true, false, true, true, false, true, true, false, true]);
});

void t.test('every peer obeys channels and rate, wants whole calls, and none without agents', async (t) => {
  for (const { name, create } of PEERS) {
    t.equal(create().decide(floorAt(0, 0, 0)).originate, 0, `${name}: no agents`);
    t.equal(create().decide({ ...floorAt(0, 10, 0), channelsFree: 2 }).originate, 2, `${name}: channels`);
    t.equal(create().decide({ ...floorAt(0, 10, 0), rateAllows: 1 }).originate, 1, `${name}: rate`);
  }
});

void t.test('every peer is a function of what it was told: the same story twice, the same decisions', async (t) => {
  for (const { name, create } of PEERS) t.strictSame(story(create()), story(create()), name);
});

/** A floor with so many free agents and ringing calls. */
function floorAt(now: number, available: number, ringing: number): PacingSnapshot {
  return {
    now,
    agents: Array.from({ length: available }, (_, id) => ({ id: `a${id}`, state: 'available', since: 0 })),
    calls: Array.from({ length: ringing }, (_, id) => ({ id: `r${id}`, state: 'ringing', since: 0 })),
    channelsFree: Infinity,
    rateAllows: Infinity,
  };
}

function story(pacer: Pacer): number[] {
  const made: number[] = [];
  for (let second = 0; second < 300; second += 1) {
    const at = second * 1000;
    const call = `c${second}`;
    pacer.observe({ at, type: 'originated', call });
    if (second % 3 === 0) pacer.observe({ at: at + 500, type: 'answered', call });
    if (second % 30 === 0) pacer.observe({ at: at + 900, type: 'abandoned', call });
    if (second % 3 === 1) pacer.observe({ at: at + 900, type: 'failed', call, reason: 'no-answer' });
    made.push(pacer.decide(floorAt(at + 1000, second % 7, second % 5)).originate);
  }
  return made;
}
