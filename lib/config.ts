import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isZone } from './core/zone-clock.ts';
import { messageOf, ObzvonError } from './errors.ts';
import { nearest } from './nearest.ts';
import { byPlace, formatProblem, type Problem } from './problems.ts';
import { readSecret, type SecretSource } from './secret.ts';
import { deepFreeze, readYaml, type Parsed } from './validate.ts';

/** Where programs look when no `--config` is given. */
export const DEFAULT_CONFIG_FILE = '/etc/obzvon/config.yaml';

/** The daemon's config, checked, defaults filled in, paths absolute, frozen. Secrets are not in it: see `readSecret`. */
export interface Config {
  readonly database: string;
  /** File of the installation key. */
  readonly keyFile: string;
  readonly ledger: LedgerConfig;
  readonly socket: string;
  /** Permission bits of the control socket. */
  readonly socketMode: number;
  /** IANA zone of local dates. */
  readonly zone: string;
  readonly log: { readonly level: string };
  /** Where opt-outs are reported over HTTP; null: nowhere. */
  readonly webhook: ({ readonly listen: string } & SecretSource) | null;
  readonly pbx: AsteriskConfig | SimulatedConfig;
  readonly trunks: Readonly<Record<string, TrunkConfig>>;
  readonly agents: Readonly<Record<string, AgentConfig>>;
  /** Files of policy packs besides those that ship inside. */
  readonly policies: readonly string[];
  /** When the daemon places no calls for its own sake. */
  readonly safety: { readonly minFreeMb: number; readonly ballastMb: number };
  readonly limits: { readonly maxTalkMin: number; readonly agentShiftH: number };
}

/** Where the ledger's head is written outside the database, and how often. */
export interface LedgerConfig {
  readonly anchors: string;
  readonly everyMin: number;
}

export interface AsteriskConfig {
  readonly kind: 'asterisk';
  readonly ari: { readonly url: string; readonly user: string; readonly app: string } & SecretSource;
  readonly ami: ({ readonly host: string; readonly port: number; readonly user: string } & SecretSource) | null;
  /** File of JSON call events; null when Asterisk writes none. */
  readonly cel: string | null;
  readonly context: string;
}

/** No Asterisk: the dialer's own simulated one, to try things out. */
export interface SimulatedConfig {
  readonly kind: 'simulated';
}

export interface TrunkConfig {
  readonly endpoint: string;
  /** Dial string; `{number}` stands for the callee. */
  readonly dial: string;
  /** Whether numbers go out with their `+`. */
  readonly plus: boolean;
  readonly channels: number;
  readonly originatesPerSecond: number;
  /** Whether implausible answers halt its campaigns. */
  readonly answerCheck: boolean;
}

export interface AgentConfig {
  /** The name shown; the id when config gives none. */
  readonly name: string;
  readonly endpoint: string;
}

/** A config file's reading: usable when `config` is not null; warnings depend on who asks, and where. */
export interface ConfigReading {
  readonly config: Config | null;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** As the file's lines go, for further checks. */
  readonly problemAt: Parsed['problemAt'];
}

/** The daemon's door: the config, or CONFIG_INVALID with every mistake in `details`. */
export function loadConfig(path: string, env: NodeJS.ProcessEnv = process.env): Config {
  const { config, errors, warnings } = readConfig(path, env);
  // What only another user may read is a warning to that user; the daemon must read its secrets itself.
  const mistakes = [...errors, ...warnings];
  if (config !== null && mistakes.length === 0) return config;
  throw invalid(path, mistakes);
}

/** Reads and checks a config file; throws CONFIG_UNREADABLE only when there is no text to check. */
export function readConfig(path: string, env: NodeJS.ProcessEnv = process.env): ConfigReading {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ObzvonError('CONFIG_UNREADABLE', `cannot read the config: ${messageOf(error)}`, { cause: error });
  }
  const { value, problems, problemAt } = readYaml(text, path, 'config');
  const errors = [...problems, ...sharedEndpoints(value, problemAt), ...unknownZone(value, problemAt)].sort(byPlace);
  if (errors.length > 0) return { config: null, errors, warnings: [], problemAt };
  const config = absolute(value as WrittenConfig, dirname(resolve(path)));
  const warnings: Problem[] = [];
  if (Buffer.byteLength(config.socket) > 107) {
    errors.push(
      problemAt(['socket'], `the path is ${Buffer.byteLength(config.socket)} bytes long: under 108 is needed`),
    );
  }
  for (const [path, source] of secretsOf(config)) {
    const secret = readSecret(source, env);
    if (secret.ok) continue;
    const key = 'credential' in source ? 'credential' : 'secretFile';
    (secret.denied ? warnings : errors).push(problemAt([...path, key], secret.reason));
  }
  return { config: errors.length === 0 ? deepFreeze(config) : null, errors, warnings, problemAt };
}

