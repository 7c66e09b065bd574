import type { LeadState } from './lead.ts';
import type { Disposition } from './outcome.ts';
import { CODES } from './verdict.ts';

/** Whom a new pass over the base calls again. */
export interface RedialRules {
  /** Last dispositions after which a lead that came to its end is called again. */
  readonly again: readonly Disposition[];
  /** Codes of last results after which it is. */
  readonly results: readonly string[];
  /** Not those called within so many hours; 0: whoever. */
  readonly notWithinH: number;
  /** Passes that put a lead back, at most. */
  readonly maxPasses: number;
}

/** What is known of a lead when a pass chooses. */
export interface LeadStanding {
  readonly state: LeadState;
  /** How its last attempt ended; null: none did. */
  readonly disposition: string | null;
  /** The last result an agent gave, by its code. */
  readonly result: string | null;
  /** Passes that put it back before. */
  readonly passes: number;
  /** When this campaign called it last, any of its numbers, epoch ms; null: not within `notWithinH`. */
  readonly lastCalledAt: number | null;
  /** It meets the re-dial's `where`. */
  readonly within: boolean;
  /** What the campaign's file or a person sets about its part of the base; null: it is called. */
  readonly barred: Bar | null;
  /** One of its numbers may be called in a new pass: see `reopens`. */
  readonly hasNumber: boolean;
}

/** Why a part of the base is not called: outside the campaign's `where`, its segment paused, its share 0. */
export type Bar = 'outside' | 'paused' | 'never';

/** What one code of the vocabulary of re-dials means. */
export interface RedialCodeInfo {
  /** `choice`: why a plan leaves a lead out; `caps`: the same, of a lead it puts before the gate; `deed`: why the deed was another than the plan. */
  readonly group: 'choice' | 'caps' | 'deed';
  /** As a sentence. */
  readonly title: string;
  /** What makes it so, and what an operator can do. */
  readonly doc: string;
}

const row =
  <G extends RedialCodeInfo['group']>(group: G) =>
  (title: string, doc: string) => ({ group, title, doc });
const [choice, caps, deed] = [row('choice'), row('caps'), row('deed')];

/**
 * Every reason a pass leaves a lead out, besides those of the gate, and every reason its deed differs from its plan.
 * Closed: plan, report and docs read this one list.
 */
export const REDIAL_CODES = {
  REDIAL_OPTED_OUT: choice('The person asked never to be called.', 'an opt-out or an erasure; only a lift releases it'),
  REDIAL_LIVE: choice('A call to the lead is going on.', 'its end decides; the next pass looks again'),
  REDIAL_PROMISED: choice('A callback stands for the lead.', 'the callback calls it, at its time'),
  REDIAL_BASE_OUTSIDE: choice('The lead is outside the campaign’s filter.', 'where of the campaign file'),
  REDIAL_SEGMENT_PAUSED: choice('The lead’s segment is paused.', 'by a person; resume the segment'),
  REDIAL_SEGMENT_NEVER: choice('The lead’s segment has no share.', 'share: 0 of the segment in the campaign file'),
  REDIAL_OUTCOME: choice('The last call ended in a way that is not called again.', 'redial.again of the campaign file'),
  REDIAL_RESULT: choice(
    'The last talk’s result is not one that is called again.',
    'redial.results of the campaign file',
  ),
  REDIAL_OUTSIDE: choice('The lead is outside the re-dial’s filter.', 'redial.where of the campaign file'),
  REDIAL_PASSES: choice('The lead was put back as often as it may be.', 'redial.maxPasses of the campaign file'),
  REDIAL_RECENT: choice('The lead was called too lately.', 'redial.notWithinH of the campaign file'),
  REDIAL_NUMBERS: choice(
    'No number of the lead may be called again.',
    'each is closed for good: unallocated, wrong, refused',
  ),
  REDIAL_SPENT: caps(
    'Every call the campaign allows in a pass was made.',
    'its caps are reached: its turn ends it, a later pass may call it',
  ),

  REDIAL_NO_TURN: deed(
    'Its turn has not come.',
    'the pass was too short for it, or still goes on; the next one calls it',
  ),
  REDIAL_LATER: deed('It waits for its own time.', 'a retry or the gate’s time, later than the pass came to'),
  REDIAL_ENDED: deed(
    'It came to its end without a call of this pass.',
    'a result, a lift or an erasure since the plan',
  ),
  REDIAL_NEW: deed('It was imported after the plan.', 'the plan did not know it'),
  REDIAL_CALLBACK: deed('A callback called it.', 'agreed, asked for or owed; a plan leaves those to their time'),
  REDIAL_MENDED: deed(
    'What stood before it has changed since the plan.',
    'a consent, a lift, a register, a resumed segment',
  ),
} as const satisfies Readonly<Record<string, RedialCodeInfo>>;
export type RedialCode = keyof typeof REDIAL_CODES;

