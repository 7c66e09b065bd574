import t from 'tap';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import type { CallbackKind } from '../../lib/core/callback.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { freeReserved } from '../../lib/dialer/attempt-run.ts';
import type { Agreed } from '../../lib/dialer/callback-moves.ts';
import { agree } from '../../lib/dialer/agree.ts';
import { cancelCallback } from '../../lib/dialer/callbacks.ts';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { erasePerson } from '../../lib/dialer/erasure.ts';
import { newCampaign } from '../../lib/dialer/engine.ts';
import { optOut } from '../../lib/dialer/opt-outs.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { createStore } from '../../lib/store/store.ts';
import {
  addLead,
  buildRig,
  login,
  NOON,
  phoneOf,
  serialIds,
  specWith,
  startCampaign,
  type Rig,
} from '../helpers/rig.ts';
import { shortDir } from '../helpers/short-dir.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const RING: CalleePlan = { kind: 'ring' };
const TALK: CalleePlan = { kind: 'answer', ringMs: 1_000, talkMs: 5_000 };

type Options = Partial<Parameters<typeof buildRig>[0]> & { at?: number };

/** A running campaign on the simulated PBX, its agents logged in unless they are told not to. */
async function running(
  plans: Record<string, CalleePlan>,
  { at = NOON, ...options }: Options = {},
  crew?: readonly string[],
) {
  const clock = createVirtualClock(at);
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(1),
    callees: (phone) => plans[phone.slice(-4)] ?? TALK,
  });
  const rig = buildRig({ clock, pbx, ...options, spec: { ends: 'base', ...options.spec } });
  await rig.engine.start();
  login(rig, crew);
  await clock.advance(1_000);
  return { clock, pbx, rig };
}

const number = (tail: string) => phoneOf(`+7916000${tail}`);

/** A lead with a callback agreed, minutes from now. */
function owe(
  rig: Rig,
  tail: string,
  now: number,
  { inMin = 0, ...agreed }: Partial<Agreed> & { inMin?: number; kind: CallbackKind },
  zone = 'Europe/Moscow',
): number {
  addLead(rig.store, rig.campaign.id, number(tail), NOON - 7 * 24 * HOUR, { zone });
  const lead = rig.store.leads.find(rig.campaign.id, number(tail));
  if (lead === undefined) throw new Error('no lead');
  return agree(rig.engine.floor, rig.campaign, lead, { source: 'test', dueAt: now + inMin * MIN, ...agreed });
}

const leadState = (rig: Rig, tail: string) => rig.store.leads.byPhone(number(tail))[0]?.state;
const stateOf = (rig: Rig, id: number) => rig.store.callbacks.byId(id)?.state;
const agentOf = (rig: Rig, id: string) => {
  const agent = rig.engine.floor.agents.get(id as AgentId);
  if (agent === undefined) throw new Error(`no agent ${id}`);
  return agent;
};
const tails = (placed: readonly { phone: string }[]) => placed.map(({ phone }) => phone.slice(-4));
const callbacks = (changes: Partial<CampaignSpec['callbacks']>): Partial<CampaignSpec> => ({
  callbacks: { windowMin: 60, fallback: 'anyone', owedMin: 1_440, message: 'sound:vm-goodbye', ...changes },
});

void t.test(
  'a callback promised for 14:05 in Vladivostok is dialed in that minute by a daemon in Moscow, across a restart',
  async (t) => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Europe/Moscow';
    t.teardown(() => (zone === undefined ? delete process.env['TZ'] : (process.env['TZ'] = zone)));
    const path = `${shortDir(t)}/obzvon.db`;
    // 11:00 in Vladivostok, 04:00 in Moscow.
    const at = Date.parse('2026-11-25T11:00+10:00');
    const promisedFor = Date.parse('2026-11-25T14:05+10:00');
    const before = await running({}, { at, store: createStore(path, { newAttemptId: serialIds() }), agents: 1 });
    startCampaign(before.rig);
    const id = owe(before.rig, '0001', at, { kind: 'promised', dueAt: promisedFor }, 'Asia/Vladivostok');
    await before.clock.advance(HOUR);
    t.equal(before.pbx.placed.length, 0, 'an agent was free for an hour, and nobody called early');
    await before.rig.engine.stop();
    before.rig.store.close();

    const after = await running({}, { at: at + HOUR, path, agents: 1 }, []);
    await after.clock.until(() => agentOf(after.rig, 'a1').state === 'offline', MIN);
    login(after.rig);
    t.equal(after.rig.campaign.state, 'running', 'the campaign waits for its promise');
    await after.clock.until(() => stateOf(after.rig, id) === 'done', 4 * HOUR);
    const [attempt, ...more] = after.rig.store.attempts.recent(null, null, 10);
    t.strictSame(more, []);
    t.ok(attempt !== undefined && attempt.planned_at >= promisedFor && attempt.planned_at < promisedFor + MIN);
    t.strictSame([attempt?.callback, attempt?.disposition, attempt?.agent], [id, 'talked', 'a1']);
    t.equal(leadState(after.rig, '0001'), 'done');
    await after.rig.engine.stop();
    after.rig.store.close();
  },
);

