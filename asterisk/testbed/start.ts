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
const STARTS = 3;

/** Starts pbx and pstn on loopback; resolves when a call can be placed. */
export async function startTestbed(
  options: {
    dir?: string;
    agents?: number;
    seed?: number;
    keep?: boolean;
    install?: AsteriskInstall;
    say?: (line: string) => void;
  } = {},
): Promise<Testbed> {
  const install = options.install ?? (await locateAsterisk(options.say === undefined ? {} : { say: options.say }));
  for (let start = 1; ; start++) {
    try {
      return await startOnce(install, options);
    } catch (error) {
      // free ports are only free until somebody else takes them
      if (start === STARTS || !(error instanceof ObzvonError) || error.code !== 'PORT_TAKEN') throw error;
    }
  }
}

async function startOnce(
  install: AsteriskInstall,
  options: { dir?: string; agents?: number; seed?: number; keep?: boolean },
): Promise<Testbed> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'obz-')));
  await mkdir(dir, { recursive: true });
  const seed = options.seed ?? 1;
  const secret = (): string => randomBytes(12).toString('hex');
  const agents = Array.from({ length: options.agents ?? 10 }, (_, i) => ({
    agent: `agent${i + 1}`,
    agent_secret: secret(),
  }));
  const [sipPort = 0, httpPort = 0, amiPort = 0, networkPort = 0, phonesPort = 0] = await freePorts(5);
  const dead = await holdUdp(0, DEAD_HOST);
  const values = {
    http_port: httpPort,
    ami_port: amiPort,
    ari_secret: secret(),
    ari_watch_secret: secret(),
    ami_secret: secret(),
    sip_bind: `${PBX_HOST}:${sipPort}`,
    from_domain: PBX_HOST,
    trunks: [
      { trunk: 'pstn', trunk_host: NETWORK_HOST, trunk_port: networkPort, qualify_s: 10 },
      { trunk: 'dead', trunk_host: DEAD_HOST, trunk_port: dead.address().port, qualify_s: 0 },
      { trunk: 'down', trunk_host: DEAD_HOST, trunk_port: dead.address().port, qualify_s: 10 },
    ],
    agents,
  };
  const started = await Promise.allSettled([
    startInstance(install, { name: 'pbx', dir: join(dir, 'pbx'), files: pbxFiles(values, install) }),
    startInstance(install, {
      name: 'pstn',
      dir: join(dir, 'pstn'),
      files: pstnFiles(
        {
          network_bind: `${NETWORK_HOST}:${networkPort}`,
          phones_bind: `${PHONES_HOST}:${phonesPort}`,
          pbx_host: PBX_HOST,
          pbx_port: sipPort,
          seed,
          agents,
        },
        install,
      ),
    }),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(async (one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
    await new Promise<void>((resolve) => dead.close(resolve));
    if (options.keep !== true) await rm(dir, { recursive: true, force: true });
  };
  const [pbx, pstn] = started;
  if (pbx.status === 'rejected' || pstn.status === 'rejected') {
    // the folder stays: the error names the log in it
    options = { ...options, keep: true };
    await stop();
    throw pbx.status === 'rejected' ? pbx.reason : pstn.status === 'rejected' ? pstn.reason : undefined;
  }
  const ready = (): Promise<void> => waitReady(pbx.value, pstn.value, agents.length);
  try {
    await ready();
  } catch (error) {
    options = { ...options, keep: true };
    await stop();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    dir,
    version: install.version,
    pbx: extend(pbx.value, {
      httpUrl: `http://${PBX_HOST}:${httpPort}`,
      ariUser: 'obzvon',
      ariSecret: values.ari_secret,
      amiHost: PBX_HOST,
      amiPort,
      amiUser: 'obzvon',
      amiSecret: values.ami_secret,
      celFile: join(pbx.value.dir, 'log/cel-custom/obzvon.json'),
    }),
    pstn: extend(pstn.value, { hangUpPhone: (agent: string) => hangUpPhone(pstn.value, agent) }),
    trunk: 'pstn',
    deadTrunk: 'dead',
    downTrunk: 'down',
    agents: agents.map(({ agent }) => ({ id: agent, endpoint: `PJSIP/${agent}` })),
    seed,
    ready,
    stop: () => (stopping ??= stop()),
  };
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

async function hangUpPhone(pstn: Instance, agent: string): Promise<boolean> {
  const lines = (await pstn.rx('core show channels concise')).split('\n').map((line) => line.split('!'));
  const channel = lines.find(([, context, extension]) => context === 'network' && extension === agent)?.[0];
  if (channel === undefined) return false;
  await pstn.rx(`channel redirect ${channel} network,hang-up,1`);
  return true;
}

/** The instance with more properties; its `pid` stays live. */
function extend<T extends object>(instance: Instance, more: T): Instance & T {
  return Object.create(instance, Object.getOwnPropertyDescriptors(more)) as Instance & T;
}
