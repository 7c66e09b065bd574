import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startTestbed, type Testbed } from '../../asterisk/testbed/start.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import { call } from '../../lib/control/client.ts';
import type { Phone } from '../../lib/core/phone.ts';
import { seededRandom } from '../../lib/sim/random.ts';
import { runClosing } from '../helpers/closing.ts';
import { databaseIn, raiseDaemon } from './daemon.ts';
import { AGENTS, CAMPAIGN, fillBase, keyOf, MEETINGS, openPicker, type Meeting, type Picker } from './optout-load.ts';
import { judge, readWitness, type Judged, type SeenCall, type ToldOptOut } from './optout-witness.ts';
import { figuresOf, type Figures, type Goal } from './report.ts';
import { poll } from './variant.ts';

/*
 * npm run bench:optout: how soon an opt-out is final while the daemon dials.
 *
 * The daemon as it ships dials on a real Asterisk, about 140 calls ringing at a time. Over its control socket people opt
 * out who are about to be called (the next of the base; retries due at that moment), whose call was placed a moment ago, or
 * who are being called. The clock
 * starts at the instant in the opt-out's row, which is taken before the commit, and stops when Asterisk made the last
 * channel towards that number, by its own event log (CEL, microseconds, the same host's clock): what is measured is never
 * too short. The same log tells when ringing calls were hung up, and whether a callee was bridged.
 */
const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    'per-second': { type: 'string', default: '30' },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
  },
});
const CHANNELS = 400;
const PER_SECOND = 60;
const RETRIES_PER_SECOND = 12;
/** Until the daemon dials at its full rate. */
const WARM_UP_MS = 10_000;
const RAISED_MS = 20_000;
const PROGRESS = 1_000;
const LAST_CALLS_MS = 8_000;
const P99_MS = 20;
const MAX_MS = 100;
const RINGS_ON_MS = 1_000;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

interface OptedOut extends ToldOptOut {
  readonly meeting: Meeting;
}

await runClosing(async (closers) => {
  const [count, perSecond] = [positive('count'), positive('per-second')];
  const seconds = count / perSecond + (WARM_UP_MS + RAISED_MS) / 1_000;
  const dir = mkdtempSync(join(options.dir, 'obz-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const bed = await startTestbed({ agents: AGENTS, dir: join(dir, 'bed'), say });
  closers.push(() => bed.stop());
  await recordBridges(bed);
  fillBase(databaseIn(dir), {
    leads: Math.ceil(seconds * 60),
    retries: Math.ceil(seconds * RETRIES_PER_SECOND),
    retriesPerSecond: RETRIES_PER_SECOND,
    retriesFrom: Date.now() + RAISED_MS,
  });
  const daemon = await raiseDaemon({
    dir,
    testbed: bed,
    dial: `PJSIP/{number}@${bed.trunk}`,
    agents: bed.agents.map(({ endpoint }) => endpoint),
    channels: CHANNELS,
    perSecond: PER_SECOND,
  });
  closers.push(() => daemon.stop());
  const picker = openPicker(databaseIn(dir), seededRandom(1));
  closers.push(() => picker.close());
  const { socket } = daemon;
  await daemon.login();
  await call(socket, 'campaign.start', { name: CAMPAIGN.name });
  await sleep(systemClock, WARM_UP_MS);
  const before = picker.attempts().size;
  const from = Date.now();
  const told = await optOutsAtRate(socket, picker, count, perSecond);
  const dialed = ((picker.attempts().size - before) * 1_000) / (Date.now() - from);
  // A call that should not have been placed would be placed by now.
  await sleep(systemClock, LAST_CALLS_MS);
  await call(socket, 'campaign.stop', { name: CAMPAIGN.name });
  const over = async (): Promise<boolean> =>
    (await call(socket, 'campaign.show', { name: CAMPAIGN.name })).state === 'stopped';
  await poll('the last calls are over', over, 60_000);

  const calls = await readWitness(bed.pbx.celFile, picker.attempts());
  const judged = told.map((one) => ({ ...one, ...judge(one, calls.get(one.phone) ?? []) }));
  const result = resultOf(judged, [...calls.values()].flat(), dialed);
  const goals = goalsOf(result);
  if (options.json) console.log(JSON.stringify({ ...result, goals }, null, 2));
  else print(bed, result, goals);
  return goals.every(({ met }) => met) ? 0 : 1;
});

/** The shipped event log leaves bridges out; here they are the point. */
async function recordBridges(bed: Testbed): Promise<void> {
  const file = join(bed.pbx.dir, 'etc/cel_obzvon.conf');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^events *=.*$/m, '$&,BRIDGE_ENTER'));
  await bed.pbx.rx('module reload cel');
  const status = await bed.pbx.rx('cel show status');
  if (!/BRIDGE_ENTER/.test(status)) throw new Error(`the bed does not record bridges: ${status}`);
}

/** One after the other, at random moments; whoever of the wanted kind is not there is looked for in the next. */
async function optOutsAtRate(socket: string, picker: Picker, count: number, perSecond: number): Promise<OptedOut[]> {
  const told: OptedOut[] = [];
  const random = seededRandom(2);
  let due = systemClock.monotonic();
  let nobody = 0;
  while (told.length < count) {
    due += (random() * 2_000) / perSecond;
    await sleep(systemClock, Math.max(0, due - systemClock.monotonic()));
    const wanted = MEETINGS[told.length % MEETINGS.length] as Meeting;
    const found = findOne(picker, [wanted, ...MEETINGS]);
    if (found === null) {
      nobody += 1;
      if (nobody > count) throw new Error('the daemon dials nobody: there is nothing to measure');
      continue;
    }
    const { optOut } = await call(socket, 'optout.add', { phone: found.phone, source: 'bench' });
    told.push({
      meeting: found.meeting,
      phone: keyOf(found.phone),
      at: optOut.at,
      answeredAt: performance.timeOrigin + performance.now(),
    });
    if (told.length % PROGRESS === 0) say(`${told.length} of ${count} opt-outs`);
  }
  return told;
}

