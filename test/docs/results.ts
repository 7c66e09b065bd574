import { campaignResults } from '../../lib/campaign-results.ts';
import { takesTime } from '../../lib/core/result.ts';
import { code, table } from './markdown.ts';

/** The results that ship, of docs/results.md. */
export const RESULT_TABLES: Readonly<Record<string, () => string>> = {
  results: () =>
    table(
      ['Digits', 'Title', 'Code', 'Stage', 'Then', 'Target'],
      campaignResults({}).map((result) => [
        code(result.digits) + (takesTime(result) ? ' and the time' : ''),
        result.titles.join(': '),
        code(result.code),
        result.stage,
        code(result.then) + (result.afterMin === null ? '' : ` after ${result.afterMin} min`),
        result.target ? 'yes' : '',
      ]),
    ),
};
