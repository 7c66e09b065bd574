import { parsePhone, phoneFromInteger } from '../../core/phone.ts';
import { CODES, type Verdict as GateVerdict } from '../../core/verdict.ts';
import { gateCampaign } from '../../dialer/campaign-run.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { ObzvonError } from '../../errors.ts';
import type { AttemptRow } from '../../store/attempts.ts';
import type { VerdictRow } from '../../store/verdicts.ts';
import type { Call, Verdict } from '../commands/calls.ts';
import type { CampaignReport, Durations } from '../commands/campaigns.ts';
import type { Handlers } from '../server.ts';
import { callCounts, leadCounts, refusals } from './campaigns.ts';
import { campaignNamed, shownPhone, type Daemon } from './daemon.ts';
import { journalled } from './pacing.ts';
import { resultFigures, toResult } from './results.ts';

/** Calls, reports, and the gate asked dry. */
export function callHandlers(daemon: Daemon) {
  const { store, engine } = daemon;
  const nameOf = (id: number) => [...engine.floor.campaigns.values()].find((run) => run.id === id)?.name ?? String(id);

  function toCall(row: AttemptRow): Call {
    return {
      id: row.id,
      campaign: nameOf(row.campaign),
      phone: shownPhone(row.phone),
      caller: phoneFromInteger(row.caller),
      trunk: row.trunk,
      state: row.state,
      agent: row.agent,
      plannedAt: row.planned_at,
      originatedAt: row.originated_at,
      rangAt: row.rang_at,
      answeredAt: row.answered_at,
      bridgedAt: row.bridged_at,
      endedAt: row.ended_at,
      disposition: row.disposition,
      cause: row.cause,
      sipCode: row.sip_code,
    };
  }

  return {
    'call.list': ({ campaign, state, limit }) => {
      const id = campaign === undefined ? null : campaignNamed(daemon, campaign).id;
      return { calls: store.attempts.recent(id, state ?? null, limit).map(toCall) };
    },
    'call.show': ({ id }) => {
      const row = store.attempts.byId(id);
      if (row === undefined) throw new ObzvonError('NOT_FOUND', `there is no call “${id}”`);
      const lead = store.leads.byId(row.lead);
      const verdict = store.verdicts.byId(row.verdict);
      const decision = store.pacing.decisionOf(id);
      if (lead === undefined || verdict === undefined) throw new Error(`call ${id} lost its lead or verdict`);
      return {
        ...toCall(row),
        sipCallId: row.sip_call_id,
        witness: row.witness,
        lead: { id: lead.id, name: lead.name, list: lead.list, row: lead.list_row },
        verdict: storedVerdict(verdict),
        results: store.results.history(id).map(toResult),
        pacing: decision === undefined ? null : journalled(decision),
        journal: store.journal.of('attempt', id).map(({ at, event, from, to, data }) => ({
          at,
          event,
          from,
          to,
          data: JSON.parse(data) as Record<string, unknown>,
        })),
      };
    },
    'report.campaign': ({ name }) => report(daemon, campaignNamed(daemon, name)),
    'gate.explain': ({ campaign: name, phone: text, at }) => {
      const campaign = campaignNamed(daemon, name);
      const now = at ?? daemon.clock.now();
      const parsed = parsePhone(text);
      const phone = parsed.ok ? parsed.phone : text;
      const { verdict, checks, lead } = store.gate.explain(
        gateCampaign(engine.floor, campaign),
        parsed,
        campaign.policy,
        now,
        at === undefined ? daemon.engine.floor : null,
      );
      const { notice, unsure } = campaign.policy;
      return {
        ...dryVerdict(verdict, now),
        campaign: name,
        phone,
        lead,
        checks,
        notice,
        unsure: unsure.map(({ field }) => field),
      };
    },
  } satisfies Handlers;
}

function dryVerdict(verdict: GateVerdict, at: number): Verdict {
  const { evidence } = verdict;
  return {
    at,
    verdict: verdict.verdict,
    codes: verdict.findings
      .map(({ code, severity, detail }) => ({ code, verdict: severity, text: detail }))
      .sort((a, b) => Number(b.code === verdict.primary) - Number(a.code === verdict.primary)),
    notBefore: verdict.notBefore,
    policy: evidence.policy,
    consent: evidence.consentId,
    registration: evidence.registrationId,
    label: evidence.label,
    zone: evidence.zone,
  };
}

function storedVerdict(row: VerdictRow): Verdict {
  return {
    at: row.at,
    verdict: row.verdict,
    codes: row.codes
      .map((code) => ({ code, verdict: CODES[code].severity, text: CODES[code].title }))
      .sort((a, b) => Number(b.code === row.code) - Number(a.code === row.code)),
    notBefore: row.notBefore,
    policy: row.policy,
    consent: row.consents[0] ?? null,
    registration: row.registration,
    label: row.label,
    zone: row.zone,
  };
}

function report(daemon: Daemon, campaign: CampaignRun): CampaignReport {
  const { store, engine } = daemon;
  const { spec } = campaign;
  const figures = store.reports.figures(campaign.id, spec.answerLimitMs);
  const calls = callCounts(daemon, campaign);
  const said = new Map(store.results.byAgent(campaign.id).map((row) => [row.agent, row]));
  return {
    name: campaign.name,
    title: spec.title,
    state: campaign.state,
    from: figures.firstAt,
    to: figures.lastAt,
    leads: leadCounts(daemon, campaign),
    refused: refusals(daemon, campaign),
    calls,
    abandonRate: calls.answered === 0 ? null : calls.abandoned / calls.answered,
    talkMs: durations(store.reports.talks(campaign.id)),
    waitMs: durations(store.reports.waits(campaign.id)),
    agents: store.reports.byAgent(campaign.id).map((row) => ({
      id: row.agent,
      name: engine.floor.agents.get(row.agent as never)?.name ?? row.agent,
      calls: row.calls,
      talkMs: row.talkMs,
      results: said.get(row.agent)?.results ?? 0,
      targets: said.get(row.agent)?.targets ?? 0,
    })),
    results: resultFigures(daemon, campaign, calls.connected),
    checks: store.checks.of(campaign.id, spec.entity.inn, spec.purpose, spec.answerLimitMs),
  };
}

function durations(sorted: readonly number[]): Durations {
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return {
    count: sorted.length,
    total: sorted.reduce((sum, ms) => sum + ms, 0),
    p50: at(0.5),
    p99: at(0.99),
    max: sorted.at(-1) ?? null,
  };
}
