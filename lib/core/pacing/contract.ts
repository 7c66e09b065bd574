import type { AgentState } from '../agent.ts';

/** A call on its way, as pacing sees it. `waiting`: a person answered and has no agent yet. */
export type PacedCallState = 'dialing' | 'ringing' | 'detecting' | 'waiting' | 'talking';

/**
 * What happened, in the order it happened; `at` is epoch ms. `call` and `agent` are opaque ids. Refusals of the gate
 * and originates the PBX refused are not events: they never enter the statistics.
 */
export type PacingEvent = { readonly at: number } &
  /** `foreign`: by another campaign that shares the agents; what becomes of it is told too, and is not on our balance. */
  (| { readonly type: 'originated'; readonly call: string; readonly foreign?: boolean }
    | { readonly type: 'ringing'; readonly call: string }
    /** Picked up; with machine detection its verdict follows, without it the call counts as a person's. */
    | { readonly type: 'answered'; readonly call: string }
    | { readonly type: 'detected'; readonly call: string; readonly verdict: 'human' | 'machine' }
    /**
     * Its agent has it. `late`: only after the grace, so the balance counts it as abandoned while its talk begins as usual.
     * A call never heard of (recalled after a restart) may be connected and abandoned too: its talk teaches, what was
     * abandoned is owed, its answer is no statistic. `foreign` matters for such calls only.
     */
    | {
        readonly type: 'connected';
        readonly call: string;
        readonly agent: string;
        readonly late?: boolean;
        readonly foreign?: boolean;
      }
    | { readonly type: 'abandoned'; readonly call: string; readonly foreign?: boolean }
    /** Never answered. `trunk`: our own side failed, which says nothing of the list. */
    | {
        readonly type: 'failed';
        readonly call: string;
        readonly reason: 'busy' | 'no-answer' | 'refused' | 'trunk' | 'cancelled';
      }
    | { readonly type: 'talk-ended'; readonly call: string; readonly agent: string }
    | { readonly type: 'wrap-up-ended'; readonly agent: string }
    | { readonly type: 'agent'; readonly agent: string; readonly state: AgentState }
    /** Asked for in mid-call: the agent will not be back after it. */
    | { readonly type: 'agent-request'; readonly agent: string; readonly request: 'pause' | 'logout' | 'ready' }
  );

/** The floor as it is at `now`, epoch ms. */
export interface PacingSnapshot {
  readonly now: number;
  /** Agents of the campaign, logged in or on their way out. */
  readonly agents: readonly { readonly id: string; readonly state: AgentState; readonly since: number }[];
  /** Live calls of every campaign that shares these agents; `foreign`: of another one. */
  readonly calls: readonly {
    readonly id: string;
    readonly state: PacedCallState;
    readonly since: number;
    readonly foreign?: boolean;
  }[];
  /** Channels free on the trunk; Infinity: no limit. */
  readonly channelsFree: number;
  /** Originates the rate limit and the operator's own limits allow now; Infinity: no limit. */
  readonly rateAllows: number;
}

/** What bound a decision. `over-limit`: a fixed ratio abandoned too many, so one call a free agent until it is made good. `trunk`: next to nothing gets through it, so only a call now and then tries it. */
export type PacingLimit =
  | 'agents'
  | 'abandonment'
  | 'over-limit'
  | 'cold-start'
  | 'channels'
  | 'rate'
  | 'ratio'
  | 'trunk'
  | 'no-agents';

/** How many originates now, and why. */
export interface PacingDecision {
  readonly at: number;
  readonly originate: number;
  readonly why: {
    readonly limit: PacingLimit;
    /** One sentence for people, with the numbers. */
    readonly sentence: string;
    /** The numbers by name: answer rate and its interval, agents expected free, risk, price, balance… */
    readonly numbers: Readonly<Record<string, number>>;
  };
  /** Worth asking again then even if nothing happens. */
  readonly wakeAtMs?: number;
}

/** A pacing method: pure, deterministic, of the events it was told and the snapshot alone. */
export interface Pacer {
  observe(event: PacingEvent): void;
  decide(snapshot: PacingSnapshot): PacingDecision;
  /** What it has learned, as JSON data; handed to the next session's pacer as its warm start. */
  estimates(): unknown;
}
