import type { Purpose } from '../campaign.ts';
import type { GateFacts, RegistrationFact } from '../facts.ts';
import type { Policy } from '../policy.ts';
import { byVocabulary, campaignFinding, finding, isHarder, primaryOf, type Code, type Finding } from '../verdict.ts';
import type { Check } from './question.ts';
import { when } from './when.ts';

/** The registration of the caller number that carries the call, or what the nearest one lacks. */
export interface LineSearch {
  readonly registration: RegistrationFact | null;
  readonly misses: readonly Finding[];
}

interface Candidate {
  readonly registration: RegistrationFact;
  readonly defects: readonly Finding[];
}

const DAY_MS = 86_400_000;
/** Of these the lead's operator is to blame. */
const BY_OPERATOR: ReadonlySet<Code> = new Set<Code>(['MAV_OPERATOR_NOT_COVERED', 'MAV_OPERATOR_UNKNOWN']);

/** Looks for the registration to call under; null registers nothing where the policy knows no МАВ. */
export function searchLine(facts: GateFacts, policy: Policy, purpose: Purpose, now: number): LineSearch {
  if (policy.mav === null) return { registration: null, misses: [] };
  const candidates = facts.registrations.map((registration) => ({
    registration,
    defects: defectsOf(registration, facts, policy, purpose, now),
  }));
  const [best] = candidates.sort(byFitness);
  if (best === undefined) {
    return { registration: null, misses: [campaignFinding('MAV_CALLER_UNREGISTERED', 'no registration on record')] };
  }
  // While some registration serves another operator, the line serves the campaign, and this lead alone goes without.
  const serves = candidates.some(({ defects }) => defects.every(({ code }) => BY_OPERATOR.has(code)));
  const misses = best.defects.map((miss) => (serves ? miss : { ...miss, reach: reachOf(miss) }));
  return { registration: best.defects.length === 0 ? best.registration : null, misses };
}

function reachOf({ code }: Finding): Finding['reach'] {
  return BY_OPERATOR.has(code) ? 'lead' : 'campaign';
}

function byFitness(a: Candidate, b: Candidate): number {
  const [worstA, worstB] = [primaryOf(a.defects)?.severity, primaryOf(b.defects)?.severity];
  if (worstA !== worstB) {
    if (worstA === undefined || worstB === undefined) return worstA === undefined ? -1 : 1;
    return isHarder(worstB, worstA) ? -1 : 1;
  }
  return (
    a.defects.length - b.defects.length ||
    Number(a.registration.operator === '*') - Number(b.registration.operator === '*') ||
    b.registration.id - a.registration.id
  );
}

function defectsOf(
  registration: RegistrationFact,
  { campaign, range }: GateFacts,
  policy: Policy,
  purpose: Purpose,
  now: number,
): Finding[] {
  const name = `registration ${registration.id}`;
  const defects: Finding[] = [];
  if (registration.validFrom > now) {
    const { validFrom } = registration;
    defects.push(finding('MAV_CALLER_NOT_YET_VALID', `${name} begins on ${when(validFrom)}`, validFrom));
  }
  if (registration.validTo !== null && now >= registration.validTo) {
    defects.push(finding('MAV_CALLER_EXPIRED', `${name} ended on ${when(registration.validTo)}`));
  }
  if (registration.status !== 'active') {
    defects.push(finding('MAV_CALLER_SUSPENDED', `${name} is ${registration.status}`));
  }
  if (registration.entity !== campaign.entity) {
    defects.push(
      finding('MAV_ENTITY_MISMATCH', `${name} is of ИНН ${registration.entity}, the campaign of ${campaign.entity}`),
    );
  }
  if (!registration.purposes.includes(purpose)) {
    const purposes = registration.purposes.length === 0 ? 'no purpose' : registration.purposes.join(', ');
    defects.push(finding('MAV_PURPOSE_MISMATCH', `${name} is for ${purposes}`));
  }
  if (registration.operator !== '*') {
    if (range === null || range === 'unallocated') {
      defects.push(finding('MAV_OPERATOR_UNKNOWN', `${name} is for calls to ${registration.operator} alone`));
    } else if (registration.operator !== range.operator.inn && registration.operator !== range.operator.name) {
      defects.push(finding('MAV_OPERATOR_NOT_COVERED', `${name} is for calls to ${registration.operator}`));
    }
  }
  const label = labelFault(registration.label, policy);
  if (label !== null) defects.push(finding('MAV_LABEL_INVALID', `${name}: ${label}`));
  const stale = staleness(registration, policy, now);
  if (stale !== null) defects.push(finding('MAV_STATE_STALE', `${name} ${stale}`));
  return defects;
}

