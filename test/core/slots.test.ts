import t from 'tap';
import type { CronFields } from '../../lib/core/cron.ts';
import {
  decideSlot,
  lastSlot,
  localMs,
  localText,
  lookAt,
  reachedMinute,
  slotAt,
  slotsAfter,
} from '../../lib/core/slots.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const every = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => i + from);

function fields(changes: Partial<CronFields> = {}): CronFields {
  return {
    minute: [0],
    hour: [2],
    dayOfMonth: every(31, 1),
    month: every(12, 1),
    dayOfWeek: every(7),
    ...changes,
  };
}

for (const [zone, local, due, shown] of [
  ['Europe/Moscow', '2026-03-29T02:30', '2026-03-28T23:30Z', 'once'],
  ['Europe/Berlin', '2026-03-29T02:00', '2026-03-29T01:00Z', 'never'],
  ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:00Z', 'never'],
  ['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00Z', 'once'],
  ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30Z', 'twice'],
  ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00Z', 'once'],
  ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:00Z', 'never'],
  ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30Z', 'twice'],
  ['Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:30Z', 'never'],
  ['Australia/Lord_Howe', '2026-10-04T02:30', '2026-10-03T15:30Z', 'once'],
  ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45Z', 'twice'],
  ['America/Havana', '2026-03-08T00:00', '2026-03-08T05:00Z', 'never'],
  ['America/Havana', '2026-11-01T00:30', '2026-11-01T04:30Z', 'twice'],
  ['Asia/Beirut', '2026-03-29T00:30', '2026-03-28T22:00Z', 'never'],
  ['Asia/Kathmandu', '2026-03-29T02:00', '2026-03-28T20:15Z', 'once'],
] as const) {
  void t.test(`${zone} shows ${local} ${shown}: the slot comes at ${due}`, async (t) => {
    t.strictSame(slotAt(zone, localMs(local)), { local, dueAt: Date.parse(due), shown });
  });
}

void t.test('a date the zone never had has no slots: Apia went from 29 to 31 December 2011', async (t) => {
  t.equal(slotAt('Pacific/Apia', localMs('2011-12-30T02:00')), null);
  t.strictSame(
    [...take(3, slotsAfter(fields(), 'Pacific/Apia', localMs('2011-12-29T00:00')))].map(({ local }) => local),
    ['2011-12-29T02:00', '2011-12-31T02:00', '2012-01-01T02:00'],
  );
});

function* take<T>(count: number, from: Iterable<T>): Generator<T> {
  let taken = 0;
  for (const one of from) {
    yield one;
    taken += 1;
    if (taken === count) return;
  }
}

void t.test('each minute of a year comes once, and never before the one before it', async (t) => {
  for (const zone of ['Europe/Berlin', 'Australia/Lord_Howe', 'America/Havana', 'Asia/Beirut']) {
    let before = -Infinity;
    let local = '';
    for (const slot of slotsAfter(
      fields({ minute: [0, 15, 30, 45], hour: every(24) }),
      zone,
      localMs('2026-01-01T00:00'),
    )) {
      if (slot.local >= '2027') break;
      if (slot.dueAt < before) t.fail(`${zone} ${slot.local} comes before ${local}`);
      [before, local] = [slot.dueAt, slot.local];
    }
    t.equal(local, '2026-12-31T23:45', zone);
  }
});

for (const [behind, lateMs, decision] of [
  [-1, 0, 'wait'],
  [0, 0, 'run'],
  [MIN - 1, 0, 'run'],
  [MIN, 0, 'missed'],
  [MIN, 4 * HOUR, 'run-late'],
  [4 * HOUR, 4 * HOUR, 'run-late'],
  [4 * HOUR + 1, 4 * HOUR, 'missed'],
] as const) {
  void t.test(`${behind} ms behind its time with a window of ${lateMs / HOUR} h: ${decision}`, async (t) => {
    t.equal(decideSlot(1_000_000_000, 1_000_000_000 + behind, lateMs), decision);
  });
}

