import t from 'tap';
import { createPlayer, type RecordedLine } from '../../lib/core/pacing/recording.ts';
import { desk, number } from '../helpers/desk.ts';
import { openAllHours } from '../helpers/policy.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, login, NOON, specWith } from '../helpers/rig.ts';

async function dialing() {
  const it = await desk({}, { agents: 2, policy: openAllHours, spec: { mode: 'predictive' } });
  for (let tail = 1; tail < 60; tail += 1) {
    addLead(it.rig.store, it.rig.campaign.id, number(String(tail).padStart(4, '0')), NOON);
  }
  login(it.rig);
  await it.ask('campaign.start', { name: 'test' });
  await it.clock.advance(60_000);
  return it;
}

void t.test(
  'pacing show: the aim, the windows by the attempts themselves, the decision now and those that placed calls',
  async (t) => {
    const { ask, rig } = await dialing();
    const pacing = await ask('pacing.show', { name: 'test', limit: 3 });
    const figures = rig.store.reports.figures(rig.campaign.id, 2_000);
    t.match(pacing, { name: 'test', state: 'running', method: 'predictive', target: 0.01, limit: 0.03 });
    t.match(pacing.abandonment, [
      { hours: 24, answers: figures.answered },
      { hours: 720, answers: figures.answered, abandoned: pacing.abandonment[0]?.abandoned },
    ]);
    t.match(pacing.now, { originate: Number, boundBy: String, why: /free/, numbers: { agentsWorking: 2 } });
    t.equal(pacing.decisions.length, 3);
    t.ok(pacing.decisions.every(({ originate, why }) => originate > 0 && why !== ''));
    t.strictSame((await ask('status', {})).campaigns[0]?.pacing, pacing.now, 'status tells the same');
    t.strictSame((await ask('campaign.show', { name: 'test' })).pacing, pacing.now);
    await rig.engine.stop();
  },
);

void t.test('call show tells the decision the call was placed by', async (t) => {
  const { ask, rig } = await dialing();
  const { calls } = await ask('call.list', { limit: 1 });
  const shown = await ask('call.show', { id: calls[0]?.id ?? '' });
  t.match(shown.pacing, { originate: Number, why: String });
  t.ok((shown.pacing?.at ?? Infinity) <= shown.plannedAt);
  await rig.engine.stop();
});

void t.test('a recording is told part by part up to the present moment, and replays', async (t) => {
  const { ask, rig } = await dialing();
  const { sessions } = await ask('pacing.sessions', { name: 'test' });
  const [{ session = 0, parts = 0 } = {}] = sessions;
  const player = createPlayer();
  let decisions = 0;
  for (let part = 0; part < parts; part += 1) {
    const { lines } = await ask('pacing.part', { name: 'test', session, part });
    for (const line of (lines ?? '').trimEnd().split('\n')) {
      const replayed = player.line(JSON.parse(line) as RecordedLine);
      if (replayed === null) continue;
      decisions += 1;
      if (!replayed.same) t.fail(`at ${replayed.at}`);
    }
  }
  t.ok(decisions > 60, `${decisions} decisions`);
  t.strictSame(await ask('pacing.part', { name: 'test', session, part: parts }), { lines: null });
  t.match(await rejection(ask('pacing.sessions', { name: 'nope' })), { code: 'NOT_FOUND' });
  await rig.engine.stop();
});

void t.test('a start warns where overdialing costs more than elsewhere', async (t) => {
  const { pacing } = specWith();
  const collection = await desk({}, { spec: { mode: 'predictive', purpose: 'collection' } });
  // The registration covers another purpose: the gate has its say first, so there is no lead to ask it about.
  t.match((await collection.ask('campaign.start', { name: 'test' })).warnings, [/no agent/, /no leads/, /230-ФЗ/]);
  const ratio = await desk({}, { spec: { mode: 'predictive', pacing: { ...pacing, method: 'ratio', ratio: 2 } } });
  t.match((await ratio.ask('campaign.start', { name: 'test' })).warnings, [/no agent/, /no leads/, /fixed ratio/]);
  await collection.rig.engine.stop();
  await ratio.rig.engine.stop();
});
