import { logNormal, type Random } from './random.ts';

/** A time that varies, in seconds; a log-normal one is told by its median or by its mean. */
export type Duration =
  | { readonly kind: 'fixed'; readonly valueS: number }
  | { readonly kind: 'uniform'; readonly fromS: number; readonly toS: number }
  | { readonly kind: 'exponential'; readonly meanS: number; readonly maxS?: number }
  | { readonly kind: 'lognormal'; readonly medianS: number; readonly sigma: number; readonly maxS?: number }
  | { readonly kind: 'lognormal'; readonly meanS: number; readonly sigma: number; readonly maxS?: number }
  | { readonly kind: 'pareto'; readonly minS: number; readonly shape: number; readonly maxS?: number }
  /** Measured: values at equal steps of probability from the least (0) to the greatest (1), evenly between two. */
  | { readonly kind: 'quantiles'; readonly valuesS: readonly number[] };

/** One draw, in whole ms. */
export function drawMs(random: Random, duration: Duration): number {
  return Math.round(1000 * drawS(random, duration));
}

function drawS(random: Random, duration: Duration): number {
  switch (duration.kind) {
    case 'fixed':
      return duration.valueS;
    case 'uniform':
      return duration.fromS + (duration.toS - duration.fromS) * random();
    case 'exponential':
      return Math.min(duration.maxS ?? Infinity, -duration.meanS * Math.log(1 - random()));
    case 'lognormal':
      return Math.min(duration.maxS ?? Infinity, logNormal(random, medianOf(duration), duration.sigma));
    case 'pareto':
      return Math.min(duration.maxS ?? Infinity, duration.minS * (1 - random()) ** (-1 / duration.shape));
    case 'quantiles':
      return quantileOf(duration.valuesS, random());
  }
}

/** The value at a share of the way from the least to the greatest; `sorted` goes up at equal steps. */
export function quantileOf(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? 0;
  return low + ((sorted[below + 1] ?? low) - low) * (place - below);
}

function medianOf(duration: Extract<Duration, { kind: 'lognormal' }>): number {
  return 'medianS' in duration ? duration.medianS : duration.meanS * Math.exp(-(duration.sigma ** 2) / 2);
}
