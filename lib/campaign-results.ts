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

type ProblemAt = Parsed['problemAt'];
type Node = Partial<ResultNode>;

/** Mistakes in stages and results that the schema cannot see, and a re-dial by a result nobody can give. */
export function resultProblems(written: Partial<CampaignSpec>, problemAt: ProblemAt): Problem[] {
  const { results } = written;
  const stages = textsOf(written.stages) ?? DEFAULT_STAGES;
  const codes = writtenCodes(results);
  const unknown = (textsOf(written.redial?.results) ?? []).flatMap((code, i) =>
    codes.includes(code)
      ? []
      : [problemAt(['redial', 'results', i], `there is no result “${code}”; ${mend(code, codes)}`)],
  );
  if (results === undefined) return [...shippedWithout(stages, problemAt), ...unknown];
  return [...groupProblems(results, ['results'], stages, new Set(), problemAt), ...unknown];
}

/** Codes of the results in a tree as written, which may have any mistake; of those that ship when there is none. */
export function writtenCodes(tree: unknown): string[] {
  const nodes = tree === undefined ? DEFAULT_RESULTS : nodesIn(tree);
  return nodes.flatMap(({ code, of }) => [
    ...(typeof code === 'string' ? [code] : []),
    ...(of === undefined ? [] : writtenCodes(of)),
  ]);
}

/** The results that ship need their stages. */
function shippedWithout(stages: readonly string[], problemAt: ProblemAt): Problem[] {
  const lost = resultsOf(DEFAULT_RESULTS).find(({ stage }) => !stages.includes(stage))?.stage;
  if (lost === undefined) return [];
  return [problemAt(['stages'], `the results that ship have the stage “${lost}”, which is not here: give results too`)];
}

/** `codes`: those of the nodes before, to which these are added. */
function groupProblems(
  tree: unknown,
  path: Path,
  stages: readonly string[],
  codes: Set<string>,
  problemAt: ProblemAt,
): Problem[] {
  const digits = new Set<string>();
  return nodesIn(tree).flatMap((node, i) => {
    const here = [...path, i];
    const found: Problem[] = [];
    const add = (key: string, text: string, at?: 'key'): void => void found.push(problemAt([...here, key], text, at));
    if (typeof node.digit === 'string') {
      if (digits.has(node.digit)) add('digit', `digit ${node.digit} stands twice in this group`);
      digits.add(node.digit);
    }
    if (node.of !== undefined) {
      const own = OF_A_RESULT.find((key) => node[key] !== undefined);
      if (own !== undefined)
        add(own, `a group has no ${own}: write it at one of its results, or leave out “of”`, 'key');
      return [...found, ...groupProblems(node.of, [...here, 'of'], stages, codes, problemAt)];
    }
    const { code, stage, then, afterMin } = node;
    const lacks = NEEDED.find((key) => node[key] === undefined);
    if (lacks !== undefined) found.push(problemAt(here, `a result needs a ${lacks}; a group of results needs “of”`));
    if (typeof code === 'string') {
      if (codes.has(code)) add('code', `the code “${code}” stands twice`);
      codes.add(code);
    }
    if (typeof stage === 'string' && !stages.includes(stage)) {
      add('stage', `there is no stage “${stage}”; ${mend(stage, stages)}`);
    }
    if (then === 'retry' && afterMin === undefined) add('then', 'retry needs afterMin: when to call again');
    if (then !== undefined && afterMin !== undefined && then !== 'retry' && then !== 'callback') {
      add('afterMin', `only retry and callback wait; after ${then} nothing is due`, 'key');
    }
    return found;
  });
}

const NEEDED = ['code', 'stage', 'then'] as const;
/** What a group has not of its own. */
const OF_A_RESULT = [...NEEDED, 'target', 'afterMin'] as const;

function mend(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near === null ? `known: ${names.join(', ')}` : `did you mean “${near}”?`;
}

function textsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : null;
}

function nodesIn(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.filter((node): node is Node => typeof node === 'object' && node !== null) : [];
}
