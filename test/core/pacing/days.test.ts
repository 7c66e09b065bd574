import t from 'tap';
import { createPacer } from '../../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING } from '../../../lib/core/pacing/settings.ts';
import { loadScenario, referenceScenario, type CampaignModel, type Scenario } from '../../../lib/sim/scenario.ts';
import { simulateShift, type ShiftResult } from '../../../lib/sim/shift.ts';
import { floorOf, NOW } from './floor.ts';

const DAY = 24 * 3_600_000;
const settings = { ...DEFAULT_PACING, target: 0.03 };

const day = (agents: number, change: Partial<CampaignModel> = {}, hours = 2): Scenario =>
  referenceScenario(agents, change, { durationS: hours * 3600 });

/** Shifts on days on end, each begun with what the one before left. */
function days(scenarios: readonly Scenario[], seed: number): ShiftResult[] {
  let estimates: unknown;
  return scenarios.map((scenario, index) => {
    const shift = simulateShift({
      scenario,
      seed: seed + index,
      startAt: NOW + index * DAY,
      pacer: () => createPacer(settings, estimates),
    });
    estimates = JSON.parse(JSON.stringify(shift.estimates[0]));
    return shift;
  });
}

function worstQuarter({ minutes }: ShiftResult): number {
  const sum = (column: readonly number[]): number => column.slice(0, 15).reduce((total, value) => total + value, 0);
  return sum(minutes.abandoned) / Math.max(1, sum(minutes.answers));
}

const talk = (meanS: number) => ({ kind: 'lognormal', meanS, sigma: 0.7 }) as const;
const pickUp = (medianS: number) => ({ kind: 'lognormal', medianS, sigma: 0.45 }) as const;
for (const [title, yesterday, today] of [
  ['a list that answers seven times as often', day(50, { answers: 0.1 }), day(50, { answers: 0.7 })],
  ['talks four times as long', day(20, { talk: talk(40) }), day(20, { talk: talk(160) })],
  ['people who answer three times as late', day(20, { pickUp: pickUp(4) }), day(20, { pickUp: pickUp(13) })],
  ['a crew five times as large', day(10), day(50)],
] as const) {
  void t.test(`over night the world changed: ${title}; the morning brings no burst`, async (t) => {
    const [, next] = days([yesterday, today], 21) as [ShiftResult, ShiftResult];
    t.ok(worstQuarter(next) < 0.08, `${(100 * worstQuarter(next)).toFixed(1)} % in the first quarter of an hour`);
    t.ok(next.abandonment < 0.031, `${(100 * next.abandonment).toFixed(2)} % in the day`);
  });
}

void t.test('six days on end: every day and all of them together keep to the target', async (t) => {
  const week = days(
    Array.from({ length: 6 }, () => day(10, {}, 5)),
    31,
  );
  const sum = (name: 'answers' | 'abandoned'): number => week.reduce((total, shift) => total + shift[name], 0);
  t.ok(sum('abandoned') <= 0.03 * sum('answers'), `${(100 * sum('abandoned')) / sum('answers')} %`);
  for (const { abandonment } of week) t.ok(abandonment < 0.033, `a day of ${(100 * abandonment).toFixed(2)} %`);
});

void t.test('estimates of minutes ago are dialed on at once, those of last night are tried first', async (t) => {
  const estimates = simulateShift({
    scenario: day(20, {}, 1),
    seed: 7,
    startAt: NOW - 3_600_000,
    pacer: () => createPacer(settings),
  }).estimates[0];
  const first = (now: number) => createPacer(settings, estimates).decide(floorOf({ available: 8 }, {}, { now })).why;
  t.equal(first(NOW + 60_000).limit, 'abandonment');
  const morning = first(NOW + 14 * 3_600_000);
  t.equal(morning.limit, 'cold-start');
  t.match(morning.sentence, /0 of 10 so far/);
});

void t.test('a pacer that rested as long tries first too', async (t) => {
  const pacer = createPacer(
    settings,
    simulateShift({ scenario: day(20, {}, 1), seed: 7, startAt: NOW - 3_600_000, pacer: () => createPacer(settings) })
      .estimates[0],
  );
  let now = NOW;
  t.equal(pacer.decide(floorOf({ available: 8 }, {}, { now })).why.limit, 'abandonment');
  for (; now < NOW + 3_600_000; now += 1000) pacer.decide(floorOf({}, {}, { now }));
  t.equal(pacer.decide(floorOf({ available: 8 }, {}, { now })).why.limit, 'cold-start');
});

void t.test('two campaigns on one crew: each keeps near its own target, not only both together', async (t) => {
  const shift = simulateShift({
    scenario: loadScenario({ name: 'two-campaigns-n20' }),
    seed: 3,
    pacer: () => createPacer(settings),
  });
  t.ok(shift.abandonment < 0.03);
  for (const { name, abandonment, answers } of shift.campaigns) {
    t.ok(abandonment < 0.045, `${name}: ${(100 * abandonment).toFixed(2)} % of ${answers}`);
    t.ok(answers > 400, `${name}: ${answers}`);
  }
});
