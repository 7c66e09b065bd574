import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, systemClock } from '../../lib/clock.ts';
import { ObzvonError } from '../../lib/errors.ts';
import { failure, startInstance, type Instance } from './instance.ts';
import { locateAsterisk } from './locate.ts';
import { pbxFiles } from './pbx-conf.ts';
import { freePorts, holdUdp } from './ports.ts';
import { pstnFiles } from './pstn-conf.ts';
import type { AsteriskInstall } from './tree.ts';

/** The call centre's PBX, with all that a client of it must know. */
export interface TestbedPbx extends Instance {
  readonly httpUrl: string;
  readonly ariUser: string;
  readonly ariSecret: string;
  /** Of the user who may only look, `obzvon-watch`. */
  readonly ariWatchSecret: string;
  readonly amiHost: string;
  readonly amiPort: number;
  readonly amiUser: string;
  readonly amiSecret: string;
  readonly celFile: string;
}

/** The telephone network, the people and the agents' phones. */
export interface TestbedPstn extends Instance {
  /** The agent's phone hangs up; false when it was not in a call. */
  hangUpPhone(agent: string): Promise<boolean>;
  /** Keys are pressed on the agent's phone, four a second; false when it is not in a call within 5 s. */
  pressPhone(agent: string, keys: string): Promise<boolean>;
  /** Somebody calls a number of the pbx: `CALLS_BACK`, or one who hides his number; his phone is `caller`. */
  callIn(line: string, options?: { readonly withheld?: boolean }): Promise<void>;
}

export interface Testbed {
  readonly dir: string;
  readonly version: string;
  readonly pbx: TestbedPbx;
  readonly pstn: TestbedPstn;
  /** Endpoint on the pbx that reaches the network: `PJSIP/<number>@pstn`. */
  readonly trunk: string;
  /** Endpoint whose far side never says a word, unknown to the PBX: an INVITE is sent and nothing comes back. */
  readonly deadTrunk: string;
  /** The same far side, but the PBX asks after it: known to be unreachable after 3 s, originates are refused. */
  readonly downTrunk: string;
  readonly agents: readonly { readonly id: string; readonly endpoint: string }[];
  readonly seed: number;
  /** Waits until the trunk is reachable and every phone registered; after a restart of either side. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

const PBX_HOST = '127.0.0.1';
/** The network and the phones stand at addresses of their own, so that the PBX tells trunk from phone by address. */
const NETWORK_HOST = '127.0.0.2';
const PHONES_HOST = '127.0.0.3';
const DEAD_HOST = '127.0.0.4';
const READY_TIMEOUT_MS = 15_000;
const PRESS_TIMEOUT_MS = 5_000;
const STARTS = 3;

/** The five ports a bed listens on; free ones are picked where none are given. */
export interface TestbedPorts {
  readonly sip: number;
  readonly http: number;
  readonly ami: number;
  readonly network: number;
  readonly phones: number;
}

export interface TestbedOptions {
  /** Where everything is written; a new folder of the system's temporary one by default. Keep the path short. */
  readonly dir?: string;
  readonly agents?: number;
  /** Of the random mix. */
  readonly seed?: number;
  /** Leave the folder when stopped. A bed that did not start always leaves it: the error names the log in it. */
  readonly keep?: boolean;
  readonly ports?: TestbedPorts;
  readonly install?: AsteriskInstall;
  readonly say?: (line: string) => void;
}

/** Starts pbx and pstn on loopback; resolves when a call can be placed. */
export async function startTestbed(options: TestbedOptions = {}): Promise<Testbed> {
  const install = options.install ?? (await locateAsterisk(options.say === undefined ? {} : { say: options.say }));
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'obz-')));
  await mkdir(dir, { recursive: true });
  for (let start = 1; ; start++) {
    try {
      return await startIn(dir, install, options);
    } catch (error) {
      // free ports are only free until somebody else takes them
      const again = error instanceof ObzvonError && error.code === 'PORT_TAKEN' && options.ports === undefined;
      if (!again || start === STARTS) throw error;
    }
  }
}

