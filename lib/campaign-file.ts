import type { Window } from './core/calling-hours.ts';
import type { DialMode, Purpose } from './core/campaign.ts';
import type { PersonalDataBasis } from './core/facts.ts';
import type { Disposition } from './core/outcome.ts';
import type { ResultNode } from './core/result.ts';
import type { RetryRule } from './core/retry.ts';
import type { Filter, Segment } from './core/segment.ts';
import { filterProblems } from './campaign-filters.ts';
import { DEFAULT_PACING, type PacingSettings } from './core/pacing/settings.ts';
import { redialProblems } from './campaign-redial.ts';
import { resultProblems, writtenCodes } from './campaign-results.ts';
import { ruleProblems } from './campaign-rules.ts';
import { nearest } from './nearest.ts';
import { byPlace, type Problem } from './problems.ts';
import { deepFreeze, readYaml, type Checked, type Parsed } from './validate.ts';

/** Dispositions a retry rule may name; the others end the lead whatever the file says. */
export type RetriedDisposition = Exclude<Disposition, 'talked' | 'opted-out' | 'unwanted' | 'not-placed' | 'unknown'>;

/** A campaign file, checked, defaults filled in, frozen. */
export interface CampaignSpec {
  readonly name: string;
  /** For people; empty when the file gives none. */
  readonly title: string;
  readonly purpose: Purpose;
  readonly mode: DialMode;
  readonly entity: { readonly inn: string; readonly name: string };
  /** What the processing of the people's data rests on; absent: nothing, so nobody may be called. */
  readonly personalData?: { readonly basis: PersonalDataBasis; readonly document?: string };
  /** Caller number, E.164. */
  readonly line: string;
  readonly trunk: string;
  readonly agents: readonly string[] | 'all';
  readonly pacing: CampaignPacing;
  readonly policy: string;
  readonly ringTimeoutS: number;
  readonly wrapUpS: number;
  /** How long an answered callee may wait for an agent. */
  readonly answerLimitMs: number;
  /** `sound:NAME`. */
  readonly abandonMessage: string;
  /** Empty: switched off. */
  readonly optOutDigit: string;
  /** `sound:NAME`; absent: nothing is played. */
  readonly optOutMessage?: string;
  readonly maxAttemptsPerLead: number;
  readonly maxAttemptsPerDay: number;
  /** Attempts to one number in any 7 days; absent: no limit of the campaign's own. */
  readonly maxAttemptsPerWeek?: number;
  /** Attempts to one number of a lead in a pass; absent: as many as the lead may have. */
  readonly maxAttemptsPerNumber?: number;
  readonly minIntervalMin: number;
  /** `HH:MM` in the callee's zone, from inclusive, to exclusive; absent: the policy's alone. */
  readonly hours?: { readonly from: string; readonly to: string };
  /** `pass`: stop when nothing is callable now; `base`: go on until every lead is final. */
  readonly ends: 'pass' | 'base';
  readonly retry: Readonly<Record<RetriedDisposition, 'never' | RetryRule>>;
  /** Those first in whose local hour the base answers best. */
  readonly bestHour: boolean;
  /** Only leads of this filter are called. */
  readonly where?: Filter;
  readonly segments: readonly Segment[];
  /** How far a talk can come, the first stage first; absent: those of the results that ship. */
  readonly stages?: readonly string[];
  /** What agents say of a talk; absent: the results that ship. */
  readonly results?: readonly ResultNode[];
  readonly callbacks: CallbackSettings;
  readonly redial: RedialSettings;
  readonly price?: CallPrice;
  /** What it may use in any 24 hours. */
  readonly ceilings?: { readonly attemptsPerDay?: number; readonly spendPerDay?: number };
}

/** Calls agreed with people, asked for or owed to them. */
export interface CallbackSettings {
  /** How long after its time a callback may still be made. */
  readonly windowMin: number;
  /** What follows when the agreed agent is not free in that window. */
  readonly fallback: 'anyone' | 'retry' | 'drop';
  /** How long a person who found no agent is owed a call. */
  readonly owedMin: number;
  /** What a person hears who calls the line; `sound:NAME`. */
  readonly message: string;
}

/** Whom a new pass over the base calls again. */
export interface RedialSettings {
  readonly again: readonly RetriedDisposition[];
  /** Codes of results. */
  readonly results: readonly string[];
  readonly where?: Filter;
  readonly notWithinH: number;
  readonly maxPasses: number;
}

/** What calls cost, marking included. */
export interface CallPrice {
  readonly attempt: number;
  readonly minute?: number;
  readonly agentHour?: number;
  readonly currency?: string;
}

/** Pacing as the campaign file tells it; see `PacingSettings`. */
export interface CampaignPacing {
  /** Of mode `predictive`. */
  readonly method: 'predictive' | 'ratio';
  readonly target: number;
  readonly limit: number;
  readonly ratio: number;
  readonly maxRatio: number;
  /** Absent: no limit. */
  readonly maxUnanswered?: number;
  readonly expectedTalkS: number;
}

