import { createPacer } from '../../core/pacing/pacer.ts';
import type { Pacer } from '../../core/pacing/contract.ts';
import { DEFAULT_PACING } from '../../core/pacing/settings.ts';

/**
 * A fixed number of calls under way per free agent, the "boost" or "power" mode of many dialers; 1 is progressive. It is
 * the core's own method with no limit of abandonment and the operator's wide open.
 */
export function ratioPeer(ratio: number): Pacer {
  return createPacer({ ...DEFAULT_PACING, method: 'ratio', ratio, limit: 1, maxRatio: 50 });
}
