import type { CampaignState, DialMode, Purpose } from '../core/campaign.ts';
import type { GateFacts, HistoryFact } from '../core/facts.ts';
import { phoneFromInteger, phoneToInteger, type Phone } from '../core/phone.ts';
import type { createConsents } from './consents.ts';
import type { LeadRow } from './leads.ts';
import type { Db } from './open.ts';
import type { createOptOuts } from './opt-outs.ts';
import type { createRefusals, createRegistrations } from './registrations.ts';

/** What the gate needs of a campaign, besides its state. */
export interface GateCampaign {
  readonly id: number;
  readonly state: CampaignState;
  readonly purpose: Purpose | null;
  readonly mode: DialMode;
  readonly entity: string;
  readonly caller: Phone | null;
  readonly maxAttemptsPerDay: number | null;
  readonly minIntervalMs: number | null;
  readonly hours: { readonly fromMin: number; readonly toMin: number } | null;
}

const DAY_MS = 86_400_000;

/** Reads the gate's facts; called inside the transaction that writes the verdict. */
export function createFactReader(
  db: Db,
  registers: {
    consents: ReturnType<typeof createConsents>;
    optOuts: ReturnType<typeof createOptOuts>;
    registrations: ReturnType<typeof createRegistrations>;
    refusals: ReturnType<typeof createRefusals>;
  },
) {
  const inFlight = db
    .prepare<[number], number>('SELECT 1 FROM attempts WHERE phone = ? AND disposition IS NULL')
    .pluck();
  // Attempts that never left our own side are not calls to the person.
  const history = db.prepare<
    [number, number],
    { planned_at: number; answered_at: number | null; disposition: string | null }
  >(
    `SELECT planned_at, answered_at, disposition FROM attempts WHERE phone = ? AND planned_at > ?
       AND disposition IS NOT 'not-placed' AND disposition IS NOT 'trunk-failure' ORDER BY planned_at`,
  );

  function historyOf(phone: Phone, now: number): HistoryFact {
    const rows = history.all(phoneToInteger(phone), now - 31 * DAY_MS);
    const within = (times: readonly number[], days: number) => times.filter((at) => at > now - days * DAY_MS);
    const placed = rows.map((row) => row.planned_at);
    const answered = rows
      .filter((row) => row.answered_at !== null || row.disposition === 'unknown')
      .map((row) => row.answered_at ?? row.planned_at);
    const abandoned = rows.filter((row) => row.disposition === 'abandoned').map((row) => row.planned_at);
    const placed24h = within(placed, 1);
    const [day, week, month] = [within(answered, 1), within(answered, 7), within(answered, 31)];
    return {
      lastAttemptAt: placed.at(-1) ?? null,
      attempts24h: placed24h.length,
      oldestAttempt24hAt: placed24h[0] ?? null,
      answered24h: day.length,
      answered7d: week.length,
      answered31d: month.length,
      oldestAnswered24hAt: day[0] ?? null,
      oldestAnswered7dAt: week[0] ?? null,
      oldestAnswered31dAt: month[0] ?? null,
      lastAbandonedAt: abandoned.at(-1) ?? null,
    };
  }

  return function factsFor(
    campaign: GateCampaign,
    lead: Pick<LeadRow, 'phone' | 'zone' | 'region'>,
    now: number,
  ): GateFacts {
    const phone = phoneFromInteger(lead.phone);
    const optOut = registers.optOuts.of(phone);
    return {
      campaign,
      lead: { phone, zone: lead.zone, region: lead.region },
      caller: campaign.caller,
      operator: null,
      inFlight: inFlight.get(lead.phone) !== undefined,
      optOuts: optOut === undefined ? [] : [{ scope: 'global', entity: null, purpose: null, at: optOut.at }],
      consents: registers.consents.of(phone),
      registrations: campaign.caller === null ? [] : registers.registrations.ofCaller(campaign.caller),
      refusal: registers.refusals.of(phone),
      history: historyOf(phone, now),
    };
  };
}
