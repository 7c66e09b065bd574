/*
 * What an abandoned call may cost. The balance is what the target allows less what was abandoned, in calls; the price
 * rises and falls with it smoothly: a hard stop at the limit with the same average costs 4 to 25 points of talk time.
 */

/** Live answers of an hour of the epoch, the abandoned among them, and how many the target then in force allowed. */
export interface LedgerHour {
  readonly hour: number;
  answers: number;
  abandoned: number;
  allowed: number;
}

type Sums = Omit<LedgerHour, 'hour'>;

/** Counts and the price they lead to. */
export interface Budget {
  readonly target: number;
  readonly limit: number;
  /** Oldest first, 30 days of them at most. */
  readonly ledger: LedgerHour[];
  /** Of this session: allowed less abandoned; what is saved has a cap, what is owed has none. */
  session: number;
  /** All that was allowed in this session: how much of a day there is to make good for bad luck. */
  sessionAllowed: number;
  /** Risk of the calls placed as a share of the price they were placed at: a price is a ceiling, the average is lower. */
  taken: number;
  /** Abandonments the risks of answered calls added up to, and those that came: what the forecast leaves out. */
  foreseen: number;
  happened: number;
  /** Rolling sums of the last 24 h and 30 days, by whole hours. */
  day: Sums;
  month: Sums;
  /** When it was last booked on or asked. */
  lastAt: number;
  /** Hour of the epoch the sums are of. */
  hour: number;
}

export const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
export const MONTH_HOURS = 720;
/** After such a silence a new session begins: what was saved is gone, what is owed stands in the ledger. */
export const NEW_SESSION_MS = 4 * HOUR_MS;
/** Aimed a little under the target. */
const AIM = 0.985;
/** How much a call owed or saved moves the logarithm of the price. */
const STIFFNESS = 0.07;
const STIFFER_IN_DEBT = 3;
/** Beyond the limit itself, which leaves no luck to wait for. */
const STIFFER_OVER_LIMIT = 7;
const SAVED_CALLS = 15;
/** Kept back: the last luck of a day has nothing after it to make it good, and a large pool's is larger. */
const RESERVE = { base: 1, perAgent: 0.2, most: 5, atTarget: 0.03 };
/** Early in a day a call is a large share of it: it moves the price more, and there is nothing yet to keep back from. */
const EARLY_CALLS = 4;
const STIFFER_EARLY = 2;
/** So many calls over the limit are luck. */
const LUCK_CALLS = 3;
const TAKEN = { atFirst: 0.7, least: 0.15, memory: 400 };
/**
 * For how the forecast is corrected. It leaves out calls placed later and answered sooner: `usual` times as many are
 * abandoned, whatever the pool. Abandonments: believed before any came, and remembered.
 */
const CORRECTION = { usual: 1.5, prior: 25, most: 4 };
const CORRECTION_MEMORY = 150;
const HIGHEST_PRICE = 0.3;
const LOWEST_PRICE = 1e-5;

/** How many of so many answers the target lets be abandoned. */
export const allowedOf = (target: number, answers: number): number => AIM * target * answers;

const noSums = (): Sums => ({ answers: 0, abandoned: 0, allowed: 0 });

/** A budget that owes nothing. */
export function createBudget(target: number, limit: number): Budget {
  return {
    target,
    limit,
    ledger: [],
    session: 0,
    sessionAllowed: 0,
    taken: TAKEN.atFirst,
    foreseen: 0,
    happened: 0,
    day: noSums(),
    month: noSums(),
    lastAt: -Infinity,
    hour: -Infinity,
  };
}

/** Books live answers, so many of them abandoned. */
export function book(budget: Budget, now: number, answers: number, abandoned: number): void {
  keepWindows(budget, now);
  const allowed = allowedOf(budget.target, answers);
  budget.session = sessionAfter(budget.session, allowed, abandoned);
  budget.sessionAllowed += allowed;
  for (const sums of [openHour(budget), budget.day, budget.month]) {
    sums.answers += answers;
    sums.abandoned += abandoned;
    sums.allowed += allowed;
  }
}

