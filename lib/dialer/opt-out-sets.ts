import { isLive } from '../core/attempt.ts';
import { OPT_OUT_CODE } from '../core/opt-out.ts';
import { phoneToInteger } from '../core/phone.ts';
import type { NumberSet } from '../store/number-sets.ts';
import type { OptOutAct } from '../store/opt-outs.ts';
import { cancel } from './attempt-run.ts';
import type { CampaignRun, Floor } from './floor.ts';
import { moveLead } from './lead-moves.ts';
import { LEFT_ALONE, reaches } from './opt-outs.ts';

/** One act of "never again" for many numbers, within the caller's transaction. */
export interface SetOptOut {
  /** Records those not recorded before and returns how many; leads of all of them close, calls not yet in talk end. */
  readonly add: (numbers: NumberSet) => number;
}

/**
 * Begins an act that is said now: it may cover only numbers added in the same transaction, for a call placed before
 * the commit was lawful.
 */
export function beginSetOptOut(floor: Floor, act: OptOutAct): SetOptOut {
  const { store } = floor;
  let id: number | null = null;
  const isCovered = (campaign: CampaignRun | undefined): boolean =>
    act.scope === 'global' || (campaign !== undefined && reaches(act, campaign));
  const campaigns = new Map([...floor.campaigns.values()].map((campaign) => [campaign.id, campaign]));
  return {
    add(numbers) {
      const fresh = store.numberSets.notOptedOut(numbers, act);
      if (fresh.length > 0) {
        id ??= store.numberSets.beginAct(floor.clock.now(), act);
        store.numberSets.addOptOuts(id, fresh);
      }
      const leads = new Map(store.numberSets.leadsOf(numbers).map((lead) => [lead.id, lead]));
      for (const lead of leads.values()) {
        if (lead.state === 'opted-out' || lead.state === 'dialing' || !isCovered(campaigns.get(lead.campaign)))
          continue;
        moveLead(floor, lead.id, lead.state, 'opted-out', { reason: OPT_OUT_CODE[act.scope] });
      }
      endCalls(numbers, leads);
      return fresh.length;
    },
  };

  /** To these numbers, and to others of the same leads. */
  function endCalls(numbers: NumberSet, leads: ReadonlyMap<number, unknown>): void {
    if (floor.attempts.size === 0) return;
    const said = new Set(numbers);
    for (const run of floor.attempts.values()) {
      if (!isLive(run.state) || !isCovered(run.campaign)) continue;
      if (!said.has(phoneToInteger(run.phone)) && !leads.has(run.lead)) continue;
      if (!LEFT_ALONE.has(run.state)) cancel(floor, run);
    }
  }
}
