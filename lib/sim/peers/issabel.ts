import type { Pacer, PacingEvent } from '../../core/pacing/contract.ts';
import { countHeads, every, place } from './rhythm.ts';

/** The dialer's settings; `ISSABEL_DEFAULTS` holds the published ones. */
export interface IssabelSettings {
  readonly periodMs: number;
  /** Agents who seem about to be free count as free. */
  readonly predictive: boolean;
  /** How sure that must be. */
  readonly serviceQuality: number;
  /** Divide by the share of calls that were answered. */
  readonly overcommit: boolean;
}

/** As shipped: predictive, without overcommit. */
export const ISSABEL_DEFAULTS: IssabelSettings = {
  periodMs: 5000,
  predictive: true,
  serviceQuality: 0.97,
  overcommit: false,
};

const ENOUGH_CALLS = 10;
const ANSWER_TIMES = 20;
const USUAL_ANSWER_MS = 8000;
const WINDOW_MS = 30 * 60_000;
const LEAST_ANSWER_SHARE = 0.2;

/**
 * Whether the predictor takes a busy agent for free: the chance that a call is no longer than this one will be when the
 * next is answered. It is not the chance that this call ends, so hardly any call passes before 3.5 mean durations.
 */
export function issabelSoonFree(talkingMs: number, toAnswerMs: number, meanTalkMs: number, quality: number): boolean {
  return 1 - Math.exp(-(talkingMs + toAnswerMs) / meanTalkMs) >= quality;
}

/** The mean of the last 20 times to answer, short samples filled up with 8 s. */
export function issabelTimeToAnswer(samplesMs: readonly number[]): number {
  const sum = samplesMs.reduce((total, ms) => total + ms, 0);
  return (
    (sum + USUAL_ANSWER_MS * Math.max(0, ANSWER_TIMES - samplesMs.length)) / Math.max(ANSWER_TIMES, samplesMs.length)
  );
}

/** How many calls to place: the surplus of agents, and with overcommit that divided by the share answered lately. */
export function issabelPlace(
  heads: { readonly free: number; readonly soon: number; readonly waiting: number; readonly unanswered: number },
  lately: { readonly calls: number; readonly answered: number },
  overcommit: boolean,
): number {
  const surplus = Math.max(0, Math.max(0, heads.free + heads.soon - heads.waiting) - heads.unanswered);
  if (!overcommit || lately.calls < ENOUGH_CALLS) return surplus;
  return Math.round(surplus / Math.max(LEAST_ANSWER_SHARE, lately.answered / lately.calls));
}

/**
 * The dialer of Issabel (and Elastix) as its source describes it. The division by the answered share comes after the
 * calls under way are subtracted, so a batch must be nearly finished before the next; abandonment is never looked at.
 */
export function issabelPeer(changes: Partial<IssabelSettings> = {}): Pacer {
  const settings = { ...ISSABEL_DEFAULTS, ...changes };
  const beat = every(settings.periodMs);
  const placedAt = new Map<string, number>();
  const connectedAt = new Map<string, number>();
  const answerTimes: number[] = [];
  const ended: { at: number; answered: boolean }[] = [];
  let talks = 0;
  let talkedMs = 0;

  function sampleAnswer(ms: number): void {
    answerTimes.push(ms);
    if (answerTimes.length > ANSWER_TIMES) answerTimes.shift();
  }

  function close(call: string, at: number, answered: boolean, sampleMs: number | null): void {
    if (!placedAt.delete(call)) return;
    ended.push({ at, answered });
    if (sampleMs !== null) sampleAnswer(sampleMs);
  }

  function lately(now: number): { calls: number; answered: number } {
    while (ended[0] !== undefined && ended[0].at < now - WINDOW_MS) ended.shift();
    return { calls: ended.length, answered: ended.filter(({ answered }) => answered).length };
  }

  return {
    observe(event: PacingEvent) {
      switch (event.type) {
        case 'originated':
          placedAt.set(event.call, event.at);
          break;
        case 'answered':
          close(event.call, event.at, true, event.at - (placedAt.get(event.call) ?? event.at));
          break;
        case 'failed': {
          // A failure leaves its time to the hang-up among the times to answer; one of the trunk leaves 0.
          const elapsedMs = event.at - (placedAt.get(event.call) ?? event.at);
          const ours = event.reason === 'trunk' || event.reason === 'refused';
          close(event.call, event.at, false, ours ? 0 : elapsedMs);
          break;
        }
        case 'connected':
          connectedAt.set(event.call, event.at);
          break;
        case 'talk-ended': {
          const since = connectedAt.get(event.call);
          if (since === undefined || !connectedAt.delete(event.call)) break;
          talks += 1;
          talkedMs += event.at - since;
          break;
        }
        default:
      }
    },
    decide(snapshot) {
      const { now, agents } = snapshot;
      const due = beat.due(now);
      const { available, waiting, unanswered } = countHeads(snapshot);
      const free = available + agents.filter(({ state }) => state === 'reserved').length;
      const toAnswerMs = issabelTimeToAnswer(answerTimes);
      let soon = 0;
      if (due && settings.predictive && talks >= ENOUGH_CALLS) {
        for (const { state, since } of agents) {
          if (
            state === 'talking' &&
            issabelSoonFree(now - since, toAnswerMs, talkedMs / talks, settings.serviceQuality)
          )
            soon += 1;
        }
      }
      const heads = { free, soon, waiting, unanswered };
      const wanted = due ? issabelPlace(heads, lately(now), settings.overcommit) : 0;
      const sentence = `${free} agents free and ${soon} soon, ${waiting} callers waiting, ${unanswered} calls unanswered`;
      return place(snapshot, wanted, { limit: 'agents', sentence, numbers: { ...heads, toAnswerMs } }, beat.nextAt());
    },
    estimates: () => null,
  };
}