/** Every secret the config names, by its place. */
function secretsOf({ pbx, webhook }: Config): [path: string[], source: SecretSource][] {
  const named: [string[], SecretSource | null][] = [[['webhook'], webhook]];
  if (pbx.kind === 'asterisk') named.push([['pbx', 'ari'], pbx.ari], [['pbx', 'ami'], pbx.ami]);
  return named.flatMap(([path, source]) => (source === null ? [] : [[path, source]]));
}

/** Where the daemon of this config listens, for the CLI. */
export function configSocket(path: string, env: NodeJS.ProcessEnv = process.env): string {
  const { config, errors } = readConfig(path, env);
  if (config !== null) return config.socket;
  throw invalid(path, errors);
}

function invalid(path: string, problems: readonly Problem[]): ObzvonError {
  return new ObzvonError('CONFIG_INVALID', `the config ${path} has ${countOf(problems.length)}`, {
    details: problems.map(formatProblem),
  });
}

/** What the schema makes of the file, before paths and absences are put right. */
type WrittenConfig = Omit<Config, 'socketMode' | 'pbx' | 'webhook' | 'keyFile' | 'ledger' | 'zone'> & {
  readonly zone?: string;
  readonly keyFile?: string;
  readonly ledger: Partial<LedgerConfig> & Pick<LedgerConfig, 'everyMin'>;
  readonly webhook?: NonNullable<Config['webhook']>;
  readonly socketMode: string;
  readonly pbx: SimulatedConfig | (Omit<AsteriskConfig, 'ami' | 'cel'> & Partial<Pick<AsteriskConfig, 'ami' | 'cel'>>);
};

function absolute(written: WrittenConfig, folder: string): Config {
  const at = (path: string): string => resolve(folder, path);
  const account = <T extends SecretSource>(source: T): T =>
    'secretFile' in source ? { ...source, secretFile: at(source.secretFile) } : source;
  const { pbx } = written;
  return {
    ...written,
    database: at(written.database),
    keyFile: at(written.keyFile ?? `${written.database}.key`),
    ledger: {
      anchors: at(written.ledger.anchors ?? `${written.database}.anchors`),
      everyMin: written.ledger.everyMin,
    },
    socket: at(written.socket),
    socketMode: Number.parseInt(written.socketMode, 8),
    zone: written.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    webhook: written.webhook === undefined ? null : account(written.webhook),
    policies: written.policies.map(at),
    agents: Object.fromEntries(
      Object.entries(written.agents).map(([id, agent]) => [
        id,
        { ...agent, name: agent.name === '' ? id : agent.name },
      ]),
    ),
    pbx:
      pbx.kind === 'simulated'
        ? { kind: 'simulated' }
        : {
            kind: 'asterisk',
            ari: account(pbx.ari),
            ami: pbx.ami == null ? null : account(pbx.ami),
            cel: pbx.cel == null ? null : at(pbx.cel),
            context: pbx.context,
          },
  };
}

function unknownZone(value: unknown, problemAt: Parsed['problemAt']): Problem[] {
  const zone = (value as { zone?: unknown } | null)?.zone;
  if (typeof zone !== 'string' || isZone(zone)) return [];
  const near = nearest(zone, Intl.supportedValuesOf('timeZone'));
  const mend = near === null ? 'give an IANA name such as Europe/Moscow' : `did you mean “${near}”?`;
  return [problemAt(['zone'], `there is no zone “${zone}”; ${mend}`)];
}

/** Two agents on one phone would take each other's leg down. */
function sharedEndpoints(value: unknown, problemAt: Parsed['problemAt']): Problem[] {
  const agents = (value as { agents?: unknown } | null)?.agents;
  if (typeof agents !== 'object' || agents === null) return [];
  const owners = new Map<unknown, string>();
  return Object.entries(agents as Record<string, { endpoint?: unknown } | null>).flatMap(([id, agent]) => {
    const endpoint = agent?.endpoint;
    if (typeof endpoint !== 'string') return [];
    const owner = owners.get(endpoint);
    if (owner !== undefined) return [problemAt(['agents', id, 'endpoint'], `agent ${owner} has this endpoint already`)];
    owners.set(endpoint, id);
    return [];
  });
}

/** `1 mistake`, `3 mistakes`. */
export function countOf(mistakes: number): string {
  return mistakes === 1 ? '1 mistake' : `${mistakes} mistakes`;
}
