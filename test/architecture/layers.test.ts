import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Rooms and their floors; a path belongs to the first room whose prefix it has. */
const ROOMS: readonly (readonly [prefix: string, floor: number])[] = [
  ['lib/core/', 0],
  ['lib/data/', 1.5],
  ['lib/store/', 2],
  ['lib/dialer/', 3],
  ['lib/schedule/', 4],
  ['lib/control/', 4],
  ['lib/sim/', 4],
  ['asterisk/', 4],
  ['lib/cli/', 5],
  ['bin/', 6],
  ['lib/', 1],
];

/** One door per package: the rooms or files that may import it. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'ari-client': ['asterisk/'],
  'asterisk-manager': ['asterisk/'],
  ws: ['asterisk/'],
  'better-sqlite3': ['lib/store/'],
  commander: ['lib/cli/', 'bin/'],
  'node-cron': ['lib/schedule/'],
  ajv: ['lib/validate.ts'],
  'ajv-formats': ['lib/validate.ts'],
  yaml: ['lib/validate.ts'],
  pino: ['lib/log.ts'],
  'libphonenumber-js': ['lib/core/phone.ts'],
  saxes: ['lib/cli/csv/'],
  'string-width': ['lib/cli/'],
};

interface Import {
  readonly typeOnly: boolean;
  readonly file: string;
  readonly target: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => /\.(ts|mjs)$/.test(name) && !name.endsWith('.d.ts') && !name.includes('/vendor/'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map((match) => ({
    typeOnly: /^\s*import type\s/.test(match[0]),
    file,
    target: match[1] ?? match[2] ?? match[3] ?? '',
  }));
}

function roomOf(file: string): readonly [string, number] {
  const room = ROOMS.find(([prefix]) => file.startsWith(prefix));
  if (room === undefined) throw new Error(`${file} is in no room: name it in ROOMS`);
  // Files beside the rooms in lib/ are one room of small files.
  return room;
}

const files = ['bin', 'lib', 'asterisk'].flatMap(sources);
const imports = files.flatMap(importsOf);

void t.test('imports go down only, and rooms on one floor do not know each other', async (t) => {
  const wrong = imports
    .filter(({ target }) => target.startsWith('.'))
    .map(({ file, target }) => ({ file, to: relative(ROOT, resolve(ROOT, dirname(file), target)) }))
    .filter(({ to }) => /\.(ts|mjs)$/.test(to))
    .filter(({ file, to }) => {
      const [from, fromFloor] = roomOf(file);
      const [room, floor] = roomOf(to);
      return room !== from && floor >= fromFloor;
    })
    .map(({ file, to }) => `${file} → ${to}`);
  t.strictSame(wrong, []);
  t.ok(imports.length > 100, 'the pattern finds imports at all');
});

void t.test('one door per package', async (t) => {
  const packageOf = (target: string) =>
    (target.startsWith('@') ? target.split('/').slice(0, 2) : [target.split('/')[0]]).join('/');
  const foreign = imports.filter(({ target }) => !target.startsWith('.') && !target.startsWith('node:'));
  const wrong = foreign
    .filter(({ file, target }) => !(DOORS[packageOf(target)] ?? []).some((door) => file.startsWith(door)))
    .map(({ file, target }) => `${file} imports ${target}`);
  t.strictSame(wrong, []);
});

void t.test('every dependency of the program is imported somewhere, and none is imported unlisted', async (t) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const used = new Set(imports.map(({ target }) => target.split('/')[0] ?? ''));
  // `request` is ari-client's, through the override.
  const idle = Object.keys(manifest.dependencies).filter((name) => !used.has(name) && name !== 'request');
  t.strictSame(idle, []);
  t.strictSame(
    Object.keys(DOORS).filter((name) => !(name in manifest.dependencies)),
    [],
  );
});

void t.test('no cycle of value imports', async (t) => {
  const graph = new Map<string, string[]>();
  for (const { file, target, typeOnly } of imports) {
    if (typeOnly || !target.startsWith('.')) continue;
    const to = relative(ROOT, resolve(ROOT, dirname(file), target));
    graph.set(file, [...(graph.get(file) ?? []), to]);
  }
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
      return;
    }
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file, []);
  t.strictSame(cycles, []);
});

void t.test('only the gate’s transaction mints permits', async (t) => {
  const minting = files.filter((file) => /\bmintPermit\b/.test(readFileSync(join(ROOT, file), 'utf8')));
  t.strictSame(minting.sort(), ['lib/store/gate-transaction.ts', 'lib/store/permits.ts']);
});

void t.test('only the PBX port’s implementers redeem permits, and nothing else reaches originate', async (t) => {
  const redeeming = files.filter((file) => /\.redeem\(/.test(readFileSync(join(ROOT, file), 'utf8')));
  t.strictSame(redeeming.sort(), ['asterisk/pbx.ts', 'lib/sim/pbx.ts']);
});
