import type { CampaignSpec, RetriedDisposition } from './campaign-file.ts';
import type { DialMode } from './core/campaign.ts';
import { isCharged } from './core/charges.ts';
import type { RetryRule } from './core/retry.ts';
import type { Problem } from './problems.ts';
import type { Parsed } from './validate.ts';

/** Modes in which a call reaches a person before an agent is found for it. */
const MAY_ABANDON: ReadonlySet<DialMode> = new Set(['progressive', 'predictive']);

/** Rules that no agent, and nobody without one, can bring about. */
const NEVER_IN: Readonly<Partial<Record<RetriedDisposition, (mode: DialMode) => string | null>>> = {
  abandoned: (mode) => (MAY_ABANDON.has(mode) ? null : `mode ${mode} has an agent, or needs none, before each answer`),
  machine: (mode) => (mode === 'robot' ? 'mode robot has no agent who could mark a call so' : null),
};

/** Retry rules and caps the file writes that can never apply; `spec` is the file with its defaults. */
export function ruleProblems(
  spec: CampaignSpec,
  written: Partial<CampaignSpec>,
  problemAt: Parsed['problemAt'],
): Problem[] {
  const rules = Object.entries(written.retry ?? {}) as [RetriedDisposition, RetryRule | 'never'][];
  return [
    ...capProblems(spec, written, problemAt),
    ...rules.flatMap(([disposition, rule]) => {
      const found = faultOf(disposition, rule, spec);
      if (found === null) return [];
      const { key, why } = found;
      return [problemAt(['retry', disposition, ...(key === null ? [] : [key])], `never applies: ${why}`)];
    }),
  ];
}

interface Fault {
  readonly key: keyof RetryRule | null;
  readonly why: string;
}

function faultOf(disposition: RetriedDisposition, rule: RetryRule | 'never', spec: CampaignSpec): Fault | null {
  const { mode, maxAttemptsPerLead } = spec;
  const never = NEVER_IN[disposition]?.(mode) ?? null;
  if (never !== null) return { key: null, why: never };
  if (rule === 'never') return null;
  const retries = isCharged(disposition, 'lead') ? maxAttemptsPerLead - 1 : Infinity;
  if (retries === 0) return { key: null, why: 'maxAttemptsPerLead 1 leaves no second call' };
  if ((rule.times ?? 0) > retries) {
    return { key: 'times', why: `maxAttemptsPerLead ${maxAttemptsPerLead} leaves ${retries} more calls: lower it` };
  }
  if (rule.agent === 'reserved' && disposition !== 'abandoned') {
    return { key: 'agent', why: 'a call is owed, and an agent reserved for it, to those abandoned alone' };
  }
  if (rule.agent === 'reserved' && rule.number === 'next') {
    return { key: 'number', why: 'who is owed a call is called where he answered' };
  }
  return null;
}

function capProblems(spec: CampaignSpec, written: Partial<CampaignSpec>, problemAt: Parsed['problemAt']): Problem[] {
  const { maxAttemptsPerLead, maxAttemptsPerDay } = spec;
  const { maxAttemptsPerNumber = 0, maxAttemptsPerWeek = 0 } = written;
  const problems: Problem[] = [];
  if (maxAttemptsPerNumber > maxAttemptsPerLead) {
    const why = `never reached: maxAttemptsPerLead is ${maxAttemptsPerLead}`;
    problems.push(problemAt(['maxAttemptsPerNumber'], why));
  }
  if (maxAttemptsPerWeek > 7 * maxAttemptsPerDay) {
    const why = `never reached: maxAttemptsPerDay ${maxAttemptsPerDay} makes ${7 * maxAttemptsPerDay} in 7 days`;
    problems.push(problemAt(['maxAttemptsPerWeek'], why));
  }
  return problems;
}
