import t from 'tap';
import type { Commands } from '../../lib/control/commands.ts';
import { createStore } from '../../lib/store/store.ts';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { putInForce } from '../helpers/ranges.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, CALLER, NOON, phoneOf, serialIds } from '../helpers/rig.ts';

type Batch = Omit<Commands['ranges.rows']['args'], 'register'>;

const FILES = [{ name: 'DEF-9xx.csv', sha256: 'a'.repeat(64), ranges: 3 }];
const BATCH: Batch = {
  operators: [
    ['Первый', '7700000001'],
    ['Второй', ''],
  ],
  places: ['Город Москва, Московская область', 'Атлантида'],
  ranges: [79_160_000_000, 1_000, 0, 0, 79_160_001_000, 1, 1, 1, 79_180_000_000, 10_000_000, 0, 1],
};

async function load({ ask }: Desk, batches: readonly Batch[] = [BATCH], size = { ranges: 3, codes: 2 }) {
  const { register } = await ask('ranges.begin', { files: FILES, ...size, force: true });
  for (const batch of batches) await ask('ranges.rows', { register, ...batch });
  return ask('ranges.end', { register });
}

void t.test(
  'a register comes in batches, is in force at its end, and is told of by number and as a whole',
  async (t) => {
    const it = await desk();
    const { ask, clock, rig } = it;
    t.strictSame(await ask('ranges.status', { history: true }), { inForce: null, past: [] });
    t.match(await ask('ranges.show', { phone: '+79160000000' }), { kind: 'mobile', range: null });
    const done = await load(it, [
      { ...BATCH, ranges: BATCH.ranges.slice(0, 4) },
      { operators: [], places: [], ranges: BATCH.ranges.slice(4) },
    ]);
    t.match(done, { ranges: 3, codes: 2, operators: 2, places: 2, files: FILES });
    t.strictSame(done.unknownPlaces, [{ place: 'Атлантида', ranges: 2 }]);
    t.strictSame(await ask('ranges.show', { phone: '8 916 000 00 01' }), {
      phone: '+79160000001',
      kind: 'mobile',
      jurisdiction: 'RU',
      range: {
        from: '+79160000000',
        to: '+79160000999',
        operator: { name: 'Первый', inn: '7700000001' },
        place: 'Город Москва, Московская область',
        regions: ['Москва', 'Московская область'],
        zones: ['Europe/Moscow'],
      },
    });
    t.match(await ask('ranges.show', { phone: '+79160001000' }), { range: { regions: [], operator: { inn: '' } } });
    t.match(await ask('ranges.show', { phone: '+79160001001' }), { range: 'unallocated' });
    t.match(await ask('ranges.show', { phone: '+79170000000' }), { range: null });
    t.match(await ask('ranges.show', { phone: '+79400000000' }), { kind: 'other', jurisdiction: 'GE-AB' });
    t.match(rig.store.journal.of('ranges', String(done.id)), [{ event: 'activated' }]);

    const again = await load(it);
    await clock.advance(1_000);
    t.match(await ask('ranges.status', { history: true }), {
      inForce: { id: again.id },
      past: [{ id: done.id, ranges: 3 }],
    });
    t.strictSame((await ask('ranges.status', { history: false })).past, []);
    t.notOk(rig.store.ranges.sweep(500, null), 'the old ranges were deleted meanwhile');
  },
);

void t.test('what is no register never comes into force, and the one in force stays', async (t) => {
  const it = await desk();
  const { ask, rig } = it;
  const { id } = await load(it);
  const [first = 0, count = 0] = BATCH.ranges;
  const table: readonly (readonly [
    what: string,
    ranges: readonly number[],
    size: { ranges: number; codes: number },
  ])[] = [
    ['a batch cut short', [...BATCH.ranges, 79_190_000_000], { ranges: 3, codes: 2 }],
    ['an overlap by one number', [...BATCH.ranges.slice(0, 4), first + count - 1, 1, 0, 0], { ranges: 2, codes: 1 }],
    ['ranges out of order', [...BATCH.ranges.slice(4, 8), ...BATCH.ranges.slice(0, 4)], { ranges: 2, codes: 1 }],
    ['an empty range', [first, 0, 0, 0], { ranges: 1, codes: 1 }],
    ['a range past its code', [79_160_000_001, 10_000_000, 0, 0], { ranges: 1, codes: 1 }],
    ['a number of another country', [442_071_838_750, 1, 0, 0], { ranges: 1, codes: 1 }],
    ['an operator never sent', [first, 1, 2, 0], { ranges: 1, codes: 1 }],
    ['a place never sent', [first, 1, 0, 2], { ranges: 1, codes: 1 }],
    ['fewer ranges than announced', BATCH.ranges, { ranges: 4, codes: 2 }],
    ['other codes than announced', BATCH.ranges, { ranges: 3, codes: 3 }],
  ];
  for (const [what, ranges, size] of table) {
    t.match(await rejection(load(it, [{ ...BATCH, ranges }], size)), { code: 'RANGES_REFUSED' }, what);
    t.equal(rig.store.ranges.inForce()?.id, id, what);
  }
  t.match(await rejection(ask('ranges.begin', { files: FILES, ranges: 3, codes: 2, force: false })), {
    code: 'RANGES_REFUSED',
    message: /a whole register has at least 10000 of 50/,
  });
  t.match(await rejection(ask('ranges.end', { register: 99 })), { code: 'NOT_FOUND', hint: /import the files again/ });
});

