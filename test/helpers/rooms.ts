import type { AttemptId } from '../../lib/core/attempt.ts';
import { createAnswerHours } from '../../lib/store/answer-hours.ts';
import { createAttempts } from '../../lib/store/attempts.ts';
import { createCallbacks } from '../../lib/store/callbacks.ts';
import { createCampaigns } from '../../lib/store/campaigns.ts';
import { raiseEpoch } from '../../lib/store/epoch.ts';
import { createErasures } from '../../lib/store/erasures.ts';
import { createFactReader, type GateCampaign } from '../../lib/store/facts.ts';
import { createGate, type GateRequest } from '../../lib/store/gate-transaction.ts';
import { createHistory } from '../../lib/store/history.ts';
import { createImports } from '../../lib/store/imports.ts';
import { createInbound } from '../../lib/store/inbound.ts';
import { createJournal } from '../../lib/store/journal.ts';
import { createLedger } from '../../lib/store/ledger.ts';
import { plainQueue } from '../../lib/store/lead-queue.ts';
import { createLeads } from '../../lib/store/leads.ts';
import { createLineBlocks } from '../../lib/store/line-blocks.ts';
import { openStore, type Db } from '../../lib/store/open.ts';
import { createNumberSets } from '../../lib/store/number-sets.ts';
import { createPolicies } from '../../lib/store/policies.ts';
import { createRanges } from '../../lib/store/ranges.ts';
import { createRedialDeeds } from '../../lib/store/redial-deeds.ts';
import { createRedials } from '../../lib/store/redials.ts';
import { createResults } from '../../lib/store/results.ts';
import { createRegisters } from '../../lib/store/registers.ts';
import { createSchedules } from '../../lib/store/schedules.ts';
import { createSegments } from '../../lib/store/segments.ts';
import { createStories } from '../../lib/store/stories.ts';
import { createVerdicts } from '../../lib/store/verdicts.ts';
import { createWrittenFiles } from '../../lib/store/written-files.ts';
import { KEYED } from './keyed.ts';
import { ruDefault } from './policy.ts';
import { CALLER, ENTITY, NOON, phoneOf, registerCaller, serialIds, specWith } from './rig.ts';

/** The store's rooms on a database the test can look into and break. */
export function createRooms(
  db: Db = openStore(':memory:', KEYED),
  newAttemptId: (now: number) => AttemptId = serialIds(),
) {
  const journal = createJournal(db);
  const leads = createLeads(db);
  const registers = createRegisters(db);
  const factsFor = createFactReader(db, registers, KEYED);
  const ledger = createLedger(db, KEYED);
  const policies = createPolicies(db);
  const callbacks = createCallbacks(db);
  const fence = raiseEpoch(db);
  return {
    db,
    journal,
    leads,
    ...registers,
    factsFor,
    ledger,
    policies,
    callbacks,
    fence,
    erasures: createErasures(db, KEYED),
    stories: createStories(db, KEYED),
    writtenFiles: createWrittenFiles(db),
    verdicts: createVerdicts(db),
    imports: createImports(db),
    inbound: createInbound(db, newAttemptId),
    numberSets: createNumberSets(db, KEYED),
    campaigns: createCampaigns(db),
    ranges: createRanges(db),
    lineBlocks: createLineBlocks(db),
    attempts: createAttempts(db),
    redials: createRedials(db),
    redialDeeds: createRedialDeeds(db),
    schedules: createSchedules(db),
    segments: createSegments(db),
    answerHours: createAnswerHours(db),
    history: createHistory(db),
    results: createResults(db),
    gate: createGate(db, { factsFor, leads, journal, ledger, policies, callbacks, fence }, newAttemptId),
  };
}

export type Rooms = ReturnType<typeof createRooms>;

/** A running campaign; the first one registers the caller number. */
export function runningCampaign(rooms: Rooms, name = 'test'): number {
  if (rooms.campaigns.all().length === 0) registerCaller(rooms, NOON);
  const id = rooms.campaigns.insert(name, JSON.stringify(specWith({ name })), NOON);
  rooms.campaigns.setState(id, 'running', null, NOON);
  return id;
}

/** What the dialer would ask the gate at noon. */
export function request(campaign: number, changes: Partial<GateRequest> = {}): GateRequest {
  const asked: Omit<GateCampaign, 'state'> = {
    id: campaign,
    purpose: 'informational',
    mode: 'progressive',
    entity: ENTITY,
    personalData: 'contract',
    caller: phoneOf(CALLER),
    maxAttemptsPerDay: 2,
    maxAttemptsPerWeek: null,
    maxAttemptsPerLead: 9,
    maxAttemptsPerNumber: null,
    minIntervalMs: 900_000,
    hours: null,
  };
  return {
    campaign: asked,
    queue: plainQueue(),
    trunk: 'pstn',
    ringTimeoutMs: 20_000,
    policy: ruDefault,
    now: NOON,
    monotonic: 0,
    want: 10,
    covered: 10,
    clockJumpedAt: null,
    budget: 64,
    ...changes,
  };
}

/** Every row of these tables, to compare before with after. */
export function dump(db: Db, tables: readonly string[] = ['leads', 'verdicts', 'attempts', 'journal']): unknown {
  return Object.fromEntries(tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()]));
}
