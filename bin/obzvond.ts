import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createAsteriskPbx } from '../asterisk/pbx.ts';
import { parseCampaign, type CampaignSpec } from '../lib/campaign-file.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { DEFAULT_CONFIG_FILE, loadConfig, type Config } from '../lib/config.ts';
import { createActions } from '../lib/control/actions.ts';
import { startAnchoring } from '../lib/control/anchoring.ts';
import { createHandlers } from '../lib/control/handlers/all.ts';
import type { Daemon } from '../lib/control/handlers/daemon.ts';
import { recordOptOut } from '../lib/control/handlers/opt-outs.ts';
import { resumeRedials } from '../lib/control/handlers/redials.ts';
import { troubledSchedules } from '../lib/control/handlers/schedules.ts';
import { startControl } from '../lib/control/server.ts';
import { startWebhook } from '../lib/control/webhook.ts';
import type { Policy } from '../lib/core/policy.ts';
import { loadPolicy, shippedPolicies, type PolicySource } from '../lib/data/load.ts';
import { createEngine, type Engine } from '../lib/dialer/engine.ts';
import type { Pbx } from '../lib/dialer/pbx.ts';
import { EXIT, messageOf, ObzvonError } from '../lib/errors.ts';
import { createLog, type Logger } from '../lib/log.ts';
import { formatProblem } from '../lib/problems.ts';
import { createScheduler } from '../lib/schedule/scheduler.ts';
import { readSecret, type SecretSource } from '../lib/secret.ts';
import { ordinaryCallees } from '../lib/sim/callees.ts';
import { createSimulatedPbx } from '../lib/sim/pbx.ts';
import { seededRandom } from '../lib/sim/random.ts';
import { finishErasures } from '../lib/store/erasure-search.ts';
import { createStore, type Store } from '../lib/store/store.ts';
import { validateValue } from '../lib/validate.ts';
import { VERSION } from '../lib/version.ts';
import { ownCli } from './own-cli.ts';
import { refusalText, reportRefusal } from './refusal.ts';

/** Config → store → PBX → engine → control; each pushes its closer, and they close in reverse. */
async function main(): Promise<void> {
  const values = readArgs();
  if (values.version === true) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const clock = systemClock;
  let config = loadConfig(values.config);
  let policies = loadPolicies(config);
  const log = createLog({ level: config.log.level });
  const closers: (() => void | Promise<void>)[] = [];
  let leaving = false;

  const leave = async (exitCode: number): Promise<void> => {
    if (leaving) return;
    leaving = true;
    process.exitCode = exitCode;
    for (const close of closers.reverse()) {
      try {
        await close();
      } catch (error) {
        log.error({ err: error }, 'not closed cleanly');
      }
    }
    process.exit();
  };

  try {
    const store = createStore(config.database, { keyFile: config.keyFile, anchorsFile: config.ledger.anchors });
    closers.push(() => store.close());
    closers.push(() => {
      // Calls that go on without us are no hindrance: nothing is written to the database any more.
      if (finishErasures(store, clock.now())) log.info({}, 'database rebuilt after an erasure');
    });
    const engine = createEngine({
      clock,
      log,
      store,
      pbx: createPbx(config, clock, log),
      settings: config,
      campaigns: loadCampaigns(store, policies),
      onFatal: () => void leave(EXIT.failed),
    });

    const reload = () => {
      const next = loadConfig(values.config);
      const nextPolicies = loadPolicies(next);
      // A campaign's policy may change but not vanish: the next start would be refused.
      loadCampaigns(store, nextPolicies);
      const changed = changedKeys(config, next);
      const needRestart = changed.filter((key) => NEEDS_RESTART[key]?.(config, next) ?? false);
      engine.configure(next);
      for (const campaign of engine.floor.campaigns.values()) {
        campaign.policy = nextPolicies.get(campaign.spec.policy) ?? campaign.policy;
      }
      if (next.log.level !== config.log.level) log.level = next.log.level;
      [config, policies] = [next, nextPolicies];
      log.info({ changed, needRestart }, 'config reloaded');
      return { changed, needRestart };
    };

    const scheduler = createScheduler({ clock, store, log, run: (action, context) => act(action, context) });
    const daemon: Daemon = {
      clock,
      log,
      store,
      engine,
      schedules: scheduler,
      version: VERSION,
      startedAt: clock.now(),
      config: () => config,
      policies: () => policies,
      reload,
    };
    closers.push(startAnchoring(daemon));
    const handlers = createHandlers(daemon);
    const act = createActions(daemon, handlers, ownCli(config.socket));
    const control = await startControl({
      socketPath: config.socket,
      mode: config.socketMode,
      handlers,
      log,
    });
    closers.push(() => control.close());
    if (config.webhook !== null) {
      const { listen } = config.webhook;
      const record = (order: Parameters<typeof recordOptOut>[1]) => recordOptOut(daemon, order);
      const webhook = await startWebhook({ listen, secret: secretOf(config.webhook), record, log });
      closers.push(() => webhook.close());
    }
    closers.push(() => engine.stop());
    closers.push(() => scheduler.close());
    const drain = () => Promise.all([scheduler.close(), engine.drain()]);
    listenToSignals({ engine, drain, log, leave, reload });
    log.info({ version: VERSION, database: config.database, socket: config.socket, pbx: config.pbx.kind }, 'started');
    const up = engine.start();
    for (const trouble of troubledSchedules(daemon)) log.error(trouble, 'a schedule cannot do its work');
    // A PBX that is away keeps no register from being read.
    scheduler.start();
    await up;
    const going = new AbortController();
    const resumed = resumeRedials(daemon, (pass) =>
      Promise.resolve(handlers['redial.run'](pass, { progress: () => undefined, signal: going.signal })),
    );
    closers.push(async () => {
      going.abort();
      await resumed;
    });
    await resumed;
  } catch (error) {
    // Asked to stop before the PBX was reached: that is no failure.
    if (leaving) return;
    reportRefusal(error, log);
    await leave(error instanceof ObzvonError ? error.exit : EXIT.failed);
  }
}

