import { numberFor, type BehaviourName } from '../../asterisk/testbed/behaviours.ts';
import { pacingSettings, type CampaignSpec } from '../../lib/campaign-file.ts';
import type { PacingSettings } from '../../lib/core/pacing/settings.ts';
import { drawMs, type Duration } from '../../lib/sim/model-duration.ts';
import { seededRandom, type Random } from '../../lib/sim/random.ts';
import { referenceScenario, type Scenario } from '../../lib/sim/scenario.ts';
import { ALL_HOURS } from '../bench/daemon.ts';
import { specWith } from '../helpers/rig.ts';
import type { Figures } from './figures.ts';

/*
 * One model of people, told twice: as numbers that the test bed's people behave by, and as a scenario of the simulator.
 * What the bed cannot do or the simulator does not know is left out of it.
 */

/** A shift to be proved. */
export interface Plan {
  readonly agents: number;
  readonly minutes: number;
  readonly seed: number;
}

const ANSWERS = 0.35;
/** At once, without ringing: the simulator's busy do not ring. */
const BUSY = 0.07;
/** To the simulator these are busy too; the pacer learns the same of both. */
const DECLINED = 0.03;
/** 503: the trunk's failure, not the list's. */
const CONGESTION = 0.03;
const RING: Duration = { kind: 'lognormal', medianS: 2.5, sigma: 0.5, maxS: 7 };
const TALK = { kind: 'lognormal', meanS: 12, sigma: 0.6, maxS: 60 } as const satisfies Duration;
const RING_TIMEOUT_S = 8;
const WRAP_UP_S = 2;
const TARGET = 0.03;
const CHANNELS = 200;
const PER_SECOND = 50;
/** Three times what an agent needs. */
const LEADS_AN_AGENT_MINUTE = 20;

/** The trunk's limits, far from where they would bind. */
export const TRUNK = { channels: CHANNELS, perSecond: PER_SECOND } as const;

/** The campaign: predictive, everyone called once. */
export const CAMPAIGN: CampaignSpec = (() => {
  const usual = specWith();
  const never = Object.fromEntries(Object.keys(usual.retry).map((name) => [name, 'never'])) as CampaignSpec['retry'];
  return specWith({
    name: 'shift',
    mode: 'predictive',
    policy: ALL_HOURS,
    pacing: { ...usual.pacing, target: TARGET, limit: TARGET, expectedTalkS: TALK.meanS },
    ringTimeoutS: RING_TIMEOUT_S,
    wrapUpS: WRAP_UP_S,
    answerLimitMs: 2_000,
    retry: never,
  });
})();

/** What both pacers are made with: the daemon's makes its own of the campaign in the same way. */
export const SETTINGS: PacingSettings = pacingSettings(CAMPAIGN);

/** The people to call, in the order they are called: each one's fate is drawn on its own, and no number comes twice. */
export function leadBase({ agents, minutes, seed }: Plan): string[] {
  const random = seededRandom(seed);
  const serials = new Map<string, number>();
  return Array.from({ length: Math.ceil(LEADS_AN_AGENT_MINUTE * agents * minutes) }, () => {
    const { name, ringMs, talkS } = personOf(random);
    const kind = `${name} ${ringMs} ${talkS}`;
    const serial = serials.get(kind) ?? 0;
    serials.set(kind, serial + 1);
    // Who does not answer neither rings out nor talks: those digits tell more of them apart.
    const more = name === 'no-answer' || ringMs === 0 ? Math.floor(serial / 1_000) : 0;
    return numberFor(name, { ringMs, talkS: talkS + more, serial: serial % 1_000 });
  });
}

interface Person {
  readonly name: BehaviourName;
  readonly ringMs: number;
  readonly talkS: number;
}

/** The bed rings for tenths of a second and talks for whole ones. */
function personOf(random: Random): Person {
  const silent = (name: BehaviourName): Person => ({ name, ringMs: 0, talkS: 0 });
  let lot = random();
  const ringMs = Math.round(drawMs(random, RING) / 100) * 100;
  const talkS = Math.max(1, Math.round(drawMs(random, TALK) / 1_000));
  if ((lot -= ANSWERS) < 0) return { name: 'human', ringMs, talkS };
  if ((lot -= BUSY) < 0) return silent('busy');
  if ((lot -= DECLINED) < 0) return silent('declined');
  if ((lot -= CONGESTION) < 0) return silent('congestion');
  return silent('no-answer');
}

/** What a bed's own work takes, measured on it, seconds. */
export interface BedTimes {
  /** From the decision to ringing. */
  readonly setupS: number;
  /** From the decision to the news of a refusal. */
  readonly refusalS: number;
  /** The mean wait for an agent. The bed's people look at the clock when they answer: what they wait is not talked. */
  readonly waitS: number;
}

/** Times of the bed from what the database says of a shift on it. */
export function bedTimes({ setupMs, refusalMs, waitMs }: Figures): BedTimes {
  return { setupS: setupMs / 1_000, refusalS: refusalMs / 1_000, waitS: waitMs.mean / 1_000 };
}

/**
 * The shift as the simulator is told of it. Whole seconds of talk and tenths of ringing are left out: rounding to the
 * nearest moves no mean.
 */
export function scenarioOf({ agents, minutes }: Plan, { setupS, refusalS, waitS }: BedTimes): Scenario {
  const atOnce: Duration = { kind: 'fixed', valueS: refusalS };
  return referenceScenario(
    agents,
    {
      name: CAMPAIGN.name,
      answers: ANSWERS,
      busyShare: BUSY + DECLINED,
      busy: atOnce,
      trunkFailureShare: CONGESTION,
      trunkFailure: atOnce,
      setup: { kind: 'fixed', valueS: setupS },
      pickUp: RING,
      ringTimeoutS: RING_TIMEOUT_S,
      talk: { ...TALK, meanS: TALK.meanS - waitS },
      wrapUp: { kind: 'fixed', valueS: WRAP_UP_S },
      graceS: CAMPAIGN.answerLimitMs / 1_000,
    },
    { durationS: minutes * 60, trunk: { channels: CHANNELS, originatesPerSecond: PER_SECOND, failures: [] } },
  );
}
