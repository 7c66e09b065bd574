import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** Under what a figure was measured: processor, Node, commit, and the load of the machine now. */
export function machine(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const load = loadavg().map((one) => one.toFixed(1));
  const cores = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`;
  return `${cores}, Node ${process.versions.node}, commit ${commit}, load ${load.join(' ')}`;
}

/** p50, p99 and the most of some figures; of none: zeros. */
export function quantiles(figures: readonly number[]): {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
} {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
