import { campaignFinding, finding, type Finding } from '../verdict.ts';
import type { Check, Question } from './question.ts';
import { when } from './when.ts';

function basisFaults({ facts: { campaign }, policy, purpose, personalData }: Question): Finding[] {
  if (policy.personalData === null || purpose === null) return [];
  const accepted = policy.personalData[purpose];
  const { personalData: basis } = campaign;
  if (basis === null) {
    return [
      campaignFinding('PD_BASIS_MISSING', `set personalData.basis in the campaign file: ${accepted.join(' or ')}`),
    ];
  }
  if (!accepted.includes(basis)) {
    return [campaignFinding('PD_BASIS_MISSING', `${purpose} may rest on ${accepted.join(' or ')}, not on ${basis}`)];
  }
  const misses = personalData?.misses ?? [];
  return misses.length === 0 ? [] : [finding('PD_BASIS_MISSING', misses.map(({ detail }) => detail).join('; '))];
}

/** Personal data: what their processing rests on, and the person's demand that it stop. */
export const personalDataChecks: readonly Check[] = [
  {
    name: 'personal data have a basis',
    codes: ['PD_BASIS_MISSING'],
    find: basisFaults,
    say({ facts: { campaign }, policy, personalData }) {
      if (policy.personalData === null) return 'this policy asks for none';
      const { personalData: basis } = campaign;
      if (basis === null) return 'the campaign names none';
      return personalData === null
        ? `rests on ${basis}`
        : `rests on consent ${personalData.ids[0] ?? 'that is not there'}`;
    },
  },
  {
    name: 'no demand to stop processing',
    codes: ['PD_ERASED'],
    find: ({ facts: { stopDemandedAt } }) =>
      stopDemandedAt === null ? [] : [finding('PD_ERASED', `demanded on ${when(stopDemandedAt)}`)],
    say: ({ facts: { stopDemandedAt } }) =>
      stopDemandedAt === null ? 'none on record' : `demanded on ${when(stopDemandedAt)}`,
  },
];
