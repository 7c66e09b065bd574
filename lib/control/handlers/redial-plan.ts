import { REDIAL_CODES } from '../../core/redial.ts';
import { mixOf, taken, turnOf } from '../../core/mix.ts';
import { localDate } from '../../core/pass-date.ts';
import { CODES } from '../../core/verdict.ts';
import { instantOf } from '../../core/zone-clock.ts';
import type { OpenLeads } from '../../campaign-history.ts';
import { gateCampaign } from '../../dialer/campaign-run.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { barsOf, queueOf } from '../../dialer/segments.ts';
import { ObzvonError } from '../../errors.ts';
import { maskPhone } from '../../log.ts';
import type { PassWhom } from '../../store/base/leads.ts';
import { NAMED, type BaseSummary, type CallGroup, type HeadLead } from '../../store/base/summary.ts';
import type { RedialRow } from '../../store/redials.ts';
import type { RedialForesight, RedialPlan, RedialReason } from '../commands/redials.ts';
import type { CallContext } from '../server.ts';
import { shownPhone, type Daemon } from './daemon.ts';
import { offsetsOf } from './history.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Dates a plan may be asked for: past them calendars, consents and registers are other ones. */
const DAYS_AHEAD = 31;

/** A plan and what it says of each lead. */
export interface PlannedLeads {
  readonly plan: RedialPlan;
  /** No lead of a higher id was there. */
  readonly lastLead: number;
  /** null: to be called; a code: not, and why. Of leads that are not the campaign's it says nothing. */
  readonly codeOf: (lead: number) => string | null;
}

/** What a pass of this date would do, asked ahead: from now on when it is today's, else from the begin of its date. */
export async function foreseeRedial(
  daemon: Daemon,
  campaign: CampaignRun,
  given: string | undefined,
  { signal }: Pick<CallContext, 'signal'>,
): Promise<RedialForesight> {
  const zone = daemon.config().zone;
  const now = daemon.clock.now();
  const today = localDate(zone, now);
  const date = given ?? today;
  const [from, until] = [beginOf(date, zone), endOf(date, zone)];
  if (date < today || from > now + DAYS_AHEAD * DAY_MS) {
    throw new ObzvonError(
      'USAGE',
      `no plan is made for ${date}: ask for ${today} or a date at most ${DAYS_AHEAD} days ahead`,
    );
  }
  const { plan, summary } = await askAll(daemon, campaign, date, { now: Math.max(now, from), until }, signal);
  return { plan, until, zone, open: openLeads(summary.groups, plan.at) };
}

/** The plan of a pass that begins now; nothing is written. It holds until the date is over, and for a day at least. */
export async function planRedial(
  daemon: Daemon,
  campaign: CampaignRun,
  date: string,
  { signal }: Pick<CallContext, 'signal'>,
): Promise<PlannedLeads> {
  const now = daemon.clock.now();
  const lastLead = daemon.store.redials.lastLead();
  const until = Math.max(endOf(date, daemon.config().zone), now + DAY_MS);
  const { plan, codeOf } = await askAll(daemon, campaign, date, { now, until }, signal);
  return { plan, lastLead, codeOf: (lead) => codeOf(lead) ?? null };
}

async function askAll(
  { store, engine }: Daemon,
  campaign: CampaignRun,
  date: string,
  { now, until }: { readonly now: number; readonly until: number },
  signal: AbortSignal,
) {
  const before = store.redials.of(campaign.id, 3).find((pass) => pass.state === 'begun' && pass.for_date <= date);
  const { summary, codeOf } = await store.inquire(
    {
      campaign: { ...gateCampaign(engine.floor, campaign), state: 'running' },
      policy: campaign.policy,
      now,
      until,
      whom: whomOf(campaign, before),
    },
    signal,
  );
  return { plan: planOf(campaign, date, now, summary, before), summary, codeOf };
}

function whomOf(campaign: CampaignRun, before: RedialRow | undefined): PassWhom {
  const { spec, segments } = campaign;
  return {
    kind: 'pass',
    rules: spec.redial,
    where: spec.redial.where,
    parting: { where: spec.where, segments: segments.map(({ id, where }) => ({ id, where })) },
    bars: barsOf(campaign),
    before: before?.id ?? null,
  };
}

