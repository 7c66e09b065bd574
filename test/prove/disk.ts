import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runClosing } from '../helpers/closing.ts';
import { mountSmall, runDisk } from './disk/drive.ts';
import { machine } from './machine.ts';

/*
 * npm run prove:disk: the disk under the database of a dialing daemon is filled to its last byte. Needs the right to
 * mount a tmpfs: root, or `unshare --user --map-root-user --mount npm run prove:disk`. `-- --opt-outs N`.
 * Exit 0: no promise was broken; 2: nothing could be mounted.
 */
const { values } = parseArgs({
  options: { 'opt-outs': { type: 'string', default: '10000' } },
});

await runClosing(async (closers) => {
  const dir = mkdtempSync(join(tmpdir(), 'obz-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const unmount = mountSmall(dir);
  if (typeof unmount === 'string') {
    console.log(
      `a tmpfs cannot be mounted here (${unmount}): run as root, or under unshare --user --map-root-user --mount`,
    );
    return 2;
  }
  closers.push(unmount);
  const { violations, ...figures } = await runDisk({
    dir,
    closing: { teardown: (fn) => void closers.push(fn) },
    optOuts: Number(values['opt-outs']),
    say: (line) => void process.stderr.write(`${line}\n`),
  });
  for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${String(value)}`);
  for (const violation of violations) console.log(violation);
  console.log(`${violations.length === 0 ? 'no promise' : violations.length} broken; ${machine()}`);
  return violations.length === 0 ? 0 : 1;
});
