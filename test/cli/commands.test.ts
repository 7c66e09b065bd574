import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type CommandName, type Commands, COMMANDS } from '../../lib/control/commands.ts';
import type { ScheduleNow } from '../../lib/control/commands/schedules.ts';
import { DEFAULT_RESULTS, DEFAULT_STAGES, resultsOf } from '../../lib/core/result.ts';
import type { Callback } from '../../lib/control/commands/callbacks.ts';
import type { Explanation } from '../../lib/control/commands/calls.ts';
import type { CampaignDetails } from '../../lib/control/commands/campaigns.ts';
import type { RecordedResult, ResultFigures } from '../../lib/control/commands/results.ts';
import type { Status } from '../../lib/control/commands/status.ts';
import type { Handlers } from '../../lib/control/server.ts';
import { parseCampaign } from '../../lib/campaign-file.ts';
import { runCli, stubDaemon } from '../helpers/cli.ts';
import { redialReport, redialRun } from '../helpers/redial.ts';
import { shortDir } from '../helpers/short-dir.ts';

const AT = new Date(2026, 10, 22, 9, 15, 3).getTime();
const SPEC_TEXT =
  'name: oct\npurpose: survey\nentity: { inn: "7707083893", name: ООО Ромашка }\nline: "+74950000001"\ntrunk: pstn\n';
const parsed = parseCampaign(SPEC_TEXT, 'oct.yaml');
if (!parsed.ok) throw new Error('the sample campaign is wrong');

const LEADS = {
  callable: 1,
  dialing: 2,
  waiting: 3,
  promised: 0,
  held: 4,
  blocked: 5,
  done: 6,
  spent: 7,
  'opted-out': 8,
  total: 36,
};
const FIGURES: ResultFigures = {
  talks: 9,
  given: 3,
  byCode: [
    { code: 'interested', title: 'заинтересован', stage: 'интерес', target: true, talks: 2 },
    { code: 'gone', title: null, stage: 'контакт', target: false, talks: 1 },
  ],
  reached: [
    { stage: 'контакт', talks: 3 },
    { stage: 'интерес', talks: 2 },
  ],
  targets: 2,
  perTalk: 2 / 9,
  leadsTried: 20,
  targetLeads: 2,
  perLead: 0.1,
};
const RECORDED: RecordedResult = {
  attempt: 'at-1',
  agent: 'anna',
  code: 'call-back',
  stage: 'контакт',
  target: false,
  then: 'callback',
  callbackAt: AT,
  lead: 'dialing',
};
const CAMPAIGN: CampaignDetails = {
  name: 'oct',
  title: 'Октябрь',
  state: 'running',
  reason: null,
  since: AT,
  purpose: 'survey',
  mode: 'progressive',
  leads: LEADS,
  liveCalls: 2,
  callbacks: { open: 3, due: 1, nextAt: AT },
  spec: parsed.value,
  calls: {
    attempts: 20,
    answered: 10,
    connected: 9,
    abandoned: 1,
    optedOut: 1,
    byDisposition: { talked: 9, busy: 11 },
  },
  refused: [{ code: 'CONSENT_MISSING', verdict: 'DENY', leads: 5 }],
  agents: { talking: 2 },
  results: FIGURES,
  segments: [{ name: 'не отвечает', share: 2, pausedAt: AT }],
  nextDueAt: AT,
  pacing: { at: AT, originate: 1, boundBy: 'agents', why: '1 agents free', numbers: { agentsFree: 1 } },
};
const VERDICT: Explanation = {
  at: AT,
  verdict: 'DENY',
  codes: [{ code: 'CONSENT_MISSING', verdict: 'DENY', text: 'no consent of kind CALL' }],
  notBefore: null,
  policy: { id: 'ru-default', version: '1', hash: 'abcdef0123456789' },
  consent: null,
  registration: 3,
  label: 'Ромашка',
  zone: { zones: ['Europe/Moscow'], source: 'base' },
  campaign: 'oct',
  phone: '+79161234567',
  lead: 'blocked',
  checks: [{ name: 'consent', ok: false, evidence: 'none recorded', law: ['126-ФЗ'] }],
  notice: 'Engineering policy, not legal advice.',
  unsure: ['freq', 'abandon'],
};
const CALLBACK: Callback = {
  id: 7,
  campaign: 'oct',
  phone: '+79161234567',
  kind: 'promised',
  state: 'waiting',
  agent: 'anna',
  dueAt: AT,
  until: AT + 1_800_000,
  local: '2026-11-22 16:15 Asia/Vladivostok',
  fallback: 'anyone',
  tries: 0,
  source: 'agent',
  note: null,
  createdAt: AT,
  endedAt: null,
};
const STATUS: Status = {
  version: '0.1.0',
  state: 'running',
  pid: 42,
  now: AT,
  startedAt: AT - 7_380_000,
  dialing: { ok: false, reasons: [{ hold: 'pbx', reason: 'connection refused' }] },
  pbx: { kind: 'asterisk', state: 'lost', since: AT - 5_000, reason: 'connection refused', alarms: ['deaf\u001b[2J'] },
  trunks: [{ name: 'pstn', state: 'up', channels: 30, busy: 4, resting: null }],
  agents: { talking: 3, available: 2 },
  calls: { ringing: 2 },
  campaigns: [CAMPAIGN],
  suspendedLines: [{ phone: '+74950000001', operator: '7743895280', since: AT, blocked: 31, calls: 100 }],
  troubledSchedules: [{ name: 'nightly', problem: 'campaign oct is gone' }],
  database: { path: '/var/lib/obzvon/obzvon.db', bytes: 5_242_880 },
};
const SCHEDULE: ScheduleNow = {
  name: 'nightly',
  cron: '0 2 * * *',
  zone: 'Europe/Moscow',
  lateMin: 240,
  action: { do: 'redial', campaign: 'oct' },
  createdAt: AT,
  running: false,
  next: { slot: '2026-11-23T02:00', at: Date.parse('2026-11-22T23:00Z') },
  last: {
    slot: '2026-11-22T02:00',
    dueAt: Date.parse('2026-11-21T23:00Z'),
    beganAt: Date.parse('2026-11-22T01:00Z'),
    finishedAt: Date.parse('2026-11-22T01:01Z'),
    outcome: 'done',
    result: '36 leads',
    why: 'late by 2 h: the daemon was not running',
  },
  problem: null,
};
const CALL = {
  id: 'at-1',
  campaign: 'oct',
  phone: '+79161234567',
  caller: '+74950000001',
  trunk: 'pstn',
  state: 'ended',
  agent: 'anna',
  plannedAt: AT,
  originatedAt: AT + 10,
  rangAt: AT + 1_000,
  answeredAt: AT + 9_000,
  bridgedAt: AT + 9_040,
  endedAt: AT + 69_040,
  disposition: 'talked',
  cause: 16,
  sipCode: 200,
} as const;
const LINE = {
  id: 1,
  phone: '+74950000001',
  operator: '*',
  entity: '7707083893',
  purposes: ['survey', 'callback'],
  label: 'Ромашка',
  category: 'Доставка',
  contract: null,
  validFrom: AT,
  validTo: null,
  status: 'active',
  verifiedAt: null,
} as const;
const OPT_OUT = {
  at: AT,
  scope: 'global' as const,
  entity: null,
  purpose: null,
  source: 'agent',
  attempt: null,
  note: 'angry',
};
const REFUSAL = {
  id: 3,
  phone: '+79161234567',
  state: 'confirmed',
  since: AT,
  allowEntities: ['7707083893', '7707083894'],
  evidence: 'letter 7',
  source: 'complaint',
  note: null,
  createdAt: AT,
  standing: true,
} as const;
const PREFLIGHT = {
  name: 'oct',
  state: 'running',
  leads: 36,
  callable: 6,
  later: 3,
  refused: CAMPAIGN.refused,
  final: 21,
  agents: 2,
  warnings: ['only 2 agents'],
} as const;
const NONE = { count: 0, total: 0, p50: null, p99: null, max: null };

