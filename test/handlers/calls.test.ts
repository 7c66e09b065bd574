import t from 'tap';
import type { AttemptPatch } from '../../lib/store/attempts.ts';
import { gateCampaign } from '../../lib/dialer/campaign-run.ts';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { ruDefault } from '../helpers/policy.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, login, NOON } from '../helpers/rig.ts';

/** A campaign of five people, dialed to its end. */
async function dialed(): Promise<Desk> {
  const it = await desk(
    {
      '0002': { kind: 'refuse', afterMs: 500, rings: false, cause: 17, sipCode: 486 },
      '0003': { kind: 'ring' },
      '0004': { kind: 'refuse', afterMs: 500, rings: false, cause: 127, sipCode: 608 },
    },
    { spec: { ends: 'pass' }, agents: 1 },
  );
  for (const tail of ['0001', '0002', '0003', '0004', '0005']) {
    addLead(it.rig.store, it.rig.campaign.id, number(tail), NOON);
  }
  login(it.rig);
  await it.ask('campaign.start', { name: 'test' });
  await it.clock.until(() => it.rig.campaign.state === 'stopped', 120_000);
  return it;
}

void t.test('call list: the newest first, by campaign and state, no more than asked for', async (t) => {
  const { ask } = await dialed();
  const { calls } = await ask('call.list', { limit: 100 });
  t.strictSame(
    calls.map(({ phone, disposition }) => `${phone.slice(-4)} ${disposition}`),
    ['0005 talked', '0004 blocked', '0003 no-answer', '0002 busy', '0001 talked'],
  );
  t.strictSame((await ask('call.list', { limit: 2 })).calls, calls.slice(0, 2));
  t.strictSame((await ask('call.list', { campaign: 'test', limit: 100 })).calls, calls);
  t.equal((await ask('call.list', { state: 'ended', limit: 100 })).calls.length, 5);
  t.strictSame((await ask('call.list', { state: 'talking', limit: 100 })).calls, []);
  t.match(await rejection(ask('call.list', { campaign: 'nope', limit: 1 })), { code: 'NOT_FOUND' });
});

void t.test('call show: the verdict it rests on, each of its moves, its outcome with both codes', async (t) => {
  const { ask } = await dialed();
  const { calls } = await ask('call.list', { limit: 100 });
  const idOf = (tail: string) => calls.find(({ phone }) => phone.endsWith(tail))?.id ?? '';
  const busy = await ask('call.show', { id: idOf('0002') });
  t.match(busy, {
    campaign: 'test',
    phone: number('0002'),
    disposition: 'busy',
    cause: 17,
    sipCode: 486,
    witness: 'event',
    agent: null,
    answeredAt: null,
    lead: { list: 'test', row: 1 },
    verdict: { verdict: 'ALLOW', codes: [], policy: { id: 'ru-default', hash: /^[0-9a-f]{64}$/ }, label: 'Test' },
  });
  t.ok(busy.verdict.at <= busy.plannedAt && busy.verdict.consent !== null && busy.verdict.registration !== null);
  const talk = await ask('call.show', { id: idOf('0001') });
  t.strictSame(
    talk.journal.map(({ event }) => event),
    ['originated', 'rang', 'answered', 'agent-reserved', 'bridged', 'hung-up'],
  );
  for (const [i, { from }] of talk.journal.entries()) {
    t.equal(from, i === 0 ? 'planned' : talk.journal[i - 1]?.to, 'each move begins where the last one ended');
  }
  t.ok((talk.bridgedAt ?? 0) - (talk.answeredAt ?? 0) < 100);
  t.match(await rejection(ask('call.show', { id: 'at-nobody' })), { code: 'NOT_FOUND', exit: 9 });
});

/** Hand-made calls: ms from the plan to answer, bridge and end; the agent; the disposition. */
const ROWS: readonly (readonly [answer: number | null, bridge: number | null, end: number, string | null, string])[] = [
  [5_000, 5_100, 15_100, 'a1', 'talked'],
  [4_000, 4_300, 24_300, 'a1', 'talked'],
  [6_000, 6_200, 36_200, 'a2', 'talked'],
  // Bridged after more than the two seconds: connected, and yet counted abandoned.
  [3_000, 5_500, 45_500, 'a2', 'talked'],
  [2_000, 2_100, 7_100, 'a1', 'opted-out'],
  [7_000, null, 9_500, null, 'abandoned'],
  [8_000, null, 9_000, null, 'abandoned'],
  [null, null, 1_000, null, 'busy'],
  [null, null, 1_200, null, 'busy'],
  [null, null, 20_000, null, 'no-answer'],
];

