import { styleText } from 'node:util';
import { systemClock, type Clock } from '../clock.ts';

/** Colours and weights of the terminal. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

/** Where a command reads and writes; tests hand in their own. */
export interface Io {
  /** Data. */
  readonly out: (text: string) => void;
  /** Talk. */
  readonly err: (text: string) => void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Styles text for stdout; plain where colours are not wanted (NO_COLOR, not a terminal). */
  readonly paint: (style: Style, text: string) => string;
  /** Calls `fn` at Ctrl-C instead of dying; returns its undoing. */
  readonly onInterrupt: (fn: () => void) => () => void;
}

/** The terminal this process was started in. */
export function processIo(): Io {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTty: process.stdout.isTTY,
    errIsTty: process.stderr.isTTY,
    env: process.env,
    clock: systemClock,
    paint: (style, text) => styleText(style, text, { stream: process.stdout }),
    onInterrupt(fn) {
      process.once('SIGINT', fn);
      return () => process.off('SIGINT', fn);
    },
  };
}
