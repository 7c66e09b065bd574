/*
 * How long a stage lasts and how it ends, learned from stages that may still be running: for each span of age, ends per
 * time spent at that age. Running stages count with the time they have run, so calls that end quickly (answers) never
 * outweigh those that end late (no answers): the pitfall of "answered ÷ finished".
 */

/** What is known of one stage; ends are `wins` (the stage's point) and `losses` (anything else). */
export interface Race {
  /** Upper edges of the age spans, ms; the last span has no end. */
  readonly edges: Float64Array;
  /** Time seen at each age, ms, forgotten with the ends. */
  readonly time: Float64Array;
  readonly wins: Float64Array;
  readonly losses: Float64Array;
  /** Ends after which a memory has faded to 1/e. */
  memory: number;
  /** Seen since the last `settle`. */
  readonly fresh: {
    readonly time: Float64Array;
    readonly wins: Float64Array;
    readonly losses: Float64Array;
    ends: number;
  };
  /** Belief before anything is seen, worth a few stages, never forgotten. */
  readonly prior: { readonly time: Float64Array; readonly wins: Float64Array };
}

/** Even spans of `stepMs`. */
export function evenEdges(stepMs: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, span) => (span + 1) * stepMs);
}

/** Spans of `stepMs` that widen by `growth` past ten of them, up to `maxMs`. */
export function wideningEdges(stepMs: number, growth: number, maxMs: number): Float64Array {
  const edges: number[] = [];
  for (let edge = stepMs, width = stepMs; edge < maxMs; edge += width) {
    edges.push(edge);
    if (edges.length >= 10) width *= growth;
  }
  return Float64Array.from(edges);
}

/** A race of which nothing was seen yet. `survives(ageMs)`: the share believed to last so long, `weight` stages of it. */
export function createRace(
  edges: Float64Array,
  memory: number,
  survives: (ageMs: number) => number,
  weight: number,
): Race {
  const zeros = (): Float64Array => new Float64Array(edges.length);
  const prior = { time: zeros(), wins: zeros() };
  for (let span = 0; span < edges.length; span += 1) {
    const from = span === 0 ? 0 : (edges[span - 1] as number);
    const to = edges[span] as number;
    const [before, after] = [survives(from), survives(to)];
    prior.wins[span] = weight * (before - after);
    // Never nothing: a span no one reaches keeps a hazard of its own.
    prior.time[span] = Math.max(weight * ((before + after) / 2) * (to - from), 1e-6 * (to - from));
    if (before - after < 1e-9) prior.wins[span] = 0;
  }
  return {
    edges,
    time: zeros(),
    wins: zeros(),
    losses: zeros(),
    memory,
    fresh: { time: zeros(), wins: zeros(), losses: zeros(), ends: 0 },
    prior,
  };
}

/** The span an age belongs to. */
export function spanOf(edges: Float64Array, ageMs: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) > ageMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A stage ran from one age to another. */
export function ran(race: Race, fromMs: number, toMs: number): void {
  const { edges } = race;
  const { time } = race.fresh;
  const last = edges.length - 1;
  let at = Math.max(0, fromMs);
  for (let span = spanOf(edges, at); at < toMs; span += 1) {
    const to = span >= last ? toMs : Math.min(toMs, edges[span] as number);
    time[Math.min(span, last)] = (time[Math.min(span, last)] as number) + (to - at);
    at = to;
  }
}

/** A stage ended at an age. */
export function ended(race: Race, ageMs: number, won: boolean): void {
  const counts = won ? race.fresh.wins : race.fresh.losses;
  const span = spanOf(race.edges, Math.max(0, ageMs));
  counts[span] = (counts[span] as number) + 1;
  race.fresh.ends += 1;
}

/** Takes what is fresh into memory, letting the old fade by as many ends as are new. */
export function settle(race: Race): void {
  const { time, wins, losses, fresh } = race;
  const keep = Math.exp(-fresh.ends / race.memory);
  for (let span = 0; span < time.length; span += 1) {
    time[span] = (time[span] as number) * keep + (fresh.time[span] as number);
    wins[span] = (wins[span] as number) * keep + (fresh.wins[span] as number);
    losses[span] = (losses[span] as number) * keep + (fresh.losses[span] as number);
  }
  fresh.time.fill(0);
  fresh.wins.fill(0);
  fresh.losses.fill(0);
  fresh.ends = 0;
}

/** Wins per ms at each age. */
export function winRates(race: Race): Float64Array {
  const { time, wins, prior } = race;
  const rates = new Float64Array(time.length);
  for (let span = 0; span < rates.length; span += 1) {
    const seen = (time[span] as number) + (prior.time[span] as number);
    rates[span] = ((wins[span] as number) + (prior.wins[span] as number)) / seen;
  }
  return rates;
}

/** Losses per ms at each age. */
export function lossRates(race: Race): Float64Array {
  const { time, losses, prior } = race;
  const rates = new Float64Array(time.length);
  for (let span = 0; span < rates.length; span += 1) {
    rates[span] = (losses[span] as number) / ((time[span] as number) + (prior.time[span] as number));
  }
  return rates;
}
