import { isDeepStrictEqual } from 'node:util';
import { parseCampaign, type CampaignSpec } from '../../campaign-file.ts';
import { campaignResults } from '../../campaign-results.ts';
import type { AgentState } from '../../core/agent.ts';
import type { LeadState } from '../../core/lead.ts';
import { haltingFinding } from '../../core/campaign-wide.ts';
import { CODES, type Code } from '../../core/verdict.ts';
import { agentsOf } from '../../dialer/floor.ts';
import { gateCampaign, moveCampaign } from '../../dialer/campaign-run.ts';
import { newCampaign } from '../../dialer/engine.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { openPacing } from '../../dialer/pacing.ts';
import { changeSegments } from '../../dialer/segments.ts';
import { ObzvonError } from '../../errors.ts';
import { formatProblem } from '../../problems.ts';
import type {
  CampaignDetails,
  CampaignSummary,
  CallCounts,
  LeadCounts,
  Preflight,
  RefusalCount,
} from '../commands/campaigns.ts';
import type { Handlers, Sender } from '../server.ts';
import { campaignNamed, phoneTyped, type Daemon } from './daemon.ts';
import { pacingNow } from './pacing.ts';
import { resultFigures } from './results.ts';
import { absentColumns } from './segments.ts';

/** Leads asked about at a start; a bigger base is extrapolated by nobody: the rest is dialed and then known. */
const CENSUS_LIMIT = 2_000;

/** A halt is the system's own, for a reason somebody must mend: who runs campaigns does not lift it. */
function mayLift({ name, state, reason }: CampaignRun, { role }: Sender): void {
  if (state !== 'halted' || role !== 'lead') return;
  throw new ObzvonError('ROLE_DENIED', `${name} has halted (${reason ?? 'no reason told'}): a halt is lifted by ops`);
}

/** Campaign commands. */
export function campaignHandlers(daemon: Daemon) {
  const { store, engine, clock } = daemon;
  const { floor } = engine;

  return {
    'campaign.apply': ({ text, file }) => apply(daemon, text, file),
    'campaign.list': () => ({ campaigns: [...floor.campaigns.values()].map((campaign) => summary(daemon, campaign)) }),
    'campaign.show': ({ name }) => details(daemon, campaignNamed(daemon, name)),
    'campaign.start': async ({ name }, { by }) => {
      const campaign = campaignNamed(daemon, name);
      mayLift(campaign, by);
      await mayStart(daemon, campaign);
      return floor.act(() => {
        const released = ['draft', 'stopped'].includes(campaign.state)
          ? store.leads.releaseRefused(campaign.id, clock.now())
          : 0;
        if (released > 0)
          daemon.log.info({ campaign: name, leads: released }, 'refused leads go before the gate again');
        const report = preflight(daemon, campaign);
        move(campaign, 'start');
        return { ...report, state: campaign.state };
      });
    },
    'campaign.pause': ({ name }) => moved(campaignNamed(daemon, name), 'pause'),
    'campaign.resume': async ({ name }, { by }) => {
      const campaign = campaignNamed(daemon, name);
      mayLift(campaign, by);
      await mayStart(daemon, campaign);
      return moved(campaign, 'resume');
    },
    'campaign.stop': ({ name }) => moved(campaignNamed(daemon, name), 'stop'),
  } satisfies Handlers;

  function move(campaign: CampaignRun, event: 'start' | 'pause' | 'resume' | 'stop'): void {
    if (!moveCampaign(floor, campaign, event)) {
      throw new ObzvonError('MOVE_REFUSED', `campaign ${campaign.name} is ${campaign.state}: it cannot ${event}`);
    }
  }

  function moved(campaign: CampaignRun, event: 'pause' | 'resume' | 'stop') {
    move(campaign, event);
    return { name: campaign.name, state: campaign.state };
  }
}

