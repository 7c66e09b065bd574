import {
  addReply,
  blockedClass,
  breaks,
  networkReply,
  NO_REPLIES,
  suspects,
  UNKNOWN_OPERATOR,
  type BlockRules,
  type EarlierCall,
  type EndedCall,
  type LineReplies,
} from '../core/blocked.ts';
import { phoneFromInteger, type Phone } from '../core/phone.ts';
import { ObzvonError } from '../errors.ts';
import type { AttemptRow } from '../store/attempts.ts';
import type { LearnedAttempt, LineBlock } from '../store/line-blocks.ts';
import type { AttemptRun, Floor } from './floor.ts';
import { mendedForAll } from './mended.ts';

/** After a restart the replies of so many newest attempts are counted again. */
const RECALLED_ATTEMPTS = 20_000;

const DAY_MS = 86_400_000;

/** What the networks answered of late, by caller number and called operator. */
export interface NetworkMemory {
  readonly replies: Map<string, LineReplies>;
  /** Pairs that rest until a person resumes them. */
  readonly suspended: Map<string, LineBlock>;
}

/** An empty memory; `recallReplies` fills it at the start. */
export function newNetworkMemory(): NetworkMemory {
  return { replies: new Map(), suspended: new Map() };
}

const pairOf = (caller: Phone, operator: string): string => `${caller} ${operator}`;

/** Counts the replies of the last run's newest attempts, each by the rules of its campaign's policy. */
export function recallReplies(floor: Floor): void {
  const { replies, suspended } = floor.network;
  const countedFrom = new Map<string, number>();
  for (const { state, block } of floor.store.lineBlocks.newest()) {
    const pair = pairOf(block.caller, block.operator);
    if (state === 'suspended') suspended.set(pair, block);
    else countedFrom.set(pair, block.since);
  }
  const rulesOf = new Map([...floor.campaigns.values()].map(({ id, policy }) => [id, policy.mav?.blocked]));
  for (const row of floor.store.lineBlocks.latest(RECALLED_ATTEMPTS)) {
    const rules = rulesOf.get(row.campaign);
    const call = endedCall(row);
    if (rules === undefined || call === null) continue;
    const pair = pairOf(phoneFromInteger(row.caller), row.operator ?? UNKNOWN_OPERATOR);
    if (call.endedAt <= (countedFrom.get(pair) ?? -Infinity)) continue;
    count(replies, pair, call, row.phone, rules);
  }
}

/**
 * Learns from an attempt that has just got its outcome, in the transaction that gave it: a caller number that its
 * operator blocks too often is suspended towards him, and a subscriber who may have refused is suspected. No other caller
 * number is tried in its place, ever: that would evade the block.
 */
export function learn(floor: Floor, run: AttemptRun): void {
  const rules = run.campaign.policy.mav?.blocked;
  const row = rules === undefined ? undefined : floor.store.attempts.byId(run.id);
  const call = row === undefined ? null : endedCall(row);
  if (rules === undefined || row === undefined || call === null) return;
  const caller = phoneFromInteger(row.caller);
  const operator = row.operator ?? UNKNOWN_OPERATOR;
  const reply = count(floor.network.replies, pairOf(caller, operator), call, row.phone, rules);
  if (reply !== 'blocked') return;
  // What its verdict says is read of the few that were blocked.
  const learned = floor.store.lineBlocks.attempt(run.id);
  if (learned === undefined) return;
  floor.log.info(
    { attempt: run.id, phone: run.phone, caller, operator, class: blockedClass(call, rules) },
    'call blocked by the network',
  );
  suspectRefusal(floor, run, learned, rules);
  breakLine(floor, caller, operator, rules);
}

function count(
  replies: Map<string, LineReplies>,
  pair: string,
  call: EndedCall,
  phone: number,
  rules: BlockRules,
): 'blocked' | 'passed' | null {
  const reply = networkReply(call, rules);
  if (reply !== null) {
    const before = replies.get(pair) ?? NO_REPLIES;
    replies.set(
      pair,
      addReply(before, { blocked: reply === 'blocked', phone: String(phone), at: call.endedAt }, rules),
    );
  }
  return reply;
}