const RESULTS: { [C in CommandName]?: Commands[C]['result'] } = {
  'ledger.verify': {
    ok: true,
    rows: 3,
    attempts: 2,
    anchors: 0,
    head: { id: 3, hash: 'ab' },
    faultCount: 0,
    faults: [],
    elapsedMs: 1_500,
    files: { database: '/d', key: '/k', anchors: null },
  },
  'ledger.anchor': { at: AT, id: 3, hash: 'ab', path: '/a' },
  status: STATUS,
  reload: { changed: ['log.level'], needRestart: ['socket'] },
  'campaign.apply': {
    name: 'oct',
    created: true,
    changed: true,
    warnings: ['segment долг: none of 3 leads looked at has a column “dolg”'],
  },
  'campaign.list': { campaigns: [CAMPAIGN] },
  'campaign.show': CAMPAIGN,
  'campaign.plan': {
    name: 'oct',
    state: 'draft',
    at: AT,
    leads: 36,
    callable: 20,
    waiting: 1,
    live: 0,
    notCalled: 2,
    final: 5,
    refused: CAMPAIGN.refused,
    segments: [
      { name: 'не отвечает', leads: 2, called: false },
      { name: null, leads: 29, called: true },
    ],
    warnings: [],
    due: [{ hour: AT, leads: 10 }],
  },
  'redial.run': redialRun(AT),
  'redial.report': redialReport(AT),
  'redial.list': {
    campaign: 'oct',
    passes: [{ for: '2026-11-22', at: AT, state: 'begun', called: 20, waiting: 2, notCalled: 3 }],
  },
  'lead.duplicates': {
    campaign: 'oct',
    numbers: 40,
    leads: 1,
    campaigns: [{ name: 'sep', numbers: 2, leads: 1, first: ['+79161234567', '+79161234568'] }],
  },
  'segment.list': {
    campaign: 'oct',
    filing: false,
    segments: [
      {
        name: 'не отвечает',
        share: 2,
        pausedAt: AT,
        where: { disposition: ['no-answer', 'unreachable'], attempts: { min: 2 } },
        leads: 2,
        open: 2,
        states: { waiting: 2 },
        outcomes: { 'no-answer': 2 },
        results: {},
      },
    ],
    none: { leads: 34, open: 29, states: { callable: 29, done: 5 }, outcomes: {}, results: {} },
    leftOut: { leads: 0, open: 0, states: {}, outcomes: {}, results: {} },
  },
  'segment.pause': { campaign: 'oct', name: 'не отвечает', share: 2, pausedAt: AT, changed: true },
  'segment.resume': { campaign: 'oct', name: 'не отвечает', share: 2, pausedAt: null, changed: false },
  'campaign.start': PREFLIGHT,
  'campaign.pause': { name: 'oct', state: 'paused' },
  'campaign.resume': { name: 'oct', state: 'running' },
  'campaign.stop': { name: 'oct', state: 'draining' },
  'consent.show': {
    phone: '+79161234567',
    consents: [
      {
        id: 1,
        kinds: ['CALL', 'PD'],
        purposes: [],
        entities: ['7707083893'],
        givenAt: AT,
        expiresAt: null,
        withdrawnAt: null,
        verifiedBy: 'sms',
        evidence: 'scan-1.pdf',
        source: 'january',
      },
    ],
  },
  'register.add': { added: true, rows: [REFUSAL] },
  'register.amend': { changed: 1, rows: [{ ...REFUSAL, state: 'lifted' }] },
  'register.show': { phone: '+79161234567', rows: [REFUSAL] },
  'register.history': { phone: '+79161234567', rows: [{ ...REFUSAL, standing: false }, REFUSAL] },
  'register.list': { rows: [REFUSAL], next: 3 },
  'dnc.lists': {
    lists: [
      {
        id: 1,
        registry: 'tps',
        takenAt: AT,
        ageDays: 12,
        importedAt: AT,
        state: 'active',
        numbers: 1000,
        sha256: null,
      },
    ],
  },
  'consent.withdraw': { withdrawn: 0, rows: [] },
  'callback.add': { callback: CALLBACK, newLead: true, asked: true },
  'callback.list': { callbacks: [CALLBACK] },
  'callback.move': CALLBACK,
  'callback.cancel': { ...CALLBACK, state: 'cancelled' },
  'optout.add': { phone: '+79161234567', added: true, optOut: OPT_OUT },
  'optout.lift': { phone: '+79161234567', lifted: true, released: 1, optOuts: [] },
  'optout.show': { phone: '+79161234567', optOut: OPT_OUT, optOuts: [OPT_OUT] },
  'agent.optout': { phone: '+79161234567', added: true, optOut: OPT_OUT, attempt: 'at-1' },
  'line.add': LINE,
  'line.list': { lines: [LINE], suspended: STATUS.suspendedLines },
  'line.unblock': { phone: '+74950000001', operator: '7743895280' },
  'ranges.show': {
    phone: '+79001000001',
    kind: 'mobile',
    jurisdiction: 'RU',
    range: {
      from: '+79001000000',
      to: '+79001099999',
      operator: { name: 'ООО "Ромашка"', inn: '7707083893' },
      place: 'Город Москва, Московская область',
      regions: ['Москва', 'Московская область'],
      zones: ['Europe/Moscow'],
    },
  },
  'ranges.status': {
    inForce: {
      id: 2,
      importedAt: AT - 86_400_000,
      files: [{ name: 'DEF-9xx.csv', sha256: 'ab'.repeat(32), ranges: 17_060 }],
      ranges: 17_060,
      codes: 83,
    },
    past: [],
  },
  'agent.list': {
    agents: [
      {
        id: 'anna',
        name: 'Анна',
        endpoint: 'PJSIP/agent1',
        state: 'talking',
        since: AT,
        attempt: 'at-1',
        callsToday: 5,
        talkTodayMs: 185_000,
      },
    ],
  },
  'agent.login': { id: 'anna', state: 'connecting' },
  'agent.ready': { id: 'anna', state: 'available' },
  'agent.pause': { id: 'anna', state: 'paused' },
  'agent.logout': { id: 'anna', state: 'leaving' },
  'agent.result': RECORDED,
  'call.result': { ...RECORDED, code: 'do-not-call', then: 'opt-out', callbackAt: null, lead: 'opted-out' },
  'result.tree': { name: 'oct', stages: DEFAULT_STAGES, results: resultsOf(DEFAULT_RESULTS) },
  'call.list': { calls: [CALL] },
  'call.show': {
    ...CALL,
    sipCallId: 'abc@pbx',
    witness: 'event',
    lead: { id: 7, name: 'Иван', list: 'base.csv', row: 12 },
    verdict: { ...VERDICT, verdict: 'ALLOW', codes: [] },
    results: [
      { at: AT, code: 'machine', stage: 'соединение', target: false, agent: 'anna', source: 'digits', note: null },
      { at: AT, code: 'interested', stage: 'интерес', target: true, agent: 'anna', source: 'cli', note: 'май' },
    ],
    pacing: CAMPAIGN.pacing,
    journal: [{ at: AT, event: 'attempt.rang', from: 'dialing', to: 'ringing', data: { early: true } }],
  },
  'pacing.show': {
    name: 'oct',
    state: 'running',
    method: 'predictive',
    target: 0.01,
    limit: 0.03,
    now: CAMPAIGN.pacing,
    abandonment: [
      { hours: 24, answers: 200, abandoned: 1, rate: 0.005 },
      { hours: 720, answers: 0, abandoned: 0, rate: null },
    ],
    decisions: CAMPAIGN.pacing === null ? [] : [CAMPAIGN.pacing],
  },
  'pacing.sessions': { name: 'oct', sessions: [{ session: AT, lastAt: AT, parts: 3, bytes: 2048 }] },
  'pacing.part': { lines: null },
  'report.campaign': {
    name: 'oct',
    title: '',
    state: 'stopped',
    from: AT,
    to: AT,
    leads: LEADS,
    refused: CAMPAIGN.refused,
    calls: CAMPAIGN.calls,
    abandonRate: 0.1,
    talkMs: { count: 9, total: 540_000, p50: 60_000, p99: 90_000, max: 91_000 },
    waitMs: NONE,
    agents: [{ id: 'anna', name: 'Анна', calls: 9, talkMs: 540_000, results: 3, targets: 2 }],
    results: FIGURES,
    checks: [{ law: 'attempts = outcomes', ok: true, found: '20 = 20' }],
  },
  'schedule.add': { created: true, schedule: SCHEDULE },
  'schedule.list': { schedules: [SCHEDULE] },
  'schedule.show': { ...SCHEDULE, slots: SCHEDULE.last === null ? [] : [SCHEDULE.last] },
  'schedule.remove': { name: 'nightly' },
  'schedule.run': { name: 'nightly', slot: '2026-11-22T02:00', ran: true, outcome: 'done', result: '36 leads' },
  'gate.explain': VERDICT,
};