function planOf(
  campaign: CampaignRun,
  date: string,
  now: number,
  summary: BaseSummary,
  before: RedialRow | undefined,
): RedialPlan {
  const order = inOrder(campaign, summary.heads);
  return {
    campaign: campaign.name,
    for: date,
    at: now,
    leads: summary.leads,
    called: summary.ready,
    waiting: summary.due + summary.deferred,
    notCalled: reasons(summary),
    startsAt: order[0]?.from ?? null,
    order: order.map(({ lead, phone, from }) => ({ lead, phone: maskPhone(shownPhone(phone)), at: from })),
    hours: summary.hours,
    forecast: null,
    sinceLast: before === undefined || summary.change === null ? null : { for: before.for_date, ...summary.change },
  };
}

/** The first to be called: those of one moment mixed by the shares of their segments, as the dialer takes them. */
function inOrder(campaign: CampaignRun, heads: readonly HeadLead[]): HeadLead[] {
  const { parts } = queueOf(campaign.segments, campaign.queue);
  let mix = mixOf(parts);
  const order: HeadLead[] = [];
  let left = [...heads];
  while (order.length < NAMED && left.length > 0) {
    const first = Math.min(...left.map(({ from }) => from));
    const open = parts.filter(({ segment }) => left.some((head) => head.segment === segment && head.from === first));
    const part = turnOf(mix, open);
    const next = left.find((head) => head.from === first && (part === null || head.segment === part.segment));
    if (next === undefined) break;
    if (part !== null) mix = taken(mix, part);
    order.push(next);
    left = left.filter((head) => head !== next);
  }
  return order;
}

/** The largest first; of all together a hundred leads are named, the small reasons as fairly as the large. */
function reasons({ codes }: BaseSummary): RedialReason[] {
  const each = Math.max(1, Math.floor(NAMED / Math.max(1, codes.length)));
  return codes.map(({ code, leads, first }) => ({
    code,
    title: titleOf(code),
    leads,
    first: first.slice(0, each).map(({ lead, phone }) => ({ lead, phone: maskPhone(shownPhone(phone)) })),
  }));
}

/** What a code of a plan or a deed means, as a sentence. */
export function titleOf(code: string): string {
  const known: Readonly<Record<string, { readonly title: string }>> = { ...REDIAL_CODES, ...CODES };
  return known[code]?.title ?? code;
}

/** Leads to be called, as a simulation takes them. */
function openLeads(groups: readonly CallGroup[], now: number): OpenLeads[] {
  const open = new Map<string, OpenLeads>();
  for (const { attempts, from, zones, leads } of groups) {
    const dueInH = Math.max(0, (from - now) / HOUR_MS);
    const offsets = offsetsOf(zones, now);
    const key = [attempts, dueInH, ...offsets].join(' ');
    open.set(key, { attempts, dueInH, zones: offsets, count: leads + (open.get(key)?.count ?? 0) });
  }
  return [...open.values()].sort((a, b) => a.dueInH - b.dueInH || a.attempts - b.attempts);
}

function beginOf(date: string, zone: string): number {
  return instantOf(zone, Date.parse(`${date}T00:00:00Z`));
}

function endOf(date: string, zone: string): number {
  return instantOf(zone, Date.parse(`${date}T00:00:00Z`) + DAY_MS);
}

/** Counts leads by code and names the first of them, a hundred in all. */
export function createReasons() {
  const found = new Map<string, { leads: number; first: { lead: number; phone: string }[] }>();
  let named = 0;
  return {
    add(code: string, lead: number, phone: number): void {
      const reason = found.get(code) ?? { leads: 0, first: [] };
      reason.leads += 1;
      if (named < NAMED) {
        named += 1;
        reason.first.push({ lead, phone: maskPhone(shownPhone(phone)) });
      }
      found.set(code, reason);
    },
    /** The largest first. */
    list: (): RedialReason[] =>
      [...found]
        .map(([code, { leads, first }]) => ({ code, title: titleOf(code), leads, first }))
        .sort((a, b) => b.leads - a.leads),
  };
}
