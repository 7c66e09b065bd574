import { createLog, type Logger } from '../../lib/log.ts';

/** A logger whose lines are kept instead of written. */
export function keptLog(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: createLog({ level: 'debug', stream: { write: (line) => void lines.push(line) } }), lines };
}
