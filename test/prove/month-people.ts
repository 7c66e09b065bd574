import type { HangUp } from '../../lib/dialer/pbx.ts';
import { streamOf } from '../../lib/sim/model.ts';
import { logNormal, type Random } from '../../lib/sim/random.ts';
import { DRAW, HOUR_MS } from './month-base.ts';

/** What will become of one call; times are ms from the originate. */
export interface Fate {
  readonly kind: 'unanswered' | 'talk' | 'machine' | 'abandoned' | 'opt-out' | 'cancelled' | 'lost' | 'refused';
  readonly ringMs: number | null;
  readonly answerMs: number | null;
  readonly endMs: number;
  readonly hangUp: Pick<HangUp, 'cause' | 'sipCode' | 'byFarSide'>;
  /** What comes of a talk. */
  readonly says?: 'yes' | 'no' | 'later' | 'never';
}

const BY_PERSON = { cause: 16, sipCode: null, byFarSide: true } as const;
const BY_US = { cause: 16, sipCode: null, byFarSide: false } as const;
const RING_LIMIT_MS = 30_000;

/** What an unanswered call to a living number ends as, most of them by our own ring time-out. */
const UNANSWERED: readonly (readonly [share: number, cause: number, sipCode: number, rings: boolean])[] = [
  [0.13, 17, 486, false],
  [0.03, 21, 603, true],
  [0.1, 20, 480, false],
  [0.02, 42, 503, false],
];
const TRUNK = 0.01;
const CANCELLED = 0.004;
const LOST = 0.001;
const REFUSED = 0.001;

/** Numbers that are no person's: they say so each time they are called. */
const NEVER: readonly (readonly [share: number, cause: number, sipCode: number])[] = [
  [0.02, 1, 404],
  [0.01, 28, 484],
  [0.005, 127, 607],
];

/** The `nth` call (from 0) to the `number`th number of the base, at this hour where the person is. */
export function fateOf(seed: number, number: number, nth: number, localHour: number): Fate {
  const person = streamOf(seed, DRAW.number, number);
  const is = person();
  const reach = 0.2 + 0.5 * person();
  const random = streamOf(seed, DRAW.call, number * 1_000 + nth);
  let from = 0;
  for (const [share, cause, sipCode] of NEVER) {
    if (is < (from += share)) return failed(cause, sipCode, false, random);
  }
  const evening = localHour >= 17 ? 1.5 : localHour < 11 ? 0.7 : 1;
  return random() < reach * evening ? answered(random) : unanswered(random);
}

function unanswered(random: Random): Fate {
  const draw = random();
  let from = 0;
  for (const [share, cause, sipCode, rings] of UNANSWERED) {
    if (draw < (from += share)) return failed(cause, sipCode, rings, random);
  }
  const quick = { ringMs: null, answerMs: null, hangUp: BY_US } as const;
  if (draw < (from += TRUNK)) {
    return { ...quick, kind: 'unanswered', endMs: 6_000, hangUp: { cause: 18, sipCode: 408, byFarSide: false } };
  }
  if (draw < (from += CANCELLED)) return { ...quick, kind: 'cancelled', ringMs: 2_000, endMs: 9_000 };
  if (draw < (from += LOST)) return { ...quick, kind: 'lost', endMs: RING_LIMIT_MS };
  if (draw < (from += REFUSED)) return { ...quick, kind: 'refused', endMs: 1_000 };
  const hangUp = { cause: 19, sipCode: 480, byFarSide: false } as const;
  return { kind: 'unanswered', ringMs: 2_500, answerMs: null, endMs: RING_LIMIT_MS, hangUp };
}

function failed(cause: number, sipCode: number, rings: boolean, random: Random): Fate {
  const endMs = Math.round(4_000 + 4_000 * random());
  const hangUp = { cause, sipCode, byFarSide: true };
  return { kind: 'unanswered', ringMs: rings ? 2_000 : null, answerMs: null, endMs, hangUp };
}

function answered(random: Random): Fate {
  const draw = random();
  const ringMs = 2_500;
  const answerMs = ringMs + Math.round(2_000 + 20_000 * random());
  const lasts = (ms: number): number => answerMs + Math.round(ms);
  const common = { ringMs, answerMs, hangUp: BY_PERSON } as const;
  if (draw < 0.012) return { ...common, kind: 'abandoned', endMs: lasts(6_000), hangUp: BY_US };
  if (draw < 0.016) return { ...common, kind: 'opt-out', endMs: lasts(15_000) };
  if (draw < 0.07) return { ...common, kind: 'machine', endMs: lasts(12_000), hangUp: BY_US };
  const says = random();
  return {
    ...common,
    kind: 'talk',
    endMs: lasts(5_000 + Math.min(20 * 60_000, logNormal(random, 60_000, 0.8))),
    says: says < 0.12 ? 'yes' : says < 0.18 ? 'later' : says < 0.2 ? 'never' : 'no',
  };
}

const hourClocks = new Map<string, Intl.DateTimeFormat>();

/** The hour on the person's wall; where nobody knows the zone, Moscow's. */
export function localHourAt(zone: string | null, at: number): number {
  const name = zone ?? 'Europe/Moscow';
  let clock = hourClocks.get(name);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-GB', { timeZone: name, hour: '2-digit', hourCycle: 'h23' });
    hourClocks.set(name, clock);
  }
  return Number(clock.format(Math.floor(at / HOUR_MS) * HOUR_MS));
}
