/** What follows for the lead when an agent gives a result. */
export const RESULT_STEPS = ['done', 'retry', 'callback', 'opt-out', 'machine', 'wrong-number'] as const;
export type ResultStep = (typeof RESULT_STEPS)[number];

/** A result (code, stage, then), or a group of them (of); chosen by its digit after those of its groups. */
export interface ResultNode {
  readonly title: string;
  readonly digit: string;
  readonly code?: string;
  /** How far the talk came. */
  readonly stage?: string;
  /** What the campaign is for. */
  readonly target?: boolean;
  readonly then?: ResultStep;
  /** Of `retry` and `callback`. */
  readonly afterMin?: number;
  readonly of?: readonly ResultNode[];
}