function findOne(picker: Picker, meetings: readonly Meeting[]): { meeting: Meeting; phone: Phone } | null {
  for (const meeting of meetings) {
    const phone = picker.pick(meeting);
    if (phone !== null) return { meeting, phone };
  }
  return null;
}

interface Result {
  readonly dialedPerSecond: number;
  readonly optOuts: Readonly<Record<Meeting, number>>;
  /** To whom the gate allowed a call after the commit. */
  readonly allowedAfter: number;
  /** Of any call: from the gate's ALLOW until Asterisk had made its channel, opt-out or not. */
  readonly takenMs: Figures;
  /** To whom an originate was on its way at the commit. */
  readonly originatedAfter: number;
  readonly answerMs: Figures;
  readonly lastOriginateMs: Figures;
  /** The same, counted from the answer to the opt-out: never too long. */
  readonly sinceAnswerMs: Figures;
  readonly ringing: number;
  readonly rangOnMs: Figures;
  readonly bridgedAfter: number;
  readonly bridgedMeanwhile: number;
}

function resultOf(judged: readonly (OptedOut & Judged)[], calls: readonly SeenCall[], dialedPerSecond: number): Result {
  const rangOnMs = judged.flatMap(({ rangOnMs }) => (rangOnMs === null ? [] : [rangOnMs]));
  return {
    dialedPerSecond,
    optOuts: Object.fromEntries(
      MEETINGS.map((meeting) => [meeting, judged.filter((one) => one.meeting === meeting).length]),
    ) as Result['optOuts'],
    allowedAfter: judged.filter(({ allowedAfter }) => allowedAfter).length,
    takenMs: figuresOf(calls.map(({ plannedAt, startedAt }) => startedAt - plannedAt)),
    originatedAfter: judged.filter(({ lastOriginateMs }) => lastOriginateMs > 0).length,
    answerMs: figuresOf(judged.map(({ at, answeredAt }) => answeredAt - at)),
    lastOriginateMs: figuresOf(judged.map(({ lastOriginateMs }) => lastOriginateMs)),
    sinceAnswerMs: figuresOf(
      judged.map(({ lastOriginateMs, at, answeredAt }) => Math.max(0, lastOriginateMs - (answeredAt - at))),
    ),
    ringing: rangOnMs.length,
    rangOnMs: figuresOf(rangOnMs),
    bridgedAfter: judged.filter(({ bridgedAfter }) => bridgedAfter).length,
    bridgedMeanwhile: judged.filter(({ bridgedMeanwhile }) => bridgedMeanwhile).length,
  };
}

function goalsOf({ lastOriginateMs, allowedAfter, rangOnMs, bridgedAfter }: Result): Goal[] {
  const goal = (text: string, limit: number, found: number): Goal => ({ text, limit, found, met: found <= limit });
  return [
    goal('commit → last originate p99, ms', P99_MS, lastOriginateMs.p99),
    goal('commit → last originate max, ms', MAX_MS, lastOriginateMs.max),
    goal('calls the gate allowed after the commit', 0, allowedAfter),
    goal('commit → ringing call hung up max, ms', RINGS_ON_MS, rangOnMs.max),
    goal('callees bridged after the answer to their opt-out', 0, bridgedAfter),
  ];
}

function print(bed: Testbed, result: Result, goals: readonly Goal[]): void {
  const total = Object.values(result.optOuts).reduce((sum, n) => sum + n, 0);
  console.log(
    `${total} opt-outs while ${result.dialedPerSecond.toFixed(1)} calls a second were placed; ${bed.version}`,
  );
  console.log(
    Object.entries(result.optOuts)
      .map(([meeting, n]) => `${meeting} ${n}`)
      .join(', '),
  );
  console.log(`${'\nms'.padEnd(35)}${['p50', 'p90', 'p99', 'max'].map((rank) => rank.padStart(9)).join('')}`);
  const line = (name: string, figures: Figures): void =>
    console.log(
      name.padEnd(34) +
        [figures.p50, figures.p90, figures.p99, figures.max].map((ms) => ms.toFixed(2).padStart(9)).join(''),
    );
  line('ALLOW → channel, any call', result.takenMs);
  line('opt-out → answered', result.answerMs);
  line('commit → last originate', result.lastOriginateMs);
  line('answer → last originate', result.sinceAnswerMs);
  line(`commit → hung up, ${result.ringing} ringing`, result.rangOnMs);
  console.log(
    `\n${result.originatedAfter} had an originate on its way at the commit; ` +
      `${result.bridgedMeanwhile} were bridged between the commit's instant and the answer\n`,
  );
  for (const { text, limit, found, met } of goals) {
    console.log(`${met ? 'met   ' : 'MISSED'}  ${text}: ${found.toFixed(2)} against ${limit}`);
  }
}

function positive(name: 'count' | 'per-second'): number {
  const value = Number(options[name]);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0`);
  return value;
}
