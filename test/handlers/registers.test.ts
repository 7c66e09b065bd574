import t from 'tap';
import type { Commands } from '../../lib/control/commands.ts';
import { desk, number } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { CALLER, ENTITY, NOON } from '../helpers/rig.ts';

const LINE: Commands['line.add']['args'] = {
  phone: '8 (499) 765-43-21',
  operator: '*',
  entity: ENTITY,
  purposes: ['survey', 'informational'],
  label: 'Клиника',
  category: 'Медицина',
  validFrom: NOON,
  status: 'active',
};

void t.test('line add keeps the registration; the newest of a number, operator and entity counts', async (t) => {
  const { ask, rig } = await desk();
  const added = await ask('line.add', LINE);
  t.match(added, { phone: '+74997654321', purposes: ['informational', 'survey'], contract: null, validTo: null });
  t.match(rig.store.journal.of('line', String(added.id)), [{ event: 'added' }]);
  const second = await ask('line.add', { ...LINE, status: 'suspended', contract: 'No. 7' });
  await ask('line.add', { ...LINE, operator: 'mts' });
  const { lines } = await ask('line.list', {});
  t.strictSame(
    lines.map(({ phone, operator, status }) => `${phone} ${operator} ${status}`),
    [`${CALLER} * active`, '+74997654321 * suspended', '+74997654321 mts active'],
  );
  t.ok(second.id > added.id, 'the first is history, not overwritten');
});

void t.test('line add refuses what cannot be right', async (t) => {
  const { ask } = await desk();
  for (const [what, change, message] of [
    ['no number', { phone: 'our number' }, /“our number” is not a number to call/],
    ['an emergency number', { phone: '112' }, /112/],
    ['ends before it begins', { validTo: NOON - 1 }, /ends before it begins/],
    ['ends as it begins', { validTo: NOON }, /ends before it begins/],
  ] as const) {
    t.match(await rejection(ask('line.add', { ...LINE, ...change })), { code: 'USAGE', exit: 2, message }, what);
  }
  for (const [what, change] of [
    ['an entity that is no ИНН', { entity: '12345' }],
    ['no purposes', { purposes: [] }],
    ['an unknown status', { status: 'asleep' }],
    ['no label', { label: '' }],
  ] as const) {
    t.match(await rejection(ask('line.add', { ...LINE, ...change } as typeof LINE)), { message: /line\.add: / }, what);
  }
  t.equal((await ask('line.list', {})).lines.length, 1);
});

void t.test('opt-outs are recorded once, the first record stands, and are asked in any spelling', async (t) => {
  const { ask, clock, rig } = await desk();
  const phone = number('0001');
  t.strictSame(await ask('optout.show', { phone }), { phone, optOut: null, optOuts: [] });
  const at = clock.now();
  t.match(await ask('optout.add', { phone: '8 916 000 00 01', source: 'letter', note: 'of May' }), {
    phone,
    added: true,
    optOut: { at, source: 'letter', note: 'of May', attempt: null },
  });
  await clock.advance(5_000);
  t.match(await ask('optout.add', { phone, source: 'site' }), { added: false, optOut: { at, source: 'letter' } });
  t.match(await ask('optout.show', { phone: '89160000001' }), { phone, optOut: { at } });
  t.equal(rig.store.journal.of('opt-out', 'letter').length, 1);
  t.match(await rejection(ask('optout.add', { phone: '12', source: 'site' })), { code: 'USAGE' });
  t.match(await rejection(ask('optout.show', { phone: 'x' })), { code: 'USAGE' });
});

void t.test('consents of a phone nobody knows are none; a phone that is none is refused', async (t) => {
  const { ask } = await desk();
  t.strictSame(await ask('consent.show', { phone: '8 916 000-00-09' }), { phone: number('0009'), consents: [] });
  t.match(await rejection(ask('consent.show', { phone: '+7' })), { code: 'USAGE', exit: 2 });
});
