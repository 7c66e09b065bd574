import t from 'tap';
import { USUAL_PREFIXES } from '../../lib/core/guard/prefixes.ts';
import { unblockLine } from '../../lib/dialer/network-lessons.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { createStore, type Store } from '../../lib/store/store.ts';
import { openAllHours } from '../helpers/policy.ts';
import { putInForce } from '../helpers/ranges.ts';
import { addLead, buildRig, CALLER, login, NOON, phoneOf, startCampaign, type Rig } from '../helpers/rig.ts';

const HOUR = 3_600_000;
const BLOCKED: CalleePlan = { kind: 'refuse', afterMs: 200, rings: false, cause: 21, sipCode: 603 };
const DECLINED: CalleePlan = { ...BLOCKED, rings: true };
const OWN_TRUNK: CalleePlan = { ...BLOCKED, afterMs: 50, sipCode: 403 };
const BUSY: CalleePlan = { ...BLOCKED, cause: 17, sipCode: 486 };

const OPERATOR = '7700000001';
/** +7916000xxxx is one operator's, +7916001xxxx another's, the rest nobody's known. */
const RANGES = [
  { first: 79_160_000_000, last: 79_160_009_999, operator: 'Первый', inn: OPERATOR },
  { first: 79_160_010_000, last: 79_160_019_999, operator: 'Второй', inn: '7700000002' },
];

const number = (tail: number, block = 0) => phoneOf(`+791600${block}${String(tail).padStart(4, '0')}`);
const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** The rules of ru-default over a shorter window, and no spacing of calls to one number. */
const policy: Policy = {
  ...openAllHours,
  minIntervalS: 0,
  mav: openAllHours.mav === null ? null : { ...openAllHours.mav, blocked: { ...openAllHours.mav.blocked, window: 10 } },
};

let serial = 0;
const newStore = () =>
  createStore(':memory:', { newAttemptId: () => `at-${String((serial += 1)).padStart(9, '0')}` as AttemptId });

interface Stage {
  readonly rig: Rig;
  readonly clock: ReturnType<typeof createVirtualClock>;
  /** Calls these numbers once and waits until the pass is done. */
  readonly pass: (...phones: readonly string[]) => Promise<void>;
}

/** A dialer over `store` from `at` on; callees do as `planOf` says. */
async function stage(planOf: (phone: string) => CalleePlan, store: Store = newStore(), at = NOON): Promise<Stage> {
  const clock = createVirtualClock(at);
  const pbx = createSimulatedPbx({ clock, random: seededRandom(1), callees: planOf });
  const rig = buildRig({
    clock,
    pbx,
    store,
    policy,
    agents: 1,
    spec: { ends: 'pass', maxAttemptsPerDay: 100, minIntervalMin: 0, wrapUpS: 0 },
  });
  if (store.ranges.inForce() === null) putInForce(store.ranges, RANGES);
  await rig.engine.start();
  await clock.advance(2_000);
  login(rig);
  await clock.until(rig.crewReady, 10_000);
  return {
    rig,
    clock,
    async pass(...phones) {
      for (const phone of phones) addLead(store, rig.campaign.id, phoneOf(phone), clock.now());
      startCampaign(rig);
      await clock.until(() => rig.campaign.state === 'stopped', 600_000);
    },
  };
}

const warnings = (rig: Rig, pattern: RegExp) => rig.lines.filter(({ msg }) => pattern.test(String(msg)));

void t.test(
  'a pair above the share of blocked calls is suspended once, with a warning, and is a fact of the gate',
  async (t) => {
    const { rig, pass } = await stage((phone) => (phone.endsWith('9') ? BUSY : BLOCKED));
    await pass(number(1), number(9), number(2));
    t.strictSame([...rig.engine.floor.network.suspended], [], 'two of ten are not yet above 30 %');
    t.equal(rig.store.lineBlocks.newest().length, 0);
    await pass(number(3), number(4), number(5));
    t.match(rig.store.lineBlocks.newest(), [
      { state: 'suspended', block: { caller: CALLER, operator: OPERATOR, blocked: 4, calls: 5 } },
    ]);
    t.equal(warnings(rig, /operator blocks this caller number.*obzvon line unblock/).length, 1, 'said once');
    t.match(rig.store.journal.of('line', `${CALLER} ${OPERATOR}`), [{ event: 'suspended' }]);
    t.strictSame(rig.fatal, []);
  },
);

