import type { CampaignSpec } from './campaign-file.ts';
import { DEFAULT_RESULTS, DEFAULT_STAGES, resultsOf, type Result, type ResultNode } from './core/result.ts';
import { nearest } from './nearest.ts';
import type { Path, Problem } from './problems.ts';
import type { Parsed } from './validate.ts';

/** The results an agent of this campaign may give; those that ship when its file has none. */
export function campaignResults({ results }: Pick<CampaignSpec, 'results'>): Result[] {
  return resultsOf(results ?? DEFAULT_RESULTS);
}

/** How far a talk of this campaign can come, the first stage first. */
export function campaignStages({ stages }: Pick<CampaignSpec, 'stages'>): readonly string[] {
  return stages ?? DEFAULT_STAGES;
}

/** What a group has not of its own. */
const OF_A_RESULT = ['code', 'stage', 'then', 'target', 'afterMin'] as const;

type ProblemAt = Parsed['problemAt'];

/** Mistakes in stages and results that the schema cannot see, and names of results nobody can give. */
export function resultProblems(written: Partial<CampaignSpec>, problemAt: ProblemAt): Problem[] {
  const stages = textsOf(written.stages) ?? DEFAULT_STAGES;
  const tree: unknown = written.results ?? DEFAULT_RESULTS;
  if (!isTree(tree)) return [];
  const problems: Problem[] = [];
  const codes = new Set<string>();
  if (written.results === undefined && stages !== DEFAULT_STAGES) {
    const lost = resultsOf(DEFAULT_RESULTS).find(({ stage }) => !stages.includes(stage));
    if (lost !== undefined) {
      const text = `the results that ship have the stage “${lost.stage}”, which is not here: give results too`;
      problems.push(problemAt(['stages'], text));
    }
    return problems;
  }

  const look = (nodes: readonly Partial<ResultNode>[], path: Path): void => {
    const digits = new Set<string>();
    for (const [i, node] of nodes.entries()) {
      const here = [...path, i];
      const add = (key: string, text: string, at: 'key' | 'value' = 'value'): void =>
        void problems.push(problemAt(key === '' ? here : [...here, key], text, at));
      if (typeof node.digit === 'string') {
        if (digits.has(node.digit)) add('digit', `digit ${node.digit} stands twice in this group`);
        digits.add(node.digit);
      }
      if (node.of !== undefined) {
        const own = OF_A_RESULT.find((key) => node[key] !== undefined);
        if (own !== undefined)
          add(own, `a group has no ${own}: write it at one of its results, or leave out “of”`, 'key');
        if (isTree(node.of)) look(node.of, [...here, 'of']);
        continue;
      }
      const lacks = (['code', 'stage', 'then'] as const).find((key) => node[key] === undefined);
      if (lacks !== undefined) add('', `a result needs a ${lacks}; a group of results needs “of”`);
      if (typeof node.code === 'string') {
        if (codes.has(node.code)) add('code', `the code “${node.code}” stands twice`);
        codes.add(node.code);
      }
      if (typeof node.stage === 'string' && !stages.includes(node.stage)) {
        add('stage', `there is no stage “${node.stage}”; ${mend(node.stage, stages)}`);
      }
      const waits = node.then === 'retry' || node.then === 'callback';
      if (node.then === 'retry' && node.afterMin === undefined) add('then', 'retry needs afterMin: when to call again');
      if (!waits && node.then !== undefined && node.afterMin !== undefined) {
        add('afterMin', `only retry and callback wait; after ${node.then} nothing is due`, 'key');
      }
    }
  };
  if (written.results === undefined) for (const { code } of resultsOf(DEFAULT_RESULTS)) codes.add(code);
  else look(tree, ['results']);
  return [...problems, ...unknownCodes(written, [...codes], problemAt)];
}

/** A re-dial by a result nobody can give would never call anybody. */
function unknownCodes({ redial }: Partial<CampaignSpec>, codes: readonly string[], problemAt: ProblemAt): Problem[] {
  return (textsOf(redial?.results) ?? []).flatMap((code, i) =>
    codes.includes(code)
      ? []
      : [problemAt(['redial', 'results', i], `there is no result “${code}”; ${mend(code, codes)}`)],
  );
}

function mend(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near === null ? `known: ${names.join(', ')}` : `did you mean “${near}”?`;
}

function textsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : null;
}

function isTree(value: unknown): value is readonly Partial<ResultNode>[] {
  return Array.isArray(value) && value.every((node) => typeof node === 'object' && node !== null);
}
