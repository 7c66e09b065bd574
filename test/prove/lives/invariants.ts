import Database from 'better-sqlite3';
import { readAnchors } from '../../../lib/store/anchors.ts';
import { installationKey, keyedHash } from '../../../lib/store/keyed-hash.ts';
import { verifyLedger } from '../../../lib/store/ledger-verify.ts';
import { openForReading } from '../../../lib/store/open.ts';
import type { History, WireCall } from './history.ts';

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
  /** Calls to a number in any 24 hours, and the least time between two. */
  readonly perDay: number;
  readonly minIntervalMs: number;
  /** Whether somebody may be called then. */
  readonly open: (phone: number, at: number) => boolean;
  readonly mayDial: (phone: number) => boolean;
  /** Talks that a witness knows were ended by the person, or by the agent's phone. */
  readonly endedByPeople?: (call: WireCall) => boolean;
  /** Whether all is over: nothing may be left open. */
  readonly atRest: boolean;
}

interface AttemptRow {
  readonly id: string;
  readonly lead: number;
  readonly phone: number;
  readonly caller: number;
  readonly state: string;
  readonly plannedAt: number;
  readonly answeredAt: number | null;
  readonly bridgedAt: number | null;
  readonly endedAt: number | null;
  readonly disposition: string | null;
  readonly verdict: string | null;
  readonly verdictAt: number | null;
  readonly verdictPhone: number | null;
  readonly told: number;
}

const DAY_MS = 24 * 3_600_000;
/** A committed ALLOW may be this old when its call reaches the wire. */
const FRESH_MS = 1_000;
/** Requests that were on their way when something became known. */
const ON_ITS_WAY_MS = 100;
const HANG_UP_MS = 1_000;
const GRACE_MS = 1_000;

type Report = (law: Invariant, what: string) => void;

/** Holds a history and the database it left against the invariants; the empty list: all hold. */
export function checkInvariants(history: History, path: string, terms: Terms): Breach[] {
  const breaches: Breach[] = [];
  const report: Report = (law, what) => void breaches.push({ law, what });
  const db = new Database(path, { readonly: true });
  try {
    const attempts = readAttempts(db);
    oneLive(history, report);
    gateFirst(history, attempts, report);
    optOuts(history, report);
    outcomes(attempts, history, terms, report);
    limits(history, attempts, terms, report);
    for (const call of history.calls) placement(call, history, terms, report);
    trunks(history, terms, report);
    agents(history, report);
    leads(db, terms, report);
    if (terms.endedByPeople !== undefined) talks(history, terms.endedByPeople, report);
  } finally {
    db.close();
  }
  ledger(path, report);
  return breaches;
}

function readAttempts(db: Database.Database): ReadonlyMap<string, AttemptRow> {
  const rows = db
    .prepare<[], AttemptRow>(
      `SELECT a.id, a.lead, a.phone, a.caller, a.state, a.planned_at AS plannedAt, a.answered_at AS answeredAt,
         a.bridged_at AS bridgedAt, a.ended_at AS endedAt, a.disposition, v.verdict, v.at AS verdictAt,
         v.phone AS verdictPhone,
         (SELECT count(*) FROM journal AS j WHERE j.subject = 'attempt' AND j.id_of = a.id AND j."to" IN ('ended', 'lost'))
           AS told
       FROM attempts AS a LEFT JOIN verdicts AS v ON v.id = a.verdict`,
    )
    .all();
  return new Map(rows.map((row) => [row.id, row]));
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

function gateFirst({ calls }: History, attempts: ReadonlyMap<string, AttemptRow>, report: Report): void {
  const seen = new Set<string>();
  for (const { attempt, phone, placedAt } of calls) {
    if (seen.has(attempt)) report('I2', `${attempt} is on the wire twice`);
    seen.add(attempt);
    const row = attempts.get(attempt);
    if (row === undefined) {
      report('I2', `${attempt} is on the wire and not in the database`);
      continue;
    }
    if (row.phone !== phone) report('I2', `${attempt} was placed to another number than the gate allowed`);
    if (row.verdict !== 'ALLOW' || row.verdictPhone !== row.phone)
      report('I2', `${attempt} has no ALLOW to its number`);
    const age = placedAt - (row.verdictAt ?? -Infinity);
    if (age < 0 || age > FRESH_MS + ON_ITS_WAY_MS) report('I2', `${attempt} was placed ${age} ms after its verdict`);
    if (row.disposition === 'not-placed') report('I2', `${attempt} was placed, and is booked as not placed`);
  }
  for (const { id, disposition } of attempts.values()) {
    if (!seen.has(id) && disposition !== null && !NEVER_LEFT.has(disposition)) {
      report('I2', `${id} is booked as ${disposition}, and never was on the wire`);
    }
  }
}

/** Outcomes of attempts that may never have reached the wire. */
const NEVER_LEFT = new Set(['not-placed', 'unknown', 'trunk-failure']);

function optOuts({ calls, optOuts: said }: History, report: Report): void {
  const byPhone = grouped(calls, (call) => call.phone);
  for (const { phone, at } of said) {
    for (const call of byPhone.get(phone) ?? []) {
      const { attempt, placedAt, answeredAt, endedAt, bridges } = call;
      if (placedAt > at + ON_ITS_WAY_MS) report('I3', `${attempt} was placed ${placedAt - at} ms after the opt-out`);
      const talked = bridges.some((bridge) => bridge.at <= at);
      if (talked || (endedAt ?? Infinity) <= at) continue;
      const bridged = bridges.find((bridge) => bridge.at > at + ON_ITS_WAY_MS);
      if (bridged !== undefined) report('I3', `${attempt} was connected ${bridged.at - at} ms after the opt-out`);
      const ringing = answeredAt === null || answeredAt > at + HANG_UP_MS;
      if (ringing && (endedAt ?? Infinity) > at + HANG_UP_MS && lives(call, at)) {
        report('I3', `${attempt} rang on ${(endedAt ?? Infinity) - at} ms after the opt-out`);
      }
    }
  }
  /** Whether somebody could hang it up then. */
  function lives(call: WireCall, at: number): boolean {
    return call.placedAt <= at;
  }
}

function outcomes(
  attempts: ReadonlyMap<string, AttemptRow>,
  { calls, endedAt }: History,
  { atRest }: Terms,
  report: Report,
): void {
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
    if (disposition === 'talked' && call.bridges.length === 0) report('I4', `${id} talked to nobody`);
  }
}

