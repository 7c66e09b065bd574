import { isDeepStrictEqual } from 'node:util';
import type { CampaignSpec } from '../campaign-file.ts';
import { mixOf } from '../core/mix.ts';
import type { Bar } from '../core/redial.ts';
import { LEFT_OUT, placeIn, NO_SEGMENT, type Facets, type Segment } from '../core/segment.ts';
import type { LeadQueue } from '../store/lead-queue.ts';
import { facetsOf } from '../store/leads.ts';
import type { SegmentRow } from '../store/segments.ts';
import { createSlices, type Slices } from '../slices.ts';
import { createPreference } from './best-hour.ts';
import type { CampaignRun, Floor } from './floor.ts';

/** A segment of a campaign in memory. */
export interface SegmentRun extends Segment {
  readonly id: number;
  /** null: its leads are called. */
  readonly pausedAt: number | null;
}

/** Leads read at once: a slice ends after any of them. */
const PAGE = 25;

/** The campaign's segments, in the order of its file. */
export function segmentRuns({ segments }: CampaignSpec, rows: readonly SegmentRow[]): SegmentRun[] {
  return segments.flatMap((segment) => {
    const row = rows.find(({ name }) => name === segment.name);
    return row === undefined ? [] : [{ ...segment, id: row.id, pausedAt: row.paused_at }];
  });
}

/** Who is called, and in what mix: leads of no segment count 1; paused segments and those of share 0 are left out. */
export function queueOf(segments: readonly SegmentRun[], before: Pick<LeadQueue, 'mix' | 'samples'>): LeadQueue {
  const called = segments.filter(({ share, pausedAt }) => share > 0 && pausedAt === null);
  const parts = [...called.map(({ id, share }) => ({ segment: id, share })), { segment: NO_SEGMENT, share: 1 }];
  return { parts, mix: mixOf(parts, before.mix), samples: before.samples };
}

/** The parts of a base that are not called, by the id of their segment. */
export function barsOf(campaign: Pick<CampaignRun, 'segments'>): Readonly<Record<number, Bar>> {
  const bars: Record<number, Bar> = {};
  for (const id of [LEFT_OUT, ...campaign.segments.map((segment) => segment.id)]) {
    const bar = barOf(campaign, id);
    if (bar !== null) bars[id] = bar;
  }
  return bars;
}

/** Why nobody of a segment is called at this moment; null: they are. */
export function barOf({ segments }: Pick<CampaignRun, 'segments'>, id: number): Bar | null {
  if (id === LEFT_OUT) return 'outside';
  const segment = segments.find((one) => one.id === id);
  if (segment === undefined) return null;
  return segment.pausedAt !== null ? 'paused' : segment.share === 0 ? 'never' : null;
}

/** The id of the segment a lead belongs to; `NO_SEGMENT`, or `LEFT_OUT` when the campaign's `where` is not met. */
export function placeOf({ spec, segments }: Pick<CampaignRun, 'spec' | 'segments'>, lead: Facets): number {
  return placeIn({ where: spec.where, segments }, lead);
}

/** Puts a lead where it belongs after what filters look at has changed: its outcome, its result, its attempts. */
export function refile(floor: Floor, campaign: CampaignRun, id: number): void {
  const { spec, segments } = campaign;
  if (spec.where === undefined && segments.length === 0) return;
  const lead = floor.store.leads.byId(id);
  if (lead === undefined) return;
  const place = placeOf(campaign, facetsOf(lead));
  if (place !== lead.segment) floor.store.segments.file(id, place);
}

/** Makes a campaign's queue anew: its file changed, or a segment was paused or resumed. */
export function loadSegments(floor: Floor, campaign: CampaignRun): void {
  campaign.segments = segmentRuns(campaign.spec, floor.store.segments.of(campaign.id));
  const queue = queueOf(campaign.segments, campaign.queue);
  campaign.queue = campaign.spec.bestHour ? { ...queue, preference: createPreference(floor, campaign) } : queue;
}

/**
 * Within the transaction that stores a campaign's changed file: its segments become those of the file. Where filters
 * changed, leads are put into their segments slice by slice, and until that is done nobody of the campaign is called.
 */
export function changeSegments(floor: Floor, campaign: CampaignRun, before: CampaignSpec | null): void {
  const { store } = floor;
  const filters = ({ where, segments }: CampaignSpec) => [where, segments.map(({ name, where }) => [name, where])];
  store.segments.sync(
    campaign.id,
    campaign.spec.segments.map(({ name }) => name),
  );
  loadSegments(floor, campaign);
  if (before === null || isDeepStrictEqual(filters(before), filters(campaign.spec))) return;
  if (store.leads.any(campaign.id) !== undefined) beginFiling(floor, campaign);
}

/** Puts all leads of a campaign into their segments anew; for one that changes many leads at once too. */
export function beginFiling(floor: Floor, campaign: CampaignRun): void {
  floor.store.segments.setFiledTo(campaign.id, 0);
  const idle = !campaign.filing;
  campaign.filing = true;
  if (idle) floor.then(() => goOnFiling(floor, campaign));
}

/** At the start of the daemon: what a stop or a crash cut short goes on. */
export function resumeFiling(floor: Floor): void {
  for (const campaign of floor.campaigns.values()) {
    if (floor.store.segments.filedTo(campaign.id) === null) continue;
    campaign.filing = true;
    goOnFiling(floor, campaign);
  }
}

/** One slice, then a turn for the calls. */
function goOnFiling(floor: Floor, campaign: CampaignRun, slices: Slices = createSlices(floor.clock)): void {
  floor.clock.after(0, () => {
    if (floor.holds.has('draining') || floor.holds.has('store-failed')) return;
    slices(
      (work) => floor.act(work),
      (hasTime) => (campaign.filing = fileSlice(floor, campaign, hasTime)),
    );
    if (campaign.filing) goOnFiling(floor, campaign, slices);
    else {
      floor.log.info({ campaign: campaign.name }, 'leads are in their segments');
      floor.wake();
    }
  });
}

/** Answers whether more are left. A lead that gets another number meanwhile is put where it belongs by that move. */
function fileSlice({ store }: Floor, campaign: CampaignRun, hasTime: () => boolean): boolean {
  let at = store.segments.filedTo(campaign.id) ?? Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = store.leads.page(campaign.id, at, PAGE);
    for (const lead of page) {
      const place = placeOf(campaign, facetsOf(lead));
      if (place !== lead.segment) store.segments.file(lead.id, place);
      at = lead.phone;
      if (hasTime()) continue;
      store.segments.setFiledTo(campaign.id, at);
      return true;
    }
    if (page.length > 0) continue;
    store.segments.setFiledTo(campaign.id, null);
    return false;
  }
}
