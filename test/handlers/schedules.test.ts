import { mkdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { OBZVON_LIMIT_MS, type RunObzvon } from '../../lib/control/actions.ts';
import type { Commands } from '../../lib/control/commands.ts';
import type { ObzvonError } from '../../lib/errors.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead } from '../helpers/rig.ts';
import { shortDir } from '../helpers/short-dir.ts';

const HOUR = 3_600_000;

type Spec = Commands['schedule.add']['args'];

const SPEC: Spec = {
  name: 'window',
  cron: '0 13 * * *',
  zone: 'Europe/Moscow',
  lateMin: 60,
  action: { do: 'start', campaign: 'test' },
};

void t.test('what is wrong is refused when it is added, with its path and its reason, all at once', async (t) => {
  const { ask } = await desk();
  const refusal = async (changes: Partial<Spec>): Promise<readonly string[]> =>
    ((await rejection(ask('schedule.add', { ...SPEC, ...changes }))) as ObzvonError).details;
  t.match(await refusal({ cron: '61 13 * * *' }), [/^cron: minute: “61”/]);
  t.match(await refusal({ cron: '0 0 15 * 1#1' }), [/^cron: “0 0 15 \* 1#1” never comes/]);
  t.match(await refusal({ cron: '0 0 13 * * *' }), [/^cron: six fields: seconds/]);
  t.match(await refusal({ zone: 'Europe/Moskow' }), [
    'zone: there is no zone “Europe/Moskow”: did you mean “Europe/Moscow”?',
  ]);
  t.match(await refusal({ zone: 'moscow' }), [/did you mean “Europe\/Moscow”/]);
  t.match(await refusal({ action: { do: 'stop', campaign: 'tset' } }), [
    'action.campaign: there is no campaign “tset”: did you mean “test”?',
  ]);
  t.match(await refusal({ action: { do: 'refresh', register: 'consent', files: ['a.csv', '/none/b.csv', '/tmp'] } }), [
    'action.files[0]: a.csv: give an absolute path',
    /^action\.files\[1\]: \/none\/b\.csv: the daemon cannot read it/,
    'action.files[2]: /tmp: it is no file',
  ]);
  t.match(await refusal({ action: { do: 'refresh', register: 'dnc', files: [import.meta.filename] } }), [
    /^action\.registry/,
  ]);
  t.match(await refusal({ action: { do: 'report', campaign: 'test', file: '/none/r.txt' } }), [
    /^action\.file: cannot write the report \/none\/r\.txt: it must lie under /,
  ]);
  t.match(await refusal({ cron: 'x', zone: 'x', action: { do: 'start', campaign: 'x' } }), [
    /^cron/,
    /^zone/,
    /^action/,
  ]);
  t.strictSame((await ask('schedule.list', {})).schedules, []);
});

void t.test(
  'a register is read by the clock only when ops says so: the daemon’s own rights open the file',
  async (t) => {
    const { ask } = await desk();
    const action: Spec['action'] = { do: 'refresh', register: 'consent', files: [import.meta.filename] };
    t.match(await rejection(ask('schedule.add', { ...SPEC, action }, 'lead')), { code: 'ROLE_DENIED' });
    t.match(await ask('schedule.add', SPEC, 'lead'), { created: true });
  },
);

void t.test('a schedule added twice is one; another of its name is refused', async (t) => {
  const { ask } = await desk();
  t.match(await ask('schedule.add', SPEC), { created: true, schedule: { next: { slot: '2026-11-25T13:00' } } });
  t.match(await ask('schedule.add', SPEC), { created: false });
  t.match(await rejection(ask('schedule.add', { ...SPEC, cron: '0 14 * * *' })), {
    code: 'SCHEDULE_INVALID',
    details: [/^name: there is another schedule “window”/],
  });
});

void t.test('a campaign’s window: it starts and stops by the clock, and once there it stays', async (t) => {
  const { ask, clock, rig } = await desk();
  addLead(rig.store, rig.campaign.id, number('0001'), clock.now());
  await ask('schedule.add', SPEC);
  await ask('schedule.add', { ...SPEC, name: 'end', cron: '0 15 * * *', action: { do: 'stop', campaign: 'test' } });
  await clock.advance(HOUR + 60_000);
  t.equal(rig.campaign.state, 'running');
  t.match((await ask('schedule.show', { name: 'window', limit: 5 })).slots, [
    { slot: '2026-11-25T13:00', outcome: 'done', result: 'test is running', why: null },
  ]);
  await clock.advance(2 * HOUR);
  t.match(rig.campaign.state, /draining|stopped/);
  t.match(await ask('schedule.run', { name: 'end', slot: '2026-11-24T15:00' }), {
    outcome: 'done',
    result: /test is (draining|stopped) already/,
  });
});

void t.test('a campaign that the gate refuses fails its slot with the reason', async (t) => {
  const { ask, clock, rig } = await desk({}, { spec: { trunk: 'other' } });
  await ask('schedule.add', SPEC);
  await clock.advance(HOUR + 60_000);
  t.equal(rig.campaign.state, 'draft');
  t.match((await ask('schedule.list', {})).schedules[0]?.last, { outcome: 'failed', result: /trunk other is not in/ });
});

void t.test('a campaign that is gone: the schedule and the status say so, the slot fails, another runs', async (t) => {
  const { ask, clock, rig } = await desk();
  await ask('schedule.add', SPEC);
  await ask('schedule.add', { ...SPEC, name: 'other', action: { do: 'stop', campaign: 'test' } });
  rig.store.schedules.remove('window');
  rig.store.schedules.insert({ ...SPEC, action: { do: 'start', campaign: 'gone' } }, '2026-11-25T12:00', clock.now());
  t.strictSame((await ask('status', {})).troubledSchedules, [{ name: 'window', problem: 'campaign gone is gone' }]);
  await clock.advance(HOUR + 60_000);
  const { schedules } = await ask('schedule.list', {});
  t.match(schedules, [
    { name: 'other', problem: null, last: { outcome: 'done' } },
    { name: 'window', problem: 'campaign gone is gone', last: { outcome: 'failed', result: /no campaign “gone”/ } },
  ]);
});

/** An obzvon that answers so, and remembers how it was called. */
function obzvon(answer: Awaited<ReturnType<RunObzvon>>) {
  const calls: (readonly string[])[] = [];
  const run: RunObzvon = (argv) => {
    calls.push(argv);
    return Promise.resolve(answer);
  };
  return { calls, run };
}

void t.test('a register is read by this installation’s own obzvon: each file, without a shell', async (t) => {
  const folder = shortDir(t, { 'a b.csv': 'phone\n', 'c.csv': 'phone\n' });
  const files = [join(folder, 'a b.csv'), join(folder, 'c.csv')];
  const child = obzvon({ exit: 5, out: 'a.csv: 2 rows read, 1 accepted, 0 known before, 1 rejected\n', err: '' });
  const { ask } = await desk({}, {}, child.run);
  await ask('schedule.add', { ...SPEC, action: { do: 'refresh', register: 'consent', files } });
  t.match(await ask('schedule.run', { name: 'window' }), { outcome: 'done', result: /2 rows read.*; .*2 rows read/ });
  t.strictSame(
    child.calls,
    files.map((file) => ['consent', 'import', file]),
  );

  await ask('schedule.add', { ...SPEC, name: 'ranges', action: { do: 'refresh', register: 'ranges', files } });
  await ask('schedule.run', { name: 'ranges' });
  t.strictSame(child.calls[2], ['ranges', 'import', ...files], 'the files of a register of ranges at once');

  const list: Spec['action'] = { do: 'refresh', register: 'dnc', files: [files[0] ?? ''], registry: 'tps' };
  await ask('schedule.add', { ...SPEC, name: 'dnc', action: list });
  await ask('schedule.run', { name: 'dnc' });
  t.match(child.calls[3]?.slice(0, 6), ['dnc', 'import', files[0], '--registry', 'tps', '--taken-at']);
});

void t.test('a file that cannot be read any more fails the slot with what the import says', async (t) => {
  const folder = shortDir(t, { 'a.csv': 'phone\n' });
  const child = obzvon({ exit: 1, out: '', err: 'obzvon: cannot read a.csv\n  (give a CSV file)\n' });
  const { ask } = await desk({}, {}, child.run);
  await ask('schedule.add', {
    ...SPEC,
    action: { do: 'refresh', register: 'consent', files: [join(folder, 'a.csv')] },
  });
  t.match(await ask('schedule.run', { name: 'window' }), {
    outcome: 'failed',
    result: 'obzvon: cannot read a.csv; (give a CSV file)',
  });
});

void t.test('a process that hangs is ended after its time, and the slot has failed with that reason', async (t) => {
  const folder = shortDir(t, { 'a.csv': 'phone\n' });
  let ended = false;
  const hangs: RunObzvon = (_, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        ended = true;
        reject(new Error('killed'));
      });
    });
  const { ask, clock } = await desk({}, {}, hangs);
  const files = [join(folder, 'a.csv')];
  await ask('schedule.add', { ...SPEC, action: { do: 'refresh', register: 'consent', files } });
  await clock.advance(HOUR + OBZVON_LIMIT_MS - 60_000);
  t.match(await ask('schedule.list', {}), { schedules: [{ running: true }] });
  t.notOk(ended, 'until then it may go on');
  await clock.advance(120_000);
  t.ok(ended);
  const result = 'obzvon consent was ended: it took more than 2 hours';
  t.match(await ask('schedule.list', {}), { schedules: [{ running: false, last: { outcome: 'failed', result } }] });
});

