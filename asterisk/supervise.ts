import type { Clock } from '../lib/clock.ts';

/** One connection, from its opening to its end. */
export interface Connection {
  /** Settles with the reason when the connection is gone. */
  readonly closed: Promise<string>;
  close(reason: string): void;
}

export interface Supervised {
  /** Resolves when connected once; rejects on a mistake no retry will mend. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface SuperviseOptions {
  /** Makes a whole new connection; nothing of an earlier one is used again. */
  readonly connect: () => Promise<Connection>;
  /** Called before each wait, with the error or the reason of the close, and the wait. */
  readonly onDown: (why: unknown, retryMs: number) => void;
  /** No retry will mend this; asked only before the first success. */
  readonly isFatal: (error: unknown) => boolean;
  /** This close is final: never connect again. */
  readonly isFinal?: (reason: string) => boolean;
  readonly clock: Clock;
  readonly backoffMs: { readonly min: number; readonly max: number };
}

/** Keeps one connection alive for ever, with jittered back-off between attempts. */
export function supervise(options: SuperviseOptions): Supervised {
  const { connect, onDown, isFatal, isFinal = () => false, clock, backoffMs } = options;
  const { promise: started, resolve, reject } = Promise.withResolvers<void>();
  let stopped = false;
  let everUp = false;
  let current: Connection | null = null;
  let wake = (): void => undefined;
  let running: Promise<void> = Promise.resolve();

  function backoff(failures: number): number {
    const ceiling = Math.min(backoffMs.max, backoffMs.min * 2 ** Math.min(failures, 20));
    return Math.round(Math.max(backoffMs.min, ceiling * (0.5 + Math.random() / 2)));
  }

  async function run(): Promise<void> {
    let failures = 0;
    for (;;) {
      let why: unknown;
      try {
        current = await connect();
        if (stopped) break;
        everUp = true;
        failures = 0;
        resolve();
        const reason = await current.closed;
        current = null;
        if (stopped || isFinal(reason)) return;
        why = reason;
      } catch (error) {
        if (stopped) break;
        if (!everUp && isFatal(error)) {
          reject(error);
          return;
        }
        why = error;
      }
      const retryMs = backoff(failures);
      failures += 1;
      onDown(why, retryMs);
      await new Promise<void>((done) => {
        const cancel = clock.after(retryMs, done);
        wake = () => {
          cancel();
          done();
        };
      });
      if (stopped) break;
    }
    current?.close('stopped');
    reject(new Error('stopped before the first connection'));
  }

  return {
    start() {
      running = run();
      return started;
    },
    async stop() {
      stopped = true;
      current?.close('stopped');
      wake();
      await running;
    },
  };
}
