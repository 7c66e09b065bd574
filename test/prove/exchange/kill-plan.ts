import type { Random } from '../../../lib/sim/random.ts';
import type { Moment } from './ari-door.ts';

/** When a daemon is killed. */
export type KillPlan =
  /** So long after its process was started. */
  | { readonly kind: 'start'; readonly ms: number }
  /** So long after it may dial. */
  | { readonly kind: 'time'; readonly ms: number }
  /** The nth time the wire sees this. `holdMs`: the request it is killed upon is acted upon so late. */
  | {
      readonly kind: 'moment';
      readonly moment: Moment;
      readonly nth: number;
      readonly ms: number;
      readonly holdMs: number | null;
    }
  /** So long after an order was sent to it. */
  | { readonly kind: 'import' | 'opt-out'; readonly ms: number };

/** Who was not killed by then is killed all the same, from when it may dial. */
export const LIFE_MS = 4_000;

/** Draws when the next daemon dies. `startMs`: how long one takes to dial, as seen so far. */
export function drawKill(random: Random, startMs: number): KillPlan {
  const kind = random();
  const soon = (): number => (random() < 0.5 ? 0 : random() ** 2 * 40);
  const moment = (name: Moment, nth: number): KillPlan => ({
    kind: 'moment',
    moment: name,
    nth,
    ms: soon(),
    holdMs: null,
  });
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  if (kind < 0.3) return { kind: 'time', ms: random() * 3_000 };
  if (kind < 0.38) return { kind: 'start', ms: random() * startMs };
  if (kind < 0.52) {
    return {
      kind: 'moment',
      moment: 'originate',
      nth: upTo(4),
      ms: 0,
      holdMs: random() < 0.5 ? null : random() * 5_000,
    };
  }
  if (kind < 0.6) return moment('originated', upTo(4));
  if (kind < 0.65) return moment('survey', upTo(2));
  if (kind < 0.7) return moment('surveyed', upTo(2));
  if (kind < 0.77) return moment('bridge', upTo(2));
  if (kind < 0.82) return moment('bridged', upTo(2));
  if (kind < 0.86) return moment(random() < 0.5 ? 'hang-up' : 'play', 1);
  if (kind < 0.92) return { kind: 'import', ms: random() * 150 };
  return { kind: 'opt-out', ms: random() ** 2 * 30 };
}
