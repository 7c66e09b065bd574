import t from 'tap';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import type { ResultNode } from '../../lib/core/result.ts';
import { addLead, login, NOON, startCampaign } from '../helpers/rig.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';

const A1 = 'a1' as AgentId;
const MIN = 60_000;

/** A talk of agent a1 with one person, going on, or (`ended`) just over; wrap-up lasts half a minute. */
async function talk(
  options: { ended?: boolean; spec?: Partial<CampaignSpec>; others?: readonly string[]; talkMs?: number } = {},
) {
  const it = await desk(
    { '0001': { kind: 'answer', ringMs: 500, talkMs: options.talkMs ?? 60_000 } },
    { agents: 1, spec: { wrapUpS: 30, ends: 'base', ...options.spec } },
  );
  const { rig, clock } = it;
  const phone = number('0001');
  addLead(rig.store, rig.campaign.id, phone, NOON, { others: (options.others ?? []).map((tail) => number(tail)) });
  login(rig);
  startCampaign(rig);
  await clock.until(() => rig.engine.floor.agents.get(A1)?.state === 'talking', 30_000);
  const [run] = rig.engine.floor.attempts.values();
  if (run === undefined) throw new Error('no call');
  const agent = rig.engine.floor.agents.get(A1)!;
  const wrapUp = () => clock.until(() => agent.state === 'wrap-up', 120_000);
  if (options.ended === true) await wrapUp();
  const lead = () => rig.store.leads.byId(run.lead)!;
  return {
    ...it,
    run,
    agent,
    wrapUp,
    lead,
    phone,
    store: rig.store,
    /** Keys of the agent's phone, and time for what they do. */
    press: async (keys: string) => {
      it.pbx.pressAgent(A1, keys);
      await clock.advance(20);
    },
    heard: () => it.pbx.announced.map(({ sound }) => sound.replace('sound:', '')),
    said: () => rig.store.results.history(run.id).map(({ code }) => code),
    outcome: () => rig.store.attempts.byId(run.id)?.disposition,
  };
}

void t.test(
  'digits in wrap-up give the result: told to the agent after the commit, and the lead follows',
  async (t) => {
    const cases: readonly (readonly [keys: string, code: string, state: string, dueMin: number | null])[] = [
      ['1', 'interested', 'done', null],
      ['2', 'not-interested', 'done', null],
      ['31', 'call-back-soon', 'promised', 60],
      ['4', 'machine', 'waiting', null],
      ['5', 'wrong-number', 'done', null],
      ['6', 'cut-off', 'waiting', 15],
      ['99', 'do-not-call', 'opted-out', null],
    ];
    for (const [keys, code, state, dueMin] of cases) {
      const { press, heard, said, lead, store, outcome, rig, clock } = await talk({ ended: true });
      const at = clock.now();
      await press(keys);
      t.strictSame(heard(), ['beep'], `${keys}: accepted`);
      t.strictSame(said(), [code]);
      t.match(lead(), { state, result: code }, `${code}: the lead is ${state}`);
      t.equal(outcome(), 'talked', 'the call keeps its outcome');
      const due = store.callbacks.openOf(lead().id)?.dueAt ?? lead().next_at;
      if (dueMin !== null) t.ok(Math.abs((due ?? 0) - at - dueMin * MIN) < 1_000, `${code}: due in ${dueMin} min`);
      t.strictSame(rig.fatal, []);
      await rig.engine.stop();
    }
  },
);

void t.test('digits in a talk count only behind *, and the lead follows when it is over', async (t) => {
  for (const [keys, code, state] of [
    ['*2', 'not-interested', 'done'],
    ['12*6', 'cut-off', 'waiting'],
    ['*31', 'call-back-soon', 'promised'],
    ['*5', 'wrong-number', 'done'],
  ] as const) {
    const { press, said, lead, wrapUp, run, rig } = await talk();
    await press(keys);
    t.strictSame(said(), [code], keys);
    t.equal(lead().state, 'dialing', 'not while they talk');
    t.equal(run.state, 'talking');
    await wrapUp();
    t.match(lead(), { state, result: code }, keys);
    await rig.engine.stop();
  }
  const { press, said, heard, run, rig } = await talk();
  await press('99');
  t.strictSame([said(), heard(), run.state], [[], [], 'talking'], 'a menu at the other end may want digits');
  await rig.engine.stop();
});

