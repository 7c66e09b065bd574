import { winRates, type Race } from './race.ts';

/*
 * The share of ringing calls that will be answered. When answers come, given that they come, is learned slowly with the
 * ring race; how many come has a memory of its own, and a short one that overrules it when the list plainly changed.
 * Expected answers are summed over the time all calls have rung at each age, so running calls count as they should.
 */

interface Memory {
  readonly time: Float64Array;
  answers: number;
}

/** What is known of the answer rate. */
export interface AnswerRate {
  /** Ringing is given up after this: who would answer later does not count. */
  readonly withinMs: number;
  readonly slow: Memory;
  readonly fast: Memory;
  /** Answered share of calls that ring, its standard error, and as much of it as caution takes it to be. */
  share: number;
  error: number;
  cautious: number;
  /** Whole calls' worth of ringing seen. */
  seen: number;
  /** Times the short memory overruled the long one. */
  changes: number;
}

/** Answers a memory spans grow with the pool: a large one meets as many in a minute as a small one in an hour. */
const SLOW_ANSWERS = { base: 150, perAgent: 8 };
const FAST_ANSWERS = { base: 14, perAgent: 0.3 };
/** Standard errors between what both memories say before the short one is believed. */
const CHANGE_SIGMAS = 3;
/** Over-dialing costs more than under-dialing: the rate is taken so many standard errors high. */
const CAUTION_SIGMAS = 0.7;
/** A handful of answers may be luck, and the first calls ahead of agents are placed by them: higher still at first. */
const EARLY_CAUTION = { sigmas: 1.6, answers: 15 };
const PRIOR = { share: 0.4, answers: 2 };

/** An answer rate of which nothing is known. */
export function createAnswerRate(spans: number, withinMs: number): AnswerRate {
  const memory = (): Memory => ({ time: new Float64Array(spans), answers: 0 });
  const { share } = PRIOR;
  return { withinMs, slow: memory(), fast: memory(), share, error: share / 2, cautious: share, seen: 0, changes: 0 };
}

/** How answers spread over ring ages, given that they come within `withinMs`: the share come by the end of each span. */
export function answerSpread(ring: Race, withinMs: number): Float64Array {
  const { edges } = ring;
  const spread = winRates(ring);
  let survive = 1;
  let from = 0;
  for (let span = 0; span < spread.length; span += 1) {
    const to = edges[span] as number;
    // What nobody rings long enough to see is prior belief alone, and no part of the share.
    if (from < withinMs) survive *= Math.exp(-(spread[span] as number) * (to - from));
    spread[span] = 1 - survive;
    from = to;
  }
  const all = Math.max(1 - survive, 1e-9);
  for (let span = 0; span < spread.length; span += 1) spread[span] = (spread[span] as number) / all;
  return spread;
}

/** Takes the ring race's fresh times and answers in; call before the race itself settles. */
export function updateAnswerRate(rate: AnswerRate, ring: Race, agents: number): void {
  const spread = answerSpread(ring, rate.withinMs);
  let answers = 0;
  for (const wins of ring.fresh.wins) answers += wins;
  remember(rate.slow, ring, answers, SLOW_ANSWERS.base + SLOW_ANSWERS.perAgent * agents);
  remember(rate.fast, ring, answers, FAST_ANSWERS.base + FAST_ANSWERS.perAgent * agents);

  let share = shareOf(rate.slow, ring.edges, spread);
  const expected = expectedAnswers(rate.fast.time, ring.edges, spread, share);
  // A fading count of mean m varies by m/2 only.
  const sigmas = (rate.fast.answers - expected) / Math.sqrt(Math.max(expected, 3) / 2);
  if (Math.abs(sigmas) > CHANGE_SIGMAS && rate.slow.answers > 2 * rate.fast.answers) {
    rate.slow.time.set(rate.fast.time);
    rate.slow.answers = rate.fast.answers;
    rate.changes += 1;
    share = shareOf(rate.slow, ring.edges, spread);
  }
  rate.share = share;
  rate.error = share * Math.sqrt((1 - share) / (rate.slow.answers + PRIOR.answers));
  const early = EARLY_CAUTION.answers / (EARLY_CAUTION.answers + rate.slow.answers);
  rate.cautious = Math.min(0.98, share + (CAUTION_SIGMAS + EARLY_CAUTION.sigmas * early) * rate.error);
  rate.seen = rate.slow.answers / share;
}

/** Answers per ms at each ring age when `share` of the calls will be answered. */
export function answerRates(ring: Race, share: number, { withinMs }: Pick<AnswerRate, 'withinMs'>): Float64Array {
  const { edges } = ring;
  const rates = answerSpread(ring, withinMs);
  let before = 0;
  let from = 0;
  for (let span = 0; span < rates.length; span += 1) {
    const come = rates[span] as number;
    const to = edges[span] as number;
    rates[span] = Math.log((1 - share * before) / (1 - share * come)) / (to - from);
    before = come;
    from = to;
  }
  return rates;
}

function remember(memory: Memory, ring: Race, answers: number, span: number): void {
  const keep = Math.exp(-answers / span);
  const { time } = memory;
  for (let at = 0; at < time.length; at += 1) {
    time[at] = (time[at] as number) * keep + (ring.fresh.time[at] as number);
  }
  memory.answers = memory.answers * keep + answers;
}

function expectedAnswers(time: Float64Array, edges: Float64Array, spread: Float64Array, share: number): number {
  let expected = 0;
  let before = 0;
  let from = 0;
  for (let span = 0; span < time.length; span += 1) {
    const come = spread[span] as number;
    const to = edges[span] as number;
    expected += ((time[span] as number) * share * (come - before)) / (1 - (share * (come + before)) / 2) / (to - from);
    before = come;
    from = to;
  }
  return expected;
}

/** The share at which as many answers were to be expected as came. */
function shareOf(memory: Memory, edges: Float64Array, spread: Float64Array): number {
  let low = 0.001;
  let high = 0.98;
  while (high - low > 0.001 * low) {
    const share = (low + high) / 2;
    const expected = expectedAnswers(memory.time, edges, spread, share) + (PRIOR.answers * share) / PRIOR.share;
    if (expected > memory.answers + PRIOR.answers) high = share;
    else low = share;
    if (high - low < 0.0005) break;
  }
  return (low + high) / 2;
}
