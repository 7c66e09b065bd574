import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { checkMonth, LAWS, type Law } from './month-check.ts';
import { driveMonth } from './month-drive.ts';
import { FAULTS, faulty } from './month-faults.ts';

const dir = mkdtempSync(join(tmpdir(), 'obz-'));
t.teardown(() => rmSync(dir, { recursive: true, force: true }));

const month = await driveMonth({ leads: 600, days: 8, seed: 1 }, join(dir, 'month.db'), () => undefined);

void t.test('eight days of 600 leads: every law holds, and each of them was put to the test', async (t) => {
  const { breaches, figures } = checkMonth(month);
  t.strictSame(breaches, []);
  t.ok((figures['attempts'] ?? 0) > 2 * 600, `${figures['attempts']} attempts`);
  t.equal(figures['nights'], 3);
});

void t.test('the same seed gives the same month', async (t) => {
  const plan = { leads: 100, days: 3, seed: 5 };
  const [one, other] = [
    await driveMonth(plan, join(dir, 'one.db'), () => undefined),
    await driveMonth(plan, join(dir, 'other.db'), () => undefined),
  ];
  t.strictSame(one.witness, other.witness);
});

void t.test('a planted fault is named by its law', async (t) => {
  const tried = new Set<Law>();
  for (const [i, fault] of FAULTS.entries()) {
    tried.add(fault.law);
    const { counts } = checkMonth(faulty(month, fault, join(dir, `fault-${i}.db`)));
    t.ok(counts.has(fault.law), `${fault.law}: ${fault.what}; found ${[...counts.keys()].join(', ') || 'nothing'}`);
  }
  t.strictSame([...tried].sort(), Object.keys(LAWS).sort(), 'each law has a fault');
});