void t.test('people who decline, the own trunk and other operators suspend nothing', async (t) => {
  const plans: Readonly<Record<string, CalleePlan>> = { 1: DECLINED, 2: OWN_TRUNK, 3: BLOCKED };
  const { rig, pass } = await stage((phone) => plans[phone.slice(-1)] ?? BUSY);
  await pass(...many(0, 10).map((i) => number(i * 10 + 1)));
  // Five in a row would halt the campaign: that is the trunk's fault.
  await pass(...many(0, 4).map((i) => number(i * 10 + 2)));
  await pass(...many(0, 3).map((i) => number(i * 10 + 3)), ...many(0, 3).map((i) => number(i * 10 + 3, 1)));
  t.strictSame(rig.store.lineBlocks.newest(), [], 'three of each operator');
  const { replies } = rig.engine.floor.network;
  t.strictSame(replies.get(`${CALLER} ${OPERATOR}`)?.blocked, [...Array<boolean>(7).fill(false), true, true, true]);
  t.strictSame(replies.get(`${CALLER} 7700000002`)?.blocked, [true, true, true]);
});

void t.test('numbers of unknown operators are counted as one', async (t) => {
  const { rig, pass } = await stage(() => BLOCKED);
  await pass('+79270000001', '+79280000001', '+79290000001', '+79370000001');
  t.match(rig.store.lineBlocks.newest(), [{ block: { operator: '?', blocked: 4 } }]);
});

void t.test(
  'a resumed pair counts anew, its leads come before the gate again, and only a suspended one resumes',
  async (t) => {
    const { rig, pass, clock } = await stage(() => BLOCKED);
    const { floor } = rig.engine;
    const caller = phoneOf(CALLER);
    t.throws(() => unblockLine(floor, caller, OPERATOR, 'x'), {
      code: 'NOT_FOUND',
      hint: 'no caller number is suspended',
    });
    await pass(...many(1, 4).map((i) => number(i)));
    t.equal(floor.network.suspended.size, 1);
    addLead(rig.store, rig.campaign.id, number(50), clock.now());
    const lead = rig.store.leads.find(rig.campaign.id, number(50));
    rig.store.leads.setState(lead?.id ?? 0, 'blocked', { reason: 'MAV_CALLER_SUSPENDED' }, clock.now());
    addLead(rig.store, rig.campaign.id, number(51), clock.now());
    const other = rig.store.leads.find(rig.campaign.id, number(51));
    rig.store.leads.setState(other?.id ?? 0, 'blocked', { reason: 'CONSENT_MISSING' }, clock.now());
    t.throws(() => unblockLine(floor, caller, '7700000002', 'x'), {
      code: 'NOT_FOUND',
      hint: `suspended: ${CALLER} towards ${OPERATOR}`,
    });
    t.match(unblockLine(floor, caller, OPERATOR, 'contract 7'), { blocked: 4, calls: 4 });
    t.equal(rig.store.leads.byId(lead?.id ?? 0)?.state, 'callable');
    t.equal(rig.store.leads.byId(other?.id ?? 0)?.state, 'blocked', 'what stopped it is not mended');
    t.match(rig.store.lineBlocks.newest(), [{ state: 'resumed' }]);
    t.match(rig.store.journal.of('line', `${CALLER} ${OPERATOR}`), [{ event: 'suspended' }, { event: 'resumed' }]);
    await clock.advance(1_000);
    await pass(number(61), number(62));
    t.equal(floor.network.suspended.size, 0, 'the blocks of before no longer count');
    await pass(number(63));
    t.equal(floor.network.suspended.size, 1, 'number 50 was called too: four anew');
  },
);

