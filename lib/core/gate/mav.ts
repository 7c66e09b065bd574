import type { Purpose } from '../campaign.ts';
import type { GateFacts, RegistrationFact } from '../facts.ts';
import type { Policy } from '../policy.ts';
import { finding, isHarder, primaryOf, type Finding } from '../verdict.ts';
import type { Check } from './question.ts';
import { when } from './when.ts';

/** The registration of the caller number that carries the call, or what the nearest one lacks. */
export interface LineSearch {
  readonly registration: RegistrationFact | null;
  readonly misses: readonly Finding[];
}

/** Looks for the registration to call under; null registers nothing where the policy knows no МАВ. */
export function searchLine(facts: GateFacts, policy: Policy, purpose: Purpose, now: number): LineSearch {
  if (policy.mav === null) return { registration: null, misses: [] };
  const [best] = facts.registrations
    .map((registration) => ({ registration, defects: defectsOf(registration, facts, policy, purpose, now) }))
    .sort((a, b) => {
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
    });
  if (best === undefined) {
    return { registration: null, misses: [finding('MAV_CALLER_UNREGISTERED', 'no registration on record')] };
  }
  return { registration: best.defects.length === 0 ? best.registration : null, misses: best.defects };
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
  return defects;
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
    find: ({ facts }) => (facts.caller === null ? [finding('CALLER_ID_HIDDEN', 'give the campaign a line')] : []),
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
    ],
    find: ({ line }) => line?.misses ?? [],
    say({ line, policy }) {
      if (policy.mav === null) return 'this policy knows no such register';
      if (line === null) return 'not asked without a purpose and a caller number';
      return line.registration === null
        ? 'none fits'
        : `registration ${line.registration.id}, “${line.registration.label}”`;
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
