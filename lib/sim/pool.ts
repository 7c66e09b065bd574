import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { runJob, type Job, type RunResult } from './run.ts';

/** Tells this file's own threads from any other that imports it. */
const MARK = 'obzvon-simulation';

type Told = { readonly day: true } | { readonly result: RunResult } | { readonly error: string };

/** Runs jobs in worker threads, in any order; results come in the jobs' order, the same for any number of threads. */
export async function runJobs(
  jobs: readonly Job[],
  options: {
    readonly threads: number;
    /** After each simulated day, and when a job is done. */
    readonly onDay?: (jobsDone: number) => void;
    /** Ends all threads at once; the promise rejects with its reason. */
    readonly signal?: AbortSignal;
  },
): Promise<RunResult[]> {
  const { threads, onDay, signal } = options;
  signal?.throwIfAborted();
  const results = new Array<RunResult>(jobs.length);
  const workers: Worker[] = [];
  // The longest first, so that no thread waits for the others at the end.
  const order = jobs.map((_, index) => index).sort((a, b) => weightOf(jobs[b] as Job) - weightOf(jobs[a] as Job));
  let next = 0;
  let done = 0;

  const lane = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: MARK });
      workers.push(worker);
      let index = -1;
      const give = (): void => {
        index = order[next] ?? -1;
        next += 1;
        if (index === -1) resolve();
        else worker.postMessage(jobs[index]);
      };
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('a simulating thread ended before its work')));
      worker.on('message', (told: Told) => {
        if ('day' in told) return onDay?.(done);
        if ('error' in told) return reject(new Error(told.error));
        results[index] = told.result;
        done += 1;
        onDay?.(done);
        give();
      });
      give();
    });

  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  aborted.catch(() => undefined);
  try {
    await Promise.race([
      Promise.all(Array.from({ length: Math.max(1, Math.min(jobs.length, threads)) }, lane)),
      aborted,
    ]);
    return results;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function weightOf({ scenario, method }: Job): number {
  const agents = scenario.crews.reduce((sum, crew) => sum + crew.count, 0);
  return agents * (method === 'predictive' ? 2 : 1);
}

if (!isMainThread && workerData === MARK) {
  parentPort?.on('message', (job: Job) => {
    try {
      const result = runJob(job, () => parentPort?.postMessage({ day: true } satisfies Told));
      parentPort?.postMessage({ result } satisfies Told);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parentPort?.postMessage({ error: text } satisfies Told);
    }
  });
}