/** A call that is over is settled after this at the latest, once a daemon lives. */
const SETTLED_MS = 60_000;
const UNMET = new Set(['abandoned', 'opted-out', 'cancelled', 'machine']);

function limits(
  { calls }: History,
  attempts: ReadonlyMap<string, AttemptRow>,
  { perDay, minIntervalMs }: Terms,
  report: Report,
): void {
  // A call that never left our own side is none.
  const real = calls.filter(({ attempt }) => attempts.get(attempt)?.disposition !== 'trunk-failure');
  for (const [phone, own] of grouped(real, (call) => call.phone)) {
    for (const [i, { attempt, placedAt }] of own.entries()) {
      const lately = own.slice(0, i).filter((call) => call.placedAt > placedAt - DAY_MS);
      if (lately.length >= perDay) report('I6', `${phone}: ${attempt} is the ${lately.length + 1}th in 24 h`);
      const before = lately.at(-1);
      if (before !== undefined && placedAt - before.placedAt < minIntervalMs - FRESH_MS - ON_ITS_WAY_MS) {
        report('I6', `${phone}: ${attempt} came ${placedAt - before.placedAt} ms after ${before.attempt}`);
      }
    }
  }
}

function placement(call: WireCall, { silences, lives }: History, terms: Terms, report: Report): void {
  const { attempt, phone, caller, placedAt } = call;
  if (!terms.open(phone, placedAt)) report('I7', `${attempt} was placed outside the hours of ${phone}`);
  const silence = silences.find(({ from, to }) => from + GRACE_MS < placedAt && placedAt < to);
  if (silence !== undefined) report('I8', `${attempt} was placed ${placedAt - silence.from} ms into: ${silence.why}`);
  if (!terms.mayDial(phone)) report('I9', `${attempt} was placed to ${phone}`);
  if (caller !== terms.caller) report('I17', `${attempt} shows ${caller}`);
  // A request of the dead may still be on its way.
  const life = lives.find(
    ({ reconciledAt, endedAt }) =>
      reconciledAt !== null && reconciledAt <= placedAt && placedAt <= (endedAt ?? Infinity) + FRESH_MS,
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
      if (first !== undefined && call.placedAt - first.placedAt < 1_000 - ON_ITS_WAY_MS) {
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

function leads(db: Database.Database, { atRest }: Terms, report: Report): void {
  const stuck = db
    .prepare<[], { id: number; live: number }>(
      `SELECT l.id, (SELECT count(*) FROM attempts AS a WHERE a.lead = l.id AND a.disposition IS NULL) AS live
       FROM leads AS l WHERE l.state = 'dialing' OR
         (SELECT count(*) FROM attempts AS a WHERE a.lead = l.id AND a.disposition IS NULL) > 0`,
    )
    .all();
  const dialing = new Set(db.prepare<[], number>(`SELECT id FROM leads WHERE state = 'dialing'`).pluck().all());
  for (const { id, live } of stuck) {
    // A lead closed in mid-call (an opt-out, an erasure) is not dialing any more; its call ends.
    if (dialing.has(id) && live !== 1) report('I14', `lead ${id} is dialing with ${live} live attempts`);
    if (live > 1) report('I14', `lead ${id} has ${live} live attempts`);
  }
  if (atRest && dialing.size > 0) report('I14', `${dialing.size} leads are left in a call`);
  const charged = db
    .prepare<
      [],
      number
    >(`SELECT l.id FROM leads AS l WHERE l.attempts > (SELECT count(*) FROM attempts AS a WHERE a.lead = l.id)`)
    .pluck()
    .all();
  for (const id of charged) report('I14', `lead ${id} is charged with more calls than it had`);
}

function ledger(path: string, report: Report): void {
  const keyed = keyedHash(installationKey(`${path}.key`, () => false));
  const db = openForReading(path, keyed);
  try {
    const proof = verifyLedger(db, keyed, readAnchors(`${path}.anchors`, keyed));
    for (const { where, found } of proof.faults) report('I12', `${where}: ${found}`);
  } finally {
    db.close();
  }
}
