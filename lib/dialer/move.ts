import { step, type Table } from '../core/machine.ts';
import type { Subject } from '../store/journal.ts';
import { noteOddity, type Floor } from './floor.ts';

/** One event met by one thing with a state. */
export interface Move<S extends string, E extends string> {
  readonly subject: Extract<Subject, 'campaign' | 'lead' | 'attempt' | 'agent' | 'callback' | 'caller'>;
  readonly id: string;
  readonly table: Table<S, E>;
  readonly state: S;
  readonly event: E;
  /** Written with the move into journal and log. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Stores the new state, and puts it into memory. */
  readonly store: (to: S, now: number) => void;
  /** What the new state asks for, once it is committed. */
  readonly then?: (to: S, from: S) => void;
}

/**
 * The one place where a state changes, always in this order: table, store, journal, one log line, effects. False when
 * the event has no move in this state; then nothing happened but a count.
 */
export function move<S extends string, E extends string>(floor: Floor, asked: Move<S, E>): boolean {
  const { subject, id, table, state, event, data = {} } = asked;
  const found = step(table, state, event);
  if (!found.ok) {
    noteOddity(floor, subject, id, state, event);
    return false;
  }
  const { from, to } = found;
  floor.act(() => {
    const now = floor.clock.now();
    asked.store(to, now);
    floor.store.journal.write({ at: now, subject, id, event, from, to, data });
    floor.log.info({ [subject]: id, event, from, to, ...data }, `${subject} moved`);
    floor.then(() => asked.then?.(to, from));
  });
  return true;
}
