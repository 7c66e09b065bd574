/*
 * The chance that at least so many of a set of independent events come true (the tail of a Poisson binomial): exactly by
 * convolution for a few, by a normal with the third cumulant's correction for many.
 */

/** Adds one event of chance `p` to the distribution of the count; the last cell is "that many or more". */
export function addChance(counts: Float64Array, from: number, needed: number, p: number): void {
  const top = from + needed;
  counts[top] = (counts[top] as number) + (counts[top - 1] as number) * p;
  for (let cell = top - 1; cell > from; cell -= 1) {
    counts[cell] = (counts[cell] as number) * (1 - p) + (counts[cell - 1] as number) * p;
  }
  counts[from] = (counts[from] as number) * (1 - p);
}

/** P(count ≥ needed) from mean, variance and third cumulant. */
export function normalTail(needed: number, mean: number, variance: number, third: number): number {
  if (variance < 1e-9) return mean >= needed - 0.5 ? 1 : 0;
  const sigma = Math.sqrt(variance);
  const x = (needed - 0.5 - mean) / sigma;
  if (x > 6) return 0;
  if (x < -6) return 1;
  const density = 0.398_942_280_401_432_7 * Math.exp(-0.5 * x * x);
  const skew = third / (variance * sigma);
  const tail = upperTail(x, density) + (density * skew * (x * x - 1)) / 6;
  return tail < 0 ? 0 : tail > 1 ? 1 : tail;
}

/** The normal's upper tail, to 8e-8 (Abramowitz and Stegun 26.2.17). */
function upperTail(x: number, density: number): number {
  const t = 1 / (1 + 0.231_641_9 * Math.abs(x));
  const tail =
    density *
    t *
    (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return x >= 0 ? tail : 1 - tail;
}
