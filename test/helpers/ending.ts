import type { Ending } from '../../lib/core/outcome.ts';

/** A call the far side ended before any answer, and nothing more is known. */
export const FAR: Ending = {
  cause: null,
  sipCode: null,
  rang: false,
  answered: false,
  bridged: false,
  byFarSide: true,
  cancelled: false,
  optedOut: false,
  mark: null,
  afterMs: null,
};
