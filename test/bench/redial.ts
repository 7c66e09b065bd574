import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { call } from '../../lib/control/client.ts';
import type { RedialPlan } from '../../lib/control/commands/redials.ts';
import type { GateCampaign } from '../../lib/store/facts.ts';
import { createStore } from '../../lib/store/store.ts';
import { runClosing } from '../helpers/closing.ts';
import { allDayPack, simulatedConfig } from '../helpers/daemon.ts';
import { ruDefault } from '../helpers/policy.ts';
import { request } from '../helpers/rooms.ts';
import { bytesNeeded, CAMPAIGN, type BaseSize } from './gate-base.ts';
import { buildRedialBase, REDIAL_SIZE } from './redial-base.ts';
import type { Lag } from './lag-probe.ts';
import type { Goal } from './report.ts';
import { poll } from './variant.ts';

/*
 * npm run bench:redial: what a plan of the night costs on a base of 1 M leads with consents, the range register, 2 M past
 * attempts up to an hour ago and 100,000 opt-outs.
 *
 * The daemon and the command are those that ship, each a process of its own; the time is the command's from its start to
 * its end, forecast and all. The memory is what the daemon's peak during it stands above what it held before. Its event
 * loop's lag is that of the whole time, and of as long a time at rest. Then the gate is asked about 20,000 of the leads one
 * by one, as a plan did that had no other way.
 *
 * The processor time is that of both processes: on a busy machine it says more than the clock.
 *
 * --scale 0.01 builds a hundredth of the rows; --two-numbers gives each lead a second one; --keep leaves the base where it
 * is, --base takes one that was left.
 */
const { values: options } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    runs: { type: 'string', default: '5' },
    dir: { type: 'string', default: tmpdir() },
    base: { type: 'string' },
    keep: { type: 'boolean', default: false },
    'two-numbers': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ALONE = 20_000;
const MOST_S = 3;
const MOST_MB = 300;
const MOST_LAG_MS = 20;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

interface Run {
  readonly seconds: number;
  /** Of the daemon with its threads, and of the command. */
  readonly cpu: { readonly daemonS: number; readonly commandS: number };
  readonly extraMb: number;
  readonly lag: Lag;
}

await runClosing(async (closers) => {
  const scale = Number(options.scale);
  const size = Object.fromEntries(
    Object.entries(REDIAL_SIZE).map(([name, n]) => [
      name,
      name === 'lastAttemptDays' ? n : Math.max(1_000, Math.round(n * scale)),
    ]),
  ) as unknown as BaseSize;
  const dir = options.base ?? mkdtempSync(join(options.dir, 'obz-'));
  if (options.base === undefined) {
    if (!options.keep) closers.push(() => rmSync(dir, { recursive: true, force: true }));
    const { bavail, bsize } = statfsSync(options.dir);
    if (bavail * bsize < bytesNeeded(size))
      throw new Error(`not enough disk in ${options.dir}: name another folder with --dir`);
    buildRedialBase(join(dir, 'obzvon.db'), size, options['two-numbers'], say);
    if (options.keep) say(`the base stays in ${dir}`);
  }
  const daemon = await raise(dir);
  closers.push(daemon.stop);
  const atRest = await daemon.lagOf(() => new Promise((resolve) => setTimeout(resolve, 3_000)));
  const plans = await each(daemon, ['redial', 'plan', CAMPAIGN, '--for', tomorrow()]);
  const asked = await each(daemon, ['campaign', 'plan', CAMPAIGN]);
  await daemon.stop();
  const alone = askAlone(join(dir, 'obzvon.db'));
  const plan = JSON.parse(plans.out) as RedialPlan;
  const worst = (of: (run: Run) => number): number => Math.max(...plans.runs.map(of));
  const goals: Goal[] = [
    goal(
      `redial plan takes ${MOST_S} s at most`,
      MOST_S,
      worst(({ seconds }) => seconds),
    ),
    goal(
      `the daemon needs ${MOST_MB} MB more at most`,
      MOST_MB,
      worst(({ extraMb }) => extraMb),
    ),
    goal(
      `p99 of its event loop's lag is ${MOST_LAG_MS} ms at most`,
      MOST_LAG_MS,
      worst(({ lag }) => lag.p99Ms),
    ),
  ];
  const aloneS = (alone.usEach * size.leads) / 1e6;
  const found = { size, plans: plans.runs, campaignPlan: asked.runs, atRest, aloneUs: alone.usEach, aloneS, goals };
  if (options.json) console.log(JSON.stringify(found, null, 2));
  else {
    console.log(`redial plan of ${plan.leads} leads: ${plan.called} called at once, ${plan.waiting} later`);
    print('redial plan', plans.runs);
    print('campaign plan', asked.runs);
    console.log(`event loop at rest: p99 ${atRest.p99Ms} ms, max ${atRest.maxMs} ms`);
    console.log(`asked one by one: ${alone.usEach.toFixed(0)} µs a lead, ${aloneS.toFixed(0)} s for ${size.leads}`);
    for (const { text, limit, found: value, met } of goals) {
      console.log(`${met ? 'met   ' : 'MISSED'}  ${text}: ${value.toFixed(2)} against ${limit}`);
    }
  }
  return goals.every(({ met }) => met) ? 0 : 1;
});

