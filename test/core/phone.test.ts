import fc from 'fast-check';
import t from 'tap';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import {
  isPhoneInteger,
  parsePhone,
  phoneFromInteger,
  phoneToInteger,
  plainPhoneInteger,
} from '../../lib/core/phone.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { wrongWith } from '../fuzz/judge.ts';
import { nextSample } from '../fuzz/spellings.ts';

const MOBILE = '+79161234567';

await t.test('every usual spelling of one number gives one E.164', async (t) => {
  const spellings = [
    '89161234567',
    '79161234567',
    '+79161234567',
    '9161234567',
    '8 (916) 123-45-67',
    '+7 (916) 123-45-67',
    '(+7) 916 123-45-67',
    '916.123.45.67',
    '8\u00a0916\u00a0123\u202f45\u00a067',
    '8–916—123‑45−67',
    '\u202a+7 916 123-45-67\u202c',
    '\u200e8916\u200b1234567\ufeff',
    "'89161234567",
    '"8 916 123 45 67"',
    '＋79161234567',
    'тел. 8-916-123-45-67',
    'Тел.: +7 916 1234567',
    'тел. моб. 89161234567',
    'tel:+79161234567',
    '  89161234567;  ',
  ];
  for (const spelling of spellings) t.same(parsePhone(spelling), { ok: true, phone: MOBILE }, spelling);
});

await t.test('other classes keep their shape: the gate judges them, not the parser', async (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['8 (495) 123-45-67', '+74951234567'],
    ['8 800 555 35 35', '+78005553535'],
    ['809 123 45 67', '+78091234567'],
    ['+7 840 123-45-67', '+78401234567'],
    ['8 701 123 45 67', '+77011234567'],
    ['+7 500 123 45 67', '+75001234567'],
    ['+44 20 7183 8750', '+442071838750'],
    ['8 10 44 20 7183 8750', '+442071838750'],
    ['+7 940 123-45-67', '+79401234567'],
    ['7 775 123 45 67', '+77751234567'],
  ];
  for (const [spelling, e164] of table) {
    t.same(parsePhone(spelling), { ok: true, phone: e164 }, spelling);
  }
});

await t.test('what is not one dialable number is refused with its code', async (t) => {
  const table = {
    NUMBER_MALFORMED: [
      '',
      '   ',
      'нет',
      'Иван 89161234567',
      '7,91612E+10',
      '7.91612E+10',
      '7,91612Е+10',
      '8916123456.0',
      '89161234567\r\n',
      '8916\t1234567',
      '89161234567\u0000',
      '\u00858916123456',
      '٨٩١٦١٢٣٤٥٦٧',
      '891612345678',
      '+7916123456',
      '1234567',
      '8(800)555-3-35',
      '+8 916 123 45 67',
      '+1 000 000 0000',
      '+4965558917890760',
      '8 (916) 123-45-б7',
      '8 916 123-45-6О',
      '８９１６１２３４５６７',
      '7916123456',
      '7 (916) 123-45-6',
      '8 10 916 1234',
      '81091612345',
      '79161234567,00',
      '9'.repeat(201),
    ],
    NUMBER_AMBIGUOUS: [
      '89161234567, 89031234567',
      '89161234567;89031234567',
      '89161234567,89031234567',
      '89161234567 89031234567',
      '8916123456789031234567',
      '89161234567 или 89031234567',
      '+79161234567 +79031234567',
      '8 (495) 123-45-67/68',
    ],
    NUMBER_HAS_EXTENSION: [
      '8 (495) 123-45-67 доб. 12',
      '8 (495) 123-45-67 (доб.12)',
      '8 495 123 45 67 вн. 3',
      '84951234567#12',
      '84951234567 ext 5',
      '84951234567x5',
      'tel:+74951234567;ext=12',
      '84951234567,,12',
    ],
    NUMBER_EMERGENCY: [
      '112',
      '8-112',
      '+7 112',
      '8 (112)',
      '1-1-2',
      '+7 (01)',
      '101',
      '102',
      '103',
      '104',
      '8 (103)',
      '01',
      '02',
      '03',
      '04',
      '8-01',
    ],
    NUMBER_SHORT: ['900', '0500', '8800', '123456', '105', '05'],
  } as const;
  for (const [code, spellings] of Object.entries(table)) {
    for (const spelling of spellings) {
      const parsed = parsePhone(spelling);
      t.equal(parsed.ok ? parsed.phone : parsed.code, code, JSON.stringify(spelling));
    }
  }
});

