import { ObzvonError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';

/** Tells why the daemon does not start: to the log, and an operator's mistake to stderr too, with its remedy. */
export function reportRefusal(error: unknown, log: Logger): void {
  if (!(error instanceof ObzvonError)) {
    log.fatal({ err: error }, 'cannot start');
    return;
  }
  log.fatal({ code: error.code, reason: error.message, hint: error.hint }, 'cannot start');
  process.stderr.write(refusalText(error));
}

/** The sentence, its details and the remedy. */
export function refusalText({ message, details, hint }: ObzvonError): string {
  return `obzvond: ${message}\n${details.map((line) => `  ${line}\n`).join('')}${hint}\n`;
}
