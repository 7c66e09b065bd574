import t from 'tap';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { cancel, markAttempt } from '../../lib/dialer/attempt-run.ts';
import type { AgentId } from '../../lib/dialer/pbx.ts';
import type { CalleePlan } from '../../lib/sim/callees.ts';
import { createVirtualClock } from '../../lib/sim/clock.ts';
import { createSimulatedPbx } from '../../lib/sim/pbx.ts';
import { seededRandom } from '../../lib/sim/random.ts';
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

/** What a callee does, or we, with one call. */
type Call = CalleePlan | 'machine' | 'abandoned' | 'cancelled';

const refused = (sipCode: number, cause: number, rings = false): CalleePlan => ({
  kind: 'refuse',
  afterMs: 500,
  rings,
  cause,
  sipCode,
});
const BUSY = refused(486, 17);
const GONE = refused(404, 1);
const OFF = refused(480, 19);
const OVERLOADED = refused(503, 34);
const RING: CalleePlan = { kind: 'ring' };
const DEAD: CalleePlan = { kind: 'silence' };
const TALK: CalleePlan = { kind: 'answer', ringMs: 1_000, talkMs: 5_000 };
const PICKS_UP: CalleePlan = { kind: 'answer', ringMs: 3_000, talkMs: 8_000 };

const PHONES = [1, 2, 3].map((n) => phoneOf(`+7916000000${n}`));
const CALL_LIMIT_MS = 120_000;

interface Followed {
  /** `Wed 12:00 1 busy`: where the person is, the place of the number, the outcome. */
  readonly calls: readonly string[];
  /** `spent 5: 3 2`: the lead's state, what is charged to it, and to each of its numbers, with why it is closed. */
  readonly lead: string;
}

/**
 * Follows one lead to its end: at each time it is due a daemon starts anew on the same store, calls, and stops. Calls in
 * order as `calls` says; a lead still due after the last is left.
 */
async function follow(calls: readonly Call[], spec: Partial<CampaignSpec> = {}, numbers = 1): Promise<Followed> {
  const store = createStore(':memory:', { newAttemptId: serialIds() });
  const rest = [...calls];
  let at = NOON;
  while (rest.length > 0) {
    const clock = createVirtualClock(at);
    let call: Call = TALK;
    const pbx = createSimulatedPbx({
      clock,
      random: seededRandom(1),
      callees: () => {
        call = rest.shift() ?? TALK;
        return typeof call === 'string' ? PICKS_UP : call;
      },
    });
    const rig = buildRig({ clock, pbx, store, agents: 1, spec: { ends: 'base', wrapUpS: 0, ...spec } });
    await rig.engine.start();
    await clock.until(() => rig.engine.floor.holds.size === 0, 10_000);
    login(rig);
    await clock.until(rig.crewReady, 10_000);
    if (at === NOON) {
      addLead(store, rig.campaign.id, PHONES[0] ?? phoneOf(''), at, { others: PHONES.slice(1, numbers) });
      startCampaign(rig);
    }
    await clock.until(() => pbx.placed.length > 0 || due(rig) > clock.now() + CALL_LIMIT_MS, CALL_LIMIT_MS);
    await act(rig, call, clock);
    await clock.until(() => store.attempts.unresolved().length === 0, CALL_LIMIT_MS);
    t.strictSame(rig.fatal, []);
    const next = due(rig);
    await rig.engine.stop();
    if (next === Infinity) break;
    at = Math.max(clock.now() + 5_000, next);
  }
  return told(store);
}

/** When the lead is due again; Infinity: never. */
function due({ store }: Rig): number {
  const [lead] = store.leads.byPhone(PHONES[0] ?? phoneOf(''));
  if (lead?.state === 'promised') return store.callbacks.openOf(lead.id)?.dueAt ?? Infinity;
  return lead?.state === 'callable' || lead?.state === 'dialing' ? 0 : (lead?.next_at ?? Infinity);
}

