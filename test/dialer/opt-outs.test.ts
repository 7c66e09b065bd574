import t from 'tap';
import { codesMendedBy } from '../../lib/core/mended-by.ts';
import { phoneToInteger, type Phone } from '../../lib/core/phone.ts';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { erasePerson } from '../../lib/dialer/erasure.ts';
import type { Floor } from '../../lib/dialer/floor.ts';
import { beginSetOptOut } from '../../lib/dialer/opt-out-sets.ts';
import { liftOptOut, optOut } from '../../lib/dialer/opt-outs.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { GLOBAL_OPT_OUT, type OptOutAct } from '../../lib/store/opt-outs.ts';
import { createStore } from '../../lib/store/store.ts';
import { number } from '../helpers/desk.ts';
import { addLead, buildRig, ENTITY, login, NOON, registerCaller, serialIds, specWith } from '../helpers/rig.ts';

const PHONE = number('0001');
const OTHER_ENTITY = '7709876543';

const said = (more: Partial<OptOutAct> = {}): OptOutAct => ({ ...GLOBAL_OPT_OUT, source: 'letter', ...more });
const byEntity = said({ scope: 'entity', entity: ENTITY });
const byPurpose = said({ scope: 'purpose', entity: ENTITY, purpose: 'informational' });
const lift = (act: OptOutAct): OptOutAct => ({ ...act, kind: 'lift', evidence: 'letter of 20 November' });

/** Three campaigns: `test` (its lead may have other numbers), `other` of another entity, and `survey` of the same entity for another purpose. */
async function floorWith(plan: CalleePlan, agents = 1, others: readonly Phone[] = []) {
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({ clock, random: seededRandom(1), callees: () => plan });
  const store = createStore(':memory:', { newAttemptId: serialIds() });
  registerCaller(store, NOON);
  const specs: readonly Partial<CampaignSpec>[] = [
    {},
    { name: 'other', entity: { inn: OTHER_ENTITY, name: 'Other' } },
    { name: 'survey', purpose: 'survey' },
  ];
  for (const changes of specs) {
    const spec = specWith(changes);
    const campaign = store.campaigns.insert(spec.name, JSON.stringify(spec), NOON);
    addLead(store, campaign, PHONE, NOON, spec.name === 'test' ? { others } : {});
  }
  const rig = buildRig({ clock, pbx, store, agents });
  await rig.engine.start();
  const leads = () =>
    Object.fromEntries(
      [...rig.engine.floor.campaigns.values()].map(({ id, name }) => {
        const lead = store.leads.find(id, PHONE);
        return [name, lead?.reason == null ? lead?.state : `${lead.state} ${lead.reason}`];
      }),
    );
  /** Dials until the attempt is in this state. */
  const dialUntil = async (state: string) => {
    login(rig);
    await clock.advance(1_000);
    moveCampaign(rig.engine.floor, rig.campaign, 'start');
    await clock.until(() => [...rig.engine.floor.attempts.values()].some((run) => run.state === state), 30_000);
    return [...rig.engine.floor.attempts.values()][0];
  };
  return { ...rig, rig, clock, pbx, store, leads, dialUntil, floor: rig.engine.floor };
}

void t.test('an opt-out closes the leads of the campaigns it reaches, and no others', async (t) => {
  const cases: readonly (readonly [what: string, act: OptOutAct, closed: Readonly<Record<string, string>>])[] = [
    ['global', said(), { test: 'GLOBAL', other: 'GLOBAL', survey: 'GLOBAL' }],
    ['of the entity', byEntity, { test: 'ENTITY', survey: 'ENTITY' }],
    ['of the entity’s purpose', byPurpose, { test: 'PURPOSE' }],
    [
      'of a purpose, whoever calls',
      said({ scope: 'purpose', purpose: 'informational' }),
      { test: 'PURPOSE', other: 'PURPOSE' },
    ],
    ['of an entity nobody calls for', said({ scope: 'entity', entity: '7700000000' }), {}],
  ];
  for (const [what, act, closed] of cases) {
    const { floor, leads, engine } = await floorWith({ kind: 'ring' });
    t.equal(optOut(floor, PHONE, act), true);
    t.strictSame(
      leads(),
      Object.fromEntries(
        ['test', 'other', 'survey'].map((name) => [
          name,
          closed[name] === undefined ? 'callable' : `opted-out OPT_OUT_${closed[name]}`,
        ]),
      ),
      what,
    );
    t.equal(optOut(floor, PHONE, act), false, 'said again it changes nothing');
    await engine.stop();
  }
});