void t.test(
  'who is owed a call comes before promises, promises before requests, all of them before the base',
  async (t) => {
    const { clock, pbx, rig } = await running({}, { agents: 1 });
    addLead(rig.store, rig.campaign.id, number('0009'), NOON, { priority: 9 });
    owe(rig, '0004', NOON, { kind: 'requested' });
    owe(rig, '0003', NOON, { kind: 'promised', agent: 'a1' });
    owe(rig, '0002', NOON, { kind: 'missed' });
    owe(rig, '0001', NOON, { kind: 'abandoned', inMin: -1 });
    startCampaign(rig);
    await clock.until(() => pbx.placed.length === 5 && rig.campaign.attempts.size === 0, 5 * MIN);
    t.strictSame(tails(pbx.placed), ['0001', '0002', '0003', '0004', '0009']);
    t.strictSame(rig.engine.floor.oddities.size, 0);
    await rig.engine.stop();
  },
);

void t.test(
  'the agent is reserved before the call is placed, and the base is dialed for the others alone',
  async (t) => {
    const { clock, pbx, rig } = await running({ '0001': RING, '0002': RING, '0003': RING }, { agents: 2 });
    for (const tail of ['0002', '0003']) addLead(rig.store, rig.campaign.id, number(tail), NOON);
    owe(rig, '0001', NOON, { kind: 'requested' });
    startCampaign(rig);
    await clock.advance(500);
    t.strictSame(tails(pbx.placed), ['0001', '0002'], 'two agents, two calls');
    const [call] = [...rig.engine.floor.attempts.values()].filter(({ callback }) => callback !== null);
    t.equal(call?.agent?.state, 'reserved');
    await rig.engine.stop();
  },
);

void t.test('an agreed agent who is away: another keeps the promise in the second half of its window', async (t) => {
  const { clock, pbx, rig } = await running({}, { agents: 2, spec: callbacks({ windowMin: 20 }) }, ['a2']);
  const id = owe(rig, '0001', NOON, { kind: 'promised', agent: 'a1' });
  startCampaign(rig);
  await clock.advance(9 * MIN);
  t.equal(pbx.placed.length, 0);
  await clock.advance(2 * MIN);
  t.equal(stateOf(rig, id), 'done');
  t.equal(rig.store.attempts.recent(null, null, 1)[0]?.agent, 'a2');
  await rig.engine.stop();
});

for (const [fallback, lead, calls] of [
  ['retry', 'done', 1],
  ['drop', 'done', 0],
] as const) {
  await t.test(
    `fallback ${fallback}: the agreed agent never came in the window: ${calls} calls from the queue`,
    async (t) => {
      const spec = callbacks({ windowMin: 20, fallback });
      const { clock, pbx, rig } = await running({}, { agents: 2, spec }, ['a2']);
      const id = owe(rig, '0001', NOON, { kind: 'promised', agent: 'a1' });
      startCampaign(rig);
      await clock.advance(19 * MIN);
      t.equal(pbx.placed.length, 0);
      await clock.advance(3 * MIN);
      t.equal(stateOf(rig, id), 'lapsed');
      t.equal(pbx.placed.length, calls);
      t.equal(leadState(rig, '0001'), lead);
      await rig.engine.stop();
    },
  );
}

