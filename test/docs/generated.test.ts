import t from 'tap';
import { pages, readPage, regenerated, TABLES, tablesIn } from './generate.ts';

void t.test('every table of the docs is what the code says now: node test/docs/generate.ts mends it', async (t) => {
  for (const name of pages()) {
    const text = readPage(name);
    if (tablesIn(text).length > 0) t.equal(await regenerated(text), text, `docs/${name}`);
  }
});

void t.test('every table has its one place', async (t) => {
  t.strictSame(
    pages()
      .flatMap((name) => tablesIn(readPage(name)))
      .sort(),
    Object.keys(TABLES).sort(),
  );
});
