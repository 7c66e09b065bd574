import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '../../../lib/clock.ts';
import { call } from '../../../lib/control/client.ts';
import { createStore } from '../../../lib/store/store.ts';
import type { Lag } from '../../bench/lag-probe.ts';
import { poll } from '../../bench/variant.ts';
import type { Closers } from '../../helpers/closing.ts';
import { allDayPack, simulatedConfig } from '../../helpers/daemon.ts';
import { addLead, phoneOf, registerCaller, specWith } from '../../helpers/rig.ts';
import { slopeOf, type Slope } from './slope.ts';

export interface SoakResult {
  readonly slope: Slope;
  readonly rssMb: { readonly first: number; readonly last: number };
  readonly files: { readonly first: number; readonly last: number; readonly most: number };
  readonly walMostMb: number;
  readonly lag: Omit<Lag, 'rssMb'>;
  /** Of the process that measures, which has nothing else to do: what the machine itself adds. */
  readonly ownLag: Omit<Lag, 'rssMb'>;
  /** In the whole time. */
  readonly calls: number;
}

export const PER_SECOND = 20;
const AGENTS = 200;
/** With half of the calls answered and short talks, 200 agents are about busy at the full rate. */
const WRAP_UP_S = 4;
const SAMPLE_MS = 250;
const MOST_SAMPLES = 3_600;
const WARM_UP_SHARE = 0.2;
const LEADS_AT_ONCE = 5_000;
const MB = 1_048_576;
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Lets the daemon as it ships call on its simulated PBX for so long, and measures it from outside. */
export async function runSoak({
  dir,
  closers,
  minutes,
  say,
}: {
  readonly dir: string;
  readonly closers: Closers;
  readonly minutes: number;
  readonly say: (line: string) => void;
}): Promise<SoakResult> {
  const path = join(dir, 'obzvon.db');
  fillBase(path, Math.ceil(minutes * 60 * PER_SECOND * 1.3) + 2_000);
  writeFileSync(join(dir, 'config.yaml'), config());
  writeFileSync(join(dir, 'policy.json'), pack());
  const args = ['--import', join(ROOT, 'test/bench/lag-probe.ts'), join(ROOT, 'bin/obzvond.mjs')];
  const child = spawn(process.execPath, [...args, '--config', join(dir, 'config.yaml')], {
    cwd: dir,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  closers.push(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  const socket = join(dir, 'control.sock');
  await poll('the daemon may dial', () =>
    call(socket, 'status', {}).then(
      ({ dialing }) => dialing.ok,
      () => false,
    ),
  );
  for (let n = 1; n <= AGENTS; n += 1) await call(socket, 'agent.login', { id: `a${n}`, ready: true });
  await call(socket, 'campaign.start', { name: 'test' });

  const pid = child.pid ?? 0;
  const totalMs = minutes * 60_000;
  const everyMs = Math.max(SAMPLE_MS, totalMs / MOST_SAMPLES);
  const startedAt = systemClock.monotonic();
  const own = monitorEventLoopDelay({ resolution: 1 });
  own.enable();
  const samples: { atMs: number; value: number; files: number }[] = [];
  let walMostMb = 0;
  let warm = false;
  for (let atMs = 0; atMs < totalMs; atMs = systemClock.monotonic() - startedAt) {
    if (!warm && atMs >= WARM_UP_SHARE * totalMs) {
      warm = true;
      child.send('reset');
      own.reset();
    }
    walMostMb = Math.max(walMostMb, sizeOf(`${path}-wal`) / MB);
    if (warm) samples.push({ atMs, value: rssMb(pid), files: readdirSync(`/proc/${pid}/fd`).length });
    if (Math.floor(atMs / 60_000) !== Math.floor((atMs - everyMs) / 60_000))
      say(`${Math.round(atMs / 1_000)} s: ${rssMb(pid)} MB`);
    await sleep(systemClock, everyMs);
  }
  const told = once(child, 'message');
  child.send('read');
  const [lag] = (await told) as [Lag];
  const { calls, state, reason } = await call(socket, 'campaign.show', { name: 'test' });
  if (state !== 'running') say(`the campaign is ${state}: ${reason ?? 'no reason'}`);
  const files = samples.map((sample) => sample.files);
  return {
    slope: slopeOf(samples),
    rssMb: { first: samples[0]?.value ?? 0, last: samples.at(-1)?.value ?? 0 },
    files: { first: files[0] ?? 0, last: files.at(-1) ?? 0, most: Math.max(...files) },
    walMostMb,
    lag,
    ownLag: { p50Ms: ms(own.percentile(50)), p99Ms: ms(own.percentile(99)), maxMs: ms(own.max) },
    calls: calls.attempts,
  };
}

function config(): string {
  return simulatedConfig({ agents: AGENTS })
    .replace(
      'dial: "PJSIP/{number}@pstn"',
      `dial: "PJSIP/{number}@pstn", channels: 1000, answerCheck: false, originatesPerSecond: ${PER_SECOND}`,
    )
    .concat('log: { level: warn }\n');
}

/** The all-day pack; who is abandoned in a soak is nobody. */
function pack(): string {
  const policy = JSON.parse(allDayPack()) as { abandon: object };
  return JSON.stringify({ ...policy, abandon: { ...policy.abandon, max: 0.99, target: 0.5 } });
}

/** More leads than can be called in the time. */
function fillBase(path: string, leads: number): void {
  const store = createStore(path);
  const now = systemClock.now();
  const spec = specWith({ policy: 'all-day', wrapUpS: WRAP_UP_S, ringTimeoutS: 10, ends: 'base' });
  store.commit(() => {
    registerCaller(store, now);
    store.campaigns.insert(spec.name, JSON.stringify(spec), now);
  });
  const campaign = store.campaigns.byName(spec.name)?.id ?? 0;
  for (let from = 0; from < leads; from += LEADS_AT_ONCE) {
    store.commit(() => {
      const to = Math.min(leads, from + LEADS_AT_ONCE);
      for (let i = from; i < to; i += 1) addLead(store, campaign, phoneOf(`+${79_100_000_000 + i}`), now);
    });
  }
  store.close();
}

function rssMb(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 102.4) / 10;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function ms(ns: number): number {
  return Math.round(ns / 10_000) / 100;
}
