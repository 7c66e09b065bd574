import { monitorEventLoopDelay } from 'node:perf_hooks';

/*
 * Preloaded into a daemon by a bench: `reset` begins a measurement of its event loop's lag, `read` sends it to the
 * parent. The figures have the probe's own resolution of 1 ms in them.
 */

/** Event-loop lag of a process, ms. */
export interface Lag {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly rssMb: number;
}

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

process.on('message', (word) => {
  if (word === 'reset') delay.reset();
  if (word !== 'read') return;
  const ms = (ns: number): number => Math.round(ns / 10_000) / 100;
  process.send?.({
    p50Ms: ms(delay.percentile(50)),
    p99Ms: ms(delay.percentile(99)),
    maxMs: ms(delay.max),
    rssMb: Math.round(process.resourceUsage().maxRSS / 1_024),
  } satisfies Lag);
});
process.channel?.unref();