/** Our side of the call. */
async function act(rig: Rig, call: Call, clock: ReturnType<typeof createVirtualClock>): Promise<void> {
  const [run] = rig.engine.floor.attempts.values();
  const agent = rig.engine.floor.agents.get('a1' as AgentId);
  if (run === undefined || agent === undefined || typeof call !== 'string') return;
  if (call === 'abandoned') moveAgent(rig.engine.floor, agent, 'pause');
  await clock.until(() => run.state === (call === 'machine' ? 'talking' : 'ringing'), 10_000);
  if (call === 'machine') markAttempt(rig.engine.floor, run, 'machine');
  if (call === 'cancelled') cancel(rig.engine.floor, run);
}

function told(store: ReturnType<typeof createStore>): Followed {
  const local = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/Moscow',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  const [lead] = store.leads.byPhone(PHONES[0] ?? phoneOf(''));
  const numbers = store.leads.numbersOf(lead?.id ?? 0);
  const placeOf = (phone: number) => numbers.find((number) => number.phone === phone)?.place;
  return {
    calls: store.attempts
      .recent(null, null, 50)
      .reverse()
      .map((row) => `${local.format(row.planned_at).replace(',', '')} ${placeOf(row.phone)} ${row.disposition}`),
    lead: `${lead?.state} ${lead?.attempts}: ${numbers
      .map(({ attempts, closed }) => `${attempts}${closed === null ? '' : ` ${closed}`}`)
      .join(', ')}`,
  };
}

const defaults = specWith().retry;
/** The campaign's own limits out of the way. */
const FREE = { maxAttemptsPerDay: 24, minIntervalMin: 1 } as const;

type Chain = readonly [
  title: string,
  calls: readonly Call[],
  spec: Partial<CampaignSpec>,
  numbers: number,
  followed: Followed['calls'],
  lead: Followed['lead'],
];