function apply(daemon: Daemon, text: string, file: string) {
  const { store, engine, clock } = daemon;
  const { floor } = engine;
  const checked = parseCampaign(text, file, {
    trunks: [...floor.trunks.keys()],
    agents: [...floor.agents.keys()],
    policies: [...daemon.policies().keys()],
  });
  if (!checked.ok) {
    throw new ObzvonError('CAMPAIGN_INVALID', `${file} is not a campaign`, {
      details: checked.problems.map(formatProblem),
    });
  }
  const spec: CampaignSpec = { ...checked.value, line: phoneTyped(checked.value.line) };
  const policy = daemon.policies().get(spec.policy);
  if (policy === undefined) throw new ObzvonError('NOT_FOUND', `there is no policy pack “${spec.policy}”`);
  return floor.act(() => {
    const known = floor.campaigns.get(spec.name);
    const json = JSON.stringify(spec);
    const now = clock.now();
    if (known === undefined) {
      const id = store.campaigns.insert(spec.name, json, now);
      const campaign = newCampaign(id, spec, policy, 'draft', null);
      floor.campaigns.set(spec.name, campaign);
      changeSegments(floor, campaign, null);
    } else if (isDeepStrictEqual(known.spec, spec)) {
      return { name: spec.name, created: false, changed: false, warnings: absentColumns(store, known) };
    } else {
      const before = known.spec;
      store.campaigns.setSpec(known.id, json, now);
      known.spec = spec;
      known.policy = policy;
      changeSegments(floor, known, before);
      if (known.pacing !== null) openPacing(floor, known);
    }
    store.journal.write({ at: now, subject: 'campaign', id: spec.name, event: 'applied', data: { spec } });
    const warnings = known === undefined ? [] : absentColumns(store, known);
    return { name: spec.name, created: known === undefined, changed: true, warnings };
  });
}

/** Throws why a campaign cannot be started now; nothing is changed. */
export async function mayStart(daemon: Daemon, campaign: CampaignRun): Promise<void> {
  const { spec } = campaign;
  const { floor } = daemon.engine;
  if (!['draft', 'stopped', 'paused', 'halted', 'draining'].includes(campaign.state)) {
    throw new ObzvonError('MOVE_REFUSED', `campaign ${spec.name} is ${campaign.state} already`);
  }
  if (!floor.trunks.has(spec.trunk)) {
    throw new ObzvonError('PREFLIGHT_FAILED', `trunk ${spec.trunk} is not in the daemon’s config`);
  }
  if (agentsOf(floor, campaign).length === 0) {
    throw new ObzvonError('PREFLIGHT_FAILED', `campaign ${spec.name} has no agent that is in the daemon’s config`);
  }
  const refusal = refusalOfCampaign(daemon, campaign);
  if (refusal !== null) {
    const { title, law } = CODES[refusal.code];
    throw new ObzvonError('REFUSED_BY_GATE', `the gate refuses every call of ${spec.name}: ${refusal.code}. ${title}`, {
      details: [refusal.detail, `rests on: ${law}`],
      ...(refusal.code.startsWith('MAV_') || refusal.code === 'CALLER_ID_HIDDEN'
        ? { hint: 'record the caller number’s МАВ registration with obzvon line add' }
        : {}),
    });
  }
  if (spec.mode !== 'progressive' && spec.mode !== 'predictive') {
    throw new ObzvonError(
      'PREFLIGHT_FAILED',
      `mode ${spec.mode} is not dialed by this version; progressive and predictive are`,
    );
  }
  const trunk = await floor.pbx.trunkState(spec.trunk).catch(() => 'unknown' as const);
  if (trunk === 'down') {
    throw new ObzvonError('PBX_TRUNK_DEAD', `trunk ${spec.trunk} does not answer: no call can be placed`);
  }
}

/** A refusal that stands before every lead, found on any one of them. */
function refusalOfCampaign(daemon: Daemon, campaign: CampaignRun): { code: Code; detail: string } | null {
  const lead = daemon.store.leads.any(campaign.id);
  if (lead === undefined) return null;
  const now = daemon.clock.now();
  const { verdict } = daemon.store.gate.rehearse(
    { ...gateCampaign(daemon.engine.floor, campaign), state: 'running' },
    lead,
    campaign.policy,
    now,
  );
  return haltingFinding(verdict);
}

function preflight(daemon: Daemon, campaign: CampaignRun): Preflight {
  const { store, engine, clock } = daemon;
  const census = store.gate.census(
    { ...gateCampaign(daemon.engine.floor, campaign), state: 'running' },
    campaign.queue,
    campaign.policy,
    clock.now(),
    CENSUS_LIMIT,
  );
  const leads = leadCounts(daemon, campaign);
  const crew = agentsOf(engine.floor, campaign).filter((agent) => agent.state !== 'offline').length;
  const warnings: string[] = [];
  const { due } = store.callbacks.counts(campaign.id, clock.now());
  if (due > 0) warnings.push(`${due} callbacks are due and unmet: they are dialed first of all`);
  if (crew === 0) warnings.push('no agent is logged in: nothing is dialed until one is available');
  if (leads.total === 0) warnings.push('the campaign has no leads: import some with obzvon lead import');
  if (campaign.filing) warnings.push('leads are being put into changed segments: dialing begins when they are');
  else if (leads.callable > 0 && census.looked === 0) {
    warnings.push(
      'every lead that may be called is outside where, or in a segment that is paused or of share 0: obzvon segment list',
    );
  }
  const { mode, purpose, pacing } = campaign.spec;
  if (!campaignResults(campaign.spec).some(({ target }) => target)) {
    warnings.push('none of its results is a target: reports tell no conversion');
  }
  if (mode === 'predictive' && purpose === 'collection') {
    warnings.push('an abandoned call uses up a debtor’s contact (230-ФЗ art. 7): mode: progressive abandons none');
  }
  if (mode === 'predictive' && pacing.method === 'ratio' && pacing.ratio > 1) {
    warnings.push('a fixed ratio heeds no abandonment limit: pacing.method: predictive does');
  }
  if (census.looked === CENSUS_LIMIT) warnings.push(`the gate was asked about the first ${CENSUS_LIMIT} leads only`);
  return {
    name: campaign.name,
    state: campaign.state,
    leads: leads.total,
    callable: census.allowed,
    later: leads.waiting,
    refused: Object.entries(census.byCode).map(([code, n]) => refusalCount(code, n)),
    final: leads.done + leads.spent + leads['opted-out'] + census.spent,
    agents: crew,
    warnings,
  };
}