void t.test('an entry is refused, dropped when it stands still, or begun anew, and the agent hears it', async (t) => {
  const { press, heard, said, clock, rig } = await talk({ ended: true });
  await press('7');
  t.strictSame([heard(), said()], [['beeperr'], []], 'no such result');
  await press('3');
  await clock.advance(6_000);
  t.strictSame(heard(), ['beeperr', 'beeperr'], 'not finished in time');
  await press('1');
  t.strictSame(said(), ['interested'], 'what was dropped is not the beginning of this');
  await press('3*2');
  t.strictSame(said(), ['interested', 'not-interested'], 'the newest counts');
  await press('3');
  await clock.advance(30_000);
  t.strictSame(heard().length, 5, 'one dropped entry more');
  t.equal(rig.engine.floor.agents.get(A1)?.state, 'available', 'a result does not shorten wrap-up, nor lengthen it');
  await press('1');
  t.strictSame(said().length, 2, 'ready for the next, the last talk is past');
  await rig.engine.stop();
});

void t.test('a time typed after a callback’s digits is the callee’s own clock’s next such time', async (t) => {
  const { press, store, lead, heard, rig } = await talk({ ended: true });
  await press('331405');
  t.strictSame(heard(), ['beep']);
  t.equal(store.callbacks.openOf(lead().id)?.dueAt, Date.parse('2026-11-25T11:05:00Z'), '14:05 in Moscow, today');
  await press('331130');
  t.equal(store.callbacks.openOf(lead().id)?.dueAt, Date.parse('2026-11-26T08:30:00Z'), '11:30 is past: tomorrow');
  t.match(store.callbacks.openOf(lead().id), { kind: 'promised', agent: 'a1' });
  await press('332330');
  t.strictSame(heard(), ['beep', 'beep', 'beeperr'], 'calls at half past eleven at night are against the law');
  t.equal(store.callbacks.openOf(lead().id)?.dueAt, Date.parse('2026-11-26T08:30:00Z'), 'what was agreed stands');
  await rig.engine.stop();
});

void t.test(
  'a machine marked in the talk ends the call as machine, and the retry rule of machine follows',
  async (t) => {
    const { press, wrapUp, outcome, lead, rig, clock } = await talk();
    const at = clock.now();
    await press('*4');
    await wrapUp();
    t.ok(clock.now() - at < 1_000, 'nobody is left to listen to it');
    t.equal(outcome(), 'machine');
    t.match(lead(), { state: 'waiting', attempts: 1, last_disposition: 'machine' });
    await rig.engine.stop();
  },
);

void t.test('a machine marked in a talk whose end nobody hears is a machine too, not unknown', async (t) => {
  const { press, outcome, lead, rig, clock, pbx, run } = await talk();
  const survey = pbx.survey.bind(pbx);
  pbx.hangUp = () => Promise.resolve();
  pbx.survey = async () => {
    const seen = await survey();
    return { ...seen, attempts: new Map([...seen.attempts].filter(([id]) => id !== run.id)) };
  };
  await press('*4');
  await clock.until(() => rig.engine.floor.attempts.size === 0, 60_000);
  t.match(rig.store.attempts.byId(run.id), { state: 'lost', disposition: 'machine', witness: 'survey' });
  t.equal(outcome(), 'machine');
  t.match(lead(), { state: 'waiting', attempts: 1, last_disposition: 'machine' }, 'the rule of machine follows');
  await rig.engine.stop();
});

void t.test('a wrong number is closed, and the next open number of the lead is due at once', async (t) => {
  const { press, lead, store, rig } = await talk({ ended: true, others: ['0002'] });
  await press('5');
  t.match(store.leads.numbersOf(lead().id), [{ closed: 'wrong-number' }, { closed: null }]);
  t.match(lead(), { state: 'waiting', place: 2 });
  await press('1');
  t.match(store.leads.numbersOf(lead().id), [{ closed: null }, { closed: null }], 'taken back, it is open again');
  t.match(lead(), { state: 'done', result: 'interested' });
  await rig.engine.stop();
});

