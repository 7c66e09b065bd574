import { campaignResults } from '../campaign-results.ts';
import { afterResult, type Result } from '../core/result.ts';
import type { AttemptId } from '../core/attempt.ts';
import { phoneToInteger, type Phone } from '../core/phone.ts';
import type { CampaignRun, Floor } from './floor.ts';

/** The call a result is about, live or over. */
export interface Talk {
  readonly id: AttemptId;
  readonly campaign: CampaignRun;
  readonly lead: number;
  readonly phone: Phone;
}

/** The result of this code; undefined: the campaign has none such. */
export function resultNamed({ spec }: CampaignRun, code: string): Result | undefined {
  return campaignResults(spec).find((result) => result.code === code);
}

/**
 * What the result of a call that is over makes of its lead; null: nobody gave one, or its callback, its opt-out or the
 * retry rule of `machine` decides. A wrong number turns the lead to the next that is open. Call inside `floor.act`.
 */
export function settleResult(floor: Floor, talk: Talk, attemptsLeft: boolean): ReturnType<typeof afterResult> {
  const { leads, results } = floor.store;
  const row = results.of(talk.id);
  const result = row === undefined ? undefined : resultNamed(talk.campaign, row.code);
  if (result === undefined) return null;
  const next =
    result.then === 'wrong-number' ? leads.numbersOf(talk.lead).find(({ closed }) => closed === null) : undefined;
  if (next !== undefined) leads.turnTo(talk.lead, next.place);
  return afterResult(result, { attemptsLeft, numberLeft: next !== undefined }, floor.clock.now());
}

/** A wrong number is closed at once, and open again when that was taken back. Call inside `floor.act`. */
export function heedNumber(floor: Floor, talk: Talk, before: string | undefined, result: Result): void {
  const { leads } = floor.store;
  const phone = phoneToInteger(talk.phone);
  if (before !== undefined && before !== result.code) leads.openNumber(talk.lead, phone, before);
  if (result.then === 'wrong-number') leads.closeNumber(talk.lead, phone, result.code);
}
