import type { Budget, LedgerHour } from './budget.ts';
import type { Learner } from './learn.ts';
import type { Race } from './race.ts';

/** What a pacer leaves to the next one, as JSON data. */
export interface Estimates {
  readonly version: 1;
  /** null: nothing was learned yet, the balance alone is known. */
  readonly learned: Knowledge | null;
  readonly balance: Balance;
}

interface Knowledge {
  readonly races: Readonly<
    Record<RaceName, { readonly time: number[]; readonly wins: number[]; readonly losses: number[] }>
  >;
  readonly answers: { readonly time: number[]; readonly answers: number };
  readonly trunk: { readonly lost: number; readonly all: number };
  readonly taken: number;
  readonly foreseen: number;
  readonly happened: number;
}

interface Balance {
  readonly session: number;
  readonly sessionAllowed: number;
  readonly lastAt: number | null;
  readonly ledger: readonly LedgerHour[];
}

const RACES = ['setup', 'ring', 'detect', 'talk', 'wrapUp'] as const;
type RaceName = (typeof RACES)[number];

/** Yesterday counts like so many ends or answers of today: enough to start on, little enough to be overruled soon. */
const WARM_ENDS = 100;
const WARM_ANSWERS = 30;

/** The learner's and the budget's state as JSON data. */
export function estimatesOf({ learned }: Learner, budget: Budget): Estimates {
  const { answers, trunk } = learned;
  const race = ({ time, wins, losses }: Race) => ({ time: short(time), wins: short(wins), losses: short(losses) });
  return {
    version: 1,
    learned: {
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
    },
    balance: {
      session: budget.session,
      sessionAllowed: budget.sessionAllowed,
      lastAt: budget.lastAt === -Infinity ? null : budget.lastAt,
      ledger: budget.ledger.map((entry) => ({ ...entry })),
    },
  };
}

/** Six digits are more than is known. */
const short = (values: Float64Array): number[] => Array.from(values, (value) => Number(value.toPrecision(6)));

/** Starts a new pacer from estimates: what is owed if that can be read, what was learned if it fits; true when it does. */
export function warmUp(estimates: unknown, learner: Learner, budget: Budget): boolean {
  if (!isRecord(estimates) || estimates.version !== 1 || !isBalance(estimates.balance)) return false;
  const { learned, balance } = estimates;
  budget.session = balance.session;
  budget.sessionAllowed = balance.sessionAllowed;
  budget.lastAt = balance.lastAt ?? -Infinity;
  budget.ledger.push(...balance.ledger.map((entry) => ({ ...entry })));
  if (!isKnowledge(learned, learner)) return false;
  recall(learned, learner, budget);
  return true;
}

function recall(knowledge: Knowledge, { learned }: Learner, budget: Budget): void {
  for (const name of RACES) {
    const race = learned[name];
    const kept = knowledge.races[name];
    const ends = [...kept.wins, ...kept.losses].reduce((sum, value) => sum + value, 0);
    const times = Math.min(1, WARM_ENDS / Math.max(ends, 1));
    for (const column of ['time', 'wins', 'losses'] as const) {
      race[column].set(kept[column].map((value) => value * times));
    }
  }
  const { slow } = learned.answers;
  const times = Math.min(1, WARM_ANSWERS / Math.max(knowledge.answers.answers, 1));
  slow.time.set(knowledge.answers.time.map((value) => value * times));
  slow.answers = knowledge.answers.answers * times;
  learned.trunk.slowAll = Math.max(1, knowledge.trunk.all);
  learned.trunk.slowLost = knowledge.trunk.lost;
  budget.taken = knowledge.taken;
  budget.foreseen = knowledge.foreseen;
  budget.happened = knowledge.happened;
}

function isKnowledge(value: unknown, { learned }: Learner): value is Knowledge {
  if (!isRecord(value)) return false;
  const { races, answers, trunk } = value;
  if (!isRecord(races) || !isRecord(answers) || !isRecord(trunk)) return false;
  return (
    RACES.every((name) => {
      const race = races[name];
      return isRecord(race) && ['time', 'wins', 'losses'].every((column) => isCounts(race[column], learned[name].time));
    }) &&
    isCounts(answers.time, learned.ring.time) &&
    [answers.answers, trunk.lost, trunk.all].every(isCount) &&
    [value.taken, value.foreseen, value.happened].every(isCount)
  );
}

function isBalance(value: unknown): value is Balance {
  if (!isRecord(value) || !Array.isArray(value.ledger)) return false;
  return (
    isNumber(value.session) &&
    isCount(value.sessionAllowed) &&
    (value.lastAt === null || isNumber(value.lastAt)) &&
    value.ledger.every((entry, index, all: readonly unknown[]) => {
      if (!isRecord(entry) || ![entry.hour, entry.answers, entry.abandoned, entry.allowed].every(isCount)) return false;
      const before: unknown = all[index - 1];
      return !isRecord(before) || (before.hour as number) < (entry.hour as number);
    })
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isCount = (value: unknown): value is number => isNumber(value) && value >= 0;
const isCounts = (value: unknown, like: Float64Array): boolean =>
  Array.isArray(value) && value.length === like.length && value.every(isCount);
