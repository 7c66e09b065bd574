import { redialChoice, reopens, type RedialChoice } from '../../core/redial.ts';
import { matches, NO_SEGMENT } from '../../core/segment.ts';
import type { CampaignSpec } from '../../campaign-file.ts';
import type { CampaignRun } from '../../dialer/floor.ts';
import { barOf, placeOf } from '../../dialer/segments.ts';
import { facetsOf, type LeadNumber, type LeadRow } from '../../store/leads.ts';
import type { Store } from '../../store/store.ts';

const HOUR_MS = 3_600_000;

const ENDED: ReadonlySet<LeadRow['state']> = new Set(['done', 'spent']);

/** What the choice of a lead rests on that is read elsewhere than in its row. */
export interface ChoiceFacts {
  /** When the campaign called the lead last, after a moment; null: it did not. */
  calledAt(lead: LeadRow, after: number): number | null;
  /** One of the lead's numbers may be called in a new pass. */
  hasNumber(lead: LeadRow): boolean;
}

/** Whom of a campaign's base a pass at `now` calls, lead by lead. */
export function chooser(campaign: CampaignRun, facts: ChoiceFacts, now: number): (lead: LeadRow) => RedialChoice {
  const rules = campaign.spec.redial;
  const { where } = rules;
  const after = now - rules.notWithinH * HOUR_MS;
  return (lead) =>
    redialChoice(
      {
        state: lead.state,
        disposition: lead.last_disposition,
        result: lead.result,
        passes: lead.passes,
        barred: barOf(campaign, ENDED.has(lead.state) ? placeAnew(campaign, lead) : lead.segment),
        // Looked up only when the choice comes to them: most leads are decided by their row.
        get within() {
          return where === undefined || matches(where, facetsOf(lead));
        },
        get lastCalledAt() {
          return facts.calledAt(lead, after);
        },
        get hasNumber() {
          return facts.hasNumber(lead);
        },
      },
      rules,
      now,
    );
}

/** The facts read lead by lead. */
export function storedFacts(store: Store, campaign: CampaignRun): ChoiceFacts {
  return {
    calledAt: ({ id }, after) => store.redials.calledAt(campaign.id, id, after),
    hasNumber: ({ id }) => openNumbers(campaign, store.leads.numbersOf(id)).length > 0,
  };
}

/** Of a lead's numbers those a new pass may call, in order. */
export function openNumbers(
  { spec }: { readonly spec: Pick<CampaignSpec, 'redial'> },
  numbers: readonly LeadNumber[],
): LeadNumber[] {
  // An erased person has no number any more.
  return numbers.filter(({ phone, closed }) => phone > 0 && reopens(closed, spec.redial));
}

/** Where a lead belongs once a pass has put it back: its attempts are forgotten then. */
export function placeAnew(campaign: CampaignRun, lead: LeadRow): number {
  const { spec, segments } = campaign;
  if (spec.where === undefined && segments.length === 0) return NO_SEGMENT;
  return placeOf(campaign, facetsOf({ ...lead, attempts: 0 }));
}
