import t from 'tap';
import { sleep } from '../../lib/clock.ts';
import type { Action } from '../../lib/core/schedule.ts';
import type { RunContext } from '../../lib/schedule/scheduler.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { shortDir } from '../helpers/short-dir.ts';
import { keep, nightly, steppedClock, story, type Keeper } from '../helpers/watch-keeper.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
/** 22:00 on Tuesday in Moscow. */
const EVENING = Date.parse('2026-11-24T19:00:00Z');
const at = (text: string): number => Date.parse(text);

/** A daemon's scheduler whose action writes down what it ran; each run takes `takesMs`. */
function bench(
  t: Parameters<typeof shortDir>[0],
  takesMs = 0,
  outcome: (slot: string, campaign: string) => string = () => 'dialed',
) {
  const clock = steppedClock(createVirtualClock(EVENING));
  const path = `${shortDir(t)}/obzvon.db`;
  const begun: string[] = [];
  const done: string[] = [];
  const keepers: Keeper[] = [];
  const start = (): Keeper => {
    const keeper = keep(clock, path, async (action: Action, { slot, signal }: RunContext, mine) => {
      const what = `${action.do === 'refresh' ? action.register : action.campaign} ${slot}`;
      begun.push(what);
      if (takesMs > 0) await sleep(mine, takesMs);
      signal.throwIfAborted();
      const result = outcome(slot, action.do === 'refresh' ? '' : action.campaign);
      done.push(what);
      return result;
    });
    keepers.push(keeper);
    return keeper;
  };
  return { clock, begun, done, start };
}

void t.test('a slot runs once, in its minute, and the journal has its begin and its end', async (t) => {
  const { clock, done, start } = bench(t);
  const { scheduler, store } = start();
  scheduler.add(nightly('msk', 'Europe/Moscow'));
  await clock.advance(27 * HOUR);
  t.strictSame(done, ['msk 2026-11-25T02:00']);
  t.strictSame(story(store, 'msk'), ['added', 'begun 2026-11-25T02:00', 'done 2026-11-25T02:00']);
  const [row] = store.schedules.last('msk', 5);
  t.match(row, { due_at: at('2026-11-24T23:00Z'), outcome: 'done', result: 'dialed', why: null });
  t.ok((row?.claimed_at ?? 0) - (row?.due_at ?? 0) < MIN);
});

void t.test('a slot that went by while the daemon was down runs late inside its window, and why is said', async (t) => {
  const { clock, done, start } = bench(t);
  const first = start();
  first.scheduler.add(nightly('msk', 'Europe/Moscow'));
  first.kill();
  await clock.advance(6 * HOUR);
  const { store } = start();
  await clock.advance(MIN);
  t.strictSame(done, ['msk 2026-11-25T02:00']);
  t.strictSame(story(store, 'msk')[1], 'begun 2026-11-25T02:00 (late by 2 h: the daemon was not running)');
});

for (const [lateMin, words] of [
  [60, 'the daemon was not running; the 1 h in which it may run late are over'],
  [0, 'the daemon was not running; it does not run late'],
] as const) {
  void t.test(
    `a slot that went by two hours ago with ${lateMin} min to be late is missed: one row says why`,
    async (t) => {
      const { clock, done, start } = bench(t);
      const first = start();
      first.scheduler.add(nightly('msk', 'Europe/Moscow', { lateMin }));
      first.kill();
      await clock.advance(6 * HOUR);
      const { store } = start();
      await clock.advance(MIN);
      t.strictSame(done, []);
      t.strictSame(story(store, 'msk').slice(1), [`missed 2026-11-25T02:00 (${words})`]);
      t.match(store.schedules.last('msk', 5), [{ outcome: 'missed', why: words }]);
    },
  );
}

void t.test('ten thousand slots that went by are one row of the journal', async (t) => {
  const { clock, done, start } = bench(t);
  const first = start();
  first.scheduler.add(nightly('minutely', 'Europe/Moscow', { cron: '* * * * *', lateMin: 0 }));
  first.kill();
  await clock.advance(8 * 24 * HOUR);
  const { store } = start();
  await clock.advance(30_000);
  const rows = store.journal.of('schedule', 'minutely').filter(({ event }) => event === 'missed');
  t.equal(rows.length, 1);
  t.match(JSON.parse(rows[0]?.data ?? ''), {
    first: '2026-11-24T22:01',
    last: '2026-12-02T21:59',
    count: 11_440,
    orMore: true,
  });
  t.ok(done.length <= 1);
  t.equal(store.schedules.last('minutely', 10).length, 1 + done.length);
});

