import t from 'tap';
import { plainQueue } from '../../lib/store/lead-queue.ts';
import { KEYED, TEST_KEY } from '../helpers/keyed.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import { agentTable } from '../../lib/core/agent.ts';
import { attemptTable } from '../../lib/core/attempt.ts';
import { campaignTable } from '../../lib/core/campaign.ts';
import { leadTable } from '../../lib/core/lead.ts';
import type { Subject } from '../../lib/store/journal.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { ordinaryCallees } from '../../lib/sim/callees.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { openStore } from '../../lib/store/open.ts';
import { optOut } from '../../lib/dialer/opt-outs.ts';
import { GLOBAL_OPT_OUT } from '../../lib/store/opt-outs.ts';
import { addLead, buildRig, login, NOON, phoneOf, startCampaign } from '../helpers/rig.ts';
import { createRooms, dump, request, runningCampaign } from '../helpers/rooms.ts';
import { shortDir } from '../helpers/short-dir.ts';

const number = (tail: string) => phoneOf(`+7916000${tail}`);

void t.test('an attempt with its outcome is never changed again, whoever comes late', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  addLead(rooms, campaign, number('0001'), NOON);
  const id = rooms.gate.ask(request(campaign)).allowed[0]?.permitted.permit.attempt ?? ('' as AttemptId);
  rooms.attempts.setState(id, 'ringing', { rang_at: NOON + 1 });
  rooms.attempts.setState(id, 'ended', { ended_at: NOON + 2, disposition: 'busy', cause: 17, witness: 'event' });
  const before = rooms.attempts.byId(id);
  for (const [state, patch] of [
    ['answered', { answered_at: NOON + 3 }],
    ['ended', { ended_at: NOON + 9, disposition: 'talked' }],
    ['lost', {}],
    ['ended', {}],
  ] as const) {
    t.throws(() => rooms.attempts.setState(id, state, patch), /is resolved or unknown: \w+ comes too late/);
  }
  t.throws(() => rooms.attempts.setState('at-nobody' as AttemptId, 'ended', {}), /resolved or unknown/);
  t.strictSame(rooms.attempts.byId(id), before);
  t.strictSame(rooms.attempts.unresolved(), []);
});

void t.test('an outcome without its end, or an end without its outcome, cannot be stored', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  addLead(rooms, campaign, number('0001'), NOON);
  const id = rooms.gate.ask(request(campaign)).allowed[0]?.permitted.permit.attempt ?? ('' as AttemptId);
  const before = dump(rooms.db);
  for (const [state, patch] of [
    ['ended', {}],
    ['ended', { disposition: 'busy' }],
    ['ended', { ended_at: NOON }],
    ['talking', { ended_at: NOON, disposition: 'talked' }],
    ['ended', { ended_at: NOON, disposition: 'vanished' as never }],
  ] as const) {
    t.throws(
      () => rooms.attempts.setState(id, state, patch),
      /CHECK constraint failed/,
      JSON.stringify({ state, patch }),
    );
  }
  t.strictSame(dump(rooms.db), before);
});

const TABLES = {
  lead: leadTable,
  attempt: attemptTable,
  agent: agentTable,
  campaign: campaignTable,
} as const;
const FIRST = { lead: 'callable', attempt: 'planned', agent: 'offline', campaign: 'draft' } as const;

void t.test('the journal has each move of each thing, in an unbroken chain up to its state now', async (t) => {
  const file = `${shortDir(t, { 'obzvon.db.key': TEST_KEY })}/obzvon.db`;
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({ clock, random: seededRandom(9), callees: ordinaryCallees });
  const rig = buildRig({ clock, pbx, path: file, agents: 5, spec: { ends: 'pass', wrapUpS: 3, ringTimeoutS: 8 } });
  await rig.engine.start();
  for (let i = 0; i < 60; i += 1) {
    addLead(rig.store, rig.campaign.id, number(`0${100 + i}`), NOON, {
      consent: i % 7 !== 0,
      zone: i % 11 === 0 ? 'Asia/Kamchatka' : 'Europe/Moscow',
    });
  }
  login(rig);
  await clock.advance(1_000);
  startCampaign(rig);
  await clock.advance(8_000);
  optOut(rig.engine.floor, number('0130'), { ...GLOBAL_OPT_OUT, source: 'letter' });
  rig.store.leads.releaseRefused(rig.campaign.id, clock.now());
  await clock.until(() => rig.campaign.state === 'stopped', 600_000);
  await rig.engine.stop();
  t.strictSame(rig.fatal, []);
  rig.store.close();

  const db = openStore(file, KEYED);
  type Row = { subject: Subject; id_of: string; event: string; from: string | null; to: string | null };
  const moves = db.prepare<[], Row>('SELECT * FROM journal WHERE "to" IS NOT NULL ORDER BY id').all();
  const now = db
    .prepare<[], { subject: keyof typeof TABLES; id: string; state: string }>(
      `SELECT 'lead' AS subject, CAST(id AS TEXT) AS id, state FROM leads
       UNION ALL SELECT 'attempt', id, state FROM attempts
       UNION ALL SELECT 'agent', id, state FROM agents
       UNION ALL SELECT 'campaign', name, state FROM campaigns`,
    )
    .all();
  db.close();
  t.ok(moves.length > 300, `${moves.length} moves of ${now.length} things`);
  const broken: string[] = [];
  for (const { subject, id, state } of now) {
    let at: string = FIRST[subject];
    for (const { event, from, to } of moves.filter((row) => row.subject === subject && row.id_of === id)) {
      const table = TABLES[subject] as Readonly<Record<string, Readonly<Record<string, string>>>>;
      if (from !== at || table[from]?.[event] !== to)
        broken.push(`${subject} ${id}: ${event} ${from} → ${to}, was ${at}`);
      at = to ?? at;
    }
    if (at !== state) broken.push(`${subject} ${id} is ${state}, the journal ends at ${at}`);
  }
  t.strictSame(broken, []);
  const known = new Set(now.map(({ subject, id }) => `${subject} ${id}`));
  t.strictSame(
    moves.filter(({ subject, id_of }) => !known.has(`${subject} ${id_of}`)),
    [],
    'and nothing moved that is not there',
  );
});

