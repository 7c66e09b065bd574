import type { Table } from './machine.ts';
import type { Disposition } from './outcome.ts';
import { UNCHARGED } from './retry.ts';

/**
 * - `waiting`: due at its time; dialed once an agent it may go to is free. After a crash it still is.
 * - `dialing`: an agent is reserved and an attempt keeps it; its outcome moves it on, also the one recovery finds.
 * - `done`: the person was talked to, also when he called us meanwhile. `lapsed`: its window is over, or it can never be kept; the lead goes its way.
 * - `cancelled`: taken back by a person, or the lead was closed.
 */
export type CallbackState = 'waiting' | 'dialing' | 'done' | 'lapsed' | 'cancelled';

export type CallbackEvent = 'dialed' | 'deferred' | 'moved' | 'talked' | 'again' | 'lapsed' | 'cancelled';

export const callbackTable = {
  waiting: {
    dialed: 'dialing',
    deferred: 'waiting',
    moved: 'waiting',
    talked: 'done',
    lapsed: 'lapsed',
    cancelled: 'cancelled',
  },
  dialing: { talked: 'done', again: 'waiting', lapsed: 'lapsed', cancelled: 'cancelled' },
  done: {},
  lapsed: {},
  cancelled: {},
} as const satisfies Table<CallbackState, CallbackEvent>;

/**
 * `promised`: a time agreed with the person. `requested`: he asked to be called. `missed`: he called our number and found
 * no agent. `abandoned`: he answered our call and found none.
 */
export const CALLBACK_KINDS = ['promised', 'requested', 'missed', 'abandoned'] as const;
export type CallbackKind = (typeof CALLBACK_KINDS)[number];

/** What follows when the window is over; `anyone` besides opens its second half to every agent. */
export type CallbackFallback = 'anyone' | 'retry' | 'drop';

/** What a callback says of itself. */
export interface CallbackTerms {
  readonly kind: CallbackKind;
  /** Promised by this agent; null: whoever is free first. */
  readonly agent: string | null;
  readonly dueAt: number;
  /** Past it the fallback applies. */
  readonly until: number;
  readonly fallback: CallbackFallback;
  /** Calls that reached the person's side so far. */
  readonly tries: number;
}

/** More calls in one window would be a nuisance: then the lead goes by its retry rules. */
const MOST_TRIES = 3;

/** Until the next try, minutes; never sooner than the packs' own interval between two calls. */
const AGAIN_MIN: Readonly<Partial<Record<Disposition, number>>> = {
  busy: 5,
  'no-answer': 10,
  unreachable: 10,
  machine: 10,
  congestion: 5,
  abandoned: 5,
  'trunk-failure': 1,
  cancelled: 1,
  'not-placed': 1,
};

/** What follows a call that kept a callback; `lapsed` leaves the lead to its retry rules. */
export type AfterTry =
  | { readonly event: 'talked' }
  | { readonly event: 'again'; readonly dueAt: number; readonly tries: number }
  | { readonly event: 'lapsed'; readonly tries: number };

/** Decides what follows a try: again inside the window while tries are left, where trying again can help. */
export function afterTry(terms: CallbackTerms, disposition: Disposition, now: number): AfterTry {
  if (disposition === 'talked' || disposition === 'opted-out') return { event: 'talked' };
  const tries = terms.tries + (UNCHARGED.has(disposition) ? 0 : 1);
  const again = AGAIN_MIN[disposition];
  const dueAt = now + (again ?? 0) * 60_000;
  const mayTry = again !== undefined && tries < MOST_TRIES && dueAt < terms.until;
  return mayTry ? { event: 'again', dueAt, tries } : { event: 'lapsed', tries };
}

/**
 * Where a deferral to a time leaves a callback: its window moves along, for the person is not to blame. Null: it was tried
 * already, and the time lies behind its window, so it lapses.
 */
export function deferred({ dueAt, until, tries }: CallbackTerms, to: number): { dueAt: number; until: number } | null {
  if (tries > 0 && to >= until) return null;
  return { dueAt: to, until: until + Math.max(0, to - dueAt) };
}

/** Whether its window is over. */
export function isOver({ until }: CallbackTerms, now: number): boolean {
  return now >= until;
}

/** What a lead does whose callback lapsed without a call. */
export type AfterLapse =
  | { readonly event: 'resolved' | 'exhausted' }
  /** Back to the queue, on its number at this place. */
  | { readonly event: 'released'; readonly place: number };

/** Decides it: the lead goes back to the queue, unless nothing is left of it (`backOn` is null). */
export function afterLapse(fallback: CallbackFallback, backOn: number | null): AfterLapse {
  if (fallback === 'drop') return { event: 'resolved' };
  return backOn === null ? { event: 'exhausted' } : { event: 'released', place: backOn };
}

/** Whether this agent may keep the callback now. */
export function mayKeep({ agent, dueAt, until, fallback }: CallbackTerms, candidate: string, now: number): boolean {
  if (agent === null || agent === candidate) return true;
  return fallback === 'anyone' && now >= dueAt + (until - dueAt) / 2;
}

const OWED: ReadonlySet<CallbackKind> = new Set(['abandoned', 'missed']);

function rank({ kind, agent }: CallbackTerms): number {
  return OWED.has(kind) ? 0 : agent !== null ? 1 : 2;
}

/**
 * Who keeps which of the callbacks due: those owed first (abandoned, missed), then those promised by an agent, then
 * anyone's, the oldest first. `agents` are free, those who waited longest first; one with a promise of his own to keep is
 * taken for another's only when nobody else is left.
 */
export function pairUp<C extends CallbackTerms>(
  due: readonly C[],
  agents: readonly string[],
  now: number,
): { readonly callback: C; readonly agent: string }[] {
  const free = [...agents];
  const ordered = [...due].sort((a, b) => rank(a) - rank(b) || a.dueAt - b.dueAt);
  const promised = new Set(ordered.flatMap(({ agent }) => agent ?? []));
  const pairs: { callback: C; agent: string }[] = [];
  for (const callback of ordered) {
    if (free.length === 0) break;
    const able = free.filter((agent) => mayKeep(callback, agent, now));
    const agent =
      able.find((agent) => agent === callback.agent) ?? able.find((agent) => !promised.has(agent)) ?? able[0];
    if (agent === undefined) continue;
    free.splice(free.indexOf(agent), 1);
    pairs.push({ callback, agent });
  }
  return pairs;
}
