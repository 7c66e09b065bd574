import t from 'tap';
import { systemClock } from '../../lib/clock.ts';
import {
  allDayPack,
  campaignText,
  loginAll,
  prepareCampaign,
  simulatedConfig,
  startDaemon,
  type DaemonProcess,
} from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { shortDir } from '../helpers/short-dir.ts';

const MIN = 60_000;
const PHONE = '+79145550001';
/** The daemon is killed and back, its agent logged in, in less. */
const RESTARTED_WITHIN_MS = 25_000;

/** A minute as it is typed by somebody in Vladivostok, who has had UTC+10 since 2014. */
const inVladivostok = (at: number): string => new Date(at + 10 * 60 * MIN).toISOString().slice(0, 16);

void t.test(
  'a callback promised for a minute of Vladivostok is dialed in it by a daemon in Moscow that was killed meanwhile',
  { timeout: 110_000 },
  async (t) => {
    const dir = shortDir(t, { 'config.yaml': simulatedConfig({ agents: 1 }), 'policy.json': allDayPack() });
    const start = async (): Promise<DaemonProcess> => {
      const daemon = startDaemon(t, dir, { zone: 'Europe/Moscow' });
      await daemon.dialing();
      return daemon;
    };
    const before = await start();
    await prepareCampaign(before.ask, [PHONE], campaignText());
    const promisedFor = Math.ceil((systemClock.now() + RESTARTED_WITHIN_MS) / MIN) * MIN;
    const at = inVladivostok(promisedFor);
    const { callback } = await before.ask('callback.add', {
      ...{ campaign: 'test', phone: PHONE, at, zone: 'Asia/Vladivostok', source: 'test' },
    });
    t.equal(callback.dueAt, promisedFor);
    t.match(callback.local, at.slice(11));
    await loginAll(before.ask);
    await before.ask('campaign.start', { name: 'test' });
    before.kill('SIGKILL');
    await before.exited();

    const after = await start();
    await loginAll(after.ask);
    const calls = async () => (await after.ask('call.list', { campaign: 'test', limit: 10 })).calls;
    t.ok(systemClock.now() < promisedFor, 'it is back in time');
    t.strictSame(await calls(), [], 'an agent is free, and nobody is called early');
    const call = await eventually('he is called', async () => (await calls()).at(-1), 2 * MIN);
    t.ok(call.plannedAt >= promisedFor && call.plannedAt < promisedFor + MIN, new Date(call.plannedAt).toISOString());
    t.equal(call.phone, PHONE);
  },
);
