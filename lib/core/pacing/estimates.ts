import type { Budget, LedgerHour } from './budget.ts';
import type { Learner } from './learn.ts';
import type { Race } from './race.ts';

/** What a pacer learned, as JSON data. */
export interface Estimates {
  readonly version: 1;
  readonly races: Readonly<
    Record<RaceName, { readonly time: number[]; readonly wins: number[]; readonly losses: number[] }>
  >;
  readonly answers: { readonly time: number[]; readonly answers: number };
  readonly trunk: { readonly lost: number; readonly all: number };
  readonly taken: number;
  readonly foreseen: number;
  readonly happened: number;
  readonly session: number;
  readonly lastAt: number | null;
  readonly ledger: LedgerHour[];
}

const RACES = ['setup', 'ring', 'detect', 'talk', 'wrapUp'] as const;
type RaceName = (typeof RACES)[number];

/** Yesterday counts like so many ends or answers of today: enough to start on, little enough to be overruled soon. */
const WARM_ENDS = 300;
const WARM_ANSWERS = 60;

/** The learner's and the budget's state as JSON data. */
export function estimatesOf({ learned }: Learner, budget: Budget): Estimates {
  const { answers, trunk } = learned;
  const race = ({ time, wins, losses }: Race) => ({ time: short(time), wins: short(wins), losses: short(losses) });
  return {
    version: 1,
    races: {
      setup: race(learned.setup),
      ring: race(learned.ring),
      detect: race(learned.detect),
      talk: race(learned.talk),
      wrapUp: race(learned.wrapUp),
    },
    answers: { time: short(answers.slow.time), answers: answers.slow.answers },
    trunk: { lost: trunk.slowLost, all: trunk.slowAll },
    taken: budget.taken,
    foreseen: budget.foreseen,
    happened: budget.happened,
    session: budget.session,
    lastAt: budget.lastAt === -Infinity ? null : budget.lastAt,
    ledger: budget.ledger.map((entry) => ({ ...entry })),
  };
}

/** Six digits are more than is known. */
const short = (values: Float64Array): number[] => Array.from(values, (value) => Number(value.toPrecision(6)));

/** Starts a new pacer from estimates; false, and nothing touched, when they cannot be used. */
export function warmUp(estimates: unknown, { learned }: Learner, budget: Budget): boolean {
  if (!isEstimates(estimates)) return false;
  for (const name of RACES) if (estimates.races[name].time.length !== learned[name].edges.length) return false;
  for (const name of RACES) {
    const race = learned[name];
    const kept = estimates.races[name];
    const ends = [...kept.wins, ...kept.losses].reduce((sum, value) => sum + value, 0);
    const times = Math.min(1, WARM_ENDS / Math.max(ends, 1));
    for (const column of ['time', 'wins', 'losses'] as const) {
      race[column].set(kept[column].map((value) => value * times));
    }
  }
  const { slow } = learned.answers;
  const times = Math.min(1, WARM_ANSWERS / Math.max(estimates.answers.answers, 1));
  slow.time.set(estimates.answers.time.map((value) => value * times));
  slow.answers = estimates.answers.answers * times;
  learned.trunk.slowAll = Math.max(1, estimates.trunk.all);
  learned.trunk.slowLost = estimates.trunk.lost;
  budget.taken = estimates.taken;
  budget.foreseen = estimates.foreseen;
  budget.happened = estimates.happened;
  budget.session = estimates.session;
  budget.lastAt = estimates.lastAt ?? -Infinity;
  budget.ledger.push(...estimates.ledger.map((entry) => ({ ...entry })));
  return true;
}

function isEstimates(value: unknown): value is Estimates {
  if (!isRecord(value) || value.version !== 1) return false;
  const { races, answers, trunk, ledger } = value;
  if (!isRecord(races) || !isRecord(answers) || !isRecord(trunk) || !Array.isArray(ledger)) return false;
  return (
    RACES.every((name) => {
      const race = races[name];
      return isRecord(race) && ['time', 'wins', 'losses'].every((column) => isCounts(race[column], race.time));
    }) &&
    isRecord(races.ring) &&
    isCounts(answers.time, races.ring.time) &&
    [answers.answers, trunk.lost, trunk.all].every(isCount) &&
    [value.taken, value.foreseen, value.happened].every(isCount) &&
    isNumber(value.session) &&
    (value.lastAt === null || isNumber(value.lastAt)) &&
    ledger.every((entry, index) => {
      if (!isRecord(entry) || ![entry.hour, entry.answers, entry.abandoned, entry.allowed].every(isCount)) return false;
      const before: unknown = ledger[index - 1];
      return !isRecord(before) || (before.hour as number) < (entry.hour as number);
    })
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isCount = (value: unknown): value is number => isNumber(value) && value >= 0;
const isCounts = (value: unknown, like: unknown): boolean =>
  Array.isArray(value) && Array.isArray(like) && value.length === like.length && value.every(isCount);
