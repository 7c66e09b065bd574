import type { Pacer, PacingEvent } from '../../core/pacing/contract.ts';
import { countHeads, every, place } from './rhythm.ts';
import {
  VICIDIAL_DEFAULTS,
  vicidialGoal,
  vicidialLevel,
  type VicidialDrops,
  type VicidialMeans,
  type VicidialSettings,
} from './vicidial-level.ts';

const FILL_MS = 2500;
const SAMPLE_MS = 1000;
const SAMPLES = 15;
const LEVEL_MS = 15_000;
const DROPS_MS = 60_000;
const DAY_MS = 86_400_000;

const NO_DROPS: VicidialDrops = {
  callsLastMinute: 0,
  dropsLastMinute: 0,
  callsToday: 0,
  dropsToday: 0,
  humanAnswersToday: 0,
};

/**
 * VICIdial's dialing as its documents and source describe it: a fill loop that tops lines up to level × agents, and a
 * level loop. Agents in wrap-up count as paused, so their return is never foreseen. Without its agents' own
 * dispositions every connected call counts as a human answer, which favours it where machines reach agents.
 */
export function vicidialPeer(changes: Partial<VicidialSettings> = {}): Pacer {
  const settings = { ...VICIDIAL_DEFAULTS, ...changes };
  const [fill, sample, adapt, refresh] = [every(FILL_MS), every(SAMPLE_MS), every(LEVEL_MS), every(DROPS_MS)];
  const samples: VicidialMeans[] = [];
  let level = settings.level;
  let shown = NO_DROPS;
  let counted = { ...NO_DROPS };
  let day = -1;

  const serverTime = (now: number): number => now + settings.serverOffsetMs;

  function refreshDrops(now: number): void {
    const today = Math.floor(serverTime(now) / DAY_MS);
    if (today !== day) {
      if (day !== -1) counted = { ...counted, callsToday: 0, dropsToday: 0, humanAnswersToday: 0 };
      day = today;
    }
    shown = counted;
    counted = { ...counted, callsLastMinute: 0, dropsLastMinute: 0 };
  }

  function count(calls: number, drops: number, answers: number): void {
    counted = {
      callsLastMinute: counted.callsLastMinute + calls,
      dropsLastMinute: counted.dropsLastMinute + drops,
      callsToday: counted.callsToday + calls,
      dropsToday: counted.dropsToday + drops,
      humanAnswersToday: counted.humanAnswersToday + answers,
    };
  }

  return {
    observe(event: PacingEvent) {
      if (event.type === 'failed') count(1, 0, 0);
      else if (event.type === 'connected') count(1, 0, 1);
      else if (event.type === 'abandoned') count(1, 1, 1);
    },
    decide(snapshot) {
      const { now } = snapshot;
      const heads = countHeads(snapshot);
      if (sample.due(now)) {
        samples.push({ ready: heads.available, waiting: heads.waiting, loggedIn: heads.loggedIn });
        if (samples.length > SAMPLES) samples.shift();
      }
      if (refresh.due(now)) refreshDrops(now);
      if (adapt.due(now)) level = vicidialLevel(level, means(samples), shown, hhmm(serverTime(now)), settings);
      const goal = vicidialGoal(level, heads, settings.availableOnly);
      const lines = heads.unanswered + heads.waiting + heads.talking;
      const wanted = fill.due(now) ? goal - lines : 0;
      const sentence = `level ${level.toFixed(2)} makes ${goal} lines, ${lines} are up`;
      const numbers = { level, goal, lines, dropsToday: shown.dropsToday, answersToday: shown.humanAnswersToday };
      return place(snapshot, wanted, { limit: 'ratio', sentence, numbers }, fill.nextAt());
    },
    estimates: () => null,
  };
}

function means(samples: readonly VicidialMeans[]): VicidialMeans {
  const mean = (of: (one: VicidialMeans) => number): number =>
    samples.reduce((sum, one) => sum + of(one), 0) / Math.max(1, samples.length);
  return {
    ready: mean((one) => one.ready),
    waiting: mean((one) => one.waiting),
    loggedIn: mean((one) => one.loggedIn),
  };
}

function hhmm(serverTime: number): number {
  const minutes = Math.floor((((serverTime % DAY_MS) + DAY_MS) % DAY_MS) / 60_000);
  return Math.floor(minutes / 60) * 100 + (minutes % 60);
}
