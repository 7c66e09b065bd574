import Database from 'better-sqlite3';
import { wallAt, type History, type LifeSpan, type WireCall } from './history.ts';
import { attemptRows, journalLaws, leadLaws, ledgerLaw, restLaws, type AttemptRow } from './row-laws.ts';

/*
 * The invariants that speak of what the daemon does, over what a witness saw and what the daemons left in the database.
 * Shares no code with what it checks, but for the verification of the ledger, which has a proof of its own
 * (check:ledger). The others of the list have their own checks: I13 canaries, I15 erasures, I16 paths.
 */
export const INVARIANTS = {
  I1: 'a number has at most one live call',
  I2: 'each call on the wire has its committed ALLOW, a second old at most, and its attempt; and each attempt its call',
  I3: 'after an acknowledged opt-out nothing is placed to the number, and who was not talking is never connected',
  I4: 'every attempt has one outcome, which is told once',
  I5: 'who answered and met no agent is booked as abandoned',
  I6: 'no number is called more often, or sooner again, than the limits allow',
  I7: 'nobody is called outside his hours',
  I8: 'in doubt nothing is placed, a second after it could be known',
  I9: 'what is dialed is a number in digits that may be dialed',
  I10: 'no trunk has more calls, or more of them in a second, than it may have',
  I11: 'nothing is placed by a daemon that has not reconciled, or while none lives',
  I12: 'the ledger is as the gate wrote it',
  I14: 'every lead is in one state that waits for something or is final; none is stuck in a call that is over',
  I17: 'every call shows a registered caller number',
  journal: 'the journal tells every move, once, and its last word on each thing is its state',
  liveness: 'left in peace, a campaign comes to its end, everybody is called, and nobody and nothing is left waiting',
  breaker: 'a trunk that takes no calls is soon left alone',
  soundness: 'a daemon to which nothing was done does not stop itself',
  agents: 'an agent is with one callee at a time',
  talks: 'a talk is ended by those who talk, or by its limit, not by a daemon’s death',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export interface Breach {
  readonly law: Invariant;
  readonly what: string;
}

/** What the world was set up with: the checker is told, the daemon is not asked. */
export interface Terms {
  /** The one number registered, as an integer. */
  readonly caller: number;
  readonly trunks: Readonly<Record<string, { readonly channels: number; readonly originatesPerSecond: number }>>;
  /** How long who answered may wait for an agent; absent: this is not looked at. */
  readonly answerLimitMs?: number;
  /** Charged calls a lead may have; absent: this is not looked at. */
  readonly perLead?: number;
  /** How late a request may arrive that was made before something was known, ms; absent: as a sound PBX has it. */
  readonly onItsWayMs?: number;
  /** How late the witness may have been then, ms: a process among others on a busy machine does not run all the time. */
  readonly lateMs?: (at: number) => number;
  /** Calls to a number in any 24 hours, and the least time between two, by the daemons' wall clock. */
  readonly perDay: number;
  readonly minIntervalMs: number;
  /** Whether somebody may be called then. */
  readonly open: (phone: number, at: number) => boolean;
  readonly mayDial: (phone: number) => boolean;
  /** Talks that a witness knows were ended by the person, or by the agent's phone. */
  readonly endedByPeople?: (call: WireCall) => boolean;
  /** Whether all is over: nothing may be left open. */
  readonly atRest: boolean;
  /** Whether the campaigns were left to come to their end by themselves. */
  readonly toTheEnd?: boolean;
}

const DAY_MS = 24 * 3_600_000;
/** A committed ALLOW may be this old when its call reaches the wire. */
const FRESH_MS = 1_000;
/** Requests that were on their way when something became known. */
const ON_ITS_WAY_MS = 100;
const HANG_UP_MS = 1_000;
const GRACE_MS = 1_000;

export type Report = (law: Invariant, what: string) => void;

/** How late what was seen then may be, having been asked for before. */
function onItsWay({ onItsWayMs = ON_ITS_WAY_MS, lateMs }: Terms, at: number): number {
  return onItsWayMs + (lateMs?.(at) ?? 0);
}

/** Holds a history and the database it left against the invariants; the empty list: all hold. */
export function checkInvariants(history: History, path: string, terms: Terms): Breach[] {
  const breaches: Breach[] = [];
  const report: Report = (law, what) => void breaches.push({ law, what });
  const db = new Database(path, { readonly: true });
  try {
    const attempts = attemptRows(db);
    oneLive(history, report);
    gateFirst(history, attempts, terms, report);
    optOuts(history, terms, report);
    outcomes(attempts, history, terms, report);
    limits(history, attempts, terms, report);
    for (const call of history.calls) placement(call, history, terms, report);
    trunks(history, terms, report);
    agents(history, report);
    leadLaws(db, attempts, terms, report);
    const starts = history.lives.map(({ startedAt }) => wallAt(history, startedAt));
    journalLaws(db, attempts, starts, report);
    if (terms.atRest) {
      for (const call of history.calls)
        if (call.endedAt === null) report('liveness', `${call.attempt} is still on the wire`);
      if (terms.toTheEnd === true) restLaws(db, wallAt(history, history.endedAt), report);
    }
    for (const bug of history.bugs) report('soundness', bug);
    if (terms.endedByPeople !== undefined) talks(history, terms.endedByPeople, report);
  } finally {
    db.close();
  }
  ledgerLaw(path, report);
  return breaches;
}

/** Calls in order of placing, by what they share. */
function grouped<K>(calls: readonly WireCall[], key: (call: WireCall) => K): Map<K, WireCall[]> {
  return Map.groupBy(
    [...calls].sort((a, b) => a.placedAt - b.placedAt),
    key,
  );
}

function oneLive({ calls }: History, report: Report): void {
  for (const [phone, own] of grouped(calls, (call) => call.phone)) {
    for (const [i, call] of own.entries()) {
      const live = own.slice(0, i).find(({ endedAt }) => (endedAt ?? Infinity) > call.placedAt);
      if (live !== undefined) report('I1', `${phone}: ${call.attempt} was placed while ${live.attempt} was live`);
    }
  }
}

function gateFirst(history: History, attempts: ReadonlyMap<string, AttemptRow>, terms: Terms, report: Report): void {
  const seen = new Set<string>();
  for (const { attempt, phone, caller, trunk, placedAt } of history.calls) {
    if (seen.has(attempt)) report('I2', `${attempt} is on the wire twice`);
    seen.add(attempt);
    const row = attempts.get(attempt);
    if (row === undefined) {
      report('I2', `${attempt} is on the wire and not in the database`);
      continue;
    }
    if (row.phone !== phone) report('I2', `${attempt} was placed to another number than the gate allowed`);
    if (row.caller !== caller || row.trunk !== trunk)
      report('I2', `${attempt} shows another number, or took another trunk`);
    if (row.verdict !== 'ALLOW' || row.verdictPhone !== row.phone)
      report('I2', `${attempt} has no ALLOW to its number`);
    const age = wallAt(history, placedAt) - (row.verdictAt ?? -Infinity);
    const set = history.steps.some(({ at }) => at <= placedAt && at > placedAt - FRESH_MS - onItsWay(terms, placedAt));
    if (!set && (age < 0 || age > FRESH_MS + onItsWay(terms, placedAt)))
      report('I2', `${attempt} was placed ${age} ms after its verdict`);
    if (row.disposition === 'not-placed') report('I2', `${attempt} was placed, and is booked as not placed`);
  }
  for (const { id, disposition } of attempts.values()) {
    if (!seen.has(id) && disposition !== null && !NEVER_LEFT.has(disposition)) {
      report('I2', `${id} is booked as ${disposition}, and never was on the wire`);
    }
  }
}

/** Outcomes of attempts that may never have reached the wire. */
const NEVER_LEFT = new Set(['not-placed', 'unknown', 'trunk-failure', 'cancelled']);

/** Whether no daemon lived, and reached the PBX, through such a stretch: what was to be done in it may not have been. */
function disturbances({ lives, silences }: History): (from: number, to: number) => boolean {
  return (from, to) =>
    !lives.some(({ startedAt, endedAt }) => startedAt <= from && (endedAt ?? Infinity) > to) ||
    silences.some((silence) => silence.from <= to && silence.to >= from);
}

function optOuts(history: History, terms: Terms, report: Report): void {
  const { calls, optOuts: said, lives, silences, endedAt: seenUntil } = history;
  const byPhone = grouped(calls, (call) => call.phone);
  for (const { phone, at } of said) {
    const heededAt = at + onItsWay(terms, at);
    for (const call of byPhone.get(phone) ?? []) {
      const { attempt, placedAt, answeredAt, endedAt, bridges } = call;
      if (placedAt > heededAt) report('I3', `${attempt} was placed ${placedAt - at} ms after the opt-out`);
      const talked = bridges.some((bridge) => bridge.at <= at);
      if (talked || (endedAt ?? Infinity) <= at) continue;
      const bridged = bridges.find((bridge) => bridge.at > heededAt);
      if (bridged !== undefined) report('I3', `${attempt} was connected ${bridged.at - at} ms after the opt-out`);
      const until = Math.min(endedAt ?? Infinity, seenUntil);
      const mostMs = HANG_UP_MS + onItsWay(terms, until);
      const ringing = placedAt <= at && (answeredAt === null || answeredAt > at + mostMs);
      const deaf = silences.some(({ from, to }) => from <= until && to >= at);
      if (ringing && !deaf && watched(lives, at, until) > mostMs) {
        report('I3', `${attempt} rang on ${until - at} ms after the opt-out`);
      }
    }
  }
}

/** How long in this time a daemon that had reconciled could hang a call up, ms. */
function watched(lives: readonly LifeSpan[], from: number, to: number): number {
  return lives.reduce((sum, { reconciledAt, endedAt }) => {
    if (reconciledAt === null) return sum;
    return sum + Math.max(0, Math.min(to, endedAt ?? Infinity) - Math.max(from, reconciledAt));
  }, 0);
}

function outcomes(attempts: ReadonlyMap<string, AttemptRow>, history: History, terms: Terms, report: Report): void {
  const { calls, endedAt } = history;
  const { atRest, answerLimitMs = Infinity } = terms;
  const disturbed = disturbances(history);
  const wire = new Map(calls.map((call) => [call.attempt as string, call]));
  for (const row of attempts.values()) {
    const { id, disposition } = row;
    const over = disposition !== null;
    if (over !== (row.endedAt !== null) || over !== (row.state === 'ended' || row.state === 'lost')) {
      report('I4', `${id} is ${row.state} with ${disposition ?? 'no outcome'}`);
    }
    if (row.told !== (over ? 1 : 0)) report('I4', `${id}: its end is told ${row.told} times`);
    const call = wire.get(id);
    if (!over && (atRest || (call?.endedAt ?? Infinity) < endedAt - SETTLED_MS)) report('I4', `${id} has no outcome`);
    if (call === undefined || !over || disposition === 'unknown') continue;
    if (call.answeredAt !== null && call.bridges.length === 0 && !UNMET.has(disposition)) {
      report('I5', `${id} was answered, met no agent, and is booked as ${disposition}`);
    }
    if (call.answeredAt !== null && call.bridges.length === 0) {
      const until = call.answeredAt + answerLimitMs + HANG_UP_MS + 2 * onItsWay(terms, call.answeredAt);
      const told = Math.min(call.toldAt ?? Infinity, call.endedAt ?? Infinity);
      if (told > until && !disturbed(call.placedAt, until)) {
        report('I5', `${id} was answered, and left waiting for ${told - call.answeredAt} ms`);
      }
    }
    if (disposition === 'talked' && call.bridges.length === 0) report('I4', `${id} talked to nobody`);
  }
}

/** A call that is over is settled after this at the latest, once a daemon lives. */
const SETTLED_MS = 60_000;
const UNMET = new Set(['abandoned', 'opted-out', 'cancelled', 'machine']);

function limits(history: History, attempts: ReadonlyMap<string, AttemptRow>, terms: Terms, report: Report): void {
  const { perDay, minIntervalMs } = terms;
  // A call that never left our own side is none.
  const real = history.calls.filter(({ attempt }) => attempts.get(attempt)?.disposition !== 'trunk-failure');
  for (const [phone, own] of grouped(real, (call) => call.phone)) {
    for (const [i, { attempt, placedAt }] of own.entries()) {
      const lately = own
        .slice(0, i)
        .filter((call) => wallAt(history, call.placedAt) > wallAt(history, placedAt) - DAY_MS);
      if (lately.length >= perDay) report('I6', `${phone}: ${attempt} is the ${lately.length + 1}th in 24 h`);
      const before = lately.at(-1);
      // A callback comes when it was agreed.
      if (before === undefined || attempts.get(attempt)?.callback != null) continue;
      if (
        wallAt(history, placedAt) - wallAt(history, before.placedAt) <
        minIntervalMs - FRESH_MS - onItsWay(terms, before.placedAt)
      ) {
        report('I6', `${phone}: ${attempt} came ${placedAt - before.placedAt} ms after ${before.attempt}`);
      }
    }
  }
}

function placement(call: WireCall, history: History, terms: Terms, report: Report): void {
  const { silences, lives } = history;
  const { attempt, phone, caller, placedAt } = call;
  if (!terms.open(phone, wallAt(history, placedAt)))
    report('I7', `${attempt} was placed outside the hours of ${phone}`);
  const silence = silences.find(
    ({ from, to }) => from + GRACE_MS + onItsWay(terms, placedAt) < placedAt && placedAt < to,
  );
  if (silence !== undefined) report('I8', `${attempt} was placed ${placedAt - silence.from} ms into: ${silence.why}`);
  if (!terms.mayDial(phone)) report('I9', `${attempt} was placed to ${phone}`);
  if (caller !== terms.caller) report('I17', `${attempt} shows ${caller}`);
  // A request of the dead may still be on its way.
  const life = lives.find(
    ({ reconciledAt, endedAt }) =>
      reconciledAt !== null &&
      reconciledAt <= placedAt &&
      placedAt <= (endedAt ?? Infinity) + FRESH_MS + onItsWay(terms, placedAt),
  );
  if (life === undefined) report('I11', `${attempt} was placed by no daemon that had reconciled`);
}

function trunks({ calls }: History, terms: Terms, report: Report): void {
  for (const [name, own] of grouped(calls, (call) => call.trunk)) {
    const trunk = terms.trunks[name];
    if (trunk === undefined) {
      report('I10', `calls on ${name}, which there is not`);
      continue;
    }
    const moves = own.flatMap(({ placedAt, endedAt }) => [
      { at: placedAt, by: 1 },
      ...(endedAt === null ? [] : [{ at: endedAt, by: -1 }]),
    ]);
    let busy = 0;
    let most = 0;
    for (const { by } of moves.sort((a, b) => a.at - b.at || a.by - b.by)) most = Math.max(most, (busy += by));
    if (most > trunk.channels) report('I10', `${name}: ${most} calls at a time, ${trunk.channels} allowed`);
    // A bucket that was full may be emptied at once, and is filled again meanwhile.
    for (const [i, call] of own.entries()) {
      const first = own[i - 2 * trunk.originatesPerSecond];
      if (first !== undefined && call.placedAt - first.placedAt < 1_000 - onItsWay(terms, call.placedAt)) {
        report('I10', `${name}: ${2 * trunk.originatesPerSecond + 1} calls in a second`);
        break;
      }
    }
  }
}

function agents({ calls }: History, report: Report): void {
  const stretches = calls.flatMap((call) =>
    call.bridges.map(({ at, agent }, i) => ({
      agent,
      attempt: call.attempt,
      from: at,
      to: Math.min(call.bridges[i + 1]?.at ?? Infinity, call.toldAt ?? Infinity, call.endedAt ?? Infinity),
    })),
  );
  for (const [agent, own] of Map.groupBy(stretches, (one) => one.agent)) {
    own.sort((a, b) => a.from - b.from);
    for (const [i, { attempt, from }] of own.entries()) {
      const before = own[i - 1];
      if (before !== undefined && before.to > from) report('agents', `${agent}: ${attempt} joined ${before.attempt}`);
    }
  }
}

function talks({ calls, lives }: History, endedByPeople: (call: WireCall) => boolean, report: Report): void {
  for (const call of calls) {
    const [bridge] = call.bridges;
    if (bridge === undefined || call.endedAt === null || call.toldAt !== null) continue;
    const { endedAt } = call;
    const outlived = lives.some(
      (life) => life.endedAt !== null && life.endedAt >= bridge.at && life.endedAt <= endedAt,
    );
    if (outlived && !endedByPeople(call)) report('talks', `${call.attempt} outlived a daemon and was cut off`);
  }
}