void t.test(
  '“never again” by digits, command line or socket: closed in every campaign before it is confirmed',
  async (t) => {
    type It = Awaited<ReturnType<typeof talk>>;
    const ways: Readonly<Record<string, (it: It) => Promise<unknown>>> = {
      'digits in wrap-up': async (it) => (await it.wrapUp(), it.press('99')),
      'digits in the talk': (it) => it.press('*99'),
      'agent.result': (it) => it.ask('agent.result', { id: 'a1', code: 'do-not-call', source: 'cli' }),
      'call.result': (it) => it.ask('call.result', { id: it.run.id, code: 'do-not-call' }),
    };
    for (const [way, tell] of Object.entries(ways)) {
      const it = await talk();
      const { store, rig, phone, clock, pbx, run, lead } = it;
      const other = store.campaigns.insert('other', JSON.stringify({ ...rig.campaign.spec, name: 'other' }), NOON);
      addLead(store, other, phone, NOON);
      let toldBefore = 0;
      const announce = pbx.announce.bind(pbx);
      pbx.announce = (...given) => ((toldBefore += store.optOuts.of(phone).length === 0 ? 1 : 0), announce(...given));
      await tell(it);
      t.match(store.optOuts.of(phone), [{ scope: 'global', attempt: run.id, source: 'agent a1' }], way);
      t.equal(toldBefore, 0, `${way}: confirmed only when it is written`);
      t.match(
        store.leads.find(other, phone),
        { state: 'opted-out', reason: 'OPT_OUT_GLOBAL' },
        'in the other campaign',
      );
      await clock.advance(2 * 3_600_000);
      t.match(lead(), { state: 'opted-out' }, 'and in this one, the talk over');
      t.equal(pbx.placed.length, 1, `${way}: no call follows`);
      await it.ask('call.result', { id: run.id, code: 'interested' });
      t.equal(store.optOuts.of(phone).length, 1, 'whatever is said later, it stays');
      t.match(lead(), { state: 'opted-out', result: 'interested' });
      await rig.engine.stop();
    }
  },
);

void t.test('a commit that fails confirms nothing, and the daemon stops', async (t) => {
  const { press, heard, store, rig, phone } = await talk({ ended: true });
  const works = { ...store };
  (store as { commit: unknown }).commit = () => {
    throw new Error('disk full');
  };
  await press('99').catch(() => undefined);
  (store as { commit: unknown }).commit = works.commit.bind(store);
  t.strictSame([heard(), store.optOuts.of(phone)], [[], []], 'no sound, no opt-out');
  t.equal(rig.fatal.length, 1);
  t.ok(rig.engine.floor.holds.has('store-failed'), 'nobody is dialed');
  await rig.engine.stop();
});

void t.test('a correction moves the lead as the newest word says, unless it was called again since', async (t) => {
  const { ask, run, lead, store, rig, clock } = await talk({ ended: true });
  const say = (code: string, at?: string) =>
    ask('call.result', { id: run.id, code, ...(at === undefined ? {} : { at }) });
  for (const [code, state, at] of [
    ['cut-off', 'waiting'],
    ['not-interested', 'done'],
    ['call-back', 'promised', '2026-11-26T14:05'],
    ['interested', 'done'],
    ['machine', 'waiting'],
    ['cut-off', 'waiting'],
  ] as const) {
    const answer = await say(code, at);
    t.match(answer, { code, lead: state, callbackAt: at === undefined ? null : Date.parse(`${at}:00+03:00`) });
    t.equal(store.callbacks.openOf(lead().id)?.state, state === 'promised' ? 'waiting' : undefined, code);
  }
  t.equal(lead().attempts, 1, 'a talk is charged once, whatever is said of it');
  await clock.until(() => store.attempts.ofPhone(run.phone, 9).length === 2, 3_600_000);
  await say('not-interested');
  t.equal(lead().state, 'dialing', 'the call made since decides');
  t.equal(lead().result, 'not-interested');
  t.equal(store.results.history(run.id).length, 7, 'every word is kept');
  await rig.engine.stop();
});

const REPORTED: readonly ResultNode[] = [
  { digit: '1', code: 'sold', title: 'купил', stage: 'сделка', target: true, then: 'done' },
  { digit: '2', code: 'no', title: 'нет', stage: 'разговор', then: 'done' },
];

