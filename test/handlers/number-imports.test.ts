import t from 'tap';
import type { NumbersInto } from '../../lib/control/commands/imports.ts';
import { phoneToInteger } from '../../lib/core/phone.ts';
import { ENTITY } from '../helpers/rig.ts';
import { desk, number, type Desk } from '../helpers/desk.ts';
import { rejection } from '../helpers/rejection.ts';
import { addLead, login, NOON, specWith } from '../helpers/rig.ts';

type Ask = Desk['ask'];

const GLOBAL: NumbersInto = { kind: 'optout', scope: 'global' };
const fingerprint = (letter: string): string => letter.repeat(64);
const numbersOf = (...tails: string[]): number[] => tails.map((tail) => phoneToInteger(number(tail)));
const dnc = (takenAt: number, force = false): NumbersInto => ({ kind: 'dnc', registry: 'TPS', takenAt, force });

/** A whole set, as the CLI would send it: so many numbers a request. */
async function send(ask: Ask, into: NumbersInto, numbers: readonly number[], print = 'a', step = 2) {
  const begun = await ask('numbers.begin', {
    into,
    list: 'x.csv',
    count: numbers.length,
    fingerprint: fingerprint(print),
  });
  for (let from = begun.done; from < numbers.length; from += step) {
    await ask('numbers.add', { import: begun.import, from, numbers: numbers.slice(from, from + step) });
  }
  return ask('numbers.end', { import: begun.import, duplicate: 0, rejected: 0 });
}

void t.test(
  'a set of opt-outs goes in whole; known ones are duplicates, and a lift opens the number again',
  async (t) => {
    const { ask, rig } = await desk();
    const { optOuts } = rig.store;
    const numbers = numbersOf('0001', '0002', '0003', '0004', '0005');
    await ask('optout.add', { phone: number('0002'), source: 'mail' });
    const lifted = { kind: 'lift', scope: 'global', entity: null, purpose: null, attempt: null, note: null } as const;
    await ask('optout.add', { phone: number('0003'), source: 'mail' });
    rig.store.commit(() => optOuts.insert(number('0003'), NOON + 1, { ...lifted, source: 'court', evidence: 'paper' }));
    t.strictSame(await send(ask, GLOBAL, numbers), { accepted: 4, duplicate: 1, rejected: 0 });
    t.strictSame(await send(ask, GLOBAL, numbers), { accepted: 0, duplicate: 5, rejected: 0 }, 'repeated');
    for (const tail of ['0001', '0002', '0003', '0005']) {
      t.match(optOuts.of(number(tail)), [{ scope: 'global', source: tail === '0002' ? 'mail' : 'import x.csv' }], tail);
    }
  },
);

void t.test('scopes of a set are kept apart, and close only the leads they reach', async (t) => {
  const { ask, rig } = await desk();
  const { store, campaign } = rig;
  for (const tail of ['0001', '0002', '0003']) addLead(store, campaign.id, number(tail), NOON);
  const stateOf = (tail: string) => store.leads.byPhone(number(tail)).map(({ state, reason }) => `${state} ${reason}`);
  await send(ask, { kind: 'optout', scope: 'entity', entity: '7702222222' }, numbersOf('0001'), 'a');
  t.strictSame(stateOf('0001'), ['callable null'], 'another company’s');
  await send(ask, { kind: 'optout', scope: 'entity', entity: ENTITY }, numbersOf('0001'), 'b');
  t.strictSame(stateOf('0001'), ['opted-out OPT_OUT_ENTITY']);
  await send(ask, { kind: 'optout', scope: 'purpose', purpose: specWith().purpose }, numbersOf('0002'), 'c');
  t.strictSame(stateOf('0002'), ['opted-out OPT_OUT_PURPOSE']);
  t.equal(store.optOuts.of(number('0001')).length, 2);
  t.strictSame(await send(ask, GLOBAL, numbersOf('0001', '0003'), 'd'), { accepted: 2, duplicate: 0, rejected: 0 });
  t.strictSame(stateOf('0003'), ['opted-out OPT_OUT_GLOBAL']);
});

