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

await t.test('classes carry their jurisdiction', async (t) => {
  t.same(classOf('+79161234567' as Phone), { kind: 'mobile', jurisdiction: 'RU' });
  t.same(classOf('+74951234567' as Phone), { kind: 'geographic', jurisdiction: 'RU' });
  t.same(classOf('+77011234567' as Phone), { kind: 'other', jurisdiction: 'KZ' });
  t.same(classOf('+9991234567' as Phone), { kind: 'other', jurisdiction: '?' });
});
