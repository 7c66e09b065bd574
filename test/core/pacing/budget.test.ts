import t from 'tap';
import { balanceOf, book, compare, createBudget, keepWindows, priceOf } from '../../../lib/core/pacing/budget.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5, 6);

void t.test('an abandoned call dears the next ones, answers cheapen them, without a jump', async (t) => {
  const budget = createBudget(0.03, 0.03);
  const prices: number[] = [];
  for (let answer = 0; answer < 2000; answer += 1) {
    book(budget, START + answer * 1000, 1, answer % 50 === 49 ? 1 : 0);
    prices.push(priceOf(budget, 10));
  }
  const changes = prices.slice(1).map((price, index) => price / (prices[index] as number));
  t.ok(Math.min(...changes) > 0.7, `down at once by ${Math.min(...changes)}`);
  t.ok(Math.max(...changes) < 1.05, `up at once by ${Math.max(...changes)}`);
  t.ok((prices.at(-1) as number) > (prices[0] as number), 'at 2 % of a target of 3 % more may be risked');
});

void t.test('what is saved has a cap, what is owed has none', async (t) => {
  const budget = createBudget(0.03, 0.03);
  book(budget, START, 10_000, 0);
  t.equal(balanceOf(budget), 15);
  book(budget, START, 0, 100);
  t.equal(balanceOf(budget), -85);
  t.ok(priceOf(budget, 10) < 1e-4, 'deep in debt only calls without risk are placed');
});

void t.test('yesterday’s debt is paid today; what was saved yesterday is not spent', async (t) => {
  const budget = createBudget(0.03, 0.03);
  book(budget, START, 100, 10);
  keepWindows(budget, START + 16 * HOUR);
  t.ok(balanceOf(budget) < -7, 'owed still');
  const saved = createBudget(0.03, 0.03);
  book(saved, START, 1000, 0);
  keepWindows(saved, START + 16 * HOUR);
  t.equal(balanceOf(saved), 0);
});

void t.test('rolling windows: after 24 h the day, after 30 days the month has forgotten', async (t) => {
  const budget = createBudget(0.03, 0.03);
  book(budget, START, 100, 10);
  keepWindows(budget, START + 25 * HOUR);
  t.equal(budget.day.abandoned, 0);
  t.equal(budget.month.abandoned, 10);
  keepWindows(budget, START + 721 * HOUR);
  t.equal(budget.month.abandoned, 0);
  t.equal(budget.ledger.length, 0);
});

void t.test('a lower target does not turn what an earlier one allowed into debt', async (t) => {
  const before = createBudget(0.03, 0.03);
  book(before, START, 1000, 28);
  const after = createBudget(0.01, 0.03);
  after.ledger.push(...before.ledger);
  keepWindows(after, START + HOUR);
  t.ok(balanceOf(after) >= 0);
});

void t.test('over the limit itself the price falls much faster than over the target', async (t) => {
  const price = (limit: number): number => {
    const budget = createBudget(0.01, limit);
    book(budget, START, 1000, 20);
    return priceOf(budget, 10);
  };
  t.ok(price(0.01) < price(0.03) / 10);
});

void t.test('a forecast that proves too low or too high is corrected', async (t) => {
  const price = (share: number): number => {
    const budget = createBudget(0.03, 0.03);
    for (let answer = 0; answer < 3000; answer += 1) compare(budget, 0.02, 0.03, answer % 100 < 100 * share);
    return priceOf(budget, 10);
  };
  t.ok(price(0.04) < 0.7 * price(0.02));
  t.ok(price(0.01) > 1.3 * price(0.02));
});
