import t from 'tap';
import { NOTHING_MORE } from '../../lib/core/register/consent.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import { ENTITY, NOON, phoneOf } from '../helpers/rig.ts';
import { createRooms } from '../helpers/rooms.ts';

const number = (tail: string) => phoneOf(`+7916000${tail}`);

void t.test('an erased person’s rows keep their place and are in no list', (t) => {
  const { db, refusals, optOuts } = createRooms();
  for (const tail of ['0001', '0002']) {
    refusals.insert(number(tail), { state: 'confirmed', since: NOON, allowEntities: [] }, 'complaint', NOON);
  }
  const act = { kind: 'opt-out', scope: 'global', entity: null, purpose: null, source: 'x' } as const;
  optOuts.insert(number('0001'), NOON, { ...act, attempt: null, evidence: null, note: null });
  for (const table of ['refusals', 'opt_outs']) {
    db.prepare(`UPDATE ${table} SET phone = -5 WHERE phone = ?`).run(phoneToInteger(number('0001')));
  }
  t.match(refusals.page(0, 10), [{ id: 2, phone: number('0002') }]);
  t.match(refusals.page(0, 10, { whole: true }), [{ id: 2 }]);
  t.equal(refusals.byId(1), null);
  t.strictSame(optOuts.phones(0, 10), []);
  t.end();
});

void t.test('external lists: which hold a number, those of the past too, and the numbers of one in order', (t) => {
  const { db, dnc } = createRooms();
  const list = db.prepare(
    'INSERT INTO dnc_lists (id, registry, taken_at, imported_at, state, numbers) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const hold = db.prepare('INSERT INTO dnc_numbers (phone, list) VALUES (?, ?)');
  list.run(1, 'tps', NOON - 9, NOON - 8, 'replaced', 1);
  list.run(2, 'tps', NOON - 3, NOON - 2, 'active', 3);
  hold.run(phoneToInteger(number('0001')), 1);
  for (const tail of ['0003', '0001', '0002']) hold.run(phoneToInteger(number(tail)), 2);
  t.strictSame(
    dnc.lists().map(({ id, state, takenAt }) => [id, state, takenAt]),
    [
      [1, 'replaced', NOON - 9],
      [2, 'active', NOON - 3],
    ],
  );
  t.strictSame(
    dnc.holding(number('0001')).map(({ id }) => id),
    [1, 2],
  );
  t.strictSame(dnc.holding(number('0009')), []);
  t.strictSame(dnc.numbers(2, 0, 2), [number('0001'), number('0002')]);
  t.strictSame(dnc.numbers(2, phoneToInteger(number('0002')), 2), [number('0003')]);
  t.end();
});

void t.test('a consent of the same words and day is a correction; of another day, a consent of its own', (t) => {
  const { consents } = createRooms();
  const consent = {
    ...NOTHING_MORE,
    phone: number('0001'),
    kinds: ['CALL'],
    purposes: [],
    entities: [ENTITY],
    givenAt: NOON,
    source: 'may',
  } as const;
  t.equal(consents.insert(consent, NOON), true);
  t.equal(consents.insert({ ...consent, source: 'june' }, NOON + 1), false, 'whoever brings it');
  t.equal(consents.insert({ ...consent, verifiedBy: 'sms' }, NOON + 2), true);
  t.equal(consents.insert({ ...consent, givenAt: NOON + 5 }, NOON + 6), true);
  t.match(consents.of(number('0001')), [
    { id: 2, verifiedBy: 'sms' },
    { id: 3, givenAt: NOON + 5, verifiedBy: null },
  ]);
  t.match(consents.history(number('0001')), [{ standing: false }, { standing: true }, { standing: true }]);
  t.equal(consents.insert(consent, NOON + 9), false, 'the words before the correction');
  t.end();
});