function readArgs(): { config: string; version?: boolean } {
  try {
    return parseArgs({
      options: { config: { type: 'string', default: DEFAULT_CONFIG_FILE }, version: { type: 'boolean' } },
    }).values;
  } catch (error) {
    throw new ObzvonError('USAGE', messageOf(error), {
      cause: error,
      hint: 'usage: obzvond [--config FILE] [--version]',
    });
  }
}

/** Keys a running daemon cannot change, wholly or in part. */
const NEEDS_RESTART: Partial<Record<keyof Config, (before: Config, after: Config) => boolean>> = {
  database: () => true,
  keyFile: () => true,
  ledger: (before, after) => before.ledger.anchors !== after.ledger.anchors,
  socket: () => true,
  socketMode: () => true,
  pbx: () => true,
  limits: () => true,
  webhook: () => true,
  trunks: (before, after) => waysOut(before) !== waysOut(after),
};

/** What the PBX is told of trunks when it is connected; their limits are the engine's and change at once. */
function waysOut({ trunks }: Config): string {
  return JSON.stringify(Object.entries(trunks).map(([name, { endpoint, dial, plus }]) => [name, endpoint, dial, plus]));
}

function changedKeys(before: Config, after: Config): (keyof Config)[] {
  const keys = Object.keys(after) as (keyof Config)[];
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

function createPbx(config: Config, clock: Clock, log: Logger): Pbx {
  const { pbx, limits } = config;
  if (pbx.kind === 'simulated') {
    log.warn({}, 'the PBX is simulated: no telephone rings');
    return createSimulatedPbx({ clock, random: seededRandom(randomInt(2 ** 32)), callees: ordinaryCallees });
  }
  return createAsteriskPbx(
    {
      ari: { url: pbx.ari.url, user: pbx.ari.user, secret: secretOf(pbx.ari), app: pbx.ari.app },
      ami: pbx.ami === null ? null : { ...pbx.ami, secret: secretOf(pbx.ami) },
      celFile: pbx.cel,
      context: pbx.context,
      trunks: config.trunks,
      maxTalkMs: limits.maxTalkMin * 60_000,
      agentShiftMs: limits.agentShiftH * 3_600_000,
    },
    { clock, log },
  );
}

function secretOf(source: SecretSource): string {
  const secret = readSecret(source);
  if (!secret.ok) throw new ObzvonError('CONFIG_INVALID', secret.reason);
  return secret.secret;
}

function loadPolicies(config: Config): ReadonlyMap<string, Policy> {
  const validate = (schema: 'policy' | 'calendar', value: unknown) => validateValue(schema, value).map(formatProblem);
  const sources: PolicySource[] = [
    ...shippedPolicies().map((id) => ({ id })),
    ...config.policies.map((path) => ({ path })),
  ];
  const packs = new Map<string, Policy>();
  for (const source of sources) {
    const policy = loadPolicy(source, validate);
    if (packs.has(policy.id)) {
      throw new ObzvonError('POLICY_INVALID', `two policy packs are called ${policy.id}`, {
        hint: 'give yours another id',
      });
    }
    packs.set(policy.id, policy);
  }
  return packs;
}

function loadCampaigns(store: Store, policies: ReadonlyMap<string, Policy>): { spec: CampaignSpec; policy: Policy }[] {
  return store.campaigns.all().map((row) => {
    // Read through the same door as a file: what an older version stored gets the defaults of what came since.
    const checked = parseCampaign(row.spec, `campaign ${row.name}`);
    if (!checked.ok) {
      throw new ObzvonError('CAMPAIGN_INVALID', `the stored campaign ${row.name} is not one`, {
        details: checked.problems.map(formatProblem),
      });
    }
    const spec = checked.value;
    const policy = policies.get(spec.policy);
    if (policy === undefined) {
      throw new ObzvonError(
        'POLICY_INVALID',
        `campaign ${row.name} goes by policy pack ${spec.policy}, which is gone`,
        {
          hint: 'name its file under policies in the config again',
        },
      );
    }
    return { spec, policy };
  });
}

function listenToSignals(parts: {
  readonly engine: Engine;
  /** Begins nothing more and waits for what goes on. */
  readonly drain: () => Promise<unknown>;
  readonly log: Logger;
  readonly leave: (exitCode: number) => Promise<void>;
  readonly reload: () => unknown;
}): void {
  const { engine, drain, log, leave, reload } = parts;
  let asked = 0;
  const stop = (signal: string) => () => {
    asked += 1;
    if (asked > 1) {
      log.warn({ signal, live: engine.floor.attempts.size }, 'leaving at once; live calls go on in Asterisk');
      void leave(EXIT.ok);
      return;
    }
    log.info({ signal, live: engine.floor.attempts.size }, 'draining: no new calls, live ones finish');
    void drain().then(() => leave(EXIT.ok));
  };
  process.on('SIGTERM', stop('SIGTERM'));
  process.on('SIGINT', stop('SIGINT'));
  process.on('SIGHUP', () => {
    try {
      reload();
    } catch (error) {
      log.error(
        { reason: messageOf(error), details: error instanceof ObzvonError ? error.details : [] },
        'config not reloaded; the old one stays',
      );
    }
  });
  // A bug must not leave a half-alive dialer: systemd starts a fresh one, which reconciles first.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      void leave(EXIT.failed);
    });
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ObzvonError)) throw error;
  process.stderr.write(refusalText(error));
  process.exitCode = error.exit;
}
