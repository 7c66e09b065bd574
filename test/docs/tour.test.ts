import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const PAGES = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** `lib/core/gate.ts`, `asterisk/conf/`: a path that begins at a room of the tree. */
const PATH = /`((?:bin|lib|asterisk|schemas|test|docs)\/[\w./-]*)`/g;
/** `tick()`: a function of the file named last before it in the same paragraph. */
const NAMED = /`(?:((?:bin|lib|asterisk)\/[\w./-]+\.(?:ts|mjs|sql))|(\w+)\(\))`/g;

void t.test('every file and folder the docs name is there', async (t) => {
  const gone = PAGES.flatMap((page) =>
    [...read(page).matchAll(PATH)]
      .filter(([, path = '']) => !existsSync(join(ROOT, path)))
      .map(([, path]) => `${page}: ${path}`),
  );
  t.strictSame(gone, []);
});

void t.test('every link of the docs leads to a file, and to a heading of it', async (t) => {
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
  const broken = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, target))) return [`${page}: ${target}`];
      if (anchor === undefined || statSync(join(ROOT, target)).isDirectory()) return [];
      const anchors = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
      return anchors.includes(anchor) ? [] : [`${page}: ${target}#${anchor}`];
    }),
  );
  t.strictSame(broken, []);
});

void t.test('every function the docs name stands in the file named before it', async (t) => {
  const wrong: string[] = [];
  let named = 0;
  for (const page of PAGES) {
    for (const paragraph of read(page).split(/\n\s*\n/)) {
      let file: string | null = null;
      for (const [, path, name] of paragraph.matchAll(NAMED)) {
        if (path !== undefined) file = path;
        if (name === undefined) continue;
        named += 1;
        if (file === null) wrong.push(`${page}: ${name}() has no file before it in its paragraph`);
        else if (existsSync(join(ROOT, file)) && !defines(read(file), name))
          wrong.push(`${page}: ${file} has no ${name}()`);
      }
    }
  }
  t.strictSame(wrong, []);
  t.ok(named > 30, 'the pattern finds functions at all');
});

/** A function, a constant that holds one, or a method of an object. */
function defines(source: string, name: string): boolean {
  const forms = [
    `(?:function\\*?|const|class) ${name}\\b`,
    `^\\s+(?:async )?${name}(?:<[^>]*>)?\\([^]*?\\).*\\{$`,
    `^\\s+${name}: (?:async )?\\(`,
    `^\\s+${name}\\(.*\\): `,
  ];
  return forms.some((form) => new RegExp(form, 'm').test(source));
}
