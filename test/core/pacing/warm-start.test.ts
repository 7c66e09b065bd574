import t from 'tap';
import type { Estimates } from '../../../lib/core/pacing/estimates.ts';
import { createPacer } from '../../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING } from '../../../lib/core/pacing/settings.ts';
import { chooseEstimates, warmStartFrom } from '../../../lib/core/pacing/warm-start.ts';
import { referenceScenario } from '../../../lib/sim/scenario.ts';
import { simulateShift } from '../../../lib/sim/shift.ts';
import { floorOf, NOW } from './floor.ts';

const HOUR = 3_600_000;
const THIS_HOUR = Math.floor(NOW / HOUR);
const settings = { ...DEFAULT_PACING, target: 0.03 };
const learned = simulateShift({
  scenario: referenceScenario(20, {}, { durationS: 3600 }),
  seed: 7,
  startAt: NOW - HOUR,
  pacer: () => createPacer(settings),
}).estimates[0] as Estimates;

const row = (hour: number, ageH: number, data: string) => ({ hour, at: NOW - ageH * HOUR, data });
for (const [title, rows, chosen] of [
  ['none stored', [], undefined],
  ['fresh ones win over the same hour of day', [row(9, 24, 'same hour'), row(8, 1, 'fresh')], 'fresh'],
  ['older than 2 h: the same hour of day wins', [row(9, 24, 'same hour'), row(18, 15, 'newest')], 'same hour'],
  ['the latest of the same hour', [row(9, 48, 'old'), row(9, 24, 'late'), row(9, 72, 'older')], 'late'],
  ['no such hour: the newest', [row(17, 40, 'old'), row(18, 15, 'newest')], 'newest'],
  ['stored by a clock that was far ahead: the same hour of day wins', [row(9, 24, 'same'), row(3, -90, 'x')], 'same'],
] as const) {
  void t.test(`estimates to start from: ${title}`, async (t) => {
    t.equal(chooseEstimates(rows, NOW, 9), chosen);
  });
}

void t.test('the database has the last word on what is owed, the estimates on what is learned', async (t) => {
  const start = warmStartFrom(learned, [{ hour: THIS_HOUR - 1, answers: 1000, abandoned: 60 }], settings, NOW);
  const { why } = createPacer(settings, start).decide(floorOf({ available: 8 }));
  t.not(why.limit, 'cold-start');
  t.equal(why.numbers.answersDay, 1000);
  t.equal(why.numbers.abandonedDay, 60);
  t.ok((why.numbers.balance as number) < -30);
  t.strictSame(start.learned, learned.learned);
});

void t.test('without estimates, or with ones that do not fit: what is owed is owed, nothing is known', async (t) => {
  const ledger = [{ hour: THIS_HOUR - 1, answers: 1000, abandoned: 60 }];
  const otherRing = { ...settings, ringTimeoutMs: 15_000 };
  for (const [stored, its] of [
    [undefined, settings],
    [null, settings],
    ['x', settings],
    [{ version: 2, learned: {} }, settings],
    [{ version: 1, learned: { races: 1 } }, settings],
    [learned, otherRing],
  ] as const) {
    const { why } = createPacer(its, warmStartFrom(stored, ledger, its, NOW)).decide(floorOf({ available: 8 }));
    t.equal(why.limit, 'cold-start');
    t.equal(why.numbers.abandonedDay, 60);
  }
});

void t.test('hours count once and in order; those older than 30 days, to come or no numbers do not', async (t) => {
  const { balance } = warmStartFrom(
    undefined,
    [
      { hour: THIS_HOUR, answers: 10, abandoned: 1 },
      { hour: THIS_HOUR - 30, answers: 100, abandoned: 2 },
      { hour: THIS_HOUR - 30, answers: 50, abandoned: 1 },
      { hour: THIS_HOUR - 720, answers: 1e6, abandoned: 1e6 },
      { hour: THIS_HOUR + 1, answers: 1e6, abandoned: 1e6 },
      { hour: NaN, answers: 1, abandoned: 1 },
      { hour: THIS_HOUR, answers: NaN, abandoned: 1 },
    ],
    settings,
    NOW,
  );
  t.match(balance.ledger, [
    { hour: THIS_HOUR - 30, answers: 150, abandoned: 3 },
    { hour: THIS_HOUR, answers: 10, abandoned: 1 },
  ]);
  t.equal(balance.ledger.length, 2);
  t.equal(balance.lastAt, NOW);
});

void t.test('a session is over after four silent hours: what it saved is gone, what it owed is not', async (t) => {
  const session = (hour: number, abandoned: number): number =>
    warmStartFrom(undefined, [{ hour, answers: 300, abandoned }], settings, NOW).balance.session;
  t.ok(session(THIS_HOUR - 1, 0) > 5);
  const rested = createPacer(
    settings,
    warmStartFrom(learned, [{ hour: THIS_HOUR - 10, answers: 300, abandoned: 0 }], settings, NOW),
  );
  t.ok((rested.decide(floorOf({ available: 8 })).why.numbers.balance as number) <= 0);
  const owing = createPacer(
    settings,
    warmStartFrom(learned, [{ hour: THIS_HOUR - 10, answers: 300, abandoned: 30 }], settings, NOW),
  );
  t.ok((owing.decide(floorOf({ available: 8 })).why.numbers.balance as number) < -20);
});

void t.test('a lowered target makes no debt of the hours before it, a crash or not', async (t) => {
  const strict = { ...DEFAULT_PACING, target: 0.01 };
  const hours = learned.balance.ledger.map(({ hour, answers }) => ({
    hour,
    answers,
    abandoned: Math.round(0.029 * answers),
  }));
  t.ok(hours.length > 0 && hours.every(({ answers }) => answers > 100));
  const balance = (start: Estimates) =>
    createPacer(strict, start).decide(floorOf({ available: 8 })).why.numbers.balance as number;
  t.ok(balance(warmStartFrom(learned, hours, strict, NOW)) > -2, 'held to 3 %, as they were');
  t.ok(balance(warmStartFrom(undefined, hours, strict, NOW)) < -5, 'unknown what they were held to: to 1 %');
});
