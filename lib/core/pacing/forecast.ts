import { answerRates } from './answer-rate.ts';
import { courseFor, fillAges, follow, STEP_MS, steppedFor, toSteps, upTo, type Ages, type Stepped } from './course.ts';
import type { Learned } from './learn.ts';
import { lossRates, spanOf, winRates, type Race } from './race.ts';
import { lostShare } from './trunk-health.ts';

/*
 * For everyone on the floor, by stage and age: the chance that he holds an agent at the moment a call placed now would
 * need one. That moment is not known either: it is looked at in HORIZONS equally likely times to answer, each followed
 * by the grace within which an agent may still come free.
 */

/** Moments looked at. */
export const HORIZONS = 8;

/** Numbers kept of a row: the chance, its variance and its third cumulant, each at every horizon. */
export const ROW = 3 * HORIZONS;

/** The rows of a stage in the table: the first, and the ages they stand for. */
export interface Rows {
  readonly first: number;
  readonly edges: Float64Array;
  /** The span of an age, by whole steps. */
  readonly spans: Uint8Array;
  /** For one whose age cannot be trusted: at each horizon the most any age claims. */
  readonly untrusted: number;
}

/** The table decisions are made from; `refresh` brings it up to what is learned. */
export interface Forecast {
  readonly table: Float64Array;
  readonly rows: number;
  readonly dialing: Rows;
  readonly ringing: Rows;
  readonly detecting: Rows;
  /** Calls of other campaigns on this crew. */
  readonly foreignDialing: Rows;
  readonly foreignRinging: Rows;
  readonly talking: Rows;
  readonly wrapUp: Rows;
  readonly waiting: number;
  /** A call placed now. */
  readonly fresh: number;
  /** Chance that a call placed now will ever need an agent. */
  readonly needShare: number;
  refresh(shared: boolean): void;
}

/** Steps looked ahead at most. */
const MOST_STEPS = 240;

/** Of a foreign call's eventual answer, counted from the start. */
const KEPT_SHARE = 0.5;

/** Agents' rows are written anew with the horizons, and once in so many refreshes. */
const AGENTS_EVERY = 5;

type Seven<T> = [T, T, T, T, T, T, T];

