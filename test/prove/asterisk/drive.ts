import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { numberFor } from '../../../asterisk/testbed/behaviours.ts';
import type { Testbed, TestbedPbx } from '../../../asterisk/testbed/start.ts';
import { sleep, systemClock } from '../../../lib/clock.ts';
import { messageOf } from '../../../lib/errors.ts';
import { seededRandom } from '../../../lib/sim/random.ts';
import {
  allDayPack,
  bedFiles,
  campaignText,
  consentRow,
  importRows,
  loginAll,
  prepareCampaign,
  startDaemon,
  type DaemonProcess,
  type LogLine,
} from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { CALLER } from '../../helpers/rig.ts';
import { shortDir } from '../../helpers/short-dir.ts';
import type { LifeSpan } from '../lives/history.ts';
import { checkInvariants } from '../lives/invariants.ts';
import { endsCalls, FAULTS, strike, type Fault, type Struck } from './faults.ts';
import { channelRecord, networkRecord, sentBy, wireCalls, type Sent } from './records.ts';
import { originated, startAriTap, type AriTap } from './tap.ts';

/** One fault, and how soon the daemon dialed again. */
export interface FaultFinding {
  readonly fault: Fault;
  /** From FullyBooted, or from SIGCONT, to the first originate; null: none in time. */
  readonly dialingAfterMs: number | null;
}

export interface AsteriskResult {
  readonly seed: number;
  readonly findings: readonly FaultFinding[];
  readonly attempts: number;
  readonly originates: number;
  /** Channels by Asterisk's record, and calls by the network's. */
  readonly placed: number;
  readonly heard: number;
  /** Originates sent to a stopped Asterisk, which took them when it ran on; and how late at most, ms. */
  readonly late: number;
  readonly latestMs: number;
  readonly byDisposition: Readonly<Record<string, number>>;
  /** Broken promises, in words; empty when all held. */
  readonly violations: readonly string[];
}

export interface AsteriskRun {
  readonly bed: Testbed;
  readonly closing: { teardown: (fn: () => void | Promise<void>) => void };
  readonly seed: number;
  readonly times: number;
  readonly leads: number;
  readonly say: (line: string) => void;
  /** Where the daemon's log is left. */
  readonly logFile?: string;
}

const DIALING_MS = 5_000;
const WAIT_MS = 30_000;
const DRAIN_MS = 60_000;
/** A verdict is good for a second; what takes longer to Asterisk was sent in time and held up by it. */
const LATE_MS = 1_100;
const PER_DAY = 2;
const PER_LEAD = 5;
const INTERVAL_MIN = 1;
const ROWS_AT_ONCE = 1_000;
const RETRIED = ['busy', 'no-answer', 'unreachable', 'congestion', 'trunk-failure', 'cancelled', 'abandoned'];

const CAMPAIGN = campaignText({
  more: `mode: progressive
minIntervalMin: ${INTERVAL_MIN}
maxAttemptsPerLead: ${PER_LEAD}
maxAttemptsPerDay: ${PER_DAY}
retry:
${RETRIED.map((name) => `  ${name}: { afterMin: ${INTERVAL_MIN} }\n`).join('')}`,
});