void t.test('nobody answers: tried three times inside the window, then the lead goes by its retry rule', async (t) => {
  const { clock, pbx, rig } = await running({ '0001': RING }, { agents: 1, spec: { maxAttemptsPerDay: 3 } });
  const id = owe(rig, '0001', NOON, { kind: 'promised' });
  startCampaign(rig);
  await clock.until(() => stateOf(rig, id) === 'lapsed', HOUR);
  t.equal(pbx.placed.length, 3);
  t.equal(rig.store.callbacks.byId(id)?.tries, 3);
  t.equal(leadState(rig, '0001'), 'waiting');
  t.equal(agentOf(rig, 'a1').state, 'available');
  const events = rig.store.journal.of('callback', String(id)).map(({ event }) => event);
  t.strictSame(events, ['agreed', 'dialed', 'again', 'dialed', 'again', 'dialed', 'lapsed']);
  await rig.engine.stop();
});

void t.test(
  'the caps of the law and of the campaign bind a callback too: past its window it lapses, the lead waits',
  async (t) => {
    const { clock, pbx, rig } = await running({ '0001': RING }, { agents: 1, spec: { maxAttemptsPerDay: 2 } });
    const id = owe(rig, '0001', NOON, { kind: 'promised' });
    startCampaign(rig);
    await clock.until(() => stateOf(rig, id) === 'lapsed', HOUR);
    t.equal(pbx.placed.length, 2);
    t.match(rig.store.leads.byPhone(number('0001'))[0], { state: 'waiting', reason: 'FREQ_ATTEMPTS' });
    await rig.engine.stop();
  },
);

void t.test('the reserved agent’s leg is lost while it rings: another agent takes the call', async (t) => {
  const plans = { '0001': { kind: 'answer', ringMs: 5_000, talkMs: 5_000 } } as const;
  const { clock, pbx, rig } = await running(plans, { agents: 2 });
  const id = owe(rig, '0001', NOON, { kind: 'promised', agent: 'a1' });
  startCampaign(rig);
  await clock.advance(2_000);
  pbx.hangUpAgent('a1' as AgentId);
  await clock.until(() => stateOf(rig, id) === 'done', MIN);
  t.equal(rig.store.attempts.recent(null, null, 1)[0]?.agent, 'a2');
  t.equal(pbx.placed.length, 1);
  t.strictSame(rig.engine.floor.oddities.size, 0);
  await rig.engine.stop();
});

void t.test(
  'the reserved agent is lost or goes on a break and none is free: the call is called off before the answer, and made again',
  async (t) => {
    for (const lose of ['leg', 'pause'] as const) {
      const plans = { '0001': { kind: 'answer', ringMs: 5_000, talkMs: 5_000 } } as const;
      const { clock, pbx, rig } = await running(plans, { agents: 1 });
      const id = owe(rig, '0001', NOON, { kind: 'requested' });
      startCampaign(rig);
      await clock.advance(2_000);
      if (lose === 'leg') pbx.hangUpAgent('a1' as AgentId);
      else {
        freeReserved(rig.engine.floor, agentOf(rig, 'a1'));
        t.ok(moveAgent(rig.engine.floor, agentOf(rig, 'a1'), 'pause'));
      }
      await clock.until(() => rig.campaign.attempts.size === 0, MIN);
      t.equal(rig.store.attempts.recent(null, null, 1)[0]?.disposition, 'cancelled', lose);
      t.equal(stateOf(rig, id), 'waiting');
      t.equal(leadState(rig, '0001'), 'promised');
      if (lose === 'leg') login(rig);
      else moveAgent(rig.engine.floor, agentOf(rig, 'a1'), 'ready');
      await clock.until(() => stateOf(rig, id) === 'done', 20 * MIN);
      t.equal(pbx.placed.length, 2);
      await rig.engine.stop();
    }
  },
);

void t.test('the gate defers: the callback moves to the lawful time with its window, and is dialed then', async (t) => {
  const early = Date.parse('2026-11-25T08:45+03:00');
  const { clock, pbx, rig } = await running({}, { at: early, agents: 1 });
  const id = owe(rig, '0001', early, { kind: 'missed' });
  startCampaign(rig);
  await clock.advance(2_000);
  const morning = Date.parse('2026-11-25T09:00+03:00');
  t.equal(rig.store.callbacks.byId(id)?.dueAt, morning);
  t.equal(leadState(rig, '0001'), 'promised');
  t.equal(agentOf(rig, 'a1').state, 'available');
  await clock.until(() => stateOf(rig, id) === 'done', HOUR);
  t.ok((rig.store.attempts.recent(null, null, 1)[0]?.planned_at ?? 0) >= morning);
  t.equal(pbx.placed.length, 1);
  await rig.engine.stop();
});