/** The campaign's own narrower calling hours, minutes from the callee's midnight; null: the policy's alone. */
export function campaignHours({ hours }: Pick<CampaignSpec, 'hours'>): Window | null {
  const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  return hours === undefined ? null : { fromMin: minutes(hours.from), toMin: minutes(hours.to) };
}

/** What the campaign's pacer is made with. */
export function pacingSettings(spec: CampaignSpec): PacingSettings {
  const { pacing } = spec;
  return {
    ...DEFAULT_PACING,
    method: spec.mode === 'predictive' ? pacing.method : 'progressive',
    ratio: pacing.ratio,
    target: pacing.target,
    limit: pacing.limit,
    graceMs: spec.answerLimitMs,
    maxRatio: pacing.maxRatio,
    maxUnanswered: pacing.maxUnanswered ?? Infinity,
    ringTimeoutMs: spec.ringTimeoutS * 1000,
    expectedTalkMs: pacing.expectedTalkS * 1000,
    expectedWrapUpMs: spec.wrapUpS * 1000,
  };
}

/** Names a campaign may refer to; those left out are not checked. */
export interface KnownNames {
  readonly trunks?: readonly string[];
  readonly agents?: readonly string[];
  readonly policies?: readonly string[];
}

/** Parses and checks a campaign file; with `known`, its references too. Every mistake at once. */
export function parseCampaign(text: string, file: string, known: KnownNames = {}): Checked<CampaignSpec> {
  const { value, asWritten, problems, problemAt } = readYaml(text, file, 'campaign');
  const written = (typeof value === 'object' && value !== null ? value : {}) as Partial<CampaignSpec>;
  const all = [
    ...problems,
    ...hoursInOrder(written, problemAt),
    ...spendWithoutPrice(written, problemAt),
    ...pacingAtOdds(written, problemAt),
    ...resultProblems(written, problemAt),
    ...unknownNames(written, known, problemAt),
    ...filterProblems(written, writtenCodes(written.results), problemAt),
    ...(problems.length > 0 ? [] : ruleProblems(value as CampaignSpec, asWritten as Partial<CampaignSpec>, problemAt)),
  ];
  if (all.length === 0) all.push(...redialProblems(value as CampaignSpec, problemAt));
  return all.length === 0
    ? { ok: true, value: deepFreeze(value) as CampaignSpec }
    : { ok: false, problems: all.sort(byPlace) };
}

function spendWithoutPrice({ ceilings, price }: Partial<CampaignSpec>, problemAt: Parsed['problemAt']): Problem[] {
  if (ceilings?.spendPerDay === undefined || price !== undefined) return [];
  return [
    problemAt(['ceilings', 'spendPerDay'], 'what is spent cannot be told without a price: give price.attempt too'),
  ];
}

function hoursInOrder({ hours }: Partial<CampaignSpec>, problemAt: Parsed['problemAt']): Problem[] {
  const isTime = (text: unknown): text is string => typeof text === 'string' && /^\d\d:\d\d$/.test(text);
  if (!isTime(hours?.from) || !isTime(hours.to) || hours.from < hours.to) return [];
  return [problemAt(['hours', 'to'], `hours end at ${hours.to}, before they begin at ${hours.from}`)];
}

/** The schema's own maximum: what is over it is told already. */
const MOST_ABANDONED = 0.1;

function pacingAtOdds({ mode, pacing }: Partial<CampaignSpec>, problemAt: Parsed['problemAt']): Problem[] {
  const { target, limit, method }: Partial<CampaignPacing> = typeof pacing === 'object' ? pacing : {};
  const problems: Problem[] = [];
  if (target === 0 && mode === 'predictive' && method !== 'ratio') {
    const text = 'target 0 leaves predictive pacing nothing to risk: set mode: progressive, or a target such as 0.01';
    problems.push(problemAt(['pacing', 'target'], text));
  }
  if (typeof target === 'number' && typeof limit === 'number' && target > limit && target <= MOST_ABANDONED) {
    problems.push(problemAt(['pacing', 'target'], `target ${target} is above limit ${limit}: lower it`));
  }
  if (method === 'ratio' && mode !== undefined && mode !== 'predictive') {
    problems.push(problemAt(['pacing', 'method'], 'method ratio places more calls than agents: set mode: predictive'));
  }
  return problems;
}

function unknownNames(written: Partial<CampaignSpec>, known: KnownNames, problemAt: Parsed['problemAt']): Problem[] {
  const { trunk, policy } = written;
  const agents: unknown = written.agents;
  const look = (path: (string | number)[], what: string, name: unknown, names: readonly string[] | undefined) => {
    if (names === undefined || typeof name !== 'string' || names.includes(name)) return [];
    const near = nearest(name, names);
    const mend = near === null ? `known: ${names.join(', ') || 'none'}` : `did you mean “${near}”?`;
    return [problemAt(path, `there is no ${what} “${name}”; ${mend}`)];
  };
  return [
    ...look(['trunk'], 'trunk', trunk, known.trunks),
    ...look(['policy'], 'policy pack', policy, known.policies),
    ...(Array.isArray(agents) ? agents.flatMap((id, i) => look(['agents', i], 'agent', id, known.agents)) : []),
  ];
}
