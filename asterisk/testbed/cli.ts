import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sleep, systemClock } from '../../lib/clock.ts';
import { messageOf, ObzvonError } from '../../lib/errors.ts';
import { BEHAVIOURS, numberFor, type BehaviourName } from './behaviours.ts';
import { isAlive, locateAsterisk } from './locate.ts';
import { startTestbed, type Testbed } from './start.ts';

const HELP = `Usage: npm run testbed -- <command>

  start [--agents N] [--seed N]   start the test bed and leave it running
  status                          what runs, with addresses, secrets and sample numbers
  stop                            end it and remove its folder
  fetch                           only find or download Asterisk
`;

/** What `start` leaves for `status` and `stop`. */
interface State {
  readonly pid: number;
  readonly bed: Pick<Testbed, 'dir' | 'version' | 'seed' | 'trunk' | 'agents'> & {
    readonly pbx: Pick<
      Testbed['pbx'],
      'httpUrl' | 'ariUser' | 'ariSecret' | 'amiHost' | 'amiPort' | 'amiUser' | 'amiSecret' | 'celFile' | 'dir'
    >;
  };
}

/** One test bed a user: its folder, whose short path also keeps the control sockets' paths short. */
const HOME = join(tmpdir(), `obzvon-testbed-${userInfo().uid}`);
const STATE = join(HOME, 'state.json');
const LOG = join(HOME, 'supervisor.log');
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 10_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    agents: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h' },
  },
});

try {
  await main(positionals[0] ?? '');
} catch (error) {
  const known = error instanceof ObzvonError;
  console.error(known ? `${error.message}\n  ${error.hint}` : error);
  process.exitCode = known ? error.exit : 1;
}

async function main(command: string): Promise<void> {
  if (values.help === true) return console.log(HELP);
  switch (command) {
    case 'start':
      return print(await start(whole('agents'), whole('seed')));
    case 'status': {
      const state = await running();
      if (state === null) throw new ObzvonError('NOT_FOUND', 'no test bed runs', { hint: 'npm run testbed -- start' });
      return print(state);
    }
    case 'stop':
      return console.log((await stop()) ? 'stopped' : 'no test bed ran');
    case 'fetch': {
      const { version, source, command: argv } = await locateAsterisk();
      return console.log(`Asterisk ${version} (${source}): ${argv.at(-1)}`);
    }
    case 'supervise':
      return supervise(whole('agents'), whole('seed'));
    default:
      throw new ObzvonError('USAGE', HELP, { hint: `there is no command "${command}"` });
  }
}

function whole(name: 'agents' | 'seed'): number {
  const text = values[name];
  if (!/^\d{1,4}$/.test(text)) throw new ObzvonError('USAGE', `--${name} wants a number up to 9999, not "${text}"`);
  return Number(text);
}

async function start(agents: number, seed: number): Promise<State> {
  const already = await running();
  if (already !== null) return already;
  await rm(HOME, { recursive: true, force: true });
  await mkdir(HOME, { mode: 0o700 });
  const out = openSync(LOG, 'a', 0o600);
  const args = [fileURLToPath(import.meta.url), 'supervise', '--agents', String(agents), '--seed', String(seed)];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', out, out] });
  closeSync(out);
  const deadline = systemClock.monotonic() + START_TIMEOUT_MS;
  for (;;) {
    const state = await running();
    if (state !== null) {
      child.unref();
      return state;
    }
    if (child.exitCode !== null || child.signalCode !== null || systemClock.monotonic() > deadline) {
      child.kill('SIGTERM');
      const said = await readFile(LOG, 'utf8').catch((error: unknown) => messageOf(error));
      throw new ObzvonError('TESTBED_FAILED', said.trim() || 'the test bed ended without a word', { hint: LOG });
    }
    await sleep(systemClock, 50);
  }
}

/** The background process: owns both PBXs and ends with them. */
async function supervise(agents: number, seed: number): Promise<void> {
  const bed = await startTestbed({ dir: join(HOME, 'bed'), agents, seed });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  // a promise alone does not keep a process alive
  const alive = setInterval(() => undefined, 60_000);
  const { httpUrl, ariUser, ariSecret, amiHost, amiPort, amiUser, amiSecret, celFile, dir } = bed.pbx;
  const state: State = {
    pid: process.pid,
    bed: {
      dir: bed.dir,
      version: bed.version,
      seed,
      trunk: bed.trunk,
      agents: bed.agents,
      pbx: { httpUrl, ariUser, ariSecret, amiHost, amiPort, amiUser, amiSecret, celFile, dir },
    },
  };
  await writeFile(STATE, JSON.stringify(state), { mode: 0o600 });
  await ended;
  clearInterval(alive);
  await rm(STATE, { force: true });
  await bed.stop();
}

async function stop(): Promise<boolean> {
  const state = await running();
  if (state !== null) {
    process.kill(state.pid, 'SIGTERM');
    const deadline = systemClock.monotonic() + STOP_TIMEOUT_MS;
    while (isAlive(state.pid)) {
      if (systemClock.monotonic() > deadline) process.kill(state.pid, 'SIGKILL');
      await sleep(systemClock, 50);
    }
  }
  await rm(HOME, { recursive: true, force: true });
  return state !== null;
}

/** The state of a bed whose supervisor lives; a pid that now belongs to another program does not count. */
async function running(): Promise<State | null> {
  try {
    const state = JSON.parse(await readFile(STATE, 'utf8')) as State;
    const line = await readFile(`/proc/${state.pid}/cmdline`, 'utf8');
    return line.includes('\0supervise\0') ? state : null;
  } catch {
    return null;
  }
}

function print({ pid, bed }: State): void {
  const { pbx } = bed;
  const samples = (Object.keys(BEHAVIOURS) as BehaviourName[]).map((name) => {
    const rings = /human|machine|mix/.test(name);
    return `  ${numberFor(name, { ringMs: rings ? 1000 : 0, talkS: 10 })}  ${name}`;
  });
  console.log(`Asterisk ${bed.version}, process ${pid}, everything in ${bed.dir}

ARI      ${pbx.httpUrl}/ari  user ${pbx.ariUser}  secret ${pbx.ariSecret}
AMI      ${pbx.amiHost}:${pbx.amiPort}  user ${pbx.amiUser}  secret ${pbx.amiSecret}
CEL      ${pbx.celFile}
trunk    PJSIP/<number>@${bed.trunk}
agents   PJSIP/${bed.agents[0]?.id} to ${bed.agents.at(-1)?.id}

numbers  +79 BB RR TT NNN: behaviour, ring in tenths of a second, talk in seconds, serial; mix by seed ${bed.seed}
${samples.join('\n')}`);
}