/** Codes by which a pass leaves a lead out, before the gate is asked. */
export type ChoiceCode = {
  [C in RedialCode]: (typeof REDIAL_CODES)[C]['group'] extends 'choice' ? C : never;
}[RedialCode];

/**
 * `anew`: put back with its attempts forgotten; `asked`: before the gate again, as a campaign's start does; `as-due`: left
 * where it is, its own time comes.
 */
export type RedialChoice =
  | { readonly again: true; readonly how: 'anew' | 'asked' | 'as-due' }
  | { readonly again: false; readonly code: ChoiceCode };

const HOUR_MS = 3_600_000;

const BARRED = {
  outside: 'REDIAL_BASE_OUTSIDE',
  paused: 'REDIAL_SEGMENT_PAUSED',
  never: 'REDIAL_SEGMENT_NEVER',
} as const satisfies Readonly<Record<Bar, ChoiceCode>>;

const not = (code: ChoiceCode): RedialChoice => ({ again: false, code });

/**
 * Decides whether a new pass calls a lead. What closes it whatever the rules comes first; a lead still on its way
 * goes on; one that came to its end is called again when the rules want it.
 */
export function redialChoice(lead: LeadStanding, rules: RedialRules, now: number): RedialChoice {
  if (lead.state === 'opted-out') return not('REDIAL_OPTED_OUT');
  if (lead.state === 'dialing') return not('REDIAL_LIVE');
  if (lead.state === 'promised') return not('REDIAL_PROMISED');
  if (lead.barred !== null) return not(BARRED[lead.barred]);
  switch (lead.state) {
    case 'callable':
    case 'waiting':
      return { again: true, how: 'as-due' };
    case 'held':
    case 'blocked':
      return { again: true, how: 'asked' };
    case 'done':
    case 'spent':
      return ended(lead, rules, now);
  }
}

function ended(lead: LeadStanding, rules: RedialRules, now: number): RedialChoice {
  if (!wanted(lead, rules))
    return not(lead.disposition === 'talked' && lead.result !== null ? 'REDIAL_RESULT' : 'REDIAL_OUTCOME');
  if (!lead.within) return not('REDIAL_OUTSIDE');
  if (lead.passes >= rules.maxPasses) return not('REDIAL_PASSES');
  const { lastCalledAt } = lead;
  if (lastCalledAt !== null && now - lastCalledAt < rules.notWithinH * HOUR_MS) return not('REDIAL_RECENT');
  return lead.hasNumber ? { again: true, how: 'anew' } : not('REDIAL_NUMBERS');
}

function wanted({ disposition, result }: LeadStanding, { again, results }: RedialRules): boolean {
  return (
    (disposition !== null && (again as readonly string[]).includes(disposition)) ||
    (result !== null && results.includes(result))
  );
}

const NO_ENDS = { again: [], results: [] };

/**
 * Whether a new pass may call a number closed for this reason: one the pass calls again after, or the gate's, which is
 * asked again. What the network or the person said for good stays closed.
 */
export function reopens(closed: string | null, { again, results }: Pick<RedialRules, 'again' | 'results'>): boolean {
  return (
    closed === null ||
    (again as readonly string[]).includes(closed) ||
    results.includes(closed) ||
    Object.hasOwn(CODES, closed)
  );
}

/** The lead's numbers once those are open again that the gate closed, as a start opens them; an erased one has no phone. */
export function withGateOpened<N extends { readonly phone: number; readonly closed: string | null }>(
  numbers: readonly N[],
): readonly N[] {
  return numbers.map((one) => (one.phone > 0 && reopens(one.closed, NO_ENDS) ? { ...one, closed: null } : one));
}

/** Why a lead that was planned to be called was not, by how it stands after the pass. */
export function whyNotCalled({ state, reason }: { readonly state: LeadState; readonly reason: string | null }): string {
  switch (state) {
    case 'callable':
      return 'REDIAL_NO_TURN' satisfies RedialCode;
    case 'waiting':
      // The gate's own time has its code; a retry's has none.
      return reason ?? ('REDIAL_LATER' satisfies RedialCode);
    case 'held':
    case 'blocked':
      return reason ?? ('REDIAL_ENDED' satisfies RedialCode);
    case 'promised':
      return 'REDIAL_PROMISED' satisfies RedialCode;
    case 'opted-out':
      return 'REDIAL_OPTED_OUT' satisfies RedialCode;
    case 'dialing':
      return 'REDIAL_LIVE' satisfies RedialCode;
    case 'done':
    case 'spent':
      return 'REDIAL_ENDED' satisfies RedialCode;
  }
}

/** Why a lead was called that the plan left out; `planned` undefined: the plan did not know it. */
export function whyCalled(planned: string | undefined, byCallback: boolean): RedialCode {
  if (byCallback) return 'REDIAL_CALLBACK';
  return planned === undefined ? 'REDIAL_NEW' : 'REDIAL_MENDED';
}
