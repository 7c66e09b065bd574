import t from 'tap';
import type { AttemptId } from '../../lib/core/attempt.ts';
import { createGate } from '../../lib/store/gate-transaction.ts';
import type { JournalEntry } from '../../lib/store/journal.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { createStore } from '../../lib/store/store.ts';
import { ruDefault } from '../helpers/policy.ts';
import { addLead, buildRig, login, NOON, phoneOf, serialIds, specWith } from '../helpers/rig.ts';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { createRooms, dump, request, runningCampaign, type Rooms } from '../helpers/rooms.ts';

const number = (tail: string) => phoneOf(`+7916000${tail}`);

const add = (rooms: Rooms, campaign: number, tail: string, more: Parameters<typeof addLead>[4] = {}) =>
  addLead(rooms, campaign, number(tail), NOON, more);

void t.test('an ALLOW is one verdict, one attempt, one moved lead, one journal row, and one permit', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  add(rooms, campaign, '0001');
  const { allowed, refused, baseExhausted } = rooms.gate.ask(request(campaign));
  t.equal(refused.length, 0);
  t.equal(baseExhausted, true);
  const permit = allowed[0]?.permitted.redeem({ now: () => NOON, monotonic: () => 0 });
  t.match(permit, { phone: number('0001'), trunk: 'pstn', ringTimeoutMs: 20_000, allowedAt: NOON });
  const attempt = rooms.attempts.byId(permit?.attempt ?? '');
  t.match(attempt, { state: 'planned', disposition: null, phone: 79160000001, planned_at: NOON });
  t.match(rooms.verdicts.byPhone(79160000001, 10), [
    {
      id: attempt?.verdict,
      verdict: 'ALLOW',
      code: null,
      codes: [],
      lead: attempt?.lead,
      policy: { id: 'ru-default' },
    },
  ]);
  t.equal(rooms.leads.byId(attempt?.lead ?? 0)?.state, 'dialing');
  t.match(rooms.journal.of('lead', String(attempt?.lead)), [{ event: 'dialed', from: 'callable', to: 'dialing' }]);
});

void t.test('whatever throws in the transaction, wherever, nothing of it stays', async (t) => {
  /** Throws at the nth of all calls into the parts the transaction is made of. */
  function breaking(n: number) {
    let left = n;
    const guard = <A extends unknown[], R>(fn: (...args: A) => R) => {
      return (...args: A): R => {
        left -= 1;
        if (left === 0) throw new Error('power cut');
        return fn(...args);
      };
    };
    const ids = serialIds();
    const rooms = createRooms(undefined, ids);
    const campaign = runningCampaign(rooms);
    for (const tail of ['0001', '0002']) add(rooms, campaign, tail);
    add(rooms, campaign, '0003', { consent: false });
    add(rooms, campaign, '0004', { zone: 'Asia/Kamchatka' });
    const gate = createGate(
      rooms.db,
      {
        factsFor: guard(rooms.factsFor),
        leads: {
          ...rooms.leads,
          ready: guard((...args: Parameters<Rooms['leads']['ready']>) => rooms.leads.ready(...args)),
          setState: guard((...args: Parameters<Rooms['leads']['setState']>) => rooms.leads.setState(...args)),
        },
        journal: { ...rooms.journal, write: guard((entry: JournalEntry) => rooms.journal.write(entry)) },
        ledger: {
          ...rooms.ledger,
          append: guard((...args: Parameters<Rooms['ledger']['append']>) => rooms.ledger.append(...args)),
        },
        policies: rooms.policies,
        callbacks: rooms.callbacks,
        fence: rooms.fence,
      },
      guard((now: number): AttemptId => ids(now)),
    );
    return { rooms, ask: () => gate.ask(request(campaign)), untouched: () => left > 0 };
  }
  let points = 0;
  for (let n = 1; ; n += 1) {
    const { rooms, ask, untouched } = breaking(n);
    const before = dump(rooms.db);
    let thrown: unknown = null;
    try {
      ask();
    } catch (error) {
      thrown = error;
    }
    if (untouched()) break;
    points += 1;
    t.match(thrown, { message: 'power cut' }, `break ${n}`);
    t.strictSame(
      dump(rooms.db),
      before,
      `break ${n} leaves no verdict without its move, and no move without its verdict`,
    );
    t.equal(rooms.db.inTransaction, false);
  }
  t.equal(points, 19, 'one asking of the base; facts, ledger, move, journal for each of four leads; ids for two');
});

