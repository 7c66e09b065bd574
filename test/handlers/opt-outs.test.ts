import t from 'tap';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, ENTITY, login, NOON } from '../helpers/rig.ts';

const PHONE = number('0001');

void t.test('a scope needs what it names, and takes no more', async (t) => {
  const { ask } = await desk();
  const add = (more: object) => rejection(ask('optout.add', { phone: PHONE, source: 'site', ...more }));
  t.match(await add({ scope: 'entity' }), { code: 'USAGE', message: /^entity: /, hint: /give entity/ });
  t.match(await add({ scope: 'purpose' }), { code: 'USAGE', message: /^purpose: / });
  t.match(await add({ entity: ENTITY }), { code: 'USAGE', hint: /leave entity out/ });
  t.match(await add({ scope: 'entity', entity: ENTITY, purpose: 'survey' }), { code: 'USAGE', message: /^purpose: / });
  t.strictSame((await ask('optout.show', { phone: PHONE })).optOuts, []);
});

void t.test('each scope is recorded beside the others; a lift takes back its own alone, on evidence', async (t) => {
  const { ask, rig } = await desk();
  addLead(rig.store, rig.campaign.id, PHONE, NOON);
  const entity = { scope: 'entity', entity: ENTITY } as const;
  t.match(await ask('optout.add', { phone: PHONE, source: 'site', ...entity }), { added: true, optOut: entity });
  t.match(await ask('optout.add', { phone: PHONE, source: 'site' }), { added: true, optOut: { scope: 'global' } });
  t.match(
    await rejection(ask('optout.lift', { phone: PHONE, source: 'mail', evidence: '' })),
    { message: /evidence/ },
    'without evidence there is no lift',
  );
  const lift = { phone: PHONE, source: 'mail', evidence: 'letter 12' };
  t.match(await ask('optout.lift', lift), { lifted: true, released: 0, optOuts: [entity] });
  t.match(await ask('optout.lift', lift), { lifted: false, optOuts: [entity] }, 'it does not stand any more');
  t.match(await ask('optout.lift', { ...lift, ...entity }), { lifted: true, released: 1, optOuts: [] });
  t.equal(rig.store.leads.byPhone(PHONE)[0]?.state, 'callable');
  t.match(rig.store.journal.of('opt-out', 'mail'), [{ event: 'lifted' }, { event: 'lifted' }]);
});

void t.test('an agent opts out the person he talks to, and in wrap-up the one he talked to', async (t) => {
  const { ask, rig, clock } = await desk(
    {
      '0001': { kind: 'answer', ringMs: 500, talkMs: 5_000 },
      '0002': { kind: 'answer', ringMs: 500, talkMs: 5_000 },
    },
    { agents: 1, spec: { wrapUpS: 60 } },
  );
  const { store, engine } = rig;
  for (const tail of ['0001', '0002']) addLead(store, rig.campaign.id, number(tail), NOON);
  const nobody = { code: 'MOVE_REFUSED', message: /agent a1 is \w[\w-]*: talks to nobody/, hint: /obzvon optout add/ };
  t.match(await rejection(ask('agent.optout', { id: 'a1' })), nobody);
  t.match(await rejection(ask('agent.optout', { id: 'nobody' })), { code: 'NOT_FOUND' });
  login(rig);
  await clock.advance(1_000);
  await ask('campaign.start', { name: 'test' });
  const agent = [...engine.floor.agents.values()][0];
  await clock.until(() => agent?.state === 'talking', 10_000);
  const attempt = agent?.attempt?.id;
  t.match(await ask('agent.optout', { id: 'a1', scope: 'entity', note: 'angry' }), {
    phone: PHONE,
    added: true,
    attempt,
    optOut: { scope: 'entity', entity: ENTITY, purpose: null, source: 'agent a1', attempt, note: 'angry' },
  });
  t.equal(agent?.state, 'talking', 'the talk goes on');
  await clock.until(() => agent?.state === 'wrap-up', 10_000);
  t.equal(store.leads.byPhone(PHONE)[0]?.state, 'opted-out');
  t.match(await ask('agent.optout', { id: 'a1' }), { phone: PHONE, added: true, optOut: { scope: 'global', attempt } });
  await ask('agent.ready', { id: 'a1' });
  await clock.until(() => agent?.attempt?.state === 'bridging' || agent?.state === 'talking', 10_000);
  await clock.until(() => agent?.state === 'talking', 1_000);
  t.match(await ask('agent.optout', { id: 'a1', scope: 'purpose' }), {
    phone: number('0002'),
    optOut: { scope: 'purpose', entity: ENTITY, purpose: 'informational' },
  });
  await clock.until(() => agent?.state === 'wrap-up', 10_000);
  await ask('agent.ready', { id: 'a1' });
  t.match(await rejection(ask('agent.optout', { id: 'a1' })), nobody, 'ready for the next, the last is past');
  await engine.stop();
});

void t.test('when the store cannot write, no channel confirms, and dialing stops', async (t) => {
  const phone = PHONE;
  const channels: Readonly<Record<string, (ask: Desk['ask'], list: string) => Promise<unknown>>> = {
    'optout.add': (ask) => ask('optout.add', { phone, source: 'site' }),
    'optout.lift': (ask) => ask('optout.lift', { phone, source: 'site', evidence: 'letter' }),
    'agent.optout': (ask) => ask('agent.optout', { id: 'a1' }),
    'import.rows': (ask, list) => ask('import.rows', { import: list, rows: [{ row: 2, values: { phone }, vars: {} }] }),
  };
  for (const [channel, tell] of Object.entries(channels)) {
    const { ask, rig, clock } = await desk({ '0001': { kind: 'answer', ringMs: 500, talkMs: null } });
    addLead(rig.store, rig.campaign.id, PHONE, NOON);
    login(rig);
    await clock.advance(1_000);
    await ask('campaign.start', { name: 'test' });
    await clock.until(() => [...rig.engine.floor.attempts.values()][0]?.state === 'talking', 10_000);
    const { import: list } = await ask('import.begin', { kind: 'optout', list: 'letters.csv' });
    const works = { ...rig.store };
    (rig.store as { commit: unknown }).commit = (work: () => void) => {
      works.commit(work);
      throw new Error('disk full');
    };
    t.match(await rejection(tell(ask, list)), { message: /disk full/ }, channel);
    t.equal(rig.fatal.length, 1, `${channel}: the daemon stops`);
    t.equal(rig.engine.floor.holds.has('store-failed'), true, `${channel}: and dials nobody until then`);
  }
});
