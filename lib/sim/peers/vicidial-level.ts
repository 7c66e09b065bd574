/** How VICIdial moves its dial level. `RATIO`: not at all. */
export type VicidialMethod = 'RATIO' | 'ADAPT_HARD_LIMIT' | 'ADAPT_AVERAGE' | 'ADAPT_TAPERED';

/** A campaign's settings; `VICIDIAL_DEFAULTS` holds the published ones. */
export interface VicidialSettings {
  readonly method: VicidialMethod;
  /** Lines per agent at the start of the day, and always with `RATIO`. */
  readonly level: number;
  readonly maximumLevel: number;
  /** Drops per 100 human answers of the day. */
  readonly dropPercent: number;
  /** Per cent by which the level's steps are made larger (up) or smaller (negative). */
  readonly intensity: number;
  /** Ready agents less waiting calls that the level steers to is minus this: −1 keeps one agent free. */
  readonly diffTarget: number;
  /** The level counts only ready agents, not those in a call. */
  readonly availableOnly: boolean;
  /** `ADAPT_TAPERED` lets go of the limit early in the day and reaches it then; HHMM. */
  readonly latestServerTime: number;
  /** The server's clock less UTC: midnight starts a new day of drops. */
  readonly serverOffsetMs: number;
}

/** What a new campaign of the method gets; the server's clock is Moscow's. */
export const VICIDIAL_DEFAULTS: VicidialSettings = {
  method: 'ADAPT_AVERAGE',
  level: 1,
  maximumLevel: 3,
  dropPercent: 3,
  intensity: 0,
  diffTarget: 0,
  availableOnly: false,
  latestServerTime: 2100,
  serverOffsetMs: 3 * 3_600_000,
};

/** Means over the last 15 one-second samples. */
export interface VicidialMeans {
  readonly ready: number;
  readonly waiting: number;
  readonly loggedIn: number;
}

/** The drop figures, as last refreshed. */
export interface VicidialDrops {
  readonly callsLastMinute: number;
  readonly dropsLastMinute: number;
  readonly callsToday: number;
  readonly dropsToday: number;
  readonly humanAnswersToday: number;
}

/** How many lines the fill loop wants in all. */
export function vicidialGoal(
  level: number,
  heads: { readonly available: number; readonly withCaller: number; readonly talking: number },
  availableOnly: boolean,
): number {
  if (availableOnly) return Math.round(level * heads.available) + heads.talking;
  return Math.round(level * (heads.available + heads.withCaller));
}

/** The level after one turn of the level loop: a step by the difference, then the drop rules, never under 1. */
export function vicidialLevel(
  level: number,
  means: VicidialMeans,
  drops: VicidialDrops,
  hhmm: number,
  settings: VicidialSettings,
): number {
  if (settings.method === 'RATIO') return settings.level;
  return Math.max(1, afterDrops(afterDifference(level, means, settings), drops, hhmm, settings));
}

function afterDifference(level: number, means: VicidialMeans, settings: VicidialSettings): number {
  const { intensity, diffTarget, maximumLevel } = settings;
  if (means.loggedIn === 0) return level;
  const share = (means.ready - means.waiting + diffTarget) / means.loggedIn;
  const step = share >= 0 ? share * (1 + intensity / 100) : share * Math.abs(intensity / 100 - 1);
  return Math.min(maximumLevel, Math.max(1, level * (1 + step)));
}

function afterDrops(level: number, drops: VicidialDrops, hhmm: number, settings: VicidialSettings): number {
  const burst = drops.callsLastMinute > 20 && drops.dropsLastMinute / drops.callsLastMinute > 0.5;
  const halved = burst ? level / 2 : level;
  const percent = drops.humanAnswersToday === 0 ? 0 : (100 * drops.dropsToday) / drops.humanAnswersToday;
  if (drops.callsToday <= 50 || percent <= settings.dropPercent) return halved;
  switch (settings.method) {
    case 'RATIO':
      return halved;
    case 'ADAPT_HARD_LIMIT':
      return 1;
    case 'ADAPT_AVERAGE':
      return halved / 2;
    case 'ADAPT_TAPERED': {
      // HHMM numbers are subtracted as they are: 41 "minutes" vanish at each full hour.
      const left = settings.latestServerTime - hhmm;
      if (left < 0) return 1;
      return left > 1000 ? halved : (halved * left) / 1000;
    }
  }
}
