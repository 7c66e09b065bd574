import type { Disposition } from '../core/outcome.ts';
import type { LeadBase } from './lead-base.ts';
import { answersAt, fateOf, streamOf, type Fate } from './model.ts';
import type { CampaignModel } from './scenario.ts';
import type { World } from './shift-crew.ts';

const CALLEES = 1;

/** What the retry rules hear of an end. */
export const DISPOSITIONS: Readonly<Record<Fate['end'], { readonly as: Disposition; readonly rings: boolean }>> = {
  trunk: { as: 'trunk-failure', rings: false },
  busy: { as: 'busy', rings: false },
  refused: { as: 'unallocated', rings: false },
  'no-answer': { as: 'no-answer', rings: true },
  answer: { as: 'talked', rings: true },
};

/**
 * What becomes of the next call of a campaign, its `index`-th; null when its list has nobody to call now. -1 stands for
 * the lead of an endless list.
 */
export function nextFate(
  { scenario, seed, now, startAt }: World,
  campaign: number,
  index: number,
  base: LeadBase | null,
): { readonly lead: number; readonly fate: Fate } | null {
  const model = scenario.campaigns[campaign] as CampaignModel;
  const atS = (now - startAt) / 1000;
  if (base === null) {
    const luck = streamOf(seed, CALLEES + 8 * campaign, index);
    return { lead: -1, fate: fateOf(scenario, model, atS, answersAt(model, atS, index), luck) };
  }
  const lead = base.take(now);
  if (lead === null) return null;
  const { answers, luck } = base.chance(lead, atS);
  return { lead, fate: fateOf(scenario, model, atS, answers, luck) };
}
