import type { Pacer, PacingDecision, PacingEvent, PacingSnapshot } from '../core/pacing/contract.ts';
import type { LeadBase } from './lead-base.ts';
import type { CampaignModel, Scenario } from './scenario.ts';
import type { World } from './shift-crew.ts';
import {
  callFigures,
  newMinutes,
  newTally,
  sum,
  worstHalfHour,
  type CallFigures,
  type ShiftMinutes,
  type ShiftSample,
  type Tally,
} from './shift-figures.ts';
import { createShiftFloor, FLOOR_KINDS } from './shift-floor.ts';
import { createShiftQueue } from './shift-queue.ts';

/** What a pacer may know when it is made; a peer with foresight may read the scenario. */
export interface PacerContext {
  readonly scenario: Scenario;
  readonly campaign: CampaignModel;
  /** The start of the shift, epoch ms. */
  readonly startAt: number;
}

export interface ShiftParts {
  readonly scenario: Scenario;
  /** Called once for each campaign of the scenario. */
  readonly pacer: (context: PacerContext, index: number) => Pacer;
  readonly seed: number;
  /** Start of the shift, epoch ms; days on end for warm starts. */
  readonly startAt?: number;
  /** The list of each campaign, as the days before left it; absent or null: it is endless. The shift ends with them. */
  readonly bases?: readonly (LeadBase | null)[];
  /** At the end of each minute. */
  readonly onSample?: (sample: ShiftSample) => void;
  /** Every event and decision, in order. */
  readonly onPacing?: (campaign: string, entry: PacingEvent | PacingDecision, snapshot?: PacingSnapshot) => void;
  /** A stopwatch in ms to measure what decisions cost; without it the cost is 0 and the result depends on the seed alone. */
  readonly stopwatch?: () => number;
}

/** A shift as it went. */
export interface ShiftResult extends CallFigures {
  readonly scenario: string;
  readonly seed: number;
  /** Talk with live people ÷ (waiting + talking + wrap-up). */
  readonly talkUtilisation: number;
  /** All of that time but the waiting. */
  readonly occupancy: number;
  readonly worstHalfHour: number;
  /** An agent's mean wait for the next call. */
  readonly agentWaitS: number;
  /** Mean wait of the connected, from answer (or verdict) to the agent. */
  readonly callerWaitS: number;
  readonly campaigns: readonly (CallFigures & { readonly name: string })[];
  readonly minutes: ShiftMinutes;
  readonly decisions: { readonly count: number; readonly meanUs: number; readonly maxUs: number };
  /** When it ended: with the shift, or with the last lead of every list. */
  readonly endedAt: number;
  /** Each campaign's pacer at the end, for the next day's warm start. */
  readonly estimates: readonly unknown[];
}

/** 2026-01-05 06:00 UTC, a Monday: shifts start on the hour. */
const START = Date.UTC(2026, 0, 5, 6);

const SECOND = FLOOR_KINDS;
/** Below what a pacer takes for a sleep of the machine. */
const IDLE_S = 8;

/**
 * Runs one shift on virtual time against the production state tables: no store, no promises, the same result for the
 * same seed. The pacer is told every event, and asked after each moment at which something happened and each second.
 */
