/** A straight line through figures, by the hour, and its 95 % interval. */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

/** Neighbouring samples hang together, the means of long stretches hardly do. */
const STRETCHES = 20;
/** Student's t at 97.5 % for 18 degrees of freedom. */
const T = 2.101;

/** Least squares over the means of 20 stretches; throws for fewer than two samples a stretch. */
export function slopeOf(samples: readonly { readonly atMs: number; readonly value: number }[]): Slope {
  const size = Math.floor(samples.length / STRETCHES);
  if (size < 2) throw new Error(`${samples.length} samples are too few`);
  const points = Array.from({ length: STRETCHES }, (_, i) => {
    const own = samples.slice(i * size, (i + 1) * size);
    return { x: mean(own.map(({ atMs }) => atMs / 3_600_000)), y: mean(own.map(({ value }) => value)) };
  });
  const [mx, my] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const sxx = sum(points.map(({ x }) => (x - mx) ** 2));
  const perHour = sum(points.map(({ x, y }) => (x - mx) * (y - my))) / sxx;
  const rest = sum(points.map(({ x, y }) => (y - my - perHour * (x - mx)) ** 2));
  const error = T * Math.sqrt(rest / (STRETCHES - 2) / sxx);
  return { perHour, low: perHour - error, high: perHour + error };
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, one) => total + one, 0);
}

function mean(figures: readonly number[]): number {
  return sum(figures) / figures.length;
}