void t.test('a database that refuses the attempt keeps neither its verdict nor the lead’s move', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  for (const tail of ['0001', '0002']) add(rooms, campaign, tail);
  rooms.db.exec(`CREATE TRIGGER full BEFORE INSERT ON attempts WHEN new.phone = 79160000002
    BEGIN SELECT raise(ABORT, 'disk full'); END`);
  const before = dump(rooms.db);
  t.throws(() => rooms.gate.ask(request(campaign)), /disk full/);
  t.strictSame(dump(rooms.db), before, 'nor those of the lead before it');
});

void t.test('one number in two campaigns: the second is deferred while the first is unresolved', async (t) => {
  const rooms = createRooms();
  const [one, two] = [runningCampaign(rooms, 'one'), runningCampaign(rooms, 'two')];
  for (const campaign of [one, two]) add(rooms, campaign, '0001');
  const [first] = rooms.gate.ask(request(one)).allowed;
  const raced = rooms.gate.ask(request(two));
  t.equal(raced.allowed.length, 0);
  t.match(raced.refused, [{ verdict: { verdict: 'DEFER', primary: 'NUMBER_IN_FLIGHT' } }]);
  t.match(rooms.leads.find(two, number('0001')), { state: 'waiting', reason: 'NUMBER_IN_FLIGHT' });

  const attempt = first?.permitted.permit.attempt ?? ('' as AttemptId);
  t.throws(
    () =>
      rooms.db.exec(
        `INSERT INTO attempts (id, campaign, lead, verdict, phone, caller, trunk, ring_limit_ms, state, planned_at)
         SELECT 'at-other', ${two}, lead, verdict + 1000, phone, caller, trunk, ring_limit_ms, state, planned_at
         FROM attempts WHERE id = '${attempt}'`,
      ),
    /UNIQUE constraint failed: attempts\.phone/,
    'and were the gate wrong, the index would not be',
  );
  rooms.attempts.setState(attempt, 'ended', { ended_at: NOON + 1, disposition: 'busy' });
  const lead = rooms.leads.find(two, number('0001'));
  const later = Math.max(lead?.next_at ?? 0, NOON + 900_001);
  t.equal(rooms.gate.ask(request(two, { now: later })).allowed.length, 1, 'resolved, the number is free');
});

void t.test(
  'of the calls wanted, those a free agent waits for are placed even when too many were abandoned',
  async (t) => {
    const rooms = createRooms();
    const campaign = runningCampaign(rooms);
    for (let i = 0; i < 6; i += 1) add(rooms, campaign, `000${i}`);
    const policy = { ...ruDefault, abandon: { ...ruDefault.abandon, minAnswered: 1, max: 0 } };
    const [past] = rooms.gate.ask(request(campaign, { want: 1, policy })).allowed;
    rooms.attempts.setState(past?.permitted.permit.attempt ?? ('' as AttemptId), 'ended', {
      answered_at: NOON,
      ended_at: NOON + 1,
      disposition: 'abandoned',
    });
    const asked = request(campaign, { want: 4, covered: 2, policy, now: NOON + 1_000 });
    const { allowed, refused, stop, baseExhausted } = rooms.gate.ask(asked);
    t.strictSame([allowed.length, refused.length, baseExhausted], [2, 0, false]);
    t.match(stop, { kind: 'covered-only', code: 'ABANDON_RATE_EXCEEDED' });
    t.equal(rooms.leads.counts(campaign).find(({ state }) => state === 'callable')?.n, 3, 'no lead is charged with it');
  },
);