void t.test('the gate denies: the callback lapses with the code, the lead is blocked, the agent free', async (t) => {
  const { clock, pbx, rig } = await running({}, { agents: 1 });
  addLead(rig.store, rig.campaign.id, number('0001'), NOON, { consent: false });
  const lead = rig.store.leads.find(rig.campaign.id, number('0001'));
  if (lead === undefined) throw new Error('no lead');
  const id = agree(rig.engine.floor, rig.campaign, lead, { kind: 'missed', dueAt: NOON, source: 'test' });
  startCampaign(rig);
  await clock.advance(2_000);
  t.equal(stateOf(rig, id), 'lapsed');
  t.match(rig.store.leads.byId(lead.id), { state: 'blocked', reason: 'CONSENT_MISSING' });
  t.match(rig.store.journal.last('callback', String(id), 'lapsed')?.data, /CONSENT_MISSING/);
  t.equal(agentOf(rig, 'a1').state, 'available');
  t.equal(pbx.placed.length, 0);
  await rig.engine.stop();
});

void t.test('who asked to be called is called for that purpose where the line is registered for it', async (t) => {
  const { clock, pbx, rig } = await running({}, { agents: 1 });
  addLead(rig.store, rig.campaign.id, number('0001'), NOON, { consent: false });
  rig.store.consents.insert(
    {
      phone: number('0001'),
      kinds: ['REQ', 'PD'],
      purposes: [],
      entities: ['7701234567'],
      givenAt: NOON,
      source: 'site',
      evidence: 'form 7',
    },
    NOON,
  );
  const lead = rig.store.leads.find(rig.campaign.id, number('0001'));
  if (lead === undefined) throw new Error('no lead');
  const ask = () =>
    agree(rig.engine.floor, rig.campaign, rig.store.leads.byId(lead.id) ?? lead, {
      kind: 'requested',
      dueAt: clock.now(),
      source: 'test',
    });
  startCampaign(rig);
  ask();
  await clock.advance(2_000);
  t.match(
    rig.store.leads.byId(lead.id),
    { state: 'blocked', reason: 'CONSENT_MISSING' },
    'no registration for callbacks',
  );
  rig.store.registrations.insert(
    {
      caller: phoneOf(rig.campaign.spec.line),
      operator: '*',
      entity: '7701234567',
      purposes: ['informational', 'callback'],
      label: 'Test',
      category: 'Услуги связи',
      contract: null,
      validFrom: NOON - HOUR,
      validTo: null,
      status: 'active',
      verifiedAt: NOON,
    },
    NOON,
  );
  startCampaign(rig);
  const id = ask();
  await clock.until(() => stateOf(rig, id) === 'done', MIN);
  t.equal(pbx.placed.length, 1);
  await rig.engine.stop();
});

void t.test(
  'in predictive mode an abandoned person is called within 72 h with an agent reserved, never from the queue',
  async (t) => {
    const { clock, pbx, rig } = await running(
      {},
      { agents: 1, spec: { mode: 'predictive', ...callbacks({ owedMin: 30 }) } },
      [],
    );
    addLead(rig.store, rig.campaign.id, number('0001'), NOON);
    login(rig);
    await clock.advance(1_000);
    startCampaign(rig);
    await clock.advance(500);
    moveAgent(rig.engine.floor, agentOf(rig, 'a1'), 'pause');
    await clock.until(() => rig.campaign.attempts.size === 0, MIN);
    t.equal(rig.store.attempts.recent(null, null, 1)[0]?.disposition, 'abandoned');
    const lead = rig.store.leads.byPhone(number('0001'))[0];
    if (lead === undefined) throw new Error('no lead');
    const abandonedAt = clock.now();
    const id = agree(rig.engine.floor, rig.campaign, lead, {
      kind: 'abandoned',
      dueAt: abandonedAt + 15 * MIN,
      source: 'test',
    });
    await clock.advance(50 * MIN);
    t.equal(stateOf(rig, id), 'lapsed', 'nobody came in half an hour');
    moveAgent(rig.engine.floor, agentOf(rig, 'a1'), 'ready');
    await clock.advance(MIN);
    const queued = rig.store.leads.byId(lead.id);
    t.match(queued, { state: 'waiting', reason: 'DROP_COOLDOWN' }, 'the queue waits 72 h');
    t.ok((queued?.next_at ?? 0) > NOON + 72 * HOUR);
    const again = agree(rig.engine.floor, rig.campaign, queued ?? lead, {
      kind: 'abandoned',
      dueAt: clock.now(),
      source: 'test',
    });
    await clock.until(() => stateOf(rig, again) === 'done', MIN);
    t.equal(pbx.placed.length, 2, 'with an agent reserved he is called');
    await rig.engine.stop();
  },
);

