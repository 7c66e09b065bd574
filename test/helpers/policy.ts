import { PURPOSES } from '../../lib/core/campaign.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { loadPolicy } from '../../lib/data/load.ts';
import { formatProblem } from '../../lib/problems.ts';
import { validateValue } from '../../lib/validate.ts';

/** The pack that ships for Russia. */
export const ruDefault = loadPolicy({ id: 'ru-default' }, (schema, value) =>
  validateValue(schema, value).map(formatProblem),
);

/** The same law with no hours: for tests that live by the wall clock, whatever it shows. */
export const openAllHours: Policy = {
  ...ruDefault,
  windows: Object.fromEntries(
    PURPOSES.map((purpose) => {
      const always = { fromMin: 0, toMin: 1_440 };
      return [purpose, { work: always, off: always, holiday: always }];
    }),
  ) as Policy['windows'],
};
