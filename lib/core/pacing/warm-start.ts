import { allowedOf, HOUR_MS, MONTH_HOURS, NEW_SESSION_MS, sessionAfter, type LedgerHour } from './budget.ts';
import type { Estimates } from './estimates.ts';
import type { PacingSettings } from './settings.ts';

/** Live answers of an hour of the epoch, and the abandoned among them, as the database has them. */
export interface AnswersOfHour {
  /** Hours since 1970 UTC: `Math.floor(at / 3_600_000)`. */
  readonly hour: number;
  readonly answers: number;
  readonly abandoned: number;
}

/** Estimates as they were stored. */
export interface StoredEstimates {
  /** Local hour of the day they are of, 0 to 23. */
  readonly hour: number;
  /** When they were stored, epoch ms. */
  readonly at: number;
  readonly data: unknown;
}

/** The world has hardly changed since. */
const FRESH_MS = 2 * HOUR_MS;

/** The stored estimates to start from: fresh ones, else the latest of the same hour of day, else the latest; their data. */
export function chooseEstimates(rows: readonly StoredEstimates[], now: number, localHour: number): unknown {
  const newest = latest(rows);
  if (newest === undefined || Math.abs(now - newest.at) < FRESH_MS) return newest?.data;
  return (latest(rows.filter(({ hour }) => hour === localHour)) ?? newest).data;
}

function latest(rows: readonly StoredEstimates[]): StoredEstimates | undefined {
  return rows.reduce<StoredEstimates | undefined>(
    (best, row) => (best === undefined || row.at > best.at ? row : best),
    undefined,
  );
}

/**
 * A warm start for `createPacer`: what was learned from stored estimates (undefined: nothing was), what is owed from the
 * database, which a crash does not set back. An hour is held to the target that was in force in it, as far as the
 * estimates know it, else to the one now: a lowered target makes no debt of the weeks before.
 */
export function warmStartFrom(
  estimates: unknown,
  ledger: readonly AnswersOfHour[],
  settings: Pick<PacingSettings, 'target'>,
  now: number,
): Estimates {
  const hours = ledgerOf(ledger, sharesOf(estimates), settings.target, Math.floor(now / HOUR_MS));
  const last = hours.at(-1);
  return {
    version: 1,
    learned: learnedOf(estimates),
    balance: {
      ...sessionOf(hours),
      lastAt: last === undefined ? null : Math.min(now, (last.hour + 1) * HOUR_MS),
      ledger: hours,
    },
  };
}

/** Of whatever it is: the pacer checks what it is given, and starts cold on what does not fit. */
function learnedOf(estimates: unknown): Estimates['learned'] {
  const { version, learned = null } = (estimates ?? {}) as Partial<Estimates>;
  return version === 1 ? learned : null;
}

/** Share of answers that were allowed to be abandoned, by hour, as the estimates booked them. */
function sharesOf(estimates: unknown): ReadonlyMap<number, number> {
  const { balance } = (estimates ?? {}) as Partial<Estimates>;
  const ledger: readonly unknown[] = Array.isArray(balance?.ledger) ? balance.ledger : [];
  return new Map(
    ledger.flatMap((entry) => {
      const { hour, answers, allowed } = (entry ?? {}) as Partial<LedgerHour>;
      const share = Number(allowed) / Number(answers);
      return hour !== undefined && share >= 0 && share <= 1 ? [[hour, share] as const] : [];
    }),
  );
}

/** Oldest first, each hour once, none older than the month nor of the future. */
function ledgerOf(
  rows: readonly AnswersOfHour[],
  shares: ReadonlyMap<number, number>,
  target: number,
  thisHour: number,
): LedgerHour[] {
  const hours = new Map<number, LedgerHour>();
  for (const { hour, answers, abandoned } of rows) {
    if (!(hour <= thisHour && hour > thisHour - MONTH_HOURS && answers >= 0 && abandoned >= 0)) continue;
    const entry = hours.get(hour) ?? { hour, answers: 0, abandoned: 0, allowed: 0 };
    entry.answers += answers;
    entry.abandoned += abandoned;
    entry.allowed += answers * (shares.get(hour) ?? allowedOf(target, 1));
    hours.set(hour, entry);
  }
  return [...hours.values()].sort((a, b) => a.hour - b.hour);
}

/** Of the hours since the last long silence. */
function sessionOf(hours: readonly LedgerHour[]): { session: number; sessionAllowed: number } {
  let [session, sessionAllowed] = [0, 0];
  let before = -Infinity;
  for (const { hour, allowed, abandoned } of hours) {
    if ((hour - before - 1) * HOUR_MS >= NEW_SESSION_MS) session = sessionAllowed = 0;
    session = sessionAfter(session, allowed, abandoned);
    sessionAllowed += allowed;
    before = hour;
  }
  return { session, sessionAllowed };
}