/** Strikes Asterisk so many times while the daemon as it ships dials on it, and holds what came of it against the laws. */
export async function runAsterisk({
  bed,
  closing,
  seed,
  times,
  leads,
  say,
  logFile,
}: AsteriskRun): Promise<AsteriskResult> {
  const random = seededRandom(seed);
  const violations: string[] = [];
  const tap = await startAriTap({ host: bed.pbx.amiHost, port: Number(new URL(bed.pbx.httpUrl).port) });
  closing.teardown(() => tap.proxy.stop());
  const dir = shortDir(closing, { ...bedFiles(behind(bed, tap)), 'policy.json': pack() });
  const startedAt = systemClock.now();
  const daemon = startDaemon(closing, dir);
  closing.teardown(() => {
    if (logFile !== undefined) writeFileSync(logFile, daemon.out() + daemon.err());
  });
  await daemon.dialing();
  await load(daemon, people(leads, random));
  await loginAll(daemon.ask);
  await daemon.ask('campaign.start', { name: 'test' });

  const struck: Struck[] = [];
  const findings: FaultFinding[] = [];
  for (const fault of plan(times, random)) {
    const from = systemClock.now();
    await eventually(`load before ${fault}`, () => underLoad(daemon, tap, from), WAIT_MS).catch((error: unknown) => {
      violations.push(`${messageOf(error)}; calls are ${JSON.stringify(struck.at(-1))} after the fault before`);
    });
    await sleep(systemClock, random() * 400);
    const one = await strike(bed, fault, random);
    struck.push(one);
    const again = await eventually(`calls after ${fault}`, () => firstAfter(tap, one.wholeAt), WAIT_MS).catch(
      () => null,
    );
    const finding = { fault, dialingAfterMs: again === null ? null : again - one.wholeAt };
    findings.push(finding);
    if (again === null) say(JSON.stringify(await daemon.ask('status', {})));
    say(`${struck.length}. ${fault}: dialing ${finding.dialingAfterMs ?? 'never'} ms after it was whole`);
    if ((finding.dialingAfterMs ?? Infinity) > DIALING_MS) {
      violations.push(
        `${struck.length}. ${fault}: the first call came ${finding.dialingAfterMs} ms after it was whole`,
      );
    }
  }

  await daemon.ask('campaign.stop', { name: 'test' });
  await eventually(
    'the last calls are over',
    async () => (await daemon.ask('campaign.show', { name: 'test' })).state === 'stopped',
    DRAIN_MS,
  );
  const report = await daemon.ask('report.campaign', { name: 'test' });
  for (const { law, ok, found } of report.checks) if (!ok) violations.push(`${law}: ${found}`);
  daemon.kill('SIGTERM');
  const { code } = await daemon.exited();
  if (code !== 0) violations.push(`the daemon ended with ${code}: ${daemon.err()}`);

  const network = await networkRecord(bed);
  const record = await channelRecord(bed);
  const { sent, unasked } = sentBy(tap, record, network);
  if (unasked > 0) violations.push(`the network was given ${unasked} calls nobody asked for`);
  const late = lateness(sent);
  violations.push(...early(tap, sent, struck));
  const lives = livesIn(daemon.lines(), startedAt);
  const breaches = checkInvariants(
    {
      calls: wireCalls(tap, sent, struck, Number(CALLER.slice(1))),
      optOuts: [],
      silences: [],
      steps: [],
      bugs: [],
      lives,
      endedAt: systemClock.now(),
    },
    join(dir, 'obzvon.db'),
    {
      caller: Number(CALLER.slice(1)),
      trunks: { pstn: { channels: 30, originatesPerSecond: 20 } },
      // An Asterisk that dies or stands still makes people wait.
      answerLimitMs: Infinity,
      perLead: PER_LEAD,
      onItsWayMs: 100,
      perDay: PER_DAY,
      minIntervalMs: INTERVAL_MIN * 60_000,
      open: () => true,
      mayDial: (phone) => /^79\d{9}$/.test(String(phone)),
      atRest: true,
    },
  );
  // The base is larger than the shift: not everybody is called in it.
  const broken = breaches.filter(({ law }) => law !== 'liveness');
  violations.push(...broken.map(({ law, what }) => `${law}: ${what}`));
  return {
    seed,
    findings,
    attempts: report.calls.attempts,
    originates: sent.length,
    placed: record.size,
    heard: network.length,
    late: late.length,
    latestMs: Math.max(0, ...late),
    byDisposition: report.calls.byDisposition,
    violations,
  };
}

/** Each fault as often as the others, in an order of chance. */
function plan(times: number, random: () => number): Fault[] {
  const faults = Array.from({ length: times }, (_, i) => FAULTS[i % FAULTS.length] ?? 'kill');
  for (let i = faults.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [faults[i], faults[j]] = [faults[j] ?? 'kill', faults[i] ?? 'kill'];
  }
  return faults;
}

/** Some talk and some ring, and calls have gone out since. */
async function underLoad({ ask }: DaemonProcess, tap: AriTap, since: number): Promise<boolean> {
  const fresh = tap.requests.filter((request) => request.at > since && originated(request) !== null).length;
  if (fresh < 5) return false;
  const { calls } = await ask('status', {});
  return (calls.talking ?? 0) >= 3 && (calls.dialing ?? 0) + (calls.ringing ?? 0) >= 1;
}

function firstAfter(tap: AriTap, at: number): number | null {
  return tap.requests.find((request) => request.at >= at && originated(request) !== null)?.at ?? null;
}

