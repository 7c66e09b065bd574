import type { Disposition } from '../../core/outcome.ts';
import { begunMinutes } from '../../core/price.ts';
import type { DeedAttempt } from '../../store/redial-deeds.ts';
import type { PassFigures } from '../commands/redials.ts';

/** Adds up attempts; one connected later than `limitMs` counts as abandoned. */
export function createFigures(limitMs: number) {
  const byDisposition = new Map<Disposition, number>();
  let [attempts, live, answered, talks, abandoned, talkMs, minutes] = [0, 0, 0, 0, 0, 0, 0];
  return {
    add({ answered_at, bridged_at, ended_at, disposition }: DeedAttempt): void {
      attempts += 1;
      if (disposition === null) live += 1;
      else byDisposition.set(disposition, (byDisposition.get(disposition) ?? 0) + 1);
      if (answered_at === null) return;
      answered += 1;
      if (bridged_at === null ? disposition !== null : bridged_at - answered_at > limitMs) abandoned += 1;
      if (bridged_at !== null) talks += 1;
      if (ended_at === null) return;
      minutes += begunMinutes(answered_at, ended_at);
      if (bridged_at !== null) talkMs += ended_at - bridged_at;
    },
    result: (): PassFigures => ({
      attempts,
      live,
      byDisposition: Object.fromEntries([...byDisposition].sort(([, a], [, b]) => b - a)),
      answered,
      talks,
      abandoned,
      talkMs,
      minutes,
    }),
  };
}
