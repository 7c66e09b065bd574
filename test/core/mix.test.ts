import t from 'tap';
import { mixOf, NEW_MIX, taken, turnOf, type Mix, type Part } from '../../lib/core/mix.ts';

function calls(count: number, parts: readonly Part[], mix: Mix = mixOf(parts)): { order: number[]; mix: Mix } {
  const order: number[] = [];
  for (let call = 0; call < count; call += 1) {
    const part = turnOf(mix, parts);
    if (part === null) break;
    order.push(part.segment);
    mix = taken(mix, part);
  }
  return { order, mix };
}
const countOf = (order: readonly number[], segment: number) => order.filter((one) => one === segment).length;

void t.test('parts alternate by their shares, spread and not in blocks', async (t) => {
  const parts = [
    { segment: 1, share: 3 },
    { segment: 0, share: 1 },
  ];
  t.same(calls(8, parts).order, [1, 1, 0, 1, 1, 1, 0, 1]);
  t.same(calls(3, [parts[0]!, { segment: 2, share: 0.1 }]).order, [1, 1, 1], 'a small part waits for its turn');
});

void t.test('every stretch of the mix is within a call of the shares', async (t) => {
  const parts = [
    { segment: 1, share: 5 },
    { segment: 2, share: 0.5 },
    { segment: 3, share: 2.5 },
    { segment: 0, share: 1 },
  ];
  const { order } = calls(900, parts);
  const whole = parts.reduce((sum, { share }) => sum + share, 0);
  for (let n = 1; n <= order.length; n += 1) {
    for (const { segment, share } of parts) {
      const off = Math.abs(countOf(order.slice(0, n), segment) - (n * share) / whole);
      if (off > 1.5) t.fail(`after ${n} calls segment ${segment} is off by ${off}`);
    }
  }
  t.equal(countOf(order, 1), 500);
});

void t.test('a part that had nobody to call takes its share again, and makes up for nothing', async (t) => {
  const [one, two] = [
    { segment: 1, share: 1 },
    { segment: 2, share: 1 },
  ];
  const alone = calls(100, [one], calls(10, [one, two]).mix).mix;
  const { order } = calls(20, [one, two], mixOf([one, two], alone));
  t.equal(countOf(order, 2), 10);
  t.equal(turnOf(NEW_MIX, []), null);
});