/** Originates that no finished survey stood before, by the wire; and channels made before it, by Asterisk's record. */
function early(tap: AriTap, sent: readonly Sent[], struck: readonly Struck[]): string[] {
  const found: string[] = [];
  const surveys = surveysIn(tap);
  for (const { attempt, request } of sent) {
    const stream = tap.streams.findLast((at) => at <= request.at);
    const survey = stream === undefined ? undefined : surveys.find((at) => at >= stream);
    if (survey === undefined || survey > request.at) found.push(`${attempt} was sent before a survey was answered`);
  }
  for (const { fault, at, wholeAt } of struck) {
    if (!endsCalls(fault)) continue;
    const survey = surveys.find((answered) => answered > wholeAt) ?? Infinity;
    for (const { attempt, record } of sent) {
      // A channel Asterisk was making in the moment of the fault is none of the new one's.
      const first = record?.starts.find((start) => start > at + LATE_MS);
      if (first !== undefined && first < Math.min(survey, wholeAt + WAIT_MS)) {
        found.push(`${attempt} became a channel ${survey - first} ms before the survey after ${fault}`);
      }
    }
  }
  return found;
}

/** When the daemon had both halves of a survey, one survey a moment. */
function surveysIn(tap: AriTap): number[] {
  const channels = tap.requests.filter(
    ({ method, path, status }) => method === 'GET' && path === '/ari/channels' && status === 200,
  );
  const bridges = tap.requests.filter(
    ({ method, path, status }) => method === 'GET' && path === '/ari/bridges' && status === 200,
  );
  return channels
    .map((one, i) => Math.max(one.answeredAt ?? Infinity, bridges[i]?.answeredAt ?? Infinity))
    .sort((a, b) => a - b);
}

function lateness(sent: readonly Sent[]): number[] {
  return sent.flatMap(({ request, record }) =>
    (record?.starts ?? []).map((start) => start - request.at).filter((ms) => ms > LATE_MS),
  );
}

/** From the daemon's own log: each stretch in which it had the PBX, reconciled, and then lost it. */
function livesIn(lines: readonly LogLine[], startedAt: number): LifeSpan[] {
  const lives: LifeSpan[] = [];
  let open: { startedAt: number; reconciledAt: number | null } = { startedAt, reconciledAt: null };
  for (const { msg, time } of lines) {
    const at = Date.parse(String(time));
    if (msg === 'reconciled; dialing may go on') open.reconciledAt ??= at;
    if (msg !== 'PBX lost') continue;
    lives.push({ ...open, endedAt: at });
    open = { startedAt: at, reconciledAt: null };
  }
  return [...lives, { ...open, endedAt: null }];
}

/** The all-day pack with the caps of the proof; who is abandoned is the proof's doing. */
function pack(): string {
  const policy = JSON.parse(allDayPack()) as Record<string, unknown> & { abandon: object };
  return JSON.stringify({
    ...policy,
    minIntervalS: INTERVAL_MIN * 60,
    abandon: { ...policy.abandon, max: 0.99, target: 0.5 },
  });
}

async function load(daemon: DaemonProcess, phones: readonly string[]): Promise<void> {
  await prepareCampaign(daemon.ask, phones.slice(0, ROWS_AT_ONCE), CAMPAIGN);
  for (let from = ROWS_AT_ONCE; from < phones.length; from += ROWS_AT_ONCE) {
    const part = phones.slice(from, from + ROWS_AT_ONCE);
    await importRows(daemon.ask, 'consent', part.map(consentRow));
    await importRows(
      daemon.ask,
      'lead',
      part.map((phone) => ({ phone, zone: 'Europe/Moscow' })),
    );
  }
}

/** Quick ends and short talks, so that agents are free and there is something to dial at any moment. */
function people(leads: number, random: () => number): string[] {
  return Array.from({ length: leads }, (_, i) => {
    const draw = random();
    const name = draw < 0.5 ? 'human' : draw < 0.8 ? 'busy' : draw < 0.9 ? 'unallocated' : 'no-answer';
    // Who answers sooner is no person to the guards of the trunk.
    const ringMs = (6 + (Math.floor(i / 1_000) % 90)) * 100;
    return numberFor(name, { ringMs: name === 'human' ? ringMs : 300, talkS: 2 + (i % 4), serial: i % 1_000 });
  });
}

/** The bed as a daemon sees it past the witness. */
function behind(bed: Testbed, tap: AriTap): Testbed {
  const pbx = Object.create(bed.pbx, { httpUrl: { value: `http://127.0.0.1:${tap.port}` } }) as TestbedPbx;
  return { ...bed, pbx };
}
