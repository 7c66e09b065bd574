import { readFile } from 'node:fs/promises';
import { numberFor } from '../../asterisk/testbed/behaviours.ts';
import type { Testbed, TestbedPbx } from '../../asterisk/testbed/start.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import type { Call } from '../../lib/control/commands/calls.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { bedFiles, campaignText, loginAll, prepareCampaign, startDaemon, type LogLine } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { startFaultProxy, type FaultProxy, type Toxic } from '../helpers/fault-proxy.ts';
import { shortDir } from '../helpers/short-dir.ts';

/** One illness of the wires between daemon and Asterisk. */
export interface ToxicRound {
  readonly name: string;
  readonly toxics: readonly Toxic[];
  readonly holdMs: number;
  /** It takes the link without a word, so the loss must be found by the daemon itself. */
  readonly silent?: boolean;
}

/** The seven toxics, and the two halves of a cut. */
export const TOXIC_ROUNDS: readonly ToxicRound[] = [
  { name: 'latency', toxics: [{ kind: 'latency', ms: 300, jitterMs: 200 }], holdMs: 3_000 },
  { name: 'cut', toxics: [{ kind: 'cut' }], holdMs: 5_000, silent: true },
  { name: 'cut up', toxics: [{ kind: 'cut', direction: 'up' }], holdMs: 4_000, silent: true },
  { name: 'cut down', toxics: [{ kind: 'cut', direction: 'down' }], holdMs: 4_000, silent: true },
  { name: 'cut, short', toxics: [{ kind: 'cut' }], holdMs: 1_200 },
  { name: 'half-open', toxics: [{ kind: 'half-open' }], holdMs: 5_000, silent: true },
  { name: 'slice', toxics: [{ kind: 'slice', bytes: 64, ms: 1 }], holdMs: 3_000 },
  { name: 'reset', toxics: [{ kind: 'reset' }], holdMs: 2_000 },
  { name: 'limit', toxics: [{ kind: 'limit', direction: 'down', bytes: 20_000 }], holdMs: 4_000 },
  {
    name: 'slow close',
    toxics: [
      { kind: 'limit', direction: 'down', bytes: 20_000 },
      { kind: 'slow-close', ms: 1_500 },
    ],
    holdMs: 5_000,
  },
];

/** What one round came to; times in ms, null when it did not happen. */
export interface ToxicFinding {
  readonly name: string;
  /** From the illness to the daemon's word that the PBX is lost. */
  readonly lostAfterMs: number | null;
  /** From the cure to the first call Asterisk's own record has; null: none within the limit. */
  readonly dialingAfterMs: number | null;
  /** Originates Asterisk took while it was ill. */
  readonly placedWhileIll: number;
}

export interface ToxicsResult {
  readonly seed: number;
  readonly rounds: readonly ToxicFinding[];
  /** By the daemon, and by Asterisk's record. */
  readonly attempts: number;
  readonly placed: number;
  /** The longest from a verdict to the channel, ms. */
  readonly latestMs: number;
  readonly byDisposition: Readonly<Record<string, number>>;
  /** Broken promises, in words; empty when all held. */
  readonly violations: readonly string[];
}

/** How soon a silent loss must be found, and a call placed after the cure. */
const FOUND_MS = 3_000;
const DIALING_MS = 5_000;
/** Of a busy machine's own. */
const SLACK_MS = 500;
/** A verdict is good for a second; what was sent then may stand in the wire until the loss is found. */
const LATEST_MS = 1_000 + FOUND_MS + SLACK_MS;
const WAIT_MS = 20_000;
const DRAIN_MS = 30_000;

const CAMPAIGN = campaignText({
  more: `mode: progressive
retry:
${['busy', 'no-answer', 'unreachable', 'congestion', 'trunk-failure', 'cancelled', 'abandoned'].map((name) => `  ${name}: { afterMin: 1440 }\n`).join('')}`,
});

/**
 * Dials a base on a running test bed with the daemon as it ships, through a fault proxy before ARI and one before AMI, makes
 * the wires ill round by round, and holds what came of it against Asterisk's own record.
 */
