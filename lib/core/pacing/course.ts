import { spanOf, type Race } from './race.ts';

/** Looked ahead in steps of this; also the width of the spans of call ages. */
export const STEP_MS = 500;

/** A stage as chances of one step at each age: to end, and to end won. */
export interface Stepped {
  readonly edges: Float64Array;
  readonly gone: Float64Array;
  readonly won: Float64Array;
}

/** Room for a stage's steps. */
export function steppedFor({ edges }: Race): Stepped {
  return { edges, gone: new Float64Array(edges.length), won: new Float64Array(edges.length) };
}

/** Takes rates per ms into chances per step. */
export function toSteps({ gone, won }: Stepped, wins: Float64Array, losses: Float64Array | null): void {
  for (let span = 0; span < gone.length; span += 1) {
    const win = wins[span] as number;
    const rate = win + (losses === null ? 0 : (losses[span] as number));
    const share = 1 - Math.exp(-rate * STEP_MS);
    gone[span] = share;
    won[span] = rate > 0 ? (share * win) / rate : 0;
  }
}

/** How a stage goes on from an age: the share that wins in each step, and that is left after it. */
export interface Course {
  readonly wins: Float64Array;
  readonly left: Float64Array;
}

/** Room for a course of so many steps. */
export const courseFor = (steps: number): Course => ({ wins: new Float64Array(steps), left: new Float64Array(steps) });

/** Follows a stage from an age for `count` steps. */
export function follow({ wins, left }: Course, { edges, gone, won }: Stepped, ageMs: number, count: number): void {
  const lastSpan = edges.length - 1;
  let span = spanOf(edges, ageMs + STEP_MS / 2);
  let alive = 1;
  for (let step = 0; step < count; step += 1) {
    const age = ageMs + (step + 0.5) * STEP_MS;
    while (span < lastSpan && (edges[span] as number) <= age) span += 1;
    wins[step] = alive * (won[span] as number);
    alive -= alive * (gone[span] as number);
    left[step] = alive;
  }
}

/** Σ first[i] · then[step − i]: the first happened by `step`, and what follows it has run the rest. */
export function upTo(first: Float64Array, then: Float64Array, step: number, firsts: number, thens: number): number {
  let sum = 0;
  const to = Math.min(step, firsts - 1);
  for (let at = Math.max(0, step - thens + 1); at <= to; at += 1) {
    sum += (first[at] as number) * (then[step - at] as number);
  }
  return sum;
}

/** Chances by age, `width` steps a row. */
export interface Ages {
  readonly cells: Float64Array;
  width: number;
}

/**
 * For a stage with spans of one step, by age: the chance that it is won within each number of steps and what follows,
 * `then`, has come true by that step. An age's chances follow from the next age's, so the oldest comes first.
 */
export function fillAges(ages: Ages, { gone, won }: Stepped, then: Float64Array, width: number): void {
  const { cells } = ages;
  ages.width = width;
  for (let span = gone.length - 1, row = span * width; span >= 0; span -= 1, row -= width) {
    const win = won[span] as number;
    const stay = span === gone.length - 1 ? 0 : 1 - (gone[span] as number);
    cells[row] = win * (then[0] as number);
    const older = row + width - 1;
    for (let step = 1; step < width; step += 1) {
      cells[row + step] = win * (then[step] as number) + (stay === 0 ? 0 : stay * (cells[older + step] as number));
    }
  }
}
