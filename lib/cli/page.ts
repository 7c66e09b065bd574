import { writeFileSync } from 'node:fs';
import { messageOf, ObzvonError } from '../errors.ts';

/** Writes a page that its owner alone may read; USAGE when it cannot be written. */
export function writePage(path: string, html: string): void {
  try {
    writeFileSync(path, html, { mode: 0o600 });
  } catch (error) {
    throw new ObzvonError('USAGE', `cannot write ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'say where: --html FILE',
    });
  }
}
