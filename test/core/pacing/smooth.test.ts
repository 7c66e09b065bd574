import t from 'tap';
import { createPacer } from '../../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING } from '../../../lib/core/pacing/settings.ts';
import { referenceScenario } from '../../../lib/sim/scenario.ts';
import { simulateShift } from '../../../lib/sim/shift.ts';

const settings = { ...DEFAULT_PACING, target: 0.03 };
const WARM_UP_S = 1800;

for (const agents of [3, 10, 30]) {
  void t.test(`${agents} agents, 8 h: the price moves smoothly, neither stopped nor let loose`, async (t) => {
    const prices: number[] = [];
    let begunAt = Infinity;
    let jump = 1;
    let capped = 0;
    let stopped = 0;
    let longestStop = 0;
    let stopSince: number | null = null;
    simulateShift({
      scenario: referenceScenario(agents),
      seed: 11,
      pacer: () => createPacer(settings),
      onPacing(_, entry) {
        begunAt = Math.min(begunAt, entry.at);
        if (!('why' in entry) || entry.at < begunAt + 1000 * WARM_UP_S) return;
        const { price = NaN, unanswered = 0, waiting = 0, agentsFree = 0 } = entry.why.numbers;
        const before = prices.at(-1) ?? price;
        jump = Math.max(jump, price / before, before / price);
        prices.push(price);
        if (entry.why.limit === 'ratio') capped += 1;
        // No more than one call a free agent, as a hard stop would have it.
        const stop = unanswered + waiting + entry.originate <= agentsFree;
        if (!stop) stopSince = null;
        else {
          stopped += 1;
          stopSince ??= entry.at;
          longestStop = Math.max(longestStop, entry.at - stopSince);
        }
      },
    });
    prices.sort((a, b) => a - b);
    const quantile = (share: number): number => prices[Math.floor(share * (prices.length - 1))] as number;
    t.ok(quantile(0.95) / quantile(0.05) < 8, `the middle 90 %: ${quantile(0.05)} to ${quantile(0.95)}`);
    t.ok(jump < 2.2, `from one decision to the next: ${jump} times`);
    t.equal(capped, 0, 'never at the ratio cap');
    t.ok(
      stopped < (agents < 10 ? 0.6 : 0.1) * prices.length,
      `${stopped} of ${prices.length} decisions at one call a free agent`,
    );
    t.ok(longestStop < 5 * 60_000, `${longestStop / 1000} s on end at one call a free agent`);
  });
}
