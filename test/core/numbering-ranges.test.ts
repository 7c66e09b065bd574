import t from 'tap';
import { codeOf, readRange, tooSmall } from '../../lib/core/numbering-ranges.ts';

const ROW = '900;1400000;1599999;200000;ООО "Т2 МОБАЙЛ";-;Город Москва, Московская область;7743895280';

void t.test('a row is read as the register publishes it', async (t) => {
  t.strictSame(readRange(ROW), {
    first: 79_001_400_000,
    last: 79_001_599_999,
    operator: 'ООО "Т2 МОБАЙЛ"',
    inn: '7743895280',
    place: 'Город Москва, Московская область',
  });
  t.match(readRange('301;2200000;2200000;1;АО "X";г. Чита;-;'), { place: 'г. Чита', inn: '', last: 73_012_200_000 });
  t.match(readRange('301;2200000;2200000;1;АО "X";-;;770000000000'), { place: '-', inn: '770000000000' });
  t.equal(codeOf(79_001_599_999), 7_900);
});

void t.test('a row that is wrong in one thing is refused with that thing', async (t) => {
  const table: readonly (readonly [from: string | RegExp, to: string, why: RegExp])[] = [
    [/^900/, '90', /code “90”/],
    [/^900/, '9000', /code “9000”/],
    [/^900/, '100', /begin with 3, 4, 8 or 9/],
    ['1400000', '140000', /“140000” to “1599999”/],
    ['1599999', '15999990', /seven digits/],
    ['1599999', '1399999', /begins at 1400000 behind its end 1399999/],
    [';200000;', ';199999;', /holds 200000 numbers, but its Емкость is 199999/],
    [';200000;', ';;', /Емкость is $/],
    ['ООО "Т2 МОБАЙЛ"', '', /names no operator/],
    ['7743895280', '774389528', /ИНН “774389528” is not/],
    ['7743895280', '77438952801', /ИНН “77438952801” is not/],
    ['7743895280', '7743895280;', /9 cells instead of 8/],
    [';7743895280', '', /7 cells instead of 8/],
  ];
  for (const [from, to, why] of table) t.match(readRange(ROW.replace(from, to)), why, String(why));
});

void t.test(
  'a register is whole from 10 000 ranges of 50 codes on, and not clearly smaller than the one before',
  async (t) => {
    const size = (ranges: number, codes: number) => ({ ranges, codes });
    t.equal(tooSmall(size(10_000, 50), null), null);
    t.match(tooSmall(size(9_999, 50), null), /9999 ranges of 50 codes: a whole register has at least 10000 of 50/);
    t.match(tooSmall(size(10_000, 49), null), /of 49 codes/);
    t.equal(tooSmall(size(18_000, 90), size(20_000, 100)), null);
    t.match(tooSmall(size(17_999, 90), size(20_000, 100)), /clearly smaller than the register in force, 20000 of 100/);
    t.match(tooSmall(size(18_000, 89), size(20_000, 100)), /clearly smaller/);
  },
);
