import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Testbed } from '../../asterisk/testbed/start.ts';
import type { CampaignSpec } from '../../lib/campaign-file.ts';
import type { AgentState } from '../../lib/core/agent.ts';
import { call } from '../../lib/control/client.ts';
import { createStore } from '../../lib/store/store.ts';
import { addLead, phoneOf, registerCaller, specWith } from '../helpers/rig.ts';
import { poll, type Variant } from './variant.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The policy pack of a raised daemon: the shipped one with no closing time. */
export const ALL_HOURS = 'all-hours';

/** A daemon on a test bed: where it lives, whom it may take, what it may place. */
export interface DaemonSetup {
  readonly dir: string;
  readonly testbed: Testbed;
  /** Dial string of the trunk, with `{number}`. */
  readonly dial: string;
  /** Endpoints of the agents' phones; the agents are a1, a2… */
  readonly agents: readonly string[];
  readonly perSecond: number;
  readonly channels: number;
}

/** The daemon as it ships, in a process of its own. */
export interface RaisedDaemon {
  readonly pid: number;
  readonly socket: string;
  /** Ids of its agents. */
  readonly agents: readonly string[];
  /** Logs all agents in, ready, and waits until they are. */
  readonly login: () => Promise<void>;
  readonly waitAgents: (state: AgentState) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The file of the database a daemon of this folder works on. */
export const databaseIn = (dir: string): string => join(dir, 'obzvon.db');

/** Starts the daemon on its database; resolves when it may dial. */
export async function raiseDaemon(setup: DaemonSetup): Promise<RaisedDaemon> {
  const { dir } = setup;
  const socket = join(dir, 'control.sock');
  writeConfig(setup, socket);
  const logFile = join(dir, 'obzvond.log');
  const out = openSync(logFile, 'w');
  const args = [join(ROOT, 'bin/obzvond.mjs'), '--config', join(dir, 'config.yaml')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', out, out] });
  closeSync(out);
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const gone = once(child, 'exit').then(() => void process.off('exit', killWithUs));

  const agents = setup.agents.map((_, i) => `a${i + 1}`);
  const waitAgents = async (state: AgentState): Promise<void> => {
    let others: string[] = [];
    await poll(
      () => `all agents ${state}; there are ${others.join(', ')}`,
      async () => {
        const { agents } = await call(socket, 'agent.list', {});
        others = agents.filter((agent) => agent.state !== state).map((agent) => `${agent.id} ${agent.state}`);
        return others.length === 0;
      },
    );
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(timer);
  };
  const ready = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`the daemon ended: ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
    return call(socket, 'status', {}).then(
      (status) => status.dialing.ok,
      () => false,
    );
  };
  try {
    await poll('the daemon is ready', ready);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    socket,
    agents,
    async login() {
      for (const id of agents) await call(socket, 'agent.login', { id, ready: true });
      await waitAgents('available');
    },
    waitAgents,
    stop,
  };
}

/** The daemon driven over its control socket; each round's numbers are a campaign: none may be called again so soon. */
export async function startDaemon(
  setup: Omit<DaemonSetup, 'channels'> & { readonly rounds: readonly (readonly string[])[] },
): Promise<Variant> {
  const spec = (round: number): CampaignSpec =>
    specWith({ name: nameOf(round), policy: ALL_HOURS, wrapUpS: 0, ends: 'pass' });
  fillDatabase(
    databaseIn(setup.dir),
    setup.rounds.map((numbers, round) => ({ spec: spec(round), numbers })),
  );
  const { socket, agents, login, waitAgents, stop } = await raiseDaemon({ ...setup, channels: 200 });
  return {
    name: 'obzvon',
    login,
    dial: async (round) => void (await call(socket, 'campaign.start', { name: nameOf(round) })),
    async logout() {
      await waitAgents('available');
      for (const id of agents) await call(socket, 'agent.logout', { id });
      await waitAgents('offline');
    },
    async bridgedMs(round) {
      const { calls } = await call(socket, 'call.list', { campaign: nameOf(round), limit: 1_000 });
      return calls.flatMap(({ answeredAt, bridgedAt }) =>
        answeredAt === null || bridgedAt === null ? [] : [bridgedAt - answeredAt],
      );
    },
    stop,
  };
}

function nameOf(round: number): string {
  return `bridge-${round}`;
}

/** What imports would have written: campaigns, leads with consent, the caller number's registration. */
export function fillDatabase(
  path: string,
  campaigns: readonly { readonly spec: CampaignSpec; readonly numbers: readonly string[] }[],
): void {
  const store = createStore(path);
  const now = Date.now();
  store.commit(() => {
    registerCaller(store, now);
    for (const { spec, numbers } of campaigns) {
      store.campaigns.insert(spec.name, JSON.stringify(spec), now);
      const id = store.campaigns.byName(spec.name)?.id ?? 0;
      for (const number of numbers) addLead(store, id, phoneOf(number), now);
    }
  });
  store.close();
}

function writeConfig(setup: DaemonSetup, socket: string): void {
  const { dir, testbed, dial, agents, perSecond, channels } = setup;
  const { pbx } = testbed;
  const write = (name: string, content: string): string => {
    writeFileSync(join(dir, name), content, { mode: 0o600 });
    return join(dir, name);
  };
  const config = {
    database: databaseIn(dir),
    socket,
    pbx: {
      kind: 'asterisk',
      ari: { url: pbx.httpUrl, user: pbx.ariUser, secretFile: write('ari', pbx.ariSecret) },
      ami: { host: pbx.amiHost, port: pbx.amiPort, user: pbx.amiUser, secretFile: write('ami', pbx.amiSecret) },
      cel: pbx.celFile,
    },
    trunks: { pstn: { endpoint: 'PJSIP/pstn', dial, channels, originatesPerSecond: perSecond } },
    agents: Object.fromEntries(agents.map((endpoint, i) => [`a${i + 1}`, { endpoint }])),
    policies: [write(`${ALL_HOURS}.json`, allHours())],
  };
  // JSON is YAML
  write('config.yaml', JSON.stringify(config));
}

/** The shipped pack with no closing time: a bench runs at any hour, and its callees sleep never. */
function allHours(): string {
  const pack = JSON.parse(readFileSync(join(ROOT, 'lib/data/policies/ru-default.json'), 'utf8')) as {
    hours: Record<string, unknown>;
  };
  const always = ['00:00', '24:00'];
  const hours = Object.fromEntries(
    Object.keys(pack.hours).map((purpose) => [purpose, { work: always, off: always, holiday: always }]),
  );
  return JSON.stringify({ ...pack, id: ALL_HOURS, endGuardS: 0, hours });
}