void t.test('a report is written whole into the file of its date', async (t) => {
  const folder = shortDir(t);
  const child = obzvon({ exit: 0, out: 'report of test\n', err: '' });
  const { ask } = await desk({}, {}, child.run, folder);
  await ask('schedule.add', { ...SPEC, action: { do: 'report', campaign: 'test', file: 'r-{date}.json' } });
  t.match(await ask('schedule.run', { name: 'window' }), { outcome: 'done' });
  t.strictSame(child.calls, [['report', 'campaign', 'test', '--json']]);
  t.equal(readFileSync(join(folder, 'r-2026-11-24.json'), 'utf8'), 'report of test\n');

  const action: Spec['action'] = { do: 'redial-report', campaign: 'test', file: join(folder, 'pass.txt') };
  await ask('schedule.add', { ...SPEC, name: 'pass', action });
  await ask('schedule.run', { name: 'pass' });
  t.strictSame(child.calls[1], ['redial', 'report', 'test']);
});

void t.test('a report goes nowhere but under the folder of reports, also when a link is put there later', async (t) => {
  const folder = shortDir(t);
  const elsewhere = shortDir(t, { 'r.txt': 'theirs' });
  const child = obzvon({ exit: 0, out: 'report of test\n', err: '' });
  const { ask } = await desk({}, {}, child.run, folder);
  mkdirSync(join(folder, 'daily'));
  await ask('schedule.add', { ...SPEC, action: { do: 'report', campaign: 'test', file: 'daily/r.txt' } });
  rmdirSync(join(folder, 'daily'));
  symlinkSync(elsewhere, join(folder, 'daily'));
  t.match(await ask('schedule.run', { name: 'window' }), { outcome: 'failed', result: /a link leads out of it/ });
  t.equal(readFileSync(join(elsewhere, 'r.txt'), 'utf8'), 'theirs');
});

void t.test('a report of which nothing came leaves the one before', async (t) => {
  const folder = shortDir(t);
  const file = join(folder, 'r.txt');
  writeFileSync(file, 'yesterday');
  const child = obzvon({ exit: 9, out: '', err: 'obzvon: there is no campaign' });
  const { ask } = await desk({}, {}, child.run, folder);
  await ask('schedule.add', { ...SPEC, action: { do: 'report', campaign: 'test', file } });
  t.match(await ask('schedule.run', { name: 'window' }), { outcome: 'failed', result: 'obzvon: there is no campaign' });
  t.equal(readFileSync(file, 'utf8'), 'yesterday');
});

void t.test('a schedule nobody knows is named with its nearest', async (t) => {
  const { ask } = await desk();
  await ask('schedule.add', SPEC);
  t.match(await rejection(ask('schedule.show', { name: 'windw', limit: 1 })), {
    code: 'NOT_FOUND',
    message: 'there is no schedule “windw”: did you mean “window”?',
  });
  t.match(await ask('schedule.remove', { name: 'window' }), { name: 'window' });
  t.match(await rejection(ask('schedule.run', { name: 'window' })), { code: 'NOT_FOUND' });
});