async function startIn(dir: string, install: AsteriskInstall, options: TestbedOptions): Promise<Testbed> {
  const ports = options.ports ?? (await pickPorts());
  const seed = options.seed ?? 1;
  const agents = Array.from({ length: options.agents ?? 10 }, (_, i) => ({
    agent: `agent${i + 1}`,
    agent_secret: secret(),
  }));
  const secrets = { ari_secret: secret(), ari_watch_secret: secret(), ami_secret: secret() };
  const dead = await holdUdp(0, DEAD_HOST);
  const silence = { trunk_host: DEAD_HOST, trunk_port: dead.address().port };
  const files = {
    pbx: pbxFiles(
      {
        ...secrets,
        http_port: ports.http,
        ami_port: ports.ami,
        sip_bind: `${PBX_HOST}:${ports.sip}`,
        from_domain: PBX_HOST,
        trunks: [
          { trunk: 'pstn', trunk_host: NETWORK_HOST, trunk_port: ports.network, qualify_s: 10 },
          { trunk: 'dead', ...silence, qualify_s: 0 },
          { trunk: 'down', ...silence, qualify_s: 10 },
        ],
        agents,
      },
      install,
    ),
    pstn: pstnFiles(
      {
        network_bind: `${NETWORK_HOST}:${ports.network}`,
        phones_bind: `${PHONES_HOST}:${ports.phones}`,
        pbx_host: PBX_HOST,
        pbx_port: ports.sip,
        seed,
        agents,
      },
      install,
    ),
  };
  const running: Instance[] = [];
  const start = async (name: 'pbx' | 'pstn'): Promise<Instance> => {
    const instance = await startInstance(install, { name, dir: join(dir, name), files: files[name] });
    running.push(instance);
    return instance;
  };
  const halt = async (): Promise<void> => {
    await Promise.all(running.map(async (instance) => instance.stop()));
    await new Promise<void>((resolve) => dead.close(resolve));
  };
  const both = [start('pbx'), start('pstn')] as const;
  try {
    const [pbx, pstn] = await Promise.all(both);
    const ready = (): Promise<void> => waitReady(pbx, pstn, agents.length);
    await ready();
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await halt();
      if (options.keep !== true) await rm(dir, { recursive: true, force: true });
    };
    return {
      dir,
      version: install.version,
      pbx: extend(pbx, {
        httpUrl: `http://${PBX_HOST}:${ports.http}`,
        ariUser: 'obzvon',
        ariSecret: secrets.ari_secret,
        ariWatchSecret: secrets.ari_watch_secret,
        amiHost: PBX_HOST,
        amiPort: ports.ami,
        amiUser: 'obzvon',
        amiSecret: secrets.ami_secret,
        celFile: join(pbx.dir, 'log/cel-custom/obzvon.json'),
      }),
      pstn: extend(pstn, {
        hangUpPhone: (agent: string) => redirectPhone(pstn, agent, 'hang-up'),
        pressPhone: (agent: string, keys: string) => pressPhone(pstn, agent, keys),
        callIn: async (line: string, options: { readonly withheld?: boolean } = {}) => {
          const to = `PJSIP/${options.withheld === true ? 'pbx' : 'person'}/sip:${line}@${PBX_HOST}:${ports.sip}`;
          await pstn.rx(`channel originate ${to} extension caller@network`);
        },
      }),
      trunk: 'pstn',
      deadTrunk: 'dead',
      downTrunk: 'down',
      agents: agents.map(({ agent }) => ({ id: agent, endpoint: `PJSIP/${agent}` })),
      seed,
      ready,
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await Promise.allSettled(both);
    await halt();
    throw error;
  }
}

async function pickPorts(): Promise<TestbedPorts> {
  const [sip = 0, http = 0, ami = 0, network = 0, phones = 0] = await freePorts(5);
  return { sip, http, ami, network, phones };
}

function secret(): string {
  return randomBytes(12).toString('hex');
}

/** Both sides have booted: let the phones register and the PBX ask its trunk, now and not when their timers say so. */
async function waitReady(pbx: Instance, pstn: Instance, agents: number): Promise<void> {
  const deadline = systemClock.monotonic() + READY_TIMEOUT_MS;
  await Promise.all([pstn.rx('pjsip send register *all'), pbx.rx('pjsip qualify pstn')]);
  for (;;) {
    const contacts = (await pbx.rx('pjsip show contacts')).split('\n').filter((line) => /^\s*Contact:/.test(line));
    const phones = contacts.filter((line) => /Contact:\s+agent\d+\//.test(line)).length;
    const trunk = contacts.some((line) => /Contact:\s+pstn\/.*\bAvail\b/.test(line));
    if (trunk && phones >= agents) return;
    if (systemClock.monotonic() > deadline) {
      const why = `${trunk ? '' : 'its trunk pstn does not answer, '}${phones} of ${agents} phones are registered`;
      throw failure('pbx', pbx.dir, why);
    }
    await sleep(systemClock, 50);
  }
}

async function redirectPhone(pstn: Instance, agent: string, to: string): Promise<boolean> {
  const lines = (await pstn.rx('core show channels concise')).split('\n').map((line) => line.split('!'));
  const channel = lines.find(([, context, extension]) => context === 'network' && extension === agent)?.[0];
  if (channel === undefined) return false;
  await pstn.rx(`channel redirect ${channel} network,${to},1`);
  return true;
}

/** Keys pressed before are sent first: until then the phone is not where it waits. */
async function pressPhone(pstn: Instance, agent: string, keys: string): Promise<boolean> {
  const deadline = systemClock.monotonic() + PRESS_TIMEOUT_MS;
  while (!(await redirectPhone(pstn, agent, `press${keys}`))) {
    if (systemClock.monotonic() > deadline) return false;
    await sleep(systemClock, 50);
  }
  return true;
}

/** The instance with more properties; its `pid` stays live. */
function extend<T extends object>(instance: Instance, more: T): Instance & T {
  return Object.create(instance, Object.getOwnPropertyDescriptors(more)) as Instance & T;
}
