import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { Pacer } from '../../lib/core/pacing/contract.ts';
import { createPacer } from '../../lib/core/pacing/pacer.ts';
import { DEFAULT_PACING, type PacingSettings } from '../../lib/core/pacing/settings.ts';
import type { Scenario } from '../../lib/sim/scenario.ts';
import { simulateShift, type PacerContext } from '../../lib/sim/shift.ts';

/** One shift to simulate. */
export interface Job {
  readonly scenario: Scenario;
  readonly seed: number;
  /** `predictive`, or a peer's name. */
  readonly pacer: string;
  readonly target: number;
}

/** What is kept of it. */
export interface Day {
  readonly answers: number;
  readonly abandoned: number;
  readonly talk: number;
  readonly worst: number;
  readonly originates: number;
  readonly wallMs: number;
  readonly decisionUs: number;
}

/** The settings a scenario's campaign leads to. */
export function settingsFor({ campaign }: PacerContext, target: number): PacingSettings {
  return {
    ...DEFAULT_PACING,
    target,
    limit: Math.max(target, DEFAULT_PACING.limit),
    graceMs: campaign.graceS * 1000,
    ringTimeoutMs: campaign.ringTimeoutS * 1000,
    machineDetection: campaign.detection !== null,
  };
}

interface Peer {
  readonly name: string;
  create(): Pacer;
}

/** The peers of the simulator. */
export async function loadPeers(): Promise<readonly Peer[]> {
  const { PEERS } = (await import('../../lib/sim/peers/all.ts')) as { PEERS: readonly Peer[] };
  return PEERS;
}

/** Simulates one shift. */
export async function runJob({ scenario, seed, pacer, target }: Job): Promise<Day> {
  const peer = pacer === 'predictive' ? null : (await loadPeers()).find(({ name }) => name === pacer);
  if (peer === undefined) throw new Error(`no peer ${pacer}`);
  const begun = performance.now();
  const result = simulateShift({
    scenario,
    seed,
    stopwatch: () => performance.now(),
    pacer: (context) => (peer === null ? createPacer(settingsFor(context, target)) : peer.create()),
  });
  return {
    answers: result.answers,
    abandoned: result.abandoned,
    talk: result.talkUtilisation,
    worst: result.worstHalfHour,
    originates: result.originates,
    wallMs: performance.now() - begun,
    decisionUs: result.decisions.meanUs,
  };
}

/** Runs jobs on every core, in any order; results come in the jobs' order. */
export async function runAll(jobs: readonly Job[], onDone: (done: number) => void): Promise<Day[]> {
  const days = new Array<Day>(jobs.length);
  let next = 0;
  let done = 0;
  const lane = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url));
      let index = -1;
      const give = (): void => {
        index = next;
        next += 1;
        if (index < jobs.length) return worker.postMessage(jobs[index]);
        void worker.terminate().then(() => resolve());
      };
      worker.on('error', reject);
      worker.on('message', (day: Day) => {
        days[index] = day;
        done += 1;
        onDone(done);
        give();
      });
      give();
    });
  await Promise.all(Array.from({ length: Math.min(jobs.length, availableParallelism()) }, lane));
  return days;
}

if (!isMainThread) {
  parentPort?.on('message', (job: Job) => {
    void runJob(job).then((day) => parentPort?.postMessage(day));
  });
}