void t.test('a call that charged nothing takes no promise back, though the lead’s calls are used up', async (t) => {
  const plans: Record<string, CalleePlan> = { '0001': RING };
  const spec = { maxAttemptsPerLead: 1, maxAttemptsPerNumber: 1, maxAttemptsPerDay: 3 };
  const { clock, pbx, rig } = await running(plans, { agents: 1, spec });
  addLead(rig.store, rig.campaign.id, number('0001'), NOON - 7 * 24 * HOUR);
  startCampaign(rig);
  await clock.until(() => leadState(rig, '0001') === 'spent', 5 * MIN);
  const lead = rig.store.leads.byPhone(number('0001'))[0];
  if (lead === undefined) throw new Error('no lead');
  const id = agree(rig.engine.floor, rig.campaign, lead, {
    kind: 'promised',
    dueAt: clock.now() + 10 * MIN,
    source: 'test',
  });
  plans['0001'] = { kind: 'refuse', afterMs: 200, rings: false, cause: 34, sipCode: 503 };
  if (rig.campaign.state !== 'running') startCampaign(rig);
  await clock.until(() => pbx.placed.length === 2 && rig.campaign.attempts.size === 0, 20 * MIN);
  t.equal(rig.store.attempts.recent(null, null, 1)[0]?.disposition, 'congestion');
  t.match(rig.store.callbacks.byId(id), { state: 'waiting', tries: 0 });
  plans['0001'] = TALK;
  await clock.until(() => stateOf(rig, id) === 'done', HOUR);
  t.equal(pbx.placed.length, 3);
  await rig.engine.stop();
});

void t.test('a promise whose number the gate refuses is kept on the lead’s next one, unless he named it', async (t) => {
  for (const named of [false, true]) {
    const { clock, pbx, rig } = await running({ '0002': RING }, { agents: 1 });
    const [first, second] = [number('0001'), number('0002')];
    addLead(rig.store, rig.campaign.id, first, NOON - 7 * 24 * HOUR, { others: [second], consent: false });
    rig.store.consents.insert(
      {
        phone: second,
        kinds: ['CALL', 'PD'],
        purposes: [],
        entities: ['7701234567'],
        givenAt: NOON - HOUR,
        verifiedBy: 'sms',
        source: 'test',
        evidence: 'test',
      },
      NOON,
    );
    const lead = rig.store.leads.find(rig.campaign.id, first);
    if (lead === undefined) throw new Error('no lead');
    const id = agree(rig.engine.floor, rig.campaign, lead, { kind: 'promised', dueAt: NOON, source: 'test', named });
    startCampaign(rig);
    await clock.advance(25_000);
    if (named) {
      t.strictSame(tails(pbx.placed), []);
      t.equal(stateOf(rig, id), 'lapsed');
      t.match(rig.store.leads.byId(lead.id), { state: 'blocked', reason: 'CONSENT_MISSING' });
    } else {
      t.strictSame(tails(pbx.placed), ['0002']);
      t.match(rig.store.callbacks.byId(id), { state: 'waiting', place: 2, tries: 1 }, 'tried again there too');
      t.match(rig.store.leads.numbersOf(lead.id)[0], { closed: 'CONSENT_MISSING' });
      await clock.until(() => pbx.placed.length === 2, HOUR);
      t.strictSame(tails(pbx.placed), ['0002', '0002']);
    }
    t.equal(rig.engine.floor.oddities.size, 0);
    await rig.engine.stop();
  }
});

