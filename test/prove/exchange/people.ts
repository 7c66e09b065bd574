import { seededRandom } from '../../../lib/sim/random.ts';

/** What the person behind a number does when he is called for the nth time. */
export type Person =
  | { readonly kind: 'refuses'; readonly afterMs: number; readonly cause: number; readonly sipCode: number }
  | { readonly kind: 'rings' }
  | {
      readonly kind: 'answers';
      readonly ringMs: number;
      /** From his answer until he hangs up, whoever talks to him. */
      readonly staysMs: number;
      /** "Never again" by this digit, after so long; null: he does not say so. */
      readonly optsOutAfterMs: number | null;
    };

/** The same for the same number, call and seed; most answer, and talks are short. */
export function personOf(phone: number, nth: number, seed: number): Person {
  const random = seededRandom((phone % 1_000_000_007) * 31 + nth * 7_919 + seed);
  for (let warm = 0; warm < 3; warm += 1) random();
  const kind = random();
  if (kind < 0.08) return { kind: 'refuses', afterMs: 100 + random() * 900, cause: 17, sipCode: 486 };
  if (kind < 0.12) return { kind: 'refuses', afterMs: 50 + random() * 200, cause: 1, sipCode: 404 };
  if (kind < 0.2) return { kind: 'rings' };
  return {
    kind: 'answers',
    ringMs: 80 + random() ** 2 * 2_000,
    staysMs: 400 + random() ** 2 * 6_000,
    optsOutAfterMs: random() < 0.04 ? 100 + random() * 1_500 : null,
  };
}
