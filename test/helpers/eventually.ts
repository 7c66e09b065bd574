import { sleep, systemClock } from '../../lib/clock.ts';

const ASK_AGAIN_MS = 20;

/** What `look` gives once it is neither false, null nor undefined; rejects after `limitMs` naming what was waited for. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = 15_000,
): Promise<Exclude<T, false | null | undefined>> {
  const end = systemClock.monotonic() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) {
      return found as Exclude<T, false | null | undefined>;
    }
    if (systemClock.monotonic() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(systemClock, ASK_AGAIN_MS);
  }
}
