import type { Code } from './verdict.ts';

const CAMPAIGN_WIDE: ReadonlySet<Code> = new Set<Code>([
  'GATE_STORE_UNAVAILABLE',
  'GATE_POLICY_INVALID',
  'GATE_POLICY_EXPIRED',
  'GATE_CLOCK_SKEW',
  'CAMPAIGN_NOT_ACTIVE',
  'CAMPAIGN_PURPOSE_UNSET',
  'MODE_FORBIDDEN_FOR_PURPOSE',
  'CALLER_ID_HIDDEN',
  'MAV_CALLER_UNREGISTERED',
  'MAV_CALLER_NOT_YET_VALID',
  'MAV_CALLER_EXPIRED',
  'MAV_CALLER_SUSPENDED',
  'MAV_ENTITY_MISMATCH',
  'MAV_PURPOSE_MISMATCH',
  'MAV_LABEL_INVALID',
  'MAV_STATE_STALE',
  'CALENDAR_MISSING',
]);

/** Whether a refusal is the campaign's own: dialing halts, and no lead is charged with it. */
export function isCampaignWide(code: Code): boolean {
  return CAMPAIGN_WIDE.has(code);
}