const at = (text: string): number => Date.parse(text);

void t.test('after three nights down with a window of 4 h the first two are missed, the last runs late', async (t) => {
  const look = lookAt(fields(), 'Europe/Moscow', localMs('2026-11-22T02:00'), at('2026-11-25T00:30Z'), 4 * HOUR);
  t.match(look.missed, { first: '2026-11-23T02:00', last: '2026-11-24T02:00', count: 2, orMore: false });
  t.match(look.due, { slot: { local: '2026-11-25T02:00' }, late: true });
});

void t.test('before the next slot nothing is due, and the next is told', async (t) => {
  const look = lookAt(fields(), 'Europe/Moscow', localMs('2026-11-22T02:00'), at('2026-11-22T10:00Z'), 0);
  t.match(look, { missed: null, due: null, next: { local: '2026-11-23T02:00' } });
});

void t.test('a slot that was handled does not come again when the clock is set back', async (t) => {
  const look = lookAt(fields(), 'Europe/Moscow', localMs('2026-11-25T02:00'), at('2026-11-24T22:00Z'), 4 * HOUR);
  t.match(look, { missed: null, due: null, next: { local: '2026-11-26T02:00' } });
});

void t.test('the second 02:30 of an October night finds its slot handled', async (t) => {
  const half = fields({ minute: [30] });
  const handled = localMs('2026-10-25T02:30');
  t.match(lookAt(half, 'Europe/Berlin', handled, at('2026-10-25T01:30Z'), 4 * HOUR), {
    due: null,
    next: { local: '2026-10-26T02:30' },
  });
});

void t.test('both slots of a gap come at its end, one after the other', async (t) => {
  const half = fields({ minute: [0, 30] });
  const end = at('2026-03-29T01:00Z');
  t.match(lookAt(half, 'Europe/Berlin', localMs('2026-03-28T02:30'), end, 0).due?.slot.local, '2026-03-29T02:00');
  t.match(lookAt(half, 'Europe/Berlin', localMs('2026-03-29T02:00'), end, 0).due?.slot.local, '2026-03-29T02:30');
});

void t.test('a year of minutes missed is one sum, counted so far as it matters, soon', async (t) => {
  const minutely = fields({ minute: every(60), hour: every(24) });
  const began = performance.now();
  const look = lookAt(minutely, 'Europe/Moscow', localMs('2025-11-25T02:00'), at('2026-11-25T00:00Z'), 10 * MIN);
  t.ok(performance.now() - began < 1_000);
  t.match(look.missed, { first: '2025-11-25T02:01', last: '2026-11-25T02:49', orMore: true });
  t.ok((look.missed?.count ?? 0) >= 10_000);
  t.match(look.due, { slot: { local: '2026-11-25T02:50' }, late: true });
});

void t.test('the minute reached stands still while clocks show an hour again', async (t) => {
  const reached = (text: string) => localText(reachedMinute('Europe/Berlin', at(text)));
  t.equal(reached('2026-10-25T00:59Z'), '2026-10-25T02:59');
  t.equal(reached('2026-10-25T01:10Z'), '2026-10-25T02:59');
  t.equal(reached('2026-10-25T02:00Z'), '2026-10-25T03:00');
  t.equal(reached('2026-03-29T01:00Z'), '2026-03-29T03:00');
});

void t.test('the last slot that came is found, however long ago', async (t) => {
  const now = at('2026-11-25T12:00Z');
  const last = (changes: Partial<CronFields>) => lastSlot(fields(changes), 'Europe/Moscow', now)?.local ?? null;
  t.equal(last({}), '2026-11-25T02:00');
  t.equal(last({ hour: [23] }), '2026-11-24T23:00');
  t.equal(last({ month: [2], dayOfMonth: [29] }), '2024-02-29T02:00');
});
