import type { Io } from './io.ts';
import { duration } from './print.ts';

const BAR_WIDTH = 24;

/** A bar on stderr with the time left; silent when stderr is no terminal. */
export interface Bar {
  /** `share` of the whole is done. */
  readonly show: (share: number, text: string) => void;
  readonly end: () => void;
}

/** A bar that begins now. */
export function createBar(io: Io): Bar {
  const startedMs = io.clock.monotonic();
  let shown = false;
  return {
    show(share, text) {
      if (!io.errIsTty) return;
      shown = true;
      const elapsedMs = io.clock.monotonic() - startedMs;
      const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.');
      const left = share > 0 && share < 1 ? `, ${duration((elapsedMs * (1 - share)) / share)} left` : '';
      io.err(`\r\u001b[K[${bar}] ${Math.round(share * 100)} %  ${text}${left}`);
    },
    end() {
      if (shown) io.err('\n');
    },
  };
}

/** A bar with the rate of rows. */
export interface Progress {
  readonly addBytes: (bytes: number) => void;
  readonly show: (rows: number, rejected: number) => void;
  /** A second stretch, in which what was read is written. */
  readonly written: (done: number, all: number) => void;
  readonly end: () => void;
}

/** Progress through a file of `totalBytes`. */
export function createProgress(io: Io, totalBytes: number): Progress {
  const startedMs = io.clock.monotonic();
  const bar = createBar(io);
  let writing: { readonly bar: Bar; readonly startedMs: number; readonly before: number } | null = null;
  let bytes = 0;
  return {
    addBytes(more) {
      bytes += more;
    },
    show(rows, rejected) {
      const share = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes);
      const elapsedMs = io.clock.monotonic() - startedMs;
      const rate = elapsedMs > 0 ? Math.round((rows * 1_000) / elapsedMs) : 0;
      const wrong = rejected === 0 ? '' : `, ${rejected} rejected`;
      bar.show(share, `${rows} rows, ${rate}/s${wrong}`);
    },
    written(done, all) {
      writing ??= { bar: createBar(io), startedMs: io.clock.monotonic(), before: done };
      const elapsedMs = io.clock.monotonic() - writing.startedMs;
      const rate = elapsedMs > 0 ? Math.round(((done - writing.before) * 1_000) / elapsedMs) : 0;
      writing.bar.show(done / all, `${done} of ${all} numbers written, ${rate}/s`);
    },
    end: bar.end,
  };
}