/** A session's balance after so many more; what is saved has a cap. */
export const sessionAfter = (session: number, allowed: number, abandoned: number): number =>
  Math.min(SAVED_CALLS, session + allowed - abandoned);

/** A call placed at `price` with this risk was answered, and abandoned or not: compares the forecast with what came. */
export function compare(budget: Budget, risk: number, price: number, abandoned: boolean): void {
  const lost = abandoned ? 1 : 0;
  const keep = 1 - lost / CORRECTION_MEMORY;
  budget.taken += (Math.min(1, risk / price) - budget.taken) / TAKEN.memory;
  budget.foreseen = budget.foreseen * keep + risk;
  budget.happened = budget.happened * keep + lost;
}

/** What may still be abandoned: the least of the session's, the day's and the month's balance, in calls. */
export function balanceOf({ session, day, month }: Budget): number {
  return Math.min(session, day.allowed - day.abandoned, month.allowed - month.abandoned);
}

/** The risk of being abandoned at which one more call is still worth placing. */
export function priceOf(budget: Budget, agents: number): number {
  const { target, taken, foreseen, happened } = budget;
  const { prior, usual, most } = CORRECTION;
  const correction = (foreseen + prior) / (happened + usual * prior);
  const even = (AIM * target * Math.max(1 / most, Math.min(most, correction))) / Math.max(TAKEN.least, taken);
  return Math.max(LOWEST_PRICE, Math.min(HIGHEST_PRICE, even * Math.exp(pullOf(budget, agents))));
}

/** Whether more were abandoned than the limit allows, beyond bad luck, in the last 24 h or 30 days. */
export function isOverLimit(budget: Budget): boolean {
  return leftOf(budget) < -LUCK_CALLS;
}

/** What the limit itself leaves, in calls. */
function leftOf({ limit, day, month }: Budget): number {
  return Math.min(...[day, month].map((sums) => limit * sums.answers - sums.abandoned));
}

function pullOf(budget: Budget, agents: number): number {
  const { target, sessionAllowed } = budget;
  const luck = Math.sqrt(target / RESERVE.atTarget);
  const early = EARLY_CALLS / (sessionAllowed + EARLY_CALLS);
  const reserve = luck * (1 - early) * Math.min(RESERVE.most, RESERVE.base + RESERVE.perAgent * agents);
  const balance = balanceOf(budget) - reserve;
  const pull = (balance < 0 ? STIFFER_IN_DEBT * balance : balance) * (1 + STIFFER_EARLY * early);
  return STIFFNESS * (pull + STIFFER_OVER_LIMIT * Math.min(0, leftOf(budget) + LUCK_CALLS));
}

/** Moves the rolling windows on to `now`; a clock that jumped back leaves them. */
export function keepWindows(budget: Budget, now: number): void {
  if (now - budget.lastAt > NEW_SESSION_MS) budget.session = budget.sessionAllowed = 0;
  budget.lastAt = Math.max(budget.lastAt, now);
  const hour = Math.floor(budget.lastAt / HOUR_MS);
  if (hour === budget.hour) return;
  budget.hour = hour;
  const { ledger } = budget;
  while (ledger[0] !== undefined && ledger[0].hour <= hour - MONTH_HOURS) ledger.shift();
  budget.day = sumSince(ledger, hour - DAY_HOURS);
  budget.month = sumSince(ledger, hour - MONTH_HOURS);
}

function openHour({ ledger, hour }: Budget): LedgerHour {
  const last = ledger.at(-1);
  if (last !== undefined && last.hour >= hour) return last;
  const entry = { hour, ...noSums() };
  ledger.push(entry);
  return entry;
}

function sumSince(ledger: readonly LedgerHour[], hour: number): Sums {
  const sum = noSums();
  for (const entry of ledger) {
    if (entry.hour <= hour) continue;
    sum.answers += entry.answers;
    sum.abandoned += entry.abandoned;
    sum.allowed += entry.allowed;
  }
  return sum;
}
