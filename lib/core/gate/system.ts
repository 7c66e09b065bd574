import { finding } from '../verdict.ts';
import type { Check } from './question.ts';

/** Policy and campaign. */
export const systemChecks: readonly Check[] = [
  {
    name: 'policy has rules for the purpose',
    codes: ['GATE_POLICY_INVALID'],
    find: ({ gap }) => (gap === null ? [] : [finding('GATE_POLICY_INVALID', gap)]),
    say: ({ policy }) => `${policy.id} ${policy.version}, SHA-256 ${policy.hash.slice(0, 12)}`,
  },
  {
    name: 'policy is in its dates',
    codes: ['GATE_POLICY_EXPIRED'],
    find: ({ policy, now }) =>
      now >= policy.validFromMs && now < policy.validToMs
        ? []
        : [
            finding(
              'GATE_POLICY_EXPIRED',
              `valid ${policy.validFrom} to ${policy.validTo}: have it reviewed, renew it`,
            ),
          ],
    say: ({ policy }) => `valid ${policy.validFrom} to ${policy.validTo}`,
  },
  {
    name: 'campaign is running',
    codes: ['CAMPAIGN_NOT_ACTIVE'],
    find: ({ facts: { campaign } }) =>
      campaign.state === 'running' ? [] : [finding('CAMPAIGN_NOT_ACTIVE', `the campaign is ${campaign.state}`)],
    say: ({ facts }) => `the campaign is ${facts.campaign.state}`,
  },
  {
    name: 'campaign has a purpose',
    codes: ['CAMPAIGN_PURPOSE_UNSET'],
    find: ({ facts }) =>
      facts.campaign.purpose === null
        ? [finding('CAMPAIGN_PURPOSE_UNSET', 'set purpose in the campaign file, then apply it')]
        : [],
    say: ({ facts }) => `the purpose is ${facts.campaign.purpose ?? 'unset'}`,
  },
];

/** Purpose and dial mode. */
export const modeChecks: readonly Check[] = [
  {
    name: 'purpose may be dialed in this mode',
    codes: ['MODE_FORBIDDEN_FOR_PURPOSE'],
    find({ facts: { campaign }, policy, purpose, cell }) {
      if (purpose === null) return [];
      const { purposes, entities } = policy.stateBodies;
      if (purposes.includes(purpose) && !entities.includes(campaign.entity)) {
        return [finding('MODE_FORBIDDEN_FOR_PURPOSE', `${purpose} is for the state bodies the policy names`)];
      }
      return cell === null
        ? [finding('MODE_FORBIDDEN_FOR_PURPOSE', `${purpose} is closed for ${campaign.mode} dialing`)]
        : [];
    },
    say({ facts: { campaign }, purpose, cell }) {
      if (purpose === null) return 'not asked without a purpose';
      if (cell === null) return `${purpose} × ${campaign.mode}: closed`;
      const needs = cell.needs.length === 0 ? 'no consent' : cell.needs.join(' + ');
      const opened = cell.opinion === null ? '' : `, opened by opinion ${cell.opinion.ref} of ${cell.opinion.date}`;
      return `${purpose} × ${campaign.mode}: open, needs ${needs}${opened}`;
    },
  },
];