void t.test('a run the daemon died in is begun again: the action is told the same slot', async (t) => {
  const { clock, begun, done, start } = bench(t, 10 * MIN);
  const first = start();
  first.scheduler.add(nightly('msk', 'Europe/Moscow'));
  await clock.until(() => begun.length === 1, 5 * HOUR);
  first.kill();
  await clock.advance(HOUR);
  const { store } = start();
  await clock.until(() => done.length === 1, HOUR);
  t.strictSame(begun, ['msk 2026-11-25T02:00', 'msk 2026-11-25T02:00']);
  t.strictSame(done, ['msk 2026-11-25T02:00']);
  t.strictSame(story(store, 'msk').slice(1), [
    'begun 2026-11-25T02:00',
    'begun-again 2026-11-25T02:00 (the daemon stopped in the midst of it)',
    'done 2026-11-25T02:00',
  ]);
});

void t.test('a run the daemon died in is not begun again after its window', async (t) => {
  const { clock, begun, start } = bench(t, 10 * MIN);
  const first = start();
  first.scheduler.add(nightly('msk', 'Europe/Moscow', { lateMin: 60 }));
  await clock.until(() => begun.length === 1, 5 * HOUR);
  first.kill();
  await clock.advance(2 * HOUR);
  const { store } = start();
  await clock.advance(MIN);
  t.equal(begun.length, 1);
  t.match(store.schedules.last('msk', 1), [
    { outcome: 'failed', result: /stopped in the midst of it; the 1 h .* over/ },
  ]);
});

void t.test('a stop cuts a run short and leaves it to the next start', async (t) => {
  const { clock, begun, done, start } = bench(t, 10 * MIN);
  const first = start();
  first.scheduler.add(nightly('msk', 'Europe/Moscow'));
  await clock.until(() => begun.length === 1, 5 * HOUR);
  const closed = first.scheduler.close();
  await clock.advance(10 * MIN);
  await closed;
  t.match(first.store.schedules.last('msk', 1), [{ outcome: null }]);
  first.kill();
  start();
  await clock.until(() => done.length === 1, HOUR);
  t.equal(begun.length, 2);
});

