/** Turns for a few at a time; who waits can be sent away. */
export interface Turns<K> {
  /** Resolves with the release when it is this one's turn, with null when it was withdrawn before. */
  take(key: K): Promise<(() => void) | null>;
  /** True when it was still waiting; it never gets its turn then. */
  withdraw(key: K): boolean;
}

/** At most `limit` at a time, first come, first served. */
export function createTurns<K>(limit: number): Turns<K> {
  const waiting = new Map<K, (release: (() => void) | null) => void>();
  let free = limit;

  function release(): void {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    const [key, give] = next;
    waiting.delete(key);
    give(once(release));
  }

  return {
    async take(key) {
      if (free === 0) return new Promise((resolve) => void waiting.set(key, resolve));
      free -= 1;
      return once(release);
    },
    withdraw(key) {
      const give = waiting.get(key);
      if (give === undefined) return false;
      waiting.delete(key);
      give(null);
      return true;
    },
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
