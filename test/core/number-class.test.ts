import t from 'tap';
import { classOf, numberFault } from '../../lib/core/number-class.ts';
import type { Phone } from '../../lib/core/phone.ts';

const fault = (number: string, jurisdictions = ['RU']) => numberFault(number as Phone, jurisdictions)?.code ?? null;

await t.test('each class of +7, on both sides of its borders', async (t) => {
  const table: readonly (readonly [string, string | null])[] = [
    ['+79161234567', null],
    ['+79991234567', null],
    ['+74951234567', null],
    ['+73011234567', null],
    ['+78121234567', null],
    ['+78791234567', null],
    ['+77991234567', 'NUMBER_FOREIGN_JURISDICTION'],
    ['+77011234567', 'NUMBER_FOREIGN_JURISDICTION'],
    ['+76001234567', 'NUMBER_FOREIGN_JURISDICTION'],
    ['+75991234567', 'NUMBER_UNASSIGNED'],
    ['+72991234567', 'NUMBER_UNASSIGNED'],
    ['+71001234567', 'NUMBER_UNASSIGNED'],
    ['+70001234567', 'NUMBER_UNASSIGNED'],
    ['+78001234567', 'NUMBER_SERVICE_CODE'],
    ['+78031234567', 'NUMBER_SERVICE_CODE'],
    ['+78041234567', 'NUMBER_SERVICE_CODE'],
    ['+78081234567', 'NUMBER_SERVICE_CODE'],
    ['+78091234567', 'NUMBER_PREMIUM'],
    ['+78101234567', null],
    ['+78401234567', 'NUMBER_FOREIGN_JURISDICTION'],
    ['+78411234567', null],
    ['+79401234567', 'NUMBER_FOREIGN_JURISDICTION'],
    ['+79411234567', null],
    ['+442071838750', 'NUMBER_FOREIGN_JURISDICTION'],
    ['+7916123456', 'NUMBER_MALFORMED'],
    ['+791612345678', 'NUMBER_MALFORMED'],
    ['79161234567', 'NUMBER_MALFORMED'],
    ['+7112', 'NUMBER_EMERGENCY'],
    ['+78105', 'NUMBER_SHORT'],
  ];
  for (const [number, code] of table) t.equal(fault(number), code, number);
});

await t.test('a policy opens the jurisdictions it lists, and no class that is never dialed', async (t) => {
  t.equal(fault('+77011234567', ['RU', 'KZ']), null);
  t.equal(fault('+78401234567', ['GE-AB']), null);
  t.equal(fault('+442071838750', ['GB']), null);
  t.equal(fault('+79161234567', ['KZ']), 'NUMBER_FOREIGN_JURISDICTION');
  t.equal(fault('+78091234567', ['RU', 'KZ']), 'NUMBER_PREMIUM');
});

await t.test('every code of +7 has the class of the numbering plan', async (t) => {
  const expected = (code: string): string => {
    if (code === '840' || code === '940') return 'other GE-AB';
    if (code === '809') return 'premium RU';
    if (code.startsWith('80')) return 'service RU';
    if (/^[348]/.test(code)) return 'geographic RU';
    if (code.startsWith('9')) return 'mobile RU';
    return /^[67]/.test(code) ? 'other KZ' : 'unassigned RU';
  };
  for (let code = 0; code < 1_000; code += 1) {
    const digits = String(code).padStart(3, '0');
    for (const rest of ['0000000', '9999999']) {
      const { kind, jurisdiction } = classOf(`+7${digits}${rest}` as Phone);
      if (`${kind} ${jurisdiction}` !== expected(digits)) t.fail(`${digits}${rest} is ${kind} ${jurisdiction}`);
    }
  }
  t.pass('2000 numbers');
});

await t.test('no service code is dialed under any law, no code of another country under this one', async (t) => {
  for (const code of ['800', '801', '802', '803', '804', '805', '806', '807', '808']) {
    t.equal(fault(`+7${code}1234567`, ['RU', 'KZ', 'GE-AB']), 'NUMBER_SERVICE_CODE', code);
  }
  for (const code of ['600', '699', '700', '799', '840', '940']) {
    t.equal(fault(`+7${code}1234567`), 'NUMBER_FOREIGN_JURISDICTION', code);
  }
  for (const first of ['0', '1', '2', '5']) {
    t.equal(fault(`+7${first}001234567`, ['RU', 'KZ']), 'NUMBER_UNASSIGNED', first);
  }
});

await t.test('classes carry their jurisdiction', async (t) => {
  t.same(classOf('+79161234567' as Phone), { kind: 'mobile', jurisdiction: 'RU' });
  t.same(classOf('+74951234567' as Phone), { kind: 'geographic', jurisdiction: 'RU' });
  t.same(classOf('+77011234567' as Phone), { kind: 'other', jurisdiction: 'KZ' });
  t.same(classOf('+9991234567' as Phone), { kind: 'other', jurisdiction: '?' });
});
