import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { placeUnder } from '../../lib/paths.ts';
import { shortDir } from '../helpers/short-dir.ts';

const base = shortDir(t);
const root = join(base, 'reports');
mkdirSync(join(root, 'daily'), { recursive: true });
mkdirSync(join(base, 'reports-of-others'));
writeFileSync(join(base, 'outside.txt'), '');
symlinkSync(base, join(root, 'out'));
symlinkSync('loop', join(root, 'loop'));
symlinkSync(join(base, 'outside.txt'), join(root, 'file-out'));
symlinkSync('daily', join(root, 'today'));
mkdirSync(join(root, 'folder'));

await t.test(
  'a name under the root is the file of that name there, through a link that stays inside too',
  async (t) => {
    for (const [path, place] of [
      ['a.txt', 'a.txt'],
      ['daily/a.txt', 'daily/a.txt'],
      [join(root, 'a.txt'), 'a.txt'],
      ['daily/../a.txt', 'a.txt'],
      ['today/a.txt', 'daily/a.txt'],
      ['..a.txt', '..a.txt'],
      ['%2e%2e/%2e%2e', null],
      ['．．.txt', '．．.txt'],
      ['..\\..\\a.txt', '..\\..\\a.txt'],
      ['отчёт 1.txt', 'отчёт 1.txt'],
    ] as const) {
      const found = placeUnder(root, path);
      if (place === null) t.match(found, { ok: false, reason: /ENOENT/ }, path);
      else t.strictSame(found, { ok: true, path: join(root, place) }, path);
    }
  },
);

await t.test('no path leads out of the root', async (t) => {
  for (const path of [
    '',
    '.',
    '..',
    '/',
    '../outside.txt',
    '../reports-of-others/a.txt',
    '../reports/../outside.txt',
    'daily/../../outside.txt',
    './././../outside.txt',
    'daily//..//..//outside.txt',
    `${'../'.repeat(40)}etc/passwd`,
    '/etc/passwd',
    '//etc/passwd',
    `${root}/../outside.txt`,
    `${root}-of-others/a.txt`,
    root,
    `${root}/`,
    'out/outside.txt',
    'out/reports/../outside.txt',
    'today/../out/outside.txt',
    'file-out',
    'loop/a.txt',
    'loop',
    'folder',
    'folder/',
    'none/a.txt',
    'a.txt\0.csv',
    'a\n.txt',
    'a\u001b[2J.txt',
    `${'a'.repeat(300)}.txt`,
    `${'a/'.repeat(3000)}a`,
  ]) {
    const found = placeUnder(root, path);
    t.equal(found.ok, false, JSON.stringify(path.slice(0, 60)));
  }
  t.equal(readlinkSync(join(root, 'file-out')), join(base, 'outside.txt'), 'nothing was touched');
});