void t.test('an opt-out cancels the callback, and nobody is called', async (t) => {
  const { clock, pbx, rig } = await running({}, { agents: 1 });
  const id = owe(rig, '0001', NOON, { kind: 'promised', inMin: 5 });
  startCampaign(rig);
  optOut(rig.engine.floor, number('0001'), { ...GLOBAL_OPT_OUT, source: 'cli' });
  t.equal(stateOf(rig, id), 'cancelled');
  await clock.advance(10 * MIN);
  t.equal(pbx.placed.length, 0);
  await rig.engine.stop();
});

void t.test('a callback that is moved is one and the same; cancelled, its lead goes back to the queue', async (t) => {
  const { rig } = await running({}, { agents: 1 });
  const id = owe(rig, '0001', NOON, { kind: 'promised', inMin: 60 });
  const lead = rig.store.leads.byPhone(number('0001'))[0];
  if (lead === undefined) throw new Error('no lead');
  t.equal(agree(rig.engine.floor, rig.campaign, lead, { kind: 'missed', dueAt: NOON, source: 'line' }), id);
  const row = rig.store.callbacks.byId(id);
  t.equal(row?.dueAt, NOON);
  if (row !== undefined) t.ok(cancelCallback(rig.engine.floor, rig.campaign, row, 'cli'));
  t.equal(leadState(rig, '0001'), 'callable');
  const ended = rig.store.callbacks.byId(id);
  if (ended !== undefined) t.notOk(cancelCallback(rig.engine.floor, rig.campaign, ended, 'cli'), 'only once');
  await rig.engine.stop();
});

void t.test('a paused campaign keeps its callbacks and says how many are due and unmet', async (t) => {
  const { clock, pbx, rig } = await running({}, { agents: 1 });
  owe(rig, '0001', NOON, { kind: 'promised' });
  const later = owe(rig, '0002', NOON, { kind: 'promised', inMin: 600 });
  startCampaign(rig);
  moveCampaign(rig.engine.floor, rig.campaign, 'pause');
  await clock.advance(5 * MIN);
  t.equal(pbx.placed.length, 0);
  const dueAt = rig.store.callbacks.byId(later)?.dueAt;
  t.strictSame(rig.store.callbacks.counts(rig.campaign.id, clock.now()), { open: 2, due: 1, nextAt: NOON });
  moveCampaign(rig.engine.floor, rig.campaign, 'resume');
  await clock.advance(5 * MIN);
  t.strictSame(rig.store.callbacks.counts(rig.campaign.id, clock.now()), { open: 1, due: 0, nextAt: dueAt });
  await rig.engine.stop();
});

void t.test('a pass does not end while a callback is due within a day', async (t) => {
  const { clock, rig } = await running({}, { agents: 1, spec: { ends: 'pass' } });
  owe(rig, '0001', NOON, { kind: 'promised', inMin: 120 });
  startCampaign(rig);
  await clock.advance(HOUR);
  t.equal(rig.campaign.state, 'running');
  await clock.until(() => rig.campaign.state === 'stopped', 2 * HOUR);
  t.equal(leadState(rig, '0001'), 'done');
  owe(rig, '0002', clock.now(), { kind: 'promised', inMin: 30 * 60 });
  startCampaign(rig);
  await clock.until(() => rig.campaign.state === 'stopped', MIN);
  t.equal(leadState(rig, '0002'), 'promised', 'it waits for the next start');
  await rig.engine.stop();
});

void t.test(
  'a crash while a callback rings: its agent is reserved anew or the call ends, and the promise stands',
  async (t) => {
    for (const agents of [1, 0]) {
      const clock = createVirtualClock(NOON);
      const pbx = createSimulatedPbx({
        clock,
        random: seededRandom(1),
        callees: () => ({ kind: 'answer', ringMs: 8_000, talkMs: 5_000 }),
      });
      const first = buildRig({ clock, pbx, agents: 1, spec: { ends: 'base' } });
      await first.engine.start();
      login(first);
      await clock.advance(1_000);
      startCampaign(first);
      const id = owe(first, '0001', NOON, { kind: 'requested' });
      await clock.advance(1_000);
      t.equal(stateOf(first, id), 'dialing');
      await first.engine.stop();

      const second = buildRig({ clock, pbx, agents: 1, store: first.store });
      await second.engine.start();
      if (agents === 0) pbx.hangUpAgent('a1' as AgentId);
      await clock.until(() => stateOf(second, id) !== 'dialing', 5 * MIN);
      t.equal(stateOf(second, id), agents === 1 ? 'done' : 'waiting');
      t.equal(pbx.placed.length, 1);
      await second.engine.stop();
    }
  },
);

