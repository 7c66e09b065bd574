import { drawMs } from './model-duration.ts';
import { seededRandom, type Random } from './random.ts';
import type { CampaignModel, Scenario, Share } from './scenario.ts';

/** What will become of one originate, decided by its number alone: two pacers meet the same people in the same order. */
export interface Fate {
  readonly end: 'trunk' | 'busy' | 'refused' | 'no-answer' | 'answer';
  /** From originate to the failure, or to ringing. */
  readonly setupMs: number;
  /** From ringing to the answer, or to the end of ringing. */
  readonly ringMs: number;
  readonly machine: boolean;
  /** From answer to the verdict; null: no machine detection. */
  readonly detectMs: number | null;
  readonly takenFor: 'human' | 'machine';
  readonly talkMs: number;
  readonly wrapUpMs: number;
}

/** A pick-up time that never fits the ring timeout is a mistake no draw mends. */
const PICK_UP_DRAWS = 100;

/** A random stream of its own for each purpose and number. */
export function streamOf(seed: number, purpose: number, index: number): Random {
  let mixed =
    (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b) >>> 0;
  return seededRandom(mixed ^ (mixed >>> 16));
}

/** The share in force `atS` seconds into the shift. */
export function shareAt(share: Share, atS: number): number {
  if (typeof share === 'number') return share;
  const { points, between } = share;
  const next = points.findIndex((point) => point.atS > atS);
  const last = points.at(next === -1 ? -1 : Math.max(0, next - 1));
  const to = next === -1 ? last : points[next];
  if (last === undefined || to === undefined) return 0;
  if (between === 'steps' || to.atS <= last.atS || atS <= last.atS) return last.share;
  return last.share + ((to.share - last.share) * (atS - last.atS)) / (to.atS - last.atS);
}

/** How many times the usual share answers at the `index`-th originate of the list. */
function listTimes(model: CampaignModel, index: number): number {
  let from = 0;
  for (const part of model.list) {
    from += part.originates;
    if (index < from) return part.answersTimes;
  }
  return 1;
}

/** Share of originates that is answered at the `index`-th of an endless list, made `atS` seconds into the shift. */
export function answersAt(model: CampaignModel, atS: number, index: number): number {
  return shareAt(model.answers, atS) * listTimes(model, index);
}

/** Draws the fate of an originate made `atS` seconds into the shift that is answered with this probability. */
export function fateOf(scenario: Scenario, model: CampaignModel, atS: number, answers: number, random: Random): Fate {
  // Every draw is made for every call: what one scenario leaves out must not shift another's luck.
  const outcome = random();
  const lost = random();
  const machineDraw = random();
  const verdictDraw = random();
  const failure = scenario.trunk.failures.find(({ fromS, untilS }) => atS >= fromS && atS < untilS);
  const timeoutMs = model.ringTimeoutS * 1000;
  const machine = machineDraw < model.machineShare;
  const talkMs = drawMs(random, model.talk);
  const wrapUpMs = drawMs(random, model.wrapUp);
  const pickUpMs = pickUpOf(model, random);
  const setupMs = drawMs(random, model.setup);
  const common = {
    machine,
    detectMs: model.detection === null ? null : drawMs(random, model.detection.delay),
    takenFor: verdictOf(model, machine, verdictDraw),
    talkMs: machine ? drawMs(random, model.machineTalk) : talkMs,
    wrapUpMs,
  };
  const rings = ringingShare(model);
  if ((failure !== undefined && lost < failure.share) || outcome >= 1 - model.trunkFailureShare) {
    return { ...common, end: 'trunk', setupMs: drawMs(random, model.trunkFailure), ringMs: 0 };
  }
  if (outcome >= 1 - model.trunkFailureShare - model.busyShare) {
    return { ...common, end: 'busy', setupMs: drawMs(random, model.busy), ringMs: 0 };
  }
  if (outcome >= rings) return { ...common, end: 'refused', setupMs: drawMs(random, model.refused), ringMs: 0 };
  if (outcome < answers) return { ...common, end: 'answer', setupMs, ringMs: pickUpMs };
  const ringMs = model.giveUp === null ? timeoutMs : Math.min(timeoutMs, drawMs(random, model.giveUp));
  return { ...common, end: 'no-answer', setupMs, ringMs };
}

/** Share of originates that come to ringing. */
export function ringingShare({ trunkFailureShare, busyShare, refusedShare }: CampaignModel): number {
  return 1 - trunkFailureShare - busyShare - refusedShare;
}

/** Who answers does so before the ring timeout: what would come later is drawn again. */
function pickUpOf({ pickUp, ringTimeoutS }: CampaignModel, random: Random): number {
  const timeoutMs = ringTimeoutS * 1000;
  for (let draw = 0; draw < PICK_UP_DRAWS; draw += 1) {
    const ms = drawMs(random, pickUp);
    if (ms <= timeoutMs) return ms;
  }
  return timeoutMs;
}

function verdictOf(model: CampaignModel, machine: boolean, draw: number): 'human' | 'machine' {
  if (model.detection === null) return 'human';
  if (machine) return draw < model.detection.machinesMissedShare ? 'human' : 'machine';
  return draw < model.detection.peopleLostShare ? 'machine' : 'human';
}
