import type { ErrorCode, ExitCode } from '../errors.ts';

/*
 * The control socket speaks newline-delimited JSON. A request is answered by any number of progress lines, then by one
 * reply. Requests on one connection run side by side; their ids tell the replies apart.
 */

export interface Request {
  readonly id: number;
  readonly command: string;
  readonly args?: unknown;
  /** Who sends it, as he says. */
  readonly user?: string;
}

export type Reply =
  | { readonly id: number | null; readonly progress: unknown }
  | { readonly id: number | null; readonly ok: true; readonly result: unknown }
  | { readonly id: number | null; readonly ok: false; readonly error: WireError };

/** An ObzvonError on its way to the CLI. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitCode;
  readonly details: readonly string[];
}

/** Longest line either side accepts; a longer one is answered with an error and ends the connection. */
export const MAX_LINE_BYTES = 1024 * 1024;