void t.test(
  'who calls the line back and finds no agent hears a message and is called by the first free agent',
  async (t) => {
    const { clock, pbx, rig } = await running({}, { agents: 1, spec: { wrapUpS: 0 } }, []);
    addLead(rig.store, rig.campaign.id, number('0001'), NOON);
    addLead(rig.store, rig.campaign.id, number('0002'), NOON, { priority: 9 });
    startCampaign(rig);
    pbx.callIn(number('0001'), phoneOf(rig.campaign.spec.line));
    t.equal(pbx.callers.size, 1);
    t.match(rig.store.leads.byPhone(number('0001'))[0], { state: 'promised' }, 'written before he hears so');
    await clock.advance(MIN);
    t.equal(pbx.callers.size, 0, 'the message is over');
    t.equal(pbx.placed.length, 0);
    login(rig);
    await clock.until(() => pbx.placed.length === 2, MIN);
    t.strictSame(tails(pbx.placed), ['0001', '0002'], 'he is the first');
    t.match(rig.store.journal.last('caller', rig.campaign.spec.line, 'arrived')?.data, /owed a callback/);
    await rig.engine.stop();
  },
);

void t.test(
  'the campaign that called him last calls him back; a stranger becomes a lead of one that runs',
  async (t) => {
    const store = createStore(':memory:', { newAttemptId: serialIds() });
    const other = specWith({ name: 'other' });
    const { clock, pbx, rig } = await running({}, { agents: 1, store });
    const otherId = store.campaigns.insert('other', JSON.stringify(other), NOON);
    rig.engine.floor.campaigns.set('other', newCampaign(otherId, other, rig.campaign.policy, 'draft', null));
    addLead(store, rig.campaign.id, number('0001'), NOON);
    addLead(store, otherId, number('0001'), NOON);
    addLead(store, rig.campaign.id, number('0009'), NOON, { zone: 'Asia/Kamchatka' });
    startCampaign(rig);
    await clock.until(() => pbx.placed.length === 1 && rig.campaign.attempts.size === 0, MIN);
    const line = phoneOf(rig.campaign.spec.line);
    pbx.callIn(number('0001'), line);
    t.match(store.callbacks.list(rig.campaign.id, 'open', 9), [{ kind: 'missed', source: `line ${line}` }]);
    t.strictSame(store.callbacks.list(otherId, 'open', 9), []);
    pbx.callIn(number('0007'), line);
    t.match(store.leads.find(rig.campaign.id, number('0007')), { list: 'callback', state: 'promised' });
    await rig.engine.stop();
  },
);

void t.test(
  'a withheld number, an opted-out person and a line of no campaign find no agent and hear the message alone',
  async (t) => {
    const { pbx, clock, rig } = await running({}, { agents: 1 }, []);
    addLead(rig.store, rig.campaign.id, number('0001'), NOON);
    optOut(rig.engine.floor, number('0001'), { ...GLOBAL_OPT_OUT, source: 'cli' });
    const line = phoneOf(rig.campaign.spec.line);
    const became = (of: string) => rig.store.journal.last('caller', of, 'arrived')?.data;
    pbx.callIn(number('0001'), line);
    t.match(became(line), /opted out/);
    pbx.callIn(null, line);
    t.match(became(line), /withheld/);
    pbx.callIn(number('0002'), phoneOf('+74950000009'));
    t.match(became('+74950000009'), /no campaign/);
    t.strictSame(rig.store.callbacks.list(rig.campaign.id, 'all', 9), []);
    await clock.advance(MIN);
    t.equal(pbx.callers.size, 0);
    await rig.engine.stop();
  },
);

void t.test('an erasure cancels the callback of a person and clears what was noted of him', async (t) => {
  const { rig } = await running({}, { agents: 1 });
  const id = owe(rig, '0001', NOON, { kind: 'promised', inMin: 60, note: 'his wife is Anna' });
  t.match(rig.store.stories.of(phoneToInteger(number('0001'))).callbacks, [{ id, note: 'his wife is Anna' }]);
  erasePerson(rig.engine.floor, number('0001'), { by: 'test', reason: 'asked' });
  t.match(rig.store.callbacks.byId(id), { state: 'cancelled', note: null });
  await rig.engine.stop();
});