const CHAINS: readonly Chain[] = [
  [
    'busy: after 15 minutes; the gate’s defer is a time, and the lead is spent by its last call',
    [BUSY, BUSY, BUSY, BUSY, BUSY],
    {},
    1,
    ['Wed 12:00 1 busy', 'Wed 12:15 1 busy', 'Thu 12:00 1 busy', 'Thu 12:15 1 busy', 'Fri 12:00 1 busy'],
    'spent 5: 5',
  ],
  [
    'no answer: another part of another day, the numbers in turn',
    [RING, RING, RING, RING, RING],
    {},
    2,
    [
      'Wed 12:00 1 no-answer',
      'Thu 10:51 2 no-answer',
      'Fri 19:27 1 no-answer',
      'Sat 11:14 2 no-answer',
      'Sun 15:05 1 no-answer',
    ],
    'spent 5: 3, 2',
  ],
  [
    'unreachable: the next number after 2 hours',
    [OFF, OFF, TALK],
    FREE,
    3,
    ['Wed 12:00 1 unreachable', 'Wed 14:00 2 unreachable', 'Wed 16:00 3 talked'],
    'done 3: 1, 1, 1',
  ],
  [
    'machine: once more in another part of the week, then the next number at once',
    ['machine', 'machine', TALK],
    FREE,
    2,
    ['Wed 12:00 1 machine', 'Thu 10:51 1 machine', 'Thu 10:51 2 talked'],
    'done 3: 2 machine, 1',
  ],
  [
    'machine: once more, then the lead’s only number was tried in vain',
    ['machine', 'machine'],
    FREE,
    1,
    ['Wed 12:00 1 machine', 'Thu 10:51 1 machine'],
    'spent 2: 2 machine',
  ],
  [
    'congestion: charged to nobody, after 5 minutes as often as it takes',
    [OVERLOADED, OVERLOADED, OVERLOADED, OVERLOADED, OVERLOADED, OVERLOADED, TALK],
    FREE,
    1,
    [
      'Wed 12:00 1 congestion',
      'Wed 12:05 1 congestion',
      'Wed 12:10 1 congestion',
      'Wed 12:15 1 congestion',
      'Thu 12:00 1 congestion',
      'Thu 12:05 1 congestion',
      'Thu 12:10 1 talked',
    ],
    'done 1: 1',
  ],
  [
    'trunk failure: charged to nobody, after 2 minutes',
    [DEAD, DEAD, DEAD, TALK],
    FREE,
    1,
    ['Wed 12:00 1 trunk-failure', 'Wed 12:02 1 trunk-failure', 'Wed 12:04 1 trunk-failure', 'Wed 12:07 1 talked'],
    'done 1: 1',
  ],
  [
    'cancelled: not charged to the lead, after 15 minutes',
    ['cancelled', TALK],
    FREE,
    1,
    ['Wed 12:00 1 cancelled', 'Wed 12:15 1 talked'],
    'done 1: 1',
  ],
  [
    'abandoned: owed a call, made with an agent reserved',
    ['abandoned', TALK],
    FREE,
    1,
    ['Wed 12:00 1 abandoned', 'Wed 12:15 1 talked'],
    'done 2: 2',
  ],
  [
    'abandoned by predictive mode: called back before its 72 hours are over, for the agent is there first',
    ['abandoned', TALK],
    { ...FREE, mode: 'predictive' },
    1,
    ['Wed 12:00 1 abandoned', 'Wed 12:15 1 talked'],
    'done 2: 2',
  ],
  [
    'abandoned by predictive mode, not owed a call: not called for 72 hours',
    ['abandoned', TALK],
    { ...FREE, mode: 'predictive', retry: { ...defaults, abandoned: { afterMin: 15 } } },
    1,
    ['Wed 12:00 1 abandoned', 'Sat 12:00 1 talked'],
    'done 2: 2',
  ],
  [
    'unallocated: never again; the next number at once',
    [GONE, GONE, TALK],
    FREE,
    3,
    ['Wed 12:00 1 unallocated', 'Wed 12:00 2 unallocated', 'Wed 12:00 3 talked'],
    'done 3: 1 unallocated, 1 unallocated, 1',
  ],
  [
    'unallocated on its only number: the lead is done',
    [GONE],
    FREE,
    1,
    ['Wed 12:00 1 unallocated'],
    'done 1: 1 unallocated',
  ],
  [
    'invalid number, declined, blocked: never again on this number',
    [refused(410, 22), refused(603, 21, true), refused(603, 21)],
    FREE,
    3,
    ['Wed 12:00 1 invalid-number', 'Wed 12:00 2 declined', 'Wed 12:00 3 blocked'],
    'done 3: 1 invalid-number, 1 declined, 1 blocked',
  ],
  [
    'unwanted: nobody calls this person again, on whatever number',
    [refused(607, 127)],
    FREE,
    3,
    ['Wed 12:00 1 unwanted'],
    'done 1: 1, 0, 0',
  ],
  [
    'opted out: nobody calls this person again, on whatever number',
    [{ kind: 'answer', ringMs: 1_000, talkMs: 9_000, digit: { afterMs: 2_000, digit: '9' } }],
    FREE,
    2,
    ['Wed 12:00 1 opted-out'],
    'opted-out 1: 1, 0',
  ],
  ['talked: the lead is done, whatever numbers it has', [TALK], FREE, 2, ['Wed 12:00 1 talked'], 'done 1: 1, 0'],
  [
    'a cap of 2 a number: then the next one',
    [BUSY, BUSY, BUSY, BUSY],
    { ...FREE, maxAttemptsPerNumber: 2 },
    2,
    ['Wed 12:00 1 busy', 'Wed 12:15 1 busy', 'Wed 12:30 2 busy', 'Wed 12:45 2 busy'],
    'spent 4: 2, 2',
  ],
  [
    'a cap of 3 in any 7 days: the fourth call is a week after the first',
    [BUSY, BUSY, BUSY, TALK],
    { ...FREE, maxAttemptsPerWeek: 3 },
    1,
    ['Wed 12:00 1 busy', 'Wed 12:15 1 busy', 'Wed 12:30 1 busy', 'Wed 12:00 1 talked'],
    'done 4: 4',
  ],
];

for (const [title, planned, spec, numbers, calls, lead] of CHAINS) {
  void t.test(title, async (t) => t.strictSame(await follow(planned, spec, numbers), { calls, lead }));
}
