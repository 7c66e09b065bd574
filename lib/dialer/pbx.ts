import type { AttemptId } from '../core/attempt.ts';
import type { Phone } from '../core/phone.ts';
import type { PermittedAttempt } from '../store/permits.ts';

/**
 * The port: what the dialer asks of a PBX and what it hears from it. Types only. Implemented by `asterisk/pbx.ts` and
 * by the simulated PBX in `lib/sim`; one conformance suite (test/conformance) runs against both.
 *
 * Every method settles within its deadline. `PbxError.kind` says what a rejection means:
 * `refused`: the PBX did not do it and will not; `unclear`: it may have done it (time-out, connection lost);
 * `gone`: the channel is no longer there.
 */
export interface Pbx {
  /** Connects, for ever, with back-off; resolves when connected once, rejects on a mistake no retry will mend
   * (wrong password, missing module), with an ObzvonError that says what to mend. Events flow to the listener. */
  start(listener: (event: PbxEvent) => void): Promise<void>;
  /** Lets go of the connections. Live calls and agents' legs go on. */
  stop(): Promise<void>;

  /** Places the call: channel id = attempt id. Ringing ends by itself after the permit's ring time-out. */
  originate(permitted: PermittedAttempt): Promise<void>;
  /** Connects an answered callee with the agent's nailed-up leg. */
  bridge(attempt: AttemptId, agent: AgentId): Promise<void>;
  /** Plays a message to the callee, taken out of any agent's bridge first; `attempt.message-played` follows. */
  play(attempt: AttemptId, message: string): Promise<void>;
  /** Connects a person who called us with the agent's nailed-up leg. */
  bridgeCaller(caller: CallerId, agent: AgentId): Promise<void>;
  /** Tells a person who called us a message, taken out of any agent's bridge first, then ends his call; at once when there
   * is none. */
  dismiss(caller: CallerId, message: string | null): Promise<void>;
  /** Hangs the callee's channel up; resolves also when it is already gone. */
  hangUp(attempt: AttemptId): Promise<void>;
  /** Moves the dead-man's switch of a channel to `ms` from now. */
  extend(attempt: AttemptId, ms: number): Promise<void>;

  /** Calls the agent's phone and keeps it in the agent's own bridge; `agent.up` follows, or `agent.down`. */
  connectAgent(agent: AgentId, endpoint: string): Promise<void>;
  /** Ends the agent's leg; resolves also when there is none. */
  disconnectAgent(agent: AgentId): Promise<void>;
  /** Plays a sound to the agent alone, also in the middle of a talk; resolves when it is taken, not when it is over. */
  announce(agent: AgentId, sound: string): Promise<void>;

  /** What is live now, for reconciliation. */
  survey(): Promise<PbxSurvey>;
  /** What the PBX itself recorded of these attempts, for those that ended unheard (CEL). */
  recall(attempts: readonly AttemptId[]): Promise<ReadonlyMap<AttemptId, PbxRecord>>;
  /** Whether this trunk can take calls now, as far as the PBX knows. */
  trunkState(trunk: string): Promise<'up' | 'down' | 'unknown'>;
}

declare const agentId: unique symbol;
/** An agent's name in config, `^[a-z][a-z0-9-]{0,31}$`. */
export type AgentId = string & { readonly [agentId]: true };

declare const callerId: unique symbol;
/** The PBX's own id of the channel of a person who called us. */
export type CallerId = string & { readonly [callerId]: true };

/** Times are epoch ms of the daemon's clock. Handlers must bear duplicates and any order. */
export type PbxEvent =
  /** Connected and subscribed; `restarted` when the PBX itself is another process than last time. */
  | { readonly type: 'pbx.up'; readonly at: number; readonly restarted: boolean }
  /** Events may be missed from here on, until `pbx.up`. */
  | { readonly type: 'pbx.lost'; readonly at: number; readonly reason: string }
  /** Something an operator must mend by hand (deaf application, deadlocked ARI). */
  | { readonly type: 'pbx.alarm'; readonly at: number; readonly reason: string }
  | { readonly type: 'trunk.state'; readonly at: number; readonly trunk: string; readonly up: boolean }
  /** Ringing, or early media. `sipCallId` for disputes with the carrier. */
  | {
      readonly type: 'attempt.rang';
      readonly at: number;
      readonly attempt: AttemptId;
      readonly sipCallId: string | null;
    }
  /** Picked up and ready to be bridged. `at` is the moment of the answer. */
  | {
      readonly type: 'attempt.answered';
      readonly at: number;
      readonly attempt: AttemptId;
      readonly sipCallId: string | null;
    }
  | { readonly type: 'attempt.digit'; readonly at: number; readonly attempt: AttemptId; readonly digit: string }
  | { readonly type: 'attempt.message-played'; readonly at: number; readonly attempt: AttemptId }
  | ({ readonly type: 'attempt.hung-up'; readonly at: number; readonly attempt: AttemptId } & HangUp)
  /** A person called the number `line`, was answered, and waits; null: a number that is withheld, or none. */
  | {
      readonly type: 'caller.arrived';
      readonly at: number;
      readonly caller: CallerId;
      readonly phone: Phone | null;
      readonly line: Phone | null;
    }
  | { readonly type: 'caller.digit'; readonly at: number; readonly caller: CallerId; readonly digit: string }
  | { readonly type: 'caller.hung-up'; readonly at: number; readonly caller: CallerId }
  | { readonly type: 'agent.up'; readonly at: number; readonly agent: AgentId }
  /** A key of the agent's phone, in a talk and between talks: `0`–`9`, `*`, `#`. */
  | { readonly type: 'agent.digit'; readonly at: number; readonly agent: AgentId; readonly digit: string }
  | { readonly type: 'agent.down'; readonly at: number; readonly agent: AgentId; readonly reason: string };

/** How a callee's channel ended, in the PBX's own numbers. */
export interface HangUp {
  readonly cause: number | null;
  readonly sipCode: number | null;
  /** The far side asked for it; false for our own time-out or hang-up. */
  readonly byFarSide: boolean;
  /** First ringing or early media, null when none was seen. */
  readonly rangAt: number | null;
  readonly answeredAt: number | null;
}

export interface PbxSurvey {
  /** Live callee channels, by attempt id. */
  readonly attempts: ReadonlyMap<
    AttemptId,
    { readonly state: 'down' | 'ringing' | 'up'; readonly agent: AgentId | null }
  >;
  /** People who called us and are on the line, and in whose bridge; null: in nobody's. */
  readonly callers: ReadonlyMap<CallerId, AgentId | null>;
  /** Agents whose leg is up and in their bridge. */
  readonly agents: ReadonlySet<AgentId>;
}

/** What the PBX's own event record says of one attempt. */
export interface PbxRecord {
  readonly startedAt: number;
  readonly answeredAt: number | null;
  /** Null: no end recorded (still live, or the PBX died). */
  readonly endedAt: number | null;
  readonly cause: number | null;
  readonly sipCode: number | null;
}

/** Why a PBX command failed; see `Pbx`. */
export class PbxError extends Error {
  readonly kind: 'refused' | 'unclear' | 'gone';

  constructor(kind: 'refused' | 'unclear' | 'gone', message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PbxError';
    this.kind = kind;
  }
}