void t.test('results are told by code, by stage reached, by agent, over talks and over leads', async (t) => {
  const spec = { ends: 'pass' as const, wrapUpS: 2, stages: ['дозвон', 'разговор', 'сделка'], results: REPORTED };
  const it = await desk({ '0004': { kind: 'ring' } }, { agents: 1, spec });
  const { rig, clock, pbx, ask } = it;
  const tails = ['0001', '0002', '0003', '0004'];
  for (const tail of tails) addLead(rig.store, rig.campaign.id, number(tail), NOON);
  login(rig);
  startCampaign(rig);
  for (const key of ['1', '2', '']) {
    await clock.until(() => rig.engine.floor.agents.get(A1)?.state === 'wrap-up', 60_000);
    pbx.pressAgent(A1, key);
    await clock.until(() => rig.engine.floor.agents.get(A1)?.state === 'available', 60_000);
  }
  await clock.until(() => rig.campaign.state === 'stopped', 120_000);
  const report = await ask('report.campaign', { name: 'test' });
  t.match(report.results, {
    talks: 3,
    given: 2,
    byCode: [
      { code: 'no', title: 'нет', talks: 1 },
      { code: 'sold', target: true, talks: 1 },
    ],
    reached: [
      { stage: 'дозвон', talks: 2 },
      { stage: 'разговор', talks: 2 },
      { stage: 'сделка', talks: 1 },
    ],
    targets: 1,
    perTalk: 1 / 3,
    leadsTried: 4,
    targetLeads: 1,
    perLead: 1 / 4,
  });
  t.match(report.agents, [{ id: 'a1', calls: 3, results: 2, targets: 1 }]);
  for (const { law, ok, found } of report.checks) t.ok(ok, `${law}: ${found}`);
  t.match((await ask('campaign.show', { name: 'test' })).results, { given: 2, targets: 1 });
  t.match(await ask('result.tree', { name: 'test' }), {
    stages: spec.stages,
    results: [{ digits: '1' }, { digits: '2' }],
  });
  await rig.engine.stop();
});

void t.test('what cannot be a result is refused with what to do instead', async (t) => {
  const it = await talk();
  const { ask, run, wrapUp, clock, rig } = it;
  t.match(await rejection(ask('agent.result', { id: 'nobody', code: 'machine' })), { code: 'NOT_FOUND' });
  t.match(await rejection(ask('agent.result', { id: 'a1', code: 'intrested' })), {
    code: 'NOT_FOUND',
    hint: /did you mean interested/,
  });
  t.match(await rejection(ask('agent.result', { id: 'a1', code: 'call-back' })), { code: 'USAGE', hint: /--at/ });
  t.match(await rejection(ask('agent.result', { id: 'a1', code: 'interested', at: '2026-11-26T10:00' })), {
    code: 'USAGE',
    message: /takes no time/,
  });
  t.match(await rejection(ask('agent.result', { id: 'a1', code: 'call-back', at: '2026-11-25T23:30' })), {
    code: 'REFUSED_BY_GATE',
    message: /HOURS_CLOSED/,
    hint: /the nearest lawful time is 2026-11-25 \d\d:\d\d Europe\/Moscow/,
  });
  t.strictSame(it.said(), [], 'nothing of it is recorded');
  t.match(await rejection(ask('call.result', { id: 'at-nobody', code: 'machine' })), { code: 'NOT_FOUND' });
  await wrapUp();
  await clock.advance(31_000);
  t.match(await rejection(ask('agent.result', { id: 'a1', code: 'interested' })), {
    code: 'MOVE_REFUSED',
    hint: /obzvon call result/,
  });
  t.match(await ask('call.result', { id: run.id, code: 'interested', note: 'buys in May' }), { agent: 'a1' });
  t.match((await ask('call.show', { id: run.id })).results, [{ code: 'interested', note: 'buys in May' }]);
  t.notMatch(JSON.stringify(rig.lines), /buys in May/, 'a note is in no log');
  t.notMatch(JSON.stringify(rig.store.journal.of('attempt', run.id)), /buys in May/, 'and in no journal');
  await ask('person.erase', { phone: it.phone, reason: 'asked', by: 'me' });
  t.match(rig.store.results.history(run.id), [{ code: 'interested', note: null }], 'an erasure clears it');
  t.match(await rejection(ask('call.result', { id: run.id, code: 'machine' })), { message: /erased/ });
  await rig.engine.stop();
});
