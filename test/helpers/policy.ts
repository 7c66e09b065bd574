import { loadPolicy } from '../../lib/data/load.ts';
import { formatProblem } from '../../lib/problems.ts';
import { validateValue } from '../../lib/validate.ts';

/** The pack that ships for Russia. */
export const ruDefault = loadPolicy({ id: 'ru-default' }, (schema, value) =>
  validateValue(schema, value).map(formatProblem),
);
