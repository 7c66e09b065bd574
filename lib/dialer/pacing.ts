import { isDeepStrictEqual } from 'node:util';
import { pacingSettings, type CampaignSpec } from '../campaign-file.ts';
import { HOUR_MS, MONTH_HOURS } from '../core/pacing/budget.ts';
import type { Pacer, PacingDecision, PacingEvent, PacingSnapshot } from '../core/pacing/contract.ts';
import { createPacer } from '../core/pacing/pacer.ts';
import { createRecorder, type Recorder } from '../core/pacing/recording.ts';
import type { PacingSettings } from '../core/pacing/settings.ts';
import { chooseEstimates, warmStartFrom } from '../core/pacing/warm-start.ts';
import type { CampaignRun, Floor } from './floor.ts';

/** What paces one campaign while it runs, and the record of all it heard and said. */
export interface Pacing {
  readonly settings: PacingSettings;
  readonly pacer: Pacer;
  readonly recorder: Recorder;
  /** When it was made; names its recording. */
  readonly session: number;
  /** Parts of the recording written so far. */
  parts: number;
  last: PacingDecision | null;
  /** When the campaign last had a call. */
  busyAt: number;
  savedAt: number;
}

/** The abandonment limit looks back so far. */
const LEDGER_MS = MONTH_HOURS * HOUR_MS;
/** After such a silence the next call starts from what the hour of the day is like. */
const IDLE_MS = HOUR_MS;
/** A recording is played from its beginning, so it must not grow for ever. */
const LONGEST_SESSION_MS = 24 * HOUR_MS;
const SAVE_MS = 60_000;
/** A part of a recording must pass the control socket in one line. */
const PART_CHARS = 200_000;

/** Makes the campaign's pacer from what the store knows of it, unless it has one that fits. */
export function openPacing(floor: Floor, campaign: CampaignRun): Pacing {
  const settings = pacingSettings(campaign.spec);
  if (campaign.pacing !== null) {
    if (isDeepStrictEqual(campaign.pacing.settings, settings)) return campaign.pacing;
    closePacing(floor, campaign);
  }
  const { clock, store } = floor;
  const now = clock.now();
  const estimates = chooseEstimates(store.pacing.estimates(campaign.id), now, localHour(now));
  const answered = store.pacing.answered(campaign.id, now - LEDGER_MS, settings.graceMs);
  const warmStart = warmStartFrom(estimates, answered, settings, now);
  const recorder = createRecorder();
  recorder.made(now, settings, warmStart);
  const pacer = createPacer(settings, warmStart);
  // The clock may have jumped back since the last one.
  const session = Math.max(now, (store.pacing.lastSession(campaign.id) ?? 0) + 1);
  campaign.pacing = { settings, pacer, recorder, session, parts: 0, last: null, busyAt: now, savedAt: now };
  return campaign.pacing;
}

/** Stores what the pacer learned and heard, and lets it go. */
export function closePacing(floor: Floor, campaign: CampaignRun): void {
  if (campaign.pacing === null) return;
  floor.act(() => save(floor, campaign, true));
  campaign.pacing = null;
}

/** The campaign's pacing, made anew after a long rest or a long day. A changed campaign file is `openPacing`'s part. */
export function pacingOf(floor: Floor, campaign: CampaignRun, now: number): Pacing {
  const known = campaign.pacing;
  if (known !== null && now - known.busyAt <= IDLE_MS && now - known.session <= LONGEST_SESSION_MS) return known;
  closePacing(floor, campaign);
  return openPacing(floor, campaign);
}

/** Asks the campaign's pacer. */
export function decide(campaign: CampaignRun, pacing: Pacing, snapshot: PacingSnapshot): PacingDecision {
  const { now } = snapshot;
  if (campaign.attempts.size > 0) pacing.busyAt = now;
  const decision = pacing.pacer.decide(snapshot);
  pacing.recorder.asked(snapshot, decision);
  pacing.last = decision;
  return decision;
}

/** Tells one campaign's pacer. */
export function tell({ pacing }: CampaignRun, event: PacingEvent): void {
  if (pacing === null) return;
  pacing.recorder.heard(event);
  pacing.pacer.observe(event);
}

/** Stores recordings, and each minute what was learned; after a crash the last seconds of a recording are missing. */
export function savePacing(floor: Floor): void {
  const due = [...floor.campaigns.values()].filter(({ pacing }) => pacing !== null);
  if (due.length > 0) floor.act(() => due.forEach((campaign) => save(floor, campaign, false)));
}

function save(floor: Floor, campaign: CampaignRun, all: boolean): void {
  const { pacing } = campaign;
  if (pacing === null) return;
  const { store, clock } = floor;
  const now = clock.now();
  const next = () => pacing.recorder.take(PART_CHARS);
  for (let lines = next(); lines !== ''; lines = next()) {
    store.pacing.appendLog(campaign.id, pacing.session, pacing.parts, now, lines);
    pacing.parts += 1;
  }
  if (!all && now >= pacing.savedAt && now - pacing.savedAt < SAVE_MS) return;
  store.pacing.saveEstimates(campaign.id, localHour(now), now, pacing.pacer.estimates());
  pacing.savedAt = now;
}

/** Whether two campaigns may take the same agents. */
export function shareCrew(one: CampaignSpec, other: CampaignSpec): boolean {
  if (one.agents === 'all' || other.agents === 'all') return true;
  const crew = new Set(one.agents);
  return other.agents.some((id) => crew.has(id));
}

function localHour(at: number): number {
  return new Date(at).getHours();
}
