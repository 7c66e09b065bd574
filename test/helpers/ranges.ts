import { placeOf } from '../../lib/core/region.ts';
import { loadRegions } from '../../lib/data/load.ts';
import type { createRanges } from '../../lib/store/ranges.ts';
import { NOON } from './rig.ts';

/** A range of the tests: no number of it is anybody's, and its operators are none. */
export interface TestRange {
  readonly first: number;
  readonly last: number;
  readonly operator: string;
  readonly inn?: string;
  readonly place?: string;
}

/** Puts these ranges, in the order of their numbers, in force as a whole register; answers its id. */
export function putInForce(ranges: ReturnType<typeof createRanges>, rows: readonly TestRange[], now = NOON): number {
  const regions = loadRegions('ru');
  const register = ranges.begin([{ name: 'test.csv', sha256: '0'.repeat(64), ranges: rows.length }], now);
  ranges.append(
    register,
    rows.map(({ first, last, operator, inn = '', place = 'Омская область' }) => [
      first,
      last,
      ranges.operator(operator, inn),
      ranges.place(place, placeOf(place, regions).regions),
    ]),
  );
  ranges.activate(register, { ranges: rows.length, codes: 1 }, now);
  return register;
}
