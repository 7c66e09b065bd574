import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Testbed } from '../../asterisk/testbed/start.ts';
import { call } from '../../lib/control/client.ts';
import type { CommandName, Commands } from '../../lib/control/commands.ts';
import type { ImportCounts, ImportKind, RejectedRow } from '../../lib/control/commands/imports.ts';
import { eventually } from './eventually.ts';
import { CALLER, ENTITY } from './rig.ts';

const ENTRY = fileURLToPath(new URL('../../bin/obzvond.mjs', import.meta.url));

export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A real `obzvond` process of its own. */
export interface DaemonProcess {
  readonly pid: number;
  /** Everything it wrote so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Its log; throws when a line of stdout is not JSON. */
  readonly lines: () => readonly LogLine[];
  /** The first log line with this message, waited for. */
  readonly logged: (msg: string) => Promise<LogLine>;
  /** How it ended, waited for. */
  readonly exited: () => Promise<Exit>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ask: <C extends CommandName>(command: C, args: Commands[C]['args']) => Promise<Commands[C]['result']>;
  /** Resolves when it has reconciled and may dial. */
  readonly dialing: () => Promise<void>;
}

/** Starts `obzvond --config <dir>/config.yaml`; it is killed, if it still lives, when the test ends. */
export function startDaemon(
  t: { teardown: (fn: () => Promise<void>) => void },
  dir: string,
  options: { readonly config?: string; readonly args?: readonly string[]; readonly zone?: string } = {},
): DaemonProcess {
  const socket = join(dir, 'control.sock');
  const args = ['--config', join(dir, options.config ?? 'config.yaml'), ...(options.args ?? [])];
  const child = spawn(process.execPath, [ENTRY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...(options.zone === undefined ? {} : { TZ: options.zone }) },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  let exit: Exit | null = null;
  child.once('close', (code, signal) => (exit = { code, signal }));
  t.teardown(async () => {
    if (exit === null) child.kill('SIGKILL');
    await daemon.exited();
  });
  const daemon: DaemonProcess = {
    pid: child.pid ?? 0,
    out: () => out,
    err: () => err,
    lines: () =>
      out
        .slice(0, out.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as LogLine),
    logged: (msg) =>
      eventually(`the daemon logs “${msg}”`, () => {
        const line = daemon.lines().find((one) => one.msg === msg);
        if (line === undefined && exit !== null) throw new Error(`obzvond ended without “${msg}”: ${out}${err}`);
        return line;
      }),
    exited: () => eventually('obzvond ends', () => exit),
    kill: (signal) => void child.kill(signal),
    ask: (command, args) => call(socket, command, args, { timeoutMs: 15_000 }),
    async dialing() {
      await eventually('the daemon may dial', async () => {
        if (exit !== null) throw new Error(`obzvond ended: ${out}${err}`);
        return (await call(socket, 'status', {}).catch(() => null))?.dialing.ok === true;
      });
    },
  };
  return daemon;
}

const PACK = 'all-day';

/** Text of a policy pack: ru-default with informational calls open around the clock, for tests by the wall clock. */
export function allDayPack(id = PACK): string {
  const file = new URL('../../lib/data/policies/ru-default.json', import.meta.url);
  const pack = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown> & { hours: Record<string, unknown> };
  const always = ['00:00', '24:00'];
  pack['id'] = id;
  pack.hours['informational'] = { work: always, off: always, holiday: always };
  return JSON.stringify(pack);
}

/** Text of a daemon's config on the simulated PBX, with agents a1…aN. */
export function simulatedConfig(options: { agents?: number; more?: string } = {}): string {
  return `${common(options.agents ?? 2)}pbx: { kind: simulated }
trunks:
  pstn: { endpoint: PJSIP/pstn, dial: "PJSIP/{number}@pstn" }
${options.more ?? ''}`;
}

/** Text of a daemon's config on the PBX of a test bed, or of anything that listens where one would; secrets in files. */
export function asteriskConfig(options: {
  url: string;
  ami?: { port: number } | null;
  cel?: string;
  agents?: number;
  trunks?: readonly string[];
  more?: string;
}): string {
  const ami = options.ami == null ? '' : `  ami: { port: ${options.ami.port}, user: obzvon, secretFile: ami.secret }\n`;
  const trunks = (options.trunks ?? ['pstn']).map(
    (name) => `  ${name}: { endpoint: PJSIP/${name}, dial: "PJSIP/{number}@${name}", originatesPerSecond: 20 }\n`,
  );
  return `${common(options.agents ?? 2)}pbx:
  kind: asterisk
  ari: { url: "${options.url}", user: obzvon, secretFile: ari.secret }
${ami}${options.cel === undefined ? '' : `  cel: ${options.cel}\n`}trunks:
${trunks.join('')}${options.more ?? ''}`;
}

function common(agents: number): string {
  const crew = Array.from({ length: agents }, (_, i) => `  a${i + 1}: { endpoint: PJSIP/agent${i + 1} }\n`);
  return `database: obzvon.db
socket: control.sock
policies: [policy.json]
safety: { ballastMb: 0 }
agents:
${crew.join('')}`;
}

/** The files of a daemon on a test bed. */
export function bedFiles(
  bed: Testbed,
  options: { agents?: number; trunks?: readonly string[]; ariSecret?: string; amiSecret?: string } = {},
): Record<string, string> {
  const { pbx } = bed;
  return {
    'config.yaml': asteriskConfig({
      url: pbx.httpUrl,
      ami: { port: pbx.amiPort },
      cel: pbx.celFile,
      agents: options.agents ?? bed.agents.length,
      ...(options.trunks === undefined ? {} : { trunks: options.trunks }),
    }),
    'policy.json': allDayPack(),
    'ari.secret': options.ariSecret ?? pbx.ariSecret,
    'ami.secret': options.amiSecret ?? pbx.amiSecret,
  };
}

/** Text of a campaign file under the all-day pack; lines of `more` come last. */
export function campaignText(options: { name?: string; trunk?: string; more?: string } = {}): string {
  return `name: ${options.name ?? 'test'}
purpose: informational
entity: { inn: "${ENTITY}", name: Test }
personalData: { basis: contract }
line: "${CALLER}"
trunk: ${options.trunk ?? 'pstn'}
policy: ${PACK}
ringTimeoutS: 5
wrapUpS: 0
ends: pass
${options.more ?? ''}`;
}

type Ask = DaemonProcess['ask'];

/** Records the МАВ registration of the tests' caller number. */
export async function addLine(ask: Ask): Promise<void> {
  await ask('line.add', {
    phone: CALLER,
    operator: '*',
    entity: ENTITY,
    purposes: ['informational'],
    label: 'Test',
    category: 'Услуги связи',
    validFrom: Date.parse('2026-01-01T00:00:00Z'),
    status: 'active',
  });
}

/** Imports rows as the CLI would: begin, one batch, end. */
export async function importRows(
  ask: Ask,
  kind: ImportKind,
  rows: readonly Readonly<Record<string, string>>[],
  options: { campaign?: string; list?: string } = {},
): Promise<{ readonly counts: ImportCounts; readonly rejected: readonly RejectedRow[] }> {
  const { import: id } = await ask('import.begin', {
    kind,
    list: options.list ?? 'test.csv',
    ...(kind === 'lead' ? { campaign: options.campaign ?? 'test' } : {}),
  });
  const numbered = rows.map((values, i) => ({ row: i + 2, values, vars: {} }));
  const { rejected } = await ask('import.rows', { import: id, rows: numbered });
  return { counts: await ask('import.end', { import: id }), rejected };
}

/** A row of a consent base that lets the tests' campaign call this phone. */
export function consentRow(phone: string): Record<string, string> {
  return {
    phone,
    kinds: 'CALL PD',
    purposes: 'informational',
    entities: ENTITY,
    given_at: '2026-10-01',
    verified_by: 'sms-code',
    evidence: 'form 7',
  };
}

/** Applies the campaign with these leads and their consents, its line registered. */
export async function prepareCampaign(ask: Ask, phones: readonly string[], text = campaignText()): Promise<void> {
  await addLine(ask);
  const { name } = await ask('campaign.apply', { text, file: 'test.yaml' });
  await importRows(ask, 'consent', phones.map(consentRow));
  await importRows(
    ask,
    'lead',
    phones.map((phone) => ({ phone, zone: 'Europe/Moscow' })),
    { campaign: name },
  );
}

/** Logs agents in, ready, and waits until they are. */
export async function loginAll(ask: Ask): Promise<void> {
  const { agents } = await ask('agent.list', {});
  for (const { id, state } of agents) if (state === 'offline') await ask('agent.login', { id, ready: true });
  await eventually('the agents are available', async () =>
    (await ask('agent.list', {})).agents.every(({ state }) => state === 'available'),
  );
}
