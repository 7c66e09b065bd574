import t from 'tap';
import type { CampaignState } from '../../lib/core/campaign.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, CALLER, ENTITY, login, NOON } from '../helpers/rig.ts';

/** A campaign file; a line of `changes` replaces the one with the same key or comes last. */
function file(changes: Readonly<Record<string, string>> = {}): string {
  const lines = {
    name: 'spring',
    purpose: 'informational',
    entity: `{ inn: "${ENTITY}", name: Test }`,
    line: `"${CALLER}"`,
    trunk: 'pstn',
    ...changes,
    personalData: changes['personalData'] ?? '{ basis: contract }',
  };
  return Object.entries(lines)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

const apply = ({ ask }: Desk, text: string) => ask('campaign.apply', { text, file: 'spring.yaml' });

void t.test('a halt is lifted by ops; who leads campaigns may stop it and no more', async (t) => {
  for (const command of ['campaign.resume', 'campaign.start'] as const) {
    const { ask } = await campaignIn('halted');
    t.match(await rejection(ask(command, { name: 'test' }, 'lead')), { code: 'ROLE_DENIED', message: /for the test/ });
    t.match(await ask('campaign.show', { name: 'test' }), { state: 'halted' });
  }
  const { ask } = await campaignIn('halted');
  t.match(await ask('campaign.stop', { name: 'test' }, 'lead'), { name: 'test' });
});

void t.test('apply makes a campaign, knows it again, and changes it', async (t) => {
  const it = await desk();
  t.strictSame(await apply(it, file()), { name: 'spring', created: true, changed: true, warnings: [] });
  t.match(await it.ask('campaign.show', { name: 'spring' }), { state: 'draft', leads: { total: 0 }, pacing: null });
  t.strictSame(await apply(it, file()), { name: 'spring', created: false, changed: false, warnings: [] });
  t.strictSame(await apply(it, `# a remark\n${file({ wrapUpS: '10' })}`), {
    name: 'spring',
    created: false,
    changed: false,
    warnings: [],
  });
  t.strictSame(await apply(it, file({ wrapUpS: '77' })), {
    name: 'spring',
    created: false,
    changed: true,
    warnings: [],
  });
  t.equal((await it.ask('campaign.show', { name: 'spring' })).spec.wrapUpS, 77);
  t.match(it.rig.store.campaigns.byName('spring')?.spec, /"wrapUpS":77/, 'in the database too');
  t.strictSame(
    it.rig.store.journal.of('campaign', 'spring').map(({ event }) => event),
    ['applied', 'applied'],
    'the journal has what changed, and only that',
  );
  t.strictSame((await it.ask('campaign.list', {})).campaigns.map(({ name, state }) => [name, state]).sort(), [
    ['spring', 'draft'],
    ['test', 'draft'],
  ]);
});

void t.test('apply to a running campaign holds from the next call on', async (t) => {
  const it = await desk({}, { agents: 1 });
  await apply(it, file({ ringTimeoutS: '20', wrapUpS: '0' }));
  const id = it.rig.store.campaigns.byName('spring')?.id ?? 0;
  for (const tail of ['0001', '0002']) addLead(it.rig.store, id, number(tail), NOON);
  login(it.rig);
  await it.ask('campaign.start', { name: 'spring' });
  await it.clock.until(() => it.pbx.placed.length === 1, 10_000);
  await apply(it, file({ ringTimeoutS: '40', wrapUpS: '0' }));
  await it.clock.until(() => it.pbx.placed.length === 2, 60_000);
  t.strictSame(
    it.pbx.placed.map(({ ringTimeoutMs }) => ringTimeoutMs),
    [20_000, 40_000],
  );
});

void t.test('a wrong campaign file changes nothing: every mistake by line, all at once', async (t) => {
  const it = await desk();
  const error = await rejection(
    apply(it, file({ purpose: 'chat', trunk: 'pstm', agents: '[a1, a7]', policy: 'ru-defualt', colour: 'red' })),
  );
  t.match(error, { code: 'CAMPAIGN_INVALID', exit: 6, message: /spring\.yaml is not a campaign/ });
  const { details } = error as { details: readonly string[] };
  for (const [line, says] of [
    [2, /purpose/],
    [5, /no trunk “pstm”; did you mean “pstn”/],
    [6, /no agent “a7”/],
    [7, /no policy pack “ru-defualt”; did you mean “ru-default”/],
    [8, /colour/],
  ] as const) {
    t.ok(
      details.some((text) => text.startsWith(`spring.yaml:${line}:`) && says.test(text)),
      `line ${line}: ${details.join(' | ')}`,
    );
  }
  t.match(await rejection(it.ask('campaign.show', { name: 'spring' })), { code: 'NOT_FOUND' });
});

void t.test('a campaign nobody knows is not found, by every command', async (t) => {
  const { ask } = await desk();
  for (const command of ['show', 'start', 'pause', 'resume', 'stop'] as const) {
    t.match(await rejection(ask(`campaign.${command}`, { name: 'nope' })), {
      code: 'NOT_FOUND',
      exit: 9,
      message: /no campaign “nope”/,
    });
  }
});

type Move = 'start' | 'pause' | 'resume' | 'stop';

/** Where each command leads from each state; what is not here is refused. */
const LEADS: Readonly<Record<CampaignState, Partial<Record<Move, CampaignState>>>> = {
  draft: { start: 'running' },
  running: { pause: 'paused', stop: 'draining' },
  paused: { start: 'running', resume: 'running', stop: 'draining' },
  halted: { start: 'running', resume: 'running', stop: 'draining' },
  draining: { start: 'running' },
  stopped: { start: 'running' },
};

/** A desk whose campaign is in this state; a call is live from `running` on, so that draining lasts. */
async function campaignIn(state: CampaignState): Promise<Desk> {
  const it = await desk({ '0001': { kind: 'answer', ringMs: 500, talkMs: null } }, { agents: 1 });
  const { rig, clock, ask } = it;
  for (const tail of ['0001', '0002']) addLead(rig.store, rig.campaign.id, number(tail), NOON);
  if (state === 'draft') return it;
  login(rig);
  await ask('campaign.start', { name: 'test' });
  await clock.until(() => [...rig.campaign.attempts].some((run) => run.state === 'talking'), 10_000);
  if (state === 'paused') await ask('campaign.pause', { name: 'test' });
  if (state === 'halted') moveCampaign(rig.engine.floor, rig.campaign, 'halt', 'for the test');
  if (state === 'draining' || state === 'stopped') await ask('campaign.stop', { name: 'test' });
  if (state === 'stopped') {
    for (const { id } of rig.campaign.attempts) void it.pbx.hangUp(id);
    await clock.until(() => rig.campaign.state === 'stopped', 10_000);
  }
  return it;
}

void t.test('each campaign command moves from the states it may, and names the state that refuses it', async (t) => {
  for (const state of Object.keys(LEADS) as CampaignState[]) {
    for (const command of ['start', 'pause', 'resume', 'stop'] as const) {
      const it = await campaignIn(state);
      t.equal(it.rig.campaign.state, state);
      const wanted = LEADS[state][command];
      const asked = it.ask(`campaign.${command}`, { name: 'test' });
      if (wanted === undefined) {
        t.match(
          await rejection(asked),
          { code: 'MOVE_REFUSED', exit: 1, message: new RegExp(`campaign test is ${state}`) },
          `${state}: ${command} is refused`,
        );
        t.equal(it.rig.campaign.state, state);
      } else {
        t.match(await asked, { name: 'test', state: wanted }, `${state}: ${command} leads to ${wanted}`);
        t.equal(it.rig.store.campaigns.byName('test')?.state, wanted);
      }
      await it.rig.engine.stop();
    }
  }
});

void t.test('a halt keeps its reason until the campaign goes on', async (t) => {
  const { ask } = await campaignIn('halted');
  t.match(await ask('campaign.show', { name: 'test' }), { state: 'halted', reason: 'for the test' });
  await ask('campaign.resume', { name: 'test' });
  t.match(await ask('campaign.show', { name: 'test' }), { state: 'running', reason: null });
});

void t.test('start says what will be dialed, what will not, and why', async (t) => {
  const it = await desk();
  const { store, campaign } = it.rig;
  for (const tail of ['0001', '0002', '0003']) addLead(store, campaign.id, number(tail), NOON);
  addLead(store, campaign.id, number('0004'), NOON, { consent: false });
  addLead(store, campaign.id, number('0005'), NOON, { zone: 'Asia/Kamchatka' });
  addLead(store, campaign.id, number('0006'), NOON);
  store.optOuts.insert(number('0006'), NOON, { ...GLOBAL_OPT_OUT, source: 'letter' });
  const said = await it.ask('campaign.start', { name: 'test' });
  t.match(said, { name: 'test', state: 'running', leads: 6, callable: 3, later: 0, final: 0, agents: 0 });
  t.strictSame(
    [...said.refused].sort((a, b) => a.code.localeCompare(b.code)),
    [
      { code: 'CONSENT_MISSING', verdict: 'DENY', leads: 1 },
      { code: 'HOURS_CLOSED', verdict: 'DEFER', leads: 1 },
      { code: 'OPT_OUT_GLOBAL', verdict: 'DENY', leads: 1 },
    ],
  );
  t.match(said.warnings, [/no agent is logged in/]);
  t.equal(it.pbx.placed.length, 0);
});

void t.test('start of an empty campaign without agents warns of both, and goes', async (t) => {
  const it = await desk();
  t.match((await it.ask('campaign.start', { name: 'test' })).warnings, [/no agent is logged in/, /has no leads/]);
});

void t.test('start of a stopped campaign puts refused leads before the gate again', async (t) => {
  const it = await desk({}, { spec: { ends: 'pass' } });
  const { store, campaign } = it.rig;
  addLead(store, campaign.id, number('0001'), NOON, { consent: false });
  login(it.rig);
  await it.ask('campaign.start', { name: 'test' });
  await it.clock.until(() => campaign.state === 'stopped', 60_000);
  t.match(store.leads.byPhone(number('0001')), [{ state: 'blocked', reason: 'CONSENT_MISSING' }]);
  t.match(await it.ask('campaign.start', { name: 'test' }), { refused: [{ code: 'CONSENT_MISSING', leads: 1 }] });
  await it.clock.until(() => campaign.state === 'stopped', 60_000);
  const [lead] = store.leads.byPhone(number('0001'));
  t.strictSame(
    store.journal.of('lead', String(lead?.id)).map(({ event, from, to }) => [event, from, to]),
    [
      ['denied', 'callable', 'blocked'],
      ['released', 'blocked', 'callable'],
      ['denied', 'callable', 'blocked'],
    ],
    'and the journal has that move as every other',
  );
});

void t.test('a campaign that rests is running, and its reason says why and until when', async (t) => {
  const it = await desk();
  const { store } = it.rig;
  const { campaign } = it.rig;
  addLead(store, campaign.id, number('0001'), NOON);
  const [line] = store.registrations.all();
  if (line === undefined) throw new Error('no registration');
  store.registrations.insert({ ...line, caller: line.phone, validFrom: it.clock.now() + 90_000 }, it.clock.now());
  login(it.rig);
  await it.clock.advance(1_000);
  await it.ask('campaign.start', { name: 'test' });
  await it.clock.advance(1_000);
  const reason = /^rests until 2026-11-25T\S+Z: MAV_CALLER_NOT_YET_VALID: registration \d+ begins on /;
  t.match(await it.ask('campaign.show', { name: 'test' }), { state: 'running', reason });
  t.match((await it.ask('status', {})).campaigns, [{ state: 'running', reason }]);
  await it.clock.until(() => it.pbx.placed.length > 0, 180_000);
  t.match(await it.ask('campaign.show', { name: 'test' }), { state: 'running', reason: null });
  await it.rig.engine.stop();
});

void t.test('a start that every call would be refused to is refused itself, and moves nothing', async (t) => {
  const cases: readonly (readonly [what: string, changes: Record<string, string>, wanted: object])[] = [
    [
      'a caller number without МАВ registration',
      { line: '"+74997654321"' },
      {
        code: 'REFUSED_BY_GATE',
        exit: 7,
        message: /MAV_CALLER_UNREGISTERED\. The caller number is not registered/,
        hint: /obzvon line add/,
      },
    ],
    [
      'a registration for other purposes',
      { purpose: 'survey' },
      { code: 'REFUSED_BY_GATE', exit: 7, message: /MAV_PURPOSE_MISMATCH/, hint: /obzvon line add/ },
    ],
    [
      'another organisation’s registration',
      { entity: '{ inn: "7809876543", name: Other }' },
      { code: 'REFUSED_BY_GATE', exit: 7, message: /MAV_ENTITY_MISMATCH/ },
    ],
    [
      'advertising dialed by a machine',
      { purpose: 'advertising', personalData: '{ basis: consent }' },
      {
        code: 'REFUSED_BY_GATE',
        exit: 7,
        message: /MODE_FORBIDDEN_FOR_PURPOSE/,
        details: [/./, /38-ФЗ art\. 18 part 2/],
      },
    ],
    [
      'no basis for the people’s data',
      { personalData: '' },
      {
        code: 'REFUSED_BY_GATE',
        exit: 7,
        message: /PD_BASIS_MISSING/,
        details: [/personalData\.basis in the campaign file/, /152-ФЗ/],
      },
    ],
    [
      'a mode this version does not dial',
      { mode: 'preview' },
      { code: 'PREFLIGHT_FAILED', exit: 7, message: /mode preview is not dialed/ },
    ],
  ];
  for (const [what, changes, wanted] of cases) {
    const it = await desk();
    await apply(it, file(changes));
    const id = it.rig.store.campaigns.byName('spring')?.id ?? 0;
    addLead(it.rig.store, id, number('0001'), NOON);
    t.match(await rejection(it.ask('campaign.start', { name: 'spring' })), wanted, what);
    t.equal((await it.ask('campaign.show', { name: 'spring' })).state, 'draft', `${what}: still a draft`);
    t.match(it.rig.store.leads.byPhone(number('0001')), [{ state: 'callable' }], `${what}: the lead is untouched`);
    await it.rig.engine.stop();
  }
});

void t.test('a start without its trunk or agents in config, or with the trunk down, is refused', async (t) => {
  const it = await desk();
  const { engine, store, campaign } = it.rig;
  addLead(store, campaign.id, number('0001'), NOON);
  it.pbx.setTrunk('pstn', false);
  t.match(await rejection(it.ask('campaign.start', { name: 'test' })), {
    code: 'PBX_TRUNK_DEAD',
    exit: 11,
    message: /trunk pstn does not answer/,
  });
  it.pbx.setTrunk('pstn', true);
  engine.configure({ trunks: { pstn: { channels: 1, originatesPerSecond: 1 } }, agents: {} });
  t.match(await rejection(it.ask('campaign.start', { name: 'test' })), {
    code: 'PREFLIGHT_FAILED',
    message: /no agent that is in the daemon’s config/,
  });
  engine.configure({ trunks: {}, agents: {} });
  t.match(await rejection(it.ask('campaign.start', { name: 'test' })), {
    code: 'PREFLIGHT_FAILED',
    message: /trunk pstn is not in the daemon’s config/,
  });
  t.equal(campaign.state, 'draft');
});

void t.test('a start while the PBX is away is taken, and dialed when it is back', async (t) => {
  const it = await desk();
  addLead(it.rig.store, it.rig.campaign.id, number('0001'), NOON);
  login(it.rig);
  await it.clock.advance(1_000);
  it.pbx.drop('network');
  t.match(await it.ask('campaign.start', { name: 'test' }), { state: 'running', callable: 1 });
  await it.clock.advance(10_000);
  t.equal(it.pbx.placed.length, 0);
  it.pbx.restore();
  await it.clock.until(() => it.pbx.placed.length === 1, 10_000);
});

void t.test('show tells the pacing of a running campaign in a sentence', async (t) => {
  const it = await campaignIn('running');
  await it.clock.advance(2_000);
  const shown = await it.ask('campaign.show', { name: 'test' });
  t.match(shown, { liveCalls: 1, agents: { talking: 1 }, calls: { attempts: 1, answered: 1, connected: 1 } });
  t.match(shown.pacing, { originate: 0, why: /\w+ \w+/ });
});
