import t from 'tap';
import {
  addReply,
  blockedClass,
  breaks,
  networkReply,
  NO_REPLIES,
  suspects,
  type EarlierCall,
  type EndedCall,
} from '../../lib/core/blocked.ts';
import type { Disposition } from '../../lib/core/outcome.ts';
import { HOUR, NOON, policy } from './given.ts';

const rules = policy.mav!.blocked;

/** Refused with 603 after a second, without ringing. */
const refused: EndedCall = {
  originatedAt: NOON,
  rangAt: null,
  answeredAt: null,
  cancelledAt: null,
  endedAt: NOON + 1_000,
  disposition: 'declined',
  cause: 21,
  sipCode: 603,
  heard: true,
};

void t.test('the pack says what compliance says', async (t) => {
  t.strictSame(rules, { withinS: 3, ownTrunkMs: 100, window: 100, share: 0.3, gapH: 24, lookBackDays: 90 });
});

void t.test('a call is classed blocked, and not next to the border of each rule', async (t) => {
  const table: readonly (readonly [what: string, change: Partial<EndedCall>, expected: string | null])[] = [
    ['603', {}, 'blocked_603'],
    ['607, which Asterisk calls 127', { sipCode: 607, cause: 127 }, 'blocked_607'],
    ['608', { sipCode: 608, cause: 127 }, 'blocked_608'],
    ['cause 21 without a SIP code', { sipCode: null }, 'blocked_cause_21'],
    ['cause 21 in a Reason of another code', { sipCode: 480 }, 'blocked_cause_21'],
    ['127 without a SIP code says nothing', { sipCode: null, cause: 127 }, null],
    ['busy', { sipCode: 486, cause: 17 }, null],
    ['600', { sipCode: 600, cause: 17 }, null],
    ['604', { sipCode: 604, cause: 1 }, null],
    ['at 3 s', { endedAt: NOON + 3_000 }, 'blocked_603'],
    ['past 3 s', { endedAt: NOON + 3_001 }, null],
    ['it rang', { rangAt: NOON + 500 }, null],
    ['it was answered', { answeredAt: NOON + 500 }, null],
    ['we hung up', { cancelledAt: NOON + 500 }, null],
    ['nobody heard the end', { heard: false }, null],
    ['403 at 100 ms is the own trunk’s', { sipCode: 403, endedAt: NOON + 100 }, null],
    ['403 past 100 ms', { sipCode: 403, endedAt: NOON + 101 }, 'blocked_cause_21'],
    ['603 at once', { endedAt: NOON + 1 }, 'blocked_603'],
    ['401 is the own trunk’s', { sipCode: 401 }, null],
    ['407 is the own trunk’s', { sipCode: 407 }, null],
  ];
  for (const [what, change, expected] of table) t.equal(blockedClass({ ...refused, ...change }, rules), expected, what);
});

void t.test('a network’s reply is blocked, passed or none', async (t) => {
  const reply = (change: Partial<EndedCall>) => networkReply({ ...refused, ...change }, rules);
  t.equal(reply({}), 'blocked');
  t.equal(reply({ rangAt: NOON }), 'passed', 'declined by a person');
  const passed: Disposition[] = ['talked', 'abandoned', 'opted-out', 'busy', 'no-answer', 'unallocated', 'unreachable'];
  for (const disposition of passed) t.equal(reply({ disposition, cause: 16, sipCode: null }), 'passed', disposition);
  for (const disposition of ['trunk-failure', 'not-placed', 'unknown', 'cancelled'] as const) {
    t.equal(reply({ disposition, cause: null, sipCode: null }), null, disposition);
  }
  t.equal(reply({ disposition: 'cancelled', cancelledAt: NOON, rangAt: NOON }), 'passed', 'it rang until we hung up');
  t.equal(reply({ sipCode: 403, endedAt: NOON + 50 }), null, 'the own trunk’s no');
});

const afterReplies = (pattern: readonly boolean[]) =>
  pattern.reduce((before, blocked, at) => addReply(before, { blocked, phone: `p${at}`, at }, rules), NO_REPLIES);
const share = (blocked: number, passed: number) => [
  ...Array<boolean>(passed).fill(false),
  ...Array<boolean>(blocked).fill(true),
];

