import t from 'tap';
import { simulateDays } from '../../lib/sim/days.ts';
import { DEFAULT_WISHES, methodNamed } from '../../lib/sim/methods.ts';
import { loadScenario, type LocalHour, type Scenario } from '../../lib/sim/scenario.ts';

/** Monday 23 November 2026, 08:00 in Moscow. */
const MONDAY = Date.parse('2026-11-23T05:00:00Z');
const SEEDS = [1, 2, 3, 4];

/** Leads talked with in two days, of each seed. */
function talked(scenario: Scenario, bestHour: boolean, localHours?: readonly LocalHour[]): number[] {
  const campaigns = scenario.campaigns.map((one) => ({
    ...one,
    base: one.base === null ? null : { ...one.base, bestHour, ...(localHours === undefined ? {} : { localHours }) },
  }));
  return SEEDS.map((seed) => {
    const { base } = simulateDays({
      scenario: { ...scenario, campaigns },
      seed,
      from: MONDAY,
      until: MONDAY + 2 * 86_400_000,
      doneShare: 1,
      pacer: ({ campaign }, warm) => methodNamed('progressive')!.create(campaign, DEFAULT_WISHES, warm),
    });
    return base.talked;
  });
}
const sum = (all: readonly number[]) => all.reduce((so, one) => so + one, 0);

void t.test('where answers depend on the hour, ordering by the best one gains talks with every seed', async (t) => {
  const scenario = loadScenario({ name: 'best-hour-n6' });
  const [plain, best] = [talked(scenario, false), talked(scenario, true)];
  for (const [i, seed] of SEEDS.entries()) t.ok(best[i]! > plain[i]!, `seed ${seed}: ${best[i]} and ${plain[i]}`);
  t.ok(sum(best) > 1.04 * sum(plain), `${sum(best)} and ${sum(plain)}`);
});

void t.test('where all hours are alike, it loses nothing', async (t) => {
  const scenario = loadScenario({ name: 'best-hour-n6' });
  const [plain, best] = [talked(scenario, false, []), talked(scenario, true, [])];
  // Talks of a seed have a standard deviation of about 1 %.
  t.ok(sum(best) > 0.985 * sum(plain), `${sum(best)} and ${sum(plain)}`);
});
