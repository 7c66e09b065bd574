import type { GateFacts } from '../facts.ts';
import type { Purpose } from '../campaign.ts';
import type { Policy } from '../policy.ts';
import { question } from './question.ts';

/**
 * For what purpose a person is called back: `callback` where he asked for it himself (a consent of kind REQ that covers the
 * call) and the caller number is registered for that purpose; otherwise the campaign's own.
 */
export function callbackPurpose(facts: GateFacts, policy: Policy, now: number): Purpose | null {
  const campaign = { ...facts.campaign, purpose: 'callback' } as const;
  const { cell, consent, line } = question({ ...facts, campaign }, policy, now);
  const asked = cell !== null && cell.needs.includes('REQ') && consent?.misses.length === 0;
  return asked && line?.misses.length === 0 ? 'callback' : facts.campaign.purpose;
}
