import type { CampaignSpec } from '../campaign-file.ts';
import type { Clock } from '../clock.ts';
import { USUAL_PREFIXES } from '../core/guard/prefixes.ts';
import type { Policy } from '../core/policy.ts';
import { messageOf, ObzvonError, type ErrorCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import { plainQueue } from '../store/lead-queue.ts';
import type { Store } from '../store/store.ts';
import { assign } from './attempt-run.ts';
import { tick } from './campaign-run.ts';
import { createClockWatch, watchClock } from './clock-watch.ts';
import { watchDisk } from './disk-watch.ts';
import { clearTimer, mayDial, type CampaignRun, type Floor, type Hold } from './floor.ts';
import { hear } from './hear.ts';
import { checkLedgerTail } from './ledger-watch.ts';
import { newNetworkMemory, recallReplies } from './network-lessons.ts';
import type { AgentId, Pbx, PbxEvent } from './pbx.ts';
import { configure, USUAL_SAFETY, type EngineSettings } from './roster.ts';
import { closePacing, openPacing, savePacing } from './pacing.ts';
import { audit, mayAudit, recallUnresolved, reconcile } from './recovery.ts';
import { loadSegments, resumeFiling } from './segments.ts';
import { askTrunks, hearTrunk } from './trunk-watch.ts';

export interface EngineParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Store;
  readonly pbx: Pbx;
  readonly settings: EngineSettings;
  /** The campaigns of the store with their policies in force. */
  readonly campaigns: readonly { readonly spec: CampaignSpec; readonly policy: Policy }[];
  /** Called once when the daemon must stop: the store could not commit, or the PBX port threw a bug. */
  readonly onFatal: (error: unknown) => void;
}

export interface Engine {
  readonly floor: Floor;
  /** Connects, reconciles, then dials. Rejects when the PBX says no retry will help. */
  start(): Promise<void>;
  /** No new originates; resolves when no attempt is live. */
  drain(): Promise<void>;
  /** Lets go of the PBX; live calls go on there. */
  stop(): Promise<void>;
  /** The connection to the PBX, for `status`. */
  pbxHealth(): PbxHealth;
  /** Takes new trunks and agents; agents gone from config leave after their call. */
  configure(settings: EngineSettings): void;
}

export interface PbxHealth {
  readonly state: 'connecting' | 'up' | 'lost';
  readonly since: number;
  /** Why lost; null otherwise. */
  readonly reason: string | null;
  /** What an operator must mend by hand; cleared by the next connection. */
  readonly alarms: readonly string[];
}

const TICK_MS = 1_000;
const AUDIT_MS = 5_000;
const SAVE_PACING_MS = 5_000;
const PRUNE_MS = 60_000;
/** Decisions and recordings are kept so long. */
const KEEP_PACING_MS = 30 * 24 * 3_600_000;

/** Not an operator's mistake: what is in memory may differ from what is stored, or the database is another daemon's. */
const FATAL: ReadonlySet<ErrorCode> = new Set(['STORE_FAILED', 'STORE_FENCED']);