void t.test('two campaigns that race for the same base never ring one number twice at a time', async (t) => {
  const clock = createVirtualClock(NOON);
  const pbx = createSimulatedPbx({
    clock,
    random: seededRandom(4),
    callees: () => ({ kind: 'answer', ringMs: 700, talkMs: 1_500 }),
  });
  const store = createStore(':memory:', { newAttemptId: serialIds() });
  const spec = { wrapUpS: 0, minIntervalMin: 1, maxAttemptsPerDay: 24 };
  const other = store.campaigns.insert('other', JSON.stringify(specWith({ name: 'other', ...spec })), NOON);
  const rig = buildRig({ clock, pbx, store, agents: 6, spec });
  await rig.engine.start();
  for (let i = 0; i < 30; i += 1) {
    for (const campaign of [rig.campaign.id, other]) addLead(store, campaign, number(`00${10 + i}`), NOON);
  }
  login(rig);
  await clock.advance(1_000);
  const { floor } = rig.engine;
  for (const campaign of floor.campaigns.values()) moveCampaign(floor, campaign, 'start');
  await clock.until(() => [...floor.campaigns.values()].every(({ state }) => state === 'stopped'), 3_600_000);
  t.equal(pbx.mostPerNumber(), 1);
  t.equal(pbx.placed.length, 60, 'each campaign reached each of its people');
  t.strictSame(rig.fatal, []);
  await rig.engine.stop();
});

void t.test('the campaign’s state is read inside the transaction: a pause a moment ago holds', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  add(rooms, campaign, '0001');
  rooms.campaigns.setState(campaign, 'paused', null, NOON);
  const { allowed, stop } = rooms.gate.ask(request(campaign));
  t.equal(allowed.length, 0);
  t.match(stop, { kind: 'halt', code: 'CAMPAIGN_NOT_ACTIVE' });
  t.equal(rooms.leads.find(campaign, number('0001'))?.state, 'callable', 'the lead is not charged with it');
});

void t.test('it looks at no more leads than its budget, and says whether the base is through', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  for (let i = 0; i < 10; i += 1) add(rooms, campaign, `000${i}`, { consent: i > 6 });
  const first = rooms.gate.ask(request(campaign, { want: 2, budget: 4 }));
  t.strictSame([first.allowed.length, first.refused.length, first.baseExhausted], [0, 4, false]);
  const second = rooms.gate.ask(request(campaign, { want: 2, budget: 4 }));
  t.strictSame([second.allowed.length, second.refused.length, second.baseExhausted], [1, 3, false]);
  const third = rooms.gate.ask(request(campaign, { want: 5, budget: 4 }));
  t.strictSame([third.allowed.length, third.refused.length, third.baseExhausted], [2, 0, true]);
});

void t.test('a rate of abandoned calls is counted by hours of the answer, and a call once', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  const HOUR_MS = 3_600_000;
  for (const [tail, hoursAgo, disposition] of [
    ['0001', 1, 'abandoned'],
    ['0002', 1, 'talked'],
    ['0003', 30 * 24 - 1, 'abandoned'],
    ['0004', 30 * 24 + 1, 'abandoned'],
    ['0005', 2, null],
  ] as const) {
    add(rooms, campaign, tail);
    const [call] = rooms.gate.ask(request(campaign)).allowed;
    const id = call?.permitted.permit.attempt ?? ('' as AttemptId);
    const at = NOON - hoursAgo * HOUR_MS;
    rooms.attempts.setState(id, 'answered', {
      answered_at: at,
      ...(disposition === 'talked' ? { bridged_at: at + 2_000 } : {}),
    });
    if (disposition !== null) rooms.attempts.setState(id, 'ended', { ended_at: at + 1, disposition });
  }
  add(rooms, campaign, '0006');
  // An end that brings the answer with it, as after a restart.
  const [late] = rooms.gate.ask(request(campaign)).allowed;
  rooms.attempts.setState(late?.permitted.permit.attempt ?? ('' as AttemptId), 'ended', {
    answered_at: NOON,
    ended_at: NOON,
    disposition: 'abandoned',
  });
  const asked = { ...request(campaign).campaign, state: 'running' as const };
  // A program that starts counts anew.
  const { facts } = createRooms(rooms.db).gate.rehearse(asked, rooms.leads.any(campaign) as never, ruDefault, NOON);
  t.equal(ruDefault.abandon.windowDays, 30);
  t.strictSame(facts.campaign.abandonment, { answered: 5, abandoned: 3 });
});