void t.test('a second import ends the first, whose ranges are swept away', async (t) => {
  const it = await desk();
  const { ask, clock, rig } = it;
  const { register } = await ask('ranges.begin', { files: FILES, ranges: 3, codes: 2, force: true });
  await ask('ranges.rows', { register, ...BATCH });
  const done = await load(it);
  t.match(await rejection(ask('ranges.rows', { register, ...BATCH })), { code: 'NOT_FOUND' });
  await clock.advance(1_000);
  t.notOk(rig.store.ranges.sweep(500, null));
  t.strictSame(await ask('ranges.status', { history: true }), { inForce: rig.store.ranges.inForce(), past: [] });
  t.equal(rig.store.ranges.inForce()?.id, done.id);
});

void t.test(
  'a leftover of a crash is swept away soon after the start; the register in force answers meanwhile',
  async (t) => {
    const store = createStore(':memory:', { newAttemptId: serialIds() });
    const inForce = putInForce(store.ranges, [{ first: 79_160_000_000, last: 79_160_000_999, operator: 'Первый' }]);
    const cut = store.ranges.begin([], NOON);
    const [operator, place] = [store.ranges.operator('Обрыв', ''), store.ranges.place('-', [])];
    const rows = Array.from(
      { length: 1_200 },
      (_, i) => [79_160_000_000 + i, 79_160_000_000 + i, operator, place] as const,
    );
    store.ranges.append(cut, rows);
    const { ask, clock } = await desk({}, { store });
    t.match(await ask('ranges.show', { phone: '+79160000000' }), { range: { operator: { name: 'Первый' } } });
    await clock.advance(1_000);
    t.notOk(store.ranges.sweep(1, null));
    t.match(await ask('ranges.status', { history: true }), { inForce: { id: inForce }, past: [] });
  },
);

void t.test('a new register puts the leads that wanted one back before the gate, and no others', async (t) => {
  const it = await desk();
  const { rig, clock } = it;
  const states = (['NUMBER_UNALLOCATED', 'MAV_OPERATOR_UNKNOWN', 'CONSENT_MISSING'] as const).map((reason, i) => {
    const phone = number(`000${i}`);
    addLead(rig.store, rig.campaign.id, phone, NOON);
    const id = rig.store.leads.find(rig.campaign.id, phone)?.id ?? 0;
    rig.store.leads.setState(id, 'blocked', { reason }, NOON);
    return () => rig.store.leads.byId(id)?.state;
  });
  await load(it);
  await clock.advance(100);
  t.strictSame(
    states.map((state) => state()),
    ['callable', 'callable', 'blocked'],
  );
});

void t.test(
  'a suspended line is shown in status and in line list until a person resumes it, with a note',
  async (t) => {
    const store = createStore(':memory:', { newAttemptId: serialIds() });
    const block = { operator: '7700000001', since: NOON - 1, blocked: 31, calls: 100 };
    store.lineBlocks.suspend({ caller: phoneOf(CALLER), ...block });
    const { ask } = await desk({}, { store });
    const suspended = [{ phone: CALLER, ...block }];
    t.strictSame((await ask('status', {})).suspendedLines, suspended);
    t.strictSame((await ask('line.list', {})).suspended, suspended);
    const resume = { phone: '8 495 123-45-67', operator: '7700000001', note: 'contract 7' };
    t.match(await rejection(ask('line.unblock', { ...resume, note: '' })), { message: /line\.unblock: .*note/ });
    t.match(await rejection(ask('line.unblock', { ...resume, operator: '7700000002' })), { code: 'NOT_FOUND' });
    t.strictSame(await ask('line.unblock', resume), { phone: CALLER, operator: '7700000001' });
    t.strictSame((await ask('status', {})).suspendedLines, []);
    t.match(await rejection(ask('line.unblock', resume)), { code: 'NOT_FOUND', hint: 'no caller number is suspended' });
    const [row] = store.journal.of('line', `${CALLER} 7700000001`);
    t.strictSame(JSON.parse(String(row?.data)), { note: 'contract 7' });
  },
);