void t.test('a set ends live calls to its numbers at once, and a sparse one finds its leads among many', async (t) => {
  const { ask, rig, clock, pbx } = await desk({ '0001': { kind: 'ring' }, '0002': { kind: 'ring' } });
  const { store, campaign } = rig;
  for (let i = 1; i < 100; i++) addLead(store, campaign.id, number(String(i).padStart(4, '0')), NOON);
  login(rig);
  await ask('campaign.start', { name: 'test' });
  await clock.until(() => pbx.placed.length > 0, 10_000);
  const placed = pbx.placed.map(({ phone }) => phone);
  t.ok(placed.includes(number('0001')));
  await send(ask, GLOBAL, numbersOf('0001', '0099'));
  await clock.until(() => ![...campaign.attempts].some((run) => run.phone === number('0001')), 1_000);
  t.equal(store.attempts.ofPhone(number('0001'), 1)[0]?.disposition, 'cancelled');
  t.strictSame(
    store.leads.byPhone(number('0099')).map(({ state }) => state),
    ['opted-out'],
  );
  const [check] = store.checks
    .of(campaign.id, ENTITY, 'informational', 2_000)
    .filter(({ law }) => law.includes('opted'));
  t.match(check, { ok: true }, 'a call placed before the commit was lawful');
});

void t.test('an import cut short goes on where its last commit was', async (t) => {
  const { ask, rig } = await desk();
  const numbers = numbersOf('0001', '0002', '0003', '0004');
  const begin = { into: GLOBAL, list: 'x.csv', count: 4, fingerprint: fingerprint('a') };
  const first = await ask('numbers.begin', begin);
  await ask('numbers.add', { import: first.import, from: 0, numbers: numbers.slice(0, 3) });
  const second = await ask('numbers.begin', begin);
  t.strictSame(second, { import: first.import, done: 3, accepted: 3, duplicate: 0 });
  t.match(
    await rejection(ask('numbers.add', { import: first.import, from: 0, numbers: numbers.slice(0, 3) })),
    { code: 'MOVE_REFUSED', message: /another command/ },
    'two commands cannot count the same numbers twice',
  );
  await ask('numbers.add', { import: first.import, from: 3, numbers: numbers.slice(3) });
  t.strictSame(await ask('numbers.end', { import: first.import, duplicate: 2, rejected: 1 }), {
    accepted: 4,
    duplicate: 2,
    rejected: 1,
  });
  t.match(rig.store.imports.byId(first.import), { accepted: 4, duplicate: 2, rejected: 1, done: 4 });
  t.not((await ask('numbers.begin', begin)).import, first.import, 'an ended one is begun anew');
});

void t.test('nothing but canonical numbers in ascending order comes through the socket', async (t) => {
  const { ask } = await desk();
  const { import: id } = await ask('numbers.begin', {
    into: GLOBAL,
    list: 'x',
    count: 9,
    fingerprint: fingerprint('a'),
  });
  const [a, b] = numbersOf('0001', '0002') as [number, number];
  for (const numbers of [[b, a], [a, a], [79_991], [8_916_000_0001], [1_000_000], [16_502_530_000.5]]) {
    t.match(
      await rejection(ask('numbers.add', { import: id, from: 0, numbers })),
      { message: /ascending order|numbers\[0\]: must be/ },
      String(numbers),
    );
  }
});

void t.test(
  'a do-not-call list is in force as a whole or not at all, and takes the place of the one before',
  async (t) => {
    const { ask, rig } = await desk();
    const { numberSets } = rig.store;
    const old = numbersOf('0001', '0002', '0003', '0004');
    const active = () => numberSets.dncList('TPS', 'active');
    const begun = await ask('numbers.begin', { into: dnc(NOON), list: 'x', count: 4, fingerprint: fingerprint('a') });
    await ask('numbers.add', { import: begun.import, from: 0, numbers: old.slice(0, 3) });
    t.match(await rejection(ask('numbers.end', { import: begun.import, duplicate: 0, rejected: 0 })), {
      message: '3 of 4 numbers have come',
    });
    t.equal(active(), undefined, 'loading');
    t.strictSame(await send(ask, dnc(NOON), old), { accepted: 4, duplicate: 0, rejected: 0 });
    t.match(active(), { numbers: 4, takenAt: NOON }, 'gone on, not begun again');
    t.strictSame(await send(ask, dnc(NOON), old), { accepted: 0, duplicate: 4, rejected: 0 }, 'the very same list');

    const later = NOON + 86_400_000;
    t.match(await rejection(send(ask, dnc(later), numbersOf('0001'), 'b')), {
      code: 'MOVE_REFUSED',
      message: 'the list has 1 numbers, the one in force 4',
      hint: /--force/,
    });
    t.match(await rejection(send(ask, dnc(NOON - 1), old, 'c')), { message: /taken before the one in force/ });
    const fresh = numbersOf('0003', '0004', '0005');
    await send(ask, dnc(later), fresh, 'd');
    t.match(active(), { numbers: 3, takenAt: later });
    t.strictSame(await ask('dnc.clear', { after: 0 }), { after: null });
    t.equal(numberSets.dncListToClear(), undefined, 'the old list’s numbers are gone');
    await send(ask, dnc(later + 1, true), numbersOf('0001'), 'e');
    t.match(active(), { numbers: 1 }, '--force');
  },
);
