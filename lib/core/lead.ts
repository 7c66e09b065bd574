import type { Table } from './machine.ts';

/**
 * - `callable`: may be taken now; after a crash it still may.
 * - `dialing`: has an unresolved attempt; a crash leaves it so and recovery resolves the attempt.
 * - `waiting`: due again at its `next_at` (retry, or the gate's DEFER); taken straight from here.
 * - `promised`: a callback stands for it, and only that dials it; after a crash it still does.
 * - `held`: the gate's HOLD; a person decides.
 * - `blocked`: the gate's DENY; stays until the data change.
 * - `done`: reached its result. `spent`: every attempt the policy allows was made. `opted-out`: said "never again";
 *   only a lift, which needs evidence, releases it, and only when nothing else closes it.
 */
export type LeadState =
  | 'callable'
  | 'dialing'
  | 'waiting'
  | 'promised'
  | 'held'
  | 'blocked'
  | 'done'
  | 'spent'
  | 'opted-out';

export type LeadEvent =
  | 'dialed'
  | 'deferred'
  | 'held'
  | 'denied'
  | 'retry'
  | 'resolved'
  | 'exhausted'
  | 'voided'
  | 'promised'
  | 'released'
  | 'opted-out';

export const leadTable = {
  callable: {
    dialed: 'dialing',
    deferred: 'waiting',
    promised: 'promised',
    held: 'held',
    denied: 'blocked',
    retry: 'waiting',
    resolved: 'done',
    exhausted: 'spent',
    'opted-out': 'opted-out',
  },
  dialing: {
    retry: 'waiting',
    resolved: 'done',
    exhausted: 'spent',
    voided: 'callable',
    promised: 'promised',
    denied: 'blocked',
    'opted-out': 'opted-out',
  },
  waiting: {
    dialed: 'dialing',
    deferred: 'waiting',
    promised: 'promised',
    held: 'held',
    denied: 'blocked',
    retry: 'waiting',
    resolved: 'done',
    exhausted: 'spent',
    released: 'callable',
    'opted-out': 'opted-out',
  },
  promised: {
    dialed: 'dialing',
    deferred: 'promised',
    promised: 'promised',
    held: 'held',
    denied: 'blocked',
    retry: 'waiting',
    resolved: 'done',
    exhausted: 'spent',
    released: 'callable',
    'opted-out': 'opted-out',
  },
  held: { released: 'callable', 'opted-out': 'opted-out' },
  blocked: { released: 'callable', 'opted-out': 'opted-out' },
  done: {
    retry: 'waiting',
    exhausted: 'spent',
    released: 'callable',
    promised: 'promised',
    'opted-out': 'opted-out',
  },
  spent: {
    retry: 'waiting',
    resolved: 'done',
    released: 'callable',
    promised: 'promised',
    'opted-out': 'opted-out',
  },
  'opted-out': { released: 'callable' },
} as const satisfies Table<LeadState, LeadEvent>;