/** Where the register does not tell the operator, nobody knows whether others of his were reached. */
function suspectRefusal(floor: Floor, run: AttemptRun, row: LearnedAttempt, rules: BlockRules): void {
  const { operator, phone } = row;
  const call = earlierCall(row);
  const known = floor.store.refusals.of(run.phone);
  if (operator === null || call === null || known?.state === 'suspected' || known?.state === 'confirmed') return;
  const since = Math.max(call.endedAt - rules.lookBackDays * DAY_MS, known?.since ?? 0);
  const earlier = floor.store.lineBlocks.earlierTo(phone, since, run.id).flatMap((before) => earlierCall(before) ?? []);
  const passedTo = (caller: string): number | null =>
    floor.network.replies
      .get(pairOf(caller as Phone, operator))
      ?.passed.find((passed) => passed.phone !== String(phone))?.at ?? null;
  const evidence = suspects(call, earlier, passedTo, rules);
  if (evidence === null) return;
  const now = floor.clock.now();
  const refusal = { state: 'suspected', since: now, allowEntities: [] } as const;
  floor.store.refusals.insert(run.phone, refusal, 'network', now, evidence.join(' '));
  floor.store.journal.write({ at: now, subject: 'refusal', id: run.id, event: 'suspected', data: { evidence } });
  floor.log.warn(
    { phone: run.phone, operator, attempts: evidence },
    'the subscriber may have refused mass calls: his calls are held until a person decides',
  );
}

function breakLine(floor: Floor, caller: Phone, operator: string, rules: BlockRules): void {
  const { replies, suspended } = floor.network;
  const pair = pairOf(caller, operator);
  const broken = breaks(replies.get(pair) ?? NO_REPLIES, rules);
  if (broken === null || suspended.has(pair)) return;
  const block = { caller, operator, since: floor.clock.now(), ...broken };
  floor.store.lineBlocks.suspend(block);
  suspended.set(pair, block);
  floor.store.journal.write({ at: block.since, subject: 'line', id: pair, event: 'suspended', data: { ...broken } });
  floor.log.warn(
    { caller, operator, ...broken },
    'the operator blocks this caller number: no more calls to him from it. Ask him and your carrier why, ' +
      'mend the registration, then: obzvon line unblock',
  );
}

/** Resumes a suspended pair: its calls count anew, and the leads it stopped come before the gate again, in slices. */
export function unblockLine(floor: Floor, caller: Phone, operator: string, why: string): LineBlock {
  const { replies, suspended } = floor.network;
  const pair = pairOf(caller, operator);
  const block = suspended.get(pair);
  if (block === undefined) {
    const others = [...suspended.values()].map((one) => `${one.caller} towards ${one.operator}`);
    throw new ObzvonError('NOT_FOUND', `${caller} is not suspended towards operator ${operator}`, {
      hint: others.length === 0 ? 'no caller number is suspended' : `suspended: ${others.join('; ')}`,
    });
  }
  return floor.act(() => {
    const now = floor.clock.now();
    floor.store.lineBlocks.resume(block, now, why);
    floor.store.journal.write({ at: now, subject: 'line', id: pair, event: 'resumed', data: { note: why } });
    suspended.delete(pair);
    replies.delete(pair);
    floor.log.info({ caller, operator }, 'line unblocked');
    mendedForAll(floor, 'line');
    return block;
  });
}

/** Null where the row has no outcome yet. */
function endedCall(row: AttemptRow): EndedCall | null {
  if (row.disposition === null || row.ended_at === null) return null;
  return {
    // An end that comes before the PBX's own "accepted" leaves no moment of the originate.
    originatedAt: row.originated_at ?? row.planned_at,
    rangAt: row.rang_at,
    answeredAt: row.answered_at,
    cancelledAt: row.cancelled_at,
    endedAt: row.ended_at,
    disposition: row.disposition,
    cause: row.cause,
    sipCode: row.sip_code,
    heard: row.witness === 'event',
  };
}

function earlierCall(row: LearnedAttempt): EarlierCall | null {
  const call = endedCall(row);
  return call === null
    ? null
    : { ...call, id: row.id, caller: phoneFromInteger(row.caller), registered: row.registration !== null };
}
