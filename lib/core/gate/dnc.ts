import { campaignFinding, finding, type Finding } from '../verdict.ts';
import type { Check, Question } from './question.ts';
import { when } from './when.ts';

const DAY_MS = 86_400_000;

/** The list the policy asks for is the campaign's to bring, so without it no call is placed at all. */
function staleness({ facts, policy, now }: Question): Finding[] {
  if (policy.dnc === null) return [];
  const { registry, maxAgeDays } = policy.dnc;
  const list = facts.dncLists.find((of) => of.registry === registry);
  if (list === undefined) return [campaignFinding('DNC_LIST_STALE', `no list of ${registry} is loaded: import one`)];
  if (now - list.takenAt <= maxAgeDays * DAY_MS) return [];
  return [
    campaignFinding(
      'DNC_LIST_STALE',
      `the list of ${registry} is of ${when(list.takenAt)}, ${maxAgeDays} days old at most: import a new one`,
    ),
  ];
}

/** External do-not-call lists. */
export const dncChecks: readonly Check[] = [
  {
    name: 'number is on no external list',
    codes: ['DNC_EXTERNAL'],
    find({ facts }) {
      const listed = facts.dncLists.filter((list) => list.listed);
      if (listed.length === 0) return [];
      const names = listed.map(({ registry, takenAt }) => `${registry} of ${when(takenAt)}`);
      return [finding('DNC_EXTERNAL', `listed by ${names.join(', ')}`)];
    },
    say: ({ facts }) =>
      facts.dncLists.length === 0
        ? 'no list is loaded'
        : `looked up in ${facts.dncLists.map(({ registry }) => registry).join(', ')}`,
  },
  {
    name: 'external list is fresh',
    codes: ['DNC_LIST_STALE'],
    find: staleness,
    say({ facts, policy }) {
      if (policy.dnc === null) return 'this policy names no register';
      const { registry, maxAgeDays } = policy.dnc;
      const list = facts.dncLists.find((of) => of.registry === registry);
      return `${registry}: ${list === undefined ? 'not loaded' : `of ${when(list.takenAt)}`}, ${maxAgeDays} days at most`;
    },
  },
];