void t.test('a slot of a schedule is claimed once, also by a second daemon after a crash', async (t) => {
  const file = `${shortDir(t, { 'obzvon.db.key': TEST_KEY })}/obzvon.db`;
  const slots = createRooms(openStore(file, KEYED)).schedules;
  t.equal(slots.claim('nightly', '2026-11-25T03:00', NOON, NOON, null), true);
  t.equal(slots.claim('nightly', '2026-11-25T03:00', NOON, NOON + 1, null), false);
  t.equal(slots.claim('nightly', '2026-11-26T03:00', NOON, NOON, null), true);
  t.equal(slots.claim('weekly', '2026-11-25T03:00', NOON, NOON, null), true);
  slots.finish('nightly', '2026-11-25T03:00', NOON + 5, 'done', '3 leads');
  const after = createRooms(openStore(file, KEYED));
  t.equal(after.schedules.claim('nightly', '2026-11-25T03:00', NOON, NOON + 9, null), false);
  t.match(after.db.prepare("SELECT * FROM schedule_slots WHERE schedule = 'nightly' ORDER BY slot").all(), [
    { claimed_at: NOON, finished_at: NOON + 5, outcome: 'done', result: '3 leads' },
    { finished_at: null },
  ]);
});

void t.test('a lead’s attempts are charged one by one, and a waiting lead has its time', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  addLead(rooms, campaign, number('0001'), NOON);
  const [lead] = rooms.leads.byPhone(number('0001'));
  const id = lead?.id ?? 0;
  rooms.leads.setState(id, 'waiting', { nextAt: NOON + 5, charged: { place: 1 }, disposition: 'busy' }, NOON);
  rooms.leads.setState(id, 'waiting', { nextAt: NOON + 9 }, NOON);
  t.match(rooms.leads.byId(id), { attempts: 1, next_at: NOON + 9, last_disposition: 'busy' });
  t.match(rooms.leads.numbersOf(id), [{ place: 1, attempts: 1 }], 'its number is charged with it');
  t.equal(rooms.leads.nextDueAt(campaign, [0]), NOON + 9);
  t.strictSame(rooms.leads.ready(campaign, NOON + 8, 5, plainQueue()), []);
  t.equal(rooms.leads.ready(campaign, NOON + 9, 5, plainQueue()).length, 1);
  t.throws(() => rooms.leads.setState(id, 'waiting', {}, NOON), /CHECK/, 'waiting for nothing');
  t.throws(() => rooms.leads.setState(id, 'done', { nextAt: NOON }, NOON), /CHECK/, 'done and due');
});

void t.test('leads are taken due ones first, then by priority, then in the base’s order', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  for (const [tail, priority] of [
    ['0001', 0],
    ['0002', 5],
    ['0003', 0],
    ['0004', 5],
    ['0005', 0],
    ['0006', 0],
  ] as const) {
    addLead(rooms, campaign, number(tail), NOON, { priority });
  }
  rooms.leads.setState(5, 'waiting', { nextAt: NOON - 1 }, NOON);
  rooms.leads.setState(6, 'waiting', { nextAt: NOON - 2 }, NOON);
  const order = (limit: number) => rooms.leads.ready(campaign, NOON, limit, plainQueue()).map(({ id }) => id);
  t.strictSame(order(10), [6, 5, 2, 4, 1, 3]);
  t.strictSame(order(3), [6, 5, 2]);
  t.strictSame(order(1), [6]);
});