void t.test('a ringing call it reaches is hung up within a second, one it does not reach rings on', async (t) => {
  for (const [what, act, wanted] of [
    ['global', said(), 'cancelled'],
    ['of the entity', byEntity, 'cancelled'],
    ['of another entity', said({ scope: 'entity', entity: OTHER_ENTITY }), null],
  ] as const) {
    const { clock, floor, store, engine, dialUntil } = await floorWith({ kind: 'ring' });
    const run = await dialUntil('ringing');
    optOut(floor, PHONE, act);
    await clock.advance(1_000);
    t.equal(store.attempts.byId(run?.id ?? '')?.disposition, wanted, what);
    await engine.stop();
  }
});

void t.test('an answered callee who waits for an agent is never bridged', async (t) => {
  const { clock, floor, store, engine, dialUntil } = await floorWith({ kind: 'answer', ringMs: 500, talkMs: null });
  const ringing = await dialUntil('ringing');
  const [agent] = floor.agents.values();
  if (agent === undefined || ringing === undefined) throw new Error('nobody');
  moveAgent(floor, agent, 'pause');
  await clock.until(() => ringing.state === 'answered', 5_000);
  optOut(floor, PHONE, said());
  moveAgent(floor, agent, 'ready');
  await clock.advance(2_000);
  t.match(store.attempts.byId(ringing.id), { bridged_at: null, disposition: 'abandoned' });
  await engine.stop();
});

void t.test(
  'an opt-out in the middle of bridging: the call ends, and the late word of the bridge moves nothing',
  async (t) => {
    const { clock, floor, store, engine, pbx, dialUntil } = await floorWith({
      kind: 'answer',
      ringMs: 500,
      talkMs: null,
    });
    const order: string[] = [];
    const real = { ...pbx };
    pbx.bridge = (...given) => real.bridge(...given).then(() => void order.push('bridged at the PBX'));
    pbx.hangUp = (...given) => (order.push('hang-up asked'), real.hangUp(...given));
    const run = await dialUntil('bridging');
    optOut(floor, PHONE, byEntity);
    await clock.advance(1_000);
    t.strictSame(order, ['hang-up asked', 'bridged at the PBX'], 'the race is the one meant');
    t.match(store.attempts.byId(run?.id ?? ''), { bridged_at: null, state: 'ended' });
    t.strictSame(
      [...floor.agents.values()].map(({ state }) => state),
      ['available'],
      'the agent is free again',
    );
    await engine.stop();
  },
);

void t.test('a talk goes on, and its lead closes when it ends', async (t) => {
  const { clock, floor, store, engine, leads, dialUntil } = await floorWith({
    kind: 'answer',
    ringMs: 500,
    talkMs: 9_000,
  });
  const run = await dialUntil('talking');
  optOut(floor, PHONE, byPurpose);
  await clock.advance(3_000);
  t.equal(run?.state, 'talking');
  await clock.until(() => floor.attempts.size === 0, 20_000);
  t.equal(store.attempts.byId(run?.id ?? '')?.disposition, 'talked');
  t.match(leads(), { test: 'opted-out OPT_OUT_PURPOSE', other: 'callable', survey: 'callable' });
  await engine.stop();
});

void t.test('an originate that reaches the PBX after its hang-up is hung up again', async (t) => {
  const { clock, floor, store, engine, pbx, dialUntil } = await floorWith({ kind: 'ring' });
  const real = { ...pbx };
  let go = (): void => undefined;
  pbx.originate = async (permitted) => {
    await new Promise<void>((resolve) => (go = resolve));
    return real.originate(permitted);
  };
  const run = await dialUntil('planned');
  optOut(floor, PHONE, said());
  await clock.advance(500);
  t.equal(run?.state, 'ending', 'the hang-up found no channel');
  go();
  await clock.advance(500);
  t.equal(pbx.placed.length, 1);
  t.match(store.attempts.byId(run?.id ?? ''), { disposition: 'cancelled', rang_at: null });
  await engine.stop();
});

void t.test('an originate called off before it was sent ends at once', async (t) => {
  const { clock, floor, store, engine, pbx, dialUntil } = await floorWith({ kind: 'ring' });
  let refuse = (): void => undefined;
  pbx.originate = () => new Promise((_, reject) => (refuse = () => reject(new Error('called off'))));
  const run = await dialUntil('planned');
  optOut(floor, PHONE, said());
  refuse();
  await clock.advance(10);
  t.match(store.attempts.byId(run?.id ?? ''), { disposition: 'cancelled', state: 'ended' });
  await engine.stop();
});

