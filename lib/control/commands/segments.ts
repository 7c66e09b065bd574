import type { LeadState } from '../../core/lead.ts';
import type { Filter } from '../../core/segment.ts';
import type { Named, Told } from './shape.ts';

/** A part of a campaign's base. */
export interface SegmentSummary {
  readonly name: string;
  /** Its part in the mix of new calls; 0: never called. */
  readonly share: number;
  /** null: its leads are called. */
  readonly pausedAt: number | null;
}

/** A part of a base counted. */
export interface SegmentCounts {
  readonly leads: number;
  /** Not final: callable, waiting, promised or being called. */
  readonly open: number;
  readonly states: Readonly<Partial<Record<LeadState, number>>>;
  /** By the last disposition; those never called are left out. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** By the last result an agent gave. */
  readonly results: Readonly<Record<string, number>>;
}

export type SegmentDetails = SegmentSummary & SegmentCounts & { readonly where: Filter };

/** A campaign's base by its segments: every lead is in one of them, in none, or outside the campaign's `where`. */
export interface SegmentList {
  readonly campaign: string;
  /** Leads are being put into changed segments. */
  readonly filing: boolean;
  readonly segments: readonly SegmentDetails[];
  /** In no segment: called with share 1. */
  readonly none: SegmentCounts;
  /** Outside `where`: never called. */
  readonly leftOut: SegmentCounts;
}

type SegmentMove = {
  args: Named & { readonly segment: string };
  /** `changed` is false when it was so before. */
  result: SegmentSummary & { readonly campaign: string; readonly changed: boolean };
};

/** Parts of a campaign’s base. */
export interface SegmentCommands {
  'segment.list': { args: Named; result: SegmentList };
  'segment.pause': SegmentMove;
  'segment.resume': SegmentMove;
}

/** Each of `SegmentCommands`. */
export const SEGMENT_COMMANDS: Told<SegmentCommands> = {
  'segment.list': {
    may: 'read',
    changes: 'nothing',
    doc: 'the segments of a campaign’s base, counted by state and outcome',
  },
  'segment.pause': { may: 'lead', changes: 'at once', doc: 'call nobody of a segment; live calls go on' },
  'segment.resume': { may: 'lead', changes: 'at once', doc: 'call the leads of a paused segment again' },
};
