import t from 'tap';
import type { Commands } from '../../lib/control/protocol.ts';
import { desk, type Desk } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';

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