void t.test('the report’s figures are those of its rows, counted by hand', async (t) => {
  const { ask, rig } = await desk();
  const { store, campaign } = rig;
  ROWS.forEach((_, i) => addLead(store, campaign.id, number(`10${String(i).padStart(2, '0')}`), NOON));
  addLead(store, campaign.id, number('2000'), NOON, { consent: false });
  const asking = () => ({
    campaign: gateCampaign(campaign),
    queue: campaign.queue,
    trunk: 'pstn',
    ringTimeoutMs: 20_000,
    policy: ruDefault,
    now: NOON,
    monotonic: 0,
    want: 99,
    covered: 99,
    clockJumpedAt: null,
    budget: 99,
  });
  const asked = store.gate.ask(asking());
  t.equal(asked.allowed.length, 0, 'a draft is not dialed');
  store.campaigns.setState(campaign.id, 'running', null, NOON);
  const { allowed, refused } = store.gate.ask(asking());
  t.equal(allowed.length, ROWS.length);
  t.equal(refused.length, 1);
  for (const [i, [answer, bridge, end, agent, disposition]] of ROWS.entries()) {
    const patch: AttemptPatch = {
      ...(answer === null ? {} : { answered_at: NOON + answer }),
      ...(bridge === null ? {} : { bridged_at: NOON + bridge }),
      ...(agent === null ? {} : { agent }),
      ended_at: NOON + end,
      disposition: disposition as NonNullable<AttemptPatch['disposition']>,
      witness: 'event',
    };
    const attempt = allowed[i]?.permitted.permit.attempt;
    if (attempt === undefined) throw new Error('no attempt');
    store.attempts.setState(attempt, 'ended', patch);
  }
  const report = await ask('report.campaign', { name: 'test' });
  t.strictSame(report.calls, {
    attempts: 10,
    answered: 7,
    connected: 5,
    abandoned: 3,
    optedOut: 1,
    byDisposition: { talked: 4, abandoned: 2, busy: 2, 'no-answer': 1, 'opted-out': 1 },
  });
  t.equal(report.abandonRate, 3 / 7);
  t.strictSame(report.talkMs, { count: 5, total: 105_000, p50: 20_000, p99: 40_000, max: 40_000 });
  t.strictSame(report.waitMs, { count: 5, total: 3_200, p50: 200, p99: 2_500, max: 2_500 });
  t.strictSame(
    report.agents.map(({ id, name, calls, talkMs }) => [id, name, calls, talkMs]),
    [
      ['a1', 'Agent 1', 3, 35_000],
      ['a2', 'Agent 2', 2, 70_000],
    ],
  );
  t.equal(report.from, NOON);
  t.equal(report.to, NOON + 45_500);
  t.match(report.leads, { total: 11, blocked: 1 });
  t.strictSame(report.refused, [{ code: 'CONSENT_MISSING', verdict: 'DENY', leads: 1 }]);
  for (const { law, ok, found } of report.checks) t.ok(ok, `${law}: ${found}`);
});

void t.test('a report of nothing divides by nothing', async (t) => {
  const { ask } = await desk();
  t.match(await ask('report.campaign', { name: 'test' }), {
    from: null,
    to: null,
    abandonRate: null,
    calls: { attempts: 0 },
    talkMs: { count: 0, total: 0, p50: null, p99: null, max: null },
    agents: [],
  });
  t.match(await rejection(ask('report.campaign', { name: 'nope' })), { code: 'NOT_FOUND' });
});

void t.test('gate explain gives each verdict with its reasons, and writes nothing', async (t) => {
  const { ask, rig } = await desk();
  const { store, campaign } = rig;
  const lead = (tail: string, more: Parameters<typeof addLead>[4] = {}) => {
    addLead(store, campaign.id, number(tail), NOON, more);
    return number(tail);
  };
  const suspect = lead('0003');
  store.refusals.insert(suspect, { state: 'suspected', since: NOON, allowEntities: [] }, 'carrier', NOON);
  const evening = Date.parse('2026-11-25T20:30:00Z');
  const cases = [
    ['ALLOW', { phone: lead('0001') }, []],
    ['DENY', { phone: lead('0002', { consent: false }) }, ['CONSENT_MISSING']],
    ['HOLD', { phone: suspect }, ['MAV_REFUSAL_SUSPECTED']],
    ['DEFER', { phone: number('0001'), at: evening }, ['HOURS_CLOSED']],
  ] as const;
  await ask('campaign.start', { name: 'test' });
  for (const [verdict, args, codes] of cases) {
    const said = await ask('gate.explain', { campaign: 'test', ...args });
    t.equal(said.verdict, verdict);
    t.strictSame(
      said.codes.map(({ code }) => code),
      codes,
      verdict,
    );
    t.equal(said.lead, 'callable');
    t.equal(said.notBefore !== null, verdict === 'DEFER', 'only what time mends has a time');
    t.ok(said.checks.length > 5 && said.checks.every(({ evidence, law }) => evidence !== '' && law.length > 0));
    t.equal(
      said.checks.every(({ ok }) => ok),
      verdict === 'ALLOW',
    );
  }
  const worst = await ask('gate.explain', { campaign: 'test', phone: number('0002'), at: evening });
  t.strictSame(
    [worst.verdict, ...worst.codes.map(({ code }) => code)],
    ['DENY', 'CONSENT_MISSING', 'HOURS_CLOSED'],
    'every reason is told, the one that decides first',
  );
  t.equal((await ask('gate.explain', { campaign: 'test', phone: '8 916 000-99-99' })).lead, null, 'not in the base');
  t.equal(store.verdicts.byId(1), undefined, 'asking is not dialing: no verdict is written');
  for (const [text, code] of [
    ['abc', 'NUMBER_MALFORMED'],
    ['112', 'NUMBER_EMERGENCY'],
    ['8 916 000-00-01, 8 916 000-00-02', 'NUMBER_AMBIGUOUS'],
    ['8 916 000-00-01 доб. 12', 'NUMBER_HAS_EXTENSION'],
  ] as const) {
    const said = await ask('gate.explain', { campaign: 'test', phone: text });
    t.match(said, { verdict: 'DENY', codes: [{ code }], phone: text, lead: null }, `${text}: ${code}`);
    const failed = said.checks.find(({ ok, name }) => !ok && /number/.test(name));
    t.ok(failed !== undefined && failed.evidence !== '', 'the check says what is wrong with the text');
  }
  t.match(await rejection(ask('gate.explain', { campaign: 'nope', phone: number('0001') })), { code: 'NOT_FOUND' });
});