void t.test('the breaker opens above 30 of 100, not at 30, and by whole windows alone', async (t) => {
  t.equal(breaks(afterReplies(share(30, 70)), rules), null);
  t.strictSame(breaks(afterReplies(share(31, 69)), rules), { blocked: 31, calls: 100 });
  t.equal(breaks(afterReplies(share(30, 0)), rules), null, 'thirty alone might still be thirty of a hundred');
  t.strictSame(breaks(afterReplies(share(31, 0)), rules), { blocked: 31, calls: 31 });
  t.equal(breaks(afterReplies([...share(31, 0), ...share(0, 100)]), rules), null, 'old blocks leave the window');
  t.strictSame(breaks(afterReplies([...share(31, 0), ...share(0, 69)]), rules), { blocked: 31, calls: 100 });
  t.equal(breaks(afterReplies([...share(31, 0), ...share(0, 70)]), rules), null, 'the first leaves with the 101st');
});

void t.test('the last passed calls are kept of two different numbers', async (t) => {
  const of = (phones: readonly string[]) =>
    phones.reduce((before, phone, at) => addReply(before, { blocked: phone === 'x', phone, at }, rules), NO_REPLIES);
  t.strictSame(of(['a', 'b', 'x', 'b']).passed, [
    { phone: 'b', at: 3 },
    { phone: 'a', at: 0 },
  ]);
  t.strictSame(of(['a', 'b', 'c']).passed, [
    { phone: 'c', at: 2 },
    { phone: 'b', at: 1 },
  ]);
});

const blockedAt = (id: string, at: number, change: Partial<EarlierCall> = {}): EarlierCall => ({
  ...refused,
  id,
  caller: '+74950000001',
  registered: true,
  originatedAt: at,
  endedAt: at + 500,
  ...change,
});

void t.test(
  'two blocked calls a day apart suspect a refusal while others were reached; everything less does not',
  async (t) => {
    const second = blockedAt('b', NOON);
    const first = blockedAt('a', NOON - 24 * HOUR);
    const reached = () => NOON - HOUR;
    const ask = (
      earlier: readonly EarlierCall[],
      call = second,
      passedTo: (caller: string) => number | null = reached,
    ) => suspects(call, earlier, passedTo, rules);
    t.strictSame(ask([first]), ['a', 'b'], 'exactly 24 h apart');
    t.equal(ask([]), null, 'one alone never');
    t.equal(ask([blockedAt('a', NOON - 24 * HOUR + 1)]), null, '1 ms less than 24 h');
    t.equal(ask([first], { ...second, rangAt: NOON + 100 }), null, 'the second rang');
    t.equal(ask([{ ...first, rangAt: first.originatedAt }]), null, 'the first rang');
    t.equal(ask([first], { ...second, registered: false }), null, 'the second caller was not registered');
    t.equal(ask([{ ...first, registered: false }]), null, 'the first caller was not registered');
    t.equal(
      ask([first], second, () => null),
      null,
      'nobody else was reached',
    );
    t.equal(
      ask([first], second, () => first.endedAt),
      null,
      'others were reached before the first alone',
    );
    t.strictSame(
      ask([first], second, () => first.endedAt + 1),
      ['a', 'b'],
      'or right after it',
    );
    const other = { ...first, caller: '+74950000002' };
    t.strictSame(ask([other]), ['a', 'b'], 'two caller numbers, both reach others');
    t.equal(
      ask([other], second, (caller) => (caller === other.caller ? null : reached())),
      null,
      'one of them reaches nobody',
    );
    const busy = blockedAt('m', NOON - HOUR, { disposition: 'busy', cause: 17, sipCode: 486 });
    t.equal(ask([busy, first]), null, 'a call in between got through');
    t.strictSame(ask([blockedAt('m', NOON - HOUR), first]), ['a', 'm', 'b'], 'all blocked calls are evidence');
    const noReply = blockedAt('m', NOON - HOUR, { disposition: 'trunk-failure', cause: null, sipCode: null });
    t.strictSame(ask([noReply, first]), ['a', 'b'], 'a call without any reply proves nothing');
    const old = NOON + 500 - 90 * 24 * HOUR;
    t.strictSame(ask([blockedAt('a', old, { endedAt: old })]), ['a', 'b'], '90 days back');
    t.equal(ask([blockedAt('a', old - 1, { endedAt: old - 1 })]), null, 'longer ago');
  },
);
