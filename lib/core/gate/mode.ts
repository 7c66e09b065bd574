import type { DialMode } from '../campaign.ts';
import { campaignFinding, finding, type Finding } from '../verdict.ts';
import type { Check, Question } from './question.ts';

/** Modes that call before an agent is at the line, so that an answer may find none; a robot needs none. */
const MAY_ABANDON: ReadonlySet<DialMode> = new Set(['progressive', 'predictive']);
/** Answers move the share; nobody knows when. */
const ASK_AGAIN_MS = 60_000;

function abandonFaults({ facts: { campaign }, policy, now }: Question): Finding[] {
  const { answered, abandoned } = campaign.abandonment;
  const { max, minAnswered } = policy.abandon;
  if (campaign.covered || !MAY_ABANDON.has(campaign.mode)) return [];
  if (answered < minAnswered || abandoned <= max * answered) return [];
  const detail = `${abandoned} of ${answered} answers in ${policy.abandon.windowDays} days found no agent, ${percent(max)} at most`;
  return [finding('ABANDON_RATE_EXCEEDED', detail, now + ASK_AGAIN_MS, 'uncovered')];
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

/** Purpose and dial mode. */
export const modeChecks: readonly Check[] = [
  {
    name: 'purpose may be dialed in this mode',
    codes: ['MODE_FORBIDDEN_FOR_PURPOSE'],
    find({ facts: { campaign }, policy, purpose, cell }) {
      if (purpose === null) return [];
      const { purposes, entities } = policy.stateBodies;
      if (purposes.includes(purpose) && !entities.includes(campaign.entity)) {
        return [campaignFinding('MODE_FORBIDDEN_FOR_PURPOSE', `${purpose} is for the state bodies the policy names`)];
      }
      return cell === null
        ? [campaignFinding('MODE_FORBIDDEN_FOR_PURPOSE', `${purpose} is closed for ${campaign.mode} dialing`)]
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
  {
    name: 'answers found an agent',
    codes: ['ABANDON_RATE_EXCEEDED'],
    find: abandonFaults,
    say({ facts: { campaign }, policy }) {
      const { max, minAnswered, windowDays } = policy.abandon;
      const { answered, abandoned } = campaign.abandonment;
      const rule = `${percent(max)} at most, judged from ${minAnswered} answers on`;
      const agent = campaign.covered ? '; an agent is free for this call' : '';
      return `${abandoned} of ${answered} answers in ${windowDays} days found none; ${rule}${agent}`;
    },
  },
];
