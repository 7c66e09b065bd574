import t, { type Test } from 'tap';
import { numberFor } from '../../asterisk/testbed/behaviours.ts';
import { startTestbed } from '../../asterisk/testbed/start.ts';
import { ObzvonError } from '../../lib/errors.ts';
import {
  bedFiles,
  campaignText,
  loginAll,
  prepareCampaign,
  startDaemon,
  type DaemonProcess,
} from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { startFakeAri } from '../helpers/fake-ari.ts';
import { rejection } from '../helpers/rejection.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** Each way a PBX can be set up wrong: what the daemon does, says, and how it says to mend it. */
const AGENTS = 6;
const bed = await startTestbed({ agents: AGENTS, seed: 3 });
t.teardown(() => bed.stop());
/** A web server that knows nothing of ARI. */
const stranger = await startFakeAri();
t.teardown(() => stranger.stop());
stranger.answer(/./, { status: 404, body: 'not here' });

/** A daemon that gives up at its start, exit 11, with a sentence and how to mend it on stderr and in the log. */
async function refused(
  t: Test,
  files: Record<string, string>,
  code: string,
  says: RegExp,
  hint: RegExp,
): Promise<void> {
  const daemon = startDaemon(t, shortDir(t, files));
  t.strictSame(await daemon.exited(), { code: 11, signal: null }, daemon.err());
  t.match(daemon.err(), says);
  t.match(daemon.err(), hint);
  t.match(
    daemon.lines().find(({ level }) => level === 'fatal'),
    { code, reason: says, hint },
  );
  t.notMatch(daemon.out() + daemon.err(), /\n\s+at /, 'no stack');
  t.notMatch(daemon.out() + daemon.err(), new RegExp(`${bed.pbx.ariSecret}|${bed.pbx.amiSecret}`), 'no secret');
}

await t.test('a wrong ARI password', (t) =>
  refused(
    t,
    bedFiles(bed, { ariSecret: 'wrong' }),
    'PBX_AUTH',
    /Asterisk refuses ARI user "obzvon" at 127\.0\.0\.1:\d+: unknown or wrong secret/,
    /compare .*ari\.user .*in config with the section \[obzvon\] of ari\.conf/,
  ),
);

await t.test('a wrong AMI password', (t) =>
  refused(t, bedFiles(bed, { amiSecret: 'wrong' }), 'PBX_AUTH', /AMI user "obzvon"/, /manager\.conf/),
);

await t.test('a trunk the PBX does not know', async (t) => {
  const daemon = startDaemon(t, shortDir(t, bedFiles(bed, { trunks: ['pstn', 'nowhere'] })));
  t.strictSame(await daemon.exited(), { code: 1, signal: null });
  t.match(daemon.err(), /cannot follow .*PJSIP\/nowhere.*\n.*must be a section of pjsip\.conf/);
});

await t.test('modules are missing, one by one or the whole of ARI', async (t) => {
  const modules = ['app_stasis.so', 'res_ari_bridges.so'];
  t.teardown(async () => {
    for (const name of modules) await bed.pbx.rx(`module load ${name}`);
  });
  for (const name of modules) t.match(await bed.pbx.rx(`module unload ${name}`), /Unloaded/);
  const files = bedFiles(bed);
  const elsewhere = files['config.yaml']?.replace(bed.pbx.httpUrl, stranger.url) ?? '';
  await Promise.all([
    refused(
      t,
      files,
      'PBX_MODULE_MISSING',
      /Asterisk runs without app_stasis\.so, res_ari_bridges\.so/,
      /add "load = app_stasis\.so" .*to modules\.conf and restart Asterisk/,
    ),
    refused(
      t,
      { ...files, 'config.yaml': elsewhere },
      'PBX_MODULE_MISSING',
      /Asterisk's REST interface is not loaded at 127\.0\.0\.1:\d+/,
      /load res_ari\.so .*ari\.conf/,
    ),
  ]);
});

