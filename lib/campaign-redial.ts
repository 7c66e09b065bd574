import type { CampaignSpec } from './campaign-file.ts';
import { campaignResults } from './campaign-results.ts';
import type { ResultStep } from './core/result.ts';
import type { Problem } from './problems.ts';
import type { Parsed } from './validate.ts';

/** Results that are for good: nobody is called again after them. */
const FOR_GOOD: Readonly<Partial<Record<ResultStep, string>>> = {
  'opt-out': 'who asked never to be called is not called again',
  'wrong-number': 'a number that is not the person’s is not called again',
};

/** Re-dials that would never call anybody. `spec` has passed the schema and the checks of its results. */
export function redialProblems(spec: CampaignSpec, problemAt: Parsed['problemAt']): Problem[] {
  const { again, results } = spec.redial;
  if (again.length === 0 && results.length === 0) {
    return [
      problemAt(['redial'], 'a re-dial after no outcome and no result calls nobody: name one in again or results'),
    ];
  }
  const unmet = unmetFilter(spec);
  if (unmet !== null) return [problemAt(['redial', 'where', unmet.key], unmet.text)];
  const known = campaignResults(spec);
  return results.flatMap((code, i) => {
    const why = FOR_GOOD[known.find((result) => result.code === code)?.then ?? 'done'];
    return why === undefined ? [] : [problemAt(['redial', 'results', i], `after “${code}” nothing follows: ${why}`)];
  });
}

/** A filter that leaves none of those whom outcome or result would bring back. */
function unmetFilter({ redial }: CampaignSpec): { readonly key: string; readonly text: string } | null {
  const { again, results, where } = redial;
  const [disposition, result] = [textsOf(where?.['disposition']), textsOf(where?.['result'])];
  if (disposition !== null && results.length === 0 && !disposition.some((one) => (again as string[]).includes(one))) {
    return { key: 'disposition', text: 'no lead can meet this: again has none of these outcomes' };
  }
  if (result !== null && again.length === 0 && !result.some((one) => results.includes(one))) {
    return { key: 'result', text: 'no lead can meet this: redial.results has none of these' };
  }
  return null;
}

function textsOf(wanted: unknown): readonly string[] | null {
  if (typeof wanted === 'string') return [wanted];
  return Array.isArray(wanted) ? (wanted as string[]) : null;
}
