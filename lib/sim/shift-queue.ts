/** What is due when: a binary heap on flat arrays; what is due at one time comes out in the order it went in. */
export interface ShiftQueue {
  push(at: number, kind: number, subject: number, version: number): void;
  /** When the next is due; Infinity when nothing is. */
  nextAt(): number;
  /** Takes the next out; read it from `kind`, `subject` and `version` before the next call. */
  pop(): void;
  kind: number;
  subject: number;
  version: number;
}

const FIELDS = 5;

/** An empty queue. */
export function createShiftQueue(): ShiftQueue {
  let heap = new Float64Array(FIELDS * 256);
  let size = 0;
  let order = 0;

  const before = (at: number, seq: number, slot: number): boolean => {
    const other = heap[slot * FIELDS] as number;
    return at < other || (at === other && seq < (heap[slot * FIELDS + 1] as number));
  };
  const write = (slot: number, at: number, seq: number, kind: number, subject: number, version: number): void => {
    const base = slot * FIELDS;
    heap[base] = at;
    heap[base + 1] = seq;
    heap[base + 2] = kind;
    heap[base + 3] = subject;
    heap[base + 4] = version;
  };

  const queue: ShiftQueue = {
    kind: 0,
    subject: 0,
    version: 0,
    nextAt: () => (size === 0 ? Infinity : (heap[0] as number)),
    push(at, kind, subject, version) {
      if ((size + 1) * FIELDS > heap.length) {
        const wider = new Float64Array(heap.length * 2);
        wider.set(heap);
        heap = wider;
      }
      const seq = (order += 1);
      let slot = size;
      size += 1;
      while (slot > 0) {
        const parent = (slot - 1) >> 1;
        if (!before(at, seq, parent)) break;
        heap.copyWithin(slot * FIELDS, parent * FIELDS, (parent + 1) * FIELDS);
        slot = parent;
      }
      write(slot, at, seq, kind, subject, version);
    },
    pop() {
      queue.kind = heap[2] as number;
      queue.subject = heap[3] as number;
      queue.version = heap[4] as number;
      size -= 1;
      if (size === 0) return;
      const last = size * FIELDS;
      const at = heap[last] as number;
      const seq = heap[last + 1] as number;
      let slot = 0;
      for (let child = 1; child < size; child = 2 * slot + 1) {
        const right = child + 1;
        const least = right < size && before(heap[right * FIELDS] as number, heap[right * FIELDS + 1] as number, child);
        const lower = least ? right : child;
        if (before(at, seq, lower)) break;
        heap.copyWithin(slot * FIELDS, lower * FIELDS, (lower + 1) * FIELDS);
        slot = lower;
      }
      write(slot, at, seq, heap[last + 2] as number, heap[last + 3] as number, heap[last + 4] as number);
    },
  };
  return queue;
}
