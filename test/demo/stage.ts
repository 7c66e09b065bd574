import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestbed, type Testbed } from '../../asterisk/testbed/start.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import { call } from '../../lib/control/client.ts';
import { messageOf, ObzvonError } from '../../lib/errors.ts';

/*
 * The demo's background process: owns the test bed and the daemon and ends both, on the word `stop`, on a signal, or
 * when the demo dies. With `keep` it lives on alone until `npm run demo -- --stop`.
 */

export interface StageReady {
  readonly type: 'ready';
  readonly pid: number;
  readonly daemonPid: number;
  /** Null: the simulated PBX, with the reason. */
  readonly asterisk: { readonly version: string; readonly celFile: string; readonly dir: string } | null;
  readonly why: string | null;
}
export type StageSays =
  | StageReady
  | { readonly type: 'say'; readonly line: string }
  | { readonly type: 'failed'; readonly reason: string };

const [dir = '', agentsText = '5', kind = 'asterisk'] = process.argv.slice(2);
const DAEMON = fileURLToPath(new URL('../../bin/obzvond.mjs', import.meta.url));

const tell = (message: StageSays): void => void (process.connected && process.send?.(message));

let bed: Testbed | null = null;
let daemon: ChildProcess | null = null;
let keep = false;
let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  if (daemon !== null && daemon.exitCode === null) {
    const gone = new Promise((resolve) => void daemon?.once('exit', resolve));
    daemon.kill('SIGTERM');
    const drained = await Promise.race([gone.then(() => true), sleep(systemClock, 5_000).then(() => false)]);
    if (!drained) daemon.kill('SIGTERM');
    const left = await Promise.race([gone.then(() => true), sleep(systemClock, 5_000).then(() => false)]);
    if (!left) daemon.kill('SIGKILL');
  }
  await bed?.stop();
  await rm(dir, { recursive: true, force: true });
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop());
process.on('disconnect', () => void (keep || stop()));
process.on('message', (word) => {
  if (word === 'stop') void stop();
  if (word === 'keep') keep = true;
});

try {
  tell(await start(Number(agentsText)));
} catch (error) {
  const known = error instanceof ObzvonError;
  tell({ type: 'failed', reason: known ? `${error.message}\n${error.hint}` : String(error) });
  await stop();
}

async function start(agents: number): Promise<StageReady> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  let why: string | null = null;
  if (kind === 'asterisk') {
    try {
      bed = await startTestbed({ dir: join(dir, 'bed'), agents, say: (line) => tell({ type: 'say', line }) });
    } catch (error) {
      if (!(error instanceof ObzvonError)) throw error;
      why = `no Asterisk can be had here: ${error.message}`;
    }
  } else why = 'asked for';
  await writeFile(join(dir, 'config.yaml'), await config(bed, agents));
  daemon = raiseDaemon();
  await dialing(join(dir, 'control.sock'));
  return {
    type: 'ready',
    pid: process.pid,
    daemonPid: daemon.pid ?? 0,
    asterisk: bed === null ? null : { version: bed.version, celFile: bed.pbx.celFile, dir: bed.pbx.dir },
    why,
  };
}

/** Kept running, the daemon is started again whenever it dies, as systemd would: try kill -9. */
function raiseDaemon(): ChildProcess {
  const log = openSync(join(dir, 'obzvond.log'), 'a', 0o600);
  const child = spawn(process.execPath, [DAEMON, '--config', join(dir, 'config.yaml')], {
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.once('exit', (code) => {
    if (stopping) return;
    if (!keep) return void died(code);
    systemClock.after(1_000, () => {
      if (!stopping) daemon = raiseDaemon();
    });
  });
  return child;
}

async function died(code: number | null): Promise<void> {
  const log = await readFile(join(dir, 'obzvond.log'), 'utf8').catch(messageOf);
  tell({ type: 'failed', reason: `obzvond ended with ${code}:\n${log.split('\n').slice(-15).join('\n')}` });
  await stop();
}

/** Waits until the daemon has reconciled and may dial. */
async function dialing(socket: string): Promise<void> {
  const end = systemClock.monotonic() + 20_000;
  for (;;) {
    const status = await call(socket, 'status', {}).catch(() => null);
    if (status?.dialing.ok === true) return;
    if (systemClock.monotonic() > end) throw new Error(`obzvond is not ready: ${JSON.stringify(status?.dialing)}`);
    await sleep(systemClock, 50);
  }
}

async function config(testbed: Testbed | null, agents: number): Promise<string> {
  const people = ['anna', 'boris', 'vera', 'grigory', 'darya', 'egor', 'zhanna', 'zakhar'];
  const crew = Array.from({ length: agents }, (_, i) => {
    const id = people[i] ?? `agent-${i + 1}`;
    return `  ${id}: { name: ${id[0]?.toUpperCase()}${id.slice(1)}, endpoint: PJSIP/agent${i + 1} }`;
  });
  const common = `database: obzvon.db
socket: control.sock
policies: [policy.json]
agents:
${crew.join('\n')}
trunks:
  pstn: { endpoint: PJSIP/pstn, dial: "PJSIP/{number}@pstn", channels: 30, originatesPerSecond: 20 }
`;
  if (testbed === null) return `${common}pbx: { kind: simulated }\n`;
  const { pbx } = testbed;
  await writeFile(join(dir, 'ari.secret'), pbx.ariSecret, { mode: 0o600 });
  await writeFile(join(dir, 'ami.secret'), pbx.amiSecret, { mode: 0o600 });
  return `${common}pbx:
  kind: asterisk
  ari: { url: ${pbx.httpUrl}, user: ${pbx.ariUser}, secretFile: ari.secret }
  ami: { host: ${pbx.amiHost}, port: ${pbx.amiPort}, user: ${pbx.amiUser}, secretFile: ami.secret }
  cel: ${pbx.celFile}
`;
}
