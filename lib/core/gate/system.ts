import type { ClockFact } from '../facts.ts';
import { campaignFinding, type Finding } from '../verdict.ts';
import type { Check } from './question.ts';
import { when } from './when.ts';

/** Clocks that are kept right differ by less, and a step by less disturbs no calling hours. */
export const CLOCK_TOLERANCE_MS = 2_000;
/** After a jump the clock may jump again; nobody is called until it has kept still this long. */
export const CLOCK_SETTLE_MS = 60_000;

function clockFaults({ lastRecordedAt, jumpedAt }: ClockFact, now: number): Finding[] {
  if (lastRecordedAt !== null && lastRecordedAt > now + CLOCK_TOLERANCE_MS) {
    const until = Math.min(lastRecordedAt, now + CLOCK_SETTLE_MS);
    const detail = `the ledger was last written at ${when(lastRecordedAt)}, which is yet to come: check the clock`;
    return [campaignFinding('GATE_CLOCK_SKEW', detail, until)];
  }
  if (jumpedAt === null) return [];
  const until = Math.min(jumpedAt, now) + CLOCK_SETTLE_MS;
  if (now >= until) return [];
  return [campaignFinding('GATE_CLOCK_SKEW', `the clock jumped at ${when(jumpedAt)}: check it`, until)];
}

/** Store, policy, clock and campaign. */
export const systemChecks: readonly Check[] = [
  {
    name: 'store can be read and written',
    codes: ['GATE_STORE_UNAVAILABLE'],
    // Who has facts has read them: `storeUnavailable` answers when nobody could.
    find: () => [],
    say: () => 'the facts were read',
  },
  {
    name: 'policy has rules for the purpose',
    codes: ['GATE_POLICY_INVALID'],
    find: ({ gap }) => (gap === null ? [] : [campaignFinding('GATE_POLICY_INVALID', gap)]),
    say: ({ policy }) => `${policy.id} ${policy.version}, SHA-256 ${policy.hash.slice(0, 12)}`,
  },
  {
    name: 'policy is in its dates',
    codes: ['GATE_POLICY_EXPIRED'],
    find: ({ policy, now }) =>
      now >= policy.validFromMs && now < policy.validToMs
        ? []
        : [
            campaignFinding(
              'GATE_POLICY_EXPIRED',
              `valid ${policy.validFrom} to ${policy.validTo}: have it reviewed, renew it`,
            ),
          ],
    say: ({ policy }) => `valid ${policy.validFrom} to ${policy.validTo}`,
  },
  {
    name: 'clock can be trusted',
    codes: ['GATE_CLOCK_SKEW'],
    find: ({ facts, now }) => clockFaults(facts.clock, now),
    say({ facts: { clock }, now }) {
      const last = clock.lastRecordedAt === null ? 'the ledger is empty' : `last record ${when(clock.lastRecordedAt)}`;
      const jump = clock.jumpedAt === null ? 'no jump seen' : `jumped at ${when(clock.jumpedAt)}`;
      return `now ${when(now)}; ${last}; ${jump}`;
    },
  },
  {
    name: 'campaign is running',
    codes: ['CAMPAIGN_NOT_ACTIVE'],
    find: ({ facts: { campaign } }) =>
      campaign.state === 'running' ? [] : [campaignFinding('CAMPAIGN_NOT_ACTIVE', `the campaign is ${campaign.state}`)],
    say: ({ facts }) => `the campaign is ${facts.campaign.state}`,
  },
  {
    name: 'campaign has a purpose',
    codes: ['CAMPAIGN_PURPOSE_UNSET'],
    find: ({ facts }) =>
      facts.campaign.purpose === null
        ? [campaignFinding('CAMPAIGN_PURPOSE_UNSET', 'set purpose in the campaign file, then apply it')]
        : [],
    say: ({ facts }) => `the purpose is ${facts.campaign.purpose ?? 'unset'}`,
  },
];
