import fc from 'fast-check';
import t from 'tap';
import { addChance, normalTail } from '../../../lib/core/pacing/risk.ts';

/** P(at least `needed` of them), by every combination. */
function enumerated(chances: readonly number[], needed: number): number {
  let tail = 0;
  for (let bits = 0; bits < 2 ** chances.length; bits += 1) {
    let probability = 1;
    let count = 0;
    for (const [index, p] of chances.entries()) {
      const on = ((bits >> index) & 1) === 1;
      probability *= on ? p : 1 - p;
      if (on) count += 1;
    }
    if (count >= needed) tail += probability;
  }
  return tail;
}

function convolved(chances: readonly number[], needed: number): number {
  const counts = new Float64Array(needed + 3);
  counts[2] = 1;
  for (const p of chances) addChance(counts, 2, needed, p);
  return counts[2 + needed] as number;
}

void t.test('the exact tail is that of every combination', async (t) => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(chance, { maxLength: 10 }), fc.integer({ min: 1, max: 6 }), (chances, needed) => {
      return Math.abs(convolved(chances, needed) - enumerated(chances, needed)) < 1e-9;
    }),
  );
  t.pass();
});

void t.test('the normal tail is within 0.004 of the exact one for 50 mixed chances', async (t) => {
  const chances = Array.from({ length: 50 }, (_, index) => 0.05 + (0.9 * ((index * 37) % 50)) / 50);
  const sums = [0, 0, 0];
  for (const p of chances) {
    sums[0]! += p;
    sums[1]! += p * (1 - p);
    sums[2]! += p * (1 - p) * (1 - 2 * p);
  }
  for (let needed = 20; needed <= 35; needed += 1) {
    const normal = normalTail(needed, sums[0]!, sums[1]!, sums[2]!);
    t.ok(Math.abs(normal - convolved(chances, needed)) < 0.004, `at least ${needed}`);
  }
});

void t.test('chances of 0 and 1 alone leave no doubt', async (t) => {
  t.equal(normalTail(3, 3, 0, 0), 1);
  t.equal(normalTail(4, 3, 0, 0), 0);
  t.equal(convolved([1, 1, 1, 0], 3), 1);
  t.equal(convolved([1, 1, 0, 0], 3), 0);
});