/** A daemon that answers from RESULTS and remembers what it was asked. */
async function daemon(t: Test, special: Handlers = {}) {
  const asked: unknown[] = [];
  const handlers = Object.fromEntries(
    Object.entries(RESULTS).map(([command, result]) => [
      command,
      (args: unknown) => {
        asked.push([command, args]);
        return result;
      },
    ]),
  ) as Handlers;
  return { run: await stubDaemon(t, { ...handlers, ...special }), asked };
}

await t.test(
  'each command line sends its command with its arguments, and prints for people and for programs',
  async (t) => {
    const file = join(shortDir(t, { 'oct.yaml': SPEC_TEXT }), 'oct.yaml');
    const phone = '+79161234567';
    const lineAdd = ['line', 'add', '+74950000001', '--entity', '7707083893', '--purposes', 'survey,callback'];
    const cases: readonly (readonly [argv: string[], command: CommandName, args: unknown, text: RegExp])[] = [
      [['status'], 'status', {}, /^obzvond +0\.1\.0, pid 42, up 2 h 3 min\n/],
      [['reload'], 'reload', {}, /^changed: log\.level\na restart is needed for: socket\n$/],
      [['campaign', 'apply', file], 'campaign.apply', { file, text: SPEC_TEXT }, /^oct created\nwarning: .*“dolg”\n$/],
      [
        ['lead', 'duplicates', 'oct', '--limit', '2'],
        'lead.duplicates',
        { campaign: 'oct', named: 2 },
        /^1 leads of oct are in other campaigns too; it has 40 numbers\n[^]*sep +2 +1 +\+79161234567 \+79161234568\n$/,
      ],
      [
        ['segment', 'list', 'oct'],
        'segment.list',
        { name: 'oct' },
        /не отвечает +paused 2026-11-22 09:15:03 +2 +2 +2: 2 waiting +2: 2 no-answer\n\(of none\) +share 1 +34 .*\n$/,
      ],
      [
        ['segment', 'pause', 'oct', 'не отвечает'],
        'segment.pause',
        { name: 'oct', segment: 'не отвечает' },
        /^не отвечает is paused: nobody new of it is called\n$/,
      ],
      [
        ['segment', 'resume', 'oct', 'не отвечает'],
        'segment.resume',
        { name: 'oct', segment: 'не отвечает' },
        /^не отвечает is not paused\n$/,
      ],
      [
        ['campaign', 'list'],
        'campaign.list',
        {},
        /oct +running +survey +progressive +36 +21 +3 +9 +2\n\noct: 3 callbacks open, 1 due and unmet\noct: 1 calls now: 1 agents free\n$/,
      ],
      [
        ['campaign', 'show', 'oct'],
        'campaign.show',
        { name: 'oct' },
        /answered +10, connected 9, abandoned 1 \(10\.0 %/,
      ],
      [
        ['campaign', 'plan', 'oct', '--at', '2026-11-22T09:15:03'],
        'campaign.plan',
        { name: 'oct', at: AT },
        /at 2026-11-22 09:15:03 20 of 36 leads would be called, 1 wait for a retry[^]*2026-11-22 09:15 +10\n$/,
      ],
      [
        ['redial', 'run', 'oct', '--for', '2026-11-22'],
        'redial.run',
        { campaign: 'oct', for: '2026-11-22' },
        /has begun; the campaign is running\nof 36 leads 20 are called now, 2 at .*\n\nNOT CALLED +LEADS +WHY\nREDIAL_RECENT/,
      ],
      [
        ['redial', 'report', 'oct'],
        'redial.report',
        { campaign: 'oct' },
        /21 leads, 20 of them as planned[^]*HOURS_CLOSED +2[^]*REDIAL_CALLBACK[^]*the pass +11 +1 +9\.1 %[^]*attempts +25 +30 +\+5/,
      ],
      [
        ['redial', 'list', 'oct'],
        'redial.list',
        { campaign: 'oct' },
        /2026-11-22 +2026-11-22 09:15:03 +begun +20 +2 +3/,
      ],
      [['campaign', 'start', 'oct'], 'campaign.start', { name: 'oct' }, /6 of 36 leads may be called now, 3 later/],
      [['campaign', 'pause', 'oct'], 'campaign.pause', { name: 'oct' }, /^oct is paused\n$/],
      [['campaign', 'resume', 'oct'], 'campaign.resume', { name: 'oct' }, /^oct is running\n$/],
      [['campaign', 'stop', 'oct'], 'campaign.stop', { name: 'oct' }, /^oct is draining\n$/],
      [
        ['refusal', 'add', phone, '--evidence', 'letter 7', '--allow-entities', '7707083893,7707083894'],
        'register.add',
        {
          register: 'refusal',
          values: { phone, allow_entities: '7707083893,7707083894', evidence: 'letter 7' },
        },
        /3 +\+79161234567 +confirmed +2026-11-22 09:15:03 +7707083893,7707083894 +letter 7 +complaint/,
      ],
      [
        ['refusal', 'lift', phone, '--evidence', 'letter 8', '--source', 'complaint'],
        'register.amend',
        {
          register: 'refusal',
          phone,
          match: {},
          change: { state: 'lifted', evidence: 'letter 8', source: 'complaint' },
        },
        /^1 changed\n/,
      ],
      [['refusal', 'show', phone], 'register.show', { register: 'refusal', phone }, /confirmed/],
      [['refusal', 'history', phone], 'register.history', { register: 'refusal', phone }, /COUNTS\n.* no\n.* yes\n$/],
      [
        ['refusal', 'list', '--limit', '1', '--after', '2'],
        'register.list',
        { register: 'refusal', limit: 1, after: 2, whole: false },
        /confirmed .*\nmore: --after 3\n$/,
      ],
      [
        ['schedule', 'add', 'nightly', '--cron', '0 2 * * *', '--zone', 'Europe/Moscow', '--redial', 'oct'],
        'schedule.add',
        {
          name: 'nightly',
          cron: '0 2 * * *',
          zone: 'Europe/Moscow',
          lateMin: 240,
          action: { do: 'redial', campaign: 'oct' },
        },
        /^nightly added: redial oct, next 2026-11-23T02:00 Europe\/Moscow \(2026-11-22 23:00Z\)\n$/,
      ],
      [
        ['schedule', 'add', 'c', '--cron', '@daily', '--zone', 'UTC', '--late', 'skip', '--refresh', 'dnc'].concat([
          '--file',
          '/srv/a,b.csv',
          '--file',
          '/srv/c.csv',
          '--registry',
          'tps',
        ]),
        'schedule.add',
        {
          name: 'c',
          cron: '@daily',
          zone: 'UTC',
          lateMin: 0,
          action: { do: 'refresh', register: 'dnc', files: ['/srv/a,b.csv', '/srv/c.csv'], registry: 'tps' },
        },
        /added/,
      ],
      [
        ['schedule', 'add', 'r', '--cron', '0 8 * * *', '--zone', 'UTC', '--late', '90m', '--report', 'oct'].concat([
          '--file',
          '/srv/{date}.txt',
        ]),
        'schedule.add',
        {
          name: 'r',
          cron: '0 8 * * *',
          zone: 'UTC',
          lateMin: 90,
          action: { do: 'report', campaign: 'oct', file: '/srv/{date}.txt' },
        },
        /added/,
      ],
      [
        ['schedule', 'list'],
        'schedule.list',
        {},
        /nightly +redial oct +0 2 \* \* \* +Europe\/Moscow +2026-11-23T02:00 +2026-11-22 23:00Z +2026-11-22T02:00 +done\n$/,
      ],
      [
        ['schedule', 'show', 'nightly', '--limit', '3'],
        'schedule.show',
        { name: 'nightly', limit: 3 },
        /2026-11-22T02:00 +2026-11-22 01:00Z +done +36 leads +late by 2 h: the daemon was not running\n$/,
      ],
      [['schedule', 'remove', 'nightly'], 'schedule.remove', { name: 'nightly' }, /^nightly removed\n$/],
      [
        ['schedule', 'run', 'nightly', '--slot', '2026-11-22T02:00'],
        'schedule.run',
        { name: 'nightly', slot: '2026-11-22T02:00' },
        /^2026-11-22T02:00 done: 36 leads\n$/,
      ],
      [['dnc', 'list'], 'dnc.lists', {}, /tps +active +2026-11-22 09:15:03 +12 +2026-11-22 09:15:03 +1000\n$/],
      [
        ['consent', 'withdraw', phone, '--kinds', 'ad', '--entity', '7707083893', '--source', 'sms'],
        'consent.withdraw',
        { phone, kinds: ['AD'], entities: ['7707083893'], source: 'sms' },
        /^0 withdrawn\n/,
      ],
      [['consent', 'show', phone], 'consent.show', { phone }, /1 +CALL,PD +all +7707083893 +2026-11-22 09:15:03/],
      [
        ['optout', 'add', phone, '--source', 'sms', '--note', 'stop'],
        'optout.add',
        { phone, scope: 'global', source: 'sms', note: 'stop' },
        /^\+79161234567 will not be called again\n$/,
      ],
      [
        ['optout', 'add', phone, '--scope', 'purpose', '--purpose', 'survey', '--entity', '7707083893'],
        'optout.add',
        { phone, scope: 'purpose', purpose: 'survey', entity: '7707083893', source: 'agent' },
        /^\+79161234567 will not be called again\n$/,
      ],
      [
        ['callback', 'add', 'oct', phone, '--at', '2026-11-22T16:15', '--agent', 'anna', '--window', '30m'],
        'callback.add',
        { campaign: 'oct', phone, at: '2026-11-22T16:15', agent: 'anna', windowMin: 30, source: 'agent' },
        /^\+79161234567 is a lead of oct now\ncallback 7: agent anna calls \+79161234567 at 2026-11-22 16:15 Asia\/Vladivostok/,
      ],
      [
        ['callback', 'list', 'oct'],
        'callback.list',
        { campaign: 'oct', all: false, limit: 100 },
        /7 +\+79161234567 +promised +waiting .* anna/,
      ],
      [
        ['callback', 'move', '7', '--at', '2026-11-22T17:00'],
        'callback.move',
        { id: 7, at: '2026-11-22T17:00' },
        /^callback 7: agent anna calls/,
      ],
      [['callback', 'cancel', '7'], 'callback.cancel', { id: 7 }, /^callback 7 to \+79161234567 is cancelled\n$/],
      [
        ['optout', 'lift', phone, '--evidence', 'letter 12'],
        'optout.lift',
        { phone, scope: 'global', source: 'agent', evidence: 'letter 12' },
        /^\+79161234567: the opt-out is lifted, 1 leads go before the gate again\n$/,
      ],
      [
        ['agent', 'optout', 'anna', '--scope', 'entity'],
        'agent.optout',
        { id: 'anna', scope: 'entity' },
        /^\+79161234567 will not be called again\n$/,
      ],
      [
        ['agent', 'result', 'anna', 'call-back', '--at', '2026-11-25T14:05', '--note', 'после обеда'],
        'agent.result',
        { id: 'anna', code: 'call-back', at: '2026-11-25T14:05', note: 'после обеда', source: 'cli' },
        /^at-1 is call-back: called back at 2026-11-22 09:15:03; its lead is dialing\n$/,
      ],
      [
        ['call', 'result', 'at-1', 'do-not-call'],
        'call.result',
        { id: 'at-1', code: 'do-not-call', source: 'cli' },
        /^at-1 is do-not-call: never called again; its lead is opted-out\n$/,
      ],
      [
        ['result', 'list', 'oct'],
        'result.tree',
        { name: 'oct' },
        /^DIGITS .*\n1 +заинтересован \* +interested +интерес +nothing more\n[^]*\n31 +перезвонить: через час +call-back-soon +контакт +called back after 60 min\n[^]*\n33 HHMM +[^]*\n99 +больше не звонить: никогда +do-not-call +контакт +never called again\n\nstages: соединение → контакт → разговор → интерес;/,
      ],
      [['optout', 'show', phone], 'optout.show', { phone }, /is opted out: 2026-11-22 09:15:03 by agent, angry\n$/],
      [
        [...lineAdd, '--label', 'Ромашка', '--category', 'Доставка', '--valid-from', '2026-11-22T09:15:03'],
        'line.add',
        {
          phone: '+74950000001',
          operator: '*',
          entity: '7707083893',
          purposes: ['survey', 'callback'],
          label: 'Ромашка',
          category: 'Доставка',
          validFrom: AT,
          status: 'active',
        },
        /\+74950000001 +\* +7707083893 +Ромашка +Доставка/,
      ],
      [
        ['line', 'list'],
        'line.list',
        {},
        /survey,callback +2026-11-22 09:15:03 +- +- +active\n[^]*7743895280 .* 31 +100\n$/,
      ],
      [
        ['line', 'unblock', '+74950000001', '--operator', '7743895280', '--note', 'contract 7'],
        'line.unblock',
        { phone: '+74950000001', operator: '7743895280', note: 'contract 7' },
        /^\+74950000001 calls operator 7743895280 again; leads blocked for it come before the gate again\n$/,
      ],
      [
        ['ranges', 'show', '+79001000001'],
        'ranges.show',
        { phone: '+79001000001' },
        /operator +ООО "Ромашка", ИНН 7707083893\n[^]*regions +Москва, Московская область\n/,
      ],
      [
        ['ranges', 'status', '--history'],
        'ranges.status',
        { history: true },
        /ranges +17060 of 83 codes\nfile +DEF-9xx\.csv, 17060 ranges, SHA-256 (ab)+\n$/,
      ],
      [['agent', 'list'], 'agent.list', {}, /anna +Анна +talking .* 5 +3 min 5 s +at-1 +PJSIP\/agent1\n$/],
      [['agent', 'login', 'anna', '--ready'], 'agent.login', { id: 'anna', ready: true }, /^anna is connecting\n$/],
      [['agent', 'ready', 'anna'], 'agent.ready', { id: 'anna' }, /^anna is available\n$/],
      [['agent', 'pause', 'anna'], 'agent.pause', { id: 'anna' }, /^anna is paused\n$/],
      [['agent', 'logout', 'anna'], 'agent.logout', { id: 'anna' }, /^anna is leaving\n$/],
      [
        ['call', 'list', '--campaign', 'oct', '--state', 'ended', '--limit', '7'],
        'call.list',
        { campaign: 'oct', state: 'ended', limit: 7 },
        /at-1 .* talked +8\.0 s +1 min +anna +16 +200\n$/,
      ],
      [
        ['call', 'show', 'at-1'],
        'call.show',
        { id: 'at-1' },
        /\nmachine +соединение +2026.*\ninterested +интерес +yes +2026-11-22 09:15:03 +anna +cli +май\n/,
      ],
      [['call', 'show', 'at-1'], 'call.show', { id: 'at-1' }, /bridged +2026-11-22 09:15:12 \(\+9\.0 s\)/],
      [
        ['pacing', 'show', 'oct', '--limit', '5'],
        'pacing.show',
        { name: 'oct', limit: 5 },
        /last 24 h +1 of 200 answers abandoned \(0\.5 %\)\n[^]*agentsFree +1\n/,
      ],
      [['replay', '--campaign', 'oct', '--list'], 'pacing.sessions', { name: 'oct' }, / 3 +2\n$/],
      [
        ['report', 'campaign', 'oct'],
        'report.campaign',
        { name: 'oct' },
        /results +of 3 of 9 talks, 2 targets \(22\.2 % of talks\)\n[^]*\n\(none given\) .* 6 +66\.7 %\n[^]*\nинтерес +2 +22\.2 %\n/,
      ],
      [['report', 'campaign', 'oct'], 'report.campaign', { name: 'oct' }, /attempts = outcomes +yes +20 = 20\n$/],
      [
        ['gate', 'explain', '--campaign', 'oct', '--phone', phone],
        'gate.explain',
        { campaign: 'oct', phone },
        /CONSENT_MISSING +DENY +no consent of kind CALL\n/,
      ],
      [
        ['gate', 'explain', 'oct', phone, '--at', '2026-11-22T09:15:03'],
        'gate.explain',
        { campaign: 'oct', phone, at: AT },
        /CONSENT_MISSING +DENY +no consent of kind CALL\n/,
      ],
      [['ledger', 'verify'], 'ledger.verify', {}, /rows +3, 2 with a call, in 1\.5 s \(2 rows\/s\)/],
      [['ledger', 'anchor'], 'ledger.anchor', {}, /^row 3 at 2026-11-22 09:15:03 has the hash ab; written to \/a\n$/],
    ];
    for (const [argv, command, args, text] of cases) {
      const { run, asked } = await daemon(t);
      const plain = await run(argv);
      t.same(asked, [[command, args]], argv.join(' '));
      t.match(plain.out, text, argv.join(' '));
      t.equal(plain.err, '', `${command}: no talk when all is well`);
      const json = await run([...argv, '--json']);
      t.same(JSON.parse(json.out), RESULTS[command], `${command} --json is the daemon's own answer`);
      t.equal(plain.exit, command === 'gate.explain' ? 7 : 0, command);
    }
    // More than one command a line: they have tests of their own.
    const others: string[] = [
      ...['import.begin', 'import.rows', 'import.end', 'pacing.part', 'campaign.history', 'redial.plan'],
      ...['numbers.begin', 'numbers.add', 'numbers.end', 'dnc.clear', 'ranges.begin', 'ranges.rows', 'ranges.end'],
      ...['person.erase', 'person.files-cleaned', 'person.story', 'file.written'],
    ];
    const covered = [...cases.map(([, command]) => command as string), ...others];
    t.same(
      [...new Set(covered)].sort(),
      Object.keys(COMMANDS).sort(),
      'no command of the daemon is out of reach of the CLI',
    );
  },
);

await t.test('status shows trouble first and cannot be made to steer the terminal', async (t) => {
  const { run } = await daemon(t);
  const { out } = await run(['status']);
  t.match(out, /PBX +Asterisk, lost for 5\.0 s: connection refused\n/);
  t.match(out, /no dialing +pbx: connection refused\n/);
  t.match(out, /alarm +deaf\n/);
  t.match(out, /line suspended +\+74950000001 calls operator 7743895280 no more: 31 of 100 calls blocked/);
  t.match(out, /agents +5: 3 talking, 2 available\n/);
});

await t.test('gate explain exits 0 only when the call would be allowed', async (t) => {
  for (const verdict of ['ALLOW', 'DEFER', 'HOLD', 'DENY'] as const) {
    const { run } = await daemon(t, { 'gate.explain': () => ({ ...VERDICT, verdict }) });
    t.equal((await run(['gate', 'explain', 'oct', '1'])).exit, verdict === 'ALLOW' ? 0 : 7, verdict);
  }
});

await t.test('a report in which a law does not hold exits 1', async (t) => {
  const broken = {
    ...RESULTS['report.campaign']!,
    checks: [{ law: 'attempts = outcomes', ok: false, found: '20 ≠ 19' }],
  };
  const { run } = await daemon(t, { 'report.campaign': () => broken });
  t.match(await run(['report', 'campaign', 'oct']), { exit: 1, out: /attempts = outcomes +NO +20 ≠ 19/ });
});

await t.test('start --wait ends when the campaign has stopped, and waits a pause out', async (t) => {
  const states = ['running', 'paused', 'draining', 'stopped'] as const;
  let reads = 0;
  const { run } = await daemon(t, { 'campaign.show': () => ({ ...CAMPAIGN, state: states[reads++]! }) });
  const { exit, out, err } = await run(['campaign', 'start', 'oct', '--wait', '--json']);
  t.equal(exit, 0);
  t.equal(reads, 4);
  t.match(JSON.parse(out), { name: 'oct', state: 'stopped' });
  t.match(err, /6 of 36 leads may be called now/, 'the preflight is talk when data follows');
});

await t.test('start --wait of a campaign that halts fails with the reason', async (t) => {
  const { run } = await daemon(t, { 'campaign.show': () => ({ ...CAMPAIGN, state: 'halted', reason: 'disk full' }) });
  t.match(await run(['campaign', 'start', 'oct', '--wait']), { exit: 1, err: /oct halted: disk full/ });
});

await t.test('start --wait --timeout exits 8 and leaves the work going', async (t) => {
  const { run } = await daemon(t);
  const clock = { now: () => AT, monotonic: () => (passedMs += 400), after: at, every: () => () => undefined };
  let passedMs = 0;
  function at(_: number, fn: () => void): () => void {
    const timer = setImmediate(fn);
    return () => clearImmediate(timer);
  }
  const ran = await run(['campaign', 'start', 'oct', '--wait', '--timeout', '3s'], { clock });
  t.match(ran, { exit: 8, err: /the work goes on/ });
});

await t.test(
  '--watch draws again and again until Ctrl-C: in place on a terminal, one JSON a line for programs',
  async (t) => {
    for (const [argv, tty, pattern] of [
      [['status', '--watch'], true, /^\u001b\[2J(\u001b\[H\u001b\[Jobzvond [^\u001b]+){3}$/],
      [['campaign', 'show', 'oct', '--watch'], false, /^(campaign {2}[^\u001b]+){3}$/],
      [['status', '--watch', '--json'], true, /^(\{"version":.*\}\n){3}$/],
    ] as const) {
      let reads = 0;
      let interrupt = (): void => undefined;
      let released = false;
      const count =
        <T>(result: T) =>
        () => {
          if (++reads === 3) interrupt();
          return result;
        };
      const { run } = await daemon(t, { status: count(STATUS), 'campaign.show': count(CAMPAIGN) });
      const { exit, out } = await run(argv, {
        outIsTty: tty,
        onInterrupt(fn) {
          interrupt = fn;
          return () => (released = true);
        },
      });
      t.equal(exit, 0, argv.join(' '));
      t.match(out, pattern, argv.join(' '));
      t.ok(released, 'Ctrl-C is its own again');
    }
  },
);

await t.test('apply of a file that cannot be read never reaches the daemon', async (t) => {
  t.match(await runCli(['campaign', 'apply', '/nowhere.yaml']), { exit: 6, err: /cannot read \/nowhere\.yaml/ });
});
