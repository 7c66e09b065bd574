import { join } from 'node:path';
import t from 'tap';
import { createStore } from '../../lib/store/store.ts';
import { putInForce } from '../helpers/ranges.ts';
import { NOON, phoneOf } from '../helpers/rig.ts';
import { createRooms, request, runningCampaign } from '../helpers/rooms.ts';
import { shortDir } from '../helpers/short-dir.ts';

const ROWS = [
  { first: 79_160_000_100, last: 79_160_000_199, operator: 'Первый', inn: '7700000001' },
  { first: 79_160_000_200, last: 79_160_000_200, operator: 'Второй', place: 'Российская Федерация' },
  { first: 79_180_000_000, last: 79_189_999_999, operator: 'Первый', inn: '7700000001' },
] as const;

void t.test('a number is looked up at both ends of its range, its code and the register', async (t) => {
  const { ranges } = createRooms();
  t.equal(ranges.factOf(79_160_000_150), null, 'no register says nothing');
  putInForce(ranges, ROWS);
  const first = { operator: { name: 'Первый', inn: '7700000001' }, regions: ['Омская область'] };
  const second = { operator: { name: 'Второй', inn: '' }, regions: [] };
  const table: readonly (readonly [phone: number, fact: unknown, what: string])[] = [
    [79_160_000_099, 'unallocated', 'one below the first range of its code'],
    [79_160_000_100, first, 'its first number'],
    [79_160_000_199, first, 'its last number'],
    [79_160_000_200, second, 'a range of one number'],
    [79_160_000_201, 'unallocated', 'one behind it'],
    [79_169_999_999, 'unallocated', 'the last number of the code'],
    [79_170_000_000, null, 'the next code, which the register lacks'],
    [79_179_999_999, null, 'its last number'],
    [79_180_000_000, first, 'the first number of a whole code'],
    [79_189_999_999, first, 'the last one'],
    [79_190_000_000, null, 'a code behind all'],
    [79_150_000_000, null, 'a code before all'],
    [442_071_838_750, null, 'a number of another country'],
  ];
  for (const [phone, fact, what] of table) t.strictSame(ranges.factOf(phone), fact, what);
});

void t.test('the gate’s facts carry the range, and the attempt and the ledger its operator', async (t) => {
  const rooms = createRooms();
  const campaign = runningCampaign(rooms);
  putInForce(rooms.ranges, ROWS);
  const of = (phone: string) =>
    rooms.factsFor(
      { ...request(campaign).campaign, state: 'running' },
      { id: null, phone: Number(phoneOf(phone).slice(1)), zone: null, region: null, person: null },
      { now: NOON, clockJumpedAt: null, covered: true, abandonment: { answered: 0, abandoned: 0 }, byDebtor: false },
    );
  t.match(of('+79160000100').range, { operator: { inn: '7700000001' } });
  t.equal(of('+79160000201').range, 'unallocated');
  t.equal(of('+79170000000').range, null);
  const block = { caller: phoneOf('+74951234567'), since: NOON, blocked: 31, calls: 100 };
  rooms.lineBlocks.suspend({ ...block, operator: '7700000001' });
  t.strictSame(of('+79160000100').lineBlock, { since: NOON, blocked: 31, calls: 100 });
  t.equal(of('+79160000200').lineBlock, null, 'another operator');
  t.equal(of('+79170000000').lineBlock, null, 'an unknown one');
  rooms.lineBlocks.suspend({ ...block, operator: '?' });
  t.match(of('+79170000000').lineBlock, { blocked: 31 }, 'unknown operators are one');
  rooms.lineBlocks.resume({ ...block, operator: '7700000001' }, NOON + 1, 'mended');
  t.equal(of('+79160000100').lineBlock, null, 'resumed');
});

void t.test(
  'a register is loaded beside the one in force and takes its place at once, the old one kept as history',
  async (t) => {
    const { ranges, db } = createRooms();
    const old = putInForce(ranges, ROWS);
    const register = ranges.begin([{ name: 'new.csv', sha256: '1'.repeat(64), ranges: 1 }], NOON + 1);
    ranges.append(register, [[79_160_000_100, 79_160_000_100, ranges.operator('Третий', ''), ranges.place('-', [])]]);
    t.match(ranges.factOf(79_160_000_100), { operator: { name: 'Первый' } }, 'in loading, nobody sees it');
    t.match(ranges.inForce(), { id: old, ranges: 3 });
    ranges.activate(register, { ranges: 1, codes: 1 }, NOON + 2);
    t.match(ranges.factOf(79_160_000_100), { operator: { name: 'Третий' } });
    t.equal(ranges.factOf(79_160_000_101), 'unallocated');
    t.equal(ranges.factOf(79_180_000_000), null);
    t.match(ranges.past(), [{ id: old, ranges: 3, files: [{ name: 'test.csv' }] }]);
    const left = () => db.prepare('SELECT count(*) FROM ranges WHERE register = ?').pluck().get(old);
    t.ok(ranges.sweep(2, null));
    t.equal(left(), 1, 'two ranges a slice');
    t.ok(ranges.sweep(2, null));
    t.equal(left(), 0);
    t.notOk(ranges.sweep(2, null), 'nothing is left');
    t.match(ranges.past(), [{ id: old, ranges: 3, codes: 1 }], 'its counts are kept');
    t.match(ranges.inForce(), { id: register, importedAt: NOON + 2 });
  },
);

void t.test(
  'a load cut short leaves the register in force; its leftover is swept, the load going on is not',
  async (t) => {
    const path = join(shortDir(t), 'x.db');
    const before = createStore(path);
    const inForce = putInForce(before.ranges, ROWS);
    const cut = before.ranges.begin([], NOON);
    before.ranges.append(cut, [
      [79_160_000_100, 79_160_000_999, before.ranges.operator('Обрыв', ''), before.ranges.place('-', [])],
    ]);
    before.close();
    const after = createStore(path);
    t.teardown(() => after.close());
    t.match(after.ranges.factOf(79_160_000_100), { operator: { name: 'Первый' } });
    const loading = after.ranges.begin([], NOON);
    while (after.ranges.sweep(500, loading));
    t.match(after.ranges.inForce(), { id: inForce, ranges: 3 });
    t.strictSame(after.ranges.past(), [], 'a load that never came into force is no history');
    after.ranges.append(loading, [
      [79_160_000_100, 79_160_000_100, after.ranges.operator('Третий', ''), after.ranges.place('-', [])],
    ]);
    after.ranges.activate(loading, { ranges: 1, codes: 1 }, NOON);
    t.match(after.ranges.factOf(79_160_000_100), { operator: { name: 'Третий' } });
    t.throws(() => after.ranges.activate(cut, { ranges: 1, codes: 1 }, NOON), /no range register/);
  },
);

void t.test('there is one register in force, never two', async (t) => {
  const { ranges, db } = createRooms();
  putInForce(ranges, ROWS);
  const second = ranges.begin([], NOON);
  t.throws(() => db.prepare(`UPDATE range_registers SET state = 'active' WHERE id = ?`).run(second), /UNIQUE/);
});

void t.test('a place is read anew with each register, by the zone table of the day', async (t) => {
  const { ranges } = createRooms();
  putInForce(ranges, [{ ...ROWS[0], place: 'Атлантида' }]);
  t.match(ranges.factOf(79_160_000_100), { regions: [] });
  ranges.place('Атлантида', ['Москва']);
  t.match(ranges.factOf(79_160_000_100), { regions: ['Москва'] });
});
