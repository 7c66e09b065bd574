import { join, resolve } from 'node:path';
import t from 'tap';
import { runCli } from '../helpers/cli.ts';
import { allDayPack, simulatedConfig, startDaemon } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { shortDir } from '../helpers/short-dir.ts';

const EXCERPTS = resolve(import.meta.dirname, '../../lib/data/ranges');

void t.test(
  'a daemon killed in the middle of an import keeps the register in force and forgets the rest',
  async (t) => {
    const dir = shortDir(t, { 'config.yaml': simulatedConfig(), 'policy.json': allDayPack() });
    const run = (...argv: string[]) => runCli(['--socket', join(dir, 'control.sock'), 'ranges', ...argv]);
    const first = startDaemon(t, dir);
    await first.dialing();
    const [def, abc] = [join(EXCERPTS, 'DEF-9xx.excerpt.csv'), join(EXCERPTS, 'ABC-3xx.excerpt.csv')];
    t.match(await run('import', def, abc), { exit: 1, err: /a whole register has at least 10000 of 50/ });
    t.match(await run('import', def, abc, '--force-small'), { exit: 0, out: /^in force: 34 ranges of 4 codes/ });
    t.match(await run('show', '8 (900) 140-00-01'), {
      out: /operator +ООО "Т2 МОБАЙЛ", ИНН 7743895280\n[^]*regions +Москва, Московская область\nzones +Europe\/Moscow\n/,
    });
    t.match(await run('show', '+73012199999'), { out: /class +geographic, RU\n[^]*zones +Asia\/Irkutsk\n/ });
    t.match(await run('show', '+79002000000'), { out: /allocated to no operator/ });
    t.match(await run('show', '+79161234567'), { out: /unknown: no register in force has its code/ });

    const { register } = await first.ask('ranges.begin', {
      files: [{ name: 'cut.csv', sha256: 'a'.repeat(64), ranges: 2 }],
      ranges: 2,
      codes: 1,
      force: true,
    });
    await first.ask('ranges.rows', {
      register,
      operators: [['Обрыв', '']],
      places: ['-'],
      ranges: [79_001_400_000, 200_000, 0, 0],
    });
    first.kill('SIGKILL');
    await first.exited();

    const second = startDaemon(t, dir);
    await second.dialing();
    t.match(await run('show', '+79001400001'), { out: /ООО "Т2 МОБАЙЛ"/ });
    t.match(await run('status'), { out: /ranges +34 of 4 codes\n/ });
    await t.rejects(second.ask('ranges.end', { register }), { code: 'NOT_FOUND' });
    const next = await eventually('the leftover is swept, and a new register loaded', async () => {
      const { exit } = await run('import', abc, '--force-small');
      return exit === 0 ? second.ask('ranges.status', { history: true }) : null;
    });
    t.match(next, { inForce: { ranges: 6, codes: 1 }, past: [{ ranges: 34 }] });
    t.equal(next?.past.length, 1, 'the load cut short is no history');
  },
);
