import { setImmediate as breath } from 'node:timers/promises';
import type { CampaignHistory, OpenLeads } from '../../campaign-history.ts';
import type { Calendar } from '../../core/calendar.ts';
import { zoneEvidence, type Window } from '../../core/calling-hours.ts';
import { DAY_KINDS, type DayKind } from '../../core/calendar.ts';
import type { Policy } from '../../core/policy.ts';
import { offsetMs } from '../../core/zone-clock.ts';
import { agentsOf } from '../../dialer/floor.ts';
import { gateCampaign } from '../../dialer/campaign-run.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { ObzvonError } from '../../errors.ts';
import type { LeadGroupRow } from '../../store/history.ts';
import type { Handlers } from '../server.ts';
import { campaignNamed, type Daemon } from './daemon.ts';

const DAY_MS = 86_400_000;
/** Days ahead whose kind is told. */
const CALENDAR_DAYS = 62;
/** A reply is one line of limited length. */
const MOST_GROUPS = 4_000;
const FINAL = new Set(['done', 'spent', 'opted-out']);
const REFUSED = new Set(['held', 'blocked']);

/** A campaign's own figures, for simulations of it. */
export function historyHandlers(daemon: Daemon) {
  return {
    'campaign.history': ({ name, days, attempts, base = true }, { signal }) =>
      history(daemon, campaignNamed(daemon, name), { days, attempts, base }, signal),
  } satisfies Handlers;
}

async function history(
  daemon: Daemon,
  campaign: CampaignRun,
  { days, attempts: most, base }: { readonly days: number; readonly attempts: number; readonly base: boolean },
  signal: AbortSignal,
): Promise<CampaignHistory> {
  const { store, clock, engine } = daemon;
  const { spec, policy } = campaign;
  const now = clock.now();
  // Calls go on between two pages; a caller who has gone is not worked for.
  const rest = async (): Promise<void> => {
    await breath();
    if (signal.aborted) throw new ObzvonError('WAIT_TIMED_OUT', 'the caller has gone');
  };
  const calls = await store.history.calls(campaign.id, now - days * DAY_MS, most, rest);
  const rows = base ? await store.history.leads(campaign.id, now, rest) : [];
  const count = (of: (row: LeadGroupRow) => boolean): number => rows.filter(of).reduce((sum, row) => sum + row.n, 0);
  const trunk = engine.floor.trunks.get(spec.trunk);
  const narrow = gateCampaign(engine.floor, campaign).hours;
  const windows = policy.windows[spec.purpose];
  return {
    name: campaign.name,
    now,
    spec,
    calls,
    open: openLeads(rows, policy, now),
    leads: {
      total: count(() => true),
      final: count(({ state }) => FINAL.has(state)),
      refused: count(({ state }) => REFUSED.has(state)),
    },
    agents: agentsOf(engine.floor, campaign).length,
    trunk: trunk === undefined ? null : { channels: trunk.channels, originatesPerSecond: trunk.originatesPerSecond },
    rules: {
      windows: Object.fromEntries(DAY_KINDS.map((kind) => [kind, narrowed(windows[kind], narrow)])) as Record<
        DayKind,
        Window | null
      >,
      endGuardS: policy.endGuardS,
      calendar: oddDays(policy.calendarOf, now),
      attemptsPerDay: policy.freq[spec.purpose].attemptsDay,
      minIntervalS: policy.minIntervalS,
      // Of the methods compared only those that abandon meet it.
      dropCooldownH: policy.dropCooldownH.predictive,
    },
  };
}

/** Leads that may still be called, alike in attempts, due time and offsets of their zones; as finely as a reply holds. */
function openLeads(rows: readonly LeadGroupRow[], policy: Policy, now: number): OpenLeads[] {
  let groups = groupsOf(rows, policy, now, 0.25);
  for (let stepH = 1; groups.length > MOST_GROUPS && stepH < 1000; stepH *= 4) {
    groups = groupsOf(rows, policy, now, stepH);
  }
  return groups;
}

function groupsOf(rows: readonly LeadGroupRow[], policy: Policy, now: number, stepH: number): OpenLeads[] {
  const groups = new Map<string, OpenLeads>();
  for (const { state, attempts, zone, region, due_in_h, n } of rows) {
    if (FINAL.has(state) || REFUSED.has(state)) continue;
    const evidence = zoneEvidence({ zone, region }, policy.regions, policy.allZones);
    const zones = offsetsOf(evidence.zones, now);
    const dueInH = Math.ceil(due_in_h / stepH) * stepH;
    const key = [attempts, dueInH, ...zones].join(' ');
    groups.set(key, { attempts, dueInH, zones, count: n + (groups.get(key)?.count ?? 0) });
  }
  return [...groups.values()].sort((a, b) => a.dueInH - b.dueInH || a.attempts - b.attempts);
}

/** UTC offsets such as +03:00 that zones have now. */
export function offsetsOf(zones: readonly string[], now: number): string[] {
  return [...new Set(zones.map((name) => offsetText(offsetMs(name, now))))].sort();
}

function offsetText(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${ms < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function narrowed(window: Window | null, narrow: Window | null): Window | null {
  if (window === null || narrow === null) return window;
  const [fromMin, toMin] = [Math.max(window.fromMin, narrow.fromMin), Math.min(window.toMin, narrow.toMin)];
  return fromMin < toMin ? { fromMin, toMin } : null;
}

function oddDays(calendars: Readonly<Record<number, Calendar>>, now: number): { date: string; kind: DayKind }[] {
  return Array.from({ length: CALENDAR_DAYS }, (_, day) =>
    new Date(now + (day - 1) * DAY_MS).toISOString().slice(0, 10),
  ).flatMap((date) => {
    const named = calendars[Number(date.slice(0, 4))]?.days[date];
    return named === undefined ? [] : [{ date, kind: named.kind }];
  });
}
