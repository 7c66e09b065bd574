import type { Code, Reach } from '../../lib/core/verdict.ts';

/** Whom each code may stop besides one lead; gate.test.ts holds the checks to it, docs/compliance.md tells it. */
export const REACHES: Readonly<Partial<Record<Code, readonly Reach[]>>> = {
  GATE_STORE_UNAVAILABLE: ['campaign'],
  GATE_POLICY_INVALID: ['campaign'],
  GATE_POLICY_EXPIRED: ['campaign'],
  GATE_CLOCK_SKEW: ['campaign'],
  CAMPAIGN_NOT_ACTIVE: ['campaign'],
  CAMPAIGN_PURPOSE_UNSET: ['campaign'],
  CEILING_ATTEMPTS: ['campaign'],
  CEILING_SPEND: ['campaign'],
  DNC_LIST_STALE: ['campaign'],
  PD_BASIS_MISSING: ['campaign', 'lead'],
  MODE_FORBIDDEN_FOR_PURPOSE: ['campaign'],
  ABANDON_RATE_EXCEEDED: ['uncovered'],
  CALLER_ID_HIDDEN: ['campaign'],
  MAV_CALLER_UNREGISTERED: ['campaign'],
  MAV_CALLER_NOT_YET_VALID: ['campaign', 'lead'],
  MAV_CALLER_EXPIRED: ['campaign', 'lead'],
  MAV_CALLER_SUSPENDED: ['campaign', 'lead'],
  MAV_ENTITY_MISMATCH: ['campaign', 'lead'],
  MAV_PURPOSE_MISMATCH: ['campaign', 'lead'],
  MAV_LABEL_INVALID: ['campaign', 'lead'],
  MAV_STATE_STALE: ['campaign', 'lead'],
  CALENDAR_MISSING: ['campaign'],
};