function refusalCount(code: string, leads: number): RefusalCount {
  return { code, verdict: CODES[code as Code]?.severity ?? 'DENY', leads };
}

/** Leads of a campaign by state. */
export function leadCounts(daemon: Daemon, campaign: CampaignRun): LeadCounts {
  const counts: Record<LeadState, number> = {
    callable: 0,
    dialing: 0,
    waiting: 0,
    promised: 0,
    held: 0,
    blocked: 0,
    done: 0,
    spent: 0,
    'opted-out': 0,
  };
  let total = 0;
  for (const { state, n } of daemon.store.leads.counts(campaign.id)) {
    counts[state] += n;
    total += n;
  }
  return { ...counts, total };
}

/** Leads the gate stands before, by code. */
export function refusals(daemon: Daemon, campaign: CampaignRun): RefusalCount[] {
  return daemon.store.leads
    .counts(campaign.id)
    .flatMap(({ reason, n }) => (reason === null ? [] : [refusalCount(reason, n)]));
}

/** A campaign in a line. */
export function summary(daemon: Daemon, campaign: CampaignRun): CampaignSummary {
  const { spec } = campaign;
  return {
    name: campaign.name,
    title: spec.title,
    state: campaign.state,
    reason: campaign.reason ?? restReason(campaign),
    since: daemon.store.campaigns.byName(campaign.name)?.updated_at ?? 0,
    purpose: spec.purpose,
    mode: spec.mode,
    leads: leadCounts(daemon, campaign),
    liveCalls: campaign.attempts.size,
    callbacks: daemon.store.callbacks.counts(campaign.id, daemon.clock.now()),
    pacing: pacingNow(campaign),
  };
}

function restReason({ state, rest }: CampaignRun): string | null {
  if (state !== 'running' || rest === null) return null;
  const what = rest.kind === 'rest' ? 'rests' : 'calls for free agents alone';
  return `${what} until ${new Date(rest.until).toISOString()}: ${rest.code}: ${rest.detail}`;
}

/** Attempts of a campaign by how they ended. */
export function callCounts(daemon: Daemon, campaign: CampaignRun): CallCounts {
  const figures = daemon.store.reports.figures(campaign.id, campaign.spec.answerLimitMs);
  const rows = daemon.store.reports.dispositions(campaign.id);
  const byDisposition = Object.fromEntries(
    rows.flatMap(({ disposition, n }) => (disposition === null ? [] : [[disposition, n]])),
  );
  return {
    attempts: figures.attempts,
    answered: figures.answered,
    connected: figures.connected,
    abandoned: figures.abandoned + figures.connectedLate,
    optedOut: rows.find(({ disposition }) => disposition === 'opted-out')?.n ?? 0,
    byDisposition,
  };
}

function details(daemon: Daemon, campaign: CampaignRun): CampaignDetails {
  const agents: Partial<Record<AgentState, number>> = {};
  const calls = callCounts(daemon, campaign);
  for (const { state } of agentsOf(daemon.engine.floor, campaign)) agents[state] = (agents[state] ?? 0) + 1;
  return {
    ...summary(daemon, campaign),
    spec: campaign.spec,
    calls,
    refused: refusals(daemon, campaign),
    agents,
    results: resultFigures(daemon, campaign, calls.connected),
    segments: campaign.segments.map(({ name, share, pausedAt }) => ({ name, share, pausedAt })),
    nextDueAt: daemon.store.leads.nextDueAt(
      campaign.id,
      campaign.queue.parts.map(({ segment }) => segment),
    ),
  };
}
