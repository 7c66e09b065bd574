import t from 'tap';
import { answerSpread, createAnswerRate, updateAnswerRate } from '../../../lib/core/pacing/answer-rate.ts';
import { courseFor, follow, STEP_MS, steppedFor, toSteps } from '../../../lib/core/pacing/course.ts';
import {
  createRace,
  ended,
  evenEdges,
  ran,
  settle,
  spanOf,
  wideningEdges,
  winRates,
} from '../../../lib/core/pacing/race.ts';
import { createTrunkHealth, isDead, lostShare, notePlaced } from '../../../lib/core/pacing/trunk-health.ts';
import { logNormal, seededRandom } from '../../../lib/sim/random.ts';

const TIMEOUT_MS = 28_000;

/** What a pacer believes before it has seen a call ring. */
const expected = (age: number): number => 1 - 0.4 * (1 - 1 / (1 + (age / 8000) ** 3.2));

/** Rings `count` calls, all begun at once and looked at `afterMs` later: some answered, some over, some still ringing. */
function ring(share: number, count: number, afterMs: number, seed: number) {
  const random = seededRandom(seed);
  const race = createRace(evenEdges(STEP_MS, 60), 1e9, expected, 4);
  for (let call = 0; call < count; call += 1) {
    const pickUp = random() < share ? logNormal(random, 8000, 0.55) : Infinity;
    const end = Math.min(pickUp, TIMEOUT_MS);
    ran(race, 0, Math.min(end, afterMs));
    if (end <= afterMs) ended(race, end, pickUp <= TIMEOUT_MS);
  }
  return race;
}

for (const afterMs of [9000, 15_000, 60_000]) {
  void t.test(
    `answer rate: 35 % are believed to be 35 % while calls still ring (${afterMs / 1000} s in)`,
    async (t) => {
      // When answers come is known from a finished crowd; how many come, from one still ringing.
      const known = ring(0.35, 20_000, 60_000, 1);
      settle(known);
      const running = ring(0.35, 4000, afterMs, 2);
      const race = { ...known, memory: 1e9, fresh: running.fresh };
      const rate = createAnswerRate(60, Infinity);
      updateAnswerRate(rate, race, 500);
      t.ok(Math.abs(rate.share - 0.345) < 0.025, `found ${rate.share}`);
      t.ok(rate.cautious > rate.share);
    },
  );
}

void t.test(
  'answer rate: a list that changes is believed within 40 answers, one that does not is left alone',
  async (t) => {
    const rate = createAnswerRate(60, Infinity);
    const race = createRace(evenEdges(STEP_MS, 60), 1500, expected, 4);
    const random = seededRandom(3);
    const feed = (share: number, calls: number): void => {
      for (let call = 0; call < calls; call += 1) {
        const pickUp = random() < share ? logNormal(random, 8000, 0.55) : Infinity;
        ran(race, 0, Math.min(pickUp, TIMEOUT_MS));
        ended(race, Math.min(pickUp, TIMEOUT_MS), pickUp <= TIMEOUT_MS);
        updateAnswerRate(rate, race, 10);
        settle(race);
      }
    };
    feed(0.2, 3000);
    t.ok(Math.abs(rate.share - 0.2) < 0.03, `found ${rate.share}`);
    const changes = rate.changes;
    t.ok(changes <= 6, `${changes} false alarms in 600 answers`);
    feed(0.5, 80);
    t.ok(rate.changes > changes, 'the change is seen');
    t.ok(rate.share > 0.35, `found ${rate.share}`);
  },
);

void t.test('races: a known spread of times is found, running stages included', async (t) => {
  const random = seededRandom(5);
  const race = createRace(wideningEdges(1000, 1.25, 600_000), 1e9, (age) => Math.exp(-age / 10_000), 2);
  for (let talk = 0; talk < 5000; talk += 1) {
    const length = logNormal(random, 40_000, 0.7);
    const seen = random() * 120_000;
    ran(race, 0, Math.min(length, seen));
    if (length <= seen) ended(race, length, true);
  }
  settle(race);
  const stage = steppedFor(race);
  toSteps(stage, winRates(race), null);
  const course = courseFor(240);
  follow(course, stage, 0, 240);
  // Half of a log-normal lies below its median; a quarter below median × e^(−0.674 σ).
  t.ok(Math.abs((course.left[79] as number) - 0.5) < 0.03, `left after 40 s: ${course.left[79]}`);
  t.ok(Math.abs((course.left[49] as number) - 0.75) < 0.03, `left after 25 s: ${course.left[49]}`);
});

void t.test('races: what is forgotten makes room for what is new', async (t) => {
  const race = createRace(evenEdges(STEP_MS, 40), 50, (age) => Math.exp(-age / 5000), 1);
  const feed = (length: number): void => {
    ran(race, 0, length);
    ended(race, length, true);
    settle(race);
  };
  for (let stage = 0; stage < 300; stage += 1) feed(12_250);
  for (let stage = 0; stage < 300; stage += 1) feed(4250);
  const spread = answerSpread(race, Infinity);
  t.ok((spread[spanOf(race.edges, 4250)] as number) > 0.8, 'most end at the new age');
});

void t.test('races: every age has a span, the first and last included', async (t) => {
  const edges = wideningEdges(1000, 1.25, 600_000);
  t.equal(spanOf(edges, 0), 0);
  t.equal(spanOf(edges, 999), 0);
  t.equal(spanOf(edges, 1000), 1);
  t.equal(spanOf(edges, 1e12), edges.length - 1);
});

void t.test('trunk health: a dead trunk is believed slowly and forgiven at once', async (t) => {
  const health = createTrunkHealth();
  for (let call = 0; call < 500; call += 1) notePlaced(health, call % 20 === 0);
  t.ok(lostShare(health) < 0.07);
  for (let call = 0; call < 25; call += 1) notePlaced(health, true);
  t.ok(lostShare(health) < 0.2, 'not after 25 failures');
  for (let call = 0; call < 600; call += 1) notePlaced(health, call % 10 !== 0);
  t.ok(lostShare(health) > 0.75);
  for (let call = 0; call < 600; call += 1) notePlaced(health, true);
  t.ok(isDead(health), 'nothing gets through');
  t.ok(lostShare(health) < 0.93);
  for (let call = 0; call < 40; call += 1) notePlaced(health, false);
  t.ok(lostShare(health) < 0.25, `after 40 good calls: ${lostShare(health)}`);
});

void t.test('a short ring time-out: the answer rate is of those who answer within it', async (t) => {
  const withinMs = 8000;
  const race = createRace(evenEdges(STEP_MS, Math.ceil((withinMs + 2000) / STEP_MS)), 1500, expected, 4);
  const rate = createAnswerRate(race.edges.length, withinMs);
  const random = seededRandom(5);
  for (let call = 0; call < 2000; call += 1) {
    const pickUp = random() < 0.4 ? Math.min(7000, logNormal(random, 2500, 0.5)) : Infinity;
    ran(race, 0, Math.min(pickUp, withinMs));
    ended(race, Math.min(pickUp, withinMs), pickUp <= withinMs);
    updateAnswerRate(rate, race, 10);
    settle(race);
  }
  t.ok(Math.abs(rate.share - 0.4) < 0.04, `found ${rate.share}`);
});
