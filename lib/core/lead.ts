import type { Table } from './machine.ts';

/**
 * - `callable`: may be taken now; after a crash it still may.
 * - `dialing`: has an unresolved attempt; a crash leaves it so and recovery resolves the attempt.
 * - `waiting`: due again at its `next_at` (retry, or the gate's DEFER); taken straight from here.
 * - `held`: the gate's HOLD; a person decides.
 * - `blocked`: the gate's DENY; stays until the data change.
 * - `done`: reached its result. `spent`: every attempt the policy allows was made. `opted-out`: said "never again";
 *   only a lift, which needs evidence, releases it, and only when nothing else closes it.
 */
export type LeadState = 'callable' | 'dialing' | 'waiting' | 'held' | 'blocked' | 'done' | 'spent' | 'opted-out';

export type LeadEvent =
  | 'dialed'
  | 'deferred'
  | 'held'
  | 'denied'
  | 'retry'
  | 'resolved'
  | 'exhausted'
  | 'voided'
  | 'released'
  | 'opted-out';

export const leadTable = {
  callable: { dialed: 'dialing', deferred: 'waiting', held: 'held', denied: 'blocked', 'opted-out': 'opted-out' },
  dialing: {
    retry: 'waiting',
    resolved: 'done',
    exhausted: 'spent',
    voided: 'callable',
    denied: 'blocked',
    'opted-out': 'opted-out',
  },
  waiting: {
    dialed: 'dialing',
    deferred: 'waiting',
    held: 'held',
    denied: 'blocked',
    released: 'callable',
    'opted-out': 'opted-out',
  },
  held: { released: 'callable', 'opted-out': 'opted-out' },
  blocked: { released: 'callable', 'opted-out': 'opted-out' },
  done: { released: 'callable', 'opted-out': 'opted-out' },
  spent: { released: 'callable', 'opted-out': 'opted-out' },
  'opted-out': { released: 'callable' },
} as const satisfies Table<LeadState, LeadEvent>;