export async function runToxics(parts: {
  readonly bed: Testbed;
  readonly closing: { teardown: (fn: () => void | Promise<void>) => void };
  readonly seed: number;
  readonly rounds?: readonly ToxicRound[];
  readonly leads?: number;
  readonly say?: (line: string) => void;
}): Promise<ToxicsResult> {
  const { bed, closing, seed, rounds = TOXIC_ROUNDS, leads = 900, say = () => undefined } = parts;
  const violations: string[] = [];
  const ari = await startFaultProxy({ to: { host: bed.pbx.amiHost, port: portOf(bed.pbx.httpUrl) }, seed });
  const ami = await startFaultProxy({ to: { host: bed.pbx.amiHost, port: bed.pbx.amiPort }, seed: seed + 1 });
  const proxies = [ari, ami];
  closing.teardown(async () => void (await Promise.all(proxies.map((proxy) => proxy.stop()))));
  const daemon = startDaemon(closing, shortDir(closing, bedFiles(behind(bed, ari, ami))));
  const { ask } = daemon;
  await daemon.dialing();
  await prepareCampaign(ask, base(leads, seededRandom(seed)), CAMPAIGN);
  await loginAll(ask);
  await ask('campaign.start', { name: 'test' });
  const starts = (): Promise<Map<string, number[]>> => channelStarts(bed);
  const dialed = async (since: number): Promise<number | null> => {
    const at = [...(await starts()).values()].flat().filter((one) => one > since);
    return at.length === 0 ? null : Math.min(...at);
  };

  const findings: ToxicFinding[] = [];
  for (const { name, toxics, holdMs, silent = false } of rounds) {
    const before = systemClock.now();
    await eventually(`calls before ${name}`, () => dialed(before), WAIT_MS);
    const illAt = systemClock.now();
    const cures = proxies.flatMap((proxy) => toxics.map((toxic) => proxy.add(toxic)));
    await sleep(systemClock, holdMs);
    for (const cure of cures) cure();
    const wholeAt = systemClock.now();
    const again = await eventually(`calls after ${name}`, () => dialed(wholeAt), WAIT_MS).catch(() => null);
    const lostAt = daemon
      .lines()
      .filter(({ msg }) => msg === 'PBX lost')
      .map(({ time }) => Date.parse(String(time)))
      .find((at) => at >= illAt && at <= wholeAt);
    const finding: ToxicFinding = {
      name,
      lostAfterMs: lostAt === undefined ? null : lostAt - illAt,
      dialingAfterMs: again === null ? null : Math.round(again - wholeAt),
      placedWhileIll: [...(await starts()).values()].flat().filter((at) => at > illAt && at < wholeAt).length,
    };
    findings.push(finding);
    say(JSON.stringify(finding));
    if (silent && (finding.lostAfterMs ?? Infinity) > FOUND_MS + SLACK_MS) {
      violations.push(`${name}: the loss was found after ${finding.lostAfterMs} ms`);
    }
    if ((finding.dialingAfterMs ?? Infinity) > DIALING_MS) {
      violations.push(`${name}: the first call came ${finding.dialingAfterMs} ms after the link was whole`);
    }
  }

  await ask('campaign.stop', { name: 'test' });
  await eventually(
    'the last calls are over',
    async () => (await ask('campaign.show', { name: 'test' })).state === 'stopped',
    DRAIN_MS,
  );
  const { calls } = await ask('call.list', { campaign: 'test', limit: 10_000 });
  const report = await ask('report.campaign', { name: 'test' });
  const placed = await starts();
  for (const { law, ok, found } of report.checks) if (!ok) violations.push(`${law}: ${found}`);
  violations.push(...brokenBy(calls, placed, daemon.lines()));
  const heard = (await heardByNetwork(bed)) - bed.agents.length;
  if (heard !== placed.size)
    violations.push(`the network was given ${heard} calls, Asterisk's record has ${placed.size}`);
  daemon.kill('SIGTERM');
  const { code } = await daemon.exited();
  if (code !== 0) violations.push(`the daemon ended with ${code}: ${daemon.err()}`);
  return {
    seed,
    rounds: findings,
    attempts: calls.length,
    placed: placed.size,
    latestMs: Math.round(Math.max(0, ...lateness(calls, placed).values())),
    byDisposition: report.calls.byDisposition,
    violations,
  };
}