export function simulateShift(parts: ShiftParts): ShiftResult {
  const { scenario, seed, onSample, onPacing, stopwatch } = parts;
  const { trunk } = scenario;
  const startAt = parts.startAt ?? START;
  const endAt = startAt + scenario.durationS * 1000;
  const queue = createShiftQueue();
  const minutes = newMinutes(Math.ceil(scenario.durationS / 60));
  const pacers = scenario.campaigns.map((campaign, index) => parts.pacer({ scenario, campaign, startAt }, index));
  const names = scenario.campaigns.map(({ name }) => name);
  const cost = { count: 0, totalMs: 0, maxMs: 0 };
  let tokens = Math.max(1, trunk.originatesPerSecond ?? 1);
  let refilledAt = startAt;
  let turn = 0;
  let noLeadsMs = 0;

  const tell = (campaign: number, event: PacingEvent): void => {
    (pacers[campaign] as Pacer).observe(event);
    onPacing?.(names[campaign] as string, event);
  };
  const world: World = {
    scenario,
    seed,
    startAt,
    queue,
    minutes,
    now: startAt,
    minute: 0,
    tellAll(event) {
      for (let campaign = 0; campaign < pacers.length; campaign += 1) tell(campaign, event);
    },
  };
  const bases = parts.bases ?? [];
  const floor = createShiftFloor(world, tell, bases);
  const { crew, live } = floor;

  function second(): void {
    const elapsedS = Math.round((world.now - startAt) / 1000);
    if (elapsedS > 0 && elapsedS % 60 === 0) minuteEnded();
    const nextAt = world.now + 1000 * (idle() ? Math.min(IDLE_S, 60 - (elapsedS % 60)) : 1);
    if (nextAt < endAt) queue.push(nextAt, SECOND, 0, 0);
    if (bases.length > 0 && bases.every((base) => base !== null && base.nextAt() > world.now)) {
      noLeadsMs += nextAt - world.now;
    }
  }

  /** Nothing is under way and no list has anybody to call before the next look: the seconds need not be told apart. */
  function idle(): boolean {
    if (bases.length === 0 || live.length > 0) return false;
    return bases.every((base) => base !== null && base.nextAt() > world.now + 1000 * IDLE_S);
  }

  function minuteEnded(): void {
    crew.accrueAll();
    const waited = minutes.waitS[world.minute] as number;
    const inVain = waited * Math.min(1, noLeadsMs / 60_000);
    minutes.waitS[world.minute] = waited - inVain;
    minutes.noLeadsS[world.minute] = inVain;
    noLeadsMs = 0;
    if (onSample !== undefined) {
      const sample: Record<string, number> = { minute: world.minute };
      for (const [name, column] of Object.entries(minutes)) sample[name] = (column as number[])[world.minute] as number;
      onSample(sample as unknown as ShiftSample);
    }
    world.minute = Math.min(world.minute + 1, minutes.originates.length - 1);
  }

  function snapshotFor(campaign: number): PacingSnapshot {
    const { now } = world;
    const rate = trunk.originatesPerSecond;
    if (rate !== null) {
      tokens = Math.min(Math.max(1, rate), tokens + ((now - refilledAt) * rate) / 1000);
      refilledAt = now;
    }
    if (pacers.length > 1) for (const call of live) call.foreign = call.campaign !== campaign;
    return {
      now,
      agents: crew.present,
      calls: live,
      channelsFree: trunk.channels === null ? Infinity : Math.max(0, trunk.channels - floor.channels),
      rateAllows: rate === null ? Infinity : Math.floor(tokens),
    };
  }

  function decide(campaign: number): void {
    const snapshot = snapshotFor(campaign);
    const begun = stopwatch?.() ?? 0;
    const decision = (pacers[campaign] as Pacer).decide(snapshot);
    const spentMs = (stopwatch?.() ?? 0) - begun;
    cost.count += 1;
    cost.totalMs += spentMs;
    cost.maxMs = Math.max(cost.maxMs, spentMs);
    onPacing?.(names[campaign] as string, decision, snapshot);
    const allowed = Math.min(decision.originate, snapshot.channelsFree, snapshot.rateAllows);
    let placed = 0;
    while (placed < allowed && floor.originate(campaign)) placed += 1;
    tokens -= placed;
  }

  /** Every list has come to its end, and so have its calls. */
  function over(): boolean {
    return bases.length > 0 && live.length === 0 && bases.every((base) => base?.over() === true);
  }

  queue.push(startAt, SECOND, 0, 0);
  while (queue.nextAt() < endAt && !over()) {
    world.now = queue.nextAt();
    while (queue.nextAt() === world.now) {
      queue.pop();
      if (queue.kind === SECOND) second();
      else floor.handle(queue.kind, queue.subject, queue.version);
    }
    // Campaigns take turns to be asked first.
    for (let offset = 0; offset < pacers.length; offset += 1) decide((turn + offset) % pacers.length);
    turn = (turn + 1) % pacers.length;
  }
  if (!over()) world.now = endAt;
  floor.close();
  minuteEnded();

  const total: Tally = newTally();
  for (const tally of floor.tallies) {
    for (const name of Object.keys(total) as (keyof Tally)[]) total[name] += tally[name];
  }
  const talkS = sum(minutes.talkS);
  const busyS = talkS + sum(minutes.machineS) + sum(minutes.wrapUpS);
  const waitS = sum(minutes.waitS);
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return {
    scenario: scenario.name,
    seed,
    ...callFigures(total),
    talkUtilisation: share(talkS, busyS + waitS),
    occupancy: share(busyS, busyS + waitS),
    worstHalfHour: worstHalfHour(minutes),
    agentWaitS: share(waitS, floor.connects),
    callerWaitS: share(floor.waitedMs / 1000, floor.connects),
    campaigns: floor.tallies.map((tally, index) => ({ name: names[index] as string, ...callFigures(tally) })),
    minutes,
    decisions: { count: cost.count, meanUs: share(1000 * cost.totalMs, cost.count), maxUs: 1000 * cost.maxMs },
    endedAt: world.now,
    estimates: pacers.map((pacer) => pacer.estimates()),
  };
}
