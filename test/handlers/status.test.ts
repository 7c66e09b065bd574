import t from 'tap';
import { desk, number } from '../helpers/desk.ts';
import { addLead, login, NOON } from '../helpers/rig.ts';

void t.test('status tells what lives now: calls, agents, trunks, campaigns', async (t) => {
  const { ask, rig, clock } = await desk({ '0001': { kind: 'answer', ringMs: 300, talkMs: null } });
  for (const tail of ['0001', '0002']) addLead(rig.store, rig.campaign.id, number(tail), NOON);
  login(rig);
  await ask('campaign.start', { name: 'test' });
  await clock.until(() => [...rig.campaign.attempts].some(({ state }) => state === 'talking'), 10_000);
  const status = await ask('status', {});
  t.match(status, {
    version: 'test',
    state: 'running',
    pid: process.pid,
    startedAt: NOON,
    dialing: { ok: true, reasons: [] },
    pbx: { kind: 'simulated', state: 'up', reason: null, alarms: [] },
    trunks: [{ name: 'pstn', state: 'up', channels: 30, busy: 2 }],
    agents: { talking: 1, available: 1 },
    calls: { talking: 1, ringing: 1 },
    campaigns: [{ name: 'test', state: 'running', liveCalls: 2 }],
  });
  t.equal(status.now, clock.now());
});

void t.test('status while the PBX is lost says so, since when and why, and dialing is off', async (t) => {
  const { ask, pbx, clock } = await desk();
  await clock.advance(5_000);
  const lostAt = clock.now();
  pbx.drop('the network is gone');
  await clock.advance(3_000);
  t.match(await ask('status', {}), {
    dialing: { ok: false, reasons: [{ hold: 'pbx-lost', reason: 'the network is gone' }] },
    pbx: { state: 'lost', since: lostAt, reason: 'the network is gone' },
  });
  pbx.restore();
  await clock.advance(3_000);
  t.match(await ask('status', {}), { dialing: { ok: true, reasons: [] }, pbx: { state: 'up', reason: null } });
});

void t.test('a dead trunk shows in status, and is well again when the PBX says so', async (t) => {
  const { ask, pbx } = await desk();
  pbx.setTrunk('pstn', false);
  t.match(await ask('status', {}), { trunks: [{ name: 'pstn', state: 'down' }] });
  pbx.setTrunk('pstn', true);
  t.match(await ask('status', {}), { trunks: [{ name: 'pstn', state: 'up' }] });
});

void t.test('a daemon asked to stop says that it drains, and takes no new call meanwhile', async (t) => {
  const { ask, rig, clock, pbx } = await desk(
    { '0001': { kind: 'answer', ringMs: 300, talkMs: 30_000 } },
    { agents: 1 },
  );
  for (const tail of ['0001', '0002']) addLead(rig.store, rig.campaign.id, number(tail), NOON);
  login(rig);
  await ask('campaign.start', { name: 'test' });
  await clock.until(() => rig.campaign.attempts.size === 1, 10_000);
  let drained = false;
  void rig.engine.drain().then(() => (drained = true));
  t.match(await ask('status', {}), { state: 'draining', dialing: { ok: false, reasons: [{ hold: 'draining' }] } });
  await clock.until(() => drained, 60_000);
  t.equal(pbx.placed.length, 1);
});
