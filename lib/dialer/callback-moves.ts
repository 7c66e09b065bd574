import {
  afterTry,
  callbackTable,
  type CallbackEvent,
  type CallbackKind,
  type CallbackState,
} from '../core/callback.ts';
import type { Disposition } from '../core/outcome.ts';
import type { CallbackPatch, CallbackRow } from '../store/callbacks.ts';
import type { LeadRow } from '../store/leads.ts';
import type { AttemptRun, CampaignRun, Floor } from './floor.ts';
import { move } from './move.ts';

/** Moves a callback by its table. */
export function moveCallback(
  floor: Floor,
  { id, state }: Pick<CallbackRow, 'id' | 'state'>,
  event: CallbackEvent,
  patch: CallbackPatch = {},
  data: Readonly<Record<string, unknown>> = {},
): boolean {
  const { dueAt } = patch;
  return move<CallbackState, CallbackEvent>(floor, {
    subject: 'callback',
    id: String(id),
    table: callbackTable,
    state,
    event,
    data: { ...(dueAt === undefined ? {} : { dueAt }), ...data },
    store: (to, now) => floor.store.callbacks.setState(id, to, patch, now),
  });
}

/** What a callback is written with; times are epoch ms. */
export interface Agreed {
  readonly kind: CallbackKind;
  readonly dueAt: number;
  /** Its end; absent: after the campaign's window, or for as long as it is owed. */
  readonly until?: number;
  readonly agent?: string | null;
  /** Who said so: an attempt's id, `cli`, `line +7…`. */
  readonly source: string;
  readonly note?: string | null;
  /** On which of the lead's numbers; absent: the one to be called next. */
  readonly place?: number;
  /** He asked to be called on that very number; absent: his others will do when the gate refuses it. */
  readonly named?: boolean;
}

/**
 * Writes a callback for the lead; the lead's own move is the caller's. One that waits already is moved instead; one that
 * is being kept at this moment is done with. Call inside `floor.act`; answers its id.
 */
export function writeCallback(
  floor: Floor,
  campaign: CampaignRun,
  lead: Pick<LeadRow, 'id' | 'place'>,
  agreed: Agreed,
): number {
  const { callbacks, journal } = floor.store;
  const { kind, dueAt, agent = null, source, note = null, place = lead.place, named = false } = agreed;
  const { windowMin, owedMin, fallback } = campaign.spec.callbacks;
  const owed = kind === 'abandoned' || kind === 'missed';
  const until = agreed.until ?? dueAt + (owed ? owedMin : windowMin) * 60_000;
  const open = callbacks.openOf(lead.id);
  if (open?.state === 'waiting') {
    moveCallback(
      floor,
      open,
      'moved',
      { kind, dueAt, until, agent, place, named: named ? 1 : 0, ...(note === null ? {} : { note }) },
      { kind, source },
    );
    return open.id;
  }
  if (open !== undefined) moveCallback(floor, open, 'talked', {}, { reason: 'another was agreed' });
  const now = floor.clock.now();
  const row = { campaign: campaign.id, lead: lead.id, place, named, kind, agent, dueAt, until, fallback, source, note };
  const id = callbacks.insert(row, now);
  const data = { campaign: campaign.name, lead: lead.id, kind, dueAt, until, agent, source };
  journal.write({ at: now, subject: 'callback', id: String(id), event: 'agreed', to: 'waiting', data });
  floor.then(() => {
    floor.log.info({ callback: id, ...data }, 'callback agreed');
    floor.wake();
  });
  return id;
}

/**
 * What an ended call means to the open callback of its lead, and through it to the lead: `promised`: a callback stands;
 * `dropped`: the lead is done; null: there is none any more, and the lead goes by its retry rules. Call inside `floor.act`.
 */
export function settleCallback(
  floor: Floor,
  run: AttemptRun,
  disposition: Disposition,
  attemptsLeft: boolean,
): 'promised' | 'dropped' | null {
  const open = floor.store.callbacks.openOf(run.lead);
  if (open === undefined) return null;
  // Agreed while the call went on.
  if (open.state === 'waiting') return 'promised';
  const next = afterTry(open, disposition, floor.clock.now());
  const data = { attempt: run.id, disposition };
  if (next.event === 'talked') {
    moveCallback(floor, open, 'talked', {}, data);
    return null;
  }
  const { tries } = next;
  if (next.event === 'again' && attemptsLeft) {
    moveCallback(floor, open, 'again', { dueAt: next.dueAt, tries }, data);
    return 'promised';
  }
  moveCallback(floor, open, 'lapsed', { tries }, data);
  return open.fallback === 'drop' ? 'dropped' : null;
}

/** Ends the open callback of a lead that was closed. */
export function dropCallback(floor: Floor, lead: number, reason: string): void {
  const open = floor.store.callbacks.openOf(lead);
  if (open !== undefined) moveCallback(floor, open, 'cancelled', {}, { reason });
}
