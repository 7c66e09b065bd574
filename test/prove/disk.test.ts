import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { mountSmall, runDisk } from './disk/drive.ts';

void t.test(
  'a disk filled to its last byte: no call a second later, live calls end, opt-outs are taken, dialing goes on by itself',
  { timeout: 60_000 },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'obz-'));
    t.teardown(() => rmSync(dir, { recursive: true, force: true }));
    const unmount = mountSmall(dir);
    if (typeof unmount === 'string') {
      t.pass(`a tmpfs cannot be mounted here (${unmount}): npm run prove:disk tells how`, { skip: true });
      return;
    }
    const closers: (() => void | Promise<void>)[] = [unmount];
    const closing = { teardown: (fn: () => void | Promise<void>): void => void closers.push(fn) };
    try {
      const say = (line: string): void => void t.comment(line);
      const { violations, ...figures } = await runDisk({ dir, closing, optOuts: 1_000, say });
      t.comment(JSON.stringify(figures));
      t.strictSame(violations, []);
      t.ok(figures.live > 5 && figures.talkedOn > 0, 'there were calls to serve');
    } finally {
      for (const close of closers.reverse()) await close();
    }
  },
);