await t.test(
  'nothing listens: the daemon stays, says what it waits for, and dials once Asterisk is there',
  async (t) => {
    const daemon = startDaemon(t, shortDir(t, bedFiles(bed)));
    await daemon.dialing();
    t.match(await daemon.ask('status', {}), { pbx: { kind: 'asterisk', state: 'up', reason: null } });

    bed.pbx.kill('SIGKILL');
    const lost = await eventually('the loss is told', async () => {
      const status = await daemon.ask('status', {});
      return status.pbx.state === 'lost' ? status : null;
    });
    t.match(lost, { dialing: { ok: false, reasons: [{ hold: 'pbx-lost' }] }, state: 'running' });

    const late = startDaemon(t, shortDir(t, bedFiles(bed)));
    await late.logged('ARI is down');
    t.match(await late.ask('status', {}), {
      pbx: { kind: 'asterisk', state: 'connecting', reason: /ECONNREFUSED 127\.0\.0\.1/ },
      dialing: { ok: false, reasons: [{ hold: 'starting' }, { hold: 'pbx-lost', reason: /ECONNREFUSED/ }] },
    });
    await prepareCampaign(late.ask, [numberFor('busy')]);
    t.match(await late.ask('campaign.start', { name: 'test' }), { state: 'running', callable: 1 });
    // One daemon an ARI application.
    daemon.kill('SIGTERM');
    t.strictSame(await daemon.exited(), { code: 0, signal: null });
    await bed.pbx.restart();
    await bed.ready();
    await late.dialing();
    t.match(await late.ask('status', {}), { pbx: { state: 'up', reason: null } });
    await loginAll(late.ask);
    await eventually('the call that waited is made', async () => {
      return (await late.ask('campaign.show', { name: 'test' })).state === 'stopped';
    });
  },
);

await t.test('a trunk nobody answers behind', async (t) => {
  const daemon = startDaemon(t, shortDir(t, bedFiles(bed, { trunks: ['pstn', 'dead', 'down'] })));
  await daemon.dialing();

  await t.test('known to be down: the campaign is not started', async (t) => {
    await eventually('the trunk is seen down', () => trunkState(daemon, 'down'));
    await prepareCampaign(daemon.ask, [numberFor('busy')], campaignText({ name: 'down', trunk: 'down' }));
    const error = await rejection(daemon.ask('campaign.start', { name: 'down' }));
    t.ok(error instanceof ObzvonError);
    t.match(error, {
      code: 'PBX_TRUNK_DEAD',
      exit: 11,
      message: /trunk down does not answer/,
      hint: /pjsip show contacts/,
    });
    t.equal((await daemon.ask('campaign.show', { name: 'down' })).state, 'draft');
  });

  await t.test(
    'silent: after five calls without a reply it rests, is tried by one call at a time, and status says so',
    async (t) => {
      const phones = Array.from({ length: 12 }, (_, serial) => numberFor('human', { serial }));
      await prepareCampaign(daemon.ask, phones, campaignText({ name: 'dead', trunk: 'dead' }));
      await loginAll(daemon.ask);
      await daemon.ask('campaign.start', { name: 'dead' });
      const trunk = await eventually(
        'the trunk rests',
        async () => {
          const { trunks } = await daemon.ask('status', {});
          const dead = trunks.find(({ name }) => name === 'dead');
          return dead === undefined || dead.resting === null ? null : dead.resting;
        },
        40_000,
      );
      t.match(trunk.reason, /5 calls in a row failed on it/);
      const { calls } = await eventually('the calls under way have ended', async () => {
        const campaign = await daemon.ask('campaign.show', { name: 'dead' });
        return campaign.liveCalls === 0 ? campaign : null;
      });
      t.strictSame(calls.byDisposition, { 'trunk-failure': calls.attempts });
      t.ok(calls.attempts <= 6, `${calls.attempts} of ${phones.length} were tried`);
    },
  );
});

/** True once the daemon shows the trunk as down. */
async function trunkState(daemon: DaemonProcess, name: string): Promise<boolean> {
  return (await daemon.ask('status', {})).trunks.some((trunk) => trunk.name === name && trunk.state === 'down');
}