function print(what: string, runs: readonly Run[]): void {
  for (const { seconds, cpu, extraMb, lag } of runs) {
    console.log(
      `${what}: ${seconds.toFixed(2)} s (processor ${cpu.daemonS.toFixed(2)} s + ${cpu.commandS.toFixed(2)} s), ${extraMb.toFixed(0)} MB more; event loop p50 ${lag.p50Ms} ms, p99 ${lag.p99Ms} ms, max ${lag.maxMs} ms`,
    );
  }
}

function goal(text: string, limit: number, found: number): Goal {
  return { text, limit, found, met: found <= limit };
}

function tomorrow(): string {
  return new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
}

interface Raised {
  readonly pid: number;
  readonly socket: string;
  lagOf(work: () => Promise<unknown>): Promise<Lag>;
  readonly stop: () => Promise<void>;
}

async function raise(dir: string): Promise<Raised> {
  const config = join(dir, 'config.yaml');
  writeFileSync(config, simulatedConfig());
  writeFileSync(join(dir, 'policy.json'), allDayPack());
  const probe = join(ROOT, 'test/bench/lag-probe.ts');
  const child = spawn(process.execPath, ['--import', probe, join(ROOT, 'bin/obzvond.mjs'), '--config', config], {
    cwd: dir,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  const socket = join(dir, 'control.sock');
  await poll('the daemon answers', () =>
    call(socket, 'status', {}).then(
      () => true,
      () => false,
    ),
  );
  return {
    pid: child.pid ?? 0,
    socket,
    async lagOf(work) {
      child.send('reset');
      await work();
      const told = once(child, 'message');
      child.send('read');
      return ((await told) as [Lag])[0];
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

async function each(daemon: Raised, args: readonly string[]): Promise<{ runs: Run[]; out: string }> {
  const runs: Run[] = [];
  let out = '';
  for (let i = 0; i < Number(options.runs); i += 1) {
    writeFileSync(`/proc/${daemon.pid}/clear_refs`, '5');
    const before = memoryMb(daemon.pid, 'VmRSS');
    let seconds = 0;
    const [daemonS, commandS] = [processorS(daemon.pid, 'own'), processorS('self', 'children')];
    const lag = await daemon.lagOf(async () => {
      const from = performance.now();
      out = await command(daemon.socket, args);
      seconds = (performance.now() - from) / 1_000;
    });
    const cpu = {
      daemonS: processorS(daemon.pid, 'own') - daemonS,
      commandS: processorS('self', 'children') - commandS,
    };
    runs.push({ seconds, cpu, extraMb: memoryMb(daemon.pid, 'VmHWM') - before, lag });
    say(`${args.slice(0, 2).join(' ')}: ${seconds.toFixed(2)} s`);
  }
  return { runs, out };
}

async function command(socket: string, args: readonly string[]): Promise<string> {
  const entry = join(ROOT, 'bin/obzvon.mjs');
  const child = spawn(process.execPath, [entry, '--socket', socket, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`obzvon ${args.join(' ')} ended with ${code}`);
  return out;
}

/** Processor time of a process and its threads, or of the children it has waited for; Linux counts in hundredths. */
function processorS(pid: number | 'self', whose: 'own' | 'children'): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name in brackets: the 14th and 15th field are its own, the two after them its children's.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = whose === 'own' ? fields.slice(11, 13) : fields.slice(13, 15);
  return (Number(user) + Number(system)) / 100;
}

function memoryMb(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]) / 1_024;
}

function askAlone(path: string): { usEach: number } {
  const store = createStore(path);
  try {
    const id = store.campaigns.byName(CAMPAIGN)?.id ?? 0;
    const campaign: GateCampaign = { ...request(id).campaign, state: 'running' };
    const now = Date.now();
    const leads = store.leads.page(id, 0, ALONE);
    const from = performance.now();
    store.reading(() => {
      for (const lead of leads) store.gate.rehearse(campaign, lead, ruDefault, now);
    });
    return { usEach: ((performance.now() - from) * 1_000) / leads.length };
  } finally {
    store.close();
  }
}
