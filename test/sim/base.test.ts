import fc from 'fast-check';
import t from 'tap';
import { hoursAt } from '../../lib/core/calling-hours.ts';
import type { Disposition } from '../../lib/core/outcome.ts';
import { offsetMs } from '../../lib/core/zone-clock.ts';
import { workDays, simulateDays } from '../../lib/sim/days.ts';
import { createLeadBase } from '../../lib/sim/lead-base.ts';
import { DEFAULT_WISHES, methodNamed } from '../../lib/sim/methods.ts';
import { seededRandom, betaDraw } from '../../lib/sim/random.ts';
import { REFERENCE_CAMPAIGN, referenceScenario, type Base, type Scenario } from '../../lib/sim/scenario.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Monday 23 November 2026, 09:00 in Moscow. */
const MONDAY = Date.parse('2026-11-23T06:00:00Z');

const BASE: Base = {
  groups: [{ count: 300, attempts: 0, dueInS: 0, zones: ['+03:00'] }],
  likeness: 2,
  hours: {
    work: { from: '09:00', to: '21:00' },
    off: { from: '10:00', to: '20:00' },
    holiday: null,
  },
  endGuardS: 120,
  calendar: [],
  maxAttemptsPerLead: 4,
  maxAttemptsPerDay: 2,
  minIntervalMin: 30,
  abandonedCooldownMin: 4320,
  retry: {
    busy: { afterMin: 5 },
    'no-answer': { afterMin: 60 },
    'trunk-failure': { afterMin: 2 },
    cancelled: { afterMin: 15 },
    abandoned: { afterMin: 60 },
    unallocated: 'never',
  },
};

const leadBase = (changes: Partial<Base>, seed = 1, answers = 0.35) =>
  createLeadBase({ ...REFERENCE_CAMPAIGN, answers }, { ...BASE, ...changes }, seed, MONDAY);

const END: readonly Disposition[] = [
  'busy',
  'no-answer',
  'trunk-failure',
  'abandoned',
  'unallocated',
  'talked',
  'cancelled',
];

void t.test('whatever becomes of calls, limits, intervals and hours hold for every lead', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(1000),
        maxAttemptsPerLead: fc.integer({ min: 1, max: 6 }),
        maxAttemptsPerDay: fc.integer({ min: 1, max: 4 }),
        minIntervalMin: fc.integer({ min: 1, max: 600 }),
        abandonedCooldownMin: fc.integer({ min: 0, max: 4320 }),
        zones: fc.constantFrom<readonly string[]>(
          ['+03:00'],
          ['Asia/Vladivostok'],
          ['+02:00', '+12:00'],
          ['America/New_York'],
        ),
        attempts: fc.integer({ min: 0, max: 2 }),
      }),
      async ({ seed, zones, attempts, ...limits }) => {
        const base = leadBase({ ...limits, groups: [{ count: 12, attempts, dueInS: 0, zones }] }, seed);
        const random = seededRandom(seed);
        const placed = new Map<number, { at: number; as: Disposition }[]>();
        for (let now = MONDAY; now < MONDAY + 9 * DAY_MS; now += 7 * MINUTE_MS) {
          for (let lead = base.take(now); lead !== null; lead = base.take(now)) {
            const as = END[Math.floor(random() * END.length)] ?? 'busy';
            placed.set(lead, [...(placed.get(lead) ?? []), { at: now, as }]);
            base.ended(lead, as, now + 30_000);
          }
        }
        for (const [lead, calls] of placed) {
          const counted = calls.filter(({ as }) => as !== 'trunk-failure');
          const charged = counted.filter(({ as }) => as !== 'cancelled').length;
          if (charged + attempts > Math.max(limits.maxAttemptsPerLead, attempts + 1))
            throw new Error('too many attempts');
          counted.forEach(({ at, as }, index) => {
            const next = calls.find((call) => call.at > at);
            const gap = next === undefined ? Infinity : next.at - at;
            if (gap < limits.minIntervalMin * MINUTE_MS) throw new Error(`called again after ${gap} ms`);
            if (as === 'abandoned' && gap < limits.abandonedCooldownMin * MINUTE_MS) throw new Error('no cool-down');
            const day = counted.slice(index).filter((call) => call.at <= at + DAY_MS).length;
            if (day > limits.maxAttemptsPerDay) throw new Error(`${day} attempts in 24 h`);
          });
          for (const { at } of calls) {
            for (const zone of zones) {
              const local = new Date(at + offsetMs(zone, at));
              const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
              const off = [0, 6].includes(local.getUTCDay());
              if (minute < (off ? 600 : 540) || minute >= (off ? 1200 : 1260) - 2) {
                throw new Error(`a call at ${local.toISOString()} in ${zone}`);
              }
            }
          }
          const state = base.stateOf(lead);
          if (!['waiting', 'done', 'spent'].includes(state)) throw new Error(`a lead is left ${state}`);
        }
      },
    ),
    { numRuns: 60 },
  );
});

void t.test('two zones that are never open together are never called, and it ends', async (t) => {
  const base = leadBase({
    groups: [{ count: 3, attempts: 0, dueInS: 0, zones: ['+12:00', '-06:00'] }],
    hours: { ...BASE.hours, work: { from: '09:00', to: '12:00' }, off: null },
  });
  for (let now = MONDAY; now < MONDAY + 7 * DAY_MS; now += HOUR_MS) t.equal(base.take(now), null);
});