void t.test('a clock set back repeats no slot that ran, and the journal says so', async (t) => {
  const { clock, done, start } = bench(t);
  const { scheduler, store } = start();
  scheduler.add(nightly('msk', 'Europe/Moscow'));
  await clock.advance(5 * HOUR);
  clock.step(-3 * HOUR);
  await clock.advance(6 * HOUR);
  t.strictSame(done, ['msk 2026-11-25T02:00']);
  t.match(story(store, 'msk')[3], /^set-back 2026-11-25T02:00 \(the clock was set back by 3 h: slots that ran do not/);
  await clock.advance(24 * HOUR);
  t.strictSame(done.slice(1), ['msk 2026-11-26T02:00'], 'the next night runs');
});

void t.test('a clock set back while the daemon is down repeats no slot that ran', async (t) => {
  const { clock, done, start } = bench(t);
  const first = start();
  first.scheduler.add(nightly('msk', 'Europe/Moscow'));
  await clock.advance(5 * HOUR);
  first.kill();
  clock.step(-4 * HOUR);
  const { store } = start();
  await clock.advance(6 * HOUR);
  t.strictSame(done, ['msk 2026-11-25T02:00']);
  t.match(story(store, 'msk')[3], /^set-back .*the clock shows a time before slots that are handled/);
});

void t.test('a clock set forward over a slot: it runs late, and the journal names the step', async (t) => {
  const { clock, done, start } = bench(t);
  const { scheduler, store } = start();
  scheduler.add(nightly('msk', 'Europe/Moscow'));
  await clock.advance(HOUR);
  clock.step(5 * HOUR);
  await clock.advance(MIN);
  t.strictSame(done, ['msk 2026-11-25T02:00']);
  t.match(story(store, 'msk')[1], /^begun .*late by 2 h: the clock was set forward by 5 h/);
});

void t.test('a clock that was a year ahead for a while costs no night once it is right', async (t) => {
  const { clock, done, start } = bench(t);
  const { scheduler, store } = start();
  scheduler.add(nightly('msk', 'Europe/Moscow'));
  await clock.advance(HOUR);
  clock.step(365 * 24 * HOUR);
  await clock.advance(MIN);
  t.match(story(store, 'msk')[1], /^missed 2026-11-25T02:00…2027-11-24T02:00/);
  clock.step(-365 * 24 * HOUR);
  await clock.advance(4 * HOUR);
  t.strictSame(done, ['msk 2026-11-25T02:00']);
});

void t.test('a run never overlaps itself: the next slot waits for it, and for no other schedule', async (t) => {
  const { clock, begun, start } = bench(t, 90 * MIN);
  const { scheduler, store } = start();
  scheduler.add(nightly('hourly', 'Europe/Moscow', { cron: '0 * * * *', lateMin: 45 }));
  scheduler.add(nightly('strict', 'Europe/Moscow', { cron: '0 * * * *', lateMin: 0 }));
  await clock.advance(4 * HOUR - MIN);
  t.strictSame(begun, [
    'hourly 2026-11-24T23:00',
    'strict 2026-11-24T23:00',
    'hourly 2026-11-25T00:00',
    'strict 2026-11-25T01:00',
  ]);
  t.ok(story(store, 'hourly').includes('begun 2026-11-25T00:00 (late by 30 min: the run before it still went on)'));
  t.ok(
    story(store, 'strict').includes('missed 2026-11-25T00:00 (the run before it still went on; it does not run late)'),
  );
});

void t.test('an action that fails is journalled with its reason and stops no other', async (t) => {
  const { clock, done, start } = bench(t, 0, (_, campaign) => {
    if (campaign === 'bad') throw new Error('there is no campaign “bad”');
    return 'dialed';
  });
  const { scheduler, store } = start();
  scheduler.add(nightly('bad', 'Europe/Moscow'));
  scheduler.add(nightly('good', 'Europe/Moscow'));
  await clock.advance(27 * HOUR);
  t.strictSame(done, ['good 2026-11-25T02:00']);
  t.match(store.schedules.last('bad', 1), [{ outcome: 'failed', result: 'there is no campaign “bad”' }]);
  await clock.advance(24 * HOUR);
  t.equal(done.length, 2);
});

void t.test(
  'what came before a schedule was added is none of its slots, also in an hour that is shown twice',
  async (t) => {
    const clock = steppedClock(createVirtualClock(at('2026-10-25T01:10Z')));
    const done: string[] = [];
    const { scheduler } = keep(clock, `${shortDir(t)}/obzvon.db`, async (_, { slot }) => {
      done.push(slot);
      return '';
    });
    scheduler.add(nightly('berlin', 'Europe/Berlin', { cron: '30 2 * * *' }));
    await clock.advance(HOUR);
    t.strictSame(done, []);
    await clock.advance(24 * HOUR);
    t.strictSame(done, ['2026-10-26T02:30']);
  },
);

void t.test('by hand the last slot runs at once; one that is done is left; one that failed runs again', async (t) => {
  let fails = true;
  const { clock, done, start } = bench(t, 0, () => {
    if (fails) throw new Error('no');
    return 'dialed';
  });
  const { scheduler, store } = start();
  scheduler.add(nightly('msk', 'Europe/Moscow'));
  t.match(await scheduler.run('msk', null), { slot: '2026-11-24T02:00', ran: true, outcome: 'failed', result: 'no' });
  fails = false;
  t.match(await scheduler.run('msk', null), { slot: '2026-11-24T02:00', ran: true, outcome: 'done' });
  t.match(await scheduler.run('msk', '2026-11-24T02:00'), { ran: false, outcome: 'done' });
  t.equal(done.length, 1);
  t.strictSame(story(store, 'msk').slice(1), [
    'begun 2026-11-24T02:00 (run by hand)',
    'failed 2026-11-24T02:00',
    'begun-again 2026-11-24T02:00 (run by hand; it was failed before)',
    'done 2026-11-24T02:00',
  ]);
  await t.rejects(scheduler.run('msk', '2026-11-25T02:00'), { code: 'MOVE_REFUSED' });
  await t.rejects(scheduler.run('msk', '2026-11-24T02:01'), { code: 'USAGE' });
  await t.rejects(scheduler.run('msk', 'yesterday'), { code: 'USAGE' });
  await t.rejects(scheduler.run('other', null), { code: 'NOT_FOUND' });
  await clock.advance(5 * HOUR);
  t.equal(done.length, 2, 'the night comes all the same');
});

void t.test('the same schedule added twice is there once; another of its name is refused', async (t) => {
  const { start } = bench(t);
  const { scheduler } = start();
  t.equal(scheduler.add(nightly('msk', 'Europe/Moscow')), 'created');
  t.equal(scheduler.add(nightly('msk', 'Europe/Moscow')), 'unchanged');
  t.throws(() => scheduler.add(nightly('msk', 'Europe/Samara')), { code: 'SCHEDULE_INVALID' });
  scheduler.remove('msk');
  t.equal(scheduler.add(nightly('msk', 'Europe/Samara')), 'created');
});