void t.test('a restart forgets neither suspensions nor counts, and counts from the last resumption', async (t) => {
  const store = newStore();
  const first = await stage(() => BLOCKED, store);
  await first.pass(...many(1, 4).map((i) => number(i)));
  await first.pass(...many(1, 3).map((i) => number(i, 1)));
  const kept = new Map(first.rig.engine.floor.network.replies);
  await first.rig.engine.stop();
  const second = await stage(() => BLOCKED, store, first.clock.now() + HOUR);
  const { network } = second.rig.engine.floor;
  t.strictSame([...network.suspended.keys()], [`${CALLER} ${OPERATOR}`]);
  t.strictSame(network.replies, kept);
  unblockLine(second.rig.engine.floor, phoneOf(CALLER), OPERATOR, 'mended');
  await second.clock.advance(1_000);
  await second.pass(number(70));
  await second.rig.engine.stop();
  const third = await stage(() => BLOCKED, store, second.clock.now() + HOUR);
  t.equal(third.rig.engine.floor.network.suspended.size, 0);
  t.strictSame(third.rig.engine.floor.network.replies.get(`${CALLER} ${OPERATOR}`)?.blocked, [true]);
  t.strictSame(third.rig.engine.floor.network.replies.get(`${CALLER} 7700000002`)?.blocked, [true, true, true]);
});

/** The same subscriber is called, others of his operator are reached, and he is called again `laterMs` after the first. */
async function twice(laterMs: number, between: 'reached' | 'reached elsewhere' | 'nobody' | 'himself reached') {
  const store = newStore();
  let himself = BLOCKED;
  const planOf = (phone: string) => (phone === number(1) ? himself : BUSY);
  const first = await stage(planOf, store);
  await first.pass(number(1));
  if (between === 'reached') await first.pass(number(2));
  if (between === 'reached elsewhere') await first.pass(number(2, 1));
  const again = (on: Stage): void => {
    const lead = store.leads.find(on.rig.campaign.id, number(1));
    if (lead === undefined) throw new Error('no such lead');
    const anew = { lead: lead.id, redial: lead.pass + 1, phone: lead.phone, place: 1, segment: 0, opened: [1] };
    store.redials.putBack(anew, on.clock.now());
  };
  if (between === 'himself reached') {
    himself = BUSY;
    again(first);
    await first.pass(number(2));
    himself = BLOCKED;
  }
  await first.rig.engine.stop();
  const row = store.attempts.ofPhone(number(1), 9).at(-1);
  const second = await stage(planOf, store, (row?.originated_at ?? 0) + laterMs);
  again(second);
  await second.pass();
  return { store, rig: second.rig, attempts: store.attempts.ofPhone(number(1), 9).map(({ id }) => id) };
}

void t.test(
  'two blocked calls a day apart suspect a refusal: the gate holds, with the attempts as evidence',
  async (t) => {
    const { store, rig, attempts } = await twice(24 * HOUR, 'reached');
    t.match(store.refusals.of(number(1)), { state: 'suspected', allowEntities: [] });
    const facts = store.gate.rehearse(
      {
        id: rig.campaign.id,
        state: 'running',
        purpose: 'informational',
        mode: 'progressive',
        entity: rig.campaign.spec.entity.inn,
        personalData: 'contract',
        caller: phoneOf(CALLER),
        maxAttemptsPerDay: null,
        maxAttemptsPerWeek: null,
        maxAttemptsPerLead: 9,
        maxAttemptsPerNumber: null,
        minIntervalMs: null,
        hours: null,
        dial: USUAL_PREFIXES,
        ceilings: [],
      },
      { id: null, phone: 79_160_000_001, zone: 'Europe/Moscow', region: null, person: null },
      policy,
      NOON + 30 * HOUR,
    );
    t.match(facts.verdict, { verdict: 'HOLD', primary: 'MAV_REFUSAL_SUSPECTED' });
    t.equal(attempts.length, 2);
    const [journal] = store.journal.of('refusal', attempts[0] ?? '');
    t.strictSame(JSON.parse(String(journal?.data)), { evidence: [...attempts].reverse() });
    t.equal(warnings(rig, /may have refused mass calls/).length, 1);
  },
);

void t.test('everything less suspects nobody', async (t) => {
  for (const [what, laterMs, between] of [
    ['sooner than a day', 23 * HOUR, 'reached'],
    ['nobody else of the operator was reached', 24 * HOUR, 'nobody'],
    ['others were, of another operator', 24 * HOUR, 'reached elsewhere'],
    ['he was reached himself in between', 30 * HOUR, 'himself reached'],
  ] as const) {
    const { store, attempts } = await twice(laterMs, between);
    t.ok(attempts.length >= 2, what);
    t.equal(store.refusals.of(number(1)), null, what);
  }
});
