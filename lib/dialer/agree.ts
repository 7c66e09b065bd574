import type { LeadState } from '../core/lead.ts';
import type { LeadRow } from '../store/leads.ts';
import { writeCallback, type Agreed } from './callback-moves.ts';
import type { CampaignRun, Floor } from './floor.ts';
import { moveLead } from './lead-moves.ts';

/** The gate let no callback of its lead stand until a person or the data change it. */
const CLOSED: ReadonlySet<LeadState> = new Set(['held', 'blocked', 'opted-out']);

/** Agrees a callback with the lead, or moves the one it has; its id. A closed lead goes before the gate again with it. */
export function agree(floor: Floor, campaign: CampaignRun, lead: LeadRow, agreed: Agreed): number {
  return floor.act(() => {
    let { state } = lead;
    if (CLOSED.has(state)) {
      moveLead(floor, lead.id, state, 'released', {});
      state = 'callable';
    }
    const id = writeCallback(floor, campaign, lead, agreed);
    if (state !== 'dialing' && state !== 'promised') moveLead(floor, lead.id, state, 'promised', {});
    return id;
  });
}
