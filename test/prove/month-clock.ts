import type { Cancel, Clock } from '../../lib/clock.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  cancelled: boolean;
}

/** A clock that jumps from what is due to what is due next. */
export interface MonthClock extends Clock {
  /** Something of the world that happens then. */
  at(at: number, act: () => void): void;
  /** Does all that is due up to `until`, in order of time, each at its own moment; then it is `until`. */
  pass(until: number): void;
  /** Does what was asked for "soon", until nothing is. */
  soon(): void;
  /** How many things are due at some time. */
  readonly pending: () => number;
}

/** Begins at `startAt`, epoch ms. A binary heap: a month has millions of timers. */
export function createMonthClock(startAt: number): MonthClock {
  let now = startAt;
  let order = 0;
  const heap: Due[] = [];
  const asked: Due[] = [];
  const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(due: Due): void {
    let i = heap.push(due) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(due, heap[parent] as Due)) break;
      heap[i] = heap[parent] as Due;
      i = parent;
    }
    heap[i] = due;
  }

  function pop(): Due | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Due, heap[child] as Due)) child += 1;
      if (!before(heap[child] as Due, last)) break;
      heap[i] = heap[child] as Due;
      i = child;
    }
    heap[i] = last;
    return top;
  }

  function set(at: number, act: () => void, into: (due: Due) => void): Cancel {
    const due: Due = { at, order: (order += 1), act, cancelled: false };
    into(due);
    return () => {
      due.cancelled = true;
    };
  }

  const clock: MonthClock = {
    now: () => now,
    monotonic: () => now - startAt,
    after: (ms, act) => (ms <= 0 ? set(now, act, (due) => void asked.push(due)) : set(now + Math.trunc(ms), act, push)),
    every(ms, act) {
      let cancel: Cancel = () => undefined;
      const arm = (): void => {
        cancel = clock.after(ms, () => {
          arm();
          act();
        });
      };
      arm();
      return () => cancel();
    },
    at: (at, act) => void set(at, act, push),
    pass(until) {
      for (let top = heap[0]; top !== undefined && top.at <= until; top = heap[0]) {
        pop();
        if (top.cancelled) continue;
        now = Math.max(now, top.at);
        top.act();
      }
      now = until;
    },
    soon() {
      for (let due = asked.shift(); due !== undefined; due = asked.shift()) if (!due.cancelled) due.act();
    },
    pending: () => heap.length,
  };
  return clock;
}