function staleness({ verifiedAt }: RegistrationFact, { mav }: Policy, now: number): string | null {
  if (mav === null) return null;
  const every = `every ${mav.maxStateAgeDays} days, ask the operator and record it`;
  if (verifiedAt === null) return `was never checked with the operator: ${every}`;
  return now - verifiedAt > mav.maxStateAgeDays * DAY_MS ? `was last checked on ${when(verifiedAt)}: ${every}` : null;
}

/** Rotating to another number to get through would be evasion: the calls rest until a person has spoken with the operator. */
function blockFaults({ lineBlock, range }: GateFacts): Finding[] {
  if (lineBlock === null) return [];
  const { since, blocked, calls } = lineBlock;
  const known = range !== null && range !== 'unallocated';
  const operator = known ? range.operator.name : 'the networks';
  const detail = `suspended on ${when(since)}: ${operator} blocked ${blocked} of ${calls} calls`;
  return [known ? finding('MAV_CALLER_SUSPENDED', detail) : campaignFinding('MAV_CALLER_SUSPENDED', detail)];
}

function labelFault(label: string, { mav, label: pattern }: Policy): string | null {
  if (mav === null || pattern === null) return null;
  const length = [...label].length;
  if (length === 0) return 'the label is empty';
  if (length > mav.labelMaxChars) return `the label has ${length} characters, ${mav.labelMaxChars} at most`;
  return pattern.test(label) ? null : `the label “${label}” has characters an operator would refuse`;
}

function isStateBodyCall({ stateBodies }: Policy, purpose: Purpose | null): boolean {
  return purpose !== null && stateBodies.purposes.includes(purpose);
}

/** The line's registration, and the subscriber's refusal lodged with his operator. */
export const mavChecks: readonly Check[] = [
  {
    name: 'caller number is shown',
    codes: ['CALLER_ID_HIDDEN'],
    find: ({ facts }) =>
      facts.caller === null ? [campaignFinding('CALLER_ID_HIDDEN', 'give the campaign a line')] : [],
    say: ({ facts }) => (facts.caller === null ? 'no caller number' : 'the campaign’s line is shown'),
  },
  {
    name: 'caller number is registered',
    codes: [
      'MAV_CALLER_UNREGISTERED',
      'MAV_CALLER_NOT_YET_VALID',
      'MAV_CALLER_EXPIRED',
      'MAV_CALLER_SUSPENDED',
      'MAV_ENTITY_MISMATCH',
      'MAV_PURPOSE_MISMATCH',
      'MAV_OPERATOR_NOT_COVERED',
      'MAV_OPERATOR_UNKNOWN',
      'MAV_LABEL_INVALID',
      'MAV_STATE_STALE',
    ],
    find({ facts, line }) {
      const misses = line?.misses ?? [];
      const suspended = misses.some(({ code }) => code === 'MAV_CALLER_SUSPENDED');
      return suspended ? misses : [...misses, ...blockFaults(facts)].sort(byVocabulary);
    },
    say({ facts, line, policy }) {
      const block = facts.lineBlock === null ? '' : `; suspended on ${when(facts.lineBlock.since)}`;
      if (policy.mav === null) return `this policy knows no such register${block}`;
      if (line === null) return `not asked without a purpose and a caller number${block}`;
      const { registration } = line;
      if (registration === null) return `none fits${block}`;
      return `registration ${registration.id}, “${registration.label}”, checked ${when(registration.verifiedAt ?? 0)}${block}`;
    },
  },
  {
    name: 'subscriber did not refuse',
    codes: ['MAV_SUBSCRIBER_REFUSED', 'MAV_REFUSAL_SUSPECTED'],
    find({ facts: { refusal, campaign }, policy, purpose }) {
      if (policy.mav === null || refusal === null || isStateBodyCall(policy, purpose)) return [];
      if (refusal.state === 'lifted' || refusal.allowEntities.includes(campaign.entity)) return [];
      const code = refusal.state === 'confirmed' ? 'MAV_SUBSCRIBER_REFUSED' : 'MAV_REFUSAL_SUSPECTED';
      return [finding(code, `${refusal.state} since ${when(refusal.since)}`)];
    },
    say: ({ facts: { refusal } }) =>
      refusal === null ? 'none known' : `${refusal.state} since ${when(refusal.since)}`,
  },
];