/** A forecast of what is learned; all its room is taken here, so that refreshing it allocates next to nothing. */
export function createForecast(learned: Learned, graceMs: number, machineDetection: boolean): Forecast {
  const { setup, ring, detect, talk, wrapUp, answers, trunk, foreignRing, foreignAnswers } = learned;
  const graceSteps = Math.round(graceMs / STEP_MS);
  const steps = new Int32Array(HORIZONS);
  const stages = [setup, ring, detect, setup, ring, talk, wrapUp];
  const [dialing, ringing, detecting, foreignDialing, foreignRinging, talking, inWrapUp] = rowsOf(
    stages,
  ) as Seven<Rows>;
  const waiting = inWrapUp.untrusted + 1;
  const fresh = waiting + 1;
  const rows = fresh + 1;
  const table = new Float64Array(rows * ROW);

  const setupSteps = steppedFor(setup);
  const ringSteps = steppedFor(ring);
  const detectSteps = steppedFor(detect);
  const talkSteps = steppedFor(talk);
  const wrapSteps = steppedFor(wrapUp);
  const setupCourse = courseFor(setup.edges.length);
  const ringCourse = courseFor(ring.edges.length);
  const detectCourse = courseFor(detect.edges.length);
  const agentCourse = courseFor(MOST_STEPS + graceSteps);
  const wrapCourse = courseFor(MOST_STEPS + graceSteps);
  const rung = new Float64Array(MOST_STEPS);
  const need = new Float64Array(MOST_STEPS);
  const fromAnswer = new Float64Array(MOST_STEPS);
  const agesFor = (race: Race): Ages => ({ cells: new Float64Array(race.edges.length * MOST_STEPS), width: 0 });
  const setupAges = agesFor(setup);
  const ringAges = agesFor(ring);
  const detectAges = agesFor(detect);
  let needShare = 0;
  let horizonsOfAgents = '';
  let agentsWritten = 0;

  /** When a call placed now would need an agent: its quantiles are the horizons. */
  function findHorizons(): void {
    follow(setupCourse, setupSteps, 0, setup.edges.length);
    follow(ringCourse, ringSteps, 0, ring.edges.length);
    convolve(rung, setupCourse.wins, ringCourse.wins);
    let times = rung;
    if (machineDetection) {
      follow(detectCourse, detectSteps, 0, detect.edges.length);
      convolve(need, rung, detectCourse.wins);
      times = need;
    }
    needShare = (1 - lostShare(trunk)) * quantiles(times, steps);
  }

  function setChance(row: number, horizon: number, chance: number): void {
    const at = row * ROW + horizon;
    const p = chance < 0 ? 0 : chance > 1 ? 1 : chance;
    table[at] = p;
    table[at + HORIZONS] = p * (1 - p);
    table[at + 2 * HORIZONS] = p * (1 - p) * (1 - 2 * p);
  }

  function writeUntrusted({ first, edges, untrusted }: Rows): void {
    for (let horizon = 0; horizon < HORIZONS; horizon += 1) {
      let most = 0;
      for (let span = 0; span < edges.length; span += 1) {
        most = Math.max(most, table[(first + span) * ROW + horizon] as number);
      }
      setChance(untrusted, horizon, most);
    }
  }

  function writeCalls(target: Rows, { cells, width }: Ages, times: number): void {
    const { first, edges } = target;
    for (let span = 0; span < edges.length; span += 1) {
      // Within its span a call is on average halfway to the next age.
      const older = span + 1 < edges.length ? width : 0;
      for (let horizon = 0; horizon < HORIZONS; horizon += 1) {
        const at = span * width + (steps[horizon] as number);
        setChance(first + span, horizon, (times * ((cells[at] as number) + (cells[at + older] as number))) / 2);
      }
    }
    writeUntrusted(target);
  }

  /** Busy after `step` steps: still in this stage, or won it and is in the wrap-up after it. */
  const busy = (step: number, length: number): number =>
    (agentCourse.left[step] as number) + upTo(agentCourse.wins, wrapCourse.left, step, length, length);

  /**
   * Other campaigns' calls, half as ours and half as if whoever of them will ever answer had an agent kept. Counted as
   * ours alone, a campaign whose people answer late finds every agent taken by calls placed after its own; kept for
   * alone, the campaign that has the crew never lets another in.
   */
  function writeForeign(width: number, placed: number): void {
    toSteps(ringSteps, answerRates(foreignRing, foreignAnswers.cautious, foreignAnswers), lossRates(foreignRing));
    fillAges(ringAges, ringSteps, fromAnswer, width);
    fillAges(setupAges, setupSteps, ringAges.cells, width);
    const answers = keepAgents(ringAges, ringSteps, 1);
    keepAgents(setupAges, setupSteps, answers);
    writeCalls(foreignDialing, setupAges, placed);
    writeCalls(foreignRinging, ringAges, 1);
  }

  /** Mixes each age's chance to be won at last, `times` what follows, in; returns that of the first age. */
  function keepAgents({ cells, width }: Ages, { gone, won }: Stepped, times: number): number {
    let ever = 0;
    for (let span = gone.length - 1; span >= 0; span -= 1) {
      ever = (won[span] as number) + (1 - (gone[span] as number)) * ever;
      for (let at = span * width; at < (span + 1) * width; at += 1) {
        cells[at] = (1 - KEPT_SHARE) * (cells[at] as number) + KEPT_SHARE * times * ever;
      }
    }
    return ever;
  }

  function writeAgents(length: number): void {
    for (const [target, stage, ofTalk] of [
      [talking, talkSteps, true],
      [inWrapUp, wrapSteps, false],
    ] as const) {
      const { first, edges } = target;
      for (let span = 0; span < edges.length; span += 1) {
        const from = span === 0 ? 0 : (edges[span - 1] as number);
        follow(agentCourse, stage, (from + (edges[span] as number)) / 2, length);
        for (let horizon = 0; horizon < HORIZONS; horizon += 1) {
          const step = (steps[horizon] as number) + graceSteps;
          setChance(first + span, horizon, ofTalk ? busy(step, length) : (agentCourse.left[step] as number));
        }
      }
      writeUntrusted(target);
    }
  }

  const forecast = {
    table,
    rows,
    dialing,
    ringing,
    detecting,
    foreignDialing,
    foreignRinging,
    talking,
    wrapUp: inWrapUp,
    waiting,
    fresh,
    get needShare() {
      return needShare;
    },
    refresh(shared: boolean) {
      toSteps(setupSteps, winRates(setup), lossRates(setup));
      toSteps(ringSteps, answerRates(ring, answers.cautious, answers), lossRates(ring));
      toSteps(detectSteps, winRates(detect), lossRates(detect));
      toSteps(talkSteps, winRates(talk), null);
      toSteps(wrapSteps, winRates(wrapUp), null);
      findHorizons();
      const width = (steps[HORIZONS - 1] as number) + 1;
      const length = width + graceSteps;
      const placed = 1 - lostShare(trunk);

      // From the answer back to the originate: a chance to hold an agent, the grace included, so many steps on.
      follow(wrapCourse, wrapSteps, 0, length);
      follow(agentCourse, talkSteps, 0, length);
      for (let step = 0; step < width; step += 1) fromAnswer[step] = busy(step + graceSteps, length);
      if (machineDetection) fillAges(detectAges, detectSteps, fromAnswer, width);
      fillAges(ringAges, ringSteps, machineDetection ? detectAges.cells : fromAnswer, width);
      fillAges(setupAges, setupSteps, ringAges.cells, width);
      for (let horizon = 0; horizon < HORIZONS; horizon += 1) {
        const step = steps[horizon] as number;
        setChance(waiting, horizon, fromAnswer[step] as number);
        setChance(fresh, horizon, placed * (setupAges.cells[step] as number));
      }
      writeCalls(dialing, setupAges, placed);
      writeCalls(ringing, ringAges, 1);
      if (machineDetection) writeCalls(detecting, detectAges, 1);
      if (shared) writeForeign(width, placed);
      // Talk and wrap-up times move slowly, and these are most of the rows.
      const horizonsNow = steps.join();
      agentsWritten += 1;
      if (horizonsNow === horizonsOfAgents && agentsWritten < AGENTS_EVERY) return;
      horizonsOfAgents = horizonsNow;
      agentsWritten = 0;
      writeAgents(length);
    },
  };
  forecast.refresh(false);
  return forecast;
}

function rowsOf(stages: readonly Race[]): Rows[] {
  let next = 0;
  return stages.map(({ edges }) => {
    const first = next;
    next += edges.length + 1;
    const spans = new Uint8Array(Math.ceil((edges.at(-1) as number) / STEP_MS) + 1);
    for (let step = 0; step < spans.length; step += 1) spans[step] = spanOf(edges, (step + 0.5) * STEP_MS);
    return { first, edges, spans, untrusted: next - 1 };
  });
}

function convolve(out: Float64Array, first: Float64Array, second: Float64Array): void {
  for (let step = 0; step < out.length; step += 1) out[step] = upTo(first, second, step, first.length, second.length);
}

/** The steps by which 1/16, 3/16, … of all that will need an agent do; returns the share of all calls that will. */
function quantiles(times: Float64Array, steps: Int32Array): number {
  let total = 0;
  for (const share of times) total += share;
  let come = 0;
  let horizon = 0;
  steps.fill(0);
  for (let step = 0; step < times.length && horizon < HORIZONS; step += 1) {
    come += times[step] as number;
    for (; horizon < HORIZONS && come >= (total * (horizon + 0.5)) / HORIZONS; horizon += 1) steps[horizon] = step;
  }
  return total;
}
