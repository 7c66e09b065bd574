import t from 'tap';
import { wireVariables } from '../../asterisk/variables.ts';
import { PbxError } from '../../lib/dialer/pbx.ts';

await t.test('the dialer’s own variables and names of the form OBZVON_… go out as they are', async (t) => {
  const variables = {
    OBZ_APP: 'obzvon',
    OBZ_ATTEMPT: 'at-0123456789abc',
    'TIMEOUT(absolute)': '45',
    OBZVON_DEBT: '5 000 ₽, «Ромашка»; $5 & more',
    [`OBZVON_${'A'.repeat(64)}`]: 'x'.repeat(200),
  };
  t.strictSame(wireVariables(variables), variables);
});

await t.test(
  'no other name goes out: a variable of Asterisk’s, a function, an inherited or a forged one',
  async (t) => {
    for (const name of [
      '',
      'CALLERID(num)',
      'CHANNEL(context)',
      'SHELL(id)',
      'TIMEOUT(response)',
      '__OBZVON_A',
      '_OBZVON_A',
      'OBZVON_',
      'OBZVON_a',
      'OBZVON_A)',
      'OBZVON_A\n',
      'obzvon_a',
      'OBZ_APP2',
      `OBZVON_${'A'.repeat(65)}`,
      'DIALSTATUS',
      'PJSIP_HEADER(add,X-A)',
    ]) {
      t.throws(() => wireVariables({ [name]: '1' }), PbxError, JSON.stringify(name));
    }
  },
);

await t.test('no value goes out that would end a line, be an expression, or is long', async (t) => {
  for (const value of [
    'a\nb',
    'a\rb',
    '\0',
    'a\u001b[2J',
    'a\u0085b',
    'a\u2028b',
    '${SHELL(id)}',
    '$[1+1]',
    'x'.repeat(201),
  ]) {
    t.throws(() => wireVariables({ OBZVON_A: value }), PbxError, encodeURI(value.slice(0, 20)));
  }
});
