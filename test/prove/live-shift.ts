import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startTestbed, type Testbed } from '../../asterisk/testbed/start.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import type { ReplayResult } from '../../lib/cli/replay.ts';
import { call } from '../../lib/control/client.ts';
import type { CampaignReport } from '../../lib/control/commands/campaigns.ts';
import { databaseIn, fillDatabase, raiseDaemon } from '../bench/daemon.ts';
import { poll } from '../bench/variant.ts';
import type { Closers } from '../helpers/closing.ts';
import { openReader, type AgentTime, type Figures, type Rows } from './figures.ts';
import { CAMPAIGN, leadBase, TRUNK, type Plan } from './plan.ts';

/** A shift as it went on a real Asterisk. */
export interface LiveShift {
  readonly asterisk: string;
  readonly figures: Figures;
  readonly agentTime: AgentTime;
  readonly rows: Rows;
  /** Calls the telephone network was given, by its own count. */
  readonly heardByNetwork: number;
  readonly checks: CampaignReport['checks'];
  readonly replay: Pick<ReplayResult, 'decisions' | 'different' | 'events' | 'placed'>;
  /** Shares of one core in the window. */
  readonly cpu: { readonly daemon: number; readonly pbx: number };
  /** Bytes of the recording. */
  readonly recorded: number;
}

const PROGRESS_MS = 10_000;
/** Who answers in the last moment of the window may still wait. */
const LAST_WAIT_MS = CAMPAIGN.answerLimitMs + 500;
/** The longest talk, the ring before it and the wrap-up. */
const DRAIN_MS = 90_000;
const CLI = fileURLToPath(new URL('../../bin/obzvon.mjs', import.meta.url));

/** Runs the plan with the daemon as it ships on a test bed of its own; ends with the bed and the daemon gone. */
export async function runLiveShift(
  plan: Plan,
  parts: { readonly dir: string; readonly closers: Closers; readonly say: (line: string) => void },
): Promise<LiveShift> {
  const { agents } = plan;
  const { dir, closers, say } = parts;
  const bed = await startTestbed({ agents, dir: join(dir, 'bed'), say });
  closers.push(() => bed.stop());
  fillDatabase(databaseIn(dir), [{ spec: CAMPAIGN, numbers: leadBase(plan) }]);
  const daemon = await raiseDaemon({
    dir,
    testbed: bed,
    dial: `PJSIP/{number}@${bed.trunk}`,
    agents: bed.agents.map(({ endpoint }) => endpoint),
    ...TRUNK,
  });
  closers.push(() => daemon.stop());
  const reader = openReader(databaseIn(dir));
  closers.push(() => reader.close());
  const { socket } = daemon;
  await daemon.login();

  const limitMs = CAMPAIGN.answerLimitMs;
  await call(socket, 'campaign.start', { name: CAMPAIGN.name });
  const from = Date.now();
  const to = from + plan.minutes * 60_000;
  const spent = [daemon.pid, bed.pbx.pid].map(cpuMs);
  for (let next = from + PROGRESS_MS; next <= to; next += PROGRESS_MS) {
    await sleep(systemClock, Math.max(0, next - Date.now()));
    say(progress(reader.figures({ from, to: next }, agents, limitMs), next - from));
  }
  await sleep(systemClock, Math.max(0, to - Date.now()));
  const [ofDaemon = 0, ofPbx = 0] = [daemon.pid, bed.pbx.pid].map(
    (pid, i) => (cpuMs(pid) - (spent[i] ?? 0)) / (to - from),
  );
  await sleep(systemClock, LAST_WAIT_MS);

  await call(socket, 'campaign.stop', { name: CAMPAIGN.name });
  const over = async (): Promise<boolean> =>
    (await call(socket, 'campaign.show', { name: CAMPAIGN.name })).state === 'stopped';
  await poll('the last calls are over', over, DRAIN_MS);
  const { sessions } = await call(socket, 'pacing.sessions', { name: CAMPAIGN.name });
  if (sessions.length !== 1) throw new Error(`pacing was recorded in ${sessions.length} sessions, not in one`);
  const shift: LiveShift = {
    asterisk: bed.version,
    figures: reader.figures({ from, to }, agents, limitMs),
    agentTime: reader.agentTime({ from, to }, agents),
    rows: reader.rows(),
    heardByNetwork: (await heardByNetwork(bed)) - agents,
    checks: (await call(socket, 'report.campaign', { name: CAMPAIGN.name })).checks,
    replay: await replay(socket),
    cpu: { daemon: ofDaemon, pbx: ofPbx },
    recorded: sessions.reduce((total, { bytes }) => total + bytes, 0),
  };
  return shift;
}

function progress({ talk, answers, abandoned, placed }: Figures, elapsedMs: number): string {
  const s = Math.round(elapsedMs / 1_000);
  const clock = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
  return `${clock}  talk ${(100 * talk).toFixed(1)} %, ${abandoned} of ${answers} answers abandoned, ${placed} calls`;
}

/** The real command in a process of its own; it exits 1 when a decision differs, and says so in its JSON. */
async function replay(socket: string): Promise<ReplayResult> {
  const args = [CLI, '--socket', socket, '--json', 'replay', '--campaign', CAMPAIGN.name];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch(
    (error: { stdout?: string; stderr?: string }) => {
      if (error.stdout === undefined || error.stdout === '') throw new Error(`obzvon replay failed: ${error.stderr}`);
      return { stdout: error.stdout };
    },
  );
  return JSON.parse(stdout) as ReplayResult;
}

async function heardByNetwork(bed: Testbed): Promise<number> {
  return Number(/(\d+) calls? processed/.exec(await bed.pstn.rx('core show channels count'))?.[1]);
}

/** What a process has used so far: user and system time, in the kernel's hundredths of a second. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
