import type { Disposition } from './outcome.ts';

/** The operator of calls whose number no register knows, in a pair of the breaker. */
export const UNKNOWN_OPERATOR = '?';

/** When a refusal is not the callee's. */
export interface RefusalRules {
  /** A refusal within this of the originate, with no ringing before, is the network's. */
  readonly withinS: number;
  /** A 403 this soon is the own trunk's, never the subscriber's. */
  readonly ownTrunkMs: number;
}

/** For policies that know no register of callers, and so have no rules of blocks. */
export const USUAL_REFUSAL: RefusalRules = { withinS: 3, ownTrunkMs: 100 };

/** What a policy takes for a block, and what it makes of blocks. */
export interface BlockRules extends RefusalRules {
  /** Breaker: more than `share` of the last `window` calls of a caller number to an operator suspends the pair. */
  readonly window: number;
  readonly share: number;
  /** Learner: two blocked calls to a number, this far apart, suspect that its subscriber refused. */
  readonly gapH: number;
  /** Blocked calls further back say nothing. */
  readonly lookBackDays: number;
}

/** How an attempt ended, as its row has it. */
export interface EndedCall {
  readonly originatedAt: number;
  readonly rangAt: number | null;
  readonly answeredAt: number | null;
  readonly cancelledAt: number | null;
  readonly endedAt: number;
  readonly disposition: Disposition;
  /** Q.850; kept apart from the SIP code, because Asterisk folds 403 and 603 into 21, 607 and 608 into 127. */
  readonly cause: number | null;
  readonly sipCode: number | null;
  /** The end was heard as it came, so that its times are those of the network. */
  readonly heard: boolean;
}

export type BlockedClass = 'blocked_603' | 'blocked_607' | 'blocked_608' | 'blocked_cause_21';

const BLOCKED_SIP: Readonly<Record<number, BlockedClass>> = {
  603: 'blocked_603',
  607: 'blocked_607',
  608: 'blocked_608',
};
const REJECTED_CAUSE = 21;

/** Answers of our own trunk to our own credentials; Asterisk folds them into cause 21. */
const OWN_TRUNK_SIP: ReadonlySet<number> = new Set([401, 407]);

/**
 * Who refused a call that never rang: the network, by its class; `own-trunk`; null: neither, or nobody can tell.
 * `afterMs`: from the originate to the refusal; null: not known.
 */
export function refusedUnrung(
  refusal: { readonly sipCode: number | null; readonly cause: number | null; readonly afterMs: number | null },
  rules: RefusalRules,
): BlockedClass | 'own-trunk' | null {
  const { sipCode, cause, afterMs } = refusal;
  if (sipCode !== null && OWN_TRUNK_SIP.has(sipCode)) return 'own-trunk';
  if (afterMs === null || afterMs > rules.withinS * 1000) return null;
  if (sipCode === 403 && afterMs <= rules.ownTrunkMs) return 'own-trunk';
  return BLOCKED_SIP[sipCode ?? 0] ?? (cause === REJECTED_CAUSE ? 'blocked_cause_21' : null);
}

/** The network refused the call before the subscriber's phone could ring; null: it did not, or nobody can tell. */
export function blockedClass(call: EndedCall, rules: BlockRules): BlockedClass | null {
  const refused = unrung(call, rules);
  return refused === 'own-trunk' ? null : refused;
}

function unrung(call: EndedCall, rules: RefusalRules): BlockedClass | 'own-trunk' | null {
  const { sipCode, cause } = call;
  if (!call.heard || call.rangAt !== null || call.answeredAt !== null || call.cancelledAt !== null) return null;
  return refusedUnrung({ sipCode, cause, afterMs: call.endedAt - call.originatedAt }, rules);
}

const NO_REPLY: ReadonlySet<Disposition> = new Set(['trunk-failure', 'not-placed', 'unknown']);

/** What the called network made of a call: `blocked`, `passed` (any other reply), or null where it never replied. */
export function networkReply(call: EndedCall, rules: BlockRules): 'blocked' | 'passed' | null {
  const refused = unrung(call, rules);
  if (refused !== null && refused !== 'own-trunk') return 'blocked';
  if (NO_REPLY.has(call.disposition) || refused === 'own-trunk') return null;
  return call.disposition === 'cancelled' && call.rangAt === null ? null : 'passed';
}

/** The last replies of a network to one caller number. */
export interface LineReplies {
  /** The newest last; true: blocked. */
  readonly blocked: readonly boolean[];
  /** The last call that passed, and the last that passed to another number than that. */
  readonly passed: readonly { readonly phone: string; readonly at: number }[];
}

export const NO_REPLIES: LineReplies = { blocked: [], passed: [] };

/** The replies with one more. */
export function addReply(
  before: LineReplies,
  reply: { readonly blocked: boolean; readonly phone: string; readonly at: number },
  rules: BlockRules,
): LineReplies {
  const { phone, at } = reply;
  return {
    blocked: [...before.blocked, reply.blocked].slice(-rules.window),
    passed: reply.blocked
      ? before.passed
      : [{ phone, at }, ...before.passed.filter((one) => one.phone !== phone)].slice(0, 2),
  };
}

/**
 * Blocked calls among the last ones when they are too many, else null. The share is taken of the whole window: the first
 * calls of a line cannot suspend it by chance.
 */
export function breaks(
  { blocked }: LineReplies,
  rules: BlockRules,
): { readonly blocked: number; readonly calls: number } | null {
  const count = blocked.filter(Boolean).length;
  return count > rules.share * rules.window ? { blocked: count, calls: blocked.length } : null;
}

/** An earlier call to the number, as the learner looks at it. */
export interface EarlierCall extends EndedCall {
  readonly id: string;
  readonly caller: string;
  /** The caller number was registered when it was placed. */
  readonly registered: boolean;
}

/**
 * Whether this blocked call and those before it suspect that the subscriber refused mass calls: two of them `gapH` apart,
 * none in between got through, all from registered caller numbers, and each of these numbers passed to other subscribers of
 * his operator since the first. Answers the ids of the blocked calls, the oldest first; null: it suspects nothing.
 * `earlier`: calls to the same number, the newest first. `passedTo`: the last time a caller number passed to others there.
 */
export function suspects(
  call: EarlierCall,
  earlier: readonly EarlierCall[],
  passedTo: (caller: string) => number | null,
  rules: BlockRules,
): readonly string[] | null {
  if (blockedClass(call, rules) === null || !call.registered) return null;
  const oldest = call.endedAt - rules.lookBackDays * 86_400_000;
  const run = [call];
  for (const before of earlier) {
    if (before.endedAt < oldest) break;
    const reply = networkReply(before, rules);
    if (reply === 'passed') break;
    if (reply === 'blocked' && before.registered) run.unshift(before);
  }
  const [first] = run;
  if (first === undefined || call.originatedAt - first.originatedAt < rules.gapH * 3_600_000) return null;
  const passed = [first.caller, call.caller].every((caller) => (passedTo(caller) ?? -Infinity) > first.endedAt);
  return passed ? run.map(({ id }) => id) : null;
}
