import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import t from 'tap';
import {
  BEHAVIOURS,
  behaviourOf,
  MIX,
  MIX_PLACES,
  numberFor,
  type BehaviourName,
} from '../../asterisk/testbed/behaviours.ts';
import { pstnDialplan } from '../../asterisk/testbed/pstn-conf.ts';

const names = Object.keys(BEHAVIOURS) as BehaviourName[];

await t.test('every number of the plan is a valid Russian mobile one', async (t) => {
  for (const name of names) {
    for (const [ring, talkS, serial] of [
      [0, 1, 0],
      [45, 50, 500],
      [99, 99, 999],
    ] as const) {
      const number = numberFor(name, { ringMs: ring * BEHAVIOURS[name].ringStepMs, talkS, serial });
      const parsed = parsePhoneNumberFromString(number);
      t.match([parsed?.isValid(), parsed?.getType(), parsed?.country], [true, 'MOBILE', 'RU'], number);
    }
  }
});

await t.test('no two behaviours share a code, and each has its extension in the dialplan', async (t) => {
  t.equal(new Set(names.map((name) => BEHAVIOURS[name].code)).size, names.length);
  const dialplan = pstnDialplan(1);
  for (const name of names) {
    if (name !== 'mix') t.match(dialplan, new RegExp(`^exten => ${name},1,`, 'm'));
    t.match(dialplan, new RegExp(`^exten => _79${BEHAVIOURS[name].code}XXXXXXX,1,`, 'm'));
  }
});

await t.test('a number says ring, talk and serial in its digits; what does not fit is refused', async (t) => {
  t.equal(numberFor('human', { ringMs: 1500, talkS: 7, serial: 42 }), '+79031507042');
  t.equal(numberFor('human-late', { ringMs: 29_500, talkS: 7 }), '+79085907000');
  t.throws(() => numberFor('human', { ringMs: 10_000 }), RangeError);
  t.throws(() => numberFor('human', { serial: 1000 }), RangeError);
  t.throws(() => numberFor('human', { talkS: 1.5 }), RangeError);
});

await t.test('the mix is fixed by number and seed, differs by seed, and keeps its shares', async (t) => {
  t.equal(MIX_PLACES.length, 256);
  const numbers = Array.from({ length: 10 }, (_, talkS) =>
    Array.from({ length: 1000 }, (_, serial) => numberFor('mix', { talkS, serial })),
  ).flat();
  const drawn = numbers.map((number) => behaviourOf(number, 1));
  t.strictSame(
    drawn,
    numbers.map((number) => behaviourOf(number.slice(1), 1)),
  );
  t.notSame(
    drawn,
    numbers.map((number) => behaviourOf(number, 2)),
  );
  for (const [name, share] of MIX) {
    const got = drawn.filter((one) => one === name).length / drawn.length;
    t.ok(Math.abs(got - share / 256) < 0.02, `${name}: ${got}`);
  }
});

await t.test('a number outside the plan has no behaviour', async (t) => {
  for (const number of ['+74951234567', '+79990000000', '+7903', 'agent1']) t.equal(behaviourOf(number, 1), null);
});
