import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Testbed } from '../../asterisk/testbed/start.ts';
import type { AgentState } from '../../lib/core/agent.ts';
import { call } from '../../lib/control/client.ts';
import { createStore } from '../../lib/store/store.ts';
import { addLead, phoneOf, registerCaller, specWith } from '../helpers/rig.ts';
import { poll, type Variant } from './variant.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface DaemonSetup {
  readonly dir: string;
  readonly testbed: Testbed;
  /** Dial string of the trunk, with `{number}`. */
  readonly dial: string;
  /** Endpoints of the agents' phones. */
  readonly agents: readonly string[];
  readonly perSecond: number;
  /** Numbers of each round: a campaign each, since no number may be called again so soon. */
  readonly rounds: readonly (readonly string[])[];
}

/** The daemon as it ships, in a process of its own, driven over its control socket. */
export async function startDaemon(setup: DaemonSetup): Promise<Variant> {
  const { dir, rounds } = setup;
  const socket = join(dir, 'control.sock');
  fillDatabase(join(dir, 'obzvon.db'), rounds);
  writeConfig(setup, socket);
  const logFile = join(dir, 'obzvond.log');
  const out = openSync(logFile, 'w');
  const args = [join(ROOT, 'bin/obzvond.mjs'), '--config', join(dir, 'config.yaml')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', out, out] });
  closeSync(out);
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const gone = once(child, 'exit').then(() => void process.off('exit', killWithUs));

  const ids = setup.agents.map((_, i) => `a${i + 1}`);
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
  const ready = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`the daemon ended: ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
    return call(socket, 'status', {}).then(
      (status) => status.dialing.ok,
      () => false,
    );
  };
  await poll('the daemon is ready', ready);

  return {
    name: 'obzvon',
    async login() {
      for (const id of ids) await call(socket, 'agent.login', { id, ready: true });
      await waitAgents('available');
    },
    dial: async (round) => void (await call(socket, 'campaign.start', { name: nameOf(round) })),
    async logout() {
      await waitAgents('available');
      for (const id of ids) await call(socket, 'agent.logout', { id });
      await waitAgents('offline');
    },
    async bridgedMs(round) {
      const { calls } = await call(socket, 'call.list', { campaign: nameOf(round), limit: 1_000 });
      return calls.flatMap(({ answeredAt, bridgedAt }) =>
        answeredAt === null || bridgedAt === null ? [] : [bridgedAt - answeredAt],
      );
    },
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(timer);
    },
  };
}

function nameOf(round: number): string {
  return `bridge-${round}`;
}

/** What imports would have written: campaigns, leads with consent, the caller number's registration. */
function fillDatabase(path: string, rounds: DaemonSetup['rounds']): void {
  const store = createStore(path);
  const now = Date.now();
  store.commit(() => {
    registerCaller(store, now);
    for (const [round, numbers] of rounds.entries()) {
      const name = nameOf(round);
      store.campaigns.insert(
        name,
        JSON.stringify(specWith({ name, policy: 'all-hours', wrapUpS: 0, ends: 'pass' })),
        now,
      );
      const id = store.campaigns.byName(name)?.id ?? 0;
      for (const number of numbers) addLead(store, id, phoneOf(number), now);
    }
  });
  store.close();
}

function writeConfig({ dir, testbed: { pbx }, dial, agents, perSecond }: DaemonSetup, socket: string): void {
  const write = (name: string, content: string): string => {
    writeFileSync(join(dir, name), content, { mode: 0o600 });
    return join(dir, name);
  };
  const config = {
    database: join(dir, 'obzvon.db'),
    socket,
    pbx: {
      kind: 'asterisk',
      ari: { url: pbx.httpUrl, user: pbx.ariUser, secretFile: write('ari', pbx.ariSecret) },
      ami: { host: pbx.amiHost, port: pbx.amiPort, user: pbx.amiUser, secretFile: write('ami', pbx.amiSecret) },
      cel: pbx.celFile,
    },
    trunks: { pstn: { endpoint: 'PJSIP/pstn', dial, channels: 200, originatesPerSecond: perSecond } },
    agents: Object.fromEntries(agents.map((endpoint, i) => [`a${i + 1}`, { endpoint }])),
    policies: [write('all-hours.json', allHours())],
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
  return JSON.stringify({ ...pack, id: 'all-hours', endGuardS: 0, hours });
}