/** Command or event in → core → store → effects out; everything on one thread, in order. */
export function createEngine(parts: EngineParts): Engine {
  const { clock, log, store, pbx } = parts;
  const effects: (() => void)[] = [];
  let depth = 0;
  let awake = false;
  let fatal = false;
  let whyFatal: unknown;
  let generation = 0;
  let turn = 0;
  const stops: (() => void)[] = [];
  let health: PbxHealth = { state: 'connecting', since: clock.now(), reason: null, alarms: [] };

  const floor: Floor = {
    clock,
    log,
    store,
    pbx,
    campaigns: new Map(),
    attempts: new Map(),
    callers: new Map(),
    agents: new Map(),
    trunks: new Map(),
    holds: new Map<Hold, string>([['starting', 'the daemon is starting']]),
    safety: parts.settings.safety ?? USUAL_SAFETY,
    dial: parts.settings.dial ?? USUAL_PREFIXES,
    clockJumpedAt: null,
    oddities: new Map(),
    network: newNetworkMemory(),
    act<T>(work: () => T): T {
      if (depth > 0) return work();
      if (fatal) {
        throw new ObzvonError('STORE_FAILED', 'the store failed; the daemon is stopping', { cause: whyFatal });
      }
      depth += 1;
      let result: T;
      try {
        result = store.commit(work);
      } catch (error) {
        effects.length = 0;
        // A failed commit may still be committed: memory and database may differ, so only a restart is safe. An
        // operator's mistake is thrown before anything moves, and is no reason to stop.
        if (!(error instanceof ObzvonError) || FATAL.has(error.code)) die(error);
        throw error;
      } finally {
        depth -= 1;
      }
      try {
        for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) effect();
      } catch (error) {
        die(error);
        throw error;
      }
      return result;
    },
    then(effect) {
      if (depth > 0) effects.push(effect);
      else effect();
    },
    wake() {
      if (awake) return;
      awake = true;
      clock.after(0, () => {
        awake = false;
        tickAll();
      });
    },
  };

  function die(error: unknown): void {
    if (fatal) return;
    fatal = true;
    whyFatal = error;
    floor.holds.set('store-failed', messageOf(error));
    log.fatal({ err: error }, 'stopping: the store or the dialer failed');
    parts.onFatal(error);
  }

  /** Work that a timer or the PBX starts: what it throws stops the daemon. */
  function guarded<A extends unknown[]>(work: (...given: A) => void): (...given: A) => void {
    return (...given) => {
      if (fatal) return;
      try {
        work(...given);
      } catch (error) {
        die(error);
      }
    };
  }

  const watch = createClockWatch(clock);

  const tickAll = guarded(() => {
    store.checkOwn();
    watchClock(floor, watch);
    watchDisk(floor);
    const waiting = [...floor.attempts.values()].filter((run) => run.state === 'answered');
    waiting.sort((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0));
    for (const run of waiting) assign(floor, run);
    // Campaigns on one crew take turns to be asked first.
    const campaigns = [...floor.campaigns.values()];
    turn += 1;
    for (let at = 0; at < campaigns.length; at += 1) {
      tick(floor, campaigns[(turn + at) % campaigns.length] as CampaignRun);
    }
  });

  function handle(event: PbxEvent): void {
    switch (event.type) {
      case 'pbx.up':
        health = { state: 'up', since: event.at, reason: null, alarms: [] };
        void onUp(event.restarted);
        return;
      case 'pbx.lost':
        generation += 1;
        if (health.state === 'up') health = { ...health, state: 'lost', since: event.at };
        health = { ...health, reason: event.reason };
        floor.holds.set('pbx-lost', event.reason);
        log.warn({ reason: event.reason }, 'PBX lost');
        return;
      case 'pbx.alarm':
        log.error({ reason: event.reason }, 'PBX alarm');
        health = { ...health, alarms: [...health.alarms, event.reason] };
        store.commit(() =>
          store.journal.write({
            at: event.at,
            subject: 'pbx',
            id: 'pbx',
            event: 'alarm',
            data: { reason: event.reason },
          }),
        );
        return;
      case 'trunk.state':
        hearTrunk(floor, event.trunk, event.up);
        return;
      default:
        hear(floor, event);
    }
  }

  /** Reconcile first, dial after; a loss in between makes this run of it void. */
  async function onUp(restarted: boolean): Promise<void> {
    const mine = (generation += 1);
    floor.holds.set('reconciling', 'comparing stored calls with live ones');
    floor.holds.delete('pbx-lost');
    try {
      await reconcile(floor, restarted);
      askTrunks(floor);
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'reconcile failed; trying again');
      clock.after(1_000, () => {
        if (mine === generation) void onUp(restarted);
      });
      return;
    }
    if (mine !== generation) return;
    floor.holds.delete('reconciling');
    floor.holds.delete('starting');
    log.info({ live: floor.attempts.size, restarted }, 'reconciled; dialing may go on');
    floor.wake();
  }

  const prune = (): void =>
    store.commit(() => {
      store.pacing.prune(clock.now() - KEEP_PACING_MS);
      store.usage.prune(clock.now());
    });

  const liveCalls = (): number => floor.attempts.size + floor.callers.size;
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));

  function load(): void {
    configure(floor, parts.settings);
    checkLedgerTail(floor);
    watchDisk(floor);
    for (const row of store.agents.all()) {
      const agent = floor.agents.get(row.id as AgentId);
      if (agent !== undefined) Object.assign(agent, row);
    }
    for (const { spec, policy } of parts.campaigns) {
      const row = store.campaigns.byName(spec.name);
      if (row === undefined) throw new Error(`campaign ${spec.name} is not in the store`);
      const campaign = newCampaign(row.id, spec, policy, row.state, row.reason);
      loadSegments(floor, campaign);
      floor.campaigns.set(row.name, campaign);
    }
    recallUnresolved(floor);
    recallReplies(floor);
    for (const campaign of floor.campaigns.values()) {
      if (campaign.state !== 'draft' && campaign.state !== 'stopped') openPacing(floor, campaign);
    }
  }

  return {
    floor,
    async start() {
      load();
      resumeFiling(floor);
      stops.push(clock.every(TICK_MS, () => floor.wake()));
      stops.push(
        clock.every(AUDIT_MS, () => {
          if (mayAudit(floor)) {
            askTrunks(floor, ({ up }) => !up);
            audit(floor).catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'audit failed'));
          }
        }),
      );
      stops.push(
        clock.every(
          SAVE_PACING_MS,
          guarded(() => savePacing(floor)),
        ),
      );
      stops.push(
        clock.every(
          PRUNE_MS,
          guarded(() => void prune()),
        ),
      );
      await pbx.start(guarded(handle));
    },
    async drain() {
      floor.holds.set('draining', 'the daemon is stopping after its live calls');
      while (liveCalls() > 0 && !fatal) await wait(100);
    },
    async stop() {
      floor.holds.set('draining', 'the daemon is stopping');
      for (const stop of stops) stop();
      if (!fatal) for (const campaign of floor.campaigns.values()) closePacing(floor, campaign);
      for (const run of floor.attempts.values()) clearTimer(run);
      for (const agent of floor.agents.values()) {
        clearTimer(agent);
        clearTimer(agent.entry);
      }
      await pbx.stop();
    },
    pbxHealth: () => health,
    configure: (settings) => floor.act(() => configure(floor, settings)),
  };
}

/** A campaign's run in memory, as its row has it. */
export function newCampaign(
  id: number,
  spec: CampaignSpec,
  policy: Policy,
  state: CampaignRun['state'],
  reason: string | null,
): CampaignRun {
  return {
    id,
    name: spec.name,
    spec,
    policy,
    state,
    reason,
    attempts: new Set(),
    segments: [],
    queue: plainQueue(),
    filing: false,
    rest: null,
    pacing: null,
  };
}

/** Whether calls may be placed, and if not, why. */
export function readiness(floor: Floor): { ok: boolean; reasons: { hold: Hold; reason: string }[] } {
  return { ok: mayDial(floor), reasons: [...floor.holds].map(([hold, reason]) => ({ hold, reason })) };
}