await t.test('a spreadsheet’s damage is named as such', async (t) => {
  const parsed = parsePhone('7,91612E+10');
  t.match(parsed.ok ? '' : parsed.reason, /spreadsheet/);
});

await t.test('an extension on something that is no number keeps the number’s own fault', async (t) => {
  const parsed = parsePhone('112 доб. 3');
  t.equal(parsed.ok ? '' : parsed.code, 'NUMBER_EMERGENCY');
});

await t.test('property: a number once parsed parses to itself, whatever it came from', async () => {
  const digits = fc.stringMatching(/^\d{1,16}$/);
  const dressed = fc.tuple(
    fc.constantFrom('', '+', '8', '+7', 'тел. ', "'"),
    digits,
    fc.constantFrom('', ' доб. 1', ';', '.0'),
  );
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    dressed.map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (value) => {
      const parsed = parsePhone(value);
      if (!parsed.ok) return true;
      const again = parsePhone(parsed.phone);
      return /^\+[1-9]\d{6,14}$/.test(parsed.phone) && again.ok && again.phone === parsed.phone;
    }),
    { numRuns: 20_000 },
  );
});

await t.test('property: generated inputs come to what the number plan says, none accepted wrongly', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
      const sample = nextSample(seededRandom(seed));
      const wrong = wrongWith(sample);
      if (wrong !== null) throw new Error(`${sample.kind}: ${JSON.stringify(sample.text)} ${wrong}`);
    }),
    { numRuns: 20_000 },
  );
});

await t.test('property: plain spellings mean the same to the fast way as to the careful one', async () => {
  const sign = fc.constantFrom(...'0123456789', ...'0123456789', ' ', '-', '(', ')');
  const text = fc
    .tuple(fc.constantFrom('', '+', '+7', '8', '7', '810', '89'), fc.array(sign, { minLength: 7, maxLength: 20 }))
    .map(([prefix, signs]) => prefix + signs.join(''));
  fc.assert(
    fc.property(text, (plain) => {
      const fast = parsePhone(plain);
      // Quotes are taken off the careful way.
      const careful = parsePhone(`"${plain}"`);
      const integer = plainPhoneInteger(plain);
      if (integer !== null && !(fast.ok && phoneToInteger(fast.phone) === integer)) return false;
      return JSON.stringify(fast) === JSON.stringify(careful);
    }),
    { numRuns: 50_000 },
  );
});

await t.test('property: the library judges a number of +7 by its first six digits alone', async () => {
  const national = fc.stringMatching(/^(?:[3479]\d{9}|8[1-9]\d{8})$/);
  fc.assert(
    fc.property(national, fc.stringMatching(/^\d{4}$/), (digits, tail) => {
      const valid = (text: string): boolean => parsePhoneNumberFromString(`+7${text}`)?.isValid() === true;
      const other = digits.slice(0, 6) + tail;
      return valid(digits) === valid(other) && parsePhone(`+7${other}`).ok === valid(other);
    }),
    { numRuns: 5_000 },
  );
});

await t.test('property: isPhoneInteger knows the integers of numbers from others', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.integer({ min: 0, max: 99_999_999_999 }), fc.maxSafeInteger()), (integer) => {
      const parsed = parsePhone(`+${integer}`);
      return isPhoneInteger(integer) === (parsed.ok && Number(parsed.phone.slice(1)) === integer && integer % 1 === 0);
    }),
    { numRuns: 20_000 },
  );
});

await t.test('property: the integer of a number leads back to it', async () => {
  fc.assert(
    fc.property(fc.stringMatching(/^9\d{9}$/), (national) => {
      const parsed = parsePhone(`8${national}`);
      return parsed.ok && phoneFromInteger(phoneToInteger(parsed.phone)) === parsed.phone;
    }),
  );
});

await t.test('an integer that is no number’s is a bug and says so', async (t) => {
  for (const integer of [0, 999_999, -79161234567, 7.5, NaN, 1e15])
    t.throws(() => phoneFromInteger(integer), RangeError);
  t.equal(phoneFromInteger(999_999_999_999_999), '+999999999999999');
});

await t.test('a number of six digits behind a trunk 0 abroad is none: it would not parse to itself', async (t) => {
  t.match(parsePhone('+9809668'), { ok: false, code: 'NUMBER_MALFORMED' });
  t.equal(isPhoneInteger(989_668), false);
});
