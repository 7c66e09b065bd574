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
  /** Ends a wait between two attempts: there is reason to think the peer is back. */
  hurry(): void;
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
  /** In [0, 1): so that many who lost the same PBX do not come back in step. */
  readonly random: () => number;
  readonly backoffMs: { readonly min: number; readonly max: number };
}

/** The wait after so many failures in a row before this one: jittered between half a ceiling and the whole of it, ms. */
export function backoffAfter(
  failures: number,
  { min, max }: { readonly min: number; readonly max: number },
  random: () => number,
): number {
  const ceiling = Math.min(max, min * 2 ** Math.min(failures + 1, 20));
  return Math.round(ceiling * (0.5 + random() / 2));
}

/** Keeps one connection alive for ever, with jittered back-off between attempts. */
export function supervise(options: SuperviseOptions): Supervised {
  const { connect, onDown, isFatal, isFinal = () => false, clock, random, backoffMs } = options;
  const { promise: started, resolve, reject } = Promise.withResolvers<void>();
  let stopped = false;
  let everUp = false;
  let current: Connection | null = null;
  let wake = (): void => undefined;
  let running: Promise<void> = Promise.resolve();

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
      const retryMs = backoffAfter(failures, backoffMs, random);
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
    hurry: () => wake(),
    async stop() {
      stopped = true;
      current?.close('stopped');
      wake();
      await running;
    },
  };
}
