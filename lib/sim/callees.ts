import { logNormal, type Random } from './random.ts';

/** What a simulated callee does with one call. Times in ms from the originate's acceptance, or from the answer. */
export type CalleePlan =
  /** Answers after ringing; `talkMs` null: never hangs up; `digit` is pressed after the answer. */
  | {
      readonly kind: 'answer';
      readonly ringMs: number;
      readonly talkMs: number | null;
      readonly digit?: { readonly afterMs: number; readonly digit: string };
    }
  /** The network or the callee refuses. */
  | {
      readonly kind: 'refuse';
      readonly afterMs: number;
      readonly rings: boolean;
      readonly cause: number;
      readonly sipCode: number;
    }
  /** Rings until our time-out. */
  | { readonly kind: 'ring' }
  /** No reply from the trunk at all. */
  | { readonly kind: 'silence' };

/** Plans by phone; the same phone and call give the same plan for the same seed. */
export type Callees = (phone: string, random: Random) => CalleePlan;

const REFUSALS: readonly { share: number; rings: boolean; cause: number; sipCode: number }[] = [
  { share: 0.1, rings: false, cause: 17, sipCode: 486 },
  { share: 0.05, rings: false, cause: 19, sipCode: 480 },
  { share: 0.03, rings: true, cause: 21, sipCode: 603 },
  { share: 0.02, rings: false, cause: 1, sipCode: 404 },
  { share: 0.015, rings: false, cause: 34, sipCode: 503 },
];

/** A lead base of ordinary quality: some 45 % answer, a quarter rings on, the rest is busy or gone. */
export const ordinaryCallees: Callees = (_phone, random) => {
  let lot = random();
  for (const { share, ...refusal } of REFUSALS) {
    lot -= share;
    if (lot < 0) return { kind: 'refuse', afterMs: 300 + random() * 1_500, ...refusal };
  }
  lot -= 0.25;
  if (lot < 0) return { kind: 'ring' };
  const ringMs = Math.min(20_000, logNormal(random, 1_500, 0.5));
  const talkMs = Math.min(60_000, logNormal(random, 2_000, 0.6));
  if (random() < 0.03) return { kind: 'answer', ringMs, talkMs, digit: { afterMs: 1_500, digit: '9' } };
  return { kind: 'answer', ringMs, talkMs };
};
