import t from 'tap';
import { DISPOSITIONS, type Disposition } from '../../lib/core/outcome.ts';
import {
  afterAttempt,
  backOn,
  inTurn,
  type LeadPast,
  type NextStep,
  openPlaces,
  type RetryLimits,
} from '../../lib/core/retry.ts';
import { partAt } from '../../lib/core/week-parts.ts';
import { MONDAY, moscowHours } from './hours.ts';

const MINUTE = 60_000;

const LIMITS: RetryLimits = {
  rules: {
    busy: { afterMin: 15 },
    'no-answer': { afterMin: 180, otherHours: true, number: 'next' },
    unreachable: { afterMin: 120, number: 'next' },
    machine: { afterMin: 60, times: 1 },
    abandoned: { afterMin: 15, agent: 'reserved' },
    'trunk-failure': { afterMin: 2 },
    unallocated: 'never',
  },
  perLead: 5,
  perNumber: null,
};

const number = (place: number, attempts = 0, closed: string | null = null) => ({ place, attempts, closed });

/** A lead never called, with so many open numbers. */
const fresh = (numbers = 1): LeadPast => ({
  id: 1,
  place: 1,
  attempts: 0,
  tried: 0,
  fired: {},
  numbers: Array.from({ length: numbers }, (_, i) => number(i + 1)),
});

function after(disposition: Disposition, lead: Partial<LeadPast> = {}, limits: Partial<RetryLimits> = {}): NextStep {
  const ended = { disposition, placedAt: MONDAY - 30_000, now: MONDAY };
  return afterAttempt(ended, { ...fresh(), ...lead }, { ...LIMITS, ...limits }, () => moscowHours);
}

void t.test('busy comes back after its minutes on the same number, and is charged', async (t) => {
  t.match(after('busy', fresh(2)), {
    event: 'retry',
    nextAt: MONDAY + 15 * MINUTE,
    place: 1,
    charged: true,
    closes: null,
  });
});

void t.test('the last charged attempt of a lead exhausts it; one before it does not', async (t) => {
  t.equal(after('busy', { attempts: 3 }).event, 'retry');
  t.equal(after('busy', { attempts: 4 }).event, 'exhausted');
});

void t.test(
  'a trunk failure or congestion is charged to nobody and exhausts no lead that has attempts left',
  async (t) => {
    t.match(after('trunk-failure', { attempts: 4 }), {
      event: 'retry',
      nextAt: MONDAY + 2 * MINUTE,
      charged: false,
      tried: 0,
    });
  },
);

void t.test('talked and unknown end the lead whatever the rules say, and whatever numbers it has', async (t) => {
  const rules = { ...LIMITS.rules, talked: { afterMin: 1 }, unknown: { afterMin: 1 } };
  for (const disposition of ['talked', 'unknown'] as const) {
    t.match(after(disposition, fresh(2), { rules }), { event: 'resolved', nextAt: null });
  }
  t.equal(after('unwanted', fresh(2)).event, 'resolved', 'so does an outcome without a rule');
});

void t.test('a call the PBX never took frees the lead; an opt-out closes it', async (t) => {
  t.match(after('not-placed'), { event: 'voided', nextAt: null, charged: false });
  t.equal(after('opted-out', fresh(2)).event, 'opted-out');
});

void t.test('never closes the number, and the next open one is due at once', async (t) => {
  t.match(after('unallocated', fresh(3)), { event: 'retry', nextAt: MONDAY, place: 2, closes: 'unallocated' });
  const [one, two, three] = [number(1), number(2), number(3, 0, 'CONSENT_MISSING')];
  t.match(after('unallocated', { place: 2, numbers: [one, two, three] }), { place: 1, event: 'retry' }, 'round');
  t.match(
    after('unallocated', { numbers: [one, three] }),
    { event: 'resolved', closes: 'unallocated' },
    'none is left',
  );
  t.match(after('unallocated', { ...fresh(2), attempts: 4 }), { event: 'exhausted', closes: 'unallocated' });
});

