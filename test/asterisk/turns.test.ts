import t from 'tap';
import { createTurns } from '../../asterisk/turns.ts';

void t.test('so many at a time, the others in the order they came', async (t) => {
  const turns = createTurns<string>(2);
  const had: string[] = [];
  const releases = new Map<string, () => void>();
  const come = (key: string) =>
    turns.take(key).then((release) => {
      had.push(release === null ? `${key} sent away` : key);
      if (release !== null) releases.set(key, release);
    });
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(come);
  await Promise.all([a, b]);
  t.strictSame(had, ['a', 'b']);
  t.equal(turns.withdraw('c'), true, 'who waits can be sent away');
  t.equal(turns.withdraw('a'), false, 'whose turn it is cannot');
  t.equal(turns.withdraw('nobody'), false);
  await c;
  releases.get('a')?.();
  releases.get('a')?.();
  await d;
  t.strictSame(had, ['a', 'b', 'c sent away', 'd'], 'a release counts once');
  releases.get('b')?.();
  await e;
  for (const key of ['d', 'e']) releases.get(key)?.();
  await Promise.all([come('f'), come('g')]);
  t.equal(had.length, 7, 'all turns are free again');
});
