import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type CommandName, COMMANDS } from '../../lib/control/commands.ts';
import type { Handlers } from '../../lib/control/server.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { stubDaemon } from '../helpers/cli.ts';
import { desk, number } from '../helpers/desk.ts';
import { CALLER, ENTITY, NOON } from '../helpers/rig.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** The CLI before a whole daemon: its handlers over a store in memory. */
async function office(t: Test) {
  const { ask, rig } = await desk();
  const handlers = Object.fromEntries(
    Object.keys(COMMANDS).map((command) => [command, (args: never) => ask(command as CommandName, args)]),
  ) as Handlers;
  const run = await stubDaemon(t, handlers);
  const ok = async (...argv: string[]): Promise<string> => {
    const { exit, out, err } = await run(argv);
    if (exit !== 0) throw new Error(`${argv.join(' ')}: ${exit} ${out}${err}`);
    return out;
  };
  return { run, ok, store: rig.store, folder: shortDir(t) };
}

const PHONE = number('0001');
const FORMULAS = [
  '=HYPERLINK("http://x";"y")',
  '+1+1',
  '-2',
  '@SUM(A1)',
  "'=1",
  '\t=1+1',
  '\r\n=1+1',
  '"quoted"; and\nmore',
];

await t.test('an export of any register, imported again, changes nothing: --delimiter and --bom alike', async (t) => {
  const { ok, store, folder } = await office(t);
  for (const [i, note] of FORMULAS.entries()) {
    const phone = number(`010${i}`);
    await ok('refusal', 'add', phone, '--note', ` ${note} `, '--allow-entities', ENTITY);
    await ok('demand', 'add', phone, '--kind', 'stop', `--note=${note}`);
  }
  await ok(
    'consent',
    'add',
    PHONE,
    '--kinds',
    'AD,CALL',
    '--entities',
    ENTITY,
    '--given-at',
    '2026-05-31T10:00:00.123Z',
  );
  await ok('consent', 'withdraw', PHONE, '--kinds', 'AD', '--note', '=sms');
  await ok('debtor', 'add', PHONE, '--flag', 'hospital');
  await ok('debtor', 'clear', PHONE, '--flag', 'hospital', '--evidence', '-');
  await ok('reassignment', 'add', PHONE);
  await ok('line', 'verify', CALLER);
  store.optOuts.insert(PHONE, NOON, { ...GLOBAL_OPT_OUT, source: 'letter', note: '+7' });
  store.optOuts.insert(PHONE, NOON, { ...GLOBAL_OPT_OUT, source: '=x', scope: 'entity', entity: ENTITY });
  for (const register of ['consent', 'line', 'refusal', 'debtor', 'demand', 'reassignment', 'optout']) {
    for (const style of [[], ['--delimiter', ',', '--no-bom'], ['--whole']]) {
      if (register === 'optout' && style[0] === '--whole') continue;
      const what = [register, ...style].join(' ');
      const file = join(folder, `${what.replaceAll(' ', '_')}.csv`);
      const listed = await ok(register, 'list', '--json');
      t.match(await ok(register, 'export', file, ...style), /: [1-9]\d* rows\n$/, what);
      const result = JSON.parse(await ok(register, 'import', file, '--json')) as Record<string, number>;
      t.match(result, { accepted: 0, rejected: 0 }, what);
      t.ok((result['duplicate'] ?? 0) > 0 && result['duplicate'] === result['read'], `${what}: every row is known`);
      t.equal(await ok(register, 'list', '--json'), listed, `${what}: and nothing has changed`);
    }
  }
});

await t.test('an export is safe to open in a spreadsheet, and for its owner’s eyes alone', async (t) => {
  const { ok, store, folder } = await office(t);
  for (const [i, note] of FORMULAS.entries()) await ok('refusal', 'add', number(`010${i}`), `--note=${note}`);
  const file = join(folder, 'refusals.csv');
  await ok('refusal', 'export', file);
  const text = readFileSync(file, 'utf8');
  t.match(text, /^\uFEFFphone;state;since;allow_entities;evidence;source;note\r\n/);
  const cells = text.slice(1).match(/(?<=^|;|\n)("(?:[^"]|"")*"|[^;\r\n]*)/g) ?? [];
  t.ok(cells.length > 40);
  t.strictSame(
    cells.filter((cell) => /^"?[=+\-@\t\r]/.test(cell)),
    [],
    'no cell is a formula, phones among them',
  );
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.strictSame(
    store.writtenFiles.all().map(({ path, kind }) => [path, kind]),
    [[file, 'export']],
  );
  t.strictSame(readdirSync(folder), ['refusals.csv'], 'nothing is left beside it');
});

await t.test('an export that cannot be finished leaves what was there before', async (t) => {
  const { run, ok, folder } = await office(t);
  await ok('refusal', 'add', PHONE);
  const file = join(folder, 'old.csv');
  writeFileSync(file, 'what was there');
  const missing = await run(['refusal', 'export', join(folder, 'no', 'such.csv')]);
  t.match(missing, { exit: 1, err: /cannot write .*such\.csv/ });
  const gone = await run(['dnc', 'export', file, '--registry', 'tps']);
  t.match(gone, { exit: 9, err: /no list of registry “tps”/ });
  t.equal(readFileSync(file, 'utf8'), 'what was there');
  t.strictSame(readdirSync(folder), ['old.csv']);
});

await t.test('what a register takes is in its help, from its descriptor; help goes there too', async (t) => {
  const { run } = await office(t);
  for (const argv of [
    ['debtor', 'add', '--help'],
    ['help', 'debtor', 'add'],
  ]) {
    const { exit, out } = await run(argv);
    t.match(
      { exit, out },
      { exit: 0, out: /--flag <word> +what bars the contact; one of\s+refused-contact/ },
      argv.join(' '),
    );
  }
  t.match((await run(['help', 'consent'])).out, /withdraw .*<phone>/);
  t.match(await run(['debtor', 'add', PHONE]), { exit: 2, err: /required option '--flag <word>'/ });
  t.match(await run(['debtor', 'add', PHONE, '--flag', 'poor']), { exit: 2, err: /flag “poor” is not one of/ });
  t.match(await run(['refusal', 'add', PHONE, '--state', 'lifted', '--evidence', 'x']), {
    exit: 2,
    err: /obzvon refusal lift/,
  });
});
