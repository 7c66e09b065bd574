import { simulateDays } from './days.ts';
import type { BaseFigures } from './lead-base.ts';
import { methodNamed, type PacingWishes } from './methods.ts';
import type { Scenario } from './scenario.ts';
import { simulateShift, type ShiftResult } from './shift.ts';
import { sum, type ShiftMinutes } from './shift-figures.ts';

/** One run of one method with one seed: plain data, so that it can go to another thread. */
export interface Job {
  readonly scenario: Scenario;
  /** A name `methodNamed` knows. */
  readonly method: string;
  readonly wishes: PacingWishes;
  readonly seed: number;
  /** Start of the run, epoch ms. */
  readonly from: number;
  /** Days on end until this, epoch ms (null: until every lead is final); absent: one shift. */
  readonly until?: number | null;
  /** A base counts as done when this share of its leads is final. */
  readonly doneShare?: number;
}

/** What is kept of a run. */
export interface RunResult {
  readonly talk: number;
  readonly occupancy: number;
  readonly answers: number;
  readonly abandoned: number;
  readonly connects: number;
  readonly silent: number;
  readonly machinesMet: number;
  readonly originates: number;
  readonly worstDay: number;
  readonly worstHalfHour: number;
  readonly agentWaitS: number;
  /** Waiting, talking and wrap-up of all agents. */
  readonly agentHours: number;
  /** Share of agents' time in which nobody could be called. */
  readonly noLeads: number;
  /** Of a single shift; null of a run over days. */
  readonly minutes: ShiftMinutes | null;
  /** Of a run over days. */
  readonly base: (BaseFigures & { readonly doneAt: number | null; readonly days: readonly DayOfRun[] }) | null;
}

/** How a base stood at the end of a day. */
export interface DayOfRun {
  readonly startAt: number;
  readonly endAt: number;
  readonly final: number;
  readonly tried: number;
  readonly abandonment: number;
}

/** Runs a job; the same result for the same job, on any machine and thread. */
export function runJob(job: Job, onDay: () => void = () => undefined): RunResult {
  const { scenario, seed, from, wishes } = job;
  const method = methodNamed(job.method);
  if (method === null) throw new Error(`no pacing method ${job.method}`);
  if (job.until === undefined) {
    const shift = simulateShift({
      scenario,
      seed,
      startAt: from,
      pacer: ({ campaign }) => method.create(campaign, wishes),
    });
    onDay();
    return { ...figures([shift]), minutes: rounded(shift.minutes), base: null };
  }
  const run = simulateDays({
    scenario,
    seed,
    from,
    until: job.until ?? Infinity,
    doneShare: job.doneShare ?? 1,
    pacer: ({ campaign }, warmStart) => method.create(campaign, wishes, warmStart),
    onDay,
  });
  const days = run.days.map(
    ({ work, shift, base }): DayOfRun => ({
      startAt: work.startAt,
      endAt: shift.endedAt,
      final: base.final,
      tried: base.tried,
      abandonment: shift.abandonment,
    }),
  );
  return {
    ...figures(run.days.map(({ shift }) => shift)),
    minutes: null,
    base: { ...run.base, doneAt: run.doneAt, days },
  };
}

function figures(shifts: readonly ShiftResult[]): Omit<RunResult, 'minutes' | 'base'> {
  const add = (of: (shift: ShiftResult) => number): number => shifts.reduce((total, shift) => total + of(shift), 0);
  const most = (of: (shift: ShiftResult) => number): number => Math.max(0, ...shifts.map(of));
  const column = (name: keyof ShiftMinutes): number => add(({ minutes }) => sum(minutes[name]));
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const talkS = column('talkS');
  const busyS = talkS + column('machineS') + column('wrapUpS');
  const waitS = column('waitS');
  const noLeadsS = column('noLeadsS');
  const [answers, abandoned] = [add((shift) => shift.answers), add((shift) => shift.abandoned)];
  const machinesMet = add((shift) => shift.machinesMet);
  return {
    talk: share(talkS, busyS + waitS),
    occupancy: share(busyS, busyS + waitS),
    answers,
    abandoned,
    connects: answers - abandoned,
    silent: add((shift) => shift.silent),
    machinesMet,
    originates: add((shift) => shift.originates),
    worstDay: most((shift) => shift.abandonment),
    worstHalfHour: most((shift) => shift.worstHalfHour),
    agentWaitS: share(waitS, answers - abandoned + machinesMet),
    agentHours: (busyS + waitS) / 3600,
    noLeads: share(noLeadsS, busyS + waitS + noLeadsS),
  };
}

/** A tenth of a second is finer than any plot. */
function rounded(minutes: ShiftMinutes): ShiftMinutes {
  return Object.fromEntries(
    Object.entries(minutes).map(([name, column]) => [
      name,
      (column as number[]).map((value) => Math.round(value * 10) / 10),
    ]),
  ) as unknown as ShiftMinutes;
}
