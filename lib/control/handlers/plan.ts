import { setImmediate as breath } from 'node:timers/promises';
import { columnsOf, NO_SEGMENT } from '../../core/segment.ts';
import { CODES, type Code } from '../../core/verdict.ts';
import { gateCampaign } from '../../dialer/campaign-run.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { ObzvonError } from '../../errors.ts';
import type { LeadRow } from '../../store/leads.ts';
import type { CampaignPlan } from '../results.ts';
import type { CallContext, Handlers } from '../server.ts';
import { leadCounts } from './campaigns.ts';
import { campaignNamed, type Daemon } from './daemon.ts';
import { columnWarnings, filtersOf } from './segments.ts';

const HOUR_MS = 3_600_000;
/** Rows read at once, and how long the event loop is held before calls go on. */
const PAGE = 200;
const SLICE_MS = 5;
/** Leads between two words of progress. */
const TELL_EACH = 5_000;

const FINAL: ReadonlySet<LeadRow['state']> = new Set(['done', 'spent', 'opted-out']);
/** Stopped by the gate until a start puts them before it again. */
const STOPPED: ReadonlySet<LeadRow['state']> = new Set(['blocked', 'held']);

/** The gate asked dry about a whole base. */
export function planHandlers(daemon: Daemon) {
  return {
    'campaign.plan': ({ name, at }, context) => plan(daemon, campaignNamed(daemon, name), at, context),
  } satisfies Handlers;
}

async function plan(
  daemon: Daemon,
  campaign: CampaignRun,
  at: number | undefined,
  { progress, signal }: CallContext,
): Promise<CampaignPlan> {
  const { store, clock } = daemon;
  const now = at ?? clock.now();
  const asked = { ...gateCampaign(daemon.engine.floor, campaign), state: 'running' as const };
  // A start from these releases who was refused.
  const releases = campaign.state === 'draft' || campaign.state === 'stopped';
  const { total } = leadCounts(daemon, campaign);
  const tally = createTally(now);
  const columns = new Set<string>();
  const bySegment = new Map<number, number>();
  const called = new Set(campaign.queue.parts.map(({ segment }) => segment));
  const wanted = filtersOf(campaign.spec).some(([, filter]) => columnsOf(filter).length > 0);
  let after = 0;
  for (let done = 0; ; ) {
    const page = store.leads.page(campaign.id, after, PAGE);
    if (page.length === 0) break;
    for (let next = 0; next < page.length; ) {
      const until = clock.monotonic() + SLICE_MS;
      next = store.reading(() => {
        let index = next;
        do {
          const lead = page[index] as LeadRow;
          index += 1;
          if (wanted) for (const column of Object.keys(JSON.parse(lead.vars) as object)) columns.add(column);
          if (!FINAL.has(lead.state)) bySegment.set(lead.segment, (bySegment.get(lead.segment) ?? 0) + 1);
          const recorded = FINAL.has(lead.state) || lead.state === 'dialing' || (STOPPED.has(lead.state) && !releases);
          if (recorded) tally.recorded(lead);
          else if (!called.has(lead.segment)) tally.notCalled();
          else tally.judged(lead, store.gate.rehearse(asked, lead, campaign.policy, now).verdict);
        } while (index < page.length && clock.monotonic() < until);
        return index;
      });
      // Calls go on between two slices; a caller who has gone is not worked for.
      await breath();
      if (signal.aborted) throw new ObzvonError('WAIT_TIMED_OUT', 'the caller has gone');
    }
    after = page.at(-1)?.phone ?? Infinity;
    if (Math.floor(done / TELL_EACH) !== Math.floor((done + page.length) / TELL_EACH)) {
      progress({ done: done + page.length, total });
    }
    done += page.length;
  }
  return {
    name: campaign.name,
    state: campaign.state,
    at: now,
    ...tally.result(),
    segments: [
      ...campaign.segments.map(({ id, name }) => ({ id, name })),
      ...(campaign.segments.length > 0 || campaign.spec.where !== undefined ? [{ id: NO_SEGMENT, name: null }] : []),
    ].map(({ id, name }) => ({ name, leads: bySegment.get(id) ?? 0, called: called.has(id) })),
    warnings: total === 0 ? [] : columnWarnings(campaign.spec, columns, 'no lead'),
  };
}

function createTally(now: number) {
  const counts = { leads: 0, callable: 0, waiting: 0, live: 0, notCalled: 0, final: 0 };
  const refused = new Map<Code, number>();
  const due = new Map<number, number>();
  const refuse = (code: Code): void => void refused.set(code, (refused.get(code) ?? 0) + 1);
  const dueAt = (at: number): void => {
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    due.set(hour, (due.get(hour) ?? 0) + 1);
  };
  return {
    /** A lead of which its row says all. */
    recorded({ state, reason }: LeadRow): void {
      counts.leads += 1;
      if (state === 'dialing') counts.live += 1;
      else if (FINAL.has(state)) counts.final += 1;
      else refuse(reason as Code);
    },
    /** Its segment is paused or of share 0, or `where` leaves it out. */
    notCalled(): void {
      counts.leads += 1;
      counts.notCalled += 1;
    },
    judged(lead: LeadRow, verdict: { verdict: string; primary: Code | null; notBefore: number | null }): void {
      counts.leads += 1;
      const waitsUntil = lead.state === 'waiting' && lead.next_at !== null && lead.next_at > now ? lead.next_at : null;
      if (verdict.primary !== null) refuse(verdict.primary);
      else if (waitsUntil === null) counts.callable += 1;
      else counts.waiting += 1;
      if (verdict.verdict === 'DEFER') dueAt(Math.max(verdict.notBefore ?? now, waitsUntil ?? 0));
      else if (verdict.primary === null && waitsUntil !== null) dueAt(waitsUntil);
    },
    result: () => ({
      ...counts,
      refused: [...refused]
        .map(([code, leads]) => ({ code, verdict: CODES[code].severity, leads }))
        .sort((a, b) => b.leads - a.leads),
      due: [...due].map(([hour, leads]) => ({ hour, leads })).sort((a, b) => a.hour - b.hour),
    }),
  };
}