void t.test('number: next goes round the open numbers, and back to the same when it is the only one', async (t) => {
  t.match(after('unreachable', fresh(2)), { place: 2, nextAt: MONDAY + 120 * MINUTE });
  t.match(after('unreachable', { ...fresh(2), place: 2 }), { place: 1 });
  t.match(after('unreachable'), { place: 1, event: 'retry' });
  t.strictSame(inTurn([1, 3, 4], 3), [4, 1, 3]);
});

void t.test('a number has its own cap: then the lead goes on with the next one, or is spent', async (t) => {
  const limits = { perNumber: 2 };
  t.match(after('busy', { numbers: [number(1, 0), number(2)] }, limits), { place: 1 });
  t.match(after('busy', { numbers: [number(1, 1), number(2)] }, limits), { place: 2, event: 'retry', closes: null });
  t.equal(after('busy', { numbers: [number(1, 1), number(2, 2)] }, limits).event, 'exhausted');
  t.strictSame(openPlaces([number(1, 2), number(2, 1), number(3, 0, 'busy')], 2), [2]);
});

void t.test('a rule applies to a lead so many times; then its number counts as tried in vain', async (t) => {
  const first = after('machine', fresh(2));
  t.match(first, { event: 'retry', place: 1, nextAt: MONDAY + 60 * MINUTE, fired: { machine: 1 } });
  t.match(after('machine', { ...fresh(2), fired: first.fired }), {
    event: 'retry',
    place: 2,
    nextAt: MONDAY,
    closes: 'machine',
    fired: { machine: 1 },
  });
  t.equal(after('machine', { fired: first.fired }).event, 'exhausted', 'no other number');
});

void t.test('agent: reserved promises a call, due after its minutes', async (t) => {
  t.match(after('abandoned'), { event: 'promised', nextAt: MONDAY + 15 * MINUTE, charged: true });
  t.equal(after('abandoned', { attempts: 4 }).event, 'exhausted', 'within the lead’s cap');
});

void t.test('otherHours waits for another part of the day on another weekday', async (t) => {
  const next = after('no-answer');
  t.equal(next.tried, partAt(moscowHours, MONDAY), 'the part it was called in is kept');
  t.ok((next.nextAt ?? 0) >= MONDAY + 180 * MINUTE);
  t.equal(partAt(moscowHours, next.nextAt ?? 0) & next.tried, 0);
  const unknown = afterAttempt(
    { disposition: 'no-answer', placedAt: MONDAY, now: MONDAY },
    fresh(),
    LIMITS,
    () => null,
  );
  t.match(unknown, { nextAt: MONDAY + 180 * MINUTE, tried: 0 }, 'nobody knows the hours: the minutes alone');
});

void t.test('every disposition leads somewhere, and only a retry or a promise has a time', async (t) => {
  for (const disposition of DISPOSITIONS) {
    const next = after(disposition);
    t.equal(next.event === 'retry' || next.event === 'promised', next.nextAt !== null, disposition);
  }
});

void t.test(
  'a lead that goes back to the queue does so on a number that may still be called, or not at all',
  async (t) => {
    const number = (place: number, attempts: number, closed: string | null = null) => ({ place, attempts, closed });
    const limits = { perLead: 6, perNumber: 3 };
    const cases = [
      ['its own while that is open', { attempts: 2, place: 1, numbers: [number(1, 2), number(2, 0)] }, 1],
      ['the next when its own had its last call', { attempts: 3, place: 1, numbers: [number(1, 3), number(2, 0)] }, 2],
      ['the next when its own is closed', { attempts: 1, place: 2, numbers: [number(1, 0), number(2, 1, 'busy')] }, 1],
      ['none when none is open', { attempts: 4, place: 1, numbers: [number(1, 3), number(2, 1, 'unallocated')] }, null],
      ['none when the lead had its last call', { attempts: 6, place: 1, numbers: [number(1, 2)] }, null],
    ] as const;
    for (const [title, lead, place] of cases) t.equal(backOn(lead, limits), place, title);
  },
);

void t.test('a call not charged gives no lead back whose promise took it past its cap', async (t) => {
  for (const disposition of ['trunk-failure', 'not-placed'] as const) {
    t.match(after(disposition, { attempts: 5 }), { event: 'exhausted', charged: false }, disposition);
  }
});