void t.test('a lift puts back only leads that nothing else closes, and that were not over before', async (t) => {
  const { floor, store, engine, leads, rig } = await floorWith({ kind: 'ring' });
  store.leads.setState(store.leads.find(rig.campaign.id, PHONE)?.id ?? 0, 'done', {}, NOON);
  optOut(floor, PHONE, said());
  optOut(floor, PHONE, byEntity);
  t.equal(liftOptOut(floor, PHONE, lift(byPurpose)), null, 'of a scope that does not stand');
  t.equal(liftOptOut(floor, PHONE, lift(said())), 1);
  t.match(leads(), { test: /opted-out/, other: 'callable', survey: /opted-out/ }, 'the entity’s opt-out stands');
  t.equal(liftOptOut(floor, PHONE, lift(byEntity)), 1);
  t.match(leads(), { test: /opted-out/, survey: 'callable' }, 'who was done stays closed');
  t.strictSame(store.optOuts.of(PHONE), []);
  t.strictSame(
    store.optOuts.history(PHONE).map(({ kind, scope, evidence }) => `${kind} ${scope} ${evidence ?? ''}`.trim()),
    ['opt-out global', 'opt-out entity', 'lift global letter of 20 November', 'lift entity letter of 20 November'],
    'every act is kept',
  );
  await engine.stop();
});

void t.test(
  'an opt-out said on another number of the lead ends its call and closes it; so does a set of them',
  async (t) => {
    const other = number('0002');
    const acts: Readonly<Record<string, (floor: Floor) => void>> = {
      'one number': (floor) => optOut(floor, other, said()),
      'a set': (floor) => floor.act(() => beginSetOptOut(floor, said()).add([phoneToInteger(other)])),
    };
    for (const [what, act] of Object.entries(acts)) {
      const { clock, floor, store, engine, leads, dialUntil } = await floorWith({ kind: 'ring' }, 1, [other]);
      const run = await dialUntil('ringing');
      t.equal(run?.phone, PHONE);
      act(floor);
      await clock.advance(1_000);
      t.match(store.attempts.byId(run?.id ?? ''), { disposition: 'cancelled' }, what);
      t.match(
        leads(),
        { test: 'opted-out OPT_OUT_GLOBAL', other: 'callable' },
        `${what}: only leads that have the number`,
      );
      t.equal(liftOptOut(floor, other, lift(said())), 1, `${what}: lifted, the lead comes back`);
      t.match(leads(), { test: 'callable' });
      await engine.stop();
    }
  },
);

void t.test('an erasure by another number of the lead ends its call and closes it', async (t) => {
  const other = number('0002');
  const { clock, floor, store, engine, dialUntil } = await floorWith({ kind: 'ring' }, 1, [other]);
  const run = await dialUntil('ringing');
  const act = erasePerson(floor, other, { by: 'test', reason: 'asked' });
  t.equal(act.callsHungUp, 1);
  await clock.advance(1_000);
  t.match(store.attempts.byId(run?.id ?? ''), { disposition: 'cancelled' });
  const lead = store.leads.byId(run?.lead ?? 0);
  t.match(lead, { state: 'opted-out', reason: 'OPT_OUT_ERASED' });
  t.ok((lead?.phone ?? 1) < 0);
  await engine.stop();
});

void t.test('fresh consent does not lift an opt-out', async (t) => {
  const { floor, store, engine, leads, rig } = await floorWith({ kind: 'ring' });
  optOut(floor, PHONE, said());
  store.consents.insert(
    {
      phone: PHONE,
      kinds: ['CALL', 'AD', 'PD'],
      purposes: [],
      entities: [ENTITY],
      givenAt: NOON + 1,
      expiresAt: null,
      verifiedBy: 'sms',
      evidence: 'new',
      source: 'new',
    },
    NOON + 1,
  );
  store.leads.releaseFor(PHONE, codesMendedBy('consent'), NOON + 1);
  store.leads.releaseRefused(rig.campaign.id, NOON + 1);
  t.match(leads(), { test: 'opted-out OPT_OUT_GLOBAL' });
  await engine.stop();
});

void t.test('when the store cannot write, nothing is confirmed, nobody is told, and dialing stops', async (t) => {
  const { clock, floor, store, engine, pbx, dialUntil, fatal } = await floorWith({
    kind: 'answer',
    ringMs: 500,
    talkMs: null,
  });
  const run = await dialUntil('talking');
  let confirmed = 0;
  const real = { ...pbx };
  pbx.play = (...given) => ((confirmed += 1), real.play(...given));
  const { ...works } = store;
  (store as { commit: unknown }).commit = (work: () => unknown) => {
    works.commit(work);
    throw new Error('disk full');
  };
  t.throws(() => optOut(floor, PHONE, said({ source: 'dtmf' }), run), /disk full/);
  (store as { commit: unknown }).commit = works.commit.bind(store);
  await clock.advance(2_000);
  t.equal(confirmed, 0, 'the callee hears no confirmation');
  t.equal(fatal.length, 1, 'the daemon stops');
  t.equal(floor.holds.has('store-failed'), true, 'and dials nobody until then');
  t.throws(() => optOut(floor, number('0002'), said()), { code: 'STORE_FAILED' });
  await engine.stop();
});
