import type { Io } from './io.ts';
import { duration } from './print.ts';

const BAR_WIDTH = 24;

/** A bar on stderr with rate and time left; silent when stderr is no terminal. */
export interface Progress {
  readonly addBytes: (bytes: number) => void;
  readonly show: (rows: number, rejected: number) => void;
  readonly end: () => void;
}

/** Progress through a file of `totalBytes`. */
export function createProgress(io: Io, totalBytes: number): Progress {
  const startedMs = io.clock.monotonic();
  let bytes = 0;
  let shown = false;
  return {
    addBytes(more) {
      bytes += more;
    },
    show(rows, rejected) {
      if (!io.errIsTty) return;
      shown = true;
      const share = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes);
      const elapsedMs = io.clock.monotonic() - startedMs;
      const rate = elapsedMs > 0 ? Math.round((rows * 1_000) / elapsedMs) : 0;
      const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.');
      const left = share > 0 && share < 1 ? `, ${duration((elapsedMs * (1 - share)) / share)} left` : '';
      const wrong = rejected === 0 ? '' : `, ${rejected} rejected`;
      io.err(`\r\u001b[K[${bar}] ${Math.round(share * 100)} %  ${rows} rows, ${rate}/s${wrong}${left}`);
    },
    end() {
      if (shown) io.err('\n');
    },
  };
}
