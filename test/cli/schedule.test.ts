import t from 'tap';
import { runCli, stubDaemon } from '../helpers/cli.ts';

const NIGHT = ['schedule', 'add', 'nightly', '--cron', '0 2 * * *', '--zone', 'Europe/Moscow'];

for (const [what, argv, words] of [
  ['nothing to do', [], /say one thing to do/],
  ['two things to do', ['--redial', 'oct', '--start', 'oct'], /say one thing to do/],
  ['a file that nothing reads', ['--redial', 'oct', '--file', 'a.csv'], /--file goes with --refresh or a report/],
  ['a refresh from no file', ['--refresh', 'consent'], /--refresh needs the file to read: --file/],
  ['a report into no file', ['--report', 'oct'], /--report needs the file to write: --file/],
  ['a report into two files', ['--report', 'oct', '--file', 'a', '--file', 'b'], /goes into one --file/],
  ['a registry of no list', ['--redial', 'oct', '--registry', 'tps'], /--registry goes with --refresh/],
  ['a register that comes from no file', ['--refresh', 'ledger', '--file', 'a'], /Allowed choices are consent/],
  ['a window of no length', ['--redial', 'oct', '--late', '30s'], /from 1m to 7d/],
] as const) {
  void t.test(`${what}: exit 2, before the daemon is asked`, async (t) => {
    const { exit, err } = await runCli([...NIGHT, ...argv]);
    t.equal(exit, 2);
    t.match(err, words);
  });
}

void t.test('a run by hand that fails exits 1, one that was done before exits 0', async (t) => {
  const ran = { name: 'nightly', slot: '2026-11-22T02:00', result: 'campaign oct is halted' };
  const failing = await stubDaemon(t, { 'schedule.run': () => ({ ...ran, ran: true, outcome: 'failed' }) });
  const failed = await failing(['schedule', 'run', 'nightly']);
  t.match(failed, { exit: 1, out: '2026-11-22T02:00 failed: campaign oct is halted\n' });
  const still = await stubDaemon(t, {
    'schedule.run': () => ({ ...ran, ran: false, outcome: 'done', result: '36 leads' }),
  });
  t.match(await still(['schedule', 'run', 'nightly']), {
    exit: 0,
    out: '2026-11-22T02:00 was done before: 36 leads\n',
  });
});

void t.test('a relative file is told to the daemon as an absolute one', async (t) => {
  const asked: unknown[] = [];
  const run = await stubDaemon(t, {
    'schedule.add': ({ action }) => {
      asked.push(action);
      throw new Error('enough');
    },
  });
  await run([...NIGHT, '--refresh', 'consent', '--file', 'a.csv']);
  t.match(asked, [{ do: 'refresh', register: 'consent', files: [`${process.cwd()}/a.csv`] }]);
});
