import t from 'tap';
import { CALLS_BACK, numberFor } from '../../asterisk/testbed/behaviours.ts';
import { systemClock } from '../../lib/clock.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import { adapterTo, startTestbed, until } from '../helpers/live.ts';
import { openAllHours } from '../helpers/policy.ts';
import { addLead, buildRig, login, phoneOf, specWith, startCampaign } from '../helpers/rig.ts';

void t.test('on a real Asterisk an abandoned person and one who rings back are called before the base', async (t) => {
  const testbed = await startTestbed({ agents: 1 });
  t.teardown(() => testbed.stop());
  const { pbx } = adapterTo(testbed);
  const rig = buildRig({
    clock: systemClock,
    pbx,
    agents: 1,
    // The pack's own five minutes between two calls would only make the test long.
    policy: { ...openAllHours, minIntervalS: 0 },
    spec: {
      ends: 'base',
      ringTimeoutS: 8,
      wrapUpS: 0,
      answerLimitMs: 500,
      retry: { ...specWith().retry, abandoned: { afterMin: 0, agent: 'reserved' } },
    },
  });
  const { engine, store } = rig;
  await engine.start();
  t.teardown(() => engine.stop());
  await until('the engine reconciled', () => engine.floor.holds.size === 0, 10_000);
  login(rig);
  await until('the agent is ready', rig.crewReady, 10_000);
  const agent = engine.floor.agents.get('a1' as AgentId);
  if (agent === undefined) throw new Error('no agent');

  const [abandoned, base] = [1, 2].map((serial) => phoneOf(numberFor('human', { ringMs: 1_000, talkS: 2, serial })));
  const back = phoneOf(CALLS_BACK);
  if (abandoned === undefined || base === undefined) throw new Error('unreachable');
  addLead(store, rig.campaign.id, abandoned, systemClock.now());
  startCampaign(rig);
  await until('the first call is placed', () => rig.campaign.attempts.size === 1, 10_000);
  moveAgent(engine.floor, agent, 'pause');
  await until('it is abandoned', () => store.attempts.ofPhone(abandoned, 1)[0]?.disposition === 'abandoned', 20_000);
  t.match(store.leads.find(rig.campaign.id, abandoned), { state: 'promised' });

  addLead(store, rig.campaign.id, base, systemClock.now(), { priority: 9 });
  addLead(store, rig.campaign.id, back, systemClock.now());
  await testbed.pstn.callIn(rig.campaign.spec.line);
  await until('he is owed a callback', () => store.leads.find(rig.campaign.id, back)?.state === 'promised', 10_000);
  await testbed.pstn.callIn(rig.campaign.spec.line, { withheld: true });
  const line = rig.campaign.spec.line;
  await until('a withheld number is noted', () => (store.journal.of('caller', line).length ?? 0) === 2, 10_000);
  await until('both are due', () => store.callbacks.counts(rig.campaign.id, systemClock.now()).due === 2, 30_000);
  moveAgent(engine.floor, agent, 'ready');
  const done = () =>
    [abandoned, back, base].every((phone) => store.leads.find(rig.campaign.id, phone)?.state === 'done');
  await until('all three were talked to', done, 60_000);
  const calls = store.attempts
    .recent(null, null, 10)
    .sort((a, b) => a.planned_at - b.planned_at)
    .map(({ phone, disposition }) => `+${phone} ${disposition}`);
  t.strictSame(calls, [`${abandoned} abandoned`, `${abandoned} talked`, `${back} talked`, `${base} talked`]);
  t.strictSame(rig.fatal, []);
});
