import type { DebtorFact, DebtorFlag } from '../facts.ts';
import { finding, type CodeOf } from '../verdict.ts';
import type { Check, Question } from './question.ts';
import { when } from './when.ts';

/** Flags that bar contact outright. */
const PROTECTED: readonly DebtorFlag[] = ['bankrupt', 'incapacitated', 'hospital', 'disabled-1', 'minor'];

function flagged({ facts, purpose }: Question, flags: readonly DebtorFlag[]): readonly DebtorFact[] {
  if (purpose !== 'collection') return [];
  return facts.debtorFlags.filter(
    ({ flag, entity }) => flags.includes(flag) && (entity === '*' || entity === facts.campaign.entity),
  );
}

const told = (flags: readonly DebtorFact[]) =>
  flags.map(({ flag, since }) => `${flag} since ${when(since)}`).join(', ');

function barredBy(code: CodeOf<'debt'>, name: string, flags: readonly DebtorFlag[]): Check {
  return {
    name,
    codes: [code],
    find(asked) {
      const found = flagged(asked, flags);
      return found.length === 0 ? [] : [finding(code, told(found))];
    },
    say(asked) {
      if (asked.purpose !== 'collection') return 'asked for collection alone';
      return told(flagged(asked, flags)) || 'no such flag on record';
    },
  };
}

/** Who may be called about a debt. */
export const debtChecks: readonly Check[] = [
  barredBy('DEBT_REFUSED_CONTACT', 'debtor did not refuse contact', ['refused-contact']),
  barredBy('DEBT_REPRESENTATIVE_ONLY', 'debtor has no representative', ['representative-only']),
  barredBy('DEBT_PROTECTED_PERSON', 'debtor may be contacted', PROTECTED),
  {
    name: 'number is the debtor’s own, or its owner agreed',
    codes: ['DEBT_THIRD_PARTY_NO_CONSENT'],
    find(asked) {
      const found = flagged(asked, ['third-party']);
      const misses = asked.thirdParty?.misses ?? [];
      if (found.length === 0 || misses.length === 0) return [];
      const why = misses.map(({ detail }) => detail).join('; ');
      return [finding('DEBT_THIRD_PARTY_NO_CONSENT', `${told(found)}; ${why}`)];
    },
    say(asked) {
      if (asked.purpose !== 'collection') return 'asked for collection alone';
      if (flagged(asked, ['third-party']).length === 0) return 'no such flag on record';
      const consent = asked.thirdParty?.ids[0] ?? null;
      return consent === null ? 'a third party’s, who did not agree' : `a third party’s, by consent ${consent}`;
    },
  },
];
