import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseCampaign } from '../../lib/campaign-file.ts';
import { readConfig } from '../../lib/config.ts';
import { formatProblem, type Problem } from '../../lib/problems.ts';
import { shortDir } from '../helpers/short-dir.ts';

const DATA = join(import.meta.dirname, '../data');
const KNOWN = { trunks: ['pstn'], agents: ['anna', 'olga'], policies: ['ru-default'] };

/** Mistakes in a file of test/data, by the same door the daemon uses. */
const readers: Record<string, (path: string, env: NodeJS.ProcessEnv) => readonly Problem[]> = {
  config: (path, env) => readConfig(path, env).errors,
  campaign(path) {
    const checked = parseCampaign(readFileSync(path, 'utf8'), path, KNOWN);
    return checked.ok ? [] : checked.problems;
  },
};

for (const [schema, read] of Object.entries(readers)) {
  const folder = join(DATA, schema);

  await t.test(`every good ${schema} file is accepted`, async (t) => {
    const credentials = shortDir(t, { ari: 'secret\n', ami: 'secret\n' });
    for (const file of readdirSync(join(folder, 'good'))) {
      const problems = read(join(folder, 'good', file), { CREDENTIALS_DIRECTORY: credentials });
      t.same(problems.map(formatProblem), [], file);
    }
  });

  await t.test(`every bad ${schema} file is refused with the one sentence its first line expects`, async (t) => {
    for (const file of readdirSync(join(folder, 'bad'))) {
      const path = join(folder, 'bad', file);
      const expected = readFileSync(path, 'utf8').split('\n')[0]!.replace(/^# /, '');
      const texts = read(path, {}).map(formatProblem);
      t.ok(texts[0]?.includes(expected), file, { expected, texts });
      t.equal(texts.length, 1, `${file}: one defect, one problem`, { texts });
      t.match(texts[0], new RegExp(`${file}:\\d+:\\d+: `), `${file}: with line and column`);
    }
  });
}