void t.test('a holiday is closed, the calling hours’ own code says so too', async (t) => {
  const base = leadBase({ calendar: [{ date: '2026-11-23', kind: 'holiday' }] });
  t.equal(base.take(MONDAY + HOUR_MS), null);
  t.not(base.take(MONDAY + DAY_MS), null);
  const rule = {
    zones: ['+03:00'],
    region: null,
    windows: { work: { fromMin: 540, toMin: 1260 }, off: null, holiday: null },
    narrow: null,
    marginMin: 0,
    endGuardS: 0,
    calendars: {},
  };
  t.equal(hoursAt(rule, MONDAY).open, false, 'no calendar of a year: closed');
});

void t.test('a beta draw has the mean it is asked for', async (t) => {
  const random = seededRandom(3);
  for (const [a, b] of [
    [0.7, 1.3],
    [0.05, 0.2],
    [8, 2],
  ] as const) {
    let total = 0;
    for (let draw = 0; draw < 20_000; draw += 1) total += betaDraw(random, a, b);
    t.ok(Math.abs(total / 20_000 - a / (a + b)) < 0.01, `${a}, ${b}: ${total / 20_000}`);
  }
});

void t.test('retries do not convert: second attempts are answered k ÷ (k + 1) times as often', async (t) => {
  const size = 20_000;
  const base = leadBase({ groups: [{ count: size, attempts: 0, dueInS: 0, zones: ['+03:00'] }], likeness: 2 });
  const answered = [0, 0];
  const asked = [0, 0];
  const now = MONDAY + HOUR_MS;
  for (const [round, at] of [
    [0, now],
    [1, now + 2 * HOUR_MS],
  ] as const) {
    for (let lead = base.take(at); lead !== null; lead = base.take(at)) {
      const { answers, luck } = base.chance(lead, 0);
      const ring = luck() < answers;
      asked[round] = (asked[round] ?? 0) + 1;
      if (ring) answered[round] = (answered[round] ?? 0) + 1;
      base.ended(lead, ring ? 'talked' : 'no-answer', at);
    }
  }
  const rate = (round: number): number => (answered[round] ?? 0) / (asked[round] ?? 1);
  t.ok(Math.abs(rate(0) - 0.35) < 0.012, `${rate(0)} of first attempts`);
  // Of the ringing: 0.35 ÷ 0.88, thinned out by those who never answer.
  const second = (0.88 * (2 * (0.35 / 0.88))) / 3;
  t.ok(Math.abs(rate(1) - second) < 0.025, `${rate(1)} of second attempts, ${second} expected`);
});

const small = (agents: number, changes: Partial<Base> = {}): Scenario =>
  referenceScenario(agents, { base: { ...BASE, ...changes } }, { durationS: 4 * 3600 });

const run = (scenario: Scenario, until: number, seed = 1, name = 'predictive') => {
  const method = methodNamed(name);
  return simulateDays({
    scenario,
    seed,
    from: MONDAY,
    until,
    doneShare: 1,
    pacer: ({ campaign }, warm) => {
      if (method === null) throw new Error(`no method ${name}`);
      return method.create(campaign, DEFAULT_WISHES, warm);
    },
  });
};

void t.test('a base is worked over the days until every lead is final or due later', async (t) => {
  const result = run(small(4), MONDAY + 12 * DAY_MS);
  t.equal(result.base.final, 300);
  t.equal(result.base.tried, 300);
  t.ok(result.doneAt !== null && result.doneAt <= (result.days.at(-1)?.shift.endedAt ?? 0));
  t.ok(result.base.talked > 120 && result.base.talked < 250, `${result.base.talked} talked`);
  t.ok(result.days.length > 1, 'not in a day: two attempts a day, four in all');
  for (const [index, { base }] of result.days.entries()) {
    t.ok(base.final >= (result.days[index - 1]?.base.final ?? 0), 'what is final stays so');
  }
});

void t.test('more agents work more of a base in a day, and the same seed gives the same days', async (t) => {
  const groups = [{ count: 4000, attempts: 0, dueInS: 0, zones: ['+03:00'] }];
  const worked = [3, 8].map((agents) => run(small(agents, { groups }), MONDAY + DAY_MS).base.final);
  t.ok((worked[1] ?? 0) > 1.5 * (worked[0] ?? 0), worked.join(' and '));
  const again = (): string => JSON.stringify(run(small(3), MONDAY + 2 * DAY_MS, 5));
  t.equal(again(), again());
});

void t.test('working days: the rest of today, no weekend, cut at the deadline', async (t) => {
  const scenario = referenceScenario(1, {}, { durationS: 8 * 3600 });
  const friday = MONDAY + 4 * DAY_MS;
  const found = [...workDays(scenario, friday + 2 * HOUR_MS, friday + 4 * DAY_MS + HOUR_MS)];
  t.strictSame(found, [
    { startAt: friday + 2 * HOUR_MS, endAt: friday + 8 * HOUR_MS, skippedS: 2 * 3600 },
    { startAt: friday + 3 * DAY_MS, endAt: friday + 3 * DAY_MS + 8 * HOUR_MS, skippedS: 0 },
    { startAt: friday + 4 * DAY_MS, endAt: friday + 4 * DAY_MS + HOUR_MS, skippedS: 0 },
  ]);
});
