import type { AgentState } from '../core/agent.ts';
import type { AttemptId, AttemptState } from '../core/attempt.ts';
import type { CallerState, InboundId } from '../core/caller.ts';
import type { CampaignState } from '../core/campaign.ts';
import type { CampaignStop } from '../core/campaign-wide.ts';
import type { AnswerBreaker } from '../core/guard/answer-breaker.ts';
import type { Ceiling } from '../core/guard/ceilings.ts';
import type { PrefixRules } from '../core/guard/prefixes.ts';
import type { TrunkBreaker } from '../core/guard/trunk-breaker.ts';
import type { Mark } from '../core/outcome.ts';
import type { Phone } from '../core/phone.ts';
import type { Policy } from '../core/policy.ts';
import type { CampaignSpec } from '../campaign-file.ts';
import type { Cancel, Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { LeadQueue } from '../store/lead-queue.ts';
import type { Store } from '../store/store.ts';
import type { NetworkMemory } from './network-lessons.ts';
import type { Pacing } from './pacing.ts';
import type { AgentId, CallerId, Pbx } from './pbx.ts';
import type { Talk } from './result-moves.ts';
import type { SegmentRun } from './segments.ts';

/** A live attempt in memory; its truth is the row of the same id. */
export interface AttemptRun {
  readonly id: AttemptId;
  readonly campaign: CampaignRun;
  readonly lead: number;
  /** The callback it keeps, with its agent reserved before the call was placed; null: it came from the queue. */
  readonly callback: number | null;
  readonly phone: Phone;
  readonly plannedAt: number;
  readonly ringLimitMs: number;
  state: AttemptState;
  agent: AgentRun | null;
  rangAt: number | null;
  answeredAt: number | null;
  bridgedAt: number | null;
  optedOutAt: number | null;
  cancelledAt: number | null;
  /** When the PBX took the originate; null: not yet, or it never said. */
  originatedAt: number | null;
  /** What the agent heard; null: a person, or nothing was said yet. */
  mark: Mark | null;
  /** Agents whose leg failed this callee already. */
  readonly failedAgents: Set<AgentId>;
  /** Audits in a row that did not find its channel; a reconcile that did not counts for `MISSES`. */
  missed: number;
  timer: Cancel | null;
}

/** A live call of a person who called us; its truth is the row of the same id. */
export interface CallerRun {
  readonly id: InboundId;
  readonly channel: CallerId;
  readonly campaign: CampaignRun;
  /** Null: he hides his number. */
  readonly lead: number | null;
  readonly phone: Phone | null;
  readonly line: Phone;
  readonly arrivedAt: number;
  state: CallerState;
  agent: AgentRun | null;
  bridgedAt: number | null;
  optedOutAt: number | null;
  /** Agents whose leg failed him already. */
  readonly failedAgents: Set<AgentId>;
  /** Audits in a row that did not find his channel. */
  missed: number;
}

/** Audits in a row that must miss a channel before its event is taken as lost. */
export const MISSES = 2;

export interface AgentRun {
  readonly id: AgentId;
  name: string;
  endpoint: string;
  state: AgentState;
  since: number;
  /** The call he is in, or is reserved for: one of these two at most. */
  attempt: AttemptRun | null;
  caller: CallerRun | null;
  /** The talk just ended, until the agent is ready for the next. */
  lastCall: Talk | null;
  /** Keys of a result not complete yet; its timer drops them. */
  readonly entry: { typed: string; timer: Cancel | null };
  /** What was asked for once the leg is up. */
  onUp: 'paused' | 'available';
  /** The PBX dropped the leg, not the agent: until then the phone is called again and again. */
  callAgainUntil: number;
  /** When his leg went last, and what he had asked for; a PBX that stops takes its legs down before it goes. Null: neither. */
  dropped: { readonly at: number; readonly onUp: 'paused' | 'available' } | null;
  wrapUpMs: number;
  timer: Cancel | null;
}

export interface CampaignRun {
  readonly id: number;
  readonly name: string;
  spec: CampaignSpec;
  policy: Policy;
  state: CampaignState;
  reason: string | null;
  readonly attempts: Set<AttemptRun>;
  segments: readonly SegmentRun[];
  /** From which segments calls are taken, and in what mix. */
  queue: LeadQueue;
  /** Leads are being put into changed segments: nobody is called until they are. */
  filing: boolean;
  /** Set by the gate; null: dialing goes on as pacing wants. */
  rest: Rest | null;
  /** From its start until it has stopped. */
  pacing: Pacing | null;
}

/** Why a running campaign places no calls, or no more than it has free agents. */
export interface Rest extends CampaignStop {
  readonly kind: 'rest' | 'covered-only';
  readonly until: number;
  /** When it is over by the clock that never jumps. */
  readonly overAt: number;
}

export interface Trunk {
  readonly name: string;
  channels: number;
  originatesPerSecond: number;
  up: boolean;
  /** Originates the rate limit allows, refilled by time. */
  tokens: number;
  refilledAt: number;
  breaker: TrunkBreaker;
  answers: AnswerBreaker;
  /** Whether implausible answers halt its campaigns. */
  answerCheck: boolean;
  /** What it may use in a day; null: as much as it likes. */
  ceiling: Ceiling | null;
}

/** Why dialing is off. Empty means it may go on; the daemon starts with `starting`. */
export type Hold =
  | 'starting'
  | 'pbx-lost'
  | 'reconciling'
  | 'draining'
  | 'store-failed'
  | 'disk-low'
  | 'clock-jumped'
  | 'ledger-broken';

/** Limits of the daemon itself, from config. */
export interface Safety {
  /** Calls are placed only while so much is free on the database's disk. */
  readonly minFreeMb: number;
  /** Kept on that disk for the last writes; 0: nothing is. */
  readonly ballastMb: number;
}

/** The dialing floor: everything the dialer's parts share. State is changed by the `move…` functions alone. */
export interface Floor {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Store;
  readonly pbx: Pbx;
  readonly campaigns: Map<string, CampaignRun>;
  readonly attempts: Map<AttemptId, AttemptRun>;
  readonly callers: Map<CallerId, CallerRun>;
  readonly agents: Map<AgentId, AgentRun>;
  readonly trunks: Map<string, Trunk>;
  readonly holds: Map<Hold, string>;
  safety: Safety;
  /** Which beginnings of numbers are dialed. */
  dial: PrefixRules;
  /** When the wall clock was last seen to jump, by the clock after it; null: never. */
  clockJumpedAt: number | null;
  /** Events that had no move in the state they met, by `machine state event`. */
  readonly oddities: Map<string, number>;
  /** What the called networks answered of late; rebuilt from the attempts at the start. */
  readonly network: NetworkMemory;
  /** Runs `work` in one transaction, then, committed, the effects it queued. A failed commit stops the daemon. */
  act<T>(work: () => T): T;
  /** Queues an effect for after the commit; outside `act` it runs at once. */
  then(effect: () => void): void;
  /** Asks for a pacing tick soon; many calls make one tick. */
  wake(): void;
}

/** The one predicate: may calls be placed? */
export function mayDial(floor: Floor): boolean {
  return floor.holds.size === 0;
}

/** Stops all dialing for a reason; told once in the log, and for as long as it stands by `status`. */
export function setHold(floor: Floor, hold: Hold, reason: string): void {
  if (!floor.holds.has(hold)) floor.log.error({ hold, reason }, 'no dialing');
  floor.holds.set(hold, reason);
}

/** Takes one reason back; dialing goes on when it was the last. */
export function clearHold(floor: Floor, hold: Hold): void {
  if (!floor.holds.delete(hold)) return;
  floor.log.info({ hold }, 'a reason not to dial is gone');
  floor.wake();
}

/** The agents a campaign may use. */
export function agentsOf(floor: Floor, campaign: CampaignRun): AgentRun[] {
  const { agents } = campaign.spec;
  if (agents === 'all') return [...floor.agents.values()];
  return agents.flatMap((id) => floor.agents.get(id as AgentId) ?? []);
}

/** Channels of a trunk that live calls hold. */
export function busyChannels(floor: Floor, { name }: Pick<Trunk, 'name'>): number {
  let busy = 0;
  for (const run of floor.attempts.values()) if (run.campaign.spec.trunk === name) busy += 1;
  return busy;
}

/** Counts and logs an event that has no move. */
export function noteOddity(floor: Floor, machine: string, id: string, state: string, event: string): void {
  const key = `${machine} ${state} ${event}`;
  floor.oddities.set(key, (floor.oddities.get(key) ?? 0) + 1);
  floor.log.debug({ machine, id, state, event }, 'event without a move');
}

/** Replaces the timer of a run; it dies with the run. */
export function setTimer(floor: Floor, run: { timer: Cancel | null }, ms: number, fn: () => void): void {
  run.timer?.();
  run.timer = floor.clock.after(Math.max(0, ms), () => {
    run.timer = null;
    fn();
  });
}

/** Ends the timer of a run. */
export function clearTimer(run: { timer: Cancel | null }): void {
  run.timer?.();
  run.timer = null;
}