/** Holds the daemon's calls against the channels Asterisk recorded and the daemon's log; what does not fit, in words. */
function brokenBy(
  calls: readonly Call[],
  placed: ReadonlyMap<string, readonly number[]>,
  lines: readonly LogLine[],
): string[] {
  const broken: string[] = [];
  const byId = new Map(calls.map((call) => [call.id, call]));
  const people = new Map<string, string>();
  for (const [id, starts] of placed) {
    if (starts.length > 1) broken.push(`${id} was placed ${starts.length} times`);
    const call = byId.get(id);
    if (call === undefined) {
      broken.push(`${id} is Asterisk's and no attempt of the daemon's`);
      continue;
    }
    const other = people.get(call.phone);
    if (other !== undefined) broken.push(`one number was called twice: ${other} and ${id}`);
    people.set(call.phone, id);
  }
  for (const { id, disposition, endedAt } of calls) {
    if (disposition === null || endedAt === null) broken.push(`${id} has no outcome`);
    if (disposition === 'not-placed' && placed.has(id)) broken.push(`${id} was placed, and is booked as not placed`);
  }
  const ends = new Map<unknown, number>();
  let reconciled = true;
  for (const line of lines) {
    if (line.msg === 'PBX lost') reconciled = false;
    if (line.msg === 'reconciled; dialing may go on') reconciled = true;
    if (line.msg === 'attempt planned' && !reconciled)
      broken.push(`${String(line['attempt'])} was planned before reconcile`);
    if (line.msg === 'attempt moved' && (line['to'] === 'ended' || line['to'] === 'lost')) {
      ends.set(line['attempt'], (ends.get(line['attempt']) ?? 0) + 1);
    }
  }
  for (const [id, n] of ends) if (n !== 1) broken.push(`${String(id)} ended ${n} times`);
  if (ends.size !== calls.length) broken.push(`${calls.length} attempts, ${ends.size} ends in the log`);
  for (const [id, ms] of lateness(calls, placed)) {
    if (ms > LATEST_MS) broken.push(`${id} reached Asterisk ${Math.round(ms)} ms after its verdict`);
  }
  return broken;
}

/** How long after its verdict each call became a channel, ms. */
function lateness(calls: readonly Call[], placed: ReadonlyMap<string, readonly number[]>): ReadonlyMap<string, number> {
  return new Map(
    calls.flatMap(({ id, plannedAt }) => (placed.get(id) ?? []).map((at) => [id, at - plannedAt] as const)),
  );
}

/** The moments, epoch ms, at which Asterisk made each of our channels, by its own event record. */
async function channelStarts(bed: Testbed): Promise<Map<string, number[]>> {
  const starts = new Map<string, number[]>();
  for (const line of (await readFile(bed.pbx.celFile, 'utf8')).split('\n')) {
    if (!line.endsWith('}') || !line.includes('"CHAN_START"')) continue;
    const { uniqueid, eventtime } = JSON.parse(line) as { uniqueid?: string; eventtime?: string };
    if (uniqueid?.startsWith('at-') !== true) continue;
    starts.set(uniqueid, [...(starts.get(uniqueid) ?? []), Number(eventtime) * 1_000]);
  }
  return starts;
}

/** Calls the network and the agents' phones were given, by their own count. */
async function heardByNetwork(bed: Testbed): Promise<number> {
  return Number(/(\d+) calls? processed/.exec(await bed.pstn.rx('core show channels count'))?.[1]);
}

/** Quick ends and short talks, so that agents are free and there is something to dial at any moment. */
function base(leads: number, random: () => number): string[] {
  return Array.from({ length: leads }, (_, serial) => {
    const draw = random();
    const name = draw < 0.45 ? 'human' : draw < 0.85 ? 'busy' : 'unallocated';
    return numberFor(name, {
      ringMs: 200 + Math.floor(random() * 8) * 100,
      talkS: 1 + Math.floor(random() * 3),
      serial,
    });
  });
}

/** The bed as a daemon sees it through the proxies. */
function behind(bed: Testbed, ari: FaultProxy, ami: FaultProxy): Testbed {
  const pbx = Object.create(bed.pbx, {
    httpUrl: { value: `http://127.0.0.1:${ari.port}` },
    amiPort: { value: ami.port },
  }) as TestbedPbx;
  return { ...bed, pbx };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
