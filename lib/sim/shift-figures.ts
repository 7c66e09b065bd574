import type { AgentState } from '../core/agent.ts';

/** What was counted in each minute of the shift; agents' times are agent-seconds. */
export interface ShiftMinutes {
  readonly originates: number[];
  /** Calls a live person answered that were connected or abandoned in that minute. */
  readonly answers: number[];
  readonly abandoned: number[];
  readonly talkS: number[];
  readonly machineS: number[];
  readonly wrapUpS: number[];
  /** Free for a call, while there was somebody to call. */
  readonly waitS: number[];
  /** Free while no lead of any list could be called: no method fills that time. */
  readonly noLeadsS: number[];
  readonly pausedS: number[];
}

/** The figures of one shift, or of one campaign in it. */
export interface CallFigures {
  readonly originates: number;
  /** Live persons who were connected or abandoned. */
  readonly answers: number;
  readonly abandoned: number;
  /** abandoned ÷ answers; 0 without answers. */
  readonly abandonment: number;
  /** People taken for machines and hung up on. */
  readonly silent: number;
  /** Machines an agent met. */
  readonly machinesMet: number;
}

/** One minute, as it ends. */
export type ShiftSample = { readonly minute: number } & { readonly [name in keyof ShiftMinutes]: number };

/** Counts of a campaign while the shift runs. */
export interface Tally {
  originates: number;
  answers: number;
  abandoned: number;
  silent: number;
  machinesMet: number;
}

/** A tally of nothing. */
export const newTally = (): Tally => ({ originates: 0, answers: 0, abandoned: 0, silent: 0, machinesMet: 0 });

/** A tally with its rate. */
export function callFigures(tally: Tally): CallFigures {
  return { ...tally, abandonment: tally.answers === 0 ? 0 : tally.abandoned / tally.answers };
}

/** Columns for a shift of so many minutes. */
export function newMinutes(count: number): ShiftMinutes {
  const column = (): number[] => new Array<number>(count).fill(0);
  return {
    originates: column(),
    answers: column(),
    abandoned: column(),
    talkS: column(),
    machineS: column(),
    wrapUpS: column(),
    waitS: column(),
    noLeadsS: column(),
    pausedS: column(),
  };
}

/** Which column an agent's time in a state belongs to; null: not at work. */
export function columnOf(state: AgentState, withMachine: boolean): keyof ShiftMinutes | null {
  switch (state) {
    case 'offline':
    case 'connecting':
      return null;
    case 'paused':
      return 'pausedS';
    case 'available':
    case 'reserved':
      return 'waitS';
    case 'talking':
    case 'finishing':
    case 'leaving':
      return withMachine ? 'machineS' : 'talkS';
    case 'wrap-up':
      return 'wrapUpS';
  }
}

const WINDOW_MIN = 30;

/** The highest abandonment in any 30 minutes on end; the whole of a shorter shift. */
export function worstHalfHour({ answers, abandoned }: Pick<ShiftMinutes, 'answers' | 'abandoned'>): number {
  const window = Math.min(WINDOW_MIN, answers.length);
  let worst = 0;
  let answered = 0;
  let lost = 0;
  for (let minute = 0; minute < answers.length; minute += 1) {
    answered += (answers[minute] as number) - (answers[minute - window] ?? 0);
    lost += (abandoned[minute] as number) - (abandoned[minute - window] ?? 0);
    if (minute >= window - 1 && answered > 0) worst = Math.max(worst, lost / answered);
  }
  return worst;
}

/** Sum of a column. */
export const sum = (column: readonly number[]): number => column.reduce((total, value) => total + value, 0);
