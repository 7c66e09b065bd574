import type { CallbacksNow } from '../control/commands/callbacks.ts';
import type { CampaignSummary, LeadCounts, RefusalCount } from '../control/commands/campaigns.ts';
import type { CampaignState } from '../core/campaign.ts';
import type { Io, Style } from './io.ts';
import { countsByState, table, type Cell } from './print.ts';

const STYLES: Readonly<Partial<Record<CampaignState, Style>>> = { running: 'green', paused: 'yellow', halted: 'red' };

/** A campaign's state, in its colour. */
export function stateCell(state: CampaignState): Cell {
  const style = STYLES[state];
  return style === undefined ? state : { text: state, style };
}

/** Campaigns, one a row. */
export function campaignTable(io: Io, campaigns: readonly CampaignSummary[]): string {
  if (campaigns.length === 0) return 'no campaigns\n';
  const pacing = campaigns.flatMap(({ name, pacing }) =>
    pacing === null ? [] : [`${name}: ${pacing.originate} calls now: ${pacing.why}\n`],
  );
  const rows = table(
    io,
    ['CAMPAIGN', 'STATE', 'PURPOSE', 'MODE', 'LEADS', 'FINAL', 'WAITING', 'REFUSED', 'LIVE', 'REASON'],
    campaigns.map((campaign) => [
      campaign.name,
      stateCell(campaign.state),
      campaign.purpose,
      campaign.mode,
      campaign.leads.total,
      finalLeads(campaign.leads),
      campaign.leads.waiting,
      campaign.leads.held + campaign.leads.blocked,
      campaign.liveCalls,
      campaign.reason ?? '',
    ]),
  );
  const callbacks = campaigns.flatMap(({ name, callbacks }) =>
    callbacks.due === 0 ? [] : [`${name}: ${callbacksText(callbacks)}\n`],
  );
  const notes = [...callbacks, ...pacing];
  return notes.length === 0 ? rows : `${rows}\n${notes.join('')}`;
}

/** `3 callbacks open, 1 due and unmet`. */
export function callbacksText({ open, due }: CallbacksNow): string {
  return `${open} callbacks open${due === 0 ? '' : `, ${due} due and unmet`}`;
}

/** Leads that will not be dialed again. */
export function finalLeads(leads: LeadCounts): number {
  return leads.done + leads.spent + leads['opted-out'];
}

/** `300: 120 callable, 30 blocked`. */
export function leadsText({ total, ...states }: LeadCounts): string {
  return total === 0 ? '0' : countsByState(states);
}

/** The gate's refusals by code, or nothing. */
export function refusedTable(io: Io, refused: readonly RefusalCount[]): string {
  if (refused.length === 0) return '';
  return table(
    io,
    ['REFUSED BECAUSE', 'VERDICT', 'LEADS'],
    refused.map(({ code, verdict, leads }) => [code, verdict, leads]),
  );
}
