import { campaignResults } from '../campaign-results.ts';
import type { TalkId } from '../core/caller.ts';
import type { Phone } from '../core/phone.ts';
import { afterResult, type Result } from '../core/result.ts';
import { inTurn, openPlaces } from '../core/retry.ts';
import type { LeadNumber, LeadPatch } from '../store/leads.ts';
import type { CallerRun, CampaignRun, Floor } from './floor.ts';

/** The call a result is about, live or over, whoever called whom. */
export interface Talk {
  readonly id: TalkId;
  readonly campaign: CampaignRun;
  readonly lead: number;
  readonly phone: Phone;
  readonly plannedAt: number;
}

/** The talk of a person who called us; null: he has none yet, or hides his number. */
export function talkIn({ id, campaign, lead, phone, arrivedAt, bridgedAt }: CallerRun): Talk | null {
  if (bridgedAt === null || lead === null || phone === null) return null;
  return { id, campaign, lead, phone, plannedAt: arrivedAt };
}

/** The result of this code; undefined: the campaign has none such. */
export function resultNamed({ spec }: CampaignRun, code: string): Result | undefined {
  return campaignResults(spec).find((result) => result.code === code);
}

/**
 * What the result of a call that is over makes of its lead; null: nobody gave one, or its callback, its opt-out or the
 * retry rule of `machine` decides. `place`: of the number that was called.
 */
export function settleResult(
  floor: Floor,
  { id, campaign }: Talk,
  lead: { readonly numbers: readonly LeadNumber[]; readonly place: number; readonly attemptsLeft: boolean },
): { readonly event: 'resolved' | 'retry' | 'exhausted'; readonly patch: LeadPatch } | null {
  const row = floor.store.results.of(id);
  const result = row === undefined ? undefined : resultNamed(campaign, row.code);
  if (result === undefined) return null;
  const { place, attemptsLeft } = lead;
  const isWrong = result.then === 'wrong-number';
  const others = lead.numbers.filter((number) => number.place !== place);
  const [next = null] = inTurn(openPlaces(others, campaign.spec.maxAttemptsPerNumber ?? null), place);
  const after = afterResult(result, { attemptsLeft, next }, floor.clock.now());
  if (after === null) return null;
  const patch: LeadPatch = isWrong
    ? { nextAt: after.nextAt, closes: { place, why: result.code }, ...(next === null ? {} : { place: next }) }
    : { nextAt: after.nextAt };
  return { event: after.event, patch };
}
