import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { checkMonth } from './month-check.ts';
import { driveWhole } from './month-whole.ts';

void t.test('the whole engine, with every event of a call, keeps the laws of the month', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'obz-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const { breaches, figures } = checkMonth(
    await driveWhole({ leads: 80, days: 1 / 8, seed: 2 }, join(dir, 'whole.db')),
  );
  t.strictSame(breaches, []);
  t.ok((figures['attempts'] ?? 0) > 80);
});
