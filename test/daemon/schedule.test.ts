import { join } from 'node:path';
import t from 'tap';
import { createStore } from '../../lib/store/store.ts';
import { allDayPack, simulatedConfig, startDaemon, type DaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ENTITY } from '../helpers/rig.ts';
import { shortDir } from '../helpers/short-dir.ts';

const ROWS = 20_000;

const phoneAt = (row: number): string => `+7916${String(row).padStart(7, '0')}`;

function consents(): string {
  const rows = Array.from(
    { length: ROWS },
    (_, row) => `${phoneAt(row)};CALL;${ENTITY};2026-01-01;sms;scan-${row}.pdf;test`,
  );
  return `phone;kinds;entities;given_at;verified_by;evidence;source\n${rows.join('\n')}\n`;
}

async function lastSlot(daemon: DaemonProcess) {
  return (await daemon.ask('schedule.show', { name: 'books', limit: 1 })).slots[0];
}

/** A slot of this minute: the next is a day away. */
function thisMinute(): string {
  const now = new Date();
  return `${now.getUTCMinutes()} ${now.getUTCHours()} * * *`;
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  void t.test(
    `a register half read when the daemon ends by ${signal} is read to its end by the next daemon`,
    async (t) => {
      const dir = shortDir(t, {
        'config.yaml': simulatedConfig(),
        'policy.json': allDayPack(),
        'consents.csv': consents(),
      });
      let daemon = startDaemon(t, dir);
      await daemon.dialing();
      await daemon.ask('schedule.add', {
        name: 'books',
        cron: thisMinute(),
        zone: 'UTC',
        lateMin: 60,
        action: { do: 'refresh', register: 'consent', files: [join(dir, 'consents.csv')] },
      });
      daemon.ask('schedule.run', { name: 'books' }).catch(() => undefined);
      await eventually('the first rows are in', async () => {
        return (await daemon.ask('consent.show', { phone: phoneAt(0) })).consents.length === 1;
      });
      t.match(await lastSlot(daemon), { outcome: 'running', why: 'run by hand' });
      daemon.kill(signal);
      await daemon.exited();

      daemon = startDaemon(t, dir);
      const slot = await eventually(
        'the slot is done',
        async () => {
          const last = await lastSlot(daemon).catch(() => undefined);
          return last?.finishedAt == null ? null : last;
        },
        60_000,
      );
      t.match(slot, { outcome: 'done', why: 'the daemon stopped in the midst of it' });
      t.match(slot.result, new RegExp(`${ROWS} rows read, ${ROWS} accepted, 0 known before, 0 rejected`));
      t.equal((await daemon.ask('consent.show', { phone: phoneAt(ROWS - 1) })).consents.length, 1);
      t.match(await daemon.ask('schedule.run', { name: 'books' }), { ran: false, outcome: 'done' });
    },
  );
}

void t.test('a daemon names the schedules whose campaign is gone when it starts', async (t) => {
  const dir = shortDir(t, { 'config.yaml': simulatedConfig(), 'policy.json': allDayPack() });
  const store = createStore(join(dir, 'obzvon.db'));
  store.schedules.insert(
    { name: 'old', cron: '0 2 * * *', zone: 'UTC', lateMin: 0, action: { do: 'start', campaign: 'gone' } },
    '2026-11-22T12:00',
    Date.now(),
  );
  store.close();
  const daemon = startDaemon(t, dir);
  t.match(await daemon.logged('a schedule cannot do its work'), { name: 'old', problem: 'campaign gone is gone' });
});
