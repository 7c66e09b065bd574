import { setImmediate as breath } from 'node:timers/promises';
import { columnsOf, isLeadKey, LEAD_NUMBERS, LEAD_TEXTS, type Filter } from '../../core/segment.ts';
import type { CampaignSpec } from '../../campaign-file.ts';
import type { LeadState } from '../../core/lead.ts';
import { LEFT_OUT, NO_SEGMENT } from '../../core/segment.ts';
import { loadSegments, type SegmentRun } from '../../dialer/segments.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { ObzvonError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { SegmentedLead } from '../../store/segments.ts';
import type { Store } from '../../store/store.ts';
import type { SegmentCounts, SegmentList } from '../commands/segments.ts';
import type { Handlers } from '../server.ts';
import { campaignNamed, type Daemon } from './daemon.ts';

/** Rows read at once: a few milliseconds. */
const PAGE = 1_000;
/** Leads of either end of the base looked at for their columns. */
const SAMPLE = 200;

const FINAL: ReadonlySet<string> = new Set<LeadState>(['done', 'spent', 'opted-out']);

/** Segments of a campaign: counted, paused, resumed. */
export function segmentHandlers(daemon: Daemon) {
  return {
    'segment.list': ({ name }, { signal }) => list(daemon, campaignNamed(daemon, name), signal),
    'segment.pause': ({ name, segment }) => setPaused(daemon, name, segment, true),
    'segment.resume': ({ name, segment }) => setPaused(daemon, name, segment, false),
  } satisfies Handlers;
}

async function list(daemon: Daemon, campaign: CampaignRun, signal: AbortSignal): Promise<SegmentList> {
  const { segments: store } = daemon.store;
  const tallies = new Map<number, ReturnType<typeof createTally>>();
  const tallyOf = (segment: number) => {
    const known = tallies.get(segment) ?? createTally();
    tallies.set(segment, known);
    return known;
  };
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const page = store.page(campaign.id, after, PAGE);
    if (page.length === 0) break;
    for (const lead of page) tallyOf(lead.segment).add(lead);
    after = page.at(-1)?.phone ?? Infinity;
    // Calls go on between two pages; a caller who has gone is not worked for.
    await breath();
    if (signal.aborted) throw new ObzvonError('WAIT_TIMED_OUT', 'the caller has gone');
  }
  return {
    campaign: campaign.name,
    filing: campaign.filing,
    segments: campaign.segments.map(({ id, name, share, pausedAt, where }) => ({
      ...{ name, share, pausedAt, where },
      ...tallyOf(id).counts,
    })),
    none: tallyOf(NO_SEGMENT).counts,
    leftOut: tallyOf(LEFT_OUT).counts,
  };
}

function createTally() {
  const counts = {
    leads: 0,
    open: 0,
    states: {} as Record<string, number>,
    outcomes: {} as Record<string, number>,
    results: {} as Record<string, number>,
  };
  const count = (where: Record<string, number>, key: string | null): void => {
    if (key !== null) where[key] = (where[key] ?? 0) + 1;
  };
  return {
    counts: counts satisfies SegmentCounts,
    add({ state, last_disposition, result }: SegmentedLead): void {
      counts.leads += 1;
      if (!FINAL.has(state)) counts.open += 1;
      count(counts.states, state);
      count(counts.outcomes, last_disposition);
      count(counts.results, result);
    },
  };
}

function setPaused(daemon: Daemon, name: string, segment: string, pause: boolean) {
  const { store, engine, clock } = daemon;
  const { floor } = engine;
  const campaign = campaignNamed(daemon, name);
  const found = segmentNamed(campaign, segment);
  const changed = (found.pausedAt !== null) !== pause;
  const now = clock.now();
  if (changed) {
    floor.act(() => {
      store.segments.setPaused(campaign.id, found.id, pause ? now : null);
      const event = pause ? 'segment-paused' : 'segment-resumed';
      store.journal.write({ at: now, subject: 'campaign', id: name, event, data: { segment } });
      floor.then(() => {
        loadSegments(floor, campaign);
        floor.wake();
      });
    });
  }
  const { share, pausedAt } = segmentNamed(campaign, segment);
  return { campaign: name, name: segment, share, pausedAt, changed };
}

/** The segment of this name, or NOT_FOUND. */
function segmentNamed({ name, segments }: CampaignRun, segment: string): SegmentRun {
  const found = segments.find((one) => one.name === segment);
  if (found !== undefined) return found;
  const names = segments.map((one) => one.name);
  const near = nearest(segment, names);
  const hint = near === null ? `its segments: ${names.join(', ') || 'none'}` : `did you mean “${near}”?`;
  throw new ObzvonError('NOT_FOUND', `campaign ${name} has no segment “${segment}”`, { hint });
}

/** The filters of a campaign by their places in its file. */
export function filtersOf({ where, segments, redial }: CampaignSpec): (readonly [place: string, filter: Filter])[] {
  const of = (place: string, filter: Filter | undefined) => (filter === undefined ? [] : [[place, filter] as const]);
  return [
    ...of('where', where),
    ...segments.map((segment) => [`segment ${segment.name}`, segment.where] as const),
    ...of('redial.where', redial.where),
  ];
}

/** A sentence for each filter key that is a column none of these leads has. */
export function columnWarnings(spec: CampaignSpec, columns: ReadonlySet<string>, whose: string): string[] {
  const known = [...columns, ...LEAD_TEXTS, ...LEAD_NUMBERS];
  return filtersOf(spec).flatMap(([place, filter]) =>
    columnsOf(filter)
      .filter((key) => !columns.has(key))
      .map((key) => {
        const near = nearest(key, known);
        const what =
          near === null ? '' : isLeadKey(near) ? `; did you mean “${near}”?` : `; did you mean the column “${near}”?`;
        return `${place}: ${whose} has a column “${key}”${what}`;
      }),
  );
}

/** As `columnWarnings`, of some leads at both ends of the base: the plan looks at all of them. */
export function absentColumns(
  { leads }: Pick<Store, 'leads'>,
  { id, spec }: Pick<CampaignRun, 'id' | 'spec'>,
): string[] {
  const some = leads.sample(id, SAMPLE);
  if (some.length === 0) return [];
  const columns = new Set(some.flatMap(({ vars }) => Object.keys(JSON.parse(vars) as object)));
  return columnWarnings(spec, columns, `none of ${some.length} leads looked at`);
}
