/** What follows for the lead when an agent gives a result. */
export const RESULT_STEPS = ['done', 'retry', 'callback', 'opt-out', 'machine', 'wrong-number'] as const;
export type ResultStep = (typeof RESULT_STEPS)[number];

/** A result (code, stage, then), or a group of them (of); chosen by its digit after those of its groups. */
export interface ResultNode {
  readonly title: string;
  readonly digit: string;
  readonly code?: string;
  /** How far the talk came. */
  readonly stage?: string;
  /** What the campaign is for. */
  readonly target?: boolean;
  readonly then?: ResultStep;
  /** Of `retry` and `callback`. */
  readonly afterMin?: number;
  readonly of?: readonly ResultNode[];
}

/** A result an agent may give, with the digits that give it. */
export interface Result {
  readonly code: string;
  /** Those of its groups, then its own. */
  readonly titles: readonly string[];
  readonly digits: string;
  readonly stage: string;
  readonly target: boolean;
  readonly then: ResultStep;
  /** Minutes; null: none of its own, a callback is given its time. */
  readonly afterMin: number | null;
}

/**
 * What a result makes of its lead once the call is over; `next`: its next open number. Null: its callback, its opt-out or
 * the retry rule of `machine` decides.
 */
export function afterResult(
  { then, afterMin }: Pick<Result, 'then' | 'afterMin'>,
  { attemptsLeft, next }: { readonly attemptsLeft: boolean; readonly next: number | null },
  now: number,
): { readonly event: 'resolved' | 'retry' | 'exhausted'; readonly nextAt: number | null } | null {
  const again = (nextAt: number) =>
    attemptsLeft ? ({ event: 'retry', nextAt } as const) : ({ event: 'exhausted', nextAt: null } as const);
  switch (then) {
    case 'done':
      return { event: 'resolved', nextAt: null };
    case 'retry':
      return again(now + (afterMin ?? 0) * 60_000);
    case 'wrong-number':
      return next === null ? { event: 'resolved', nextAt: null } : again(now);
    case 'callback':
    case 'opt-out':
    case 'machine':
      return null;
  }
}

/** A time of the callee's own day. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

/** How far a talk comes in the results that ship, the first stage first. */
export const DEFAULT_STAGES: readonly string[] = ['соединение', 'контакт', 'разговор', 'интерес'];

/**
 * The results of a campaign that names none. Codes are English, as all that is typed into commands, filters and
 * spreadsheets; titles are for agents. "Never again" cannot be taken back by a key, so it takes two.
 */
export const DEFAULT_RESULTS: readonly ResultNode[] = [
  { digit: '1', code: 'interested', title: 'заинтересован', stage: 'интерес', target: true, then: 'done' },
  { digit: '2', code: 'not-interested', title: 'не интересно', stage: 'разговор', then: 'done' },
  {
    digit: '3',
    title: 'перезвонить',
    of: [
      { digit: '1', code: 'call-back-soon', title: 'через час', stage: 'контакт', then: 'callback', afterMin: 60 },
      { digit: '2', code: 'call-back-tomorrow', title: 'завтра', stage: 'контакт', then: 'callback', afterMin: 1440 },
      { digit: '3', code: 'call-back', title: 'в названное время', stage: 'контакт', then: 'callback' },
    ],
  },
  { digit: '4', code: 'machine', title: 'не отвечает, автоответчик', stage: 'соединение', then: 'machine' },
  { digit: '5', code: 'wrong-number', title: 'не тот номер', stage: 'соединение', then: 'wrong-number' },
  { digit: '6', code: 'cut-off', title: 'связь прервалась', stage: 'контакт', then: 'retry', afterMin: 15 },
  {
    digit: '9',
    title: 'больше не звонить',
    of: [{ digit: '9', code: 'do-not-call', title: 'никогда', stage: 'контакт', then: 'opt-out' }],
  },
];

/** The results of a tree in the order of its digits; a node that is neither result nor group is left out. */
export function resultsOf(tree: readonly ResultNode[], groups: readonly ResultNode[] = []): Result[] {
  return tree.flatMap((node): Result[] => {
    const path = [...groups, node];
    if (node.of !== undefined) return resultsOf(node.of, path);
    const { code, stage, then } = node;
    if (code === undefined || stage === undefined || then === undefined) return [];
    return [
      {
        code,
        titles: path.map(({ title }) => title),
        digits: path.map(({ digit }) => digit).join(''),
        stage,
        target: node.target === true,
        then,
        afterMin: node.afterMin ?? null,
      },
    ];
  });
}

/** What digits say so far: a result, with the time when it takes one; the beginning of some; or nothing. */
export type Typed =
  | { readonly kind: 'result'; readonly result: Result; readonly at: TimeOfDay | null }
  | { readonly kind: 'more' }
  | { readonly kind: 'none' };

/** Reads the digits an agent typed. A callback with no time of its own takes four more: `1405` is 14:05. */
export function resultByDigits(results: readonly Result[], typed: string): Typed {
  const result = results.find(({ digits }) => typed.startsWith(digits));
  if (result === undefined) return { kind: results.some(({ digits }) => digits.startsWith(typed)) ? 'more' : 'none' };
  const rest = typed.slice(result.digits.length);
  if (!takesTime(result)) return rest === '' ? { kind: 'result', result, at: null } : { kind: 'none' };
  // What can still become a time is one when the rest is zeros.
  if (!/^([01]\d|2[0-3])[0-5]\d$/.test(rest.padEnd(4, '0'))) return { kind: 'none' };
  if (rest.length < 4) return { kind: 'more' };
  return { kind: 'result', result, at: { hour: Number(rest.slice(0, 2)), minute: Number(rest.slice(2)) } };
}

/** Whether the time of the call must be told with the result. */
export function takesTime({ then, afterMin }: Pick<Result, 'then' | 'afterMin'>): boolean {
  return then === 'callback' && afterMin === null;
}

/**
 * What an agent has typed after one more key; empty: nothing. `*` begins anew. In a talk an entry begins with it alone:
 * other keys are the callee's to hear, who may have a menu.
 */
export function typedOn(before: string, key: string, talking: boolean): string {
  if (key === '*') return '*';
  if (!/^\d$/.test(key)) return before;
  return talking && !before.startsWith('*') ? '' : before + key;
}
