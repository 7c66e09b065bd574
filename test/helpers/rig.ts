import type { CampaignSpec } from '../../lib/campaign-file.ts';
import { parseCampaign } from '../../lib/campaign-file.ts';
import type { AttemptId } from '../../lib/core/attempt.ts';
import type { Purpose } from '../../lib/core/campaign.ts';
import { parsePhone, type Phone } from '../../lib/core/phone.ts';
import { moveAgent } from '../../lib/dialer/agents.ts';
import { moveCampaign } from '../../lib/dialer/campaign-run.ts';
import { createEngine, type Engine } from '../../lib/dialer/engine.ts';
import type { CampaignRun, Safety } from '../../lib/dialer/floor.ts';
import type { AgentId, Pbx } from '../../lib/dialer/pbx.ts';
import type { Clock } from '../../lib/clock.ts';
import { createLog, type Logger } from '../../lib/log.ts';
import { createStore, type Store } from '../../lib/store/store.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { ruDefault } from './policy.ts';

/** Wednesday 25 November 2026, 12:00 in Moscow: an ordinary working day. */
export const NOON = Date.parse('2026-11-25T09:00:00Z');
export const ENTITY = '7701234567';
export const CALLER = '+74951234567';

/** A log that keeps its lines for tests to read. */
export function memoryLog(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    level: 'debug',
    stream: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  return { log, lines };
}

export function phoneOf(text: string): Phone {
  const parsed = parsePhone(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.phone;
}

/** A campaign file's spec with the given fields changed. */
export function specWith(changes: Partial<CampaignSpec> = {}): CampaignSpec {
  const checked = parseCampaign(
    `{name: test, purpose: informational, mode: progressive, entity: {inn: "${ENTITY}", name: Test}, personalData: {basis: contract},
      line: "${CALLER}", trunk: pstn, agents: all, policy: ru-default, ringTimeoutS: 20, wrapUpS: 1}`,
    'test.yaml',
  );
  if (!checked.ok) throw new Error(checked.problems.map((problem) => problem.message).join('; '));
  return { ...checked.value, ...changes };
}

/** Records the МАВ registration of the caller number. */
export function registerCaller(
  store: Pick<Store, 'registrations'>,
  now: number,
  purposes: readonly Purpose[] = ['informational'],
): void {
  store.registrations.insert(
    {
      caller: phoneOf(CALLER),
      operator: '*',
      entity: ENTITY,
      purposes,
      label: 'Test',
      category: 'Услуги связи',
      contract: null,
      validFrom: now - 86_400_000,
      validTo: null,
      status: 'active',
      verifiedAt: now,
    },
    now,
  );
}

/** A lead with consent for all its numbers, in Moscow. */
export function addLead(
  store: Pick<Store, 'leads' | 'consents'>,
  campaign: number,
  phone: Phone,
  now: number,
  more: { zone?: string | null; consent?: boolean; priority?: number; person?: string; others?: readonly Phone[] } = {},
): void {
  store.leads.insert(
    {
      campaign,
      phone,
      others: more.others ?? [],
      person: more.person ?? null,
      name: null,
      zone: more.zone === undefined ? 'Europe/Moscow' : more.zone,
      region: null,
      priority: more.priority ?? 0,
      vars: {},
      list: 'test',
      listRow: 1,
      ...(more.others === undefined ? {} : { others: more.others }),
    },
    now,
  );
  if (more.consent === false) return;
  for (const one of [phone, ...(more.others ?? [])]) {
    store.consents.insert(
      {
        phone: one,
        kinds: ['CALL', 'PD'],
        purposes: [],
        entities: [ENTITY],
        givenAt: now - 86_400_000,
        expiresAt: null,
        verifiedBy: 'sms',
        evidence: 'test',
        source: 'test',
      },
      now,
    );
  }
}

export interface Rig {
  readonly engine: Engine;
  /** All agents of the rig logged in and waiting. */
  readonly crewReady: () => boolean;
  readonly store: Store;
  readonly campaign: CampaignRun;
  readonly lines: Record<string, unknown>[];
  readonly fatal: unknown[];
}

/** A dialer over any PBX and clock: one campaign, agents a1…aN, a store of its own. */
export function buildRig(parts: {
  clock: Clock;
  pbx: Pbx;
  agents?: number;
  spec?: Partial<CampaignSpec>;
  path?: string;
  store?: Store;
  endpoint?: (n: number) => string;
  trunk?: { channels: number; originatesPerSecond: number };
  policy?: Policy;
  otherTrunks?: readonly string[];
  /** No ballast unless asked for. */
  safety?: Safety;
}): Rig {
  const { clock, pbx } = parts;
  const { log, lines } = memoryLog();
  const store = parts.store ?? createStore(parts.path ?? ':memory:', { newAttemptId: serialIds() });
  const spec = specWith(parts.spec);
  if (store.campaigns.byName(spec.name) === undefined) {
    store.campaigns.insert(spec.name, JSON.stringify(spec), clock.now());
    registerCaller(store, clock.now());
  }
  const fatal: unknown[] = [];
  const agents = Object.fromEntries(
    Array.from({ length: parts.agents ?? 2 }, (_, i) => [
      `a${i + 1}`,
      { name: `Agent ${i + 1}`, endpoint: parts.endpoint?.(i + 1) ?? `PJSIP/agent${i + 1}` },
    ]),
  );
  const engine = createEngine({
    clock,
    log,
    store,
    pbx,
    settings: {
      trunks: { pstn: parts.trunk ?? { channels: 30, originatesPerSecond: 50 } },
      agents,
      safety: parts.safety ?? { minFreeMb: 1, ballastMb: 0 },
    },
    campaigns: store.campaigns
      .all()
      .map((row) => ({ spec: JSON.parse(row.spec) as CampaignSpec, policy: parts.policy ?? ruDefault })),
    onFatal: (error) => fatal.push(error),
  });
  return {
    engine,
    crewReady: () => [...engine.floor.agents.values()].every((agent) => agent.state === 'available'),
    store,
    lines,
    fatal,
    get campaign() {
      const run = engine.floor.campaigns.get(spec.name);
      if (run === undefined) throw new Error('the engine is not started');
      return run;
    },
  };
}

/** Logs agents in, ready. */
export function login(rig: Rig, ids: readonly string[] = [...rig.engine.floor.agents.keys()]): void {
  for (const id of ids) {
    const agent = rig.engine.floor.agents.get(id as AgentId);
    if (agent === undefined) throw new Error(`no agent ${id}`);
    agent.onUp = 'available';
    moveAgent(rig.engine.floor, agent, 'login');
  }
}

export function startCampaign(rig: Rig): void {
  moveCampaign(rig.engine.floor, rig.campaign, 'start');
}

/** Ids in sequence, so that a failing run is the same run again. */
export function serialIds(): (now: number) => AttemptId {
  let n = 0;
  return (now) => `at-${now.toString(36)}-${(n += 1).toString().padStart(6, '0')}` as AttemptId;
}
