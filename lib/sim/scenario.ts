import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ObzvonError } from '../errors.ts';
import { formatProblem } from '../problems.ts';
import { parseYaml } from '../validate.ts';
import type { Duration } from './model-duration.ts';

/** A share that may change in the course of the shift; between two points it stays (`steps`) or moves evenly (`line`). */
export type Share =
  | number
  | {
      readonly between: 'steps' | 'line';
      readonly points: readonly { readonly atS: number; readonly share: number }[];
    };

/** Agents who come and go together. Times are from the start of the shift. */
export interface Crew {
  readonly count: number;
  readonly fromS: number;
  /** null: until the end. */
  readonly untilS: number | null;
  /** They log in, and ask to log out, one by one over this time. */
  readonly spreadS: number;
}

/** What the people on one campaign's list do, and what the dialer does with them. */
export interface CampaignModel {
  readonly name: string;
  /** Share of originates a person or a machine answers before the ring timeout. */
  readonly answers: Share;
  /** Parts of the list in order: so many originates, with the answer share multiplied; after the last part ×1. */
  readonly list: readonly { readonly originates: number; readonly answersTimes: number }[];
  readonly busyShare: number;
  /** From originate to the busy signal. */
  readonly busy: Duration;
  /** Share of originates our own side loses, in good times. */
  readonly trunkFailureShare: number;
  readonly trunkFailure: Duration;
  /** From originate to ringing. */
  readonly setup: Duration;
  /** From ringing to the answer. */
  readonly pickUp: Duration;
  /** From ringing to the network giving up on who does not answer; null: rings until the ring timeout. */
  readonly giveUp: Duration | null;
  readonly ringTimeoutS: number;
  /** Share of the answered that are machines. */
  readonly machineShare: number;
  /** How long an agent stays with a machine. */
  readonly machineTalk: Duration;
  /** Machine detection; null: everyone who answers counts as a person. */
  readonly detection: {
    /** From answer to verdict. */
    readonly delay: Duration;
    readonly machinesMissedShare: number;
    /** People taken for machines and hung up on: silent calls. */
    readonly peopleLostShare: number;
  } | null;
  readonly talk: Duration;
  readonly wrapUp: Duration;
  /** A person waits so long for an agent, then the call is abandoned. */
  readonly graceS: number;
  /** The message an abandoned caller hears; holds the channel. */
  readonly messageS: number;
}

/** One shift: who works, whom they call, over what. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly durationS: number;
  readonly crews: readonly Crew[];
  /** Pauses agents ask for, each as often as this; null: none. Asked for in mid-call it waits for the end of the talk. */
  readonly pauses: { readonly perHour: number; readonly length: Duration } | null;
  /** Campaigns on this crew. */
  readonly campaigns: readonly CampaignModel[];
  readonly trunk: {
    /** null: no limit. */
    readonly channels: number | null;
    /** null: no limit. */
    readonly originatesPerSecond: number | null;
    /** While one lasts, this share of originates is lost. */
    readonly failures: readonly { readonly fromS: number; readonly untilS: number; readonly share: number }[];
  };
}

/** The campaign of the reference model: 35 % answers, 60 s talks, 10 s wrap-up. */
export const REFERENCE_CAMPAIGN: CampaignModel = {
  name: 'reference',
  answers: 0.35,
  list: [],
  busyShare: 0.07,
  busy: { kind: 'uniform', fromS: 1, toS: 4 },
  trunkFailureShare: 0.05,
  trunkFailure: { kind: 'uniform', fromS: 0.2, toS: 1.2 },
  setup: { kind: 'lognormal', medianS: 1.8, sigma: 0.5, maxS: 8 },
  pickUp: { kind: 'lognormal', medianS: 8, sigma: 0.55 },
  giveUp: null,
  ringTimeoutS: 28,
  machineShare: 0,
  machineTalk: { kind: 'uniform', fromS: 3, toS: 6 },
  detection: null,
  talk: { kind: 'lognormal', meanS: 60, sigma: 0.7 },
  wrapUp: { kind: 'lognormal', meanS: 10, sigma: 0.5 },
  graceS: 2,
  messageS: 0,
};

/** The reference model: `agents` all day, an endless list, nothing in the way; what differs is given by name. */
export function referenceScenario(
  agents: number,
  campaign: Partial<CampaignModel> = {},
  rest: Partial<Omit<Scenario, 'campaigns'>> = {},
): Scenario {
  return {
    name: `n${agents}`,
    description: `${agents} agents on the reference model`,
    durationS: 8 * 3600,
    crews: [{ count: agents, fromS: 0, untilS: null, spreadS: 0 }],
    pauses: null,
    trunk: { channels: null, originatesPerSecond: null, failures: [] },
    ...rest,
    campaigns: [{ ...REFERENCE_CAMPAIGN, ...campaign }],
  };
}

const SHIPPED = resolve(dirname(fileURLToPath(import.meta.url)), '../data/scenarios');

/** Names of the scenarios that ship with obzvon. */
export function shippedScenarios(): string[] {
  return readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.json'))
    .map((name) => basename(name, '.json'))
    .sort();
}

/** Reads a scenario file, or a shipped one by name; throws an ObzvonError that names every mistake in it. */
export function loadScenario(source: { readonly path: string } | { readonly name: string }): Scenario {
  const path = 'path' in source ? source.path : resolve(SHIPPED, `${source.name}.json`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ObzvonError('CONFIG_INVALID', `cannot read the scenario ${path}`, { cause });
  }
  const checked = parseYaml<Scenario>(text, path, 'scenario');
  const problems = checked.ok
    ? crossChecks(checked.value).map((text) => `${path}: ${text}`)
    : checked.problems.map(formatProblem);
  if (!checked.ok || problems.length > 0) throw new ObzvonError('CONFIG_INVALID', problems.join('\n'));
  return checked.value;
}

/** What a schema cannot say: each mistake as a sentence. */
export function crossChecks(scenario: Scenario): string[] {
  const problems: string[] = [];
  const names = scenario.campaigns.map(({ name }) => name);
  for (const name of names.filter((name, index) => names.indexOf(name) !== index)) {
    problems.push(`two campaigns are called ${name}: give each its own name`);
  }
  for (const [index, { fromS, untilS }] of scenario.crews.entries()) {
    if (untilS !== null && untilS <= fromS) problems.push(`crews[${index}] ends before it starts: mend untilS`);
  }
  for (const { fromS, untilS } of scenario.trunk.failures) {
    if (untilS <= fromS) problems.push(`a trunk failure at ${fromS} s ends before it starts: mend untilS`);
  }
  for (const { name, answers, busyShare, trunkFailureShare } of scenario.campaigns) {
    if (typeof answers !== 'number') {
      if (answers.points.some(({ atS }, index) => atS <= (answers.points[index - 1]?.atS ?? -1))) {
        problems.push(`${name}: the points of answers must go forward in time`);
      }
    }
    const most = typeof answers === 'number' ? answers : Math.max(...answers.points.map(({ share }) => share));
    if (most + busyShare + trunkFailureShare > 1) {
      problems.push(`${name}: answers, busyShare and trunkFailureShare add up to more than 1`);
    }
  }
  return problems;
}
