import t from 'tap';
import { codesMendedBy, REGISTERS } from '../../lib/core/mended-by.ts';
import { CODE_LIST, CODES, type Code } from '../../lib/core/verdict.ts';
import { REACHES } from './reaches.ts';

/** Only another number, another campaign, or nothing at all mends these. */
const FOR_GOOD: readonly Code[] = [
  'NUMBER_MALFORMED',
  'NUMBER_AMBIGUOUS',
  'NUMBER_EMERGENCY',
  'NUMBER_SHORT',
  'NUMBER_SERVICE_CODE',
  'NUMBER_PREMIUM',
  'NUMBER_UNASSIGNED',
  'NUMBER_HAS_EXTENSION',
  'OPT_OUT_ERASED',
];

void t.test('every code that keeps a lead until the data change is mended by some register, or for good', async (t) => {
  const mended = new Set(REGISTERS.flatMap(codesMendedBy));
  for (const code of CODE_LIST) {
    const keeps = CODES[code].severity !== 'DEFER' && (REACHES[code] ?? ['lead']).includes('lead');
    if (keeps) t.equal(mended.has(code), !FOR_GOOD.includes(code), code);
  }
});

void t.test('no register mends a code twice, and none mends what time alone mends', async (t) => {
  for (const register of REGISTERS) {
    const codes = codesMendedBy(register);
    t.equal(new Set(codes).size, codes.length, register);
    t.strictSame(
      codes.filter((code) => CODES[code].severity === 'DEFER' && code !== 'MAV_CALLER_NOT_YET_VALID'),
      [],
      register,
    );
  }
});
