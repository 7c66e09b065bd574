/** How originates are paced. */
export type PacingMethod = 'progressive' | 'ratio' | 'predictive';

/** What a pacer is made with; `DEFAULT_PACING` holds the usual values. */
export interface PacingSettings {
  /** `progressive`: one originate a free agent. `ratio`: a fixed number a free agent. `predictive`: by what it learns. */
  readonly method: PacingMethod;
  /** Originates per free agent of the method `ratio`. */
  readonly ratio: number;
  /** Share of live answers that may be abandoned: what predictive pacing aims at. */
  readonly target: number;
  /** Share it must not pass over rolling 24 h and 30 days: near it the price falls steeply, a fixed ratio stops; 1: none. */
  readonly limit: number;
  /** An answered person waits so long for an agent before the call counts as abandoned. */
  readonly graceMs: number;
  /** Calls not yet answered per working agent, at most; the operator's own limit, whatever the method. */
  readonly maxRatio: number;
  /** Calls not yet answered, at most, whatever the method; Infinity: no limit. */
  readonly maxUnanswered: number;
  /** Ringing is given up after this. */
  readonly ringTimeoutMs: number;
  /** Answers are followed by a verdict on who answered. */
  readonly machineDetection: boolean;
  /** The usual talk, until enough of them have been seen. */
  readonly expectedTalkMs: number;
  /** The usual after-call work, until enough of it has been seen. */
  readonly expectedWrapUpMs: number;
}

/** Target 1 %, limit 3 %, 2 s of grace. */
export const DEFAULT_PACING: PacingSettings = {
  method: 'predictive',
  ratio: 1,
  target: 0.01,
  limit: 0.03,
  graceMs: 2000,
  maxRatio: 20,
  maxUnanswered: Infinity,
  ringTimeoutMs: 28_000,
  machineDetection: false,
  expectedTalkMs: 60_000,
  expectedWrapUpMs: 10_000,
};

interface Range {
  readonly from: number;
  readonly to: number;
  /** `from` itself is out. */
  readonly above?: boolean;
}

const RANGES: Readonly<Record<Exclude<keyof PacingSettings, 'method' | 'machineDetection'>, Range>> = {
  ratio: { from: 0, to: 20, above: true },
  target: { from: 0, to: 0.1 },
  limit: { from: 0, to: 1 },
  graceMs: { from: 0, to: 60_000 },
  maxRatio: { from: 1, to: 50 },
  maxUnanswered: { from: 0, to: Infinity },
  ringTimeoutMs: { from: 1000, to: 120_000 },
  expectedTalkMs: { from: 1000, to: 3_600_000 },
  expectedWrapUpMs: { from: 0, to: 3_600_000 },
};

/** Every mistake in the settings, as a sentence; empty when they can be used. */
export function checkPacingSettings(settings: PacingSettings): string[] {
  const problems: string[] = [];
  if (!['progressive', 'ratio', 'predictive'].includes(settings.method)) {
    problems.push(`method ${String(settings.method)} is not known: use progressive, ratio or predictive`);
  }
  for (const [name, { from, to, above }] of Object.entries(RANGES)) {
    const value: unknown = settings[name as keyof typeof RANGES];
    const fits = typeof value === 'number' && value <= to && (above === true ? value > from : value >= from);
    if (!fits)
      problems.push(
        `${name} is ${String(value)}: it must be ${above === true ? 'above' : 'at least'} ${from} and at most ${to}`,
      );
  }
  if (typeof settings.machineDetection !== 'boolean') problems.push('machineDetection must be true or false');
  if (settings.method === 'predictive' && settings.target === 0) {
    problems.push('target 0 leaves predictive pacing nothing to risk: use the method progressive');
  }
  if (settings.target > settings.limit)
    problems.push(`target ${settings.target} is above limit ${settings.limit}: lower it`);
  return problems;
}
